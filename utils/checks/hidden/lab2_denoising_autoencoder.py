"""Hidden checks of lab 2: the ends of the range, and shapes that the visible checks don't show."""

import numpy as np

from utils.checks.compare import Wrong, close
from utils.checks.labs.lab2_denoising_autoencoder import like_images, pair_of
from utils.checks.networks import of_one
from utils.checks.values import Case


def add_to(questions):
    """Append the hidden checks to the `Questions` of the lab."""

    @questions.also("add_gaussian_noise")
    def colour_and_no_noise(answers, rng):
        def noisy(images, sigma):
            result = answers.call("add_gaussian_noise", images, sigma, 3)
            return like_images(result, images, sigma=sigma)

        images = rng.uniform(0, 1, (2, 9, 8, 3)).astype("float32")
        close(noisy(images, 0.0), images, "no_noise_expects", otherwise="noise_at_0")
        if np.ptp(noisy(0 * images + 0.5, 0.1), axis=-1).max() == 0:
            raise Wrong("channels_expect", "the same in all three", "same_for_channels")
        return "colour_and_no_noise"

    @questions.also("add_masking_noise")
    def none_and_all(answers, rng):
        images = rng.uniform(0.2, 1, (2, 9, 8, 1)).astype("float32")
        for fraction in (0.0, 1.0):
            found = answers.call("add_masking_noise", images, fraction, 3)
            found = like_images(found, images, fraction=fraction)
            close(found, (1 - fraction) * images, "expects", otherwise="ends", fraction=fraction)
        return "none_and_all"

    @questions.also("build_encoder")
    def one_image(answers, rng):
        return of_one(answers, "build_encoder", [7], rng.normal(0, 1, (1, 28, 28, 1)), (1, 7))

    @questions.also("build_decoder")
    def one_code(answers, rng):
        return of_one(answers, "build_decoder", [7], rng.normal(0, 1, (1, 7)), (1, 28, 28, 1))

    @questions.also("training_pairs")
    def in_order(answers, rng):
        images = rng.uniform(0, 1, (30, 6, 5, 1)).astype("float32")
        for array in pair_of(answers, images, 0.0, 3):
            close(array, images, "order_expects", otherwise="not_in_order")
        return "in_order"

    @questions.more("psnr")
    def colour(rng):
        clean = rng.uniform(0, 1, (2, 6, 5, 3)).astype("float32")
        yield Case(clean, 1 - clean, otherwise="over_channels")

    @questions.more("tweedie_score")
    def of_a_gaussian(rng):
        noisy, sigma = rng.normal(0, 2, (50, 3)), 0.7
        # Denoised by the best denoiser of a standard normal distribution.
        yield Case(noisy, noisy / (1 + sigma**2), sigma, otherwise="known_score")
