"""Lab 4's answers in uses that the lab has no room for, and the diagnostics of its clinic."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from tests.test_labs_run import IMPORTS, solutions_of
from utils import training

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


def small_gan(answers, seed=0, change=lambda network: network):
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
    return answers["DCGAN"](change(generator), change(discriminator), LATENTS, seed)


def adam(rate=0.01):
    return keras.optimizers.Adam(rate, beta_1=0.5)


def after_two_epochs(answers, batch=8, **options):
    gan = small_gan(answers)
    gan.compile(adam(), adam(), **options)
    history = gan.fit(points(), batch_size=batch, epochs=2, shuffle=False, verbose=0).history
    return gan, history


@pytest.mark.parametrize("options", [{"steps_per_execution": 3}, {"run_eagerly": True}])
def test_the_step_is_the_same_however_it_is_run(answers, options):
    plain, _ = after_two_epochs(answers)
    other, _ = after_two_epochs(answers, **options)
    for first, second in zip(plain.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(first, second, atol=1e-4)


def test_with_xla(answers):
    """XLA draws other latents (TensorFlow picks another algorithm there): alike, repeatable."""
    _, plain = after_two_epochs(answers)
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
def test_mixed_precision(answers, policy):
    plain, first = after_two_epochs(answers)
    keras.config.set_dtype_policy(policy)
    try:
        mixed, second = after_two_epochs(answers)
    finally:
        keras.config.set_dtype_policy("float32")
    for name in first:
        np.testing.assert_allclose(first[name], second[name], rtol=0.05)
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

    straight, first = trained(4, "straight")
    trained(2, "stopped")
    resumed, second = trained(4, "stopped")
    assert straight == resumed
    for one, other in zip(
        (first, first.discriminator_optimizer, first.generator_optimizer),
        (second, second.discriminator_optimizer, second.generator_optimizer),
        strict=True,
    ):
        for a, b in zip(one.variables, other.variables, strict=True):
            np.testing.assert_array_equal(a, b)


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


def examined(answers, epochs=8, rates=(0.005, 0.005), seed=0, change=lambda n: n, **losses):
    gan = small_gan(answers, seed, change)
    if losses.pop("freeze", ""):
        gan.discriminator.trainable = False
    gan.compile(*map(adam, rates), **losses)
    latents = np.random.default_rng(0).standard_normal((200, LATENTS)).astype("float32")
    found = training.GANDiagnostics(points(200), latents)
    training.fit(gan, points(2000), batch=50, epochs=epochs, seed=seed, callbacks=[found])
    return found


MISTAKES = {
    "": {},
    "discriminator never moves": {"freeze": True},
    "batch normalization in the wrong mode": {"change": Inference},
    "labels reversed": {
        "discriminator_loss": lambda real, fake: (
            tf.reduce_mean(tf.nn.softplus(real)) + tf.reduce_mean(tf.nn.softplus(-fake))
        )
    },
    "saturated loss": {
        "rates": (0.02, 0.0005),
        "generator_loss": lambda fake: -tf.reduce_mean(tf.nn.softplus(fake)),
    },
    "mode collapse": {"rates": (0.0005, 0.05)},
}


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("failure", MISTAKES)
def test_each_failure_is_named_and_a_healthy_run_is_not(answers, failure, seed):
    found = examined(answers, seed=seed, **MISTAKES[failure])
    assert found.failure == failure, found.traces
    assert bool(found.advice) == bool(failure)
    assert {len(trace) for trace in found.traces.values()} == {8}
