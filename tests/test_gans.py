"""The small DCGAN of the lectures: its switches, and its training against the losses of Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from utils import gans

SIDE, LATENTS, FILTERS = 8, 5, 4
IMAGES = np.random.default_rng(0).uniform(-1, 1, (20, SIDE, SIDE, 1)).astype("float32")


def pair(**options):
    keras.utils.set_random_seed(0)
    return (
        gans.build_generator(SIDE, LATENTS, FILTERS, **options),
        gans.build_discriminator(SIDE, FILTERS, **options),
    )


def kinds(network):
    return [type(layer).__name__ for layer in network.layers]


def test_shapes_and_range():
    generator, discriminator = pair()
    images = generator(10 * np.ones((3, LATENTS), "float32"))
    assert images.shape == (3, SIDE, SIDE, 1) and np.abs(images).max() <= 1
    assert discriminator(images).shape == (3, 1)


@pytest.mark.parametrize(
    "options, kind, generator, discriminator",
    [
        ({}, "BatchNormalization", 2, 1),
        ({"hidden_norm": False}, "BatchNormalization", 0, 0),
        ({"edge_norm": True}, "BatchNormalization", 3, 2),
        ({}, "Conv2DTranspose", 2, 0),
        ({"strides": False}, "UpSampling2D", 2, 0),
        ({"strides": False}, "MaxPooling2D", 0, 2),
        ({}, "Dense", 1, 1),
        ({"dense": True}, "Dense", 2, 2),
    ],
)
def test_each_switch_changes_what_it_names(options, kind, generator, discriminator):
    assert [kinds(network).count(kind) for network in pair(**options)] == [generator, discriminator]
    for network, inputs in zip(pair(**options), (np.ones((2, LATENTS)), IMAGES[:2]), strict=True):
        assert network(inputs).shape[0] == 2


def test_activations_and_first_weights():
    generator = gans.build_generator(SIDE, LATENTS, FILTERS, output="sigmoid")
    assert generator.layers[-1].activation is keras.activations.sigmoid
    discriminator = gans.build_discriminator(SIDE, FILTERS, slope=0.0, start=lambda: "zeros")
    slopes = [layer.negative_slope for layer in discriminator.layers if "Leaky" in str(type(layer))]
    assert slopes == [0, 0] and not discriminator.layers[0].kernel.numpy().any()
    assert 0.015 < np.std(pair()[0].layers[0].kernel) < 0.025


def test_the_first_step_goes_down_both_losses():
    """Adam's first step is at most the rate, against the sign of the gradient."""
    trained, (generator, discriminator) = pair(hidden_norm=False), pair(hidden_norm=False)
    gans.train(trained, IMAGES, 1, rate=1e-3, batch=6, seed=3)
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    rows = tf.random.stateless_uniform((6,), [3, 0], 0, len(IMAGES), tf.int32)
    first, second = (tf.random.stateless_normal((6, LATENTS), [3, key]) for key in (1, 2))
    with tf.GradientTape() as tape:
        real, fake = discriminator(tf.gather(IMAGES, rows)), discriminator(generator(first))
        loss = entropy(tf.ones_like(real), real) + entropy(tf.zeros_like(fake), fake)
    down(tape, loss, discriminator, trained[1])
    discriminator.set_weights(trained[1].get_weights())
    with tf.GradientTape() as tape:
        fake = discriminator(generator(second))
        loss = entropy(tf.ones_like(fake), fake)
    down(tape, loss, generator, trained[0])


def down(tape, loss, before, after):
    for slope, old, new in zip(
        tape.gradient(loss, before.trainable_variables),
        before.get_weights(),
        after.get_weights(),
        strict=True,
    ):
        sure = np.abs(slope) > 0.01 * np.abs(slope).max()  # other signs are a matter of rounding
        np.testing.assert_array_equal(np.sign(new - old)[sure], -np.sign(slope)[sure])
        assert sure.any() and np.abs(new - old).max() < 1.001e-3


def test_a_seed_gives_the_same_networks():
    options = {"rate": 1e-3, "batch": 6}
    one, again, other = (
        gans.train(pair(), IMAGES, 3, seed=seed, **options).get_weights()[0] for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 1e-4
