"""Hidden checks of lab 2: the ends of the range, and shapes that the visible checks don't show."""

import numpy as np

from utils.checks.compare import Wrong, close, numbers, shape
from utils.checks.networks import of_one


def add_to(questions):
    """Append the hidden checks to the `Questions` of the lab."""

    @questions.also("add_gaussian_noise")
    def colour_and_no_noise(answers, rng):
        images = rng.uniform(0, 1, (2, 9, 8, 3)).astype("float32")
        found = numbers(answers.call("add_gaussian_noise", images, 0.0, 3), "images without noise")
        shape(found, images.shape, "colour images")
        close(found, images, "for sigma 0, the images", otherwise="No noise must change nothing.")
        noise = numbers(answers.call("add_gaussian_noise", 0 * images + 0.5, 0.1, 3), "noise")
        if np.ptp(noise, axis=-1).max() == 0:
            raise Wrong(
                "noise of its own in each channel", "the same in all three", "Draw for each."
            )
        return "colour images, and sigma 0"

    @questions.also("add_masking_noise")
    def none_and_all(answers, rng):
        images = rng.uniform(0.2, 1, (2, 9, 8, 1)).astype("float32")
        for fraction, expected in ((0.0, images), (1.0, 0 * images)):
            what = f"for fraction {fraction:g}, the images"
            found = numbers(answers.call("add_masking_noise", images, fraction, 3), what)
            close(found, expected, what, otherwise="0 erases nothing, 1 everything.")
        return "nothing erased, and everything"

    @questions.also("build_encoder")
    def one_image(answers, rng):
        x = rng.normal(0, 1, (1, 28, 28, 1))
        return of_one(answers, "build_encoder", [7], x, (1, 7))

    @questions.also("build_decoder")
    def one_code(answers, rng):
        x = rng.normal(0, 1, (1, 7))
        return of_one(answers, "build_decoder", [7], x, (1, 28, 28, 1))

    @questions.also("training_pairs")
    def in_order(answers, rng):
        images = rng.uniform(0, 1, (30, 6, 5, 1)).astype("float32")
        result = answers.call("training_pairs", images, 0.0, 3)
        for each, what in zip(result, ("inputs", "targets"), strict=True):
            close(
                numbers(each, what),
                images,
                f"for sigma 0, the {what}: the images in their order",
                otherwise="Keep the order of the images: `fit` shuffles.",
            )
        return "sigma 0, in the order of the images"

    @questions.also("psnr")
    def equal_and_colour(answers, rng):
        clean = rng.uniform(0, 1, (2, 6, 5, 3)).astype("float32")
        estimate = np.stack([clean[0], 1 - clean[1]])
        with np.errstate(divide="ignore"):  # the first two are equal
            result = answers.call("psnr", clean, estimate)
        found = numbers(result, "for 2 colour images, PSNR")
        shape(found, (2,), "for 2 colour images, PSNR")
        if not found[0] > 55:  # a small number in the logarithm does no harm
            raise Wrong(
                "for equal images a PSNR without bound", f"{found[0]:.4g}", "No error: inf."
            )
        expected = -10 * np.log10(np.mean((np.float64(clean[1]) - estimate[1]) ** 2))
        close(
            found[1],
            expected,
            "for a colour image, PSNR",
            otherwise="Average over rows, columns and channels.",
            tolerance=1e-3,
        )
        return "equal images and colour images"

    @questions.also("tweedie_score")
    def of_a_gaussian(answers, rng):
        noisy, sigma = rng.normal(0, 2, (50, 3)), 0.7
        denoised = noisy / (1 + sigma**2)  # the best denoiser of a standard normal distribution
        found = numbers(answers.call("tweedie_score", noisy, denoised, sigma), "scores")
        close(
            found,
            -noisy / (1 + sigma**2),
            "the score of N(0, 1 + sigma^2), known exactly",
            otherwise="The same formula for arrays of any shape and type.",
        )
        return "the score of a normal distribution"
