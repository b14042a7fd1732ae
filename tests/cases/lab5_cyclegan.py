"""Answers to lab 5's questions: right ones written in many ways, wrong ones with a named mistake.

RIGHT: question -> {way of writing: source}. WRONG: question -> {mistake: (source, words)}, where
the check's message has to contain the words. Sources are what a student's cell would hold.
"""

import re
from pathlib import Path

LAB = Path(__file__).resolve().parents[2] / "content" / "labs" / "lab5_cyclegan.py"


def given_by_the_lab(name):
    """A class, from the bracket behind its name to where the answer begins."""
    source = LAB.read_text().split(f"\nclass {name}(")[1]
    return re.split(" *### BEGIN SOLUTION|    def build", source)[0]


NORMALIZATION, POOL, STEP = map(
    given_by_the_lab, ("InstanceNormalization", "ImagePool", "CycleGAN")
)

PRELUDE = """
import functools
import math
import random
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

def reflection_pad(images, pixels):
    return ops.pad(images, [[0, 0], [pixels] * 2, [pixels] * 2, [0, 0]], mode="reflect")

class InstanceNormalization(layers.GroupNormalization):
    def __init__(self, epsilon=1e-5):
        super().__init__(groups=-1, epsilon=epsilon)

def adversarial_loss(logits, target_is_real):
    return ops.mean(ops.square(logits - float(target_is_real)))

def cycle_loss(images, cycled):
    return ops.mean(ops.abs(images - cycled))

def identity_loss(images, mapped):
    return ops.mean(ops.abs(images - mapped))
"""


def define(name, arguments, *lines):
    return f"def {name}({arguments}):\n" + "".join(f"    {line}\n" for line in lines)


def indented(text, by):
    return "".join(f"{' ' * by}{line}\n" if line else "\n" for line in text.split("\n"))


def replaced(text, *pairs):
    for old, new in pairs:
        if old not in text:
            raise ValueError(f"'{old}' is not in the answer.")
        text = text.replace(old, new)
    return text


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
}

WRONG["reflection_pad"] = {
    "zeros": (pads("[p, p]", "[p, p]", "constant"), "zeros"),
    "symmetric": (pads("[p, p]", "[p, p]", "symmetric"), "border is repeated"),
    "edge": (
        pad(
            "for _ in range(p):",
            "    x = ops.concatenate([x[:, :1], x, x[:, -1:]], axis=1)",
            "    x = ops.concatenate([x[:, :, :1], x, x[:, :, -1:]], axis=2)",
            "x",
        ),
        "drawn out",
    ),
    "wrap": (
        pad(
            "if not p: return x",
            "x = ops.concatenate([x[:, -p:], x, x[:, :p]], axis=1)",
            "ops.concatenate([x[:, :, -p:], x, x[:, :, :p]], axis=2)",
        ),
        "other side",
    ),
    "all axes": (pads("[p, p]", "[p, p]", others="[p, p], [p, p]"), "Only height and width"),
    "the images of a batch": (pads("[p, p]", "[p, p]", others="[p, p], [0, 0]"), "Only height"),
    "the channels": (pads("[p, p]", "[p, p]", others="[0, 0], [p, p]"), "Only height and width"),
    "before alone": (pads("[p, 0]", "[p, 0]"), "Only some sides"),
    "after alone": (pads("[0, p]", "[0, p]"), "Only some sides"),
    "height alone": (pads("[p, p]", "[0, 0]"), "width is missing"),
    "width alone": (pads("[0, 0]", "[p, p]"), "height is missing"),
    "axes moved": (pads("[0, 0]", "[p, p]", others="[0, 0], [p, p]"), "axes are moved"),
    "axes moved forwards": (pads("[p, p]", "[0, 0]", others="[p, p], [0, 0]"), "axes are moved"),
    "one pixel": (pads("[1, 1]", "[1, 1]"), "half of what `pixels` says"),
    "NumPy": (
        pad("np.pad(x, [(0, 0), (p, p), (p, p), (0, 0)], mode='reflect')"),
        "functions of keras.ops",
    ),
    "NumPy inside": (
        pad(
            "around = [[0, 0], [p, p], [p, p], [0, 0]]",
            "if isinstance(x, keras.KerasTensor): return ops.pad(x, around, 'reflect')",
            "np.pad(x, around, mode='reflect')",
        ),
        "ompiled",
    ),
    "a fixed type": (
        pad('ops.pad(ops.cast(x, "float32"), [[0, 0], [p, p], [p, p], [0, 0]], mode="reflect")'),
        "without a conversion",
    ),
    "unchanged": (pad("x"), "come back as they were"),
    "nothing": (define("reflection_pad", "images, pixels", "ops.mean(images)"), "return"),
    "stopped": (
        pad("x = ops.stop_gradient(x)", 'ops.pad(x, [[0, 0], [p, p], [p, p], [0, 0]], "reflect")'),
        "cut",
    ),
    "twice as much": (pads("[2 * p, 2 * p]", "[2 * p, 2 * p]", "constant"), "each side"),
}


# --- InstanceNormalization ---------------------------------------------------------------------


def norm(*pairs, build=None, call=None):
    """The class with the usual methods, some words of which are others."""
    return f"class InstanceNormalization({NORMALIZATION}" + replaced(
        (build or BUILD) + "\n" + (call or CALL), *pairs
    )


BUILD = """
    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")
        self.offset = self.add_weight(shape=(shape[-1],), initializer="zeros", name="offset")
"""
CALL = """
    def call(self, images):
        mean = ops.mean(images, axis=(1, 2), keepdims=True)
        variance = ops.mean(ops.square(images - mean), axis=(1, 2), keepdims=True)
        return self.scale * (images - mean) / ops.sqrt(variance + self.epsilon) + self.offset
"""
ROOT = "ops.sqrt(variance + self.epsilon)"
MEAN = "mean = ops.mean(images, axis=(1, 2), keepdims=True)"
VARIANCE = "variance = ops.mean(ops.square(images - mean), axis=(1, 2), keepdims=True)"
GROUP = """
class InstanceNormalization(layers.GroupNormalization):
    def __init__(self, epsilon=1e-5, **options):
        super().__init__(groups=-1, epsilon=epsilon, **options)
"""

RIGHT["InstanceNormalization"] = {
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
    "ops.moments": norm(
        (MEAN, "mean, variance = ops.moments(images, axes=[1, 2], keepdims=True)"), (VARIANCE, "")
    ),
    "tf.nn.moments": norm(
        (MEAN, "mean, variance = tf.nn.moments(images, [1, 2], keepdims=True)"), (VARIANCE, "")
    ),
    "tf.nn.batch_normalization": norm(
        call="""
    def call(self, images):
        mean, variance = tf.nn.moments(images, [1, 2], keepdims=True)
        return tf.nn.batch_normalization(
            images, mean, variance, self.offset, self.scale, self.epsilon)
"""
    ),
    "ops.var and rsqrt": norm(
        (VARIANCE, "variance = ops.var(images, axis=(1, 2), keepdims=True)"),
        (f"/ {ROOT}", "* ops.rsqrt(variance + self.epsilon)"),
    ),
    "other names": norm(
        ("self.scale", "self.gamma"), ("self.offset", "self.beta"), ("shape)", "input_shape)"),
        ("(shape[-1],)", "input_shape[-1:]"),
    ),  # fmt: skip
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
    "axes from behind": norm(("axis=(1, 2)", "axis=[-3, -2]")),
    "weights in __init__ by a layer": norm(
        build="""
    def build(self, shape):
        self.weights_of = layers.Layer()
        self.gain, self.shift = (
            self.add_weight(shape=(int(shape[-1]),), initializer=keras.initializers.Constant(value))
            for value in (1.0, 0.0))
        super().build(shape)
""",
        call=CALL.replace("self.scale", "self.gain").replace("self.offset", "self.shift"),
    ),
    "with an argument training": norm(("call(self, images)", "call(self, images, training=None)")),
    "in float32": norm(
        ("        " + MEAN, '        kept = images.dtype\n        images = ops.cast(images, "float32")'
         "\n        " + MEAN),
        ("return ", "return ops.cast("), ("+ self.offset", "+ self.offset, kept)"),
    ),
}  # fmt: skip

WRONG["InstanceNormalization"] = {
    "over the batch": (norm(("axis=(1, 2)", "axis=(0, 1, 2)")), "not over the images"),
    "over the channels": (norm(("axis=(1, 2)", "axis=(1, 2, 3)")), "not over the channels"),
    "over everything": (norm(("axis=(1, 2)", "axis=(0, 1, 2, 3)")), "not over everything"),
    "layer normalization": (norm(("axis=(1, 2)", "axis=-1")), "channels of each pixel"),
    "height alone": (norm(("axis=(1, 2)", "axis=1")), "width is missing"),
    "width alone": (norm(("axis=(1, 2)", "axis=2")), "height is missing"),
    "axes of images without channels first": (norm(("axis=(1, 2)", "axis=(2, 3)")), "count from 0"),
    "axes 0 and 1": (norm(("axis=(1, 2)", "axis=(0, 1)")), "height and width are 1 and 2"),
    "epsilon outside": (norm((ROOT, "(ops.sqrt(variance) + self.epsilon)")), "under the root"),
    "no epsilon": (norm((ROOT, "ops.sqrt(variance)")), "psilon"),
    "epsilon squared": (norm(("+ self.epsilon)", "+ self.epsilon ** 2)")), "not squared"),
    "a fixed epsilon": (norm(("self.epsilon)", "1e-5)")), "always the same"),
    "Keras's epsilon": (norm(("self.epsilon)", "1e-3)")), "always the same"),
    "no root": (norm((ROOT, "(variance + self.epsilon)")), "root is missing"),
    "unbiased": (
        norm((VARIANCE, "count = ops.cast(ops.shape(images)[1] * ops.shape(images)[2], 'float32')\n"
              "        variance = ops.sum(ops.square(images - mean), (1, 2), True) / (count - 1)")),
        "H W - 1",
    ),
    "the mean stays": (
        norm(("self.scale * (images - mean)", "self.scale * images")), "mean is not subtracted",
    ),
    "the mean alone": (norm((f" / {ROOT}", "")), "nothing is divided"),
    "batch normalization": (
        norm(build="""
    def build(self, shape):
        self.inner = layers.BatchNormalization(epsilon=self.epsilon)
        self.inner.build(shape)
""", call="""
    def call(self, images, training=None):
        return self.inner(images, training=training)
"""),
        "",
    ),
    "moving averages": (
        norm(("name=\"offset\")\n", "name=\"offset\")\n        self.moving = self.add_weight("
              "shape=(shape[-1],), initializer='zeros', trainable=False)\n")),
        "No moving averages",
    ),
    "training alone": (
        norm(("call(self, images)", "call(self, images, training=None)"),
             ("        " + MEAN, "        if training: return images\n        " + MEAN)),
        "In training it does the same",
    ),
    "no offset": (
        norm(('        self.offset = self.add_weight(shape=(shape[-1],), initializer="zeros", '
              'name="offset")\n', ""), (" + self.offset", "")),
        "One of both is missing",
    ),
    "the scale is not trained": (
        norm(('name="scale")', 'name="scale", trainable=False)')), "trained weights",
    ),
    "one number for all": (norm(("(shape[-1],)", "()")), "one of each for a channel"),
    "a weight for each pixel": (norm(("(shape[-1],)", "shape[1:]")), "Print the shapes"),
    "a scale of zeros": (norm(('"ones"', '"zeros"')), "begins as ones"),
    "an offset of ones": (norm(('"zeros"', '"ones"')), "begins as zeros"),
    "the scale is not used": (norm(("self.scale * ", "")), "scale is never used"),
    "the offset is not used": (norm((" + self.offset", "")), "offset is never used"),
    "neither is used": (norm(("self.scale * ", ""), (" + self.offset", "")), "never used"),
    "the offset first": (
        norm(("self.scale * (images - mean) / " + ROOT + " + self.offset",
              f"self.scale * ((images - mean) / {ROOT} + self.offset)")),
        "First the scale",
    ),
    "stopped": (
        norm(("        return", "        mean, variance = ops.stop_gradient(mean), "
              "ops.stop_gradient(variance)\n        return")),
        "stop_gradient",
    ),
    "a fixed size": (
        norm((VARIANCE, "variance = ops.sum(ops.square(images - mean), (1, 2), True) / "
              "(images.shape[1] * images.shape[2])")),
        "None",
    ),
    "nothing": (norm(("        return self", "        self")), "return"),
    "a function": (define("InstanceNormalization", "epsilon=1e-5", "return lambda images: images"),
                   "layers.Layer"),
}  # fmt: skip


# --- build_generator ---------------------------------------------------------------------------


def generator(*pairs):
    return replaced(GENERATOR, *pairs)


GENERATOR = """def build_generator(filters, downsamplings, blocks):
    draws = keras.initializers.RandomNormal(stddev=0.02)
    images = keras.Input((None, None, 3))
    x = layers.Conv2D(filters, 7, use_bias=False, kernel_initializer=draws)(reflection_pad(images, 3))
    x = layers.ReLU()(InstanceNormalization()(x))
    for _ in range(downsamplings):
        filters = 2 * filters
        x = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False,
                          kernel_initializer=draws)(x)
        x = layers.ReLU()(InstanceNormalization()(x))
    for _ in range(blocks):
        y = layers.Conv2D(filters, 3, use_bias=False, kernel_initializer=draws)(reflection_pad(x, 1))
        y = layers.ReLU()(InstanceNormalization()(y))
        y = layers.Conv2D(filters, 3, use_bias=False, kernel_initializer=draws)(reflection_pad(y, 1))
        y = InstanceNormalization()(y)
        x = x + y
    for _ in range(downsamplings):
        filters = filters // 2
        x = layers.Conv2DTranspose(filters, 3, strides=2, padding="same", use_bias=False,
                                   kernel_initializer=draws)(x)
        x = layers.ReLU()(InstanceNormalization()(x))
    x = layers.Conv2D(3, 7, kernel_initializer=draws, activation="tanh", dtype="float32")(reflection_pad(x, 3))
    return keras.Model(images, x)
"""
FIRST, INSIDE, SECOND, LAST = (
    "(reflection_pad(images, 3))",
    "        y = layers.Conv2D(filters, 3, use_bias=False, kernel_initializer=draws)(reflection_pad(x, 1))",
    "        y = layers.Conv2D(filters, 3, use_bias=False, kernel_initializer=draws)(reflection_pad(y, 1))",
    "(reflection_pad(x, 3))",
)
RELU = "layers.ReLU()(InstanceNormalization()(x))"
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
RIGHT["build_generator"] = {
    "one after the other": generator(),
    "subclassed": SUBCLASSED,
    "GroupNormalization": generator(
        ("InstanceNormalization()", "layers.GroupNormalization(groups=-1, epsilon=1e-5)")
    ),
    "GroupNormalization of Keras's epsilon": generator(
        ("InstanceNormalization()", "layers.GroupNormalization(groups=-1)")
    ),
    "layers.Add": generator(("x = x + y", "x = layers.Add()([x, y])")),
    "ops": generator(
        (RELU, "ops.relu(InstanceNormalization()(x))"), ("x = x + y", "x = ops.add(x, y)"),
        ('activation="tanh", ', ""),
        ("    return keras.Model(images, x)",
         "    return keras.Model(inputs=images, outputs=ops.tanh(x))"),
    ),
    "TensorFlow's padding, both sides": generator(
        ('        x = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False,\n'
         "                          kernel_initializer=draws)(x)",
         "        x = layers.Conv2D(filters, 3, strides=2, use_bias=False,\n"
         "                          kernel_initializer=draws)(layers.ZeroPadding2D(1)(x))"),
    ),
    "reflected, too, on the way down": generator(
        ('        x = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False,\n'
         "                          kernel_initializer=draws)(x)",
         "        x = layers.Conv2D(filters, 3, strides=2, use_bias=False,\n"
         "                          kernel_initializer=draws)(reflection_pad(x, 1))"),
    ),
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
    "truncated draws": generator(("RandomNormal(", "TruncatedNormal(")),
    "networks in a network": generator(
        ("    return keras.Model(images, x)",
         "    inner = keras.Model(images, x)\n"
         "    outer = keras.Input((None, None, 3))\n"
         "    return keras.Model(outer, inner(outer))"),
    ),
    "padding by symmetry of the border's inside": generator(
        ("reflection_pad(", "mirror("),
    ) + "\n\ndef mirror(x, p):\n"
    "    return ops.pad(x, ((0, 0), (p, p), (p, p), (0, 0)), mode='reflect')\n",
}  # fmt: skip

WRONG["build_generator"] = {
    "zeros around": (
        generator((FIRST, "(images)"), ("(reflection_pad(x, 1))", "(x)"), (LAST, "(x)"),
                  ("(reflection_pad(y, 1))", "(y)"),
                  ("7, ", '7, padding="same", '), ("filters, 3, use", 'filters, 3, padding="same", use')),
        "frame of zeros",
    ),
    "zeros in blocks": (
        generator(("(reflection_pad(x, 1))", "(x)"), ("(reflection_pad(y, 1))", "(y)"),
                  ("filters, 3, use", 'filters, 3, padding="same", use')),
        "in blocks, too",
    ),
    "zeros at first": (
        generator((FIRST, "(images)"), ("(filters, 7, ", '(filters, 7, padding="same", ')),
        "the first one, too",
    ),
    "zeros at the end": (
        generator((LAST, "(x)"), ("(3, 7, ", '(3, 7, padding="same", ')), "the last one, too",
    ),
    "not padded at the end": (generator((LAST, "(x)")), "too small"),
    "not padded in blocks": (
        generator(("(reflection_pad(x, 1))", "(x)"), ("(reflection_pad(y, 1))", "(y)")), "",
    ),
    "nothing added": (generator(("x = x + y", "x = y")), "add what came in"),
    "joined": (
        generator(("x = x + y", "x = layers.Concatenate()([x, y])")), "",
    ),
    "a ReLU behind the block": (
        generator(("x = x + y", "x = layers.ReLU()(x + y)")), "behind the addition",
    ),
    "a ReLU behind the second convolution": (
        generator(("        y = InstanceNormalization()(y)\n",
                   "        y = layers.ReLU()(InstanceNormalization()(y))\n")),
        "behind a block's second convolution",
    ),
    "no ReLU in blocks": (
        generator(("y = layers.ReLU()(InstanceNormalization()(y))", "y = InstanceNormalization()(y)")),
        "ReLU inside the blocks is missing",
    ),
    "no ReLU": (generator(("layers.ReLU()(", "(")), "ReLUs are missing"),
    "LeakyReLU": (generator(("layers.ReLU()(", "layers.LeakyReLU(0.2)(")), "LeakyReLUs"),
    "no tanh": (generator(('activation="tanh", ', "")), "tanh at the end is missing"),
    "sigmoid": (generator(('"tanh"', '"sigmoid"')), "sigmoid"),
    "clipped": (generator(('"tanh"', '"hard_tanh"')), "cut off"),
    "batch normalization": (
        generator(("InstanceNormalization()", "layers.BatchNormalization()")),
        "Use your InstanceNormalization",
    ),
    "layer normalization": (
        generator(("InstanceNormalization()", "layers.LayerNormalization()")),
        "Use your InstanceNormalization",
    ),
    "one group": (
        generator(("InstanceNormalization()", "layers.GroupNormalization(groups=1, epsilon=1e-5)")),
        "channels are normalized together",
    ),
    "no normalization": (
        generator(("layers.ReLU()(InstanceNormalization()(x))", "layers.ReLU()(x)"),
                  ("layers.ReLU()(InstanceNormalization()(y))", "layers.ReLU()(y)"),
                  ("        y = InstanceNormalization()(y)\n", "")),
        "normalizations are missing",
    ),
    "biases": (generator(("use_bias=False, ", ""), (" use_bias=False,", "")), "No bias"),
    "no bias at the end": (generator(("(3, 7, ", "(3, 7, use_bias=False, ")), "has a bias"),
    "normalized at the end": (
        generator(('activation="tanh", dtype="float32")(reflection_pad(x, 3))',
                   'use_bias=False)(reflection_pad(x, 3))\n'
                   '    x = layers.Activation("tanh", dtype="float32")(InstanceNormalization()(x))')),
        "last convolution is not normalized",
    ),
    "upsampling": (
        generator(("x = layers.Conv2DTranspose(filters, 3, strides=2,",
                   "x = layers.Conv2D(filters, 3,"),
                  ("                                   kernel_initializer=draws)(x)",
                   "                  kernel_initializer=draws)(layers.UpSampling2D()(x))")),
        "upsampling",
    ),
    "pooling": (
        generator(("x = layers.Conv2D(filters, 3, strides=2,", "x = layers.Conv2D(filters, 3,"),
                  ("use_bias=False,\n                          kernel_initializer=draws)(x)",
                   "use_bias=False,\n                          kernel_initializer=draws)(layers."
                   "AveragePooling2D(2)(x))")),
        "pooling",
    ),
    "one convolution in a block": (
        generator((INSIDE + "\n        y = layers.ReLU()(InstanceNormalization()(y))\n", ""),
                  ("(reflection_pad(y, 1))", "(reflection_pad(x, 1))")),
        "Blocks are missing",
    ),
    "a block more": (generator(("range(blocks)", "range(blocks + 1)")), "more convolutions"),
    "nine blocks": (generator(("range(blocks)", "range(9)")), "more convolutions"),
    "filters stay": (
        generator(("filters = 2 * filters", "pass"), ("filters = filters // 2", "pass")),
        "doubles the filters",
    ),
    "a kernel of 3 at first": (
        generator(("(filters, 7, ", "(filters, 3, "), (FIRST, "(reflection_pad(images, 1))")),
        "7x7",
    ),
    "kernels of 4": (
        generator(("Conv2DTranspose(filters, 3", "Conv2DTranspose(filters, 4")), "Kernels are 3x3",
    ),
    "one channel": (generator(("Conv2D(3, 7", "Conv2D(1, 7")), "3 filters"),
    "no way up": (
        generator(('        x = layers.Conv2DTranspose(filters, 3, strides=2, padding="same", '
                   "use_bias=False,\n                                   kernel_initializer=draws)(x)",
                   '        x = layers.Conv2D(filters, 3, padding="same", use_bias=False,\n'
                   "                                   kernel_initializer=draws)(x)")),
        "smaller than its margin",
    ),
    "Keras's own draws": (generator((", kernel_initializer=draws)", ")")), "stddev=0.02"),
    "0.2": (generator(("stddev=0.02", "stddev=0.2")), "stddev=0.02"),
    "half precision": (generator((', dtype="float32"', "")), 'dtype="float32"'),
    "a fixed size": (
        generator(("keras.Input((None, None, 3))", "keras.Input((64, 64, 3))")),
        "another shape than it expects",
    ),
    "one for all": (
        generator(("def build_generator(", "@functools.cache\ndef build_generator(")),
        "inside the function",
    ),
    "nothing": (generator(("return keras", "keras")), "return"),
    "frozen": (
        generator(("    return keras.Model(images, x)",
                   "    model = keras.Model(images, x)\n    model.trainable = False\n    return model")),
        "trainable",
    ),
    "other arguments": (generator(("filters, downsamplings, blocks)", "filters)")), "argument"),
}  # fmt: skip

HIDDEN_WRONG["build_generator"] = {
    "a downsampling at least": (
        generator(("range(downsamplings)", "range(max(1, downsamplings))")),
        "",
    ),
}


# --- receptive_field ---------------------------------------------------------------------------


def field(*lines):
    """An answer that ends in `return <last line>`; k and s stand for kernels and strides."""
    *before, last = lines
    body = ["k, s = kernels, strides", *before, f"return {last}"]
    return define("receptive_field", "kernels, strides", *body)


def steps(update, begin="1", order="zip(reversed(k), reversed(s))", end="r"):
    return field(f"r = {begin}", f"for a, b in {order}:", f"    r = {update}", end)


FORWARDS = "for a, b in zip(k, s):"
RIGHT["receptive_field"] = {
    "backwards": steps("(r - 1) * b + a"),
    "by place": field(
        "r = 1", "for i in range(len(k) - 1, -1, -1):", "    r = s[i] * (r - 1) + k[i]", "r"
    ),
    "forwards, by distances": field(
        "r, distance = 1, 1", FORWARDS, "    r += (a - 1) * distance", "    distance *= b", "r"
    ),
    "a sum of products": field("1 + sum((a - 1) * math.prod(s[:i]) for i, a in enumerate(k))"),
    "NumPy": field(
        "distances = np.cumprod([1, *s])[:len(k)]", "int(1 + np.sum((np.array(k) - 1) * distances))"
    ),
    "an integer of NumPy": field(
        "r = np.int64(1)", "for a, b in zip(k[::-1], s[::-1]):", "    r = (r - 1) * b + a", "r"
    ),
    "recursive": field("1 if not k else (receptive_field(k[1:], s[1:]) - 1) * s[0] + k[0]"),
    "first and last pixel": field(
        "first = last = 0", "for a, b in zip(reversed(k), reversed(s)):",
        "    first, last = first * b, last * b + a - 1", "last - first + 1",
    ),
    "functools.reduce": field(
        "functools.reduce(lambda r, layer: (r - 1) * layer[1] + layer[0], "
        "list(zip(k, s))[::-1], 1)"
    ),
    "copies turned round": field(
        "k, s = list(k), list(s)", "r = 1", "while k:", "    r = (r - 1) * s.pop() + k.pop()", "r"
    ),
    "overlaps": steps("r * b + (a - b)"),
}  # fmt: skip

WRONG["receptive_field"] = {
    "the wrong direction": (steps("(r - 1) * b + a", order="zip(k, s)"), "Go backwards"),
    "kernels alone turned": (steps("(r - 1) * b + a", order="zip(reversed(k), s)"), "both turned"),
    "strides alone turned": (steps("(r - 1) * b + a", order="zip(k, reversed(s))"), "both turned"),
    "off by a stride": (
        field("r, distance = 1, 1", FORWARDS, "    distance *= b", "    r += (a - 1) * distance",
              "r"),
        "off by one layer",
    ),
    "no strides": (field("1 + sum(a - 1 for a in k)"), "strides are ignored"),
    "sum": (field("sum(k)"), "sum of the kernels"),
    "product": (field("math.prod(k)"), "product of the kernels"),
    "strides alone": (field("math.prod(s)"), "product of the strides"),
    "the last stride": (
        field("r, distance = 1, 1", FORWARDS, "    r += (a - 1) * distance", "    distance *= b",
              "r * s[-1]"),
        "last stride",
    ),
    "times all strides": (
        field("r, distance = 1, 1", FORWARDS, "    r += (a - 1) * distance", "    distance *= b",
              "r * distance"),
        "once too often",
    ),
    "no minus one": (steps("r * b + a"), "not r_out"),
    "no minus one, from 0": (steps("r * b + a", begin="0"), "not r_out"),
    "kernel less one": (steps("r * b + a - 1"), "whole kernel"),
    "from 0": (steps("(r - 1) * b + a", begin="0"), "Begin with 1"),
    "from the last kernel": (steps("(r - 1) * b + a", begin="k[-1]"), "counts twice"),
    "the kernel multiplied": (steps("(r + a - 1) * b"), "kernel is not multiplied"),
    "plus one": (steps("(r + 1) * b + a"), "not + 1"),
    "half a kernel": (steps("(r - 1) * b + a // 2"), "whole kernel"),
    "exchanged": (steps("(r - 1) * a + b"), "changed places"),
    "without the first": (steps("(r - 1) * b + a", order="list(zip(k, s))[:0:-1]"), "first layer"),
    "without the last": (
        steps("(r - 1) * b + a", order="list(zip(k, s))[-2::-1]"), "last layer is missing",
    ),
    "one less": (steps("(r - 1) * b + a", end="r - 1"), "begin with field = 1"),
    "one more": (steps("(r - 1) * b + a", end="r + 1"), "too many"),
    "a float": (steps("(r - 1) * b + a", begin="1.0"), "floats"),
    "divided": (
        field("r, n = 1, 1", FORWARDS, "    r, n = r + (a - 1) / n, n / b", "r"), "floats",
    ),
    "the area": (steps("(r - 1) * b + a", end="r ** 2"), "whole area"),
    "all layers": (
        define("receptive_field", "kernels, strides", "out, r, d = [], 1, 1",
               "for a, b in zip(kernels, strides):", "    r, d = r + (a - 1) * d, d * b",
               "    out.append(r)", "return out"),
        "One number",
    ),
    "lists turned round": (
        field("k.reverse(); s.reverse()", "r = 1", FORWARDS, "    r = (r - 1) * b + a", "r"),
        "leaves the list",
    ),
    "nothing": (define("receptive_field", "kernels, strides", "sum(kernels)"), "return"),
    "the paper's": (field("70"), ""),
}  # fmt: skip

HIDDEN_WRONG["receptive_field"] = {
    "no empty stack": (
        field("r = k[-1]", "for a, b in zip(k[-2::-1], s[-2::-1]):", "    r = (r - 1) * b + a", "r"),
        "",
    ),
}  # fmt: skip


# --- build_discriminator -----------------------------------------------------------------------


def discriminator(*pairs):
    return replaced(DISCRIMINATOR, *pairs)


DISCRIMINATOR = """def build_discriminator(filters, downsamplings):
    draws = keras.initializers.RandomNormal(stddev=0.02)
    images = keras.Input((None, None, 3))
    x = layers.Conv2D(filters, 4, strides=2, padding="same", kernel_initializer=draws)(images)
    x = layers.LeakyReLU(0.2)(x)
    for level in range(1, downsamplings):
        x = layers.Conv2D(filters * min(2**level, 8), 4, strides=2, padding="same", use_bias=False,
                          kernel_initializer=draws)(x)
        x = InstanceNormalization()(x)
        x = layers.LeakyReLU(0.2)(x)
    x = layers.Conv2D(filters * min(2**downsamplings, 8), 4, padding="same", use_bias=False,
                      kernel_initializer=draws)(x)
    x = InstanceNormalization()(x)
    x = layers.LeakyReLU(0.2)(x)
    x = layers.Conv2D(1, 4, padding="same", kernel_initializer=draws, dtype="float32")(x)
    return keras.Model(images, x)
"""
NORMS = "x = InstanceNormalization()(x)"
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
RIGHT["build_discriminator"] = {
    "one after the other": discriminator(),
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
    "GroupNormalization": discriminator(
        ("InstanceNormalization()", "layers.GroupNormalization(groups=-1, epsilon=1e-5)")
    ),
    "ops": discriminator(("layers.LeakyReLU(0.2)(x)", "ops.leaky_relu(x, 0.2)")),
    "maximum": discriminator(("layers.LeakyReLU(0.2)(x)", "ops.maximum(x, 0.2 * x)")),
    "activation of the layer": discriminator(
        ("kernel_initializer=draws)(images)\n    x = layers.LeakyReLU(0.2)(x)",
         "kernel_initializer=draws,\n                      activation=layers.LeakyReLU(0.2))(images)"),
    ),
    "cast at the end": discriminator(
        (', dtype="float32")(x)\n    return keras.Model(images, x)',
         ")(x)\n    return keras.Model(images, ops.cast(x, 'float32'))"),
    ),
    "a linear activation": discriminator(
        ('dtype="float32")(x)', 'activation="linear", dtype="float32")(x)')
    ),
    "seeded draws": discriminator(
        ("draws = keras.initializers.RandomNormal(stddev=0.02)",
         'draws = lambda shape, dtype="float32": 0.02 * keras.random.normal(shape, dtype=dtype)'),
    ),
}  # fmt: skip

WRONG["build_discriminator"] = {
    "normalized at first": (
        discriminator(("(images)\n", "(images)\n    x = InstanceNormalization()(x)\n")),
        "first layer is not normalized",
    ),
    "normalized at first, without bias": (
        discriminator(("kernel_initializer=draws)(images)\n",
                       "use_bias=False, kernel_initializer=draws)(images)\n"
                       "    x = InstanceNormalization()(x)\n")),
        "first layer is not normalized",
    ),
    "normalized images": (
        discriminator(("(images)\n", "(layers.GroupNormalization(groups=-1, center=False, "
                       "scale=False)(images))\n")),
        "",
    ),
    "normalized at first, without weights": (
        discriminator(("(images)\n", "(images)\n    x = layers.GroupNormalization(groups=-1, "
                       "center=False, scale=False, epsilon=1e-5)(x)\n")),
        "colours and contrast",
    ),
    "no normalization": (
        discriminator((f"        {NORMS}\n", ""), (f"    {NORMS}\n", "")), "normalizations are missing",
    ),
    "biases instead": (
        discriminator((f"        {NORMS}\n", ""), (f"    {NORMS}\n", ""), (" use_bias=False,", "")),
        "Biases instead",
    ),
    "biases": (discriminator((" use_bias=False,", "")), "No bias"),
    "batch normalization": (
        discriminator(("InstanceNormalization()", "layers.BatchNormalization()")),
        "Use your InstanceNormalization",
    ),
    "one group": (
        discriminator(("InstanceNormalization()", "layers.GroupNormalization(groups=1, epsilon=1e-5)")),
        "channels are normalized together",
    ),
    "Keras's slope": (discriminator(("LeakyReLU(0.2)", "LeakyReLU()")), "0.3"),
    "another slope": (discriminator(("LeakyReLU(0.2)", "LeakyReLU(0.01)")), "slope below 0"),
    "ReLU": (discriminator(("LeakyReLU(0.2)", "ReLU()")), "ReLUs"),
    "no activation": (discriminator(("layers.LeakyReLU(0.2)(x)", "x")), "activations are missing"),
    "no activation at first": (
        discriminator(("(images)\n    x = layers.LeakyReLU(0.2)(x)", "(images)")),
        "after the first convolution",
    ),
    "sigmoid": (
        discriminator(('dtype="float32")(x)', 'activation="sigmoid", dtype="float32")(x)')), "sigmoid",
    ),
    "tanh": (
        discriminator(('dtype="float32")(x)', 'activation="tanh", dtype="float32")(x)')), "tanh",
    ),
    "dense": (
        discriminator(("    x = layers.Conv2D(1, 4, padding=\"same\", kernel_initializer=draws, "
                       'dtype="float32")(x)',
                       "    x = layers.GlobalAveragePooling2D()(x)\n"
                       "    x = layers.Dense(1, kernel_initializer=draws)(x)")),
        "no flattening",
    ),
    "averaged": (
        discriminator(("    return", "    x = layers.GlobalAveragePooling2D(keepdims=True)(x)\n"
                       "    return")),
        "too small",
    ),
    "valid": (
        discriminator(('layers.Conv2D(1, 4, padding="same", ', "layers.Conv2D(1, 4, ")), "too small",
    ),
    "two filters": (discriminator(("Conv2D(1, 4", "Conv2D(2, 4")), "1 filters"),
    "kernels of 3": (
        discriminator(("min(2**level, 8), 4", "min(2**level, 8), 3")), "4x4",
    ),
    "a downsampling too many": (
        discriminator(('min(2**downsamplings, 8), 4, ', 'min(2**downsamplings, 8), 4, strides=2, ')),
        "too small",
    ),
    "a downsampling too few": (
        discriminator(("4, strides=2, padding=\"same\", use", "4, padding=\"same\", use")),
        "too large",
    ),
    "the stride of 1 first": (
        discriminator(('filters, 4, strides=2', 'filters, 4, strides=1'),
                      ("min(2**downsamplings, 8), 4,", "min(2**downsamplings, 8), 4, strides=2,")),
        "strided convolutions come first",
    ),
    "no limit": (
        discriminator(("min(2**level, 8)", "2**level"), ("min(2**downsamplings, 8)", "2**downsamplings")),
        "eight times",
    ),
    "filters stay": (
        discriminator((" * min(2**level, 8)", ""), (" * min(2**downsamplings, 8)", "")),
        "twice as many",
    ),
    "without the last but one": (
        discriminator(("    x = layers.Conv2D(filters * min(2**downsamplings, 8), 4, padding=\"same\", "
                       "use_bias=False,\n                      kernel_initializer=draws)(x)\n"
                       "    x = InstanceNormalization()(x)\n    x = layers.LeakyReLU(0.2)(x)\n", "")),
        "A convolution is missing",
    ),
    "pooling": (
        discriminator(("4, strides=2, padding=\"same\", use_bias=False,\n                          "
                       "kernel_initializer=draws)(x)",
                       "4, padding=\"same\", use_bias=False,\n                          "
                       "kernel_initializer=draws)(layers.MaxPooling2D(2)(x))")),
        "pooling",
    ),
    "Keras's own draws": (discriminator((", kernel_initializer=draws", "")), "stddev=0.02"),
    "half precision": (discriminator((', dtype="float32"', "")), 'dtype="float32"'),
    "a fixed size": (
        discriminator(("(None, None, 3)", "(32, 32, 3)")), "another shape than it expects",
    ),
    "nothing": (discriminator(("return keras", "keras")), "return"),
    "one for all": (
        discriminator(("def build_disc", "@functools.cache\ndef build_disc")), "inside the function",
    ),
}  # fmt: skip


# --- adversarial_loss --------------------------------------------------------------------------


def adversarial(*lines):
    """An answer that ends in `return <last line>`; x and t stand for logits and the target."""
    *before, last = lines
    body = ["x, t = logits, float(target_is_real)", *before, f"return {last}"]
    return define("adversarial_loss", "logits, target_is_real", *body)


RIGHT["adversarial_loss"] = {
    "keras.ops": adversarial("ops.mean(ops.square(x - t))"),
    "a power": adversarial("ops.mean((x - t) ** 2)"),
    "TensorFlow": adversarial("tf.reduce_mean(tf.math.squared_difference(x, t))"),
    "if": adversarial("ops.mean(ops.square(x - 1)) if target_is_real else ops.mean(ops.square(x))"),
    "Keras's loss": adversarial(
        "x = ops.convert_to_tensor(x)",
        "target = ops.ones_like(x) if target_is_real else ops.zeros_like(x)",
        "keras.losses.MeanSquaredError(dtype=x.dtype)(target, x)",
    ),
    "Keras's function": adversarial(
        "x = ops.convert_to_tensor(x)",
        "ops.mean(keras.losses.mean_squared_error(ops.full_like(x, t), x))",
    ),
    "sum over number": adversarial(
        "x = tf.convert_to_tensor(x)",
        "tf.reduce_sum((x - t) ** 2) / tf.cast(tf.size(x), x.dtype)",
    ),
    "opened": adversarial("ops.mean(x * x) - 2 * t * ops.mean(x) + t"),
    "where": adversarial(
        "x = ops.convert_to_tensor(x)",
        "ops.mean(ops.where(target_is_real, (1 - x) ** 2, x ** 2))",
    ),
    "one axis after the other": adversarial(
        "x = ops.square(x - t)", "while len(x.shape): x = ops.mean(x, axis=-1)", "x"
    ),
    "lambda": "adversarial_loss = lambda logits, target_is_real: (\n"
    "    ops.mean(ops.square(logits - (1.0 if target_is_real else 0.0))))\n",
}

BCE = "bce = keras.losses.BinaryCrossentropy(from_logits=True)"
WRONG["adversarial_loss"] = {
    "reversed": (adversarial("ops.mean(ops.square(x - (1 - t)))"), "reversed"),
    "cross-entropy": (
        adversarial(BCE, "bce(ops.full_like(x, t), x)"), "cross-entropy",
    ),
    "softplus": (adversarial("ops.mean(ops.softplus(x) - t * x)"), "cross-entropy"),
    "halved": (adversarial("ops.mean(ops.square(x - t)) / 2"), "Nothing is halved"),
    "absolute": (adversarial("ops.mean(ops.abs(x - t))"), "absolute"),
    "sum": (adversarial("ops.sum(ops.square(x - t))"), "sum"),
    "sum over maps": (
        adversarial("x = ops.convert_to_tensor(x)", "n = ops.shape(x)[0]",
                    "ops.sum(ops.square(x - t)) / ops.cast(n, x.dtype)"),
        "sum over the map",
    ),
    "for each image": (adversarial("ops.mean(ops.square(x - t), axis=(1, 2, 3))"
                                   " if len(x.shape) == 4 else ops.square(x - t)"), "Many numbers"),
    "not averaged": (adversarial("ops.square(x - t)"), "Many numbers"),
    "keepdims": (adversarial("ops.mean(ops.square(x - t), keepdims=True)"), "keepdims"),
    "sigmoid": (adversarial("ops.mean(ops.square(ops.sigmoid(x) - t))"), "sigmoid"),
    "root": (adversarial("ops.sqrt(ops.mean(ops.square(x - t)))"), "root"),
    "mean first": (adversarial("ops.square(ops.mean(x) - t)"), "mean is taken first"),
    "no square": (adversarial("ops.mean(x - t)"), "square is missing"),
    "minus one": (adversarial("ops.mean(ops.square(x - (2 * t - 1)))"), "not -1"),
    "smoothed": (adversarial("ops.mean(ops.square(x - 0.9 * t))"), "smoothing"),
    "always real": (adversarial("ops.mean(ops.square(x - 1))"), "always the same"),
    "always generated": (adversarial("ops.mean(ops.square(x))"), "always the same"),
    "hinge": (adversarial("ops.mean(ops.relu(1 - (2 * t - 1) * x))"), "hinge"),
    "Wasserstein": (adversarial("ops.mean((1 - 2 * t) * x)"), "Wasserstein"),
    "sign": (adversarial("-ops.mean(ops.square(x - t))"), "sign"),
    "clipped": (adversarial("ops.mean(ops.square(ops.clip(x, -10, 10) - t))"), "clip"),
    "NumPy": (adversarial("np.mean(np.square(x - t))"), "NumPy can't compute"),
    "a float": (adversarial("float(ops.mean(ops.square(x - t)))"), "keras.ops"),
    "stopped": (adversarial("ops.mean(ops.square(ops.stop_gradient(x) - t))"), "cut"),
    "nothing": (define("adversarial_loss", "logits, target_is_real", "ops.mean(logits)"), "return"),
    "one argument": (define("adversarial_loss", "logits", "return ops.mean(logits)"), "arguments"),
}  # fmt: skip


# --- cycle_loss and identity_loss --------------------------------------------------------------


def losses(name, second, weight):
    """Right and wrong answers of a loss; x and y stand for its arguments."""

    def loss(*lines):
        *before, last = lines
        body = [f"x, y = images, {second}", *before, f"return {last}"]
        return define(name, f"images, {second}", *body)

    right = {
        "keras.ops": loss("ops.mean(ops.abs(x - y))"),
        "the other way round": loss("ops.mean(ops.absolute(y - x))"),
        "TensorFlow": loss("tf.reduce_mean(tf.abs(x - y))"),
        "Keras's loss": loss("keras.losses.MeanAbsoluteError(dtype=x.dtype.name)(x, y)"),
        "Keras's function": loss("ops.mean(keras.losses.mean_absolute_error(x, y))"),
        "maximum": loss("ops.mean(ops.maximum(x, y) - ops.minimum(x, y))"),
        "relu": loss("ops.mean(ops.relu(x - y) + ops.relu(y - x))"),
        "sum over number": loss(
            "d = tf.abs(tf.convert_to_tensor(x) - y)",
            "tf.reduce_sum(d) / tf.cast(tf.size(d), d.dtype)",
        ),
        "one axis after the other": loss(
            "d = ops.abs(x - y)",
            "ops.mean(ops.mean(ops.mean(ops.mean(d, axis=3), axis=2), axis=1), axis=0)",
        ),
        "where": loss("ops.mean(ops.where(x > y, x - y, y - x))"),
        "lambda": f"{name} = lambda images, {second}: ops.mean(ops.abs(images - {second}))\n",
    }
    wrong = {
        "squares": (loss("ops.mean(ops.square(x - y))"), "squares"),
        "root": (loss("ops.sqrt(ops.mean(ops.square(x - y)))"), "root"),
        "lengths of pixels": (
            loss("ops.mean(ops.sqrt(ops.sum(ops.square(x - y), axis=-1)))"), "each pixel",
        ),
        "sum": (loss("ops.sum(ops.abs(x - y))"), "sum"),
        "sum over each image": (
            loss("ops.mean(ops.sum(ops.abs(x - y), axis=(1, 2, 3)))"), "sum over each image",
        ),
        "sum over colours": (
            loss("ops.mean(ops.sum(ops.abs(x - y), axis=-1))"), "sum over the colours",
        ),
        "for each image": (loss("ops.mean(ops.abs(x - y), axis=(1, 2, 3))"), "one"),
        "not averaged": (loss("ops.abs(x - y)"), "Many numbers"),
        "keepdims": (loss("ops.mean(ops.abs(x - y), keepdims=True)"), "keepdims"),
        "weighted": (loss(f"{weight} * ops.mean(ops.abs(x - y))"), f"factor of {weight}"),
        "of the other loss": (loss(f"{15 - weight} * ops.mean(ops.abs(x - y))"), "factor of"),
        "halved": (loss("ops.mean(ops.abs(x - y)) / 2"), "halved"),
        "both signs": (loss("ops.mean(x - y)"), "both signs"),
        "absolute too late": (loss("ops.abs(ops.mean(x - y))"), "cancel out"),
        "maximum": (loss("ops.max(ops.abs(x - y))"), "largest"),
        "difference of absolutes": (
            loss("ops.mean(ops.abs(ops.abs(x) - ops.abs(y)))"), "of absolute values",
        ),
        "sum of both": (loss("ops.mean(ops.abs(x + y))"), "subtracted"),
        "sign": (loss("-ops.mean(ops.abs(x - y))"), "sign"),
        "Huber": (
            loss("d = ops.abs(x - y)", "ops.mean(ops.where(d < 1, d * d / 2, d - 0.5))"), "Huber",
        ),
        "NumPy": (loss("np.mean(np.abs(x - y))"), "NumPy can't compute"),
        "a float": (loss("float(ops.mean(ops.abs(x - y)))"), "keras.ops"),
        "stopped": (loss("ops.mean(ops.abs(ops.stop_gradient(x) - y))"), "cut"),
        "stopped behind": (loss("ops.mean(ops.abs(x - ops.stop_gradient(y)))"), "cut"),
        "nothing": (define(name, f"images, {second}", f"ops.mean(images - {second})"), "return"),
    }  # fmt: skip
    return right, wrong


RIGHT["cycle_loss"], WRONG["cycle_loss"] = losses("cycle_loss", "cycled", 10)
RIGHT["identity_loss"], WRONG["identity_loss"] = losses("identity_loss", "mapped", 5)


# --- ImagePool ---------------------------------------------------------------------------------


def pool(*pairs, body=None, given=POOL):
    """The class with these lines as the body of `call`, some words of which are others."""
    return f"class ImagePool({given}" + indented(replaced(body or POOLED, *pairs), 8)


POOLED = """count = ops.shape(images)[0]
coins = keras.random.uniform((self.size,), seed=self.seed_generator)[:count]
draws = keras.random.uniform((self.size,), seed=self.seed_generator)
next_place = self.seen + ops.arange(count, dtype="int32")
room = next_place < self.size
filled = ops.arange(self.size, dtype="int32") < self.seen
order = ops.cast(ops.argsort(ops.where(filled, draws, 2.0)), "int32")
place = ops.where(room, next_place, ops.take(order, ops.maximum(next_place - self.size, 0)))
swap = ops.logical_and(ops.logical_not(room), coins < 0.5)
older = ops.take(self.images, place, axis=0)
kept = ops.logical_or(room, swap)[:, None, None, None]
written = ops.where(kept, images, older)
self.images.assign(ops.scatter_update(self.images, place[:, None], written))
self.seen.assign(ops.minimum(self.seen + count, self.size))
return ops.where(swap[:, None, None, None], older, images)"""
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

PRELUDE += pool()

RIGHT["ImagePool"] = {
    "as in the hints": pool(),
    "a loop": pool(body=LOOP),
    "a matrix": pool(body=MATRIX),
    "passed on in the batch that fills it": pool(body=LATER),
    "coins the other way round": pool(("coins < 0.5", "coins >= 0.5")),
    "Bernoulli": pool(
        ("coins = keras.random.uniform((self.size,), seed=self.seed_generator)[:count]",
         "coins = keras.random.randint((self.size,), 0, 2, seed=self.seed_generator)[:count]"),
        ("coins < 0.5", "coins == 1"),
    ),
    "stateless draws": pool(
        ("coins = keras.random.uniform((self.size,), seed=self.seed_generator)[:count]",
         "coins, draws = tf.unstack(tf.random.stateless_uniform(\n"
         "    (2, self.size), ops.cast(self.seed_generator.next(), 'int32')))\n"
         "coins = coins[:count]"),
        ("draws = keras.random.uniform((self.size,), seed=self.seed_generator)\n", ""),
    ),
    "shuffled": pool(
        ("order = ops.cast(ops.argsort(ops.where(filled, draws, 2.0)), \"int32\")",
         "order = keras.random.shuffle(ops.arange(self.size), seed=self.seed_generator)\n"
         "order = ops.take(order, ops.argsort(ops.cast(order >= self.seen, 'int32')))"),
    ),
    "TensorFlow's updates": pool(
        ("self.images.assign(ops.scatter_update(self.images, place[:, None], written))",
         "self.images.assign(tf.tensor_scatter_nd_update(self.images, place[:, None], written))"),
        ("ops.take(self.images, place, axis=0)", "tf.gather(self.images, place)"),
        ("ops.shape(images)[0]", "tf.shape(images)[0]"),
    ),
    "seen goes on": pool(
        ("self.seen.assign(ops.minimum(self.seen + count, self.size))",
         "self.seen.assign_add(count)"),
        ("order, ops.maximum(next_place - self.size, 0)",
         "order, ops.maximum(ops.minimum(self.seen, self.size) + ops.arange(count, dtype='int32')"
         " - self.size, 0)"),
    ),
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
HOLDER = "class Held(list):\n    pass\n\n"
# No image is known to be there twice, whatever the coin says.
HALF = "coins < 0.5"

WRONG["ImagePool"] = {
    "always new": (pool(body="return images"), "never an older one"),
    "never swapped": (pool((HALF, "coins < 0")), "never an older one"),
    "always swapped": (pool((HALF, "coins < 2")), "only older ones"),
    "a quarter": (pool((HALF, "coins < 0.25")), "probability one half"),
    "three quarters": (pool((HALF, "coins < 0.75")), "probability one half"),
    "new ones go in, and out": (
        pool(("return ops.where(swap[:, None, None, None], older, images)", "return images")),
        "never an older one",
    ),
    "not replaced": (
        pool(("written = ops.where(kept, images, older)",
              "written = ops.where(room[:, None, None, None], images, older)")),
        "place",
    ),
    "another one replaced": (
        pool(("self.images.assign(ops.scatter_update(self.images, place[:, None], written))",
              "there = ops.where(room, place, (place + 1) % self.size)\n"
              "written = ops.where(kept, images, ops.take(self.images, there, axis=0))\n"
              "self.images.assign(ops.scatter_update(self.images, there[:, None], written))")),
        "takes the place of just that older one",
    ),
    "kept whatever the coin says": (
        pool(("written = ops.where(kept, images, older)", "written = images")), "kept only if swapped",
    ),
    "zeros while it fills": (
        pool(("return ops.where(swap[:, None, None, None], older, images)",
              "return ops.where(ops.logical_or(room, swap)[:, None, None, None], older, images)")),
        "As long as there is room",
    ),
    "older ones while it fills": (
        pool(("swap = ops.logical_and(ops.logical_not(room), coins < 0.5)",
              "swap = coins < 0.5")),
        "As long as there is room",
    ),
    "never filled": (
        pool(("self.seen.assign(ops.minimum(self.seen + count, self.size))", "pass")), "",
    ),
    "one coin for all": (
        pool(("seed=self.seed_generator)[:count]", "seed=self.seed_generator)[:1]")),
        "One coin for the whole batch",
    ),
    "always the first place": (
        pool(("draws = keras.random.uniform((self.size,), seed=self.seed_generator)",
              "draws = ops.cast(ops.arange(self.size), 'float32') / 100")),
        "same place",
    ),
    "the oldest": (
        pool(("draws = keras.random.uniform((self.size,), seed=self.seed_generator)",
              "draws = ops.cast((ops.arange(self.size) - self.turn) % self.size, 'float32') / 100\n"
              "self.turn.assign_add(ops.cast(ops.sum(ops.cast(coins < 0.5, 'int32')) * ops.cast("
              "self.seen >= self.size, 'int32'), 'int32'))"),
             given=POOL.replace("        self.seed_gen", "        self.turn = self.add_weight(shape=(), "
                                "initializer='zeros', dtype='int32', trainable=False)\n"
                                "        self.seed_gen")),
        "oldest image first",
    ),
    "the first half": (
        pool(("ops.argsort(ops.where(filled, draws, 2.0))",
              "ops.argsort(ops.where(filled, ops.where(ops.arange(self.size) < 3, draws, 1.5), 2.0))")),
        "as often as others",
    ),
    "the same coins": (
        pool(("coins = keras.random.uniform((self.size,), seed=self.seed_generator)",
              "coins = keras.random.uniform((self.size,), seed=1)")),
        "at every call anew",
    ),
    "places filled in the same batch": (
        pool(("order = ops.cast(ops.argsort(ops.where(filled, draws, 2.0)), \"int32\")",
              "order = ops.cast(ops.argsort(draws), 'int32')")),
        "filled in this very call",
    ),
    "read after writing": (
        pool(("older = ops.take(self.images, place, axis=0)\n", ""),
             ("written = ops.where(kept, images, older)",
              "before = ops.take(self.images, place, axis=0)\n"
              "written = ops.where(kept, images, before)"),
             ("return ops", "older = ops.take(self.images, place, axis=0)\nreturn ops")),
        "never an older one",
    ),
    "places that may be the same": (
        pool(("order = ops.cast(ops.argsort(ops.where(filled, draws, 2.0)), \"int32\")",
              "order = ops.cast(draws * ops.cast(ops.maximum(self.seen, 1), 'float32'), 'int32')")),
        "place",
    ),
    "a mixture": (
        pool(("older, images)", "(older + images) / 2, images)")), "no mixtures",
    ),
    "a list": (HOLDER + pool(body=PYTHON, given=HELD), "image"),
    "Python's coins": (
        pool(("coins < 0.5", "coins < (0.0 if random.random() < 0.5 else 1.0)")), "",
    ),
    "NumPy's coins": (
        pool(("coins = keras.random.uniform((self.size,), seed=self.seed_generator)[:count]",
              "coins = ops.convert_to_tensor(np.random.default_rng().uniform(size=self.size), "
              "'float32')[:count]")),
        "never again",
    ),
    "TensorFlow's own draws": (
        pool(("coins = keras.random.uniform((self.size,), seed=self.seed_generator)",
              "coins = tf.random.uniform((self.size,))"),
             ("draws = keras.random.uniform((self.size,), seed=self.seed_generator)",
              "draws = tf.random.uniform((self.size,))")),
        "same images from pools of one seed",
    ),
    "a seed of its own": (
        pool(given=POOL.replace("SeedGenerator(seed)", "SeedGenerator(0)")), "another seed",
    ),
    "if": (
        pool(body="if self.seen < self.size:\n    self.seen.assign_add(1)\nreturn images"), "",
    ),
    "a fixed batch": (pool(("ops.shape(images)[0]", "1")), ""),
    "the size of a batch in Python": (pool(("ops.shape(images)[0]", "images.shape[0]")), ""),
    "the mean": (pool(("return ops", "images = ops.mean(images, 0, keepdims=True)\nreturn ops")), ""),
    "nothing": (pool(("return ops", "ops")), "return"),
}  # fmt: skip


# --- CycleGAN ----------------------------------------------------------------------------------


def cyclegan(*pairs, body=None, given=STEP, further=""):
    """The class with other words in its training step; further: methods after it."""
    return f"class CycleGAN({given}" + indented(replaced(body or PLAIN, *pairs), 8) + further


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
APPLY = """self.a_to_b_optimizer.apply(gradients[0], first)
self.b_to_a_optimizer.apply(gradients[1], second)
"""
POOLS = "old_a, old_b = self.pool_a(fake_a), self.pool_b(fake_b)"
BOTH_STEPS = PLAIN.split("\n\n")
GENERATORS_STEP = BOTH_STEPS[0]
JUDGES_STEP = "\n".join(BOTH_STEPS[1:]).rsplit("\n", 1)[0]
TRACK = PLAIN.rsplit("\n", 1)[1]
HINTS = """real_a, real_b = images
with tf.GradientTape() as tape:
    fake_b, same_b = self.twice(self.a_to_b, real_a, real_b)
    fake_a, same_a = self.twice(self.b_to_a, real_b, real_a)
    cycled_a = self.b_to_a(fake_b, training=True)
    cycled_b = self.a_to_b(fake_a, training=True)
    passing = [adversarial_loss(judge(fake, training=True), True) for judge, fake in
               ((self.discriminator_a, fake_a), (self.discriminator_b, fake_b))]
    back = [cycle_loss(real_a, cycled_a), cycle_loss(real_b, cycled_b)]
    alone = [identity_loss(real_a, same_a), identity_loss(real_b, same_b)]
    loss = sum(passing) + self.cycle_weight * sum(back) + self.identity_weight * sum(alone)
networks = [self.a_to_b, self.b_to_a]
optimizers = [self.a_to_b_optimizer, self.b_to_a_optimizer]
slopes = tape.gradient(loss, [network.trainable_variables for network in networks])
for network, optimizer, slope in zip(networks, optimizers, slopes):
    optimizer.apply_gradients(zip(slope, network.trainable_variables))
judging = []
for real, fake, pool, network, optimizer in (
        (real_a, fake_a, self.pool_a, self.discriminator_a, self.discriminator_a_optimizer),
        (real_b, fake_b, self.pool_b, self.discriminator_b, self.discriminator_b_optimizer)):
    shown = pool(fake)
    with tf.GradientTape() as tape:
        of_real, of_fake = self.twice(network, real, shown)
        judging.append(0.5 * adversarial_loss(of_real, True) + 0.5 * adversarial_loss(of_fake, False))
    weights = network.trainable_weights
    optimizer.apply(tape.gradient(judging[-1], weights), weights)
return self.track(*(ops.mean(ops.stack(each)) for each in (passing, back, alone, judging)))"""
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
return self.track((adv_g + adv_f) / 2, (cycle_a + cycle_b) / 2, (id_g + id_f) / 2, (d_a + d_b) / 2)"""
METHODS = """
    def translate(self, a, b):
        fake_b, same_b = self.twice(self.a_to_b, a, b)
        fake_a, same_a = self.twice(self.b_to_a, b, a)
        return fake_a, fake_b, same_a, same_b

    def judge_step(self, network, optimizer, real, fake):
        with tf.GradientTape() as tape:
            of_real, of_fake = self.twice(network, real, fake)
            loss = (adversarial_loss(of_real, True) + adversarial_loss(of_fake, False)) / 2
        optimizer.apply(tape.gradient(loss, network.trainable_variables), network.trainable_variables)
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
loss_a = self.judge_step(self.discriminator_a, self.discriminator_a_optimizer, a, self.pool_a(fake_a))
loss_b = self.judge_step(self.discriminator_b, self.discriminator_b_optimizer, b, self.pool_b(fake_b))
return self.track(adversarial, cycle, identity, (loss_a + loss_b) / 2)"""

RIGHT["CycleGAN"] = {
    "one after the other": cyclegan(),
    "two batches in a call, in a loop": cyclegan(body=HINTS),
    "a loss for each, one tape": cyclegan(body=OWN_LOSSES),
    "in methods": cyclegan(body=IN_METHODS, further=METHODS),
    "apply_gradients": cyclegan(
        ("optimizer.apply(gradients[0], first)", "optimizer.apply_gradients(zip(gradients[0], first))"),
        ("optimizer.apply(gradients[1], second)",
         "optimizer.apply_gradients(zip(gradients[1], second))"),
    ),
    "a persistent tape": cyclegan(
        ("tf.GradientTape() as tape:\n    fake_b", "tf.GradientTape(persistent=True) as tape:\n    fake_b"),
        ("gradients = tape.gradient(loss, [first, second])",
         "gradients = [tape.gradient(loss, first), tape.gradient(loss, second)]"),
    ),
    "two tapes": cyclegan(
        ("with tf.GradientTape() as tape:\n    fake_b",
         "with tf.GradientTape() as tape, tf.GradientTape() as other:\n    fake_b"),
        ("gradients = tape.gradient(loss, [first, second])",
         "gradients = tape.gradient(loss, first), other.gradient(loss, second)"),
    ),
    "gradients stopped into the discriminators": cyclegan(
        (POOLS, "old_a = self.pool_a(ops.stop_gradient(fake_a))\n"
         "old_b = self.pool_b(tf.stop_gradient(fake_b))"),
    ),
    "pools inside the tape": cyclegan(
        (POOLS + "\n", ""), ("(old_a,", "(self.pool_a(fake_a),"), ("(old_b,", "(self.pool_b(fake_b),"),
    ),
    "the pools first": cyclegan(
        (POOLS + "\n", ""), ("first, second = self", POOLS + "\nfirst, second = self"),
    ),
    "gradients first, then all updates": cyclegan(
        (APPLY, ""), ("return self.track", APPLY + "return self.track"),
    ),
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
    "trackers by hand": cyclegan(
        ("return self.track(", "values = ("),
        ("(loss_a + loss_b) / 2)", "(loss_a + loss_b) / 2)\n"
         "for tracker, value in zip(self.trackers, values):\n    tracker.update_state(value)\n"
         "return {tracker.name: tracker.result() for tracker in self.trackers}"),
    ),
    "three translations in a call": cyclegan(
        ("    fake_a = self.b_to_a(b, training=True)\n", ""),
        ("    fake_b = self.a_to_b(a, training=True)\n",
         "    fake_a = self.b_to_a(b, training=True)\n"
         "    joined = self.a_to_b(ops.concatenate([a, b, fake_a]), training=True)\n"
         "    fake_b, same_b, cycled_b = ops.split(joined, 3)\n"),
        ("    cycled_b = self.a_to_b(fake_a, training=True)\n", ""),
        ("    same_b = self.a_to_b(b, training=True)\n", ""),
    ),
    "a tf.function": cyclegan().replace("    def train_step", "    @tf.function\n    def train_step"),
    "weights before the sum": cyclegan(
        ("    cycle = cycle_loss", "    cycle = 1.0 * cycle_loss"),
        ("self.identity_weight * identity",
         "ops.multiply(self.identity_weight, identity_loss(b, same_b)) + "
         "self.identity_weight * identity_loss(a, same_a)"),
    ),
    "tapes that watch what they are told": cyclegan(
        ("a, b = images\nwith tf.GradientTape() as tape:\n",
         "a, b = images\nwith tf.GradientTape(watch_accessed_variables=False) as tape:\n"
         "    tape.watch([v.value for v in self.a_to_b.trainable_variables\n"
         "                + self.b_to_a.trainable_variables])\n"),
    ),
    "a dict of networks": cyclegan(
        ("first, second = self.a_to_b.trainable_variables, self.b_to_a.trainable_variables",
         "first, second = (list(each.trainable_weights) for each in (self.a_to_b, self.b_to_a))"),
        ("tape.gradient(loss, [first, second])", "tape.gradient(loss, {0: first, 1: second})"),
    ),
}  # fmt: skip

WRONG["CycleGAN"] = {
    "the cycle beside the other heap": (
        cyclegan(("cycle_loss(a, cycled_a) + cycle_loss(b, cycled_b)",
                  "cycle_loss(b, cycled_a) + cycle_loss(a, cycled_b)")),
        "A cycle ends where it began",
    ),
    "one cycle beside the other heap": (
        cyclegan(("cycle_loss(a, cycled_a)", "cycle_loss(b, cycled_a)")), "A cycle ends where it began",
    ),
    "the other cycle beside the other heap": (
        cyclegan(("cycle_loss(b, cycled_b)", "cycle_loss(a, cycled_b)")), "A cycle ends where it began",
    ),
    "one cycle": (cyclegan((" + cycle_loss(b, cycled_b)", "")), "cycle from B"),
    "the other cycle": (cyclegan(("cycle_loss(a, cycled_a) + ", "")), "cycle from A"),
    "no cycle": (cyclegan((" + self.cycle_weight * cycle", "")), "cycle loss is missing"),
    "no identity": (cyclegan((" + self.identity_weight * identity", "")), "identity loss is missing"),
    "one identity": (cyclegan((" + identity_loss(b, same_b)", "")), "L_id(b, G(b))"),
    "the other identity": (cyclegan(("identity_loss(a, same_a) + ", "")), "L_id(a, F(a))"),
    "identity of translations": (
        cyclegan(("identity_loss(a, same_a) + identity_loss(b, same_b)",
                  "identity_loss(a, fake_b) + identity_loss(b, fake_a)")),
        "generator's own domain",
    ),
    "identity beside the other heap": (
        cyclegan(("identity_loss(a, same_a) + identity_loss(b, same_b)",
                  "identity_loss(b, same_a) + identity_loss(a, same_b)")),
        "compares G(b) with b",
    ),
    "identity by the wrong generator": (
        cyclegan(("same_a = self.b_to_a(a,", "same_a = self.a_to_b(a,"),
                 ("same_b = self.a_to_b(b,", "same_b = self.b_to_a(b,")),
        "generator's own domain",
    ),
    "pairs that are none": (
        cyclegan(("identity_loss(a, same_a) + identity_loss(b, same_b)",
                  "identity_loss(a, fake_a) + identity_loss(b, fake_b)")),
        "nobody knows",
    ),
    "targets reversed": (
        cyclegan(("adversarial_loss(judged_a, True) + adversarial_loss(judged_b, True)",
                  "adversarial_loss(judged_a, False) + adversarial_loss(judged_b, False)")),
        "target is turned round",
    ),
    "discriminators exchanged": (
        cyclegan(("self.discriminator_a(fake_a, training=True)\n    judged_b = "
                  "self.discriminator_b(fake_b,",
                  "self.discriminator_a(fake_b, training=True)\n    judged_b = "
                  "self.discriminator_b(fake_a,")),
        "discriminators have changed places",
    ),
    "no adversarial loss": (
        cyclegan(("loss = adversarial + self", "loss = self")), "Both adversarial losses are missing",
    ),
    "one adversarial loss": (
        cyclegan(("adversarial_loss(judged_a, True) + ", "")), "adversarial loss of F(b) is missing",
    ),
    "cycles judged": (
        cyclegan(("discriminator_a(fake_a, training=True)\n    judged", "discriminator_a(cycled_a, "
                  "training=True)\n    judged"),
                 ("judged_b = self.discriminator_b(fake_b,", "judged_b = self.discriminator_b(cycled_b,")),
        "translated back is not asked",
    ),
    "identities judged": (
        cyclegan(("discriminator_a(fake_a, training=True)\n    judged", "discriminator_a(same_a, "
                  "training=True)\n    judged"),
                 ("judged_b = self.discriminator_b(fake_b,", "judged_b = self.discriminator_b(same_b,")),
        "G(b) and F(a) is not asked",
    ),
    "the cycle's weight missing": (
        cyclegan(("self.cycle_weight * cycle", "cycle")), "cycle_weight is missing",
    ),
    "the identity's weight missing": (
        cyclegan(("self.identity_weight * identity", "identity")), "identity_weight is missing",
    ),
    "both weights missing": (
        cyclegan(("self.cycle_weight * cycle", "cycle"), ("self.identity_weight * identity", "identity")),
        "Both weights are missing",
    ),
    "weights exchanged": (
        cyclegan(("self.cycle_weight * cycle", "self.identity_weight * cycle"),
                 ("self.identity_weight * identity", "self.cycle_weight * identity")),
        "weights have changed places",
    ),
    "ten": (cyclegan(("self.cycle_weight *", "10 *")), "not always 10"),
    "five": (cyclegan(("self.identity_weight *", "5 *")), "not always 5"),
    "ten and five": (
        cyclegan(("self.cycle_weight *", "10 *"), ("self.identity_weight *", "5 *")),
        "not always 10 and 5",
    ),
    "weighted twice": (
        cyclegan(("self.identity_weight *", "self.cycle_weight * self.identity_weight *")),
        "not by cycle_weight as well",
    ),
    "half of the cycle's weight": (
        cyclegan(("self.identity_weight *", "0.5 * self.cycle_weight *")), "half of cycle_weight",
    ),
    "a mean for the gradient": (
        cyclegan(("loss = adversarial + self.cycle_weight * cycle + self.identity_weight * identity",
                  "loss = (adversarial + self.cycle_weight * cycle + self.identity_weight * "
                  "identity) / 2")),
        "sum is not halved",
    ),
    "uphill": (
        cyclegan(("    loss = adversarial + self.cycle_weight * cycle + self",
                  "    loss = -adversarial - self.cycle_weight * cycle - self")), "uphill",
    ),
    "cycles of half": (
        cyclegan(("cycle_loss(a, cycled_a) + cycle_loss(b, cycled_b)",
                  "(cycle_loss(a, cycled_a) + cycle_loss(b, cycled_b)) / 2")),
        "summed, not averaged",
    ),
    "a loss of each generator's own": (
        cyclegan(body=OWN_LOSSES).replace("loss_g = adv_g + cycles", "loss_g = adv_g + self.cycle_weight * cycle_b")
        .replace("loss_f = adv_f + cycles", "loss_f = adv_f + self.cycle_weight * cycle_a"),
        "or each generator has a loss of its own",
    ),
    "the cycle cut off": (
        cyclegan(("self.b_to_a(fake_b,", "self.b_to_a(ops.stop_gradient(fake_b),"),
                 ("self.a_to_b(fake_a,", "self.a_to_b(ops.stop_gradient(fake_a),")),
        "cut off before they are translated back",
    ),
    "one cycle cut off": (
        cyclegan(("self.b_to_a(fake_b,", "self.b_to_a(ops.stop_gradient(fake_b),")),
        "cut off before they are translated back",
    ),
    "the cycle outside of the tape": (
        cyclegan(("with tf.GradientTape() as tape:\n    fake_b = self.a_to_b(a, training=True)\n"
                  "    fake_a = self.b_to_a(b, training=True)",
                  "fake_b = self.a_to_b(a, training=True)\nfake_a = self.b_to_a(b, training=True)\n"
                  "with tf.GradientTape() as tape:")),
        "",
    ),
    "one's gradients for both": (
        cyclegan(("apply(gradients[1], second)", "apply(gradients[0], second)")),
        "gradient of the other generator",
    ),
    "gradients exchanged": (
        cyclegan(("apply(gradients[1], second)", "apply(gradients[0], second)"),
                 ("apply(gradients[0], first)", "apply(gradients[1], first)")),
        "gradient of the other generator",
    ),
    "one generator moved": (
        cyclegan(("self.b_to_a_optimizer.apply(gradients[1], second)\n", "")), "b_to_a has not moved",
    ),
    "no generator moved": (cyclegan((APPLY, "")), "a_to_b has not moved"),
    "one generator after the other": (
        cyclegan(body=GENERATORS_STEP.replace("self.b_to_a_optimizer.apply(gradients[1], second)",
                          "\n".join(line for line in GENERATORS_STEP.split("\n")[1:-4])
                          .replace("fake_b", "new_b").replace("fake_a", "new_a")
                          + "\nsecond = self.b_to_a.trainable_variables\n"
                          "self.b_to_a_optimizer.apply(tape.gradient(loss, second), second)")
                 + "\n" + JUDGES_STEP + "\n" + TRACK),
        "after the other generator's update",
    ),
    "optimizers exchanged": (
        cyclegan(("self.a_to_b_optimizer.apply", "self.x.apply"),
                 ("self.b_to_a_optimizer.apply", "self.a_to_b_optimizer.apply"),
                 ("self.x.apply", "self.b_to_a_optimizer.apply")),
        "each has its own",
    ),
    "optimizers of the discriminators exchanged": (
        cyclegan(("self.discriminator_a_optimizer", "self.x"),
                 ("self.discriminator_b_optimizer", "self.discriminator_a_optimizer"),
                 ("self.x", "self.discriminator_b_optimizer")),
        "each has its own",
    ),
    "one optimizer for both generators": (
        cyclegan(("self.b_to_a_optimizer", "self.a_to_b_optimizer")), "each network has its own",
    ),
    "all variables": (
        cyclegan(("second = self.a_to_b.trainable_variables, self.b_to_a.trainable_variables",
                  "second = self.a_to_b.trainable_variables, (self.b_to_a.trainable_variables\n"
                  "    + self.discriminator_a.trainable_variables\n"
                  "    + self.discriminator_b.trainable_variables)")),
        "optimizer moves a discriminator",
    ),
    "the discriminators first": (
        cyclegan(body="a, b = images\nfake_b = self.a_to_b(a, training=True)\n"
                 "fake_a = self.b_to_a(b, training=True)\n" + JUDGES_STEP + "\n"
                 + GENERATORS_STEP.split("\n", 1)[1] + "\n" + TRACK),
        "discriminators move first",
    ),
    "translated anew": (
        cyclegan((POOLS, "fake_b, fake_a = self.a_to_b(a, training=True), self.b_to_a(b, training=True)"
                  "\n" + POOLS)),
        "translated anew",
    ),
    "no pools": (cyclegan((POOLS, "old_a, old_b = fake_a, fake_b")), "what self.pool_a(fake_a) gives"),
    "one pool": (
        cyclegan(("self.pool_a(fake_a), self.pool_b(fake_b)", "self.pool_a(fake_a), self.pool_a(fake_b)")),
        "Ask it once",
    ),
    "pools asked and not used": (
        cyclegan(("self.discriminator_a(old_a,", "self.discriminator_a(fake_a,"),
                 ("self.discriminator_b(old_b,", "self.discriminator_b(fake_b,")),
        "from what the pool gives",
    ),
    "pools exchanged": (
        cyclegan(("self.pool_a(fake_a), self.pool_b(fake_b)", "self.pool_b(fake_a), self.pool_a(fake_b)")),
        "translations to B go into self.pool_a",
    ),
    "pools' images exchanged": (
        cyclegan(("old_a, old_b = self", "old_b, old_a = self")), "fakes of the wrong pool",
    ),
    "cycles into the pools": (
        cyclegan(("self.pool_a(fake_a), self.pool_b(fake_b)", "self.pool_a(cycled_a), self.pool_b(cycled_b)")),
        "F(G(a)) go into self.pool_a",
    ),
    "real images into the pools": (
        cyclegan(("self.pool_a(fake_a), self.pool_b(fake_b)", "self.pool_a(a), self.pool_b(b)")),
        "real images of A go into",
    ),
    "labels reversed": (
        cyclegan(("adversarial_loss(real_logits, True) + adversarial_loss(fake_logits, False)",
                  "adversarial_loss(real_logits, False) + adversarial_loss(fake_logits, True)")),
        "labels are reversed",
    ),
    "both real": (
        cyclegan(("adversarial_loss(fake_logits, False)", "adversarial_loss(fake_logits, True)")),
        "Generated images are to be 0",
    ),
    "no half": (
        cyclegan(("adversarial_loss(fake_logits, False)) / 2", "adversarial_loss(fake_logits, False))")),
        "half is missing",
    ),
    "half of one alone": (
        cyclegan(("loss_b = (adversarial_loss(real_logits, True) + adversarial_loss(fake_logits, "
                  "False)) / 2",
                  "loss_b = adversarial_loss(real_logits, True) + adversarial_loss(fake_logits, False)")),
        "half is missing",
    ),
    "real images alone": (
        cyclegan((" + adversarial_loss(fake_logits, False)", "")), "generated images are missing",
    ),
    "generated images alone": (
        cyclegan(("adversarial_loss(real_logits, True) + ", "")), "real images are missing",
    ),
    "real images of the other heap": (
        cyclegan(("real_logits = self.discriminator_a(a,", "real_logits = self.discriminator_a(b,"),
                 ("real_logits = self.discriminator_b(b,", "real_logits = self.discriminator_b(a,")),
        "real images are of the other domain",
    ),
    "discriminators of the other heap": (
        cyclegan(("real_logits = self.discriminator_a(a,", "real_logits = self.discriminator_a(b,"),
                 ("real_logits = self.discriminator_b(b,", "real_logits = self.discriminator_b(a,"),
                 ("old_a, old_b = self", "old_b, old_a = self")),
        "both of the other domain",
    ),
    "one discriminator stands": (
        cyclegan(("self.discriminator_b_optimizer.apply(tape.gradient(loss_b, variables), variables)\n", "")),
        "discriminator_b has not moved",
    ),
    "the discriminators climb": (
        cyclegan(("    loss_a = (", "    loss_a = -("), ("    loss_b = (", "    loss_b = -(")), "uphill",
    ),
    "the generators' gradient for the discriminators": (
        cyclegan(("tf.GradientTape() as tape:\n    fake_b", "tf.GradientTape(persistent=True) as big:\n    fake_b"),
                 ("gradients = tape", "gradients = big"),
                 ("tape.gradient(loss_a, variables)", "big.gradient(loss, variables)"),
                 ("tape.gradient(loss_b, variables)", "big.gradient(loss, variables)")),
        "it has a loss of its own",
    ),
    "not for training": (cyclegan((", training=True", "")), "training=True missing"),
    "cycles not for training": (
        cyclegan(("self.b_to_a(fake_b, training=True)", "self.b_to_a(fake_b)")),
        "training=True missing in 1 of 3",
    ),
    "discriminators not for training": (
        cyclegan(("(fake_a, training=True)\n    judged_b", "(fake_a, training=False)\n    judged_b")),
        "training=True missing in 1 of 3",
    ),
    "sums returned": (
        cyclegan(("adversarial / 2, cycle / 2, identity / 2, (loss_a + loss_b) / 2",
                  "adversarial, cycle, identity, loss_a + loss_b")),
        "sums of both directions",
    ),
    "sums of the generators' losses returned": (
        cyclegan(("adversarial / 2, cycle / 2, identity / 2", "adversarial, cycle, identity")),
        "sums of both directions",
    ),
    "the discriminators' sum returned": (
        cyclegan(("(loss_a + loss_b) / 2)", "loss_a + loss_b)")), "discriminators' loss",
    ),
    "weighted numbers returned": (
        cyclegan(("adversarial / 2, cycle / 2, identity / 2",
                  "adversarial / 2, self.cycle_weight * cycle / 2, self.identity_weight * identity / 2")),
        "weights are in the returned numbers",
    ),
    "one direction returned": (
        cyclegan(("adversarial / 2, cycle / 2, identity / 2",
                  "adversarial_loss(judged_b, True), cycle_loss(a, cycled_a), identity_loss(b, same_b)")),
        "one direction alone",
    ),
    "in another order": (
        cyclegan(("cycle / 2, identity / 2", "identity / 2, cycle / 2")), "changed places",
    ),
    "the discriminators' loss first": (
        cyclegan(("adversarial / 2, cycle / 2, identity / 2, (loss_a + loss_b) / 2",
                  "(loss_a + loss_b) / 2, adversarial / 2, cycle / 2, identity / 2")),
        "discriminators' loss last",
    ),
    "the whole sum returned": (
        cyclegan(("adversarial / 2, cycle / 2,", "loss, cycle / 2,")), "whole sum",
    ),
    "measured after the update": (
        cyclegan(("self.b_to_a_optimizer.apply(gradients[1], second)",
                  "self.b_to_a_optimizer.apply(gradients[1], second)\n"
                  "new_a = self.b_to_a(self.a_to_b(a, training=True), training=True)\n"
                  "new_b = self.a_to_b(self.b_to_a(b, training=True), training=True)\n"
                  "cycle = cycle_loss(a, new_a) + cycle_loss(b, new_b)")),
        "cycle_loss",
    ),
    "the last batch's numbers": (
        cyclegan(("return self.track(adversarial / 2, cycle / 2, identity / 2, (loss_a + loss_b) / 2)",
                  "return {'adversarial_loss': adversarial / 2, 'cycle_loss': cycle / 2,\n"
                  "        'identity_loss': identity / 2, 'discriminator_loss': (loss_a + loss_b) / 2}")),
        "last batch",
    ),
    "three numbers": (
        cyclegan(("return self.track(", "values = self.track("),
                 ("(loss_a + loss_b) / 2)", "(loss_a + loss_b) / 2)\ndel values['identity_loss']\n"
                  "return values")),
        "'identity_loss' is missing",
    ),
    "nothing returned": (cyclegan(("return self.track", "self.track")), "without `return`"),
    "a loss returned": (cyclegan((TRACK, "return loss")), "Return self.track"),
    "twice cut wrongly": (
        cyclegan(body=HINTS).replace("fake_b, same_b = self.twice(", "same_b, fake_b = self.twice("),
        "",
    ),
    "Python's numbers": (
        cyclegan(("return self.track(adversarial / 2", "return self.track(float(adversarial) / 2")),
        "keras.ops",
    ),
    "Keras's own step": (
        cyclegan().replace("def train_step", "def training_step"), "",
    ),
    "no loop over images": (
        cyclegan(("a, b = images", "a, b = (ops.stack([each[0]]) for each in images)")), "",
    ),
}  # fmt: skip

HIDDEN_WRONG["CycleGAN"] = {
    "a weight of at least 1": (
        cyclegan(("loss = adversarial + self.cycle_weight * cycle + self.identity_weight * identity",
                  "loss = adversarial + max(self.cycle_weight, 1.0) * cycle + "
                  "self.identity_weight * identity")),
        "",
    ),
}  # fmt: skip
