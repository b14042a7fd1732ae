"""A small DCGAN, of which each guideline can be switched off, and the training of such a pair.

    pair = gans.build_generator(12, latents=32, filters=16), gans.build_discriminator(12, 16)
    generator = gans.train(pair, images, steps=1000, rate=4e-3)

Lab 4 builds such networks and their training step by hand.
"""

import keras
import tensorflow as tf
from keras import layers


def normal():
    """The weights that a DCGAN begins with (Radford et al. 2016, section 4)."""
    return keras.initializers.RandomNormal(stddev=0.02)


def build_generator(
    side,
    latents,
    filters,
    *,
    hidden_norm=True,
    edge_norm=False,
    strides=True,
    dense=False,
    output="tanh",
    start=normal,
):
    """Latents (n, latents) -> images (n, side, side, 1); by default with all guidelines.

    Args:
        side: int, pixels, a multiple of 4.
        latents, filters: int; filters of the convolution with the larger maps.
        hidden_norm, edge_norm: bool, batch normalization of hidden layers, of the output.
        strides: bool, transposed convolutions instead of upsampling.
        dense: bool, a hidden dense layer more.
        output: str, activation of the last layer.
        start: function that gives an initializer.

    Source: Radford, Metz, Chintala, ICLR 2016, section 3.
    """
    small = side // 4
    extra = [layers.Dense(128, kernel_initializer=start()), *_norm(hidden_norm), layers.ReLU()]
    return keras.Sequential(
        [
            keras.Input((latents,)),
            *(extra if dense else []),
            layers.Dense(small * small * 2 * filters, kernel_initializer=start()),
            *_norm(hidden_norm),
            layers.ReLU(),
            layers.Reshape((small, small, 2 * filters)),
            *_double(filters, strides, start),
            *_norm(hidden_norm),
            layers.ReLU(),
            *_double(1, strides, start),
            *_norm(edge_norm),
            layers.Activation(output),
        ]
    )


def build_discriminator(
    side,
    filters,
    *,
    hidden_norm=True,
    edge_norm=False,
    strides=True,
    dense=False,
    slope=0.2,
    start=normal,
):
    """Images (n, side, side, 1) -> logits (n, 1); by default with all guidelines.

    Args:
        slope: float, of the LeakyReLU below 0. Others as for the generator.
    """
    (first, pool), (second, pool_again) = (
        _halve(size, strides, start) for size in (filters, 2 * filters)
    )
    extra = [
        layers.Dense(128, kernel_initializer=start()),
        *_norm(hidden_norm),
        layers.LeakyReLU(slope),
    ]
    return keras.Sequential(
        [
            keras.Input((side, side, 1)),
            first,
            *_norm(edge_norm),
            layers.LeakyReLU(slope),
            *pool,
            second,
            *_norm(hidden_norm),
            layers.LeakyReLU(slope),
            *pool_again,
            layers.Flatten(),
            *(extra if dense else []),
            layers.Dense(1, kernel_initializer=start()),
        ]
    )


def _norm(wanted):
    return [layers.BatchNormalization(momentum=0.9)] if wanted else []


def _double(filters, strides, start):
    """Layers that make the picture twice as large."""
    options = {"padding": "same", "kernel_initializer": start()}
    if strides:
        return [layers.Conv2DTranspose(filters, 4, strides=2, **options)]
    return [layers.UpSampling2D(), layers.Conv2D(filters, 4, **options)]


def _halve(filters, strides, start):
    """A convolution that makes the picture half as large, or one and the pooling that does."""
    options = {"padding": "same", "kernel_initializer": start()}
    pool = [] if strides else [layers.MaxPooling2D()]
    return layers.Conv2D(filters, 4, strides=2 if strides else 1, **options), pool


def train(pair, images, steps, *, rate, batch=64, beta_1=0.5, seed=0):
    """Algorithm 1 with one step of each network, and the non-saturating loss of the generator.

    Real images and latents of every step follow from the seed alone.

    Args:
        pair: generator and discriminator.
        images: array (n, side, side, 1), float32.
        steps: int.
        rate: float, of Adam at the start; it falls to 0 along a cosine.
        batch: int, images in a step.
        beta_1: float, of Adam.
        seed: int.

    Returns:
        the generator.

    Source: Goodfellow et al., NeurIPS 2014, algorithm 1 and section 3.
    """
    generator, discriminator = pair
    images, optimizers = tf.constant(images), []
    for network in pair:
        schedule = keras.optimizers.schedules.CosineDecay(rate, steps)
        optimizers.append(keras.optimizers.Adam(schedule, beta_1=beta_1))
        optimizers[-1].build(network.trainable_variables)

    def judged(key):
        """Logits of images from new latents, which follow from the key alone."""
        shape = batch, generator.input_shape[-1]
        z = tf.random.stateless_normal(shape, tf.stack([seed, key]))
        return discriminator(generator(z, training=True), training=True)

    def move(player, tape, loss):
        weights = pair[player].trainable_variables
        optimizers[player].apply(tape.gradient(loss, weights), weights)

    @tf.function
    def all_steps():
        for step in tf.range(steps):
            key = tf.stack([seed, 3 * step])
            rows = tf.random.stateless_uniform((batch,), key, 0, len(images), tf.int32)
            with tf.GradientTape() as tape:
                real = discriminator(tf.gather(images, rows), training=True)
                fake = judged(3 * step + 1)
                loss = tf.reduce_mean(tf.nn.softplus(-real) + tf.nn.softplus(fake))
            move(1, tape, loss)
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.nn.softplus(-judged(3 * step + 2)))
            move(0, tape, loss)

    all_steps()
    return generator
