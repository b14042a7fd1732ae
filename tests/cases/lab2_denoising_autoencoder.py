"""Answers to lab 2's questions: right ones written in many ways, wrong ones with a named mistake.

RIGHT: question -> {way of writing: source}. WRONG: question -> {mistake: (source, words)}, where
the check's message has to contain the words. Sources are what a student's cell would hold.
"""

PRELUDE = """
import math
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

def add_gaussian_noise(images, sigma, seed):
    noise = np.random.default_rng(seed).normal(0, sigma, np.shape(images))
    return np.clip(images + noise, 0, 1).astype("float32")
"""

# HIDDEN_WRONG: mistakes that the visible check lets pass and a hidden one catches.
RIGHT, WRONG, HIDDEN_WRONG = {}, {}, {}


def define(name, arguments, *lines):
    return f"def {name}({arguments}):\n" + "".join(f"    {line}\n" for line in lines)


# --- add_gaussian_noise ------------------------------------------------------------------------


def gaussian(*lines):
    return define("add_gaussian_noise", "images, sigma, seed", *lines)


def numpy_noise(draw="rng.normal(0, sigma, images.shape)", result="np.clip(images + noise, 0, 1)"):
    return gaussian("rng = np.random.default_rng(seed)", f"noise = {draw}", f"return {result}")


RIGHT["add_gaussian_noise"] = {
    "generator": numpy_noise(),
    "standard normal": numpy_noise("sigma * rng.standard_normal(images.shape, dtype='float32')"),
    "RandomState": gaussian(
        "noise = np.random.RandomState(seed).randn(*images.shape) * sigma",
        "return np.minimum(np.maximum(images + noise, 0), 1)",
    ),
    "np.random.seed": gaussian(
        "np.random.seed(seed)",
        "return (images + np.random.normal(scale=sigma, size=images.shape)).clip(0.0, 1.0)",
    ),
    "keras.random": gaussian(
        "noise = keras.random.normal(ops.shape(images), stddev=sigma, seed=seed)",
        "return ops.clip(images + noise, 0, 1)",
    ),
    "SeedGenerator": gaussian(
        "generator = keras.random.SeedGenerator(seed)",
        "noise = keras.random.normal(images.shape, seed=generator)",
        "return ops.convert_to_numpy(ops.clip(images + sigma * noise, 0.0, 1.0))",
    ),
    "stateless TensorFlow": gaussian(
        "noise = tf.random.stateless_normal(tf.shape(images), seed=[seed, 0], stddev=sigma)",
        "return tf.clip_by_value(images + noise, 0.0, 1.0)",
    ),
    "TensorFlow's global seed": gaussian(
        "tf.random.set_seed(seed)",
        "return tf.clip_by_value(images + tf.random.normal(images.shape, 0.0, sigma), 0, 1)",
    ),
    "TensorFlow generator": gaussian(
        "noise = tf.random.Generator.from_seed(seed).normal(images.shape, stddev=sigma)",
        "return np.clip(images + noise.numpy(), 0, 1)",
    ),
    "GaussianNoise layer": gaussian(
        "layer = layers.GaussianNoise(sigma, seed=seed)",
        "return ops.clip(layer(images, training=True), 0, 1)",
    ).replace("(sigma,", "(float(sigma),"),
    "copy, then in place": gaussian(
        "noisy = np.array(images, dtype='float64')",
        "noisy += sigma * np.random.default_rng(seed).standard_normal(noisy.shape)",
        "noisy[noisy < 0] = 0",
        "noisy[noisy > 1] = 1",
        "return noisy.astype(images.dtype)",
    ),
    "image by image": gaussian(
        "rng = np.random.default_rng(seed)",
        "return np.array([np.clip(x + rng.normal(0, sigma, x.shape), 0, 1) for x in images])",
    ),
    "loops": gaussian(
        "rng, noisy = np.random.default_rng(seed), np.empty_like(images)",
        "for place in np.ndindex(images.shape):",
        "    noisy[place] = min(max(images[place] + rng.normal(0, sigma), 0), 1)",
        "return noisy",
    ),
    "Python's random": gaussian(
        "import random",
        "rng = random.Random(seed)",
        "noise = np.reshape([rng.gauss(0, 1) for _ in range(images.size)], images.shape)",
        "return np.clip(images + sigma * noise, 0, 1)",
    ),
    "images as the mean": gaussian(
        "return np.clip(np.random.default_rng(seed).normal(images, sigma), 0, 1)"
    ),
    "scipy": gaussian(
        "from scipy.stats import norm",
        "return np.clip(images + norm.rvs(0, sigma, images.shape, random_state=seed), 0, 1)",
    ),
    "a seed for each image": gaussian(
        "rngs = [np.random.default_rng([seed, i]) for i in range(len(images))]",
        "noise = np.stack([rng.normal(0, sigma, x.shape) for rng, x in zip(rngs, images)])",
        "return np.clip(images - noise, 0, 1).tolist()",
    ),
    "tf.function": gaussian(
        "@tf.function",
        "def noisy(x):",
        "    z = tf.random.stateless_normal(tf.shape(x), [seed, seed], dtype=tf.float64)",
        "    return tf.clip_by_value(tf.cast(x, tf.float64) + sigma * z, 0, 1)",
        "return noisy(images)",
    ),
    "where": numpy_noise(
        result="np.where(images + noise > 1, 1, np.where(images + noise < 0, 0, images + noise))"
    ),
}
SIGMA = "rng.normal(0, {}, images.shape)"
WRONG["add_gaussian_noise"] = {
    "sigma squared": (numpy_noise(SIGMA.format("sigma ** 2")), "sigma squared"),
    "root of sigma": (numpy_noise(SIGMA.format("np.sqrt(sigma)")), "root of sigma"),
    "sigma over 255": (numpy_noise(SIGMA.format("sigma / 255")), "255"),
    "sigma ignored": (numpy_noise(SIGMA.format("1")), "far stronger"),
    "twice": (numpy_noise(SIGMA.format("2 * sigma")), "twice as strong"),
    "added twice": (
        numpy_noise(f"{SIGMA.format('sigma')} + {SIGMA.format('sigma')}"),
        "added twice",
    ),
    "no clipping": (numpy_noise(result="images + noise"), "Nothing is clipped"),
    "clipped to -1": (numpy_noise(result="np.clip(images + noise, -1, 1)"), "[-1, 1]"),
    "clipped below only": (numpy_noise(result="np.maximum(images + noise, 0)"), "both ends"),
    "clipped above only": (numpy_noise(result="np.minimum(images + noise, 1)"), "both ends"),
    "clipped to 255": (numpy_noise(result="np.clip(images + noise, 0, 255)"), "both ends"),
    "noise clipped": (
        numpy_noise(result="np.clip(images + np.clip(noise, 0, 1), 0, 1)"),
        "clipped before it is added",
    ),
    "noise clipped at -1": (numpy_noise(result="images + np.clip(noise, -1, 1)"), "instead of the"),
    "rescaled": (
        numpy_noise(result="(images + noise - (images + noise).min()) / np.ptp(images + noise)"),
        "squeezed",
    ),
    "rescaled, each image": (
        gaussian(
            "x = images + np.random.default_rng(seed).normal(0, sigma, images.shape)",
            "low, high = (f(x, axis=(1, 2, 3), keepdims=True) for f in (np.min, np.max))",
            "return (x - low) / (high - low)",
        ),
        "squeezed",
    ),
    "clipped to the images' range": (
        numpy_noise(result="np.clip(images + noise, images.min(), images.max())"),
        "smallest and largest",
    ),
    "Laplace": (numpy_noise("rng.laplace(0, sigma, images.shape)"), "too frequent"),
    "salt and pepper": (
        numpy_noise("rng.choice([-1, 0, 1], images.shape, p=[sigma / 2, 1 - sigma, sigma / 2])"),
        "too frequent",
    ),
    "sigma as the mean": (numpy_noise("rng.normal(sigma, size=images.shape)"), "the mean first"),
    "sigma in 255ths": (numpy_noise("rng.normal(0, 255 * sigma, images.shape)"), "far stronger"),
    "up to 255": (
        numpy_noise(result="(255 * np.clip(images + noise, 0, 1)).astype('uint8')"),
        "up to 255",
    ),
    "layer without training": (
        gaussian(
            "return ops.clip(layers.GaussianNoise(float(sigma), seed=seed)(images), 0, 1)",
        ),
        "training=True",
    ),
    "black stays black": (
        numpy_noise(result="np.where(images > 0, np.clip(images + noise, 0, 1), 0)"),
        "Black pixels",
    ),
    "noise as well": (numpy_noise(result="(np.clip(images + noise, 0, 1), noise)"), "Two arrays"),
    "order of arguments": (
        numpy_noise().replace("(images, sigma, seed)", "(images, seed, sigma)"),
        "order of the arguments",
    ),
    "folded": (numpy_noise(result="np.clip(np.abs(images + noise), 0, 1)"), "folded"),
    "wraps": (numpy_noise(result="(images + noise) % 1"), "wrap round"),
    "uniform": (numpy_noise("rng.uniform(-sigma, sigma, images.shape)"), "evenly"),
    "uniform, right spread": (
        numpy_noise("rng.uniform(-sigma, sigma, images.shape) * 3 ** 0.5"),
        "the shape is not",
    ),
    "uniform from 0": (numpy_noise("sigma * rng.random(images.shape)"), "one sign"),
    "absolute": (numpy_noise("np.abs(rng.normal(0, sigma, images.shape))"), "one sign"),
    "multiplied": (numpy_noise(result="np.clip(images * (1 + noise), 0, 1)"), "half as strong"),
    "truncated": (
        gaussian(
            "noise = keras.random.truncated_normal(images.shape, stddev=sigma, seed=seed)",
            "return ops.clip(images + noise, 0, 1)",
        ),
        "cut off",
    ),
    "noise alone": (numpy_noise(result="noise"), "add it to the images"),
    "nothing added": (numpy_noise(result="images"), "No noise arrives"),
    "same for all images": (
        numpy_noise("rng.normal(0, sigma, images.shape[1:])"),
        "Every image gets the same noise",
    ),
    "one number per image": (
        numpy_noise("rng.normal(0, sigma, (len(images), 1, 1, 1))"),
        "All pixels of an image",
    ),
    "one number per row": (
        numpy_noise("rng.normal(0, sigma, (*images.shape[:2], 1, 1))"),
        "columns of an image carry the same",
    ),
    "seed ignored": (
        gaussian("return np.clip(images + np.random.normal(0, sigma, images.shape), 0, 1)"),
        "Give the seed",
    ),
    "global generator": (
        "rng = np.random.default_rng(0)\n"
        + gaussian("return np.clip(images + rng.normal(0, sigma, images.shape), 0, 1)"),
        "inside the function",
    ),
    "fixed seed": (
        numpy_noise().replace("default_rng(seed)", "default_rng(0)"),
        "seed is not used",
    ),
    "in place": (
        gaussian(
            "rng = np.random.default_rng(seed)",
            "images += sigma * rng.standard_normal(images.shape, dtype='float32')",
            "return np.clip(images, 0, 1)",
        ),
        "argument itself",
    ),
    "clipped in place": (
        gaussian(
            "rng = np.random.default_rng(seed)",
            "np.add(images, sigma * rng.standard_normal(images.shape, dtype='float32'), out=images)",
            "return images.clip(0, 1)",
        ),
        "argument itself",
    ),
    "flattened": (
        numpy_noise(result="np.clip(images + noise, 0, 1).reshape(len(images), -1)"),
        "flat",
    ),
    "no return": (gaussian("images = images + sigma"), "without `return`"),
    "channels lost": (
        numpy_noise(result="np.clip(images + noise, 0, 1)[..., 0]"),
        "channels is lost",
    ),
    "brighter": (
        gaussian(
            "return np.clip(images + np.random.default_rng(seed).normal(sigma, sigma, images.shape), 0, 1)"
        ),
        "not centred",
    ),
    "arguments": (
        "def add_gaussian_noise(images, sigma):\n    return images + sigma\n",
        "arguments",
    ),
}
HIDDEN_WRONG["add_gaussian_noise"] = {
    "one channel": (numpy_noise("rng.normal(0, sigma, (*images.shape[:3], 1))"), "each channel"),
    "sigma 0 is off": (numpy_noise("rng.normal(0, sigma or 0.1, images.shape)"), "change nothing"),
}

# --- add_masking_noise -------------------------------------------------------------------------


def masking(*lines):
    return define("add_masking_noise", "images, fraction, seed", *lines)


def mask(draw="rng.random(images.shape) < fraction", result="np.where(mask, 0, images)"):
    return masking("rng = np.random.default_rng(seed)", f"mask = {draw}", f"return {result}")


RIGHT["add_masking_noise"] = {
    "where": mask(),
    "multiply": mask(result="images * ~mask"),
    "one minus": mask(
        "(rng.uniform(size=images.shape) < fraction).astype('float32')", "images * (1 - mask)"
    ),
    "kept": mask("rng.random(images.shape) >= fraction", "images * mask"),
    "binomial": mask(
        "rng.binomial(1, 1 - fraction, images.shape)", "(mask * images).astype('float32')"
    ),
    "copy": mask(result="np.copy(images)").replace(
        "return np.copy(images)", "noisy = images.copy()\n    noisy[mask] = 0\n    return noisy"
    ),
    "choice": mask(
        "rng.choice([0.0, 1.0], size=images.shape, p=[fraction, 1 - fraction])", "images * mask"
    ),
    "keras.random": masking(
        "draws = keras.random.uniform(images.shape, seed=seed)",
        "return ops.where(draws < fraction, 0.0, images)",
    ),
    "stateless TensorFlow": masking(
        "draws = tf.random.stateless_uniform(images.shape, seed=[1, seed])",
        "return images * tf.cast(draws >= fraction, images.dtype)",
    ),
    "dropout, scaled back": masking(
        "if fraction == 1:",
        "    return 0 * images",
        "return keras.random.dropout(images, fraction, seed=seed) * (1 - fraction)",
    ),
    "nonzero pixels": masking(
        "rng, noisy = np.random.default_rng(seed), images.copy()",
        "places = np.argwhere(images > 0)",
        "chosen = rng.permutation(len(places))[:round(fraction * len(places))]",
        "noisy[tuple(places[chosen].T)] = 0",
        "return noisy",
    ),
    "exactly so many of all": masking(
        "noisy = images.flatten()",
        "rng = np.random.default_rng(seed)",
        "noisy[rng.choice(noisy.size, int(fraction * noisy.size), replace=False)] = 0",
        "return noisy.reshape(images.shape)",
    ),
    "masked array": masking(
        "mask = np.random.RandomState(seed).rand(*images.shape) < fraction",
        "return np.ma.array(images, mask=mask).filled(0)",
    ),
    "exactly so many in each image": masking(
        "rng = np.random.default_rng(seed)",
        "noisy = np.array(images)",
        "for image in noisy:",
        "    flat = image.reshape(-1)",
        "    flat[rng.permutation(flat.size)[:round(fraction * flat.size)]] = 0",
        "return noisy",
    ),
}
WRONG["add_masking_noise"] = {
    "kept instead of erased": (mask("rng.random(images.shape) > fraction"), "wrong way round"),
    "dropout": (
        masking("return keras.random.dropout(images, fraction, seed=seed)"),
        "dropout",
    ),
    "same for all images": (
        mask("rng.random(images.shape[1:]) < fraction"),
        "Every image gets the same",
    ),
    "whole images": (
        mask("rng.random((len(images), 1, 1, 1)) < fraction"),
        "All pixels of an image",
    ),
    "whole columns": (
        mask("rng.random((len(images), 1, images.shape[2], 1)) < fraction"),
        "rows of an image",
    ),
    "one draw for all": (mask("rng.random() < fraction"), "pixel is erased"),
    "to 1": (
        mask("rng.random(images.shape) < fraction", "np.where(mask, 1, images)"),
        "No pixel is erased",
    ),
    "to one half": (mask(result="np.where(mask, 0.5, images)"), "either left"),
    "to -1": (mask(result="np.where(mask, -1, images)"), "either left"),
    "mask alone": (mask(result="1.0 - mask"), "The mask itself"),
    "seed ignored": (
        masking("return np.where(np.random.random(images.shape) < fraction, 0, images)"),
        "Give the seed",
    ),
    "fixed seed": (mask().replace("default_rng(seed)", "default_rng(1)"), "seed is not used"),
    "in place": (
        masking(
            "rng = np.random.default_rng(seed)",
            "images[rng.random(images.shape) < fraction] = 0",
            "return images",
        ),
        "argument itself",
    ),
    "pixels compared": (masking("return np.where(images < fraction, 0, images)"), "not the pixel"),
    "percent": (mask("rng.random(images.shape) < fraction / 100"), "between 0 and 1"),
    "drawn twice": (
        masking(
            "noisy = images.flatten()",
            "rng = np.random.default_rng(seed)",
            "noisy[rng.integers(0, noisy.size, int(fraction * noisy.size))] = 0",
            "return noisy.reshape(images.shape)",
        ),
        "drawn twice",
    ),
    "whole numbers": (mask(result="images.astype(int) * ~mask"), "whole numbers"),
    "mask as well": (mask(result="(np.where(mask, 0, images), mask)"), "Two arrays"),
    "normal draws": (mask("rng.normal(size=images.shape) < fraction"), "Compare one number"),
    "rounded": (mask(result="np.round(images) * ~mask"), "rounded"),
    "Gaussian": (
        masking("return add_gaussian_noise(images, fraction, seed)"),
        "either left",
    ),
    "no return": (masking("images = images * fraction"), "without `return`"),
    "flattened": (mask(result="np.where(mask, 0, images).reshape(len(images), -1)"), "flattened"),
}
HIDDEN_WRONG["add_masking_noise"] = {
    "at most nearly all": (
        mask("rng.random(images.shape) < min(fraction, 0.95)"),
        "1 everything",
    ),
}

# --- build_encoder -----------------------------------------------------------------------------

CONVOLUTIONS = (
    "layers.Conv2D(16, 3, strides=2, padding='same', activation='relu')",
    "layers.Conv2D(32, 3, strides=2, padding='same', activation='relu')",
)


SMALL = "keras.initializers.RandomNormal(stddev=0.01)"


def encoder(*inner, end="layers.Flatten(), layers.Dense(code_size)", start="(28, 28, 1)"):
    inner = ", ".join(inner or CONVOLUTIONS)
    return define(
        "build_encoder",
        "code_size",
        f"return keras.Sequential([keras.Input({start}), {inner}, {end}])",
    )


RIGHT["build_encoder"] = {
    "sequential": encoder(),
    "functional": define(
        "build_encoder",
        "code_size",
        "images = keras.Input((28, 28, 1))",
        "x = layers.Conv2D(16, 3, 2, 'same', activation='relu')(images)",
        "x = layers.Conv2D(32, 3, 2, 'same', activation='relu')(x)",
        "return keras.Model(images, layers.Dense(code_size)(layers.Flatten()(x)))",
    ),
    "pooling": encoder(
        "layers.Conv2D(16, 3, padding='same', activation='relu')",
        "layers.MaxPooling2D()",
        "layers.Conv2D(32, 3, padding='same', activation='relu')",
        "layers.AveragePooling2D(2)",
    ),
    "batch normalization": encoder(
        "layers.Conv2D(16, 3, 2, 'same', use_bias=False)",
        "layers.BatchNormalization()",
        "layers.LeakyReLU(negative_slope=0.2)",
        "layers.Conv2D(32, 3, 2, 'same')",
        "layers.ReLU()",
        "layers.Dropout(0.1)",
    ),
    "unbuilt": encoder().replace("keras.Input((28, 28, 1)), ", ""),
    "valid padding": encoder(
        "layers.Conv2D(16, 3, strides=2, activation='gelu')",
        "layers.Conv2D(32, 3, strides=2, activation='silu')",
    ),
    "three strides": encoder(
        *CONVOLUTIONS, "layers.Conv2D(64, 3, strides=2, padding='same', activation='tanh')"
    ),
    "separable": encoder(
        "layers.SeparableConv2D(16, 3, strides=2, padding='same', activation='relu')",
        "layers.SeparableConv2D(32, 3, strides=2, padding='same', activation='relu')",
    ),
    "another dense layer": encoder(
        end="layers.Flatten(), layers.Dense(64, 'relu'), layers.Dense(code_size)"
    ),
    "convolution over all that is left": encoder(
        end="layers.Conv2D(code_size, 7), layers.Reshape((code_size,))"
    ),
    "subclass": (
        "class Encoder(keras.Model):\n    def __init__(self, code_size):\n        super().__init__()\n"
        "        self.steps = [layers.Conv2D(c, 3, 2, 'same', activation='relu') for c in (16, 32)]\n"
        "        self.flatten, self.out = layers.Flatten(), layers.Dense(code_size)\n"
        "    def call(self, x):\n        for step in self.steps:\n            x = step(x)\n"
        "        return self.out(self.flatten(x))\n"
        "def build_encoder(code_size):\n    return Encoder(code_size)\n"
    ),
    "small weights": encoder(
        *(f"{c[:-1]}, kernel_initializer={SMALL})" for c in CONVOLUTIONS),
        end=f"layers.Flatten(), layers.Dense(code_size, kernel_initializer={SMALL})",
    ),
    "hard sigmoid": encoder(*(c.replace("relu", "hard_sigmoid") for c in CONVOLUTIONS)),
    "lambda": "build_encoder = lambda n: keras.Sequential([layers.Conv2D(8, 5, 2, activation='elu'), "
    "layers.Conv2D(16, 5, 2, activation='elu'), layers.Flatten(), layers.Dense(n)])\n",
}
WRONG["build_encoder"] = {
    "no activation": (
        encoder(*(c.replace(", activation='relu'", "") for c in CONVOLUTIONS)),
        "linear map",
    ),
    "relu on the code": (
        encoder(end="layers.Flatten(), layers.Dense(code_size, 'relu')"),
        "relu cuts off",
    ),
    "sigmoid on the code": (
        encoder(end="layers.Flatten(), layers.Dense(code_size, 'sigmoid')"),
        "sigmoid",
    ),
    "tanh on the code": (encoder(end="layers.Flatten(), layers.Dense(code_size, 'tanh')"), "tanh"),
    **{
        f"{activation} on the code": (
            encoder(end=f"layers.Flatten(), layers.Dense(code_size, '{activation}')"),
            words,
        )
        for activation, words in (
            ("elu", "from below"),
            ("selu", "from below"),
            ("gelu", "below"),
            ("softsign", "-1 and 1"),
        )
    },
    "layers outside": (
        "first = layers.Conv2D(16, 3, 2, activation='relu')\n"
        + encoder("first", "layers.Conv2D(32, 3, 2, activation='relu')"),
        "its layers inside",
    ),
    "a layer": (
        "class Encoder(layers.Layer):\n    def __init__(self, code_size):\n        super().__init__()\n"
        "        self.inner = layers.Conv2D(16, 3, 4, activation='relu')\n"
        "        self.flatten, self.out = layers.Flatten(), layers.Dense(code_size)\n"
        "    def call(self, x):\n        return self.out(self.flatten(self.inner(x)))\n"
        "def build_encoder(code_size):\n    return Encoder(code_size)\n",
        "keras.Model",
    ),
    "no dense layer": (encoder(end="layers.Flatten()"), "Dense(code_size)"),
    "axis of examples": (encoder(start="(None, 28, 28, 1)"), "without the axis"),
    "flat images": (encoder("layers.Reshape((28, 28, 1))", start="(784,)"), "another shape"),
    "softmax on the code": (
        encoder(end="layers.Flatten(), layers.Dense(code_size, 'softmax')"),
        "softmax",
    ),
    "no flatten": (encoder(end="layers.Dense(code_size)"), "flatten"),
    "channels as code": (encoder(end="layers.Conv2D(code_size, 3, padding='same')"), "flatten"),
    "no strides, no flatten": (
        encoder(
            *(c.replace("strides=2, ", "") for c in CONVOLUTIONS), end="layers.Dense(code_size)"
        ),
        "Nothing shrinks",
    ),
    "no strides": (encoder(*(c.replace("strides=2, ", "") for c in CONVOLUTIONS)), "two strides"),
    "fixed size": (encoder(end="layers.Flatten(), layers.Dense(128)"), "The size is fixed"),
    "dense": (
        encoder("layers.Flatten()", "layers.Dense(100, 'relu')", end="layers.Dense(code_size)"),
        "neighbours",
    ),
    "the whole autoencoder": (
        encoder(
            end="layers.Flatten(), layers.Dense(code_size), layers.Dense(784), layers.Reshape((28, 28, 1))"
        ),
        "ends in the code",
    ),
    "a list": (
        define(
            "build_encoder", "code_size", "return [layers.Conv2D(16, 3), layers.Dense(code_size)]"
        ),
        "Return the model itself",
    ),
    "no return": (define("build_encoder", "code_size", "keras.Sequential([])"), "without `return`"),
    "shared": (
        "model = keras.Sequential([layers.Conv2D(16, 3, 2, activation='relu'), layers.Flatten(), layers.Dense(128)])\n"
        + define("build_encoder", "code_size", "return model"),
        "inside the function",
    ),
    "no channels": (encoder(start="(28, 28)"), "another shape than it expects"),
    "frozen": (
        encoder().replace("return keras", "model = keras")
        + "    model.trainable = False\n    return model\n",
        "frozen",
    ),
    "all zero": (
        encoder(end="layers.Flatten(), layers.Dense(code_size, kernel_initializer='zeros')"),
        "don't get through",
    ),
}
HIDDEN_WRONG["build_encoder"] = {
    "two sizes": (
        encoder(end="layers.Flatten(), layers.Dense(128 if code_size > 50 else 20)"),
        "shape",
    ),
}

# --- build_decoder -----------------------------------------------------------------------------

TRANSPOSED = (
    "layers.Conv2DTranspose(16, 4, strides=2, padding='same', activation='relu')",
    "layers.Conv2DTranspose(1, 4, strides=2, padding='same')",
)
START = "layers.Dense(7 * 7 * 32, activation='relu'), layers.Reshape((7, 7, 32))"


def decoder(*inner, start=START, end=""):
    inner = ", ".join(inner or TRANSPOSED)
    return define(
        "build_decoder",
        "code_size",
        f"return keras.Sequential([keras.Input((code_size,)), {start}, {inner}{end}])",
    )


RIGHT["build_decoder"] = {
    "sequential": decoder(),
    "functional": define(
        "build_decoder",
        "code_size",
        "code = keras.Input((code_size,))",
        "x = layers.Reshape((7, 7, 32))(layers.Dense(1568)(code))",
        "x = layers.Conv2DTranspose(16, 3, 2, 'same', activation='relu')(x)",
        "return keras.Model(code, layers.Conv2DTranspose(1, 3, 2, 'same')(x))",
    ),
    "a last convolution": decoder(
        "layers.Conv2DTranspose(32, 4, 2, 'same', activation='relu')",
        "layers.Conv2DTranspose(16, 4, 2, 'same', activation='relu')",
        "layers.Conv2D(1, 3, padding='same')",
    ),
    "one stride of 4": decoder(
        "layers.Conv2DTranspose(8, 8, strides=4, padding='same', activation='relu')",
        "layers.Conv2DTranspose(1, 3, padding='same')",
    ),
    "batch normalization": decoder(
        "layers.Conv2DTranspose(16, 4, 2, 'same', use_bias=False)",
        "layers.BatchNormalization()",
        "layers.LeakyReLU(negative_slope=0.2)",
        "layers.Conv2DTranspose(1, 4, 2, 'same')",
    ),
    **{
        f"{activation} inside": decoder(
            TRANSPOSED[0].replace("relu", activation),
            TRANSPOSED[1],
            start=START.replace("relu", activation),
        )
        for activation in ("tanh", "sigmoid", "hard_sigmoid", "gelu")
    },
    "small weights": decoder(
        *(f"{t[:-1]}, kernel_initializer={SMALL})" for t in TRANSPOSED),
    ),
    "cropped": decoder(
        "layers.Conv2DTranspose(32, 4, 2, 'same', activation='relu')",
        *TRANSPOSED,
        start="layers.Dense(512, activation='relu'), layers.Reshape((4, 4, 32))",
        end=", layers.Cropping2D(2)",
    ),
    "linear activation": decoder(
        TRANSPOSED[0], TRANSPOSED[1].replace("'same'", "'same', activation='linear'")
    ),
    "unbuilt": decoder().replace("keras.Input((code_size,)), ", ""),
    "valid from 4": decoder(
        "layers.Conv2DTranspose(16, 5, 3, activation='relu')",
        "layers.Conv2DTranspose(1, 2, 2)",
        start="layers.Dense(4 * 4 * 32, activation='relu'), layers.Reshape((4, 4, 32))",
    ),
    "from 1 x 1": decoder(
        "layers.Conv2DTranspose(32, 7, activation='relu')",
        "layers.Conv2DTranspose(16, 4, 2, 'same', activation='relu')",
        "layers.Conv2DTranspose(1, 4, 2, 'same')",
        start="layers.Reshape((1, 1, code_size))",
    ),
    "subclass": (
        "class Decoder(keras.Model):\n    def __init__(self):\n        super().__init__()\n"
        "        self.start = layers.Dense(784, 'relu')\n        self.shape_it = layers.Reshape((7, 7, 16))\n"
        "        self.up = layers.Conv2DTranspose(16, 4, 2, 'same', activation='relu')\n"
        "        self.out = layers.Conv2DTranspose(1, 4, 2, 'same')\n"
        "    def call(self, x):\n        return self.out(self.up(self.shape_it(self.start(x))))\n"
        "def build_decoder(code_size):\n    return Decoder()\n"
    ),
    "tf.nn": (
        "class Up(layers.Layer):\n    def __init__(self, channels):\n        super().__init__()\n"
        "        self.channels = channels\n"
        "    def build(self, shape):\n"
        "        self.w = self.add_weight(shape=(4, 4, self.channels, shape[-1]), initializer='glorot_uniform')\n"
        "    def call(self, x):\n        n, h, w, _ = tf.unstack(tf.shape(x))\n"
        "        return tf.nn.conv2d_transpose(x, self.w, [n, 2 * h, 2 * w, self.channels], 2)\n"
        "    def compute_output_shape(self, shape):\n"
        "        return (shape[0], 2 * shape[1], 2 * shape[2], self.channels)\n"
        + decoder("Up(16)", "layers.ReLU()", "Up(1)")
    ),
}
WRONG["build_decoder"] = {
    "wrong size": (decoder(*TRANSPOSED, TRANSPOSED[1]), "One doubling too many"),
    "from 8 x 8": (
        decoder(start="layers.Dense(8 * 8 * 32, activation='relu'), layers.Reshape((8, 8, 32))"),
        "from 8 x 8",
    ),
    "one doubling": (decoder(TRANSPOSED[1]), "One doubling is missing"),
    "valid padding": (
        decoder(*(t.replace("padding='same'", "padding='valid'") for t in TRANSPOSED)),
        "border",
    ),
    "no strides": (
        decoder(*(t.replace("strides=2, ", "") for t in TRANSPOSED)),
        "Nothing is enlarged",
    ),
    "sigmoid": (decoder(end=", layers.Activation('sigmoid')"), "sigmoid"),
    "relu at the end": (decoder(end=", layers.ReLU()"), "relu cuts off"),
    "tanh": (decoder(end=", layers.Activation('tanh')"), "tanh"),
    "elu": (decoder(end=", layers.Activation('elu')"), "from below"),
    "from 4 x 4": (
        decoder(start="layers.Dense(512, activation='relu'), layers.Reshape((4, 4, 32))"),
        "from 4 x 4",
    ),
    "no strides, valid": (
        decoder("layers.Conv2DTranspose(16, 4, activation='relu')", "layers.Conv2DTranspose(1, 4)"),
        "`strides=2` is missing",
    ),
    "sixteen channels": (decoder(*TRANSPOSED[::-1]), "the last layer has one"),
    "convolutions": (
        decoder(*(t.replace("Conv2DTranspose", "Conv2D") for t in TRANSPOSED)),
        "Conv2D shrinks",
    ),
    "no tuple": (decoder().replace("(code_size,)", "code_size"), "with its comma"),
    "no dense layer": (decoder(start="layers.Reshape((7, 7, 32))"), "keeps the number"),
    "no activation": (
        decoder(
            TRANSPOSED[0].replace(", activation='relu'", ""),
            TRANSPOSED[1],
            start=START.replace(", activation='relu'", ""),
        ),
        "linear map",
    ),
    "upsampling": (
        decoder("layers.UpSampling2D(4)", "layers.Conv2D(1, 3, padding='same')"),
        "asks for Conv2DTranspose",
    ),
    "dense": (
        decoder(
            "layers.Dense(100, 'relu')",
            "layers.Dense(784)",
            "layers.Reshape((28, 28, 1))",
            start="layers.Flatten()",
        ),
        "neighbours",
    ),
    "three channels": (
        decoder(TRANSPOSED[0], TRANSPOSED[1].replace("(1,", "(3,")),
        "Three channels",
    ),
    "no channel axis": (decoder(end=", layers.Reshape((28, 28))"), "axis of channels"),
    "flat": (decoder(end=", layers.Flatten()"), "in a row"),
    "fixed size": (
        decoder().replace("Input((code_size,)", "Input((128,)"),
        "another shape than it expects",
    ),
    "an encoder": (
        encoder().replace("build_encoder", "build_decoder"),
        "ValueError",
    ),
    "too large": (
        decoder(start="layers.Dense(7 * 7 * 256, activation='relu'), layers.Reshape((7, 7, 256))"),
        "Start from",
    ),
    "no return": (decoder().replace("return ", ""), "without `return`"),
    "shared": (
        f"model = keras.Sequential([{START}, {', '.join(TRANSPOSED)}])\n"
        + define("build_decoder", "code_size", "return model"),
        "inside the function",
    ),
}
HIDDEN_WRONG["build_decoder"] = {
    "two sizes": (
        decoder().replace(
            "keras.Input((code_size,))", "keras.Input((128 if code_size > 50 else 20,))"
        ),
        "another shape than it expects",
    ),
}

# --- training_pairs ----------------------------------------------------------------------------


def pairs(*lines):
    return define("training_pairs", "images, sigma, seed", *lines)


RIGHT["training_pairs"] = {
    "tuple": pairs("return add_gaussian_noise(images, sigma, seed), images"),
    "names": pairs(
        "inputs = add_gaussian_noise(images, sigma, seed=seed)",
        "targets = images",
        "return inputs, targets",
    ),
    "list": pairs("return [add_gaussian_noise(images, sigma, seed), np.array(images)]"),
    "tensors": pairs(
        "return tf.constant(add_gaussian_noise(images, sigma, seed)), tf.constant(images)"
    ),
    "noise of its own": pairs(
        "noise = sigma * np.random.default_rng(seed).standard_normal(images.shape)",
        "return np.clip(images + noise, 0, 1).astype('float32'), images.astype('float32')",
    ),
    "stacked": pairs("return np.stack([add_gaussian_noise(images, sigma, seed), images])"),
    "a seed made of it": pairs("return add_gaussian_noise(images, sigma, 3 * seed + 1), images"),
    "keras.random": pairs(
        "noise = keras.random.normal(images.shape, stddev=sigma, seed=seed + 100)",
        "return ops.clip(images + noise, 0, 1), images",
    ),
}
WRONG["training_pairs"] = {
    "noisy targets": (
        pairs("noisy = add_gaussian_noise(images, sigma, seed)", "return noisy, noisy"),
        "classic mistake",
    ),
    "other noise on the target": (
        pairs(
            "return add_gaussian_noise(images, sigma, seed), add_gaussian_noise(images, sigma, seed + 1)"
        ),
        "not the clean images",
    ),
    "wrong way round": (
        pairs("return images, add_gaussian_noise(images, sigma, seed)"),
        "wrong way round",
    ),
    "clean": (pairs("return images, images"), "No noise"),
    "noise as target": (
        pairs(
            "noise = np.random.default_rng(seed).normal(0, sigma, images.shape)",
            "return images + noise, noise",
        ),
        "target is the noise",
    ),
    "other order": (
        pairs("return add_gaussian_noise(images, sigma, seed)[::-1], images"),
        "another order",
    ),
    "shuffled": (
        pairs(
            "order = np.random.default_rng(seed).permutation(len(images))",
            "return add_gaussian_noise(images, sigma, seed)[order], images",
        ),
        "another order",
    ),
    "three arrays": (
        pairs("x = add_gaussian_noise(images, sigma, seed)", "return x, images, x - images"),
        "Three arrays",
    ),
    "joined": (
        pairs("return np.concatenate([add_gaussian_noise(images, sigma, seed), images])"),
        "joined",
    ),
    "question 1 wrong": (
        numpy_noise(result="images + noise")
        + pairs("return add_gaussian_noise(images, sigma, seed), images"),
        "mend that one first",
    ),
    "question 1 in place": (
        gaussian(
            "images += np.random.default_rng(seed).normal(0, sigma, images.shape).astype('float32')",
            "return np.clip(images, 0, 1)",
        )
        + pairs("return add_gaussian_noise(images, sigma, seed), images"),
        "mend that one first",
    ),
    "one array": (pairs("return add_gaussian_noise(images, sigma, seed)"), "One array"),
    "dataset": (
        pairs(
            "return tf.data.Dataset.from_tensor_slices((add_gaussian_noise(images, sigma, seed), images))"
        ),
        "Return",
    ),
    "fixed seed": (
        pairs("return add_gaussian_noise(images, sigma, 0), images"),
        "learns it by heart",
    ),
    "seed ignored": (
        pairs("return np.clip(images + np.random.normal(0, sigma, images.shape), 0, 1), images"),
        "Give the seed",
    ),
    "sigma fixed": (
        pairs("return add_gaussian_noise(images, 0.3, seed), images"),
        "standard deviation",
    ),
    "sigma squared": (
        pairs("return add_gaussian_noise(images, sigma ** 2, seed), images"),
        "sigma squared",
    ),
    "no clipping": (
        pairs("return images + np.random.default_rng(seed).normal(0, sigma, images.shape), images"),
        "Nothing is clipped",
    ),
    "in place": (
        pairs(
            "clean = images.copy()",
            "images += sigma * np.random.default_rng(seed).standard_normal(images.shape, dtype='float32')",
            "return np.clip(images, 0, 1), clean",
        ),
        "argument itself",
    ),
    "same array in place": (
        pairs(
            "noisy = images",
            "noisy += sigma * np.random.default_rng(seed).standard_normal(images.shape, dtype='float32')",
            "return np.clip(noisy, 0, 1), images",
        ),
        "argument itself",
    ),
    "no return": (pairs("add_gaussian_noise(images, sigma, seed), images"), "without `return`"),
}
HIDDEN_WRONG["training_pairs"] = {
    "shuffled inputs": (
        pairs(
            "if sigma == 0:",
            "    return images[::-1], images",
            "return add_gaussian_noise(images, sigma, seed), images",
        ),
        "in their order",
    ),
}

# --- psnr --------------------------------------------------------------------------------------


def ratio(*lines):
    return define("psnr", "clean, estimate", *lines)


MSE = "mse = np.mean((clean - estimate) ** 2, axis=(1, 2, 3))"
RIGHT["psnr"] = {
    "numpy": ratio(MSE, "return -10 * np.log10(mse)"),
    "peak over error": ratio(MSE, "return 10 * np.log10(1.0 / mse)"),
    "root": ratio(MSE, "return 20 * np.log10(1 / np.sqrt(mse))"),
    "natural logarithm, divided": ratio(MSE, "return -10 * np.log(mse) / np.log(10)"),
    "keras ops": ratio(
        "mse = ops.mean(ops.square(ops.cast(clean, 'float32') - estimate), axis=(1, 2, 3))",
        "return -10.0 * ops.log10(mse)",
    ),
    "tensorflow": ratio(
        "mse = tf.reduce_mean(tf.square(clean - estimate), [1, 2, 3])",
        "return -10 * tf.math.log(mse) / tf.math.log(10.0)",
    ),
    "tf.image": ratio("return tf.image.psnr(clean, estimate, max_val=1.0)"),
    "flattened": ratio(
        "difference = (np.asarray(clean) - np.asarray(estimate)).reshape(len(clean), -1)",
        "return -10 * np.log10((difference ** 2).mean(axis=1))",
    ),
    "loop": ratio(
        "return np.array([np.inf if np.all(c == e) else 10 * math.log10(1 / np.mean((c - e) ** 2))",
        "                 for c, e in zip(clean, estimate)])",
    ),
    "summed and divided": ratio(
        "total = np.sum((clean - estimate) ** 2, axis=(1, 2, 3))",
        "return 10 * np.log10(clean[0].size / total)",
    ),
    "a small number inside": ratio(MSE, "return -10 * np.log10(mse + 2e-6)"),
    "list": ratio(
        "values = [float(np.mean((c - e) ** 2)) for c, e in zip(clean, estimate)]",
        "return [10 * math.log10(1 / v) if v > 0 else float('inf') for v in values]",
    ),
    "norm": ratio(
        "length = np.linalg.norm((clean - estimate).reshape(len(clean), -1), axis=1)",
        "return 20 * np.log10(np.sqrt(clean[0].size) / length)",
    ),
}
WRONG["psnr"] = {
    "base e": (ratio(MSE, "return -10 * np.log(mse)"), "natural logarithm"),
    "base 2": (ratio(MSE, "return -10 * np.log2(mse)"), "base 2"),
    "peak 255": (ratio(MSE, "return 10 * np.log10(255 ** 2 / mse)"), "peak is 255"),
    "peak 255 not squared": (ratio(MSE, "return 10 * np.log10(255 / mse)"), "peak is 255"),
    "averaged before the log": (
        ratio("return -10 * np.log10(np.mean((clean - estimate) ** 2))"),
        "before the logarithm",
    ),
    "averaged after the log": (
        ratio(MSE, "return np.mean(-10 * np.log10(mse))"),
        "Keep one number per image",
    ),
    "averaged, base e": (ratio(MSE, "return np.mean(-10 * np.log(mse))"), "natural logarithm"),
    "averaged before, repeated": (
        ratio("return np.full(len(clean), -10 * np.log10(np.mean((clean - estimate) ** 2)))"),
        "keep the images apart",
    ),
    "no minus": (ratio(MSE, "return 10 * np.log10(mse)"), "sign"),
    "20": (ratio(MSE, "return -20 * np.log10(mse)"), "factor is 20"),
    "10 with a root": (ratio(MSE, "return -10 * np.log10(np.sqrt(mse))"), "root too many"),
    "bels": (ratio(MSE, "return -np.log10(mse)"), "bels"),
    "sum": (ratio(MSE.replace("mean", "sum"), "return -10 * np.log10(mse)"), "summed"),
    "absolute": (
        ratio(
            "mae = np.mean(np.abs(clean - estimate), axis=(1, 2, 3))", "return -20 * np.log10(mae)"
        ),
        "absolute",
    ),
    "pixel by pixel": (
        ratio("return np.mean(-10 * np.log10((clean - estimate) ** 2), axis=(1, 2, 3))"),
        "pixel by pixel",
    ),
    "mse": (ratio(MSE, "return mse"), "10 log10 of its inverse"),
    "inverse": (ratio(MSE, "return 1 / mse"), "logarithm is missing"),
    "signal-to-noise": (
        ratio(MSE, "return 10 * np.log10(np.mean(clean ** 2, axis=(1, 2, 3)) / mse)"),
        "signal-to-noise",
    ),
    "largest pixel": (
        ratio(MSE, "return 10 * np.log10(clean.max(axis=(1, 2, 3)) ** 2 / mse)"),
        "largest pixel",
    ),
    "range as the peak": (
        ratio(MSE, "return 10 * np.log10(np.ptp(clean) ** 2 / mse)"),
        "the range",
    ),
    "not squared": (
        ratio("return -10 * np.log10(np.mean(clean - estimate, axis=(1, 2, 3)))"),
        "square the differences",
    ),
    "brackets": (
        ratio("return -10 * np.log10(np.mean(clean - estimate ** 2, axis=(1, 2, 3)))"),
        "Brackets",
    ),
    "784 pixels": (
        ratio(
            "return -10 * np.log10(np.sum((clean - estimate) ** 2, axis=(1, 2, 3)) / 784)",
        ),
        "784",
    ),
    "images times 255": (
        ratio(
            "mse = np.mean((255 * clean - 255 * estimate) ** 2, axis=(1, 2, 3))",
            "return -10 * np.log10(mse)",
        ),
        "multiplied by 255",
    ),
    "squared mean": (
        ratio("return -10 * np.log10(np.mean(clean - estimate, axis=(1, 2, 3)) ** 2)"),
        "square first",
    ),
    "keepdims": (
        ratio(MSE.replace("3))", "3), keepdims=True)"), "return -10 * np.log10(mse)"),
        "keepdims",
    ),
    "over the images": (
        ratio(MSE.replace("(1, 2, 3)", "0"), "return -10 * np.log10(mse)"),
        "runs over the images",
    ),
    "channels alone": (
        ratio(MSE.replace("(1, 2, 3)", "-1"), "return -10 * np.log10(mse)"),
        "channels alone",
    ),
    "two axes": (
        ratio(MSE.replace("(1, 2, 3)", "(1, 2)"), "return -10 * np.log10(mse)"),
        "axis of channels",
    ),
    "keras loss": (
        ratio("return -10 * ops.log10(keras.losses.mean_squared_error(clean, estimate))"),
        "channels alone",
    ),
    "no return": (ratio(MSE), "without `return`"),
}
HIDDEN_WRONG["psnr"] = {
    "mean over channels last": (
        ratio("mse = np.mean((clean - estimate) ** 2, axis=(1, 2))")
        + "    return np.mean(-10 * np.log10(mse), axis=-1)\n",
        "rows, columns and channels",
    ),
    "held at 50 dB": (ratio(MSE, "return -10 * np.log10(np.maximum(mse, 1e-5))"), "without bound"),
}

# --- tweedie_score -----------------------------------------------------------------------------


def score(*lines):
    return define("tweedie_score", "noisy, denoised, sigma", *lines)


RIGHT["tweedie_score"] = {
    "formula": score("return (denoised - noisy) / sigma ** 2"),
    "numpy": score("return np.divide(np.subtract(denoised, noisy), np.square(sigma))"),
    "tensorflow": score(
        "return (tf.constant(denoised, tf.float32) - tf.cast(noisy, tf.float32)) / sigma ** 2"
    ),
    "keras ops": score("return ops.subtract(denoised, noisy) / (sigma * sigma)"),
    "variance": score("variance = sigma ** 2", "return denoised / variance - noisy / variance"),
    "inverse": score("return -(noisy - denoised) * sigma ** -2"),
    "twice divided": score("return (denoised - noisy) / sigma / sigma"),
    "point by point": score(
        "return np.array([(d - n) / sigma**2 for n, d in zip(noisy, denoised)])"
    ),
}
WRONG["tweedie_score"] = {
    "sign": (score("return (noisy - denoised) / sigma ** 2"), "sign"),
    "sigma": (score("return (denoised - noisy) / sigma"), "Divided by sigma:"),
    "sign and sigma": (score("return (noisy - denoised) / sigma"), "sign"),
    "nothing": (score("return denoised - noisy"), "not divided"),
    "multiplied": (score("return (denoised - noisy) * sigma ** 2"), "Multiplied"),
    "brackets": (score("return denoised - noisy / sigma ** 2"), "Brackets"),
    "two": (score("return (denoised - noisy) / (2 * sigma ** 2)"), "factor 2"),
    "root": (score("return (denoised - noisy) / np.sqrt(sigma)"), "root of sigma"),
    "twice sigma": (score("return (denoised - noisy) / (sigma * 2)"), "twice sigma"),
    "no signs": (score("return np.abs(denoised - noisy) / sigma ** 2"), "no direction"),
    "upside down": (score("return sigma ** 2 / (denoised - noisy)"), "Upside down"),
    "sum": (score("return (denoised + noisy) / sigma ** 2"), "difference is meant"),
    "caret": (score("return (denoised - noisy) / sigma ^ 2"), "power"),
    "one number": (score("return np.mean(denoised - noisy) / sigma ** 2"), "One number in all"),
    "unit length": (
        score("d = denoised - noisy", "return d / np.linalg.norm(d, axis=-1, keepdims=True)"),
        "length",
    ),
    "of a Gaussian": (score("return -noisy / sigma ** 2"), "denoised point is missing"),
    "denoised alone": (score("return denoised / sigma ** 2"), "noisy point is missing"),
    "squared": (score("return (denoised - noisy) ** 2 / sigma ** 2"), "only sigma"),
    "a number per point": (
        score("return np.sum(denoised - noisy, axis=-1) / sigma ** 2"),
        "vector",
    ),
    "fourth power": (score("return (denoised - noisy) / sigma ** 4"), "squared twice"),
    "no return": (score("(denoised - noisy) / sigma ** 2"), "without `return`"),
}
HIDDEN_WRONG["tweedie_score"] = {
    "single precision shape": (
        score(
            "if noisy.shape == (50, 3):",
            "    return denoised - noisy",
            "return (denoised - noisy) / sigma ** 2",
        ),
        "known exactly",
    ),
}
