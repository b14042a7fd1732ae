"""Hidden checks of lab 5: other sizes, single images, no blocks, other weights of the losses."""

import numpy as np

from utils.checks.labs import lab5_cyclegan as visible
from utils.checks.reference.pool import Seen, follow


def add_to(questions):
    """Append the hidden checks to the `Questions` of the lab."""

    @questions.more("reflection_pad")
    def widest(rng):
        yield rng.normal(0, 1, (2, 5, 7, 2)).astype("float32"), 4

    @questions.also("InstanceNormalization")
    def one_channel(answers, rng):
        visible.normalizes(answers, rng, epsilon=0.05, size=(2, 4, 3, 1))
        return "one_channel"

    @questions.also("build_generator")
    def other_arguments(answers, rng):
        visible.generates(answers, rng, 2, 0, 1, [(1, 5, 7)])
        visible.generates(answers, rng, 2, 3, 0, [(1, 16, 8)])
        return "other_arguments"

    @questions.more("receptive_field")
    def many_layers(rng):
        yield tuple(rng.integers(1, high, 9).tolist() for high in (8, 4))
        yield [], []

    @questions.also("build_discriminator")
    def one_downsampling(answers, rng):
        visible.judges(answers, rng, 2, 1, [(1, 6, 10)])
        return "one_downsampling"

    @questions.more("adversarial_loss")
    def many_maps(rng):
        yield np.float32([[0.5], [-1.0]]), True
        yield rng.normal(0, 100, (50, 8, 8, 1)).astype("float32"), False

    for name in ("cycle_loss", "identity_loss"):

        @questions.more(name)
        def one_amount(rng):
            x = rng.uniform(-1, 1, (20, 6, 7, 3)).astype("float32")
            yield from ((x, (x + 0.2).astype("float32")), (x, x), (x, (x - 3).astype("float32")))

    @questions.also("ImagePool")
    def other_sizes(answers, rng):
        follow(answers, rng, Seen(1, [1] * 40, (4, 3, 3), compiled=False, seed=7))
        follow(answers, rng, Seen(9, [5, 9, 1, 8, 7] * 3, (1, 1, 1), compiled=True, seed=8))
        return "other_sizes"

    @questions.also("CycleGAN")
    def other_weights(answers, rng):
        options = {"cycle_weight": 0.5, "identity_weight": 0.0}
        visible.many_steps(answers, rng, (1, 2), options, pool_size=2, seed=11)
        return "other_weights"
