"""Layers of image networks computed another way: the same function, less time on a CPU.

A GAN for 64x64 images spends its time in two of its layers: the last transposed convolution, and
the convolution from hundreds of channels to three colours. Both can be had with fewer
multiplications, or with ones that a CPU does faster. Gradients follow, since each layer is written
in operations that Keras can differentiate. Differences to Keras' own layers are rounding.
"""

import numpy as np
import tensorflow as tf
from keras import layers, ops

# Three outputs of a filter with two taps take four products instead of six:
# y = OUTPUT @ ((KERNEL @ taps) * (INPUT @ inputs)), four inputs; for images, along both axes.
INPUT = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, -1, 0, 1]])
KERNEL = np.array([[1, 0], [0.5, 0.5], [0.5, -0.5], [0, 1]])
OUTPUT = np.array([[1, 1, 1, 0], [0, 1, -1, 0], [0, 1, 1, 1]])


class WinogradConv2DTranspose(layers.Conv2DTranspose):
    """`Conv2DTranspose(filters, 4, strides=2, padding="same")` with 2.25 times fewer products.

    Each of the four (row, column) parities of the output is a convolution with 2x2 taps, and nine
    of its values take 16 products instead of 36. The sums around them cost time, too: it is faster
    than Keras' layer where channels count in hundreds, and slower where they are few. In bfloat16
    its rounding errors are about twice as large.

    Raises:
        ValueError: another kernel size, stride or padding.

    Source: Winograd 1980; Lavin and Gray 2016, section 4.
    """

    def __init__(self, filters, kernel_size=4, strides=2, padding="same", **options):
        super().__init__(filters, kernel_size, strides=strides, padding=padding, **options)
        found = self.kernel_size, self.strides, self.padding, self.data_format
        if found != ((4, 4), (2, 2), "same", "channels_last"):
            raise ValueError(
                f"This layer computes kernel_size=4, strides=2, padding='same', not {found}."
            )

    def call(self, inputs):
        _, height, width, channels = inputs.shape
        down, across = -(-(height + 1) // 3), -(-(width + 1) // 3)  # tiles of three windows
        # Window m sees inputs m - 1 and m and gives outputs 2m - 1 and 2m.
        edges = (1, 3 * down - height), (1, 3 * across - width)
        x = ops.pad(inputs, ((0, 0), *edges, (0, 0)))
        x = _tiles(ops.reshape(x, (-1, 3 * down + 1, (3 * across + 1) * channels)), down)
        x = _tiles(ops.reshape(x, (-1, 3 * across + 1, channels)), across)
        x = ops.reshape(x, (-1, down, 4, across, 4, channels))
        x = ops.reshape(ops.transpose(x, (2, 4, 0, 1, 3, 5)), (16, -1))
        x = ops.reshape(_along_both(INPUT, x), (16, -1, channels))
        # The taps of a window, last first, and of each the two parities.
        kernel = ops.reshape(self.kernel, (2, 2, 2, 2, self.filters, channels))
        kernel = ops.reshape(ops.transpose(kernel, (0, 2, 5, 1, 3, 4)), (4, -1))
        kernel = _along_both(KERNEL[:, ::-1], kernel)
        y = ops.matmul(x, ops.reshape(kernel, (16, channels, 4 * self.filters)))
        y = _along_both(OUTPUT, ops.reshape(y, (16, -1)))
        y = ops.reshape(y, (3, 3, -1, down, across, 2, 2, self.filters))
        y = ops.transpose(y, (2, 3, 0, 5, 4, 1, 6, 7))
        y = ops.reshape(y, (-1, 6 * down, 6 * across, self.filters))
        y = y[:, 1 : 2 * height + 1, 1 : 2 * width + 1]
        if self.use_bias:
            y = y + self.bias
        return y if self.activation is None else self.activation(y)


def _tiles(x, n):
    """(m, 3n + 1, k) as n overlapping parts of four: (m, n, 4, k)."""
    k = x.shape[-1]
    parts = ops.reshape(x[:, :-1], (-1, n, 3, k))
    last = ops.concatenate([parts[:, 1:, :1], x[:, -1:, None]], axis=1)
    return ops.concatenate([parts, last], axis=2)


def _along_both(matrix, values):
    """The matrix applied to both of two axes that `values` (rows * columns, ...) hold as one."""
    return ops.matmul(ops.cast(np.kron(matrix, matrix), values.dtype), values)


class ThinConv2D(layers.Conv2D):
    """`Conv2D` for few input channels, or few filters: most of it becomes one matrix product.

    CPU kernels work on 16 channels at a time, and waste most of that on one or three. Here the
    product is of channels with all taps at once; a convolution with kernels of zeros and a single
    one, on the thin side, brings the taps to their places.
    """

    def convolution_op(self, inputs, kernel):
        height, width, channels, filters = kernel.shape
        gathers = channels < filters
        thin = height * width * min(channels, filters)
        place = np.eye(thin).reshape(height, width, -1, thin)
        if gathers:
            inputs = super().convolution_op(inputs, ops.cast(place, inputs.dtype))
            return ops.matmul(inputs, ops.reshape(kernel, (thin, filters)))
        product = ops.matmul(inputs, ops.reshape(ops.moveaxis(kernel, 2, 0), (channels, thin)))
        place = place.transpose(0, 1, 3, 2)
        return super().convolution_op(product, ops.cast(place, inputs.dtype))


class ThinConv2DTranspose(layers.Conv2DTranspose):
    """`Conv2DTranspose` with few filters, by the same means as `ThinConv2D`."""

    def call(self, inputs):
        height, width, filters, channels = self.kernel.shape
        thin = height * width * filters
        place = np.eye(thin).reshape(height, width, filters, thin)
        product = ops.matmul(inputs, ops.transpose(ops.reshape(self.kernel, (thin, channels))))
        options = {"strides": self.strides, "padding": self.padding}
        y = ops.conv_transpose(product, ops.cast(place, inputs.dtype), **options)
        if self.use_bias:
            y = y + self.bias
        return y if self.activation is None else self.activation(y)


class FusedInstanceNormalization(layers.Layer):
    """Instance normalization as one operation forward and one backward for each image.

    It is the batch normalization of a batch with one image, for which TensorFlow has a kernel. Mean
    and variance are computed in float32 at any precision. Several images are taken apart first.

    Args:
        epsilon: float, added to the variance under the root.

    Input and output (n, height, width, channels) with a known n. Weights: scale (channels,), ones
    at first, and offset (channels,), zeros. The same in training and afterwards.

    Source: Ulyanov, Vedaldi and Lempitsky 2016.
    """

    def __init__(self, epsilon=1e-5, **options):
        super().__init__(**options)
        self.epsilon = epsilon

    def build(self, shape):
        options = {"shape": (shape[-1],), "autocast": False}
        self.scale = self.add_weight(initializer="ones", name="scale", **options)
        self.offset = self.add_weight(initializer="zeros", name="offset", **options)

    def compute_output_shape(self, shape):
        return shape

    def call(self, images):
        unused = tf.zeros((0,))
        parts = [
            tf.raw_ops.FusedBatchNormV3(
                x=image,
                scale=self.scale,
                offset=self.offset,
                mean=unused,
                variance=unused,
                epsilon=self.epsilon,
                is_training=True,
            ).y
            for image in (tf.split(images, images.shape[0]) if images.shape[0] > 1 else [images])
        ]
        return parts[0] if len(parts) == 1 else tf.concat(parts, axis=0)

    def get_config(self):
        return super().get_config() | {"epsilon": self.epsilon}
