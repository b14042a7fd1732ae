"""Answers to lab 5's questions: right ones written in many ways, wrong ones with a named mistake.

RIGHT: question -> {way of writing: source}. WRONG: question -> {name: (source, id of the mistake)}.
Sources are what a student's cell would hold.
"""

import textwrap
from functools import partial

from tests.cases import define, replaced, right, solution, wrong

SOLUTION = partial(solution, "lab5_cyclegan")
GIVEN = (
    "reflection_pad", "InstanceNormalization", "adversarial_loss", "cycle_loss", "identity_loss",
    "ImagePool",
)  # fmt: skip
PRELUDE = """
import functools
import math
import random
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
""" + "".join(map(SOLUTION, GIVEN))


def given_by_the_lab(name, method):
    """A class of the solution up to this method, with its first line."""
    start, rest = SOLUTION(name).split(f"    def {method}(")
    return f"{start}    def {method}({rest.splitlines()[0]}\n"


def indented(text, by):
    return "".join(f"{' ' * by}{line}\n" if line else "\n" for line in text.split("\n"))


# HIDDEN_WRONG: mistakes that the visible check lets pass and a hidden one catches.
RIGHT, WRONG, HIDDEN_WRONG = {}, {}, {}


# --- reflection_pad ----------------------------------------------------------------------------


def pad(*lines):
    """An answer that ends in `return <last line>`; x and p stand for images and pixels."""
    *before, last = lines
    body = ["x, p = images, pixels", *before, f"return {last}"]
    return define("reflection_pad", "images, pixels", *body)


def pads(height, width, mode="reflect", others="[0, 0], [0, 0]"):
    first, last = others.split("], [")
    return pad(f'ops.pad(x, [{first}], {height}, {width}, [{last}], mode="{mode}")')


RIGHT["reflection_pad"] = {
    "keras.ops": pad('ops.pad(x, [[0, 0], [p, p], [p, p], [0, 0]], mode="reflect")'),
    "TensorFlow": pad(
        "around = tf.constant([[0, 0], [p, p], [p, p], [0, 0]])",
        "if isinstance(x, keras.KerasTensor):",
        '    return ops.pad(x, ((0, 0), (p, p), (p, p), (0, 0)), mode="reflect")',
        'tf.pad(x, around, mode="REFLECT")',
    ),
    "one axis after the other": pad(
        'x = ops.pad(x, [[0, 0], [p, p], [0, 0], [0, 0]], "reflect")',
        'ops.pad(x, [[0, 0], [0, 0], [p, p], [0, 0]], "reflect")',
    ),
    "flipped slices": pad(
        "if p == 0: return x",
        "x = ops.concatenate([x[:, p:0:-1], x, x[:, -2:-p - 2:-1]], axis=1)",
        "ops.concatenate([x[:, :, p:0:-1], x, x[:, :, -2:-p - 2:-1]], axis=2)",
    ),
    "ops.flip": pad(
        "if not p: return x",
        "for axis in (1, 2):",
        "    x = ops.swapaxes(x, 1, axis)",
        "    top, bottom = ops.flip(x[:, 1:p + 1], axis=1), ops.flip(x[:, -p - 1:-1], axis=1)",
        "    x = ops.swapaxes(ops.concatenate([top, x, bottom], axis=1), 1, axis)",
        "x",
    ),
    "places": pad(
        "def places(side):",
        "    place = ops.abs(ops.arange(-p, side + p))",
        "    return side - 1 - ops.abs(side - 1 - place)",
        "if not isinstance(x, keras.KerasTensor):",
        "    height, width = ops.shape(x)[1:3]",
        "    x = ops.take(x, places(height), axis=1)",
        "    return ops.take(x, places(width), axis=2)",
        'ops.pad(x, [[0, 0], [p, p], [p, p], [0, 0]], mode="reflect")',
    ),
    "pixel by pixel": pad(
        "rows = [x[:, i:i + 1] for i in range(p, 0, -1)]",
        "x = ops.concatenate([*rows, x, *(x[:, -i - 2:-i - 1] for i in range(p))], axis=1)",
        "columns = [x[:, :, i:i + 1] for i in range(p, 0, -1)]",
        "ops.concatenate([*columns, x, *(x[:, :, -i - 2:-i - 1] for i in range(p))], axis=2)",
    ),
    "lambda": "reflection_pad = lambda images, pixels: ops.pad(\n"
    "    images, ((0, 0),) + ((pixels, pixels),) * 2 + ((0, 0),), mode='reflect')\n",
}  # fmt: skip

WRONG["reflection_pad"] = wrong(pad, {
    "edge": ("for _ in range(p):", "    x = ops.concatenate([x[:, :1], x, x[:, -1:]], axis=1)",
        "    x = ops.concatenate([x[:, :, :1], x, x[:, :, -1:]], axis=2)", "x", "edge"),
    "wrap": ("if not p: return x", "x = ops.concatenate([x[:, -p:], x, x[:, :p]], axis=1)",
        "ops.concatenate([x[:, :, -p:], x, x[:, :, :p]], axis=2)", "wrap"),
    "NumPy": ("np.pad(x, [(0, 0), (p, p), (p, p), (0, 0)], mode='reflect')", "numpy_in_step"),
    "NumPy inside": ("around = [[0, 0], [p, p], [p, p], [0, 0]]",
        "if isinstance(x, keras.KerasTensor): return ops.pad(x, around, 'reflect')",
        "np.pad(x, around, mode='reflect')", "numpy_in_step"),
    "a fixed type": (
        'ops.pad(ops.cast(x, "float32"), [[0, 0], [p, p], [p, p], [0, 0]], mode="reflect")',
        "converted"),
    "unchanged": ("x", "unchanged"),
    "stopped": ("x = ops.stop_gradient(x)",
        'ops.pad(x, [[0, 0], [p, p], [p, p], [0, 0]], "reflect")', "no_gradient"),
}) | {
    "zeros": (pads("[p, p]", "[p, p]", "constant"), "zeros"),
    "symmetric": (pads("[p, p]", "[p, p]", "symmetric"), "symmetric"),
    "all axes": (pads("[p, p]", "[p, p]", others="[p, p], [p, p]"), "other_axes"),
    "the images of a batch": (pads("[p, p]", "[p, p]", others="[p, p], [0, 0]"), "other_axes"),
    "the channels": (pads("[p, p]", "[p, p]", others="[0, 0], [p, p]"), "other_axes"),
    "before alone": (pads("[p, 0]", "[p, 0]"), "one_side"),
    "after alone": (pads("[0, p]", "[0, p]"), "one_side"),
    "height alone": (pads("[p, p]", "[0, 0]"), "no_width"),
    "width alone": (pads("[0, 0]", "[p, p]"), "no_height"),
    "axes moved": (pads("[0, 0]", "[p, p]", others="[0, 0], [p, p]"), "axes_moved"),
    "axes moved forwards": (pads("[p, p]", "[0, 0]", others="[p, p], [0, 0]"), "axes_moved"),
    "one pixel": (pads("[1, 1]", "[1, 1]"), "half"),
    "nothing": (define("reflection_pad", "images, pixels", "ops.mean(images)"), "no_return"),
    "twice as much": (pads("[2 * p, 2 * p]", "[2 * p, 2 * p]", "constant"), "twice"),
}  # fmt: skip


# --- InstanceNormalization ---------------------------------------------------------------------


def norm(*changes, build=None, call=None):
    """The solution's class with other methods, or some words of which are others."""
    start, own = SOLUTION("InstanceNormalization").split("    def build")
    own_build, own_call = f"    def build{own}".split("    def call")
    return replaced(start + (build or own_build) + (call or f"    def call{own_call}"), *changes)


ROOT = "ops.sqrt(variance + self.epsilon)"
MEAN = "mean = ops.mean(images, axis=(1, 2), keepdims=True)"
VARIANCE = "variance = ops.mean(ops.square(images - mean), axis=(1, 2), keepdims=True)"
GROUP = """
class InstanceNormalization(layers.GroupNormalization):
    def __init__(self, epsilon=1e-5, **options):
        super().__init__(groups=-1, epsilon=epsilon, **options)
"""

RIGHT["InstanceNormalization"] = right(norm, {
    "ops.moments": (MEAN, "mean, variance = ops.moments(images, axes=[1, 2], keepdims=True)",
        VARIANCE, ""),
    "tf.nn.moments": (MEAN, "mean, variance = tf.nn.moments(images, [1, 2], keepdims=True)",
        VARIANCE, ""),
    "ops.var and rsqrt": (VARIANCE, "variance = ops.var(images, axis=(1, 2), keepdims=True)",
        f"/ {ROOT}", "* ops.rsqrt(variance + self.epsilon)"),
    "other names": ("self.scale", "self.gamma", "self.offset", "self.beta", "shape)",
        "input_shape)", "(shape[-1],)", "input_shape[-1:]"),
    "axes from behind": ("axis=(1, 2)", "axis=[-3, -2]"),
    "with an argument training": ("call(self, images)", "call(self, images, training=None)"),
    "in float32": ("        " + MEAN,
        "        kept = images.dtype\n        images = ops.cast(images, 'float32')\n"
        "        " + MEAN,
        "return ", "return ops.cast(", "+ self.offset", "+ self.offset, kept)"),
}) | {
    "as in the hints": norm(),
    "GroupNormalization": GROUP,
    "GroupNormalization inside": norm(
        build="""
    def build(self, shape):
        self.inner = layers.GroupNormalization(groups=-1, epsilon=self.epsilon)
        self.inner.build(shape)
""",
        call="""
    def call(self, images):
        return self.inner(images)
""",
    ),
    "tf.nn.batch_normalization": norm(
        call="""
    def call(self, images):
        mean, variance = tf.nn.moments(images, [1, 2], keepdims=True)
        return tf.nn.batch_normalization(
            images, mean, variance, self.offset, self.scale, self.epsilon)
"""
    ),
    "pixels in a row": norm(
        call="""
    def call(self, images):
        x = ops.reshape(images, (ops.shape(images)[0], -1, images.shape[-1]))
        x = x - ops.mean(x, axis=1, keepdims=True)
        x = x * ops.rsqrt(ops.mean(x * x, axis=1, keepdims=True) + self.epsilon)
        return self.scale * ops.reshape(x, ops.shape(images)) + self.offset
"""
    ),
    "channels first": norm(
        call="""
    def call(self, images):
        x = ops.transpose(images, (0, 3, 1, 2))
        x = x - ops.mean(ops.mean(x, axis=3, keepdims=True), axis=2, keepdims=True)
        x = x / ops.sqrt(ops.mean(x ** 2, axis=(2, 3), keepdims=True) + self.epsilon)
        return ops.transpose(x, (0, 2, 3, 1)) * self.scale + self.offset
"""
    ),
    "weights in __init__ by a layer": norm(
        build="""
    def build(self, shape):
        self.weights_of = layers.Layer()
        self.gain, self.shift = (
            self.add_weight(shape=(int(shape[-1]),), initializer=keras.initializers.Constant(value))
            for value in (1.0, 0.0))
        super().build(shape)
""",
        call="    def call" + replaced(
            norm(), "self.scale", "self.gain", "self.offset", "self.shift"
        ).split("    def call")[1],
    ),
}  # fmt: skip

WRONG["InstanceNormalization"] = wrong(norm, {
    "over the batch": ("axis=(1, 2)", "axis=(0, 1, 2)", "over_images"),
    "over the channels": ("axis=(1, 2)", "axis=(1, 2, 3)", "over_channels"),
    "over everything": ("axis=(1, 2)", "axis=(0, 1, 2, 3)", "over_everything"),
    "layer normalization": ("axis=(1, 2)", "axis=-1", "over_channels_alone"),
    "height alone": ("axis=(1, 2)", "axis=1", "no_width"),
    "width alone": ("axis=(1, 2)", "axis=2", "no_height"),
    "axes of images without channels first": ("axis=(1, 2)", "axis=(2, 3)", "axes_2_and_3"),
    "axes 0 and 1": ("axis=(1, 2)", "axis=(0, 1)", "axes_0_and_1"),
    "epsilon outside": (ROOT, "(ops.sqrt(variance) + self.epsilon)", "epsilon_outside"),
    "no epsilon": (ROOT, "ops.sqrt(variance)", "fixed_epsilon"),
    "epsilon squared": ("+ self.epsilon)", "+ self.epsilon ** 2)", "epsilon_squared"),
    "a fixed epsilon": ("self.epsilon)", "1e-5)", "fixed_epsilon"),
    "Keras's epsilon": ("self.epsilon)", "1e-3)", "fixed_epsilon"),
    "no root": (ROOT, "(variance + self.epsilon)", "no_root"),
    "unbiased": (VARIANCE,
        "count = ops.cast(ops.shape(images)[1] * ops.shape(images)[2], 'float32')\n"
        "        variance = ops.sum(ops.square(images - mean), (1, 2), True) / (count - 1)",
        "unbiased"),
    "the mean stays": ("self.scale * (images - mean)", "self.scale * images", "mean_stays"),
    "the mean alone": (f" / {ROOT}", "", "not_divided"),
    "moving averages": ('name="offset")\n',
        'name="offset")\n        self.moving = self.add_weight(shape=(shape[-1],), '
        "initializer='zeros', trainable=False)\n", "moving_averages"),
    "training alone": ("call(self, images)", "call(self, images, training=None)", "        " + MEAN,
        "        if training: return images\n        " + MEAN, "in_training"),
    "no offset": ('        self.offset = self.add_weight(shape=(shape[-1],), initializer="zeros", '
        'name="offset")\n', "", " + self.offset", "", "one_weight"),
    "the scale is not trained": ('name="scale")', 'name="scale", trainable=False)',
        "moving_averages"),
    "one number for all": ("(shape[-1],)", "()", "other_weights"),
    "keepdims forgotten": (MEAN, MEAN.replace(", keepdims=True", ""), "axes_lost"),
    "a weight for each pixel": ("(shape[-1],)", "shape[1:]", "shapes_differ"),
    "a scale of zeros": ('"ones"', '"zeros"', "all_zero"),
    "a scale that is drawn": ('"ones"', "keras.initializers.RandomNormal(1.0, 0.02)", "other_start"),
    "an offset that is drawn": ('"zeros"', "keras.initializers.RandomNormal(0, 0.1)", "other_start"),
    "an offset of ones": ('"zeros"', '"ones"', "offset_of_ones"),
    "the scale is not used": ("self.scale * ", "", "scale_unused"),
    "the offset is not used": (" + self.offset", "", "offset_unused"),
    "neither is used": ("self.scale * ", "", " + self.offset", "", "weights_unused"),
    "the offset first": ("self.scale * (images - mean) / " + ROOT + " + self.offset",
        f"self.scale * ((images - mean) / {ROOT} + self.offset)", "offset_first"),
    "stopped": ("        return",
        "        mean, variance = ops.stop_gradient(mean), ops.stop_gradient(variance)\n"
        "        return", "gradient"),
    "a fixed size": (VARIANCE,
        "variance = ops.sum(ops.square(images - mean), (1, 2), True) / (images.shape[1] * "
        "images.shape[2])", "none_in_step"),
    "nothing": ("        return self", "        self", "no_return"),
}) | {
    "batch normalization": (norm(build="""
    def build(self, shape):
        self.inner = layers.BatchNormalization(epsilon=self.epsilon)
        self.inner.build(shape)
""", call="""
    def call(self, images, training=None):
        return self.inner(images, training=training)
"""), "moving_averages"),
    "a function": (
        define("InstanceNormalization", "epsilon=1e-5", "return lambda images: images"),
        "no_layer"),
}  # fmt: skip


# --- build_generator ---------------------------------------------------------------------------


generator = partial(replaced, SOLUTION("build_generator"))
NORM = "InstanceNormalization()"
SECOND = "normalized(convolution(change, sizes[-1], 3), activation=False)"
DOWN, UP = (
    f"""layers.{kind}(size, 3, strides=2, padding="same", use_bias=False,
{" " * (31 + len(kind))}kernel_initializer=draws())(x)"""
    for kind in ("Conv2D", "Conv2DTranspose")
)
PLAIN_CONVOLUTION = (
    'layers.Conv2D(size, 3, padding="same", use_bias=False, kernel_initializer=draws())'
)
STRIDED = "layers.Conv2D(size, 3, strides=2, use_bias=False, kernel_initializer=draws())"
IN_BLOCKS = "x if kernel == 3 else reflection_pad(x, 3)"
MODEL = "    return keras.Model(images, x)"
SUBCLASSED = """
DRAWS = keras.initializers.RandomNormal(mean=0.0, stddev=0.02)

class Pad(layers.Layer):
    def __init__(self, pixels):
        super().__init__()
        self.pixels = pixels

    def call(self, images):
        return reflection_pad(images, self.pixels)

class Block(layers.Layer):
    def __init__(self, filters):
        super().__init__()
        self.stack = keras.Sequential([
            Pad(1), layers.Conv2D(filters, 3, use_bias=False, kernel_initializer=DRAWS),
            InstanceNormalization(), layers.Activation("relu"),
            Pad(1), layers.Conv2D(filters, 3, use_bias=False, kernel_initializer=DRAWS),
            InstanceNormalization()])

    def call(self, x):
        return x + self.stack(x)

class Generator(keras.Model):
    def __init__(self, filters, downsamplings, blocks):
        super().__init__()
        convolution = dict(use_bias=False, kernel_initializer=DRAWS)
        stack = [Pad(3), layers.Conv2D(filters, 7, **convolution)]
        for level in range(1, downsamplings + 1):
            stack += [InstanceNormalization(), layers.ReLU(), layers.Conv2D(
                filters * 2**level, (3, 3), (2, 2), "same", **convolution)]
        stack += [InstanceNormalization(), layers.ReLU()]
        stack += [Block(filters * 2**downsamplings) for _ in range(blocks)]
        for level in reversed(range(downsamplings)):
            stack += [layers.Conv2DTranspose(filters * 2**level, 3, 2, "same", **convolution),
                      InstanceNormalization(), layers.ReLU()]
        stack += [Pad(3), layers.Conv2D(3, 7, kernel_initializer=DRAWS, dtype="float32"),
                  layers.Activation("tanh", dtype="float32")]
        self.stack = stack

    def call(self, images, training=None):
        for layer in self.stack:
            images = layer(images)
        return images

def build_generator(filters, downsamplings, blocks):
    model = Generator(filters, downsamplings, blocks)
    model(keras.Input((None, None, 3)))
    return model
"""
RIGHT["build_generator"] = right(generator, {
    "one after the other": (),
    "GroupNormalization": (NORM, "layers.GroupNormalization(groups=-1, epsilon=1e-5)"),
    "GroupNormalization of Keras's epsilon": (NORM, "layers.GroupNormalization(groups=-1)"),
    "layers.Add": (f"x + {SECOND}", f"layers.Add()([x, {SECOND}])"),
    "ops": ("layers.ReLU()(x)", "ops.relu(x)", f"x + {SECOND}", f"ops.add(x, {SECOND})",
        'activation="tanh", ', "", "(images, x)", "(inputs=images, outputs=ops.tanh(x))"),
    "TensorFlow's padding, both sides": (DOWN, f"{STRIDED}(layers.ZeroPadding2D(1)(x))"),
    "reflected, too, on the way down": (DOWN, f"{STRIDED}(reflection_pad(x, 1))"),
    "truncated draws": ("RandomNormal(", "TruncatedNormal("),
    "networks in a network": (MODEL, "    inner = keras.Model(images, x)\n"
        "    outer = keras.Input((None, None, 3))\n    return keras.Model(outer, inner(outer))"),
}) | {
    "subclassed": SUBCLASSED,
    "helpers": '''
def conv(x, filters, size):
    layer = layers.Conv2D(filters, size, use_bias=False,
                          kernel_initializer=keras.initializers.RandomNormal(0.0, 0.02))
    return InstanceNormalization()(layer(reflection_pad(x, size // 2)))

def build_generator(filters, downsamplings, blocks):
    draws = lambda shape, dtype=None: 0.02 * keras.random.normal(shape, dtype=dtype)
    images = keras.Input(shape=(None, None, 3))
    x = ops.relu(conv(images, filters, 7))
    for level in range(downsamplings):
        x = layers.Conv2D(filters * 2 ** (level + 1), 3, 2, padding="same", use_bias=False,
                          kernel_initializer=draws)(x)
        x = layers.Activation("relu")(InstanceNormalization()(x))
    for _ in range(blocks):
        x = layers.add([x, conv(ops.relu(conv(x, x.shape[-1], 3)), x.shape[-1], 3)])
    for level in range(downsamplings):
        x = layers.Conv2DTranspose(x.shape[-1] // 2, 3, 2, padding="same", use_bias=False,
                                   kernel_initializer=draws)(x)
        x = keras.activations.relu(InstanceNormalization()(x))
    x = layers.Conv2D(3, 7, kernel_initializer=draws)(reflection_pad(x, 3))
    x = layers.Activation("tanh", dtype="float32")(x)
    return keras.Model(images, x, name="generator")
''',
    "padding by symmetry of the border's inside": generator("reflection_pad(", "mirror(")
    + "\n\ndef mirror(x, p):\n"
    "    return ops.pad(x, ((0, 0), (p, p), (p, p), (0, 0)), mode='reflect')\n",
}  # fmt: skip

WRONG["build_generator"] = wrong(generator, {
    "zeros around": ("kernel, use", 'kernel, padding="same", use', "reflection_pad(x, kernel // 2)",
        "x", "draws(), dtype", 'draws(), padding="same", dtype', "reflection_pad(x, 3)", "x",
        "zeros"),
    "zeros in blocks": ("kernel, use", 'kernel, padding="same" if kernel == 3 else "valid", use',
        "reflection_pad(x, kernel // 2)", IN_BLOCKS, "zeros_in_blocks"),
    "zeros at first": ("kernel, use", 'kernel, padding="same" if kernel == 7 else "valid", use',
        "reflection_pad(x, kernel // 2)", "x if kernel == 7 else reflection_pad(x, 1)",
        "zeros_first"),
    "zeros at the end": ("draws(), dtype", 'draws(), padding="same", dtype',
        "reflection_pad(x, 3)", "x", "zeros_last"),
    "not padded at the end": ("reflection_pad(x, 3)", "x", "too_small"),
    "not padded in blocks": ("reflection_pad(x, kernel // 2)", IN_BLOCKS, "shapes_differ"),
    "nothing added": ("x = x + ", "x = ", "not_added"),
    "joined": (f"x + {SECOND}", f"layers.Concatenate()([x, {SECOND}])", "filters"),
    "a ReLU behind the block": (f"x + {SECOND}", f"layers.ReLU()(x + {SECOND})", "relu_behind_sum"),
    "a ReLU behind the second convolution": (", activation=False)", ")", "relu_behind_second"),
    "no ReLU in blocks": ("(x, sizes[-1], 3))", "(x, sizes[-1], 3), activation=False)",
        "no_relu_in_blocks"),
    "no ReLU": ("layers.ReLU()(x)", "x", "no_relu"),
    "LeakyReLU": ("layers.ReLU()", "layers.LeakyReLU(0.2)", "leaky_inside"),
    "no tanh": ('activation="tanh", ', "", "no_tanh"),
    "sigmoid": ('"tanh"', '"sigmoid"', "sigmoid_at_end"),
    "clipped": ('"tanh"', '"hard_tanh"', "cut_off_at_end"),
    "batch normalization": (NORM, "layers.BatchNormalization()", "other_normalization"),
    "layer normalization": (NORM, "layers.LayerNormalization()", "other_normalization"),
    "one group": (NORM, "layers.GroupNormalization(groups=1, epsilon=1e-5)", "over_channels"),
    "no normalization": (f"{NORM}(x)", "x", "no_normalization"),
    "biases": ("use_bias=False, ", "", " use_bias=False,", "", "biases"),
    "no bias at the end": ("(3, 7, ", "(3, 7, use_bias=False, ", "no_last_bias"),
    "normalized at the end": ('activation="tanh", ', "use_bias=False, ", MODEL,
        f'    x = layers.Activation("tanh", dtype="float32")({NORM}(x))\n{MODEL}',
        "last_normalized"),
    "upsampling": (UP, f"{PLAIN_CONVOLUTION}(layers.UpSampling2D()(x))", "resized"),
    "pooling": (DOWN, f"{PLAIN_CONVOLUTION}(layers.AveragePooling2D(2)(x))", "resized"),
    "one convolution in a block": ("        change = normalized(convolution(x, sizes[-1], 3))\n",
        "", "(change, ", "(x, ", "blocks_missing"),
    "a block more": ("range(blocks)", "range(blocks + 1)", "blocks_more"),
    "nine blocks": ("range(blocks)", "range(9)", "blocks_more"),
    "filters stay": ("filters * 2**level", "filters", "filters"),
    "a kernel of 3 at first": ("(images, filters, 7)", "(images, filters, 3)", "ends"),
    "kernels of 4": ("Conv2DTranspose(size, 3", "Conv2DTranspose(size, 4", "kernel_sizes"),
    "one channel": ("Conv2D(3, 7", "Conv2D(1, 7", "last_filters"),
    "no way up": (UP, f"{PLAIN_CONVOLUTION}(x)", "too_small"),
    "Keras's own draws": ("=draws()", "='glorot_uniform'", "draws_other"),
    "0.2": ("stddev=0.02", "stddev=0.2", "draws_other"),
    "half precision": (', dtype="float32"', "", "half_precision"),
    "a fixed size": ("keras.Input((None, None, 3))", "keras.Input((64, 64, 3))", "fixed_images"),
    "one for all": ("def build_generator(", "@functools.cache\ndef build_generator(", "same_model"),
    "nothing": ("return keras.Model", "keras.Model", "no_return"),
    "frozen": (MODEL, "    model = keras.Model(images, x)\n    model.trainable = False\n"
        "    return model", "frozen"),
    "other arguments": ("filters, downsamplings, blocks)", "filters)", "other_arguments"),
})  # fmt: skip

HIDDEN_WRONG["build_generator"] = wrong(generator, {
    "a downsampling at least": ("range(downsamplings + 1)", "range(max(1, downsamplings) + 1)",
        "too_large"),
})  # fmt: skip


# --- receptive_field ---------------------------------------------------------------------------


def field(*lines):
    """An answer that ends in `return <last line>`; k and s stand for kernels and strides."""
    *before, last = lines
    body = ["k, s = kernels, strides", *before, f"return {last}"]
    return define("receptive_field", "kernels, strides", *body)


def steps(update, begin="1", order="zip(reversed(k), reversed(s))", end="r"):
    return field(f"r = {begin}", f"for a, b in {order}:", f"    r = {update}", end)


FORWARDS = "for a, b in zip(k, s):"
RIGHT["receptive_field"] = right(field, {
    "by place": ("r = 1", "for i in range(len(k) - 1, -1, -1):", "    r = s[i] * (r - 1) + k[i]",
        "r"),
    "forwards, by distances": ("r, distance = 1, 1", FORWARDS, "    r += (a - 1) * distance",
        "    distance *= b", "r"),
    "a sum of products": ("1 + sum((a - 1) * math.prod(s[:i]) for i, a in enumerate(k))",),
    "NumPy": ("distances = np.cumprod([1, *s])[:len(k)]",
        "int(1 + np.sum((np.array(k) - 1) * distances))"),
    "an integer of NumPy": ("r = np.int64(1)", "for a, b in zip(k[::-1], s[::-1]):",
        "    r = (r - 1) * b + a", "r"),
    "recursive": ("1 if not k else (receptive_field(k[1:], s[1:]) - 1) * s[0] + k[0]",),
    "first and last pixel": ("first = last = 0", "for a, b in zip(reversed(k), reversed(s)):",
        "    first, last = first * b, last * b + a - 1", "last - first + 1"),
    "functools.reduce": (
        "functools.reduce(lambda r, layer: (r - 1) * layer[1] + layer[0], list(zip(k, "
        "s))[::-1], 1)",),
    "copies turned round": ("k, s = list(k), list(s)", "r = 1", "while k:",
        "    r = (r - 1) * s.pop() + k.pop()", "r"),
}) | {
    "backwards": steps("(r - 1) * b + a"),
    "overlaps": steps("r * b + (a - b)"),
}  # fmt: skip

WRONG["receptive_field"] = wrong(field, {
    "off by a stride": ("r, distance = 1, 1", FORWARDS, "    distance *= b",
        "    r += (a - 1) * distance", "r", "one_layer_off"),
    "no strides": ("1 + sum(a - 1 for a in k)", "no_strides"),
    "sum": ("sum(k)", "sum_of_kernels"),
    "product": ("math.prod(k)", "product_of_kernels"),
    "strides alone": ("math.prod(s)", "product_of_strides"),
    "the last stride": ("r, distance = 1, 1", FORWARDS, "    r += (a - 1) * distance",
        "    distance *= b", "r * s[-1]", "last_stride"),
    "times all strides": ("r, distance = 1, 1", FORWARDS, "    r += (a - 1) * distance",
        "    distance *= b", "r * distance", "strides_again"),
    "divided": ("r, n = 1, 1", FORWARDS, "    r, n = r + (a - 1) / n, n / b", "r", "kind"),
    "lists turned round": ("k.reverse(); s.reverse()", "r = 1", FORWARDS, "    r = (r - 1) * b + a",
        "r", "lists_changed"),
    "the paper's": ("70", "constant"),
}) | {
    "the wrong direction": (steps("(r - 1) * b + a", order="zip(k, s)"), "forwards"),
    "kernels alone turned": (steps("(r - 1) * b + a", order="zip(reversed(k), s)"), "one_turned"),
    "strides alone turned": (steps("(r - 1) * b + a", order="zip(k, reversed(s))"), "one_turned"),
    "no minus one": (steps("r * b + a"), "no_minus_1"),
    "no minus one, from 0": (steps("r * b + a", begin="0"), "no_minus_1"),
    "kernel less one": (steps("r * b + a - 1"), "minus_1_of_kernel"),
    "from 0": (steps("(r - 1) * b + a", begin="0"), "from_0"),
    "from the last kernel": (steps("(r - 1) * b + a", begin="k[-1]"), "from_last"),
    "the kernel multiplied": (steps("(r + a - 1) * b"), "kernel_multiplied"),
    "plus one": (steps("(r + 1) * b + a"), "plus_1"),
    "half a kernel": (steps("(r - 1) * b + a // 2"), "half_kernel"),
    "exchanged": (steps("(r - 1) * a + b"), "exchanged"),
    "without the first": (steps("(r - 1) * b + a", order="list(zip(k, s))[:0:-1]"), "no_first"),
    "without the last": (steps("(r - 1) * b + a", order="list(zip(k, s))[-2::-1]"), "no_last"),
    "one less": (steps("(r - 1) * b + a", end="r - 1"), "one_less"),
    "one more": (steps("(r - 1) * b + a", end="r + 1"), "one_more"),
    "a float": (steps("(r - 1) * b + a", begin="1.0"), "kind"),
    "the area": (steps("(r - 1) * b + a", end="r ** 2"), "area"),
    "all layers": (define("receptive_field", "kernels, strides", "out, r, d = [], 1, 1",
               "for a, b in zip(kernels, strides):", "    r, d = r + (a - 1) * d, d * b",
               "    out.append(r)", "return out"), "shape"),
    "nothing": (define("receptive_field", "kernels, strides", "sum(kernels)"), "no_return"),
}  # fmt: skip

HIDDEN_WRONG["receptive_field"] = wrong(field, {
    "no empty stack": ("r = k[-1]", "for a, b in zip(k[-2::-1], s[-2::-1]):",
        "    r = (r - 1) * b + a", "r", "error"),
})  # fmt: skip


# --- build_discriminator -----------------------------------------------------------------------


discriminator = partial(replaced, SOLUTION("build_discriminator"))
STRIDE = "2 if level < downsamplings else 1"
LAST = 'layers.Conv2D(1, 4, padding="same", kernel_initializer=draws(), dtype="float32")(x)'
OWN = """
class Discriminator(keras.Model):
    def __init__(self, filters, downsamplings):
        super().__init__()
        def convolution(size, stride, **options):
            return layers.Conv2D(size, 4, stride, "same", kernel_initializer=keras.initializers.
                                 RandomNormal(stddev=0.02), **options)
        sizes = [min(filters * 2**level, 8 * filters) for level in range(downsamplings + 1)]
        self.head = convolution(1, 1, dtype="float32")
        self.convolutions = [convolution(size, 2 - (place == downsamplings), use_bias=place == 0)
                             for place, size in enumerate(sizes)]
        self.norms = [InstanceNormalization() for _ in sizes[1:]]

    def call(self, images, training=None):
        for place, layer in enumerate(self.convolutions):
            images = layer(images)
            if place > 0:
                images = self.norms[place - 1](images)
            images = ops.leaky_relu(images, negative_slope=0.2)
        return self.head(images)

def build_discriminator(filters, downsamplings):
    return Discriminator(filters, downsamplings)
"""
RIGHT["build_discriminator"] = right(discriminator, {
    "one after the other": (),
    "GroupNormalization": (NORM, "layers.GroupNormalization(groups=-1, epsilon=1e-5)"),
    "ops": ("layers.LeakyReLU(0.2)(", "ops.leaky_relu(negative_slope=0.2, x="),
    "maximum": ("layers.LeakyReLU(0.2)(", "(lambda x: ops.maximum(x, 0.2 * x))("),
    "activation of the layer": ("draws())(images)\n    x = layers.LeakyReLU(0.2)(x)",
        "draws(),\n                      activation=layers.LeakyReLU(0.2))(images)"),
    "cast at the end": (', dtype="float32"', "", "(images, x)", "(images, ops.cast(x, 'float32'))"),
    "a linear activation": ('dtype="float32")(x)', 'activation="linear", dtype="float32")(x)'),
    "seeded draws": ("keras.initializers.RandomNormal(stddev=0.02)",
        'lambda shape, dtype="float32": 0.02 * keras.random.normal(shape, dtype=dtype)'),
}) | {
    "subclassed": OWN,
    "Sequential": '''
def build_discriminator(filters, downsamplings):
    draws = keras.initializers.RandomNormal(stddev=0.02)
    common = dict(kernel_size=4, padding="same", kernel_initializer=draws)
    model = keras.Sequential([keras.Input((None, None, 3))])
    size = filters
    for level in range(downsamplings + 1):
        strides = 1 if level == downsamplings else 2
        model.add(layers.Conv2D(size, strides=strides, use_bias=level == 0, **common))
        if level:
            model.add(InstanceNormalization())
        model.add(layers.LeakyReLU(negative_slope=0.2))
        size = min(2 * size, 8 * filters)
    model.add(layers.Conv2D(1, dtype="float32", **common))
    return model
''',
}  # fmt: skip

WRONG["build_discriminator"] = wrong(discriminator, {
    "normalized at first": ("(images)\n", f"(images)\n    x = {NORM}(x)\n", "first_normalized"),
    "normalized at first, without bias": ("kernel_initializer=draws())(images)\n",
        f"use_bias=False, kernel_initializer=draws())(images)\n    x = {NORM}(x)\n",
        "first_normalized"),
    "normalized images": ("(images)\n",
        "(layers.GroupNormalization(groups=-1, center=False, scale=False)(images))\n", "otherwise"),
    "normalized at first, without weights": ("(images)\n",
        "(images)\n    x = layers.GroupNormalization(groups=-1, center=False, "
        "scale=False, epsilon=1e-5)(x)\n", "colours_normalized"),
    "no normalization": (f"{NORM}(x)", "x", "no_normalization"),
    "biases instead": (f"{NORM}(x)", "x", " use_bias=False,", "", "biases_instead"),
    "biases": (" use_bias=False,", "", "biases"),
    "batch normalization": (NORM, "layers.BatchNormalization()", "other_normalization"),
    "one group": (NORM, "layers.GroupNormalization(groups=1, epsilon=1e-5)", "over_channels"),
    "Keras's slope": ("LeakyReLU(0.2)", "LeakyReLU()", "default_slope"),
    "another slope": ("LeakyReLU(0.2)", "LeakyReLU(0.01)", "other_slope"),
    "ReLU": ("LeakyReLU(0.2)", "ReLU()", "relu_inside"),
    "no activation": ("layers.LeakyReLU(0.2)(", "(", "no_activations"),
    "no activation at first": ("x = layers.LeakyReLU(0.2)(x)", "pass", "no_first_activation"),
    "sigmoid": ('dtype="float32")(x)', 'activation="sigmoid", dtype="float32")(x)',
        "final_sigmoid"),
    "tanh": ('dtype="float32")(x)', 'activation="tanh", dtype="float32")(x)', "final_tanh"),
    "dense": (LAST, "layers.Dense(1, kernel_initializer=draws())("
        "layers.GlobalAveragePooling2D()(x))", "no_map"),
    "averaged": (LAST, f"layers.GlobalAveragePooling2D(keepdims=True)({LAST})", "too_small"),
    "valid": ('layers.Conv2D(1, 4, padding="same", ', "layers.Conv2D(1, 4, ", "too_small"),
    "two filters": ("Conv2D(1, 4", "Conv2D(2, 4", "last_filters"),
    "kernels of 3": ("8) * filters, 4", "8) * filters, 3", "kernel_sizes"),
    "a downsampling too many": (STRIDE, "2", "too_small"),
    "a downsampling too few": (STRIDE, "1", "too_large"),
    "the stride of 1 first": ("(filters, 4, strides=2", "(filters, 4, strides=1", STRIDE, "2",
        "stride_1_first"),
    "no limit": ("min(2**level, 8)", "2**level", "no_limit"),
    "filters stay": ("min(2**level, 8) * filters", "filters", "filters"),
    "without the last but one": ("downsamplings + 1)", "downsamplings)", "one_missing"),
    "pooling": ("draws())(x)\n        x", "draws())(layers.MaxPooling2D(2)(x))\n        x",
        "resized"),
    "Keras's own draws": (", kernel_initializer=draws()", "", "draws_other"),
    "half precision": (', dtype="float32"', "", "half_precision"),
    "a fixed size": ("(None, None, 3)", "(32, 32, 3)", "fixed_images"),
    "nothing": ("return keras.Model", "keras.Model", "no_return"),
    "one for all": ("def build_disc", "@functools.cache\ndef build_disc", "same_model"),
})  # fmt: skip


# --- adversarial_loss --------------------------------------------------------------------------


def adversarial(*lines):
    """An answer that ends in `return <last line>`; x and t stand for logits and the target."""
    *before, last = lines
    body = ["x, t = logits, float(target_is_real)", *before, f"return {last}"]
    return define("adversarial_loss", "logits, target_is_real", *body)


RIGHT["adversarial_loss"] = right(adversarial, {
    "keras.ops": ("ops.mean(ops.square(x - t))",),
    "a power": ("ops.mean((x - t) ** 2)",),
    "TensorFlow": ("tf.reduce_mean(tf.math.squared_difference(x, t))",),
    "if": ("ops.mean(ops.square(x - 1)) if target_is_real else ops.mean(ops.square(x))",),
    "Keras's loss": ("x = ops.convert_to_tensor(x)",
        "target = ops.ones_like(x) if target_is_real else ops.zeros_like(x)",
        "keras.losses.MeanSquaredError(dtype=x.dtype)(target, x)"),
    "Keras's function": ("x = ops.convert_to_tensor(x)",
        "ops.mean(keras.losses.mean_squared_error(ops.full_like(x, t), x))"),
    "sum over number": ("x = tf.convert_to_tensor(x)",
        "tf.reduce_sum((x - t) ** 2) / tf.cast(tf.size(x), x.dtype)"),
    "opened": ("ops.mean(x * x) - 2 * t * ops.mean(x) + t",),
    "where": ("x = ops.convert_to_tensor(x)",
        "ops.mean(ops.where(target_is_real, (1 - x) ** 2, x ** 2))"),
    "one axis after the other": ("x = ops.square(x - t)",
        "while len(x.shape): x = ops.mean(x, axis=-1)", "x"),
}) | {
    "lambda": "adversarial_loss = lambda logits, target_is_real: (\n"
    "    ops.mean(ops.square(logits - (1.0 if target_is_real else 0.0))))\n",
}  # fmt: skip

BCE = "bce = keras.losses.BinaryCrossentropy(from_logits=True)"
WRONG["adversarial_loss"] = wrong(adversarial, {
    "reversed": ("ops.mean(ops.square(x - (1 - t)))", "reversed"),
    "cross-entropy": (BCE, "bce(ops.full_like(x, t), x)", "cross_entropy"),
    "softplus": ("ops.mean(ops.softplus(x) - t * x)", "cross_entropy"),
    "halved": ("ops.mean(ops.square(x - t)) / 2", "halved"),
    "absolute": ("ops.mean(ops.abs(x - t))", "absolute"),
    "sum": ("ops.sum(ops.square(x - t))", "sum"),
    "sum over maps": ("x = ops.convert_to_tensor(x)", "n = ops.shape(x)[0]",
        "ops.sum(ops.square(x - t)) / ops.cast(n, x.dtype)", "sum_over_map"),
    "for each image": (
        "ops.mean(ops.square(x - t), axis=(1, 2, 3)) if len(x.shape) == 4 else ops.square(x "
        "- t)", "shape"),
    "not averaged": ("ops.square(x - t)", "shape"),
    "keepdims": ("ops.mean(ops.square(x - t), keepdims=True)", "keepdims"),
    "sigmoid": ("ops.mean(ops.square(ops.sigmoid(x) - t))", "sigmoid"),
    "root": ("ops.sqrt(ops.mean(ops.square(x - t)))", "root"),
    "mean first": ("ops.square(ops.mean(x) - t)", "mean_first"),
    "no square": ("ops.mean(x - t)", "no_square"),
    "minus one": ("ops.mean(ops.square(x - (2 * t - 1)))", "minus_1"),
    "smoothed": ("ops.mean(ops.square(x - 0.9 * t))", "smoothed"),
    "always real": ("ops.mean(ops.square(x - 1))", "always_same"),
    "always generated": ("ops.mean(ops.square(x))", "always_same"),
    "hinge": ("ops.mean(ops.relu(1 - (2 * t - 1) * x))", "hinge"),
    "Wasserstein": ("ops.mean((1 - 2 * t) * x)", "wasserstein"),
    "sign": ("-ops.mean(ops.square(x - t))", "negative"),
    "clipped": ("ops.mean(ops.square(ops.clip(x, -10, 10) - t))", "bounded"),
    "NumPy": ("np.mean(np.square(x - t))", "numpy_in_step"),
    "a float": ("float(ops.mean(ops.square(x - t)))", "no_value_yet"),
    "stopped": ("ops.mean(ops.square(ops.stop_gradient(x) - t))", "no_gradient"),
}) | {
    "nothing": (
        define("adversarial_loss", "logits, target_is_real", "ops.mean(logits)"), "no_return"),
    "one argument": (
        define("adversarial_loss", "logits", "return ops.mean(logits)"), "other_arguments"),
}  # fmt: skip


# --- cycle_loss and identity_loss --------------------------------------------------------------


def losses(name, second, weight):
    """Right and wrong answers of a loss; x and y stand for its arguments."""

    def loss(*lines):
        *before, last = lines
        body = [f"x, y = images, {second}", *before, f"return {last}"]
        return define(name, f"images, {second}", *body)

    good = right(loss, {
        "keras.ops": ("ops.mean(ops.abs(x - y))",),
        "the other way round": ("ops.mean(ops.absolute(y - x))",),
        "TensorFlow": ("tf.reduce_mean(tf.abs(x - y))",),
        "Keras's loss": ("keras.losses.MeanAbsoluteError(dtype=x.dtype.name)(x, y)",),
        "Keras's function": ("ops.mean(keras.losses.mean_absolute_error(x, y))",),
        "maximum": ("ops.mean(ops.maximum(x, y) - ops.minimum(x, y))",),
        "relu": ("ops.mean(ops.relu(x - y) + ops.relu(y - x))",),
        "sum over number": ("d = tf.abs(tf.convert_to_tensor(x) - y)",
            "tf.reduce_sum(d) / tf.cast(tf.size(d), d.dtype)"),
        "one axis after the other": ("d = ops.abs(x - y)",
            "ops.mean(ops.mean(ops.mean(ops.mean(d, axis=3), axis=2), axis=1), axis=0)"),
        "where": ("ops.mean(ops.where(x > y, x - y, y - x))",),
    }) | {
        "lambda": f"{name} = lambda images, {second}: ops.mean(ops.abs(images - {second}))\n",
    }  # fmt: skip
    bad = wrong(loss, {
        "squares": ("ops.mean(ops.square(x - y))", "squares"),
        "root": ("ops.sqrt(ops.mean(ops.square(x - y)))", "root"),
        "lengths of pixels": ("ops.mean(ops.sqrt(ops.sum(ops.square(x - y), axis=-1)))",
            "lengths_of_pixels"),
        "sum": ("ops.sum(ops.abs(x - y))", "sum"),
        "sum over each image": ("ops.mean(ops.sum(ops.abs(x - y), axis=(1, 2, 3)))",
            "sum_over_image"),
        "sum over colours": ("ops.mean(ops.sum(ops.abs(x - y), axis=-1))", "sum_over_colours"),
        "for each image": ("ops.mean(ops.abs(x - y), axis=(1, 2, 3))", "shape"),
        "not averaged": ("ops.abs(x - y)", "shape"),
        "keepdims": ("ops.mean(ops.abs(x - y), keepdims=True)", "keepdims"),
        "weighted": (f"{weight} * ops.mean(ops.abs(x - y))", "weighted"),
        "of the other loss": (f"{15 - weight} * ops.mean(ops.abs(x - y))", "weighted"),
        "halved": ("ops.mean(ops.abs(x - y)) / 2", "halved"),
        "both signs": ("ops.mean(x - y)", "signs_cancel"),
        "absolute too late": ("ops.abs(ops.mean(x - y))", "signs_cancel"),
        "maximum": ("ops.max(ops.abs(x - y))", "largest"),
        "difference of absolutes": ("ops.mean(ops.abs(ops.abs(x) - ops.abs(y)))", "absolute_each"),
        "sum of both": ("ops.mean(ops.abs(x + y))", "added"),
        "sign": ("-ops.mean(ops.abs(x - y))", "negative"),
        "Huber": ("d = ops.abs(x - y)", "ops.mean(ops.where(d < 1, d * d / 2, d - 0.5))", "huber"),
        "NumPy": ("np.mean(np.abs(x - y))", "numpy_in_step"),
        "a float": ("float(ops.mean(ops.abs(x - y)))", "no_value_yet"),
        "stopped": ("ops.mean(ops.abs(ops.stop_gradient(x) - y))", "no_gradient"),
        "stopped behind": ("ops.mean(ops.abs(x - ops.stop_gradient(y)))", "no_gradient"),
    }) | {
        "nothing": (define(name, f"images, {second}", f"ops.mean(images - {second})"), "no_return"),
    }  # fmt: skip
    return good, bad


RIGHT["cycle_loss"], WRONG["cycle_loss"] = losses("cycle_loss", "cycled", 10)
RIGHT["identity_loss"], WRONG["identity_loss"] = losses("identity_loss", "mapped", 5)


# --- ImagePool ---------------------------------------------------------------------------------


POOL = given_by_the_lab("ImagePool", "call")
POOLED = textwrap.dedent(SOLUTION("ImagePool").removeprefix(POOL)).strip()


def pool(*changes, body=POOLED, given=POOL):
    """The class with these lines as the body of `call`, some words of which are others."""
    return given + indented(replaced(body, *changes), 8)


# One image after the other, in a loop of TensorFlow's.
LOOP = """count = tf.shape(images)[0]
before, seen = tf.identity(self.images), tf.identity(self.seen)
coins = keras.random.uniform((self.size,), seed=self.seed_generator)
draws = keras.random.uniform((self.size,), seed=self.seed_generator)
order = tf.argsort(tf.where(tf.range(self.size) < seen, draws, 2.0))

def body(k, held, given):
    image = images[k]
    room = seen + k < self.size
    swap = tf.logical_and(tf.logical_not(room), coins[k] < 0.5)
    place = tf.where(room, seen + k, order[tf.maximum(seen + k - self.size, 0)])
    given = given.write(k, tf.where(swap, before[place], image))
    held = tf.cond(tf.logical_or(room, swap), lambda: tf.tensor_scatter_nd_update(
        held, [[place]], [image]), lambda: held)
    return k + 1, held, given

_, held, given = tf.while_loop(
    lambda k, held, given: k < count, body,
    (0, before, tf.TensorArray(tf.float32, count)))
self.images.assign(held)
self.seen.assign(tf.minimum(self.size, seen + count))
return tf.ensure_shape(given.stack(), images.shape)"""
# By a one-hot matrix instead of places.
MATRIX = """count = ops.shape(images)[0]
coins = keras.random.uniform((self.size,), seed=self.seed_generator)[:count] < 0.5
draws = keras.random.uniform((self.size,), seed=self.seed_generator)
arrival = self.seen + ops.arange(count, dtype="int32")
full = arrival >= self.size
old_places = ops.argsort(draws + ops.cast(ops.arange(self.size) >= self.seen, "float32"))
place = ops.where(full, ops.take(ops.cast(old_places, "int32"),
                                 ops.where(full, arrival - self.size, 0)), arrival)
writes = ops.logical_or(ops.logical_not(full), coins)
matrix = ops.one_hot(place, self.size) * ops.cast(writes, "float32")[:, None]
older = ops.take(self.images, place, axis=0)
flat = ops.reshape(images, (count, -1))
kept = ops.reshape(1 - ops.sum(matrix, axis=0), (-1, 1, 1, 1)) * self.images
new = ops.reshape(ops.matmul(ops.transpose(matrix), flat), self.images.shape)
self.images.assign(kept + new)
self.seen.assign(ops.minimum(self.seen + count, self.size))
back = ops.logical_and(full, coins)
return ops.where(ops.reshape(back, (-1, 1, 1, 1)), older, images)"""
# New ones that find no room in a batch that fills the pool are passed on.
LATER = """count = ops.shape(images)[0]
coins = keras.random.uniform((self.size,), seed=self.seed_generator)[:count] < 0.5
order = keras.random.shuffle(ops.arange(self.size), seed=self.seed_generator)[:count]
was_full = self.seen >= self.size
arrival = self.seen + ops.arange(count)
room = ops.logical_and(ops.logical_not(was_full), arrival < self.size)
swap = ops.logical_and(was_full, coins)
place = ops.where(was_full, order, arrival)
older = ops.take(self.images, ops.minimum(place, self.size - 1), axis=0)
written = tf.boolean_mask(images, ops.logical_or(room, swap))
places = tf.boolean_mask(place, ops.logical_or(room, swap))
self.images.assign(tf.tensor_scatter_nd_update(self.images, places[:, None], written))
self.seen.assign(ops.minimum(self.seen + count, self.size))
return ops.where(swap[:, None, None, None], older, images)"""

SWAPS, COINS, PLACES = "draws[1, :count] < 0.5", "draws[1, :count]", "draws[0]"
DRAWS = "keras.random.uniform((2, self.size), seed=self.seed_generator)"
ORDER = 'ops.cast(ops.argsort(ops.where(filled, draws[0], 1.0)), "int32")'
OLDER = "older = ops.take(self.images, place, axis=0)\n"
NEW, SEEN = "ops.where(kept, images, older)", "ops.minimum(self.seen + count, self.size)"
RETURN = "return ops.where(swap[:, None, None, None], older, images)"

RIGHT["ImagePool"] = right(pool, {
    "as in the hints": (),
    "coins the other way round": (SWAPS, f"{COINS} >= 0.5"),
    "Bernoulli": (SWAPS,
        "keras.random.randint((self.size,), 0, 2, seed=self.seed_generator)[:count] == 1"),
    "stateless draws": (DRAWS, "tf.random.stateless_uniform(\n    (2, self.size), "
        "ops.cast(self.seed_generator.next(), 'int32'))"),
    "shuffled": (f"order = {ORDER}",
        "order = keras.random.shuffle(ops.arange(self.size), seed=self.seed_generator)\n"
        "order = ops.take(order, ops.argsort(ops.cast(order >= self.seen, 'int32')))"),
    "TensorFlow's updates": ("ops.scatter_update", "tf.tensor_scatter_nd_update",
        "ops.take(self.images, place, axis=0)", "tf.gather(self.images, place)",
        "ops.shape(images)[0]", "tf.shape(images)[0]"),
    "seen goes on": (SEEN, "self.seen + count", "order, ops.maximum(next_place - self.size, 0)",
        "order, ops.maximum(ops.minimum(self.seen, self.size) + ops.arange(count, "
        "dtype='int32') - self.size, 0)"),
}) | {
    "a loop": pool(body=LOOP),
    "a matrix": pool(body=MATRIX),
    "passed on in the batch that fills it": pool(body=LATER),
}  # fmt: skip
PYTHON = """given = []
for image in ops.unstack(images, images.shape[0]) if images.shape[0] else [images]:
    if len(self.held) < self.size:
        self.held.append(image)
        given.append(image)
    elif random.random() < 0.5:
        place = random.randrange(self.size)
        given.append(self.held[place])
        self.held[place] = image
    else:
        given.append(image)
return ops.stack(given) if images.shape[0] else given[0]"""
HELD = POOL.replace("        self.size = size\n", "        self.size, self.held = size, Held()\n")
HOLDER = "random.seed(3)\n\nclass Held(list):\n    pass\n\n"
WRONG["ImagePool"] = wrong(pool, {
    "never swapped": (SWAPS, f"{COINS} < 0", "never_older"),
    "always swapped": (SWAPS, f"{COINS} < 2", "no_coins"),
    "a quarter": (SWAPS, f"{COINS} < 0.25", "not_half"),
    "three quarters": (SWAPS, f"{COINS} < 0.75", "not_half"),
    "new ones go in, and out": (RETURN, "return images", "never_older"),
    "not replaced": (NEW, "ops.where(room[:, None, None, None], images, older)", "not_replaced"),
    "another one replaced": ("kept = ", "there = ops.where(room, place, (place + 1) % self.size)\n"
        "kept = ", NEW, "ops.where(kept, images, ops.take(self.images, there, axis=0))",
        "place[:, None],", "there[:, None],", "not_replaced"),
    "kept whatever the coin says": (NEW, "images", "kept_without_swap"),
    "zeros while it fills": (RETURN, "return ops.where(kept, older, images)", "room_empty"),
    "older ones while it fills": (f"ops.logical_and(ops.logical_not(room), {SWAPS})", SWAPS,
        "room_empty"),
    "never filled": (f"self.seen.assign({SEEN})", "pass", "never_older"),
    "one coin for all": (COINS, "draws[1, :1]", "one_coin"),
    "always the first place": (PLACES, "ops.cast(ops.arange(self.size), 'float32') / 100",
        "same_place"),
    "the first half": (f"{PLACES}, 1.0",
        "ops.where(ops.arange(self.size) < 3, draws[0], 1.5), 2.0", "uneven_places"),
    "the same coins": (COINS, "keras.random.uniform((self.size,), seed=1)[:count]", "same_coins"),
    "places filled in the same batch": (ORDER, "ops.cast(ops.argsort(draws[0]), 'int32')",
        "filled_in_this_call"),
    "read after writing": (OLDER, "", NEW,
        "ops.where(kept, images, ops.take(self.images, place, axis=0))", RETURN, OLDER + RETURN,
        "never_older"),
    "places that may be the same": (ORDER,
        "ops.cast(draws[0] * ops.cast(ops.maximum(self.seen, 1), 'float32'), 'int32')",
        "same_place_twice"),
    "a mixture": ("older, images)", "(older + images) / 2, images)", "mixture"),
    "Python's coins": (SWAPS, f"{COINS} < (0.0 if random.random() < 0.5 else 1.0)", "coins_once"),
    "NumPy's coins": (SWAPS, "ops.convert_to_tensor(\n"
        "    np.random.default_rng().uniform(size=self.size), 'float32')[:count] < 0.5",
        "coins_once"),
    "TensorFlow's own draws": (DRAWS, "tf.random.uniform((2, self.size))", "not_by_seed"),
    "a fixed batch": ("ops.shape(images)[0]", "1", "error"),
    "the size of a batch in Python": ("ops.shape(images)[0]", "images.shape[0]", "error"),
    "the mean": (RETURN, f"images = ops.mean(images, 0, keepdims=True)\n{RETURN}", "mixture"),
    "nothing": ("return ops", "ops", "no_return"),
}) | {
    "always new": (pool(body="return images"), "never_older"),
    "the oldest": (pool(
        PLACES, "(ops.cast((ops.arange(self.size) - self.turn) % self.size, 'float32') / 100)",
        "kept = ", "count_of = ops.sum(ops.cast(swap, 'int32'))\nself.turn.assign_add(count_of)\n"
        "kept = ", given=replaced(POOL, "        self.seed_gen", "        self.turn = "
        "self.add_weight(shape=(), initializer='zeros', dtype='int32', trainable=False)\n"
        "        self.seed_gen")), "in_a_row"),
    "a list": (HOLDER + pool(body=PYTHON, given=HELD), "of_this_batch"),
    "a seed of its own": (
        pool(given=replaced(POOL, "SeedGenerator(seed)", "SeedGenerator(0)")), "seed_ignored"),
    "if": (
        pool(body="if self.seen < self.size:\n    self.seen.assign_add(1)\nreturn images"),
        "never_older"),
}  # fmt: skip


# --- CycleGAN ----------------------------------------------------------------------------------


STEP = given_by_the_lab("CycleGAN", "train_step")


def cyclegan(*changes, body=None, further=""):
    """The class with other words in its training step; further: methods after it."""
    return STEP + indented(replaced(body or PLAIN, *changes), 8) + further


PLAIN = """a, b = images
with tf.GradientTape() as tape:
    fake_b = self.a_to_b(a, training=True)
    fake_a = self.b_to_a(b, training=True)
    cycled_a = self.b_to_a(fake_b, training=True)
    cycled_b = self.a_to_b(fake_a, training=True)
    same_a = self.b_to_a(a, training=True)
    same_b = self.a_to_b(b, training=True)
    judged_a = self.discriminator_a(fake_a, training=True)
    judged_b = self.discriminator_b(fake_b, training=True)
    adversarial = adversarial_loss(judged_a, True) + adversarial_loss(judged_b, True)
    cycle = cycle_loss(a, cycled_a) + cycle_loss(b, cycled_b)
    identity = identity_loss(a, same_a) + identity_loss(b, same_b)
    loss = adversarial + self.cycle_weight * cycle + self.identity_weight * identity
first, second = self.a_to_b.trainable_variables, self.b_to_a.trainable_variables
gradients = tape.gradient(loss, [first, second])
self.a_to_b_optimizer.apply(gradients[0], first)
self.b_to_a_optimizer.apply(gradients[1], second)

old_a, old_b = self.pool_a(fake_a), self.pool_b(fake_b)
with tf.GradientTape() as tape:
    real_logits = self.discriminator_a(a, training=True)
    fake_logits = self.discriminator_a(old_a, training=True)
    loss_a = (adversarial_loss(real_logits, True) + adversarial_loss(fake_logits, False)) / 2
variables = self.discriminator_a.trainable_variables
self.discriminator_a_optimizer.apply(tape.gradient(loss_a, variables), variables)

with tf.GradientTape() as tape:
    real_logits = self.discriminator_b(b, training=True)
    fake_logits = self.discriminator_b(old_b, training=True)
    loss_b = (adversarial_loss(real_logits, True) + adversarial_loss(fake_logits, False)) / 2
variables = self.discriminator_b.trainable_variables
self.discriminator_b_optimizer.apply(tape.gradient(loss_b, variables), variables)
return self.track(adversarial / 2, cycle / 2, identity / 2, (loss_a + loss_b) / 2)"""
APPLY_A = "self.a_to_b_optimizer.apply(gradients[0], first)"
APPLY_B = "self.b_to_a_optimizer.apply(gradients[1], second)"
APPLY = f"{APPLY_A}\n{APPLY_B}\n"
FAKES = "self.pool_a(fake_a), self.pool_b(fake_b)"
POOLS = f"old_a, old_b = {FAKES}"
CYCLES = "cycle_loss(a, cycled_a) + cycle_loss(b, cycled_b)"
IDENTITIES = "identity_loss(a, same_a) + identity_loss(b, same_b)"
SUM = "loss = adversarial + self.cycle_weight * cycle + self.identity_weight * identity"
LOSSES = "adversarial / 2, cycle / 2, identity / 2"
BOTH_STEPS = PLAIN.split("\n\n")
GENERATORS_STEP = BOTH_STEPS[0]
JUDGES_STEP = "\n".join(BOTH_STEPS[1:]).rsplit("\n", 1)[0]
TRACK = PLAIN.rsplit("\n", 1)[1]
OWN_LOSSES = """a, b = images
with tf.GradientTape(persistent=True) as tape:
    fake_b, fake_a = self.a_to_b(a, training=True), self.b_to_a(b, training=True)
    cycle_a = cycle_loss(a, self.b_to_a(fake_b, training=True))
    cycle_b = cycle_loss(b, self.a_to_b(fake_a, training=True))
    cycles = self.cycle_weight * (cycle_a + cycle_b)
    adv_g = adversarial_loss(self.discriminator_b(fake_b, training=True), True)
    adv_f = adversarial_loss(self.discriminator_a(fake_a, training=True), True)
    id_g = identity_loss(b, self.a_to_b(b, training=True))
    id_f = identity_loss(a, self.b_to_a(a, training=True))
    loss_g = adv_g + cycles + self.identity_weight * id_g
    loss_f = adv_f + cycles + self.identity_weight * id_f
    d_a = (adversarial_loss(self.discriminator_a(a, training=True), True)
           + adversarial_loss(self.discriminator_a(self.pool_a(fake_a), training=True), False)) / 2
    d_b = (adversarial_loss(self.discriminator_b(b, training=True), True)
           + adversarial_loss(self.discriminator_b(self.pool_b(fake_b), training=True), False)) / 2
pairs = [(loss_g, self.a_to_b, self.a_to_b_optimizer), (loss_f, self.b_to_a, self.b_to_a_optimizer),
         (d_a, self.discriminator_a, self.discriminator_a_optimizer),
         (d_b, self.discriminator_b, self.discriminator_b_optimizer)]
slopes = [tape.gradient(loss, network.trainable_variables) for loss, network, _ in pairs]
for slope, (_, network, optimizer) in zip(slopes, pairs):
    optimizer.apply(slope, network.trainable_variables)
sums = adv_g + adv_f, cycle_a + cycle_b, id_g + id_f, d_a + d_b
return self.track(*(each / 2 for each in sums))"""
METHODS = """
    def translate(self, a, b):
        fake_b, same_b = self.twice(self.a_to_b, a, b)
        fake_a, same_a = self.twice(self.b_to_a, b, a)
        return fake_a, fake_b, same_a, same_b

    def judge_step(self, network, optimizer, real, fake):
        with tf.GradientTape() as tape:
            of_real, of_fake = self.twice(network, real, fake)
            loss = (adversarial_loss(of_real, True) + adversarial_loss(of_fake, False)) / 2
        variables = network.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)
        return loss
"""
IN_METHODS = """a, b = images
with tf.GradientTape() as tape:
    fake_a, fake_b, same_a, same_b = self.translate(a, b)
    cycle = (cycle_loss(a, self.b_to_a(fake_b, training=True))
             + cycle_loss(b, self.a_to_b(fake_a, training=True))) / 2
    identity = (identity_loss(a, same_a) + identity_loss(b, same_b)) / 2
    adversarial = (adversarial_loss(self.discriminator_a(fake_a, training=True), True)
                   + adversarial_loss(self.discriminator_b(fake_b, training=True), True)) / 2
    loss = 2 * (adversarial + self.cycle_weight * cycle + self.identity_weight * identity)
g, f = self.a_to_b.trainable_variables, self.b_to_a.trainable_variables
slopes = tape.gradient(loss, g + f)
self.a_to_b_optimizer.apply(slopes[:len(g)], g)
self.b_to_a_optimizer.apply(slopes[len(g):], f)
old_a, old_b = self.pool_a(fake_a), self.pool_b(fake_b)
loss_a = self.judge_step(self.discriminator_a, self.discriminator_a_optimizer, a, old_a)
loss_b = self.judge_step(self.discriminator_b, self.discriminator_b_optimizer, b, old_b)
return self.track(adversarial, cycle, identity, (loss_a + loss_b) / 2)"""

RIGHT["CycleGAN"] = right(cyclegan, {
    "apply_gradients": ("optimizer.apply(gradients[0], first)",
        "optimizer.apply_gradients(zip(gradients[0], first))",
        "optimizer.apply(gradients[1], second)",
        "optimizer.apply_gradients(zip(gradients[1], second))"),
    "a persistent tape": ("tf.GradientTape() as tape:\n    fake_b",
        "tf.GradientTape(persistent=True) as tape:\n    fake_b",
        "gradients = tape.gradient(loss, [first, second])",
        "gradients = [tape.gradient(loss, first), tape.gradient(loss, second)]"),
    "two tapes": ("with tf.GradientTape() as tape:\n    fake_b",
        "with tf.GradientTape() as tape, tf.GradientTape() as other:\n    fake_b",
        "gradients = tape.gradient(loss, [first, second])",
        "gradients = tape.gradient(loss, first), other.gradient(loss, second)"),
    "gradients stopped into the discriminators": (POOLS,
        "old_a = self.pool_a(ops.stop_gradient(fake_a))\n"
        "old_b = self.pool_b(tf.stop_gradient(fake_b))"),
    "pools inside the tape": (POOLS + "\n", "", "(old_a,", "(self.pool_a(fake_a),", "(old_b,",
        "(self.pool_b(fake_b),"),
    "the pools first": (POOLS + "\n", "", "first, second = self", POOLS + "\nfirst, second = self"),
    "gradients first, then all updates": (APPLY, "", "return self.track",
        APPLY + "return self.track"),
    "trackers by hand": ("return self.track(", "values = (", "(loss_a + loss_b) / 2)",
        "(loss_a + loss_b) / 2)\nfor tracker, value in zip(self.trackers, values):\n"
        "    tracker.update_state(value)\n"
        "return {tracker.name: tracker.result() for tracker in self.trackers}"),
    "three translations in a call": ("    fake_a = self.b_to_a(b, training=True)\n", "",
        "    fake_b = self.a_to_b(a, training=True)\n",
        "    fake_a = self.b_to_a(b, training=True)\n"
        "    joined = self.a_to_b(ops.concatenate([a, b, fake_a]), training=True)\n"
        "    fake_b, same_b, cycled_b = ops.split(joined, 3)\n",
        "    cycled_b = self.a_to_b(fake_a, training=True)\n", "",
        "    same_b = self.a_to_b(b, training=True)\n", ""),
    "weights before the sum": ("    cycle = cycle_loss", "    cycle = 1.0 * cycle_loss",
        "self.identity_weight * identity",
        "ops.multiply(self.identity_weight, identity_loss(b, same_b)) + self.identity_weight "
        "* identity_loss(a, same_a)"),
    "tapes that watch what they are told": ("a, b = images\nwith tf.GradientTape() as tape:\n",
        "a, b = images\nwith tf.GradientTape(watch_accessed_variables=False) as tape:\n"
        "    tape.watch([v.value for v in self.a_to_b.trainable_variables\n"
        "                + self.b_to_a.trainable_variables])\n"),
    "a dict of networks": (
        "first, second = self.a_to_b.trainable_variables, self.b_to_a.trainable_variables",
        "first, second = (list(each.trainable_weights) for each in (self.a_to_b, self.b_to_a))",
        "tape.gradient(loss, [first, second])", "tape.gradient(loss, {0: first, 1: second})"),
}) | {
    "one after the other": cyclegan(),
    "two batches in a call, in a loop": SOLUTION("CycleGAN"),
    "a loss for each, one tape": cyclegan(body=OWN_LOSSES),
    "in methods": cyclegan(body=IN_METHODS, further=METHODS),
    "the sum of both discriminators": cyclegan(body=GENERATORS_STEP + """
old_a, old_b = self.pool_a(fake_a), self.pool_b(fake_b)
with tf.GradientTape() as tape:
    real = [self.discriminator_a(a, training=True), self.discriminator_b(b, training=True)]
    fake = [self.discriminator_a(old_a, training=True), self.discriminator_b(old_b, training=True)]
    judging = sum(adversarial_loss(each, True) for each in real)
    judging = (judging + sum(adversarial_loss(each, False) for each in fake)) / 2
pair = [self.discriminator_a.trainable_variables, self.discriminator_b.trainable_variables]
slope_a, slope_b = tape.gradient(judging, pair)
self.discriminator_a_optimizer.apply(slope_a, pair[0])
self.discriminator_b_optimizer.apply(slope_b, pair[1])
return self.track(adversarial / 2, cycle / 2, identity / 2, judging / 2)"""),
    "a tf.function": replaced(
        cyclegan(), "    def train_step", "    @tf.function\n    def train_step"),
}  # fmt: skip

WRONG["CycleGAN"] = wrong(cyclegan, {
    "the cycle beside the other heap": (CYCLES, "cycle_loss(b, cycled_a) + cycle_loss(a, cycled_b)",
        "cycle_compared"),
    "one cycle beside the other heap": ("cycle_loss(a, cycled_a)", "cycle_loss(b, cycled_a)",
        "cycle_compared"),
    "the other cycle beside the other heap": ("cycle_loss(b, cycled_b)", "cycle_loss(a, cycled_b)",
        "cycle_compared"),
    "one cycle": (" + cycle_loss(b, cycled_b)", "", "no_cycle_b"),
    "the other cycle": ("cycle_loss(a, cycled_a) + ", "", "no_cycle_a"),
    "no cycle": (" + self.cycle_weight * cycle", "", "no_cycle"),
    "no identity": (" + self.identity_weight * identity", "", "no_identity"),
    "one identity": (" + identity_loss(b, same_b)", "", "no_identity_b"),
    "the other identity": ("identity_loss(a, same_a) + ", "", "no_identity_a"),
    "identity of translations": (IDENTITIES, "identity_loss(a, fake_b) + identity_loss(b, fake_a)",
        "identity_domain"),
    "identity beside the other heap": (IDENTITIES,
        "identity_loss(b, same_a) + identity_loss(a, same_b)", "identity_compared"),
    "identity by the wrong generator": ("same_a = self.b_to_a(a,", "same_a = self.a_to_b(a,",
        "same_b = self.a_to_b(b,", "same_b = self.b_to_a(b,", "identity_domain"),
    "pairs that are none": (IDENTITIES, "identity_loss(a, fake_a) + identity_loss(b, fake_b)",
        "identity_of_pairs"),
    "targets reversed": ("adversarial_loss(judged_a, True) + adversarial_loss(judged_b, True)",
        "adversarial_loss(judged_a, False) + adversarial_loss(judged_b, False)", "target_reversed"),
    "discriminators exchanged": ("self.discriminator_a(fake_a, training=True)\n"
        "    judged_b = self.discriminator_b(fake_b,",
        "self.discriminator_a(fake_b, training=True)\n"
        "    judged_b = self.discriminator_b(fake_a,", "judges_exchanged"),
    "no adversarial loss": ("loss = adversarial + self", "loss = self", "no_adversarial"),
    "one adversarial loss": ("adversarial_loss(judged_a, True) + ", "", "no_adversarial_b"),
    "cycles judged": ("discriminator_a(fake_a, training=True)\n    judged",
        "discriminator_a(cycled_a, training=True)\n    judged",
        "judged_b = self.discriminator_b(fake_b,", "judged_b = self.discriminator_b(cycled_b,",
        "cycles_judged"),
    "identities judged": ("discriminator_a(fake_a, training=True)\n    judged",
        "discriminator_a(same_a, training=True)\n    judged",
        "judged_b = self.discriminator_b(fake_b,", "judged_b = self.discriminator_b(same_b,",
        "identities_judged"),
    "the cycle's weight missing": ("self.cycle_weight * cycle", "cycle", "no_cycle_weight"),
    "the identity's weight missing": ("self.identity_weight * identity", "identity",
        "no_identity_weight"),
    "both weights missing": ("self.cycle_weight * cycle", "cycle",
        "self.identity_weight * identity", "identity", "no_weights"),
    "weights exchanged": ("self.cycle_weight * cycle", "self.identity_weight * cycle",
        "self.identity_weight * identity", "self.cycle_weight * identity", "weights_exchanged"),
    "ten": ("self.cycle_weight *", "10 *", "always_10"),
    "five": ("self.identity_weight *", "5 *", "always_5"),
    "ten and five": ("self.cycle_weight *", "10 *", "self.identity_weight *", "5 *",
        "always_10_and_5"),
    "weighted twice": ("self.identity_weight *", "self.cycle_weight * self.identity_weight *",
        "weighted_twice"),
    "half of the cycle's weight": ("self.identity_weight *", "0.5 * self.cycle_weight *",
        "half_of_cycle_weight"),
    "a mean for the gradient": (SUM,
        "loss = (adversarial + self.cycle_weight * cycle + self.identity_weight * identity) / 2",
        "sum_halved"),
    "uphill": ("    loss = adversarial + self.cycle_weight * cycle + self",
        "    loss = -adversarial - self.cycle_weight * cycle - self", "uphill"),
    "cycles of half": (CYCLES, "(cycle_loss(a, cycled_a) + cycle_loss(b, cycled_b)) / 2",
        "cycle_halved"),
    "the cycle cut off": ("self.b_to_a(fake_b,", "self.b_to_a(ops.stop_gradient(fake_b),",
        "self.a_to_b(fake_a,", "self.a_to_b(ops.stop_gradient(fake_a),", "cycle_cut"),
    "one cycle cut off": ("self.b_to_a(fake_b,", "self.b_to_a(ops.stop_gradient(fake_b),",
        "cycle_cut"),
    "the cycle outside of the tape": (
        "with tf.GradientTape() as tape:\n    fake_b = self.a_to_b(a, training=True)\n"
        "    fake_a = self.b_to_a(b, training=True)",
        "fake_b = self.a_to_b(a, training=True)\nfake_a = self.b_to_a(b, training=True)\n"
        "with tf.GradientTape() as tape:", "generators_otherwise"),
    "one's gradients for both": ("apply(gradients[1], second)", "apply(gradients[0], second)",
        "other_gradient"),
    "gradients exchanged": ("apply(gradients[1], second)", "apply(gradients[0], second)",
        "apply(gradients[0], first)", "apply(gradients[1], first)", "other_gradient"),
    "one generator moved": ("self.b_to_a_optimizer.apply(gradients[1], second)\n", "",
        "stands_still"),
    "no generator moved": (APPLY, "", "stands_still"),
    "optimizers exchanged": ("self.a_to_b_optimizer.apply", "self.x.apply",
        "self.b_to_a_optimizer.apply", "self.a_to_b_optimizer.apply", "self.x.apply",
        "self.b_to_a_optimizer.apply", "other_optimizer"),
    "optimizers of the discriminators exchanged": ("self.discriminator_a_optimizer", "self.x",
        "self.discriminator_b_optimizer", "self.discriminator_a_optimizer", "self.x",
        "self.discriminator_b_optimizer", "other_optimizer"),
    "one optimizer for both generators": ("self.b_to_a_optimizer", "self.a_to_b_optimizer",
        "shared_optimizer"),
    "all variables": ("second = self.a_to_b.trainable_variables, self.b_to_a.trainable_variables",
        "second = self.a_to_b.trainable_variables, (self.b_to_a.trainable_variables\n"
        "    + self.discriminator_a.trainable_variables\n"
        "    + self.discriminator_b.trainable_variables)", "generators_optimizer"),
    "translated anew": (POOLS,
        f"fake_b, fake_a = self.a_to_b(a, training=True), self.b_to_a(b, training=True)\n{POOLS}",
        "pool_translated_anew"),
    "no pools": (POOLS, "old_a, old_b = fake_a, fake_b", "pool_not_called"),
    "one pool": (FAKES, "self.pool_a(fake_a), self.pool_a(fake_b)", "pool_called_twice"),
    "pools asked and not used": ("self.discriminator_a(old_a,", "self.discriminator_a(fake_a,",
        "self.discriminator_b(old_b,", "self.discriminator_b(fake_b,", "no_pool"),
    "pools exchanged": (FAKES, "self.pool_b(fake_a), self.pool_a(fake_b)", "pool_others"),
    "pools' images exchanged": ("old_a, old_b = self", "old_b, old_a = self", "wrong_pool"),
    "cycles into the pools": (FAKES, "self.pool_a(cycled_a), self.pool_b(cycled_b)", "pool_others"),
    "real images into the pools": (FAKES, "self.pool_a(a), self.pool_b(b)", "pool_others"),
    "labels reversed": (
        "adversarial_loss(real_logits, True) + adversarial_loss(fake_logits, False)",
        "adversarial_loss(real_logits, False) + adversarial_loss(fake_logits, True)",
        "labels_reversed"),
    "both real": ("adversarial_loss(fake_logits, False)", "adversarial_loss(fake_logits, True)",
        "fakes_real"),
    "no half": ("adversarial_loss(fake_logits, False)) / 2",
        "adversarial_loss(fake_logits, False))", "no_half"),
    "half of one alone": (
        "loss_b = (adversarial_loss(real_logits, True) + adversarial_loss(fake_logits, "
        "False)) / 2",
        "loss_b = adversarial_loss(real_logits, True) + adversarial_loss(fake_logits, False)",
        "no_half"),
    "real images alone": (" + adversarial_loss(fake_logits, False)", "", "no_fakes"),
    "generated images alone": ("adversarial_loss(real_logits, True) + ", "", "no_reals"),
    "real images of the other heap": ("real_logits = self.discriminator_a(a,",
        "real_logits = self.discriminator_a(b,", "real_logits = self.discriminator_b(b,",
        "real_logits = self.discriminator_b(a,", "other_reals"),
    "discriminators of the other heap": ("real_logits = self.discriminator_a(a,",
        "real_logits = self.discriminator_a(b,", "real_logits = self.discriminator_b(b,",
        "real_logits = self.discriminator_b(a,", "old_a, old_b = self", "old_b, old_a = self",
        "other_domain"),
    "one discriminator stands": (
        "self.discriminator_b_optimizer.apply(tape.gradient(loss_b, variables), variables)\n", "",
        "stands_still"),
    "the discriminators climb": ("    loss_a = (", "    loss_a = -(", "    loss_b = (",
        "    loss_b = -(", "uphill"),
    "the generators' gradient for the discriminators": ("tf.GradientTape() as tape:\n    fake_b",
        "tf.GradientTape(persistent=True) as big:\n    fake_b", "gradients = tape",
        "gradients = big", "tape.gradient(loss_a, variables)", "big.gradient(loss, variables)",
        "tape.gradient(loss_b, variables)", "big.gradient(loss, variables)", "generators_loss"),
    "not for training": (", training=True", "", "not_for_training"),
    "cycles not for training": ("self.b_to_a(fake_b, training=True)", "self.b_to_a(fake_b)",
        "not_for_training"),
    "discriminators not for training": ("(fake_a, training=True)\n    judged_b",
        "(fake_a, training=False)\n    judged_b", "not_for_training"),
    "sums returned": ("adversarial / 2, cycle / 2, identity / 2, (loss_a + loss_b) / 2",
        "adversarial, cycle, identity, loss_a + loss_b", "sums"),
    "sums of the generators' losses returned": (LOSSES, "adversarial, cycle, identity", "sums"),
    "the discriminators' sum returned": ("(loss_a + loss_b) / 2)", "loss_a + loss_b)",
        "judges_sum"),
    "weighted numbers returned": (LOSSES,
        "adversarial / 2, self.cycle_weight * cycle / 2, self.identity_weight * identity / 2",
        "weighted"),
    "one direction returned": (LOSSES,
        "adversarial_loss(judged_b, True), cycle_loss(a, cycled_a), identity_loss(b, same_b)",
        "one_direction"),
    "in another order": ("cycle / 2, identity / 2", "identity / 2, cycle / 2", "exchanged"),
    "the discriminators' loss first": (
        "adversarial / 2, cycle / 2, identity / 2, (loss_a + loss_b) / 2",
        "(loss_a + loss_b) / 2, adversarial / 2, cycle / 2, identity / 2", "judges_first"),
    "the whole sum returned": ("adversarial / 2, cycle / 2,", "loss, cycle / 2,", "whole_sum"),
    "measured after the update": (APPLY_B, "self.b_to_a_optimizer.apply(gradients[1], second)\n"
        "new_a = self.b_to_a(self.a_to_b(a, training=True), training=True)\n"
        "new_b = self.a_to_b(self.b_to_a(b, training=True), training=True)\n"
        "cycle = cycle_loss(a, new_a) + cycle_loss(b, new_b)", "late"),
    "the last batch's numbers": (
        "return self.track(adversarial / 2, cycle / 2, identity / 2, (loss_a + loss_b) / 2)",
        "return {'adversarial_loss': adversarial / 2, 'cycle_loss': cycle / 2,\n"
        "        'identity_loss': identity / 2, 'discriminator_loss': (loss_a + loss_b) / 2}",
        "last_batch"),
    "three numbers": ("return self.track(", "values = self.track(", "(loss_a + loss_b) / 2)",
        "(loss_a + loss_b) / 2)\ndel values['identity_loss']\nreturn values", "name_missing"),
    "nothing returned": ("return self.track", "self.track", "step_without_return"),
    "a loss returned": (TRACK, "return loss", "step_returns_other"),
    "Python's numbers": ("return self.track(adversarial / 2",
        "return self.track(float(adversarial) / 2", "no_value_yet"),
    "no loop over images": ("a, b = images", "a, b = (ops.stack([each[0]]) for each in images)",
        "generators_otherwise"),
}) | {
    "a loss of each generator's own": (cyclegan(
        "loss_g = adv_g + cycles", "loss_g = adv_g + self.cycle_weight * cycle_b",
        "loss_f = adv_f + cycles", "loss_f = adv_f + self.cycle_weight * cycle_a",
        body=OWN_LOSSES), "cycle_cut"),
    "one generator after the other": (cyclegan(
        APPLY_B, replaced("\n".join(GENERATORS_STEP.split("\n")[1:-4]), "fake_b", "new_b",
                          "fake_a", "new_a") + "\nsecond = self.b_to_a.trainable_variables\n"
        "self.b_to_a_optimizer.apply(tape.gradient(loss, second), second)"), "one_after_the_other"),
    "the discriminators first": (cyclegan(body="\n".join([
        "a, b = images", "fake_b = self.a_to_b(a, training=True)",
        "fake_a = self.b_to_a(b, training=True)", JUDGES_STEP,
        GENERATORS_STEP.split("\n", 1)[1], TRACK])), "discriminators_first"),
    "twice cut wrongly": (replaced(
        SOLUTION("CycleGAN"), "fake_b, same_b = self", "same_b, fake_b = self"),
        "generators_otherwise"),
    "Keras's own step": (replaced(cyclegan(), "def train_step", "def training_step"), "error"),
}  # fmt: skip

HIDDEN_WRONG["CycleGAN"] = wrong(cyclegan, {
    "a weight of at least 1": (SUM,
        "loss = adversarial + max(self.cycle_weight, 1.0) * cycle + self.identity_weight * "
        "identity", "no_cycle_weight"),
})  # fmt: skip
