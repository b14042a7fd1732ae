"""Lab 4's answers in uses that the lab has no room for, and the diagnostics of its clinic."""

from contextlib import nullcontext
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from tests.labs import IMPORTS, code_cells, solutions_of
from tests.real_sets import REAL, needs_real
from utils import gans, training
from utils.claims import Claims
from utils.data import glyphs
from utils.runtime import dtype_policy

INPUTS = [
    "*/lab4_dcgan.ipynb",
    "tests/cases/lab4_dcgan.py",
    "utils/checks/*/lab4_dcgan.py",
]  # see tests/keys.py

LATENTS = 4


@pytest.fixture(scope="module")
def answers():
    """The answers of the built solution, by name."""
    names = {"__name__": "answers"}
    exec(IMPORTS + "import keras\nimport numpy as np\nimport tensorflow as tf", names)
    for source in solutions_of("lab4_dcgan").values():
        exec(source, names)
    return names


def points(n=48, seed=0):
    """Points in eight dimensions, between -1 and 1: eight groups of equal size."""
    rng = np.random.default_rng(seed)
    return (0.7 * np.eye(8)[np.arange(n) % 8] + rng.normal(0, 0.05, (n, 8))).astype("float32")


def small_gan(answers, seed=0):
    keras.utils.set_random_seed(seed)
    generator = keras.Sequential(
        [
            keras.Input((LATENTS,)),
            layers.Dense(32, use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Dense(8, activation="tanh", dtype="float32"),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(32),
            layers.BatchNormalization(momentum=0.9),
            layers.LeakyReLU(0.2),
            layers.Dense(1, dtype="float32"),
        ]
    )
    return answers["DCGAN"](generator, discriminator, LATENTS, seed)


def adam(rate=0.01):
    return keras.optimizers.Adam(rate, beta_1=0.5)


def after_two_epochs(answers, batch=8, **options):
    gan = small_gan(answers)
    gan.compile(adam(), adam(), **options)
    history = gan.fit(points(), batch_size=batch, epochs=2, shuffle=False, verbose=0).history
    return gan, history


@pytest.fixture(scope="module")
def plain(answers):
    """The history of a training with nothing changed."""
    return after_two_epochs(answers)[1]


def test_the_step_is_the_same_however_it_is_run(answers):
    def trained(**options):
        gan = small_gan(answers)  # plain descent: Adam makes large what is nearly 0
        gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), **options)
        gan.fit(points(), batch_size=8, epochs=2, shuffle=False, verbose=0)
        return gan.get_weights()

    plain = trained()
    for options in ({"steps_per_execution": 3}, {"run_eagerly": True}):
        for first, second in zip(plain, trained(**options), strict=True):
            np.testing.assert_allclose(first, second, atol=1e-5, err_msg=str(options))


def test_with_xla(answers, plain):
    """XLA draws other latents (TensorFlow picks another algorithm there): alike, repeatable."""
    (first, history), (again, _) = (after_two_epochs(answers, jit_compile=True) for _ in range(2))
    np.testing.assert_allclose(history["discriminator_loss"], plain["discriminator_loss"], rtol=0.1)
    for a, b in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_steps_of_the_discriminator_are_counted(answers):
    gan, _ = after_two_epochs(answers, discriminator_steps=3)
    assert int(gan.discriminator_optimizer.iterations) == 3 * int(
        gan.generator_optimizer.iterations
    )


def test_a_smaller_last_batch(answers):
    gan, history = after_two_epochs(answers, batch=20)  # 20, 20 and 8
    assert int(gan.generator_optimizer.iterations) == 6
    assert all(np.isfinite(values).all() for values in history.values())


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(answers, plain, policy):
    with dtype_policy(policy):
        mixed, second = after_two_epochs(answers)
    for name in plain:
        np.testing.assert_allclose(plain[name], second[name], rtol=0.05)
    assert all(weight.dtype == tf.float32 for weight in mixed.trainable_variables)
    optimizers = mixed.discriminator_optimizer, mixed.generator_optimizer
    scaler = keras.optimizers.LossScaleOptimizer
    assert [isinstance(each, scaler) for each in optimizers] == [policy == "mixed_float16"] * 2


def test_a_killed_run_is_taken_up_to_the_last_bit(answers, tmp_path):
    def trained(epochs, folder):
        gan = small_gan(answers)
        gan.compile(adam(), adam(), discriminator_steps=2)
        history = training.fit(gan, points(), batch=8, epochs=epochs, folder=tmp_path / folder)
        return history, gan

    straight, first = trained(3, "straight")
    trained(2, "stopped")
    resumed, second = trained(3, "stopped")
    assert straight == resumed
    for one, other in zip(
        (first, first.discriminator_optimizer, first.generator_optimizer),
        (second, second.discriminator_optimizer, second.generator_optimizer),
        strict=True,
    ):
        for a, b in zip(one.variables, other.variables, strict=True):
            np.testing.assert_array_equal(a, b)


@needs_real
def test_the_class_trains_on_photographs_of_64_pixels(answers, monkeypatch):
    """The cell of the faces, on the only photographs at hand."""
    monkeypatch.setenv("TFDS_DATA_DIR", str(REAL))
    cells = [cell.source for cell in code_cells("solutions", "lab4_dcgan")]
    (imports,) = (each for each in cells if each.startswith("import keras"))
    (faces,) = (each for each in cells if "if FACES:" in each)
    faces = faces.replace('FACES, "train"', 'FACES, "trainA"').replace("batch=128", "batch=8")
    shown, names = [], dict(answers)
    exec(imports.split("lab =")[0], names)
    names |= {"FACES": "cycle_gan/facades", "FACE_IMAGES": 16, "FACE_EPOCHS": 2, "BETA_1": 0.5}
    names |= {"lab": SimpleNamespace(needs=lambda *names: nullcontext()), "claims": Claims("faces")}
    names |= {"settings": SimpleNamespace(seed=0)}
    names["drawn"] = lambda gan, latents: gan.generator.predict(latents, verbose=0)
    monkeypatch.setattr("utils.plots.show", lambda figure, alt, **options: shown.append(alt))
    exec(faces, names)
    traces = names["face_traces"].traces
    assert {len(trace) for trace in traces.values()} == {2} and len(shown) == 1
    assert np.isfinite(list(traces.values())).all()
    assert names["drawn"](names["face_gan"], names["latents"]).shape == (60, 64, 64, 3)


# --- diagnostics ----------------------------------------------------------------------------


class Inference(keras.Model):
    """A network that behaves as when it is used, also in training."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def call(self, inputs, training=None):
        return self.network(inputs, training=False)


def frozen(network):
    network.trainable = False
    return network


def same(network):
    return network


# The rates of discriminator and generator, what becomes of both, the losses; two epochs, where a
# failure shows in the first.
MISTAKES = {
    "": {},
    "discriminator never moves": {"discriminator": frozen, "epochs": 2},
    "generator never moves": {"generator": frozen, "epochs": 2},
    "batch normalization in the wrong mode": {
        "discriminator": Inference,
        "generator": Inference,
        "epochs": 2,
    },
    "labels reversed": {
        "discriminator_loss": lambda real, fake: (
            tf.reduce_mean(tf.nn.softplus(real)) + tf.reduce_mean(tf.nn.softplus(-fake))
        )
    },
    "saturated loss": {
        "rates": (5e-3, 1e-3),
        "generator_loss": lambda fake: -tf.reduce_mean(tf.nn.softplus(fake)),
    },
    "mode collapse": {"rates": (1e-4, 3e-2)},
}


@pytest.fixture(scope="module")
def digits():
    return glyphs.draw("train", 0, 2000)[0].astype("float32") / 127.5 - 1


@pytest.mark.parametrize("failure", MISTAKES)
def test_each_failure_is_named_and_a_healthy_run_is_not(answers, digits, failure):
    """The networks and steps of the lab's clinic, with another seed and digits where they were."""
    mistake = dict(MISTAKES[failure])
    epochs = mistake.pop("epochs", 6)
    change = {name: mistake.pop(name, same) for name in ("generator", "discriminator")}
    keras.utils.set_random_seed(1)
    gan = answers["DCGAN"](
        change["generator"](gans.build_generator(28, 32, filters=16)),
        change["discriminator"](gans.build_discriminator(28, filters=16)),
        32,
        seed=1,
    )
    gan.compile(*map(adam, mistake.pop("rates", (1e-3, 1e-3))), **mistake)
    latents = np.random.default_rng(0).standard_normal((400, 32)).astype("float32")
    found = training.GANDiagnostics(digits[:400], latents)
    fit = {"batch": 64, "epochs": epochs, "drop_remainder": True}
    training.fit(gan, digits, callbacks=[found], **fit)
    assert found.failure == failure, found.traces
    assert bool(found.advice) == bool(failure)
    assert {len(trace) for trace in found.traces.values()} == {epochs}


def test_a_discriminator_that_is_sure_of_everything_is_named(answers):
    """As where real and generated images share its calls; traces of that and of a healthy start."""
    gan = small_gan(answers)
    gan.compile(adam(), adam())
    latents = np.random.default_rng(0).standard_normal((50, LATENTS)).astype("float32")
    # Its own images are the real ones here: as different as these, so that no collapse shows.
    found = training.GANDiagnostics(gan.generator(latents), latents)
    for pairs, failure in (
        (((0.999, 0.002), (0.999, 0.001)), "confident discriminator"),
        (((0.93, 0.37), (0.97, 0.07)), ""),
    ):
        found.set_model(gan)
        found.on_train_begin()
        for epoch, (real, fake) in enumerate(pairs):
            gan.train_step(tf.constant(points(8)))
            found.on_epoch_end(epoch, {"real_probability": real, "fake_probability": fake})
        found.on_train_end()
        assert found.failure == failure and bool(found.advice) == bool(failure)


def test_diagnostics_change_nothing(answers):
    def trained(callbacks):
        gan = small_gan(answers)
        gan.compile(adam(), adam())
        return training.fit(gan, points(), batch=8, epochs=2, callbacks=callbacks), gan

    latents = np.zeros((5, LATENTS), "float32")
    (plain, first), (watched, second) = (
        trained(each) for each in ([], [training.GANDiagnostics(points(), latents)])
    )
    assert plain == watched
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_traces_by_hand(answers):
    gan = small_gan(answers)
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0))
    latents = np.random.default_rng(0).standard_normal((50, LATENTS)).astype("float32")
    real = points(40)
    found = training.GANDiagnostics(real, latents, patience=1)
    history = training.fit(gan, points(), batch=8, epochs=1, callbacks=[found])
    assert found.failure == "discriminator never moves"
    assert found.traces["generator_change"] == [0]
    probability = history["fake_probability"][0]
    assert found.traces["fake_probability"] == [probability]
    assert found.traces["pull"][0] == pytest.approx(1 - probability, rel=1e-3)

    def spread(images):
        pairs = [np.sum((a - b) ** 2) for a in images for b in images]
        return np.sqrt(np.sum(pairs) / (len(images) * (len(images) - 1)))

    expected = spread(np.asarray(gan.generator(latents))) / spread(real)
    assert found.traces["diversity"][0] == pytest.approx(expected, rel=1e-4)
