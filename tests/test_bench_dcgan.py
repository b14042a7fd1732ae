"""`course bench dcgan`: its layers, its steps and its tables. No test here times anything."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from tests.benching import differences, run_command, values_and_gradients
from utils.bench import contest, convolutions, dcgan
from utils.bench.dcgan import Data

INPUTS = [
    "solutions/lab4_dcgan.ipynb",
    "utils/bench/*.py",
    "utils/command/*.py",
]  # see tests/keys.py

# --- layers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "theirs, ours, shape",
    [
        *(
            (
                layers.Conv2DTranspose(5, 4, strides=2, padding="same", activation="tanh"),
                convolutions.WinogradConv2DTranspose(5, activation="tanh"),
                shape,
            )
            for shape in ((2, 8, 8, 7), (1, 3, 4, 2), (3, 1, 1, 2))
        ),
        (
            layers.Conv2DTranspose(5, 4, strides=2, padding="same", use_bias=False),
            convolutions.WinogradConv2DTranspose(5, use_bias=False),
            (2, 4, 6, 3),
        ),
        *(
            (
                layers.Conv2D(filters, size, strides, padding="same", use_bias=size == 5),
                convolutions.ThinConv2D(filters, size, strides, padding="same", use_bias=size == 5),
                (2, 9, 8, channels),
            )
            for filters, channels in ((3, 12), (12, 3), (4, 4))
            for size, strides in ((5, 1), (4, 2))
        ),
        *(
            (
                layers.Conv2DTranspose(2, 5, strides=s, padding="same", use_bias=s == 2),
                convolutions.ThinConv2DTranspose(2, 5, strides=s, padding="same", use_bias=s == 2),
                (2, 6, 5, 11),
            )
            for s in (1, 2)
        ),
    ],
)
def test_layers_compute_what_those_of_keras_do(theirs, ours, shape):
    """Values and all gradients, in float32 and, but for its rounding, in bfloat16.

    Keras' are computed in float32: its gradients of biases lose small terms in bfloat16.
    """
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=shape).astype("float32")
    theirs.build(shape)
    weights = [rng.normal(size=w.shape, scale=0.3) for w in theirs.weights]
    theirs.set_weights(weights)
    expected = values_and_gradients(theirs, inputs)
    for policy, tolerance in (("float32", 1e-5), ("mixed_bfloat16", 0.04)):
        layer = ours.__class__.from_config(ours.get_config() | {"dtype": policy})
        layer.build(shape)
        layer.set_weights(weights)
        assert layer.compute_output_shape(shape) == layer(inputs).shape
        found = values_and_gradients(layer, inputs)
        for pair in zip(expected, found, strict=True):
            right, ours_here = (np.asarray(tf.cast(t, tf.float32)) for t in pair)
            assert right.shape == ours_here.shape
            assert np.abs(right - ours_here).max() <= tolerance * np.abs(right).max()


@pytest.mark.parametrize("options", [{"kernel_size": 5}, {"strides": 1}, {"padding": "valid"}])
def test_winograd_says_what_it_computes(options):
    with pytest.raises(ValueError, match="kernel_size=4, strides=2, padding='same', not"):
        convolutions.WinogradConv2DTranspose(8, **options)


@pytest.mark.parametrize("build", [dcgan.networks_64, dcgan.networks_28])
def test_own_networks_are_the_published_ones(build):
    """The same function of the same weights; numbers of weights as published."""
    theirs, ours = build(own=False), build(own=True)
    rng = np.random.default_rng(0)
    for their, our in zip(theirs, ours, strict=True):
        their.set_weights(our.get_weights())
        inputs = rng.normal(size=(2, *our.input_shape[1:])).astype("float32")
        expected, found = (np.asarray(each(inputs), "float64") for each in (their, our))
        if found.shape == (2, 1) and build is dcgan.networks_64:
            found = 1 / (1 + np.exp(-found))  # logits here, chances there
        assert np.allclose(expected, found, atol=1e-5)
    counts = [each.count_params() for each in ours]
    assert (
        counts
        == {
            dcgan.networks_64: [3_979_651, 404_801],
            dcgan.networks_28: [2_330_944, 212_865],
        }[build]
    )


# --- steps ----------------------------------------------------------------------------------


def tiny(kind, seed=0, policy="float32", sgd=True, **options):
    """Networks of a few weights without dropout: what is random is the latents alone."""
    keras.utils.set_random_seed(seed)
    generator = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(2 * 2 * 4, use_bias=False),
            layers.BatchNormalization(),
            layers.Reshape((2, 2, 4)),
            layers.LeakyReLU(0.2),
            convolutions.WinogradConv2DTranspose(1),
            layers.Activation("tanh", dtype="float32"),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            convolutions.ThinConv2D(4, 4, strides=2, padding="same"),
            layers.LeakyReLU(0.2),
            layers.Flatten(),
            layers.Dense(1, dtype="float32"),
        ]
    )
    model = kind(generator, discriminator, 3, seed)
    model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), **options)
    return model


def images(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 4, 4, 1)).astype("float32")


def trained(kind, batches=4, **options):
    model = tiny(kind, **options)
    history = model.fit(images(8 * batches), batch_size=8, shuffle=False, verbose=0).history
    return model, history


@pytest.fixture(scope="module")
def names():
    return contest.taught(dcgan.LAB)


@pytest.fixture(params=["taught", "shared"])
def kind(request, names):
    return names["DCGAN"] if request.param == "taught" else dcgan.with_shared_fakes(names)


def last(history):
    return {name: values[-1] for name, values in history.items()}


def test_several_steps_in_one_call_are_the_same_steps(kind):
    plain, history = trained(kind)
    at_once, other = trained(kind, steps_per_execution=2)
    assert differences(plain, at_once) < 1e-6
    assert last(history) == pytest.approx(last(other), abs=1e-5)
    assert differences(plain, tiny(kind)) > 0.01


def test_compiled_by_xla_it_is_the_same_step(kind, monkeypatch):
    """XLA draws other floats from the same seeds: here both get latents that nobody draws."""
    latents = tf.constant(np.random.default_rng(1).normal(size=(8, 3)).astype("float32"))
    monkeypatch.setattr(keras.random, "normal", lambda shape, **options: latents)
    plain, history = trained(kind, jit_compile=False)
    compiled, other = trained(kind, jit_compile=True)
    assert differences(plain, compiled) < 1e-5
    assert last(history) == pytest.approx(last(other), abs=1e-4)
    assert differences(plain, tiny(kind)) > 0.01


def test_on_a_cpu_keras_leaves_xla_out(names):
    model = tiny(names["DCGAN"])
    assert model.jit_compile is bool(tf.config.list_logical_devices("GPU"))


def test_the_shared_step_is_both_updates_of_one_batch_of_fakes(names, monkeypatch):
    """By hand: both gradients before any update. The taught step draws twice."""
    drawn = []
    shared = tiny(dcgan.with_shared_fakes(names), run_eagerly=True)
    plain = tiny(names["DCGAN"])
    real = images(8)
    normal = keras.random.normal

    def noted(*arguments, **options):
        drawn.append(normal(*arguments, **options))
        return drawn[-1]

    monkeypatch.setattr(keras.random, "normal", noted)
    shared.train_step(tf.constant(real))
    assert len(drawn) == 1
    generator, discriminator = plain.generator, plain.discriminator
    with tf.GradientTape(persistent=True) as tape:
        fakes = generator(drawn[0], training=True)
        judged, real_logits = discriminator(fakes), discriminator(real)
        loss = names["discriminator_loss"](real_logits, judged)
        other_loss = names["generator_loss"](judged)
    for network, value in ((discriminator, loss), (generator, other_loss)):
        weights = network.trainable_variables
        for weight, gradient in zip(weights, tape.gradient(value, weights), strict=True):
            weight.assign_sub(0.1 * gradient)
    for network in ("generator", "discriminator"):
        assert differences(getattr(shared, network), getattr(plain, network)) < 1e-6
    drawn.clear()
    plain.train_step(tf.constant(real))
    assert len(drawn) == 2 and np.abs(drawn[0] - drawn[1]).max() > 0.1


def test_the_published_step_and_the_taught_one_update_alike(names, monkeypatch):
    """Without noise on its labels, the Keras example's step is the taught one."""
    latents = tf.constant(np.random.default_rng(1).normal(size=(8, 128)).astype("float32"))
    monkeypatch.setattr(keras.random, "normal", lambda shape, **options: latents)
    monkeypatch.setattr(keras.random, "uniform", lambda shape, **options: tf.zeros(shape))
    real = tf.constant(np.random.default_rng(2).random((8, 4, 4, 1)).astype("float32"))
    models = []
    for kind, last in ((dcgan.Published64, "sigmoid"), (names["DCGAN"], None)):
        keras.utils.set_random_seed(0)
        generator = keras.Sequential(
            [keras.Input((128,)), layers.Dense(16, "sigmoid"), layers.Reshape((4, 4, 1))]
        )
        head = [layers.Flatten(), layers.Dense(1, last)]
        discriminator = keras.Sequential([keras.Input((4, 4, 1)), *head])
        published = kind is dcgan.Published64
        rest = () if published else (128,)
        model = kind(generator, discriminator, *rest, seed=0)
        # Its loss is half of ours, and its discriminator says how likely an image is a fake.
        rate = 0.2 if published else 0.1
        if published:
            for weight in discriminator.weights:
                weight.assign(-weight)
        model.compile(keras.optimizers.SGD(rate), keras.optimizers.SGD(0.1))
        models.append((model, model.train_step(real)))
    (theirs, their_logs), (ours, our_logs) = models
    assert differences(theirs.generator, ours.generator) < 1e-6
    flipped = [-each for each in theirs.discriminator.get_weights()]
    for mine, weight in zip(ours.discriminator.get_weights(), flipped, strict=True):
        assert np.allclose(mine, weight, atol=1e-6)
    assert 2 * float(their_logs["d_loss"]) == pytest.approx(
        float(our_logs["discriminator_loss"]), abs=1e-5
    )


# --- the command ----------------------------------------------------------------------------


def narrow(shape, output):
    """Stands in for networks that take seconds a step."""

    def build(own, narrower=1):
        size = int(np.prod(shape))
        latents = 100 if shape[0] == 28 else 128
        head = None if own or shape[0] == 28 else "sigmoid"
        generator = [keras.Input((latents,)), layers.Dense(size), layers.Reshape(shape)]
        generator += [layers.Activation(output, dtype="float32")]
        judge = [layers.Flatten(), layers.Dense(1, head, dtype="float32")]
        return keras.Sequential(generator), keras.Sequential([keras.Input(shape), *judge])

    return build


@pytest.fixture(scope="module")
def result():
    """A tiny run: the contests and the comparison of images, on networks of one layer."""
    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dcgan, "networks_64", narrow((64, 64, 3), "sigmoid"))
        patch.setattr(dcgan, "networks_28", narrow((28, 28, 1), "tanh"))
        patch.setattr(contest, "without_bfloat16", lambda name: None)
        ran = dcgan.dcgan(
            rounds=1,
            images_64=(64, 8),
            images_28=(3200, 64),
            steps=(1, 1, 4),
            trained=100,
            trained_seeds=(0,),
            on_turn=lambda *facts: told.append(facts),
        )
    assert [done for _, done, _ in told] == list(range(told[0][2]))
    return ran


def test_what_is_measured(result):
    assert len(result["records"]) == 11 and len(result["speeds"]) == 8
    bounds = [each.at_least for each in result["speeds"]]
    assert bounds == [1.25, 2, 1, 1.5, None, None, None, None]
    for record in result["records"].values():
        assert len(record.step_seconds) == 2 and np.isfinite(record.held_out).all()
    (compared,) = result["distances"]
    by_step = [values for name, values in compared["values"].items() if "fakes" in name]
    assert len(by_step) == 2 and all(value > 1 for values in by_step for value in values)
    (floor,) = compared["values"]["real training images"]
    assert floor < min(min(values) for values in by_step)


@pytest.mark.parametrize("slow", [False, True])
def test_the_command(slow, result, tmp_path, monkeypatch, capsys):
    """Tables, JSON and exit status."""
    kept = run_command("dcgan", 4, result, slow, tmp_path, monkeypatch)
    out = capsys.readouterr().out
    assert "What sharing fakes does" in out and ("FAILED" in out) == slow
    assert len(kept["contestants"]) == 11 and len(kept["distances"]) == 1


def test_without_bfloat16_nothing_is_judged_by_it(monkeypatch):
    """Nothing is trained here: only what would be."""
    asked, told = [], []

    def turns(makers, records, **options):
        asked.extend(makers)
        for name in makers:
            records[name] = contest.Record([1.0, 1.0], [1.0, 1.0], [1.0, 2.0], [[1, 1], [2, 2]])

    monkeypatch.setattr("utils.runtime.cpu_flags", lambda: frozenset({"avx2"}))
    monkeypatch.setattr(contest, "contest", turns)
    empty = Data(np.zeros((1, 1)), np.zeros((1, 1)))
    for name in ("data_64", "data_28"):
        monkeypatch.setattr(dcgan, name, lambda *sizes: empty)
    monkeypatch.setattr(dcgan, "distances", lambda *arguments: {"title": "", "values": {}})
    result = dcgan.dcgan(on_turn=told.append)
    assert len(asked) == 8 and not any("bfloat16" in name for name in asked)
    assert not any("bfloat16" in each.text for each in result["speeds"])
    assert "bfloat16 is left out" in result["notes"][0]
