"""What lab 5's layers and networks do with pictures, in NumPy, right and with each usual mistake.

Pictures are arrays (n, height, width, channels), kernels (height, width, in, out) or, transposed,
(height, width, out, in), as in Keras. Everything is float64.
"""

from collections import Counter

import numpy as np


def mirrored(images, pixels):
    """Reflection around pictures, by the place that each pixel is taken from."""

    def places(side):
        place = np.abs(np.arange(-pixels, side + pixels))
        return np.where(place < side, place, 2 * (side - 1) - place)

    _, height, width, _ = images.shape
    return images[:, places(height)][:, :, places(width)]


def padded(images, pixels, mode):
    """Pictures with a margin: "reflect", or another `mode` of `np.pad`."""
    if mode == "reflect":
        return mirrored(images, pixels)
    return np.pad(images, [(0, 0), (pixels, pixels), (pixels, pixels), (0, 0)], mode)


def convolved(images, kernel, stride=1):
    """A convolution without padding, tap by tap."""
    k, _, _, filters = kernel.shape
    height, width = ((side - k) // stride + 1 for side in images.shape[1:3])
    result = np.zeros((len(images), height, width, filters))
    for i in range(k):
        for j in range(k):
            rows, columns = (slice(t, t + stride * (n - 1) + 1, stride)
                             for t, n in ((i, height), (j, width)))  # fmt: skip
            result += images[:, rows, columns] @ kernel[i, j]
    return result


def same(images, kernel, stride):
    """A convolution with Keras's padding "same": zeros, the odd one below and on the right."""
    margins = []
    for side in images.shape[1:3]:
        total = max((-(-side // stride) - 1) * stride + len(kernel) - side, 0)
        margins.append((total // 2, total - total // 2))
    return convolved(np.pad(images, [(0, 0), *margins, (0, 0)]), kernel, stride)


def enlarged(images, kernel, shift=0):
    """A transposed 3x3 convolution with stride 2, cut to twice the size from `shift` on."""
    n, height, width, _ = images.shape
    whole = np.zeros((n, 2 * height + 1, 2 * width + 1, kernel.shape[2]))
    for i in range(3):
        for j in range(3):
            whole[:, i : i + 2 * height : 2, j : j + 2 * width : 2] += images @ kernel[i, j].T
    return whole[:, shift : shift + 2 * height, shift : shift + 2 * width]


def normalized(images, epsilon=1e-5, axes=(1, 2), by=lambda v, e: np.sqrt(v + e)):
    mean, variance = (f(images, axis=axes, keepdims=True) for f in (np.mean, np.var))
    return (images - mean) / by(variance, epsilon)


class Weights:
    """Weights for a network, one array for each shape, so that their order does not matter.

    Args:
        shapes: Counter of the shapes of all kernels.
        rng: generator.
    """

    def __init__(self, shapes, rng):
        self.kernels = {
            shape: rng.normal(0, 1.5 / np.sqrt(np.prod(shape[:3])), shape).astype("float32")
            for shape in shapes
        }
        lengths = sorted({side for shape in shapes for side in shape[2:]})
        self.ones = {c: rng.uniform(0.6, 1.6, c).astype("float32") for c in lengths}
        self.zeros = {c: rng.normal(0, 0.4, c).astype("float32") for c in lengths}

    def kernel(self, *shape):
        return self.kernels[shape].astype("float64")

    def normalized(self, images, axes=(1, 2), epsilon=1e-5):
        channels = images.shape[-1]
        return normalized(images, epsilon, axes) * self.ones[channels] + self.zeros[channels]

    def listed(self):
        """As the driver `set_by_shape` takes them."""
        parts = {"kernels": self.kernels, "ones": self.ones, "zeros": self.zeros}
        return {name: list(each.values()) for name, each in parts.items()}


def rectified(images, slope):
    return np.where(images > 0, images, slope * images)


# --- the generator -----------------------------------------------------------------------------


def generator_kernels(filters, downsamplings, blocks):
    """Counter of the shapes of all kernels."""
    sizes = [filters * 2**level for level in range(downsamplings + 1)]
    shapes = Counter([(7, 7, 3, filters), (7, 7, filters, 3)])
    for small, large in zip(sizes, sizes[1:], strict=False):
        shapes[3, 3, small, large] += 2  # one on the way down, and one, transposed, up
    shapes[3, 3, sizes[-1], sizes[-1]] += 2 * blocks
    return +shapes


def normalized_channels(filters, downsamplings, blocks):
    """How many channels are normalized in a generator, all layers together."""
    sizes = [filters * 2**level for level in range(downsamplings + 1)]
    return sum(sizes) + sum(sizes[:-1]) + 2 * blocks * sizes[-1]


def generated(
    images, weights, filters, downsamplings, blocks, *, padding=(), slope=0.0, axes=(1, 2),
    residual=True, flat=(), behind=None, down="same", shift=0,
    epsilon=1e-5, last=np.tanh,
):  # fmt: skip
    """What the generator makes of images; the options are mistakes, or ways that are as right.

    Args:
        padding: dict of "first", "block" and "last" to a mode of `padded` instead of reflection.
        slope: below 0, of all activations; axes, epsilon: of the normalization.
        residual: bool, whether blocks add what came in.
        flat: places ("first", "down", "block", "up") without activation.
        behind: None, "before" or "after" the addition, where blocks have another activation.
        down, shift: other alignments of strided and of transposed convolutions.
        last: function at the end.
    """
    padding = {"first": "reflect", "block": "reflect", "last": "reflect"} | dict(padding)

    def normal(x, place):
        x = weights.normalized(x, axes, epsilon)
        return x if place in flat else rectified(x, slope)

    def mirror(x, kernel, place):
        return convolved(padded(x, len(kernel) // 2, padding[place]), kernel)

    x = normal(mirror(images, weights.kernel(7, 7, 3, filters), "first"), "first")
    sizes = [filters * 2**level for level in range(downsamplings + 1)]
    for small, large in zip(sizes, sizes[1:], strict=False):
        kernel = weights.kernel(3, 3, small, large)
        x = same(x, kernel, 2) if down == "same" else convolved(padded(x, 1, down), kernel, 2)
        x = normal(x, "down")
    size = sizes[-1]
    for _ in range(blocks):
        kernel = weights.kernel(3, 3, size, size)
        change = normal(mirror(x, kernel, "block"), "block")
        change = weights.normalized(mirror(change, kernel, "block"), axes, epsilon)
        if behind == "before":
            change = rectified(change, slope)
        x = x + change if residual else change
        if behind == "after":
            x = rectified(x, slope)
    for small, large in zip(sizes[-2::-1], sizes[:0:-1], strict=True):
        x = normal(enlarged(x, weights.kernel(3, 3, small, large), shift), "up")
    x = mirror(x, weights.kernel(7, 7, filters, 3), "last") + weights.zeros[3]
    return last(x)


# --- the discriminator -------------------------------------------------------------------------


def discriminator_filters(filters, downsamplings, most=8):
    """Filters of all convolutions but the last."""
    return [min(2**level, most) * filters for level in range(downsamplings + 1)]


def discriminator_kernels(filters, downsamplings, most=8):
    sizes = [3, *discriminator_filters(filters, downsamplings, most), 1]
    return Counter((4, 4, *pair) for pair in zip(sizes, sizes[1:], strict=False))


def judged(
    images, weights, filters, downsamplings, *, slope=0.2, axes=(1, 2), first=False, flat=(),
    last=lambda x: x, strides=None,
):  # fmt: skip
    """The logits that the discriminator gives to images; the options are mistakes.

    Args:
        slope: below 0, of all activations; axes: of the normalization.
        first: bool, whether the first layer is normalized, too, without weights of its own.
        flat: places of layers without activation; last: function at the end.
        strides: list of int or None, of all convolutions.
    """
    x, channels = images, 3
    sizes = discriminator_filters(filters, downsamplings)
    strides = strides or [2] * downsamplings + [1, 1]
    for place, size in enumerate(sizes):
        x = same(x, weights.kernel(4, 4, channels, size), strides[place])
        if place:
            x = weights.normalized(x, axes)
        else:
            x = x + weights.zeros[size]
            x = normalized(x) if first else x
        x, channels = x if place in flat else rectified(x, slope), size
    return last(same(x, weights.kernel(4, 4, channels, 1), strides[-1]) + weights.zeros[1])
