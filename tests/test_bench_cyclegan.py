"""`course bench cyclegan`: its layer, its steps and its tables. No test here times anything."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from tests.benching import differences, run_command, values_and_gradients
from utils.bench import contest, convolutions, cyclegan, tables
from utils.bench.cyclegan import EXAMPLE, MIXED, OURS, TAUGHT

INPUTS = [
    "solutions/lab5_cyclegan.ipynb",
    "utils/bench/*.py",
    "utils/command/*.py",
]  # see tests/keys.py

SIZES = {"image": 16, "generator": (4, 1, 1), "discriminator": (4, 1)}

# --- the layer ------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 6, 5, 7), (3, 8, 4, 2)])
def test_fused_instance_normalization_is_that_of_keras(shape):
    """Values and all gradients, in float32 and, but for its rounding, in bfloat16."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=shape, loc=3).astype("float32")
    theirs = layers.GroupNormalization(groups=-1, epsilon=1e-5)
    theirs.build(shape)
    weights = [rng.normal(size=w.shape) for w in theirs.weights]
    theirs.set_weights(weights)
    expected = values_and_gradients(theirs, inputs)
    for policy, tolerance in (("float32", 1e-5), ("mixed_bfloat16", 0.04)):
        layer = convolutions.FusedInstanceNormalization(dtype=policy)
        layer = layer.__class__.from_config(layer.get_config())
        layer.build(shape)
        layer.set_weights(weights)
        assert layer.compute_output_shape(shape) == layer(inputs).shape
        assert layer(inputs).dtype == layer.compute_dtype
        found = values_and_gradients(layer, inputs)
        for pair in zip(expected, found, strict=True):
            right, ours = (np.asarray(tf.cast(t, tf.float32)) for t in pair)
            assert right.shape == ours.shape
            assert np.abs(right - ours).max() <= tolerance * np.abs(right).max()


def test_in_bfloat16_its_statistics_are_float32():
    """Ones and a few values near by: bfloat16 has no number between 1 and 1.0078."""
    inputs = np.ones((1, 32, 32, 1), "float32")
    inputs[:, ::2] += 2**-7
    layer = convolutions.FusedInstanceNormalization(dtype="mixed_bfloat16")
    found = np.asarray(tf.cast(layer(inputs), tf.float32))
    sizes = 2**-8 / np.sqrt(2**-16 + 1e-5)
    assert np.allclose(found[0, :2, 0, 0], [sizes, -sizes], rtol=0.01)


def test_fused_adam_is_that_of_keras():
    found = []
    for kind in (keras.optimizers.Adam, cyclegan.FusedAdam):
        rng = np.random.default_rng(0)
        weights = [
            keras.Variable(rng.normal(size=shape), dtype="float32") for shape in ((3, 4), (4,))
        ]
        optimizer = kind(0.01, beta_1=0.5)
        for _ in range(5):
            gradients = [tf.constant(rng.normal(size=w.shape), "float32") for w in weights]
            optimizer.apply(gradients, weights)
        assert optimizer.iterations == 5
        found.append([np.asarray(each) for each in [*weights, *optimizer.variables[2:]]])
    for theirs, ours in zip(*found, strict=True):
        assert np.allclose(theirs, ours, atol=1e-6)


# --- networks and steps ---------------------------------------------------------------------


@pytest.fixture
def contestants(monkeypatch):
    """All four, on small networks, whose weights go straight down their gradients.

    Adam's first steps would blow rounding errors up to its learning rate.
    """

    def descent(rate, beta_1):
        assert (rate, beta_1) == (2e-4, 0.5)
        return keras.optimizers.SGD(0.01)

    monkeypatch.setattr(keras.optimizers, "Adam", descent)
    monkeypatch.setattr(cyclegan, "FusedAdam", descent)
    return [
        cyclegan.Contestant(name, 0, SIZES, images=2) for name in (EXAMPLE, TAUGHT, OURS, MIXED)
    ]


def test_contestants_are_the_same_networks_and_steps(contestants):
    """The same weights at first and the same function; losses and weights after two steps.

    The step of ours is compiled. In bfloat16 only the function is looked at.
    """
    example, taught, ours, mixed = contestants
    image = np.random.default_rng(0).uniform(-1, 1, (1, 16, 16, 3)).astype("float32")
    expected = [np.asarray(network(image)) for network in example.networks]
    assert np.ptp(expected[0]) > 0.1 and differences(*example.networks[:2]) > 0.01
    for other, tolerance in ((taught, 1e-5), (ours, 1e-5), (mixed, 0.05)):
        for theirs, network, right in zip(example.networks, other.networks, expected, strict=True):
            assert differences(theirs, network) == 0
            found = np.asarray(network(image))
            assert found.dtype == "float32"
            assert np.abs(found - right).max() <= tolerance * np.abs(right).max()

    three = example, taught, ours
    before = [network.get_weights() for network in mixed.networks]
    example.model.run_eagerly = taught.model.run_eagerly = True
    losses = [each.turn(2, 0)[1] for each in three]
    assert losses == pytest.approx([losses[0]] * 3, rel=1e-5) and losses[0] > 1
    for number, network in enumerate(example.networks):
        pairs = zip(network.get_weights(), before[number], strict=True)
        assert max(float(np.abs(new - old).max()) for new, old in pairs) > 1e-3
        for other in (taught, ours):
            assert differences(network, other.networks[number]) < 1e-5
    facts = [each.facts() for each in three]
    assert np.ptp([each["last_loss"] for each in facts]) < 1e-4
    assert all(each["peak_bytes"] > 1e8 and each["first_seconds"] > 0 for each in facts)


def test_the_published_networks_have_the_published_numbers_of_weights():
    sizes, shape = cyclegan.SIZES, (256, 256, 3)
    generator = cyclegan.published_generator(*sizes["generator"], shape)
    discriminator = cyclegan.published_discriminator(*sizes["discriminator"], shape)
    assert generator.count_params() == 11_383_427
    assert discriminator.count_params() == 2_765_633


# --- the command ----------------------------------------------------------------------------


def test_a_contestant_in_a_process_of_its_own():
    starts = []
    child = cyclegan.Child(OURS, 0, SIZES, starts)
    try:
        times, loss = child.turn(1, 0)
        assert len(times) == 2 and 1 < loss < 100
        assert child.held_out() == loss
    finally:
        child.close()
    assert child.process.poll() is not None
    (facts,) = starts
    assert facts["first_seconds"] > times[0] > 0 and facts["peak_bytes"] > 1e8


class Quick:
    """Stands in for a process that takes minutes."""

    def __init__(self, name, seed, sizes, starts):
        assert sizes == cyclegan.SIZES
        self.name, self.starts = name, starts

    def turn(self, steps, skip):
        assert (steps, skip) == (1, 0)
        return [1.0 if self.name == EXAMPLE else 0.5, 2.0], 40.0

    def held_out(self):
        share = 1.0 if self.name == EXAMPLE else 0.25
        facts = {"first_seconds": 90 * share, "first_core_seconds": 99.0, "peak_bytes": 4e9 * share}
        self.starts.append(facts)
        return 0.3

    def close(self):
        pass


def run(monkeypatch, told=None):
    monkeypatch.setattr(cyclegan, "Child", Quick)
    return cyclegan.cyclegan(on_turn=lambda *facts: told is None or told.append(facts))


@pytest.mark.parametrize("slow", [False, True])
def test_the_command(slow, tmp_path, monkeypatch, capsys):
    """Bounds, tables, JSON and exit status."""
    monkeypatch.setattr(contest, "without_bfloat16", lambda: None)
    told = []
    result = run(monkeypatch, told)
    assert [done for _, done, _ in told] == list(range(told[0][2])) and len(told) == 32
    assert [each.at_least for each in result["speeds"]] == [1, 1.7, None]
    assert [each.at_most for each in result["shares"]] == [0.5, 0.5, None, 0.8, 0.8, None]
    assert all(each.held for each in result["speeds"] + result["shares"] + result["losses"])
    kept = run_command("cyclegan", 3, result, slow, tmp_path, monkeypatch)
    out = " ".join(capsys.readouterr().out.split())
    assert "first step" in out and "22.5 22.5" in out and ("FAILED" in out) == slow
    assert len(kept["contestants"]) == 4 and len(kept["shares"]) == 6
    assert kept["starts"]["ours"][1]["peak_bytes"] == 1e9


def test_what_misses_its_bound_fails(monkeypatch, tmp_path, capsys):
    """Memory, the first step and losses, each alone."""
    monkeypatch.setattr(contest, "without_bfloat16", lambda: None)
    result = run(monkeypatch)
    result["speeds"] = []
    assert tables.show(result)
    greedy = {
        name: [each | {"peak_bytes": 4e9} for each in starts]
        for name, starts in result["starts"].items()
    }
    assert not tables.show(result | {"shares": cyclegan.shares(greedy)})
    curves = {EXAMPLE: [25, 40, 30, 20], TAUGHT: [25, 40.3, 30, 60], OURS: [25, 42, 30, 20]}
    records = {name: contest.Record(curves=[curve]) for name, curve in curves.items()}
    losses = cyclegan.same_losses(records)
    assert [each.held for each in losses] == [True, False]
    assert not tables.show(result | {"losses": losses})


def test_without_bfloat16_nothing_is_judged_by_it(monkeypatch):
    monkeypatch.setattr("utils.runtime.cpu_flags", lambda: frozenset({"avx2"}))
    result = run(monkeypatch)
    assert list(result["records"]) == [EXAMPLE, TAUGHT, OURS]
    rows = result["speeds"] + result["shares"] + result["losses"]
    assert len(rows) == 8 and not any("bfloat16" in each.text for each in rows)
    assert "bfloat16 is left out" in result["notes"][0]
