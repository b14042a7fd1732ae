"""Lab 3's answers in uses that the lab itself has no room for: types, compilation, taking up."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.labs import IMPORTS, solutions_of
from utils import training
from utils.runtime import dtype_policy

INPUTS = [
    "*/lab3_vae.ipynb",
    "tests/cases/lab3_vae.py",
    "utils/checks/*/lab3_vae.py",
]  # see tests/keys.py


@pytest.fixture(scope="module")
def answers():
    """The answers of the built solution, by name."""
    names = {"__name__": "answers"}
    exec(IMPORTS + "import keras\nimport numpy as np\nimport tensorflow as tf", names)
    exec("from scipy.stats import norm", names)
    for source in solutions_of("lab3_vae").values():
        exec(source, names)
    return names


def images(n=24, seed=0):
    return (np.random.default_rng(seed).random((n, 28, 28, 1)) < 0.3).astype("float32")


def small_vae(answers, seed=0, **options):
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((28, 28, 1))
    flat = keras.layers.Flatten()(inputs)
    heads = [keras.layers.Dense(3, dtype=options.get("ends"))(flat) for _ in range(2)]
    decoder = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(784, dtype=options.get("ends")),
            keras.layers.Reshape((28, 28, 1), dtype=options.get("ends")),
        ]
    )
    return answers["VAE"](keras.Model(inputs, heads), decoder, seed=seed)


def weights_after(answers, **options):
    vae = small_vae(answers)
    vae.compile(optimizer=keras.optimizers.Adam(0.01), **options)
    history = vae.fit(images(), batch_size=8, epochs=2, shuffle=False, verbose=0).history
    return vae.get_weights(), history


@pytest.fixture(scope="module")
def plain(answers):
    """Weights and history of a training with nothing changed."""
    return weights_after(answers)


def test_the_parts_add_up_and_fall(answers):
    vae = small_vae(answers)
    vae.compile(optimizer=keras.optimizers.Adam(0.01))
    history = vae.fit(images(), epochs=20, verbose=0).history
    total, parts = history["negative_elbo"], np.add(history["reconstruction"], history["kl"])
    np.testing.assert_allclose(total, parts, rtol=1e-5)
    assert set(history) == {"negative_elbo", "reconstruction", "kl"}
    assert total[-1] < 0.9 * total[0]


@pytest.mark.parametrize("options", [{"steps_per_execution": 3}, {"run_eagerly": True}])
def test_the_step_is_the_same_however_it_is_run(answers, plain, options):
    other, _ = weights_after(answers, **options)
    for first, second in zip(plain[0], other, strict=True):
        np.testing.assert_allclose(first, second, atol=1e-5)


def test_with_xla(answers, plain):
    """XLA draws other noise (TensorFlow picks another algorithm there): alike, and repeatable."""
    (first, history), (again, _) = (weights_after(answers, jit_compile=True) for _ in range(2))
    np.testing.assert_allclose(history["negative_elbo"], plain[1]["negative_elbo"], rtol=0.03)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)


def test_mixed_precision_with_ends_in_float32(answers, plain):
    with dtype_policy("mixed_bfloat16"):
        vae = small_vae(answers, ends="float32")
        vae.compile(optimizer=keras.optimizers.Adam(0.01))
        second = vae.fit(images(), batch_size=8, epochs=2, shuffle=False, verbose=0).history
    np.testing.assert_allclose(plain[1]["negative_elbo"], second["negative_elbo"], rtol=0.03)
    assert all(weight.dtype == tf.float32 for weight in vae.trainable_variables)


def test_float64_throughout(answers):
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    try:
        vae = small_vae(answers)
        logits, mean, log_var = vae(images().astype("float64"))
        vae.compile(optimizer="adam")
        history = vae.fit(images().astype("float64"), verbose=0).history
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")
    bound = answers["negative_elbo"](images().astype("float64"), logits, mean, log_var)
    assert {each.dtype for each in (logits, mean, log_var, bound)} == {tf.float64}
    assert np.isfinite(history["negative_elbo"][0])


def test_a_killed_run_is_taken_up_to_the_last_bit(answers, tmp_path):
    """The noise goes on where it stopped, because the sampling layer's state is a variable."""

    def trained(epochs, folder):
        vae = small_vae(answers)
        vae.compile(optimizer=keras.optimizers.Adam(0.01))
        history = training.fit(vae, images(), batch=8, epochs=epochs, folder=tmp_path / folder)
        return history, vae

    straight, first = trained(3, "straight")
    trained(2, "stopped")
    resumed, second = trained(3, "stopped")
    assert straight == resumed
    for a, b in zip(first.variables, second.variables, strict=True):
        np.testing.assert_array_equal(a, b)


def test_saved_and_loaded_weights_give_the_same_pictures(answers, tmp_path):
    vae = small_vae(answers)
    vae(images())
    vae.save_weights(tmp_path / "vae.weights.h5")
    other = small_vae(answers, seed=1)
    other(images())
    other.load_weights(tmp_path / "vae.weights.h5")
    latents = np.random.default_rng(0).standard_normal((5, 3)).astype("float32")
    np.testing.assert_array_equal(vae.decoder(latents), other.decoder(latents))


def test_map_of_the_prior(answers):
    """Each picture of the map stands for the same share of the prior."""
    from scipy.stats import norm

    seen = []

    def decoder(latents):
        seen.append(np.asarray(latents))
        return np.zeros((len(latents), 28, 28, 1), "float32")

    answers["latent_grid"](decoder, 10)
    (latents,) = seen
    share = norm.cdf(latents)
    np.testing.assert_allclose(np.unique(share.round(5)), np.arange(0.05, 1, 0.1), atol=1e-5)
