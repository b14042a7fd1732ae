"""Building blocks that more than one notebook uses; each is shown where it is first met."""

import keras
import numpy as np


class SideBySide(keras.layers.Layer):
    """One dense layer of many networks, computed at once.

    The networks do not touch each other: the gradient of a sum over them is each one's own, so
    a training loop written for one network trains them all.

    Args:
        kernels: array (networks, inputs, units).
        biases: array (networks, units).
        activation: str or callable.

    Input (..., inputs) or (networks, n, inputs), output (networks, n, units).
    """

    def __init__(self, kernels, biases, activation="sigmoid", **options):
        super().__init__(**options)
        self.activation = keras.activations.get(activation)
        values = np.asarray(kernels), np.asarray(biases)
        for name, value in zip(("kernel", "bias"), values, strict=True):
            variable = self.add_weight(shape=value.shape, name=name, initializer="zeros")
            variable.assign(value)
            setattr(self, name, variable)
        self.built = True

    def call(self, inputs):
        return self.activation(inputs @ self.kernel + self.bias[:, None, :])


def side_by_side(networks, activation="sigmoid"):
    """Several one-layer networks of the same shape as one `SideBySide` layer.

    Args:
        networks: list of Keras models or layers with one kernel and one bias, which have been
            called before (some get their weights only then).
    """
    # A kernel has two axes and a bias one, in whatever order a network made them.
    pairs = [sorted(network.get_weights(), key=np.ndim) for network in networks]
    biases, kernels = zip(*pairs, strict=True)
    return SideBySide(np.stack(kernels), np.stack(biases), activation)


def dense_network(kernel, bias, activation="sigmoid"):
    """A model with one dense layer of these weights, arrays (inputs, units) and (units,)."""
    kernel = np.asarray(kernel)
    layer = keras.layers.Dense(kernel.shape[1], activation=activation)
    model = keras.Sequential([keras.Input((kernel.shape[0],)), layer])
    model.set_weights([kernel, np.asarray(bias)])
    return model


def build_classifier(classes, shape=(28, 28, 1)):
    """A small convolutional classifier, whose last hidden layer serves as features of images.

    Args:
        classes: int.
        shape: height, width (at least 4) and channels of the images.

    Returns:
        two Keras models with the same layers: images (n, *shape) -> logits (n, classes), to be
        trained, and images -> features (n, 64), which learns with it.
    """
    images = keras.Input(shape)
    x = images
    for filters in (16, 32):
        x = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = keras.layers.MaxPooling2D(2)(x)
    features = keras.layers.Dense(64, activation="relu", name="features")(keras.layers.Flatten()(x))
    logits = keras.layers.Dense(classes, name="logits")(features)
    classifier = keras.Model(images, logits, name="classifier")
    return classifier, keras.Model(images, features, name="features_of_images")


def build_trunk(shape=(28, 28, 1), width=64):
    """The network whose features pretext tasks are compared by; each task puts a head on it.

    Three convolutions halve the picture, a dense layer gathers what is left. Without batch
    normalization: a pretext changes its inputs, and statistics of changed pictures would be used on
    whole ones.

    Args:
        shape: height, width and channels of the images.
        width: int, features; the convolutions have a quarter, half and all of as many filters.

    Returns:
        Keras model, images (n, *shape) -> features (n, width), at least 0.
    """
    layers = [
        keras.layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")
        for filters in (width // 4, width // 2, width)
    ]
    features = keras.layers.Dense(width, activation="relu", name="features")
    return keras.Sequential([keras.Input(shape), *layers, keras.layers.Flatten(), features])
