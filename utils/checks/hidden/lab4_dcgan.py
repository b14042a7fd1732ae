"""Hidden checks of lab 4: other sizes, single images, more steps of the discriminator."""

import numpy as np

from utils.checks.labs import lab4_dcgan as visible
from utils.checks.networks import of_one


def add_to(questions):
    """Append the hidden checks to the `Questions` of the lab."""

    @questions.more("discriminator_loss")
    def undecided(rng):
        yield np.zeros((64, 1), "float32"), np.zeros((20, 1), "float32")

    @questions.more("generator_loss")
    def large_batch(rng):
        yield (rng.normal(0, 30, (200, 1)).astype("float32"),)

    @questions.also("build_generator")
    def one_image(answers, rng):
        x = rng.normal(0, 1, (1, 64))
        of_one(answers, "build_generator", [64], x, (1, 28, 28, 1))
        return "one_image"

    @questions.also("build_discriminator")
    def one_logit(answers, rng):
        x = rng.uniform(-1, 1, (1, 28, 28, 1))
        of_one(answers, "build_discriminator", [], x, (1, 1))
        return "one_logit"

    @questions.also("DCGAN")
    def single_images(answers, rng):
        visible.single_steps(answers, rng, steps=4, counts=(1, 2), seed=11)
        return "single_images"

    @questions.also("nearest_neighbours")
    def one_of_one(answers, rng):
        images = rng.uniform(0, 1, (2, 5, 9, 3)).astype("float32")
        visible.nearest(answers, images[:1], images[1:])
        return "one_of_one"

    @questions.more("interpolate")
    def two_steps(rng):
        start, end = rng.normal(0, 1, (2, 100)).astype("float32")
        yield start, end, 2
        yield start, end, 11
