"""Networks that the docstrings allow carry the cells below them, whatever their style.

The banks' right networks pass the checks; here the labs' own functions use some of them, as their
cells do and in small: classes, and networks that make their weights at the first call.
"""

import keras
import numpy as np
import pytest
from keras import layers, ops

from tests.labs import cells_of, right
from utils import training

INPUTS = ["content/labs/lab*.py", "tests/cases/lab*.py"]  # see tests/keys.py

pytestmark = pytest.mark.usefixtures("frees_graphs")


def images(*size):
    return np.random.default_rng(0).uniform(0, 1, size).astype("float32")


@pytest.mark.parametrize("style", ["unbuilt", "subclass"])
def test_an_autoencoder_is_trained_and_read(style):
    lab = "lab2_denoising_autoencoder"
    builds = {q: right(lab, q, style) for q in ("build_encoder", "build_decoder")}
    settings = {"train_images": images(8, 28, 28, 1), "BATCH": 4, "EPOCHS": 1, "CODE_SIZE": 128}
    cells = cells_of(lab, "trained", "cleaned", LEARNING_RATE=1e-3, **settings, **builds)
    encoder, autoencoder = cells["trained"](lambda epoch: (cells["train_images"],) * 2)
    assert cells["cleaned"](autoencoder, cells["train_images"]).shape == (8, 28, 28, 1)
    assert encoder.predict(cells["train_images"], verbose=0).shape == (8, 128)


def test_a_vae_is_trained_and_corrected():
    lab = "lab3_vae"
    builds = {"build_encoder": right(lab, "build_encoder", "subclass")}
    builds["build_decoder"] = right(lab, "build_decoder", "unbuilt")
    answers = "kl_divergence", "reparameterize", "Sampling", "negative_elbo", "VAE", "outlier_score"
    settings = {"BATCH": 4, "EPOCHS": 1, "LEARNING_RATE": 1e-3, **builds}
    cells = cells_of(lab, "trained", "measured", "corrected", answers=answers, **settings)
    pictures = np.round(images(8, 28, 28, 1))
    vae = cells["trained"](pictures, 3)
    assert vae.encoder.predict(pictures, verbose=0)[0].shape == (8, 3)
    assert ops.sigmoid(vae.decoder(vae.encoder(pictures[:2])[0])).shape == (2, 28, 28, 1)
    assert cells["measured"](cells["corrected"](vae, 2, 0.1), pictures)["negative_elbo"] > 0
    assert np.shape(cells["outlier_score"](vae, pictures)) == (8,)


def at_first_call(build):
    """A network without its Input, of the same layers."""

    def built(*arguments):
        network = build(*arguments)
        return keras.Sequential([layers.deserialize(layers.serialize(e)) for e in network.layers])

    return built


def test_a_gan_moves_and_is_watched():
    lab = "lab4_dcgan"
    builds = {q: at_first_call(right(lab, q, "Sequential"))
              for q in ("build_generator", "build_discriminator")}  # fmt: skip
    settings = {"train_images": images(8, 28, 28, 1), "BATCH": 4, "LATENTS": 5}
    names = "new_gan", "moved", "drawn"
    cells = cells_of(lab, *names, answers=["DCGAN"], **settings, **builds)
    for rates in ((0.1, 0.0), (0.0, 0.1)):
        for rate, change in zip(rates, cells["moved"](*rates), strict=True):
            assert bool(change) == bool(rate)
    gan = cells["new_gan"]()
    assert cells["drawn"](gan, np.zeros((3, 5))).shape == (3, 28, 28, 1)
    gan.compile(keras.optimizers.Adam(), keras.optimizers.Adam())
    watch = training.GANDiagnostics(cells["train_images"], images(6, 5))
    training.fit(gan, cells["train_images"], batch=4, epochs=1, callbacks=[watch])
    assert watch.traces["generator_change"][0] > 0


def test_four_networks_are_put_together():
    """Not trained here: their step takes long to trace."""
    lab = "lab5_cyclegan"
    builds = {"build_generator": right(lab, "build_generator", "subclassed")}
    builds["build_discriminator"] = right(lab, "build_discriminator", "subclassed")
    pictures = 2 * images(4, 32, 32, 3) - 1
    settings = {
        "FILTERS": 2, "DOWNSAMPLINGS": 1, "BLOCKS": 1, "PATCH_FILTERS": 2, "BETA_1": 0.5,
        "PATCH_DOWNSAMPLINGS": 2, "GENERATOR_RATE": 1e-3, "DISCRIMINATOR_RATE": 1e-3, "BATCH": 2,
        "STEPS": 2, "CYCLE_WEIGHT": 5.0, "IDENTITY_WEIGHT": 2.0, "train_a": pictures,
        **builds,
    }  # fmt: skip
    answers = "adversarial_loss", "cycle_loss", "identity_loss", "ImagePool", "CycleGAN"
    names = "changing", "adam", "new_cyclegan", "translated"
    cells = cells_of(lab, *names, answers=answers, **settings)
    model = cells["new_cyclegan"](1)
    assert cells["translated"](model.a_to_b, pictures).shape == pictures.shape
    assert model.discriminator_a.predict(pictures, verbose=0).shape == (4, 8, 8, 1)
