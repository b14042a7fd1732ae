"""Hidden checks of lab 4: other sizes, single images, more steps of the discriminator."""

import numpy as np

from utils.checks.compare import close, numbers, shape
from utils.checks.labs import lab4_dcgan as visible
from utils.checks.losses import softplus
from utils.checks.networks import of_one


def add_to(questions):
    """Append the hidden checks to the `Questions` of the lab."""

    @questions.also("discriminator_loss")
    def undecided(answers, rng):
        zeros = np.zeros((64, 1), "float32")
        found = numbers(answers.call("discriminator_loss", zeros, zeros[:20]), "nats")
        close(found, 2 * np.log(2), "for logits of 0, nats", otherwise="It is 2 ln 2.")
        return "logits of 0"

    @questions.also("generator_loss")
    def large_batch(answers, rng):
        fake = rng.normal(0, 30, (200, 1)).astype("float32")
        found = numbers(answers.call("generator_loss", fake), "nats")
        expected = np.mean(softplus(-fake.astype("float64")))
        close(found, expected, "for 200 images, nats", otherwise="The mean over all images.")
        return "200 images"

    @questions.also("build_generator")
    def one_image(answers, rng):
        x = rng.normal(0, 1, (1, 64))
        return of_one(answers, "build_generator", [64], x, (1, 28, 28, 1))

    @questions.also("build_discriminator")
    def one_logit(answers, rng):
        x = rng.uniform(-1, 1, (1, 28, 28, 1))
        return of_one(answers, "build_discriminator", [], x, (1, 1))

    @questions.also("DCGAN")
    def single_images(answers, rng):
        visible.many_steps(answers, rng, steps=4, counts=(1, 2), seed=11)
        return "batches of one image, k = 4"

    @questions.also("nearest_neighbours")
    def one_of_one(answers, rng):
        images = rng.uniform(0, 1, (2, 5, 9, 3)).astype("float32")
        found = visible.neighbours(answers, images[:1], images[1:])
        visible.right_neighbours(found, images[:1], images[1:])
        return "one image each"

    @questions.also("interpolate")
    def two_steps(answers, rng):
        start, end = rng.normal(0, 1, (2, 100)).astype("float32")
        found = numbers(answers.call("interpolate", start, end, 2), "two steps")
        shape(found, (2, 100), "in 2 steps, latents")
        close(found, np.stack([start, end]), "both ends", otherwise="They are included.")
        visible.between(answers, start, end, 11)
        return "both ends alone, 100 latents"
