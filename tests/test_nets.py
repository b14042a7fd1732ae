"""Blocks that notebooks share, against the plain layers that they stand for."""

import keras
import numpy as np
import pytest

from utils import nets

INPUTS = []  # see tests/keys.py


def networks(count=3):
    keras.utils.set_random_seed(0)
    made = [
        keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, "sigmoid")])
        for _ in range(count)
    ]
    for network in made:
        network.layers[0].bias.assign(np.random.default_rng(1).normal(size=2))
    return made


def test_side_by_side_computes_what_each_network_computes():
    singles = networks()
    stack = nets.side_by_side(singles)
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    together = np.asarray(stack(x))
    assert together.shape == (3, 5, 2)
    for one, network in zip(together, singles, strict=True):
        assert np.allclose(one, np.asarray(network(x)), atol=1e-6)
    # Stacked inputs, as a decoder gets them from a stack of encoders.
    stacked = np.stack([x, 2 * x, -x])
    for one, network, inputs in zip(np.asarray(stack(stacked)), singles, stacked, strict=True):
        assert np.allclose(one, np.asarray(network(inputs)), atol=1e-6)


def test_gradients_of_a_sum_stay_apart():
    import tensorflow as tf

    singles = networks()
    stack = nets.side_by_side(singles)
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(tf.square(stack(x)))
    gradient = tape.gradient(total, stack.trainable_variables)[0]
    for one, network in zip(np.asarray(gradient), singles, strict=True):
        with tf.GradientTape() as tape:
            alone = tf.reduce_sum(tf.square(network(x)))
        assert np.allclose(one, tape.gradient(alone, network.trainable_variables)[0], atol=1e-5)


def test_networks_of_other_shapes_are_refused():
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    with pytest.raises(ValueError):
        nets.side_by_side([*networks(), other])


def test_features_learn_with_the_classifier():
    keras.utils.set_random_seed(0)
    classifier, features = nets.build_classifier(4, shape=(8, 8, 1))
    rng = np.random.default_rng(0)
    labels = rng.integers(4, size=256)
    images = rng.normal(0, 0.3, (256, 8, 8, 1)).astype("float32")
    for label in range(4):  # a bright corner for each class
        row, column = 4 * (label // 2), 4 * (label % 2)
        images[labels == label, row : row + 4, column : column + 4] += 0.5
    before = features.predict(images, verbose=0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classifier.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    classifier.fit(images[:192], labels[:192], epochs=12, verbose=0)
    assert classifier.evaluate(images[192:], labels[192:], verbose=0)[1] > 0.9
    assert features.output_shape == (None, 64)
    assert np.abs(features.predict(images, verbose=0) - before).max() > 0.1
