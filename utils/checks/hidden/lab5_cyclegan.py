"""Hidden checks of lab 5: other sizes, single images, no blocks, other weights of the losses."""

import numpy as np

from utils.checks.compare import Wrong, close, numbers
from utils.checks.labs import lab5_cyclegan as visible
from utils.checks.reference import pictures
from utils.checks.reference.pool import Seen, follow


def add_to(questions):
    """Append the hidden checks to the `Questions` of the lab."""

    @questions.also("reflection_pad")
    def widest(answers, rng):
        images = rng.normal(0, 1, (2, 5, 7, 2)).astype("float32")
        found = numbers(answers.call("reflection_pad", images, 4), "padded images")
        told = "padded by as much as there is"
        close(found, pictures.mirrored(images, 4), told, otherwise="A mirror image.")
        return "the widest margin"

    @questions.also("InstanceNormalization")
    def one_channel(answers, rng):
        visible.normalizes(answers, rng, epsilon=0.05, size=(2, 4, 3, 1))
        return "one channel"

    @questions.also("build_generator")
    def other_arguments(answers, rng):
        visible.generates(answers, rng, 2, 0, 1, [(1, 5, 7)])
        visible.generates(answers, rng, 2, 3, 0, [(1, 16, 8)])
        return "without downsampling, and without blocks"

    @questions.also("receptive_field")
    def many_layers(answers, rng):
        cases = [tuple(rng.integers(1, high, 9).tolist() for high in (8, 4)), ([], [])]
        for kernels, strides in cases:
            found = answers.call("receptive_field", kernels, strides)
            expected, what = visible.seen(kernels, strides), f"for kernels {kernels}"
            if found != expected:
                slip = "Any number of layers, and one pixel without any."
                raise Wrong(f"{what} and strides {strides}, {expected}", f"{found}", slip)
        return "nine layers, and none"

    @questions.also("build_discriminator")
    def one_downsampling(answers, rng):
        visible.judges(answers, rng, 2, 1, [(1, 6, 10)])
        return "one downsampling"

    @questions.also("adversarial_loss")
    def one_logit(answers, rng):
        found = numbers(answers.call("adversarial_loss", np.float32([[0.5], [-1.0]]), True), "loss")
        close(found, 2.125, "for logits 0.5 and -1 where real is wanted", otherwise="2.125.")
        large = rng.normal(0, 100, (50, 8, 8, 1)).astype("float32")
        found = numbers(answers.call("adversarial_loss", large, False), "loss")
        expected, told = np.mean(np.float64(large) ** 2), "for 50 maps of large logits"
        close(found, expected, told, otherwise="The mean over all logits of all maps.")
        return "50 maps of large logits"

    for name in ("cycle_loss", "identity_loss"):

        @questions.also(name)
        def further(answers, rng, name=name):
            x = rng.uniform(-1, 1, (20, 6, 7, 3)).astype("float32")
            for y, expected in ((x + 0.2, 0.2), (x, 0.0), (x - 3, 3.0)):
                found = numbers(answers.call(name, x, y.astype("float32")), "loss")
                told = f"for 20 images, all values off by {expected:g}"
                close(found, expected, told, otherwise="The mean of absolute differences.")
            return "20 images, off by one amount"

    @questions.also("ImagePool")
    def other_sizes(answers, rng):
        follow(answers, rng, Seen(1, [1] * 40, (4, 3, 3), compiled=False, seed=7))
        follow(answers, rng, Seen(9, [5, 9, 1, 8, 7] * 3, (1, 1, 1), compiled=True, seed=8))
        return "pools of 1 and of 9"

    @questions.also("CycleGAN")
    def other_weights(answers, rng):
        options = {"cycle_weight": 0.5, "identity_weight": 0.0}
        visible.many_steps(answers, rng, (1, 2), options, pool_size=2, seed=11)
        return "without identity loss, single pairs"
