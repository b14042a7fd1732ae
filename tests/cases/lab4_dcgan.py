"""Answers to lab 4's questions: right ones written in many ways, wrong ones with a named mistake.

RIGHT: question -> {way of writing: source}. WRONG: question -> {mistake: (source, words)}, where
the check's message has to contain the words. Sources are what a student's cell would hold.
"""

from pathlib import Path

PRELUDE = """
import math
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

def discriminator_loss(real_logits, fake_logits):
    return ops.mean(ops.softplus(-real_logits)) + ops.mean(ops.softplus(fake_logits))

def generator_loss(fake_logits):
    return ops.mean(ops.softplus(-fake_logits))
"""

# HIDDEN_WRONG: mistakes that the visible check lets pass and a hidden one catches.
RIGHT, WRONG, HIDDEN_WRONG = {}, {}, {}


def define(name, arguments, *lines):
    return f"def {name}({arguments}):\n" + "".join(f"    {line}\n" for line in lines)


# --- discriminator_loss ------------------------------------------------------------------------


def d_loss(*lines):
    """An answer that ends in `return <last line>`; r and f stand for the logits."""
    *before, last = lines
    body = ["r, f = real_logits, fake_logits", *before, f"return {last}"]
    return define("discriminator_loss", "real_logits, fake_logits", *body)


BCE = "bce = keras.losses.BinaryCrossentropy(from_logits=True)"
RIGHT["discriminator_loss"] = {
    "softplus": d_loss("ops.mean(ops.softplus(-r)) + ops.mean(ops.softplus(f))"),
    "Keras's loss": d_loss(BCE, "bce(ops.ones_like(r), r) + bce(ops.zeros_like(f), f)"),
    "Keras's function": d_loss(
        "entropy = keras.losses.binary_crossentropy",
        "real = ops.mean(entropy(ops.ones_like(r), r, from_logits=True))",
        "fake = ops.mean(entropy(ops.zeros_like(f), f, from_logits=True))",
        "real + fake",
    ),
    "keras.ops": d_loss(
        "real = ops.binary_crossentropy(ops.ones_like(r), r, from_logits=True)",
        "fake = ops.binary_crossentropy(ops.zeros_like(f), f, from_logits=True)",
        "ops.mean(real) + ops.mean(fake)",
    ),
    "tf.nn": d_loss(
        "entropy = tf.nn.sigmoid_cross_entropy_with_logits",
        "real = entropy(labels=tf.ones_like(r), logits=r)",
        "fake = entropy(labels=tf.zeros_like(f), logits=f)",
        "tf.reduce_mean(real) + tf.reduce_mean(fake)",
    ),
    "log_sigmoid": d_loss("-ops.mean(ops.log_sigmoid(r)) - ops.mean(ops.log_sigmoid(-f))"),
    "tf.math": d_loss(
        "-tf.reduce_mean(tf.math.log_sigmoid(r)) - tf.reduce_mean(tf.math.log_sigmoid(-f))"
    ),
    "logaddexp": d_loss("ops.mean(ops.logaddexp(0.0, -r)) + ops.mean(ops.logaddexp(0.0, f))"),
    "stable by hand": d_loss(
        "def soft(x):",
        "    x = ops.convert_to_tensor(x)",
        "    return ops.maximum(x, 0) + ops.log1p(ops.exp(-ops.abs(x)))",
        "ops.mean(soft(-r)) + ops.mean(soft(f))",
    ),
    "sums over numbers": d_loss(
        "r, f = tf.convert_to_tensor(r), tf.convert_to_tensor(f)",
        "n, m = tf.cast(tf.shape(r)[0], r.dtype), tf.cast(tf.shape(f)[0], f.dtype)",
        "tf.reduce_sum(tf.nn.softplus(-r)) / n + tf.reduce_sum(tf.nn.softplus(f)) / m",
    ),
    "relu and a softplus": d_loss(
        "ops.mean(ops.softplus(r) - r) + ops.mean(ops.softplus(-f) + f)"
    ),
    "Keras remembers the logits": d_loss(
        "bce, sigmoid = keras.losses.BinaryCrossentropy(), keras.activations.sigmoid",
        "bce(ops.ones_like(r), sigmoid(r)) + bce(ops.zeros_like(f), sigmoid(f))",
    ),
    "lambda": "discriminator_loss = lambda real_logits, fake_logits: (\n"
    "    ops.mean(ops.softplus(-real_logits)) + ops.mean(ops.softplus(fake_logits)))\n",
    "weights of one batch": d_loss(
        "r, f = ops.convert_to_tensor(r), ops.convert_to_tensor(f)",
        "logits = ops.concatenate([r, f])",
        "labels = ops.concatenate([ops.ones_like(r), ops.zeros_like(f)])",
        "n, m = ops.cast(ops.shape(r)[0], r.dtype), ops.cast(ops.shape(f)[0], f.dtype)",
        "shares = ops.concatenate([ops.ones_like(r) / n, ops.ones_like(f) / m])",
        "ops.sum(shares * (ops.softplus(logits) - labels * logits))",
    ),
    "reshaped": d_loss("ops.mean(ops.softplus(-ops.ravel(r)) ) + ops.mean(ops.softplus(ops.ravel(f)))"),
    "tf.function": "@tf.function\n"
    + d_loss("tf.reduce_mean(tf.nn.softplus(-r)) + tf.reduce_mean(tf.nn.softplus(f))"),
}  # fmt: skip

WRONG["discriminator_loss"] = {
    "labels reversed": (d_loss("ops.mean(ops.softplus(r)) + ops.mean(ops.softplus(-f))"), "reversed"),
    "both real": (d_loss("ops.mean(ops.softplus(-r)) + ops.mean(ops.softplus(-f))"), "class 0"),
    "both fake": (d_loss("ops.mean(ops.softplus(r)) + ops.mean(ops.softplus(f))"), "class 1, not 0"),
    "halved": (
        d_loss("(ops.mean(ops.softplus(-r)) + ops.mean(ops.softplus(f))) / 2"),
        "not halved",
    ),
    "maximized": (
        d_loss("ops.mean(ops.log_sigmoid(r)) + ops.mean(ops.log_sigmoid(-f))"),
        "sign",
    ),
    "sums": (d_loss("ops.sum(ops.softplus(-r)) + ops.sum(ops.softplus(f))"), "sums"),
    "one mean": (
        d_loss(
            "logits = ops.concatenate([ops.softplus(-r), ops.softplus(f)])", "ops.mean(logits)"
        ),
        "halved",
    ),
    "twice one mean": (
        d_loss(
            "logits = ops.concatenate([ops.softplus(-r), ops.softplus(f)])", "2 * ops.mean(logits)"
        ),
        "a mean of each batch",
    ),
    "sigmoid twice": (
        d_loss(BCE, "r, f = ops.sigmoid(r), ops.sigmoid(f)",
               "bce(ops.ones_like(r), r) + bce(ops.zeros_like(f), f)"),
        "sigmoid acts twice",
    ),
    "as probabilities": (
        d_loss("bce = keras.losses.BinaryCrossentropy()",
               "bce(ops.ones_like(r), r) + bce(ops.zeros_like(f), f)"),
        "taken for probabilities",
    ),
    "log of a sigmoid": (
        d_loss("-ops.mean(ops.log(ops.sigmoid(r))) - ops.mean(ops.log(1 - ops.sigmoid(f)))"),
        "softplus",
    ),
    "log of a sigmoid, with a small number": (
        d_loss("-ops.mean(ops.log(ops.sigmoid(r) + 1e-8))"
               " - ops.mean(ops.log(1 - ops.sigmoid(f) + 1e-8))"),
        "Compute from logits",
    ),
    "Keras on probabilities": (
        d_loss("bce = keras.losses.BinaryCrossentropy()",
               "r, f = tf.sigmoid(r), tf.sigmoid(f)",
               "bce(ops.ones_like(r), r) + bce(ops.zeros_like(f), f)"),
        "Compute from logits",
    ),
    "naive softplus": (
        d_loss("ops.mean(ops.log(1 + ops.exp(-r))) + ops.mean(ops.log(1 + ops.exp(f)))"),
        "Compute from logits",
    ),
    "smoothed": (
        d_loss(BCE, "bce(0.9 * ops.ones_like(r), r) + bce(ops.zeros_like(f), f)"),
        "smoothing",
    ),
    "real alone": (d_loss("ops.mean(ops.softplus(-r))"), "generated images are missing"),
    "fake alone": (d_loss("ops.mean(ops.softplus(f))"), "real images are missing"),
    "subtracted": (
        d_loss("ops.mean(ops.softplus(-r)) - ops.mean(ops.softplus(f))"),
        "second term is added",
    ),
    "not averaged": (d_loss("ops.softplus(-r) + ops.softplus(f)"), "mean"),
    "a mean for each": (
        d_loss("(ops.mean(ops.softplus(-r)), ops.mean(ops.softplus(f)))"),
        "add them",
    ),
    "squares": (d_loss("ops.mean((r - 1) ** 2) + ops.mean(ops.square(f))"), "squared error"),
    "Wasserstein": (d_loss("ops.mean(f) - ops.mean(r)"), "Wasserstein"),
    "hinge": (d_loss("ops.mean(ops.relu(1 - r)) + ops.mean(ops.relu(1 + f))"), "hinge"),
    "NumPy": (d_loss("np.mean(np.logaddexp(0, -r)) + np.mean(np.logaddexp(0, f))"), "NumPy"),
    "a float": (
        d_loss("float(ops.mean(ops.softplus(-r)) + ops.mean(ops.softplus(f)))"), "keras.ops",
    ),
    "bits": (
        d_loss("(ops.mean(ops.softplus(-r)) + ops.mean(ops.softplus(f))) / math.log(2)"), "bits",
    ),
    "nothing": (define("discriminator_loss", "r, f", "ops.mean(ops.softplus(-r))"), "return"),
    "stopped": (
        d_loss("ops.mean(ops.softplus(-r)) + ops.mean(ops.softplus(ops.stop_gradient(f)))"),
        "cut",
    ),
    "keepdims": (
        d_loss("ops.mean(ops.softplus(-r), axis=0) + ops.mean(ops.softplus(f), axis=0)"),
        "all axes",
    ),
}  # fmt: skip


# --- generator_loss ----------------------------------------------------------------------------


def g_loss(*lines):
    *before, last = lines
    body = ["f = fake_logits", *before, f"return {last}"]
    return define("generator_loss", "fake_logits", *body)


RIGHT["generator_loss"] = {
    "softplus": g_loss("ops.mean(ops.softplus(-f))"),
    "Keras's loss": g_loss(BCE, "bce(ops.ones_like(f), f)"),
    "Keras's function": g_loss(
        "ops.mean(keras.losses.binary_crossentropy(ops.ones_like(f), f, from_logits=True))"
    ),
    "tf.nn": g_loss("tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(tf.ones_like(f), f))"),
    "log_sigmoid": g_loss("-ops.mean(ops.log_sigmoid(f))"),
    "softplus minus logit": g_loss("ops.mean(ops.softplus(f) - f)"),
    "logsumexp": g_loss(
        "f = ops.convert_to_tensor(f)",
        "pairs = ops.concatenate([ops.zeros_like(f), -f], axis=1)",
        "ops.mean(ops.logsumexp(pairs, axis=1))",
    ),
    "stable by hand": g_loss(
        "f = ops.convert_to_tensor(f)",
        "ops.mean(ops.maximum(-f, 0) + ops.log1p(ops.exp(-ops.abs(f))))",
    ),
    "sum over number": g_loss(
        "f = tf.convert_to_tensor(f)",
        "tf.reduce_sum(tf.math.softplus(-f)) / tf.cast(tf.size(f), f.dtype)",
    ),
    "two classes": g_loss(
        "f = ops.convert_to_tensor(f)",
        "both = ops.concatenate([ops.zeros_like(f), f], axis=-1)",
        "-ops.mean(ops.log_softmax(both, axis=-1)[:, 1])",
    ),
    "lambda": "generator_loss = lambda fake_logits: ops.mean(ops.softplus(-fake_logits))\n",
    "tf.function": "@tf.function\n" + g_loss("tf.reduce_mean(tf.nn.softplus(-f))"),
}

WRONG["generator_loss"] = {
    "saturating": (g_loss("-ops.mean(ops.softplus(f))"), "flat"),
    "saturating, with logarithms": (g_loss("ops.mean(ops.log_sigmoid(-f))"), "flat"),
    "the discriminator's": (g_loss("ops.mean(ops.softplus(f))"), "label of its images is 1"),
    "label 0": (g_loss(BCE, "bce(ops.zeros_like(f), f)"), "label of its images is 1"),
    "sign": (g_loss("ops.mean(ops.log_sigmoid(f))"), "sign"),
    "sum": (g_loss("ops.sum(ops.softplus(-f))"), "take the mean"),
    "halved": (g_loss("ops.mean(ops.softplus(-f)) / 2"), "halved"),
    "sigmoid twice": (g_loss(BCE, "bce(ops.ones_like(f), ops.sigmoid(f))"), "acts twice"),
    "as probabilities": (
        g_loss("bce = keras.losses.BinaryCrossentropy()", "bce(ops.ones_like(f), f)"),
        "taken for probabilities",
    ),
    "log of a sigmoid": (g_loss("-ops.mean(ops.log(ops.sigmoid(f)))"), "softplus"),
    "log with a small number": (
        g_loss("-ops.mean(ops.log(ops.sigmoid(f) + 1e-7))"), "Compute from logits",
    ),
    "clipped": (
        g_loss("-ops.mean(ops.log(ops.clip(ops.sigmoid(f), 1e-7, 1)))"), "Compute from logits",
    ),
    "clipped logits": (g_loss("ops.mean(ops.softplus(-ops.clip(f, -20, 20)))"), "Compute from"),
    "1 - D": (g_loss("ops.mean(1 - ops.sigmoid(f))"), "logarithm is missing"),
    "minus D": (g_loss("-ops.mean(ops.sigmoid(f))"), "logarithm is missing"),
    "Wasserstein": (g_loss("-ops.mean(f)"), "Wasserstein"),
    "squares": (g_loss("ops.mean((f - 1) ** 2)"), "squared error"),
    "mean first": (g_loss("ops.softplus(-ops.mean(f))"), "mean of the logits"),
    "not averaged": (g_loss("ops.softplus(-f)"), "take their mean"),
    "mean over axis 0": (g_loss("ops.mean(ops.softplus(-f), axis=0)"), "all axes"),
    "NumPy": (g_loss("np.mean(np.logaddexp(0, -f))"), "NumPy"),
    "stopped": (g_loss("ops.mean(ops.softplus(-ops.stop_gradient(f)))"), "cut"),
    "nothing": (define("generator_loss", "fake_logits", "ops.mean(fake_logits)"), "return"),
    "bits": (g_loss("ops.mean(ops.softplus(-f)) / math.log(2)"), "bits"),
    "smoothed": (g_loss(BCE, "bce(0.9 * ops.ones_like(f), f)"), "smoothing"),
}  # fmt: skip


# --- build_generator ---------------------------------------------------------------------------

DRAWS = "draws = keras.initializers.RandomNormal(stddev=0.02)"
UP = 'layers.Conv2DTranspose({0}, 4, strides=2, padding="same", kernel_initializer=draws{1})'
NORM, RELU, LEAKY = "layers.BatchNormalization()", "layers.ReLU()", "layers.LeakyReLU(0.2)"
PROJECT = "layers.Dense(7 * 7 * 16, kernel_initializer=draws)"
FLOAT = ', dtype="float32"'
TANH = ', activation="tanh", dtype="float32"'


def up(filters, options=""):
    return UP.format(filters, options)


def sequential(*stack, name, arguments, inputs, before=(DRAWS,)):
    lines = [f"    {layer}," for layer in stack]
    return define(
        name, arguments, *before, "return keras.Sequential([", f"    {inputs},", *lines, "])"
    )


def generator(*stack, **options):
    inputs = "keras.Input((latent_size,))"
    options = {"name": "build_generator", "arguments": "latent_size", "inputs": inputs} | options
    return sequential(*stack, **options)


MAPS = "layers.Reshape((7, 7, 16))"
BEGIN = (PROJECT, NORM, RELU, MAPS)
STACK = (*BEGIN, up(8), NORM, RELU, up(1, TANH))
FUNCTIONAL = define(
    "build_generator",
    "latent_size",
    DRAWS,
    "latents = keras.Input((latent_size,))",
    "x = layers.Dense(7 * 7 * 16, use_bias=False, kernel_initializer=draws)(latents)",
    "x = layers.BatchNormalization()(x)",
    'x = layers.Activation("relu")(x)',
    "x = layers.Reshape((7, 7, 16))(x)",
    "for filters in (8,):",
    f"    x = {up('filters')}(x)",
    "    x = layers.BatchNormalization()(x)",
    "    x = ops.relu(x)",
    f"x = {up(1)}(x)",
    'x = layers.Activation("tanh", dtype="float32")(x)',
    "return keras.Model(latents, x)",
)
SUBCLASSED = f"""
class Generator(keras.Model):
    def __init__(self, latent_size):
        super().__init__()
        {DRAWS}
        self.project = {PROJECT}
        self.maps = {MAPS}
        self.up = {up(8)}
        self.norms = [layers.BatchNormalization() for _ in range(2)]
        self.last = {up(1, FLOAT)}
        self(keras.Input((latent_size,)))

    def call(self, latents, training=None):
        x = tf.nn.relu(self.norms[0](self.project(latents), training=training))
        x = tf.nn.relu(self.norms[1](self.up(self.maps(x)), training=training))
        return ops.tanh(self.last(x))

def build_generator(latent_size):
    return Generator(latent_size)
"""
BLOCKS = f"""
class Block(layers.Layer):
    def __init__(self, filters, **options):
        super().__init__(**options)
        {DRAWS}
        self.up, self.norm = {up("filters")}, layers.BatchNormalization(momentum=0.9)

    def call(self, x, training=None):
        return ops.relu(self.norm(self.up(x), training=training))

def build_generator(latent_size, filters=(8,)):
    {DRAWS}
    model = keras.Sequential([keras.Input((latent_size,)), {PROJECT}, {NORM}, {RELU}, {MAPS}])
    for count in filters:
        model.add(Block(count))
    model.add({up(1, TANH)})
    return model
"""
RIGHT["build_generator"] = {
    "Sequential": generator(*STACK),
    "functional": FUNCTIONAL,
    "subclassed": SUBCLASSED,
    "blocks": BLOCKS,
    "PyTorch's kernel of 4": generator(
        "layers.Dense(7 * 7 * 16, use_bias=False, kernel_initializer=draws)",
        'layers.BatchNormalization(gamma_initializer=keras.initializers.RandomNormal(1.0, 0.02))',
        RELU, MAPS, up(8, ", use_bias=False"), NORM, RELU, up(1, TANH + ", use_bias=False"),
    ),
    "a stride of 1 first": generator(
        *BEGIN,
        'layers.Conv2DTranspose(16, 5, padding="same", kernel_initializer=draws)', NORM, RELU,
        up(8), NORM, RELU, up(1, TANH),
    ),
    "from 4 pixels, cropped": generator(
        "layers.Dense(4 * 4 * 16, kernel_initializer=draws)", NORM, RELU,
        "layers.Reshape((4, 4, 16))", up(12), NORM, RELU, up(8), NORM, RELU, up(1, TANH),
        "layers.Cropping2D(2, dtype='float32')",
    ),
    "cropped in the middle": generator(
        "layers.Dense(4 * 4 * 16, kernel_initializer=draws)", NORM, RELU,
        "layers.Reshape((4, 4, 16))", up(12), NORM, "layers.Cropping2D(((0, 1), (0, 1)))", RELU,
        up(8), NORM, RELU, up(1, TANH),
    ),
    "kernels of 2, valid": generator(
        *BEGIN, "layers.Conv2DTranspose(8, 2, strides=2, kernel_initializer=draws)", NORM, RELU,
        "layers.Conv2DTranspose(1, 2, 2, kernel_initializer=draws" + TANH + ")",
    ),
    "kernels of 5": generator(
        *BEGIN, up(8).replace("8, 4", "8, 5"), NORM, RELU, up(1, TANH).replace("1, 4", "1, 5"),
    ),
    "a convolution at the end": generator(
        *BEGIN, up(8), NORM, RELU, up(8), NORM, RELU,
        f'layers.Conv2D(1, 3, padding="same", kernel_initializer=draws{TANH})',
    ),
    "truncated draws": generator(
        *STACK, before=("draws = keras.initializers.TruncatedNormal(stddev=0.02)",)
    ),
    "seeded draws": generator(
        *STACK, before=("draws = lambda *shape, **o: 0.02 * keras.random.normal(*shape, **o)",)
    ),
    "weights set afterwards": generator(*STACK, before=())
    .replace(", kernel_initializer=draws", "").replace("return keras", "model = keras")
    + "    for weight in model.trainable_variables:\n"
    + "        if len(weight.shape) > 1:\n"
    + "            weight.assign(np.random.default_rng(0).normal(0, 0.02, weight.shape))\n"
    + "    return model\n",
    "a network in a network": define(
        "build_generator", "latent_size", DRAWS,
        "latents = keras.Input((latent_size,))",
        f"first = keras.Sequential([{PROJECT}, {NORM}, {RELU}, {MAPS}])",
        f"second = keras.Sequential([{up(8)}, {NORM}, layers.Activation(keras.activations.relu),",
        f"                           {up(1, TANH)}])",
        "return keras.Model(latents, second(first(latents)))",
    ),
    "cast at the end": define(
        "build_generator", "latent_size", DRAWS,
        "latents = keras.Input((latent_size,))",
        f"x = {MAPS}({RELU}({NORM}({PROJECT}(latents))))",
        f"x = {RELU}({NORM}({up(8)}(x)))",
        f"x = ops.tanh(ops.cast({up(1)}(x), 'float32'))",
        "return keras.Model(inputs=latents, outputs=x)",
    ),
    "built up by add": define(
        "build_generator", "latent_size",
        "model = keras.Sequential(name='generator')",
        "model.add(keras.Input(shape=(latent_size,)))",
        DRAWS,
        *(f"model.add({layer})" for layer in STACK),
        "return model",
    ),
    "normalized maps": generator(
        PROJECT, MAPS, NORM, RELU, up(8), NORM, RELU, "layers.Dropout(0.1)", up(1, TANH),
    ),
}  # fmt: skip

GLOROT = ", kernel_initializer=draws"
WRONG["build_generator"] = {
    "dense alone": (
        generator("layers.Dense(64, activation='relu')",
                  "layers.Dense(784, activation='tanh', dtype='float32')",
                  "layers.Reshape((28, 28, 1))"),
        "transposed convolutions",
    ),
    "upsampling": (
        generator(*BEGIN, "layers.UpSampling2D()",
                  'layers.Conv2D(8, 3, padding="same", kernel_initializer=draws)', NORM, RELU,
                  "layers.UpSampling2D()",
                  f'layers.Conv2D(1, 3, padding="same", kernel_initializer=draws{TANH})'),
        "upsampling",
    ),
    "resized": (
        define("build_generator", "latent_size", DRAWS,
               "latents = keras.Input((latent_size,))",
               f"x = {MAPS}({RELU}({NORM}({PROJECT}(latents))))",
               f"x = {RELU}({NORM}({up(8)}(x)))",
               "x = ops.image.resize(x, (28, 28))",
               f"x = layers.Conv2D(1, 3, padding='same', kernel_initializer=draws{TANH})(x)",
               "return keras.Model(latents, x)"),
        "resizes",
    ),
    "no normalization": (
        generator(PROJECT, RELU, MAPS, up(8), RELU, up(1, TANH)), "BatchNormalization",
    ),
    "not after the dense layer": (
        generator(PROJECT, RELU, MAPS, up(8), NORM, RELU, up(1, TANH)), "layer 1 of 3",
    ),
    "not after the convolution": (generator(*BEGIN, up(8), RELU, up(1, TANH)), "layer 2 of 3"),
    "at the end": (
        generator(*BEGIN, up(8), NORM, RELU, up(1), NORM, 'layers.Activation("tanh"' + FLOAT + ")"),
        "no batch normalization after",
    ),
    "layer normalization": (
        generator(*STACK).replace("BatchNormalization", "LayerNormalization"),
        "BatchNormalization",
    ),
    "sigmoid": (generator(*BEGIN, up(8), NORM, RELU, up(1, TANH.replace("tanh", "sigmoid"))),
                "sigmoid"),
    "no activation at the end": (
        generator(*BEGIN, up(8), NORM, RELU, up(1, FLOAT)), "no tanh",
    ),
    "clipped": (
        generator(*BEGIN, up(8), NORM, RELU, up(1, TANH.replace("tanh", "hard_tanh"))), "cut off",
    ),
    "tanh twice": (generator(*STACK, 'layers.Activation("tanh"' + FLOAT + ")"), "twice"),
    "softsign": (
        generator(*BEGIN, up(8), NORM, RELU, up(1, TANH.replace("tanh", "softsign"))), "softsign",
    ),
    "relu before the tanh": (
        generator(*BEGIN, up(8), NORM, RELU, up(1), RELU, 'layers.Activation("tanh"' + FLOAT + ")"),
        "ReLU stands before",
    ),
    "leaky": (generator(*STACK).replace(RELU, LEAKY), "as the discriminator has"),
    "Keras's leaky": (generator(*STACK).replace(RELU, "layers.LeakyReLU()"), "a ReLU"),
    "elu": (generator(*STACK).replace("ReLU()", "ELU()"), "another activation"),
    "gelu": (generator(*STACK).replace(RELU, "layers.Activation('gelu')"), "another activation"),
    "no relu": (generator(PROJECT, NORM, MAPS, up(8), NORM, up(1, TANH)), "no activation"),
    "one relu": (generator(*BEGIN, up(8), NORM, up(1, TANH)), "no activation"),
    "Keras's own draws": (generator(*STACK).replace(GLOROT, ""), "stddev=0.02"),
    "Keras's own draws at the end": (
        generator(*BEGIN, up(8), NORM, RELU, up(1, TANH).replace(GLOROT, "")), "stddev=0.02",
    ),
    "default deviation": (
        generator(*STACK, before=("draws = keras.initializers.RandomNormal()",)), "0.05",
    ),
    "deviation for variance": (
        generator(*STACK, before=("draws = keras.initializers.RandomNormal(stddev=0.02**0.5)",)),
        "not the variance",
    ),
    "uniform draws": (
        generator(*STACK, before=("draws = keras.initializers.RandomUniform(-0.02, 0.02)",)),
        "stddev=0.02",
    ),
    "half precision": (generator(*STACK).replace(FLOAT, ""), 'dtype="float32"'),
    "two dense layers": (
        generator("layers.Dense(64, kernel_initializer=draws)", NORM, RELU, *STACK),
        "no hidden dense",
    ),
    "no dense layer": (
        generator("layers.Reshape((1, 1, -1))",
                  "layers.Conv2DTranspose(16, 7, kernel_initializer=draws)", NORM, RELU,
                  up(8), NORM, RELU, up(1, TANH)),
        "one dense layer",
    ),
    "a stride of 4": (
        generator(*BEGIN,
                  f"layers.Conv2DTranspose(1, 4, strides=4, kernel_initializer=draws{TANH})"),
        "a stride of 4",
    ),
    "no strides": (
        generator("layers.Dense(28 * 28 * 4, kernel_initializer=draws)", NORM, RELU,
                  "layers.Reshape((28, 28, 4))",
                  f"layers.Conv2DTranspose(1, 4, padding='same', kernel_initializer=draws{TANH})"),
        "stride 2",
    ),
    "32 pixels": (generator(*STACK).replace("7, 7", "8, 8").replace("7 * 7", "8 * 8"), "32 x 32"),
    "three channels": (generator(*BEGIN, up(8), NORM, RELU, up(3, TANH)), "1 filter"),
    "in a row": (generator(*STACK, "layers.Flatten()"), "in a row"),
    "fixed latents": (
        generator(*STACK, inputs="keras.Input((32,))"), "another shape than it expects",
    ),
    "too large": (
        generator(*STACK).replace("7 * 7 * 16", "7 * 7 * 4096").replace("16))", "4096))"),
        "at most 1,000,000",
    ),
    "frozen": (
        generator(*STACK).replace("return keras", "model = keras")
        + "    model.trainable = False\n    return model\n",
        "trainable",
    ),
    "one for all": (
        DRAWS + "\n" + "shared = {}\n"
        + define("build_generator", "latent_size",
                 "if latent_size not in shared:",
                 "    shared[latent_size] = keras.Sequential([keras.Input((latent_size,)),",
                 f"        {', '.join(STACK)}])",
                 "return shared[latent_size]"),
        "inside the function",
    ),
    "nothing": (generator(*STACK).replace("return keras", "model = keras"), "return"),
    "the class": (define("build_generator", "latent_size", "return keras.Sequential"),
                  "the model itself"),
}  # fmt: skip


# --- build_discriminator -----------------------------------------------------------------------

DOWN = 'layers.Conv2D({0}, 4, strides=2, padding="same", kernel_initializer=draws)'
LOGIT = 'layers.Dense(1, kernel_initializer=draws, dtype="float32")'
FLAT = "layers.Flatten()"


def down(filters):
    return DOWN.format(filters)


def discriminator(*stack, **options):
    inputs = "keras.Input((28, 28, 1))"
    options = {"name": "build_discriminator", "arguments": "", "inputs": inputs} | options
    return sequential(*stack, **options)


FIRST, SECOND = (down(8), LEAKY), (down(16), NORM, LEAKY)
JUDGE = (*FIRST, *SECOND, FLAT, LOGIT)
RIGHT["build_discriminator"] = {
    "Sequential": discriminator(*JUDGE),
    "functional": define(
        "build_discriminator", "",
        DRAWS,
        "images = keras.Input((28, 28, 1))",
        f"x = {down(8)}(images)",
        "x = ops.leaky_relu(x, negative_slope=0.2)",
        f"x = {down(16)}(x)",
        f"x = {NORM}(x)",
        "x = layers.LeakyReLU(negative_slope=0.2)(x)",
        f"return keras.Model(images, {LOGIT}({FLAT}(x)))",
    ),
    "subclassed": f"""
class Discriminator(keras.Model):
    def __init__(self):
        super().__init__()
        {DRAWS}
        self.first, self.second = {down(8)}, {down(16)}
        self.norm, self.flat = {NORM}, {FLAT}
        self.logit = {LOGIT}
        self(keras.Input((28, 28, 1)))

    def call(self, images, training=None):
        x = tf.nn.leaky_relu(self.first(images), alpha=0.2)
        x = tf.nn.leaky_relu(self.norm(self.second(x), training=training))
        return self.logit(self.flat(x))

def build_discriminator():
    return Discriminator()
""",
    "activation inside": discriminator(
        down(8)[:-1] + ", activation=layers.LeakyReLU(0.2))", *SECOND, FLAT, LOGIT,
    ),
    "a lambda as activation": discriminator(
        down(8)[:-1] + ", activation=lambda x: ops.maximum(x, 0.2 * x))",
        down(16), NORM, "layers.Activation(lambda x: keras.activations.leaky_relu(x, 0.2))",
        FLAT, LOGIT,
    ),
    "with dropout": discriminator(
        *FIRST, "layers.Dropout(0.3)", *SECOND, "layers.Dropout(0.3)", FLAT, LOGIT,
    ),
    "three convolutions": discriminator(*FIRST, *SECOND, down(24), NORM, LEAKY, FLAT, LOGIT),
    "padded by hand": discriminator(
        "layers.ZeroPadding2D(1)", down(8).replace("same", "valid"), LEAKY,
        "layers.ZeroPadding2D(1)", down(16).replace("same", "valid"), NORM, LEAKY, FLAT, LOGIT,
    ),
    "valid": discriminator(
        down(8).replace("same", "valid"), LEAKY, down(16).replace("same", "valid"), NORM, LEAKY,
        FLAT, LOGIT,
    ),
    "a stride of 1 between": discriminator(
        *FIRST, 'layers.Conv2D(8, 3, padding="same", kernel_initializer=draws)', NORM, LEAKY,
        *SECOND, FLAT, LOGIT,
    ),
    "kernels of 5 without biases": discriminator(*JUDGE)
    .replace(", 4, strides", ", 5, use_bias=False, strides"),
    "reshaped": discriminator(*FIRST, *SECOND, "layers.Reshape((-1,))", LOGIT),
    "truncated draws": discriminator(
        *JUDGE, before=("draws = keras.initializers.TruncatedNormal(0.0, 0.02)",)
    ),
    "built up by add": define(
        "build_discriminator", "filters=(8, 16)",
        "model = keras.Sequential([keras.Input((28, 28, 1))])",
        DRAWS,
        "for place, count in enumerate(filters):",
        f"    model.add({down('count')})",
        "    if place:",
        f"        model.add({NORM})",
        f"    model.add({LEAKY})",
        f"model.add({FLAT})",
        f"model.add({LOGIT})",
        "return model",
    ),
    "cast at the end": define(
        "build_discriminator", "",
        DRAWS,
        "x = images = keras.Input((28, 28, 1))",
        *(f"x = {layer}(x)" for layer in JUDGE[:-1]),
        "x = layers.Dense(1, kernel_initializer=draws)(x)",
        "return keras.Model(images, layers.Activation('linear', dtype='float32')(x))",
    ),
    "normalization after the activation": discriminator(
        *FIRST, down(16), LEAKY, NORM, FLAT, LOGIT,
    ),
}  # fmt: skip

WRONG["build_discriminator"] = {
    "sigmoid": (
        discriminator(*JUDGE[:-1], LOGIT[:-1] + ', activation="sigmoid")'), "sigmoid holds",
    ),
    "sigmoid layer": (
        discriminator(*JUDGE, "layers.Activation('sigmoid', dtype='float32')"), "sigmoid holds",
    ),
    "tanh": (discriminator(*JUDGE[:-1], LOGIT[:-1] + ', activation="tanh")'), "tanh"),
    "relu at the end": (discriminator(*JUDGE, RELU), "relu cuts off"),
    # As a relu of few logits is by chance: 0 for every image.
    "relu at the end, off": (
        discriminator(
            *JUDGE[:-1], LOGIT[:-1] + ", bias_initializer=keras.initializers.Constant(-1e3))", RELU
        ),
        "relu cuts off",
    ),
    "leaky at the end": (discriminator(*JUDGE, LEAKY), "the loss holds the sigmoid"),
    "pooling": (
        discriminator(down(8).replace("strides=2", "strides=1"), LEAKY, "layers.MaxPooling2D()",
                      down(16).replace("strides=2", "strides=1"), NORM, LEAKY,
                      "layers.MaxPooling2D()", FLAT, LOGIT),
        "Neither pooling",
    ),
    "global pooling": (
        discriminator(*FIRST, *SECOND, "layers.GlobalAveragePooling2D()", LOGIT),
        "Neither pooling",
    ),
    "pooled by slices": (
        define("build_discriminator", "", DRAWS,
               "x = images = keras.Input((28, 28, 1))",
               *(f"x = {layer}(x)" for layer in (*FIRST, *SECOND)),
               "x = x[:, ::2, ::2]",
               *(f"x = {layer}(x)" for layer in (down(16), NORM, LEAKY, FLAT, LOGIT)),
               "return keras.Model(images, x)"),
        "resizes",
    ),
    "no strides": (
        discriminator(*JUDGE).replace("strides=2", "strides=1"), "stride 2",
    ),
    "one convolution": (discriminator(*FIRST, FLAT, LOGIT), "two or more"),
    "a stride of 4": (
        discriminator(*JUDGE).replace("8, 4, strides=2", "8, 4, strides=4"), "a stride of 4",
    ),
    "dense alone": (
        discriminator(FLAT, "layers.Dense(64, kernel_initializer=draws)", LEAKY, LOGIT),
        "See the sizes",
    ),
    "a hidden dense layer": (
        discriminator(*JUDGE[:-1], "layers.Dense(32, kernel_initializer=draws)", LEAKY, LOGIT),
        "no hidden dense",
    ),
    "no dense layer": (
        discriminator(*FIRST, *SECOND,
                      'layers.Conv2D(1, 7, kernel_initializer=draws, dtype="float32")', FLAT),
        "one dense layer",
    ),
    "no normalization": (discriminator(*FIRST, down(16), LEAKY, FLAT, LOGIT),
                         "BatchNormalization"),
    "normalized everywhere": (
        discriminator(down(8), NORM, LEAKY, *SECOND, FLAT, LOGIT), "own mean and spread",
    ),
    "normalized first alone": (
        discriminator(down(8), NORM, LEAKY, down(16), LEAKY, FLAT, LOGIT), "own mean and spread",
    ),
    "normalized logit": (discriminator(*JUDGE, NORM), "the answer as it is"),
    "relu": (discriminator(*JUDGE).replace(LEAKY, RELU), "That is a ReLU"),
    "one relu": (discriminator(*FIRST, down(16), NORM, RELU, FLAT, LOGIT), "That is a ReLU"),
    "Keras's slope": (discriminator(*JUDGE).replace("(0.2)", "()"), "0.3 is what Keras"),
    "TensorFlow's slope in Keras": (discriminator(*JUDGE).replace("(0.2)", "(0.01)"),
                                    "slope below 0"),
    "no activation": (discriminator(down(8), down(16), NORM, FLAT, LOGIT), "no activation"),
    "elu": (discriminator(*JUDGE).replace("LeakyReLU(0.2)", "ELU(0.2)"), "another activation"),
    "Keras's own draws": (discriminator(*JUDGE).replace(GLOROT, ""), "stddev=0.02"),
    "the logit's own draws": (
        discriminator(*JUDGE[:-1], LOGIT.replace(GLOROT, "")), "stddev=0.02",
    ),
    "zeros": (discriminator(*JUDGE, before=("draws = 'zeros'",)), "same outputs"),
    "half precision": (discriminator(*JUDGE).replace(FLOAT, ""), 'dtype="float32"'),
    "two logits": (discriminator(*JUDGE).replace("Dense(1,", "Dense(2,"), "Dense(1)"),
    "a map of logits": (discriminator(*FIRST, *SECOND, LOGIT), "Flatten"),
    "without an axis": (discriminator(*JUDGE, "layers.Reshape(())"), "axis of the logit"),
    "frozen": (
        discriminator(*JUDGE).replace("return keras", "model = keras")
        + "    model.trainable = False\n    return model\n",
        "trainable",
    ),
    "too large": (
        discriminator(*JUDGE).replace("Conv2D(8,", "Conv2D(256,").replace("D(16,", "D(512,"),
        "at most 1,000,000",
    ),
    "one for all": (
        f"{DRAWS}\nmodel = keras.Sequential([keras.Input((28, 28, 1)), {', '.join(JUDGE)}])\n"
        + define("build_discriminator", "", "return model"),
        "inside the function",
    ),
    "nothing": (discriminator(*JUDGE).replace("return keras", "model = keras"), "return"),
    "an argument": (discriminator(*JUDGE, arguments="shape"), "Keep the arguments"),
}  # fmt: skip


# --- DCGAN -------------------------------------------------------------------------------------

LAB = Path(__file__).resolve().parents[2] / "content" / "labs" / "lab4_dcgan.py"
# The class as the lab gives it, until the body of `train_step`.
GIVEN = LAB.read_text().split("\nclass DCGAN")[1].split("        ### BEGIN SOLUTION")[0]


def gan(*lines, further=""):
    """The class with these lines as `train_step`; further: methods after it."""
    body = "".join(f"        {line}\n" if line else "\n" for part in lines for line in part)
    return f"class DCGAN{GIVEN}{body}{further}"


def changed(*pairs):
    """The class of "as in the hints" with other words in its training step."""
    body = PLAIN
    for old, new in pairs:
        if old not in body:
            raise ValueError(f"'{old}' is not in the step.")
        body = body.replace(old, new)
    return gan(body.split("\n"))


PLAIN = """count = ops.shape(real_images)[0]
for _ in range(self.discriminator_steps):
    fake_images = self.generator(self.draw_latents(count), training=True)
    with tf.GradientTape() as tape:
        real_logits = self.discriminator(real_images, training=True)
        fake_logits = self.discriminator(fake_images, training=True)
        loss = self.discriminator_loss(real_logits, fake_logits)
        scaled = self.discriminator_optimizer.scale_loss(loss)
    variables = self.discriminator.trainable_variables
    gradients = tape.gradient(scaled, variables)
    self.discriminator_optimizer.apply(gradients, variables)

latents = self.draw_latents(count)
with tf.GradientTape() as tape:
    generated = self.generator(latents, training=True)
    logits = self.discriminator(generated, training=True)
    deception = self.generator_loss(logits)
    scaled = self.generator_optimizer.scale_loss(deception)
variables = self.generator.trainable_variables
gradients = tape.gradient(scaled, variables)
self.generator_optimizer.apply(gradients, variables)
return self.track(loss, deception, ops.sigmoid(real_logits), ops.sigmoid(fake_logits))"""

APPLY_D = "self.discriminator_optimizer.apply(gradients, variables)"
APPLY_G = "self.generator_optimizer.apply(gradients, variables)"
TRACK = "self.track(loss, deception, ops.sigmoid(real_logits), ops.sigmoid(fake_logits))"
FAKES = "fake_images = self.generator(self.draw_latents(count), training=True)"
FIRST_HALF, SECOND_HALF = (
    PLAIN.split("\n\n")[0].split("\n")[1:],
    PLAIN.split("\n\n")[1].split("\n")[:-1],
)
COUNT, RETURN = PLAIN.split("\n")[0], PLAIN.split("\n")[-1]

RIGHT["DCGAN"] = {
    "as in the hints": changed(),
    "apply_gradients": changed(
        (APPLY_D, "self.discriminator_optimizer.apply_gradients(zip(gradients, variables))"),
        (APPLY_G, "self.generator_optimizer.apply_gradients(zip(gradients, variables))"),
    ),
    "generated inside the tape": changed(
        ("    " + FAKES + "\n    with tf.GradientTape() as tape:\n",
         "    with tf.GradientTape() as tape:\n        " + FAKES + "\n"),
    ),
    "one batch of both": changed(
        ("real_logits = self.discriminator(real_images, training=True)",
         "both = ops.concatenate([real_images, fake_images], axis=0)"),
        ("fake_logits = self.discriminator(fake_images, training=True)",
         "both = self.discriminator(both, training=True)\n"
         "        real_logits, fake_logits = both[:count], both[count:]"),
    ),
    "one batch, fake first": changed(
        ("real_logits = self.discriminator(real_images, training=True)",
         "both = tf.concat([fake_images, real_images], 0)"),
        ("fake_logits = self.discriminator(fake_images, training=True)",
         "fake_logits, real_logits = tf.split(self.discriminator(both, training=True), 2)"),
    ),
    "persistent tapes": changed(("tf.GradientTape()", "tf.GradientTape(persistent=True)")),
    "tapes that watch what they are told": changed(
        ("    with tf.GradientTape() as tape:\n        real",
         "    variables = self.discriminator.trainable_variables\n"
         "    with tf.GradientTape(watch_accessed_variables=False) as tape:\n"
         "        tape.watch([variable.value for variable in variables])\n        real"),
        ("\nwith tf.GradientTape() as tape:\n",
         "\nwith tf.GradientTape(watch_accessed_variables=False) as tape:\n"
         "    tape.watch([each.value for each in self.generator.trainable_variables])\n"),
    ),
    "TensorFlow's shape": changed(("ops.shape(real_images)[0]", "tf.shape(real_images)[0]")),
    "all latents drawn at once": changed(
        ("ops.shape(real_images)[0]\n",
         "ops.shape(real_images)[0]\n"
         "drawn = self.draw_latents((self.discriminator_steps + 1) * count)\n"),
        ("for _ in", "for step in"),
        ("self.draw_latents(count), training", "drawn[step * count:(step + 1) * count], training"),
        ("latents = self.draw_latents(count)",
         "latents = drawn[self.discriminator_steps * count:]"),
    ),
    "all images generated at once": changed(
        ("for _ in",
         "fakes = self.generator(self.draw_latents(self.discriminator_steps * count), "
         "training=True)\nfakes = ops.split(fakes, self.discriminator_steps)\nfor fake_images in"),
        ("range(self.discriminator_steps):\n    " + FAKES, "fakes:"),
    ),
    "two methods": gan(
        [COUNT, "for _ in range(self.discriminator_steps):",
         "    real = self.judge_step(real_images, count)",
         "return self.track(real[0], self.draw_step(count), *map(ops.sigmoid, real[1:]))"],
        further="""
    def judge_step(self, real_images, count):
        fake_images = self.generator(self.draw_latents(count), training=True)
        variables = self.discriminator.trainable_weights
        with tf.GradientTape() as tape:
            real, fake = (self.discriminator(each, training=True)
                          for each in (real_images, fake_images))
            loss = self.discriminator_loss(real_logits=real, fake_logits=fake)
            scaled = self.discriminator_optimizer.scale_loss(loss)
        self.discriminator_optimizer.apply(tape.gradient(scaled, variables), variables)
        return loss, real, fake

    def draw_step(self, count):
        with tf.GradientTape() as tape:
            drawn = self.generator(self.draw_latents(count), training=True)
            loss = self.generator_loss(fake_logits=self.discriminator(drawn, training=True))
            scaled = self.generator_optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, self.generator.trainable_weights)
        self.generator_optimizer.apply(gradients, self.generator.trainable_weights)
        return loss
""",
    ),
    "one method for both": gan(
        ["count = tf.shape(real_images)[0]",
         "def descend(optimizer, network, loss):",
         "    with tf.GradientTape() as tape:",
         "        value, *more = loss()",
         "        scaled = optimizer.scale_loss(value)",
         "    weights = network.trainable_variables",
         "    optimizer.apply(tape.gradient(scaled, weights), weights)",
         "    return value, *more",
         "def judged():",
         "    fake = self.generator(self.draw_latents(count), training=True)",
         "    logits = [self.discriminator(each, training=True) for each in (real_images, fake)]",
         "    return self.discriminator_loss(*logits), *logits",
         "def drawn():",
         "    fake = self.generator(self.draw_latents(count), training=True)",
         "    return self.generator_loss(self.discriminator(fake, training=True)),",
         "for _ in range(self.discriminator_steps):",
         "    d_loss, real, fake = descend(self.discriminator_optimizer, self.discriminator, judged)",
         "g_loss, = descend(self.generator_optimizer, self.generator, drawn)",
         "return self.track(d_loss, g_loss, tf.sigmoid(real), tf.sigmoid(fake))"],
    ),
    "gradients stopped": changed(
        ("self.discriminator(fake_images,", "self.discriminator(ops.stop_gradient(fake_images),"),
    ),
    "the draws spelled out": changed(
        ("self.draw_latents(count)",
         "keras.random.normal((count, self.latent_size), seed=self.seed_generator)"),
    ),
    "means tracked": changed(
        ("ops.sigmoid(real_logits), ops.sigmoid(fake_logits)",
         "ops.mean(keras.activations.sigmoid(real_logits)), ops.mean(tf.sigmoid(fake_logits))"),
    ),
    "trackers by hand": changed(
        ("return " + TRACK,
         "values = loss, deception, ops.sigmoid(real_logits), ops.sigmoid(fake_logits)\n"
         "for tracker, value in zip(self.trackers, values):\n"
         "    tracker.update_state(value)\n"
         "return {tracker.name: tracker.result() for tracker in self.trackers}"),
    ),
    "a while loop": changed(
        ("for _ in range(self.discriminator_steps):\n",
         "step = 0\nwhile step < self.discriminator_steps:\n    step += 1\n"),
    ),
    "a tf.function": changed().replace("    def train_step", "    @tf.function\n    def train_step"),
    "scaled where it has to be": changed(
        ("self.discriminator_optimizer.scale_loss(loss)",
         "self.scaled(loss, self.discriminator_optimizer)"),
        ("self.generator_optimizer.scale_loss(deception)",
         "self.scaled(deception, self.generator_optimizer)"),
    ) + """
    def scaled(self, loss, optimizer):
        if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            return optimizer.scale_loss(loss)
        return loss
""",
    "a tuple is unpacked": changed(
        ("count =", "if isinstance(real_images, tuple):\n    real_images = real_images[0]\ncount ="),
    ),
    "probabilities inside": changed(
        ("        loss = self", "        real, fake = ops.sigmoid(real_logits), "
         "1 / (1 + ops.exp(-fake_logits))\n        loss = self"),
        ("ops.sigmoid(real_logits), ops.sigmoid(fake_logits))\n", "real, fake)\n")
        if False else ("return " + TRACK, "return self.track(loss, deception, real, fake)"),
    ),
    "the generator's images made first": changed(
        ("for _ in",
         "latents = self.draw_latents(count)\n"
         "with tf.GradientTape(persistent=True) as other:\n"
         "    generated = self.generator(latents, training=True)\nfor _ in"),
        ("\nlatents = self.draw_latents(count)\nwith tf.GradientTape() as tape:\n    generated = "
         "self.generator(latents, training=True)\n", "\nwith other:\n"),
        ("gradients = tape.gradient(scaled, variables)\nself.generator",
         "gradients = other.gradient(scaled, variables)\nself.generator"),
    ),
    "variables without a name": changed(
        ("variables = self.generator.trainable_variables\n", ""),
        ("gradients = tape.gradient(scaled, variables)\nself.generator",
         "gradients = tape.gradient(scaled, self.generator.trainable_variables)\nself.generator"),
        (APPLY_G, "self.generator_optimizer.apply(gradients, self.generator.trainable_variables)"),
    ),
}  # fmt: skip

LATER = "\n".join([COUNT, *SECOND_HALF, *FIRST_HALF, RETURN]).split("\n")
WRONG["DCGAN"] = {
    "labels reversed": (
        changed(("loss(real_logits, fake_logits)", "loss(fake_logits, real_logits)")), "reversed",
    ),
    "the discriminator moved by both": (
        changed(("variables = self.generator.trainable_variables",
                 "variables = self.discriminator.trainable_variables")),
        "discriminator",
    ),
    "the generator climbs": (
        changed(("scale_loss(deception)", "scale_loss(-deception)")), "uphill",
    ),
    "the discriminator climbs": (changed(("scale_loss(loss)", "scale_loss(-loss)")), "uphill"),
    "all variables in one": (
        changed(("    " + FAKES + "\n    with tf.GradientTape() as tape:\n",
                 "    with tf.GradientTape() as tape:\n        " + FAKES + "\n"),
                ("variables = self.discriminator.trainable_variables",
                 "variables = self.trainable_variables")),
        "moves the generator",
    ),
    "all variables in the generator's step": (
        changed(("variables = self.generator.trainable_variables",
                 "variables = self.trainable_variables")),
        "discriminator",
    ),
    "the generator for use": (
        changed((FAKES, FAKES.replace(", training=True", "")),
                ("self.generator(latents, training=True)", "self.generator(latents)")),
        "training=True",
    ),
    "the generator for use in one step": (
        changed((FAKES, FAKES.replace("True", "False"))), "training=True missing in 1 of 2",
    ),
    "the discriminator for use": (
        changed(("(real_images, training=True)", "(real_images)"),
                ("(fake_images, training=True)", "(fake_images)"),
                ("(generated, training=True)", "(generated)")),
        "training=True missing in 3 of 3",
    ),
    "the discriminator for use in the generator's step": (
        changed(("(generated, training=True)", "(generated, training=False)")),
        "training=True missing in 1 of 3",
    ),
    "frozen by turns": (
        changed(("latents = self.draw_latents(count)\n",
                 "latents = self.draw_latents(count)\nself.discriminator.trainable = False\n"),
                ("return self", "self.discriminator.trainable = True\nreturn self")),
        "freeze nothing",
    ),
    "the same latents in all steps": (
        changed(("for _ in", "latents = self.draw_latents(count)\nfor _ in"),
                ("self.generator(self.draw_latents(count),", "self.generator(latents,"),
                ("\nlatents = self.draw_latents(count)\nwith", "\nlatents = self.draw_latents(count)"
                 "\nwith")),
        "see the same images",
    ),
    "the same latents everywhere": (
        changed((COUNT, COUNT + "\nlatents = self.draw_latents(count)"),
                ("self.generator(self.draw_latents(count),", "self.generator(latents,"),
                ("\n\nlatents = self.draw_latents(count)", "\n")),
        "latents of its own",
    ),
    "the same images in all steps": (
        changed(("for _ in", FAKES + "\nfor _ in"), ("    " + FAKES + "\n", "")),
        "generated once",
    ),
    "one batch of images for both": (
        changed(("latents = self.draw_latents(count)\n", ""),
                ("    generated = self.generator(latents, training=True)\n", ""),
                ("(generated,", "(fake_images,"),
                ("with tf.GradientTape() as tape:\n        real",
                 "with tf.GradientTape(persistent=True) as tape:\n        real")),
        "No gradient gets to these variables",
    ),
    "k ignored": (
        changed(("range(self.discriminator_steps)", "range(1)")), "steps are taken",
    ),
    "the generator in the loop": (
        gan([COUNT, FIRST_HALF[0], *(FIRST_HALF[1:]), *("    " + line for line in SECOND_HALF),
             RETURN]),
        "too: its step stands after the loop",
    ),
    "latents used again": (
        changed((FAKES, "latents = self.draw_latents(count)\n    "
                 "fake_images = self.generator(latents, training=True)"),
                ("\n\nlatents = self.draw_latents(count)", "\n")),
        "used again",
    ),
    "a fixed batch": (changed((COUNT, "count = 64")), "as many latents as there are real images"),
    "the shape of a batch in Python": (
        changed((COUNT, "count = real_images.shape[0]")), "ops.shape(x)",
    ),
    "unscaled discriminator": (
        changed(("self.discriminator_optimizer.scale_loss(loss)", "loss")),
        "self.discriminator_optimizer.scale_loss",
    ),
    "unscaled generator": (
        changed(("self.generator_optimizer.scale_loss(deception)", "deception")),
        "self.generator_optimizer.scale_loss",
    ),
    "scaled losses tracked": (
        changed(("        scaled = self.discriminator_optimizer.scale_loss(loss)",
                 "        loss = scaled = self.discriminator_optimizer.scale_loss(loss)"),
                ("    scaled = self.generator_optimizer.scale_loss(deception)",
                 "    deception = scaled = self.generator_optimizer.scale_loss(deception)")),
        "not scaled",
    ),
    "the last batch's values": (
        changed(("return " + TRACK,
                 "return {'discriminator_loss': loss, 'generator_loss': deception,\n"
                 "        'real_probability': ops.mean(ops.sigmoid(real_logits)),\n"
                 "        'fake_probability': ops.mean(ops.sigmoid(fake_logits))}")),
        "last batch",
    ),
    "sigmoid before the losses": (
        changed(("loss(real_logits, fake_logits)",
                 "loss(ops.sigmoid(real_logits), ops.sigmoid(fake_logits))"),
                ("generator_loss(logits)", "generator_loss(ops.sigmoid(logits))")),
        "The sigmoid acts before",
    ),
    "sigmoid before the generator's loss": (
        changed(("generator_loss(logits)", "generator_loss(ops.sigmoid(logits))")),
        "The sigmoid acts before",
    ),
    "the generator first": (gan(LATER), "moves first"),
    "against the old discriminator": (
        gan(["count = tf.shape(real_images)[0]",
             "for _ in range(self.discriminator_steps):",
             "    with tf.GradientTape() as d_tape, tf.GradientTape() as g_tape:",
             "        fake_images = self.generator(self.draw_latents(count), training=True)",
             "        again = self.generator(self.draw_latents(count), training=True)",
             "        real_logits = self.discriminator(real_images, training=True)",
             "        fake_logits = self.discriminator(fake_images, training=True)",
             "        loss = self.discriminator_loss(real_logits, fake_logits)",
             "        deception = self.generator_loss(self.discriminator(again, training=True))",
             "        scaled = self.discriminator_optimizer.scale_loss(loss)",
             "        other = self.generator_optimizer.scale_loss(deception)",
             "    variables = self.discriminator.trainable_variables",
             f"    {APPLY_D.replace('gradients', 'd_tape.gradient(scaled, variables)')}",
             "    variables = self.generator.trainable_variables",
             f"    {APPLY_G.replace('gradients', 'g_tape.gradient(other, variables)')}",
             RETURN]),
        "as it is after its update",
    ),
    "TensorFlow's tutorial": (
        gan(["count = tf.shape(real_images)[0]",
             "with tf.GradientTape() as d_tape, tf.GradientTape() as g_tape:",
             "    fake_images = self.generator(self.draw_latents(count), training=True)",
             "    real_logits = self.discriminator(real_images, training=True)",
             "    fake_logits = self.discriminator(fake_images, training=True)",
             "    loss = self.discriminator_loss(real_logits, fake_logits)",
             "    deception = self.generator_loss(fake_logits)",
             "variables = self.discriminator.trainable_variables",
             APPLY_D.replace("gradients", "d_tape.gradient(loss, variables)"),
             "variables = self.generator.trainable_variables",
             APPLY_G.replace("gradients", "g_tape.gradient(deception, variables)"),
             RETURN]),
        "serve both networks",
    ),
    "the notebook's losses": (
        changed(("self.discriminator_loss(", "discriminator_loss("),
                ("self.generator_loss(", "generator_loss(")),
        "given to compile",
    ),
    "Keras's losses": (
        changed((COUNT, COUNT + "\n" + BCE),
                ("self.generator_loss(logits)", "bce(ops.ones_like(logits), logits)")),
        "self.generator_loss is meant",
    ),
    "the generator climbs the discriminator's loss": (
        changed(("self.generator_loss(logits)",
                 "-self.discriminator_loss(real_logits, logits)")),
        "does not climb the discriminator's loss",
    ),
    "probabilities swapped": (
        changed(("ops.sigmoid(real_logits), ops.sigmoid(fake_logits)",
                 "ops.sigmoid(fake_logits), ops.sigmoid(real_logits)")),
        "probabilities have changed places",
    ),
    "logits tracked": (
        changed(("ops.sigmoid(real_logits), ops.sigmoid(fake_logits)", "real_logits, fake_logits")),
        "These are logits",
    ),
    "losses swapped": (changed(("track(loss, deception", "track(deception, loss")),
                       "losses have changed places"),
    "the generator's images tracked": (
        changed(("ops.sigmoid(fake_logits)", "ops.sigmoid(logits)")),
        "as the generator's step saw",
    ),
    "tracked after the update": (
        changed(("latents = self", "real_logits = self.discriminator(real_images, training=True)\n"
                 "latents = self")),
        "run again after the update",
    ),
    "means over the k steps": (
        changed(("for _ in", "losses = []\nfor _ in"), (APPLY_D, APPLY_D + "\n    losses.append(loss)"),
                ("self.track(loss,", "self.track(sum(losses) / len(losses),")),
        "means over the k steps",
    ),
    "nothing returned": (changed(("return self.track", "self.track")), "without `return`"),
    "three numbers": (
        changed(("return " + TRACK,
                 f"values = {TRACK}\ndel values['fake_probability']\nreturn values")),
        "'fake_probability' is missing",
    ),
    "a loss returned": (changed((TRACK, "loss")), "Return self.track"),
    "stopped in the generator's step": (
        changed(("self.discriminator(generated,", "self.discriminator(ops.stop_gradient(generated),")),
        "No gradient gets to these variables",
    ),
    "generated outside of the tape": (
        changed(("with tf.GradientTape() as tape:\n    generated = self.generator(latents, "
                 "training=True)",
                 "generated = self.generator(latents, training=True)\n"
                 "with tf.GradientTape() as tape:")),
        "No gradient gets to these variables",
    ),
    "uniform latents": (
        changed(("self.draw_latents(count)",
                 "keras.random.uniform((count, self.latent_size), -1, 1, "
                 "seed=self.seed_generator)")),
        "uniform",
    ),
    "a generator in each step": (
        changed((COUNT, COUNT + "\nseeds = keras.random.SeedGenerator(self.seed)\n"
                 "draw = lambda: keras.random.normal((count, self.latent_size), seed=seeds)"),
                ("self.draw_latents(count)", "draw()"))
        .replace("        self.latent_size = latent_size\n",
                 "        self.latent_size, self.seed = latent_size, seed\n"),
        "begins anew",
    ),
    "a number as seed": (
        changed(("self.draw_latents(count)",
                 "keras.random.normal((count, self.latent_size), seed=1)")),
        "the same again",
    ),
    "TensorFlow's own draws": (
        changed(("self.draw_latents(count)", "tf.random.normal((count, self.latent_size))")),
        "don't follow from the seed",
    ),
    "NumPy's draws": (
        changed((COUNT, COUNT + "\nrng = np.random.default_rng()"),
                ("self.draw_latents(count)",
                 "rng.normal(size=(count, self.latent_size)).astype('float32')")),
        "ompiled",
    ),
    "the same latents for all images": (
        changed(("self.draw_latents(count)",
                 "ops.repeat(self.draw_latents(1), count, axis=0)")),
        "the same for all images",
    ),
    "optimizers exchanged": (
        changed(("self.discriminator_optimizer", "self.x"),
                ("self.generator_optimizer", "self.discriminator_optimizer"),
                ("self.x", "self.generator_optimizer")),
        "other network's optimizer",
    ),
    "one optimizer": (
        changed(("self.generator_optimizer", "self.discriminator_optimizer")),
        "each network has its own",
    ),
    "Keras's own optimizer": (
        changed(("self.discriminator_optimizer", "self.optimizer"),
                ("self.generator_optimizer", "self.optimizer")),
        "each network has its own",
    ),
    "the discriminator never moves": (
        changed(("    " + APPLY_D + "\n", "")), "The discriminator has not moved",
    ),
    "the generator never moves": (
        changed((APPLY_G + "\n", "")), "The generator has not moved",
    ),
    "half of the loss": (
        changed(("self.discriminator_loss(real_logits, fake_logits)",
                 "0.5 * self.discriminator_loss(real_logits, fake_logits)")),
        "not halved",
    ),
    "the loss for the gradient outside": (
        changed(("        loss = self.discriminator_loss(real_logits, fake_logits)\n"
                 "        scaled = self.discriminator_optimizer.scale_loss(loss)",
                 "    loss = self.discriminator_loss(real_logits, fake_logits)\n"
                 "    scaled = self.discriminator_optimizer.scale_loss(loss)")),
        "inside the tape",
    ),
}  # fmt: skip

HIDDEN_WRONG["DCGAN"] = {
    "two steps at most": (
        changed(("range(self.discriminator_steps)", "range(min(2, self.discriminator_steps))")),
        "steps are taken",
    ),
    "no single images": (
        changed((COUNT, "count = ops.maximum(2, ops.shape(real_images)[0])")),
        "as many latents as there are real images",
    ),
}


# --- nearest_neighbours ------------------------------------------------------------------------


def nearest(*lines):
    """An answer that ends in `return <last line>`; g and t are images, a and b their rows."""
    *before, last = lines
    body = [
        "g, t = generated, training_images",
        "a, b = np.reshape(g, (len(g), -1)), np.reshape(t, (len(t), -1))",
        *before,
        f"return {last}",
    ]
    return define("nearest_neighbours", "generated, training_images", *body)


SQUARES = "s = np.sum(a**2, axis=1)[:, None] - 2 * a @ b.T + np.sum(b**2, axis=1)"
BEST = "places = np.argmin(s, axis=1)"
SAFE = "places, np.sqrt(np.maximum(np.min(s, axis=1), 0))"
ALL = "s = np.array([[np.sum((x - y) ** 2) for y in b] for x in a])"
RIGHT["nearest_neighbours"] = {
    "a product": nearest(SQUARES, BEST, SAFE),
    "scikit-learn": nearest(
        "from sklearn.neighbors import NearestNeighbors",
        "distances, places = NearestNeighbors(n_neighbors=1).fit(b).kneighbors(a)",
        "places[:, 0], distances[:, 0]",
    ),
    "SciPy": nearest(
        "from scipy.spatial.distance import cdist",
        "d = cdist(a, b)",
        "d.argmin(axis=1), d.min(axis=1)",
    ),
    "pairwise": nearest(
        "from sklearn.metrics import pairwise_distances_argmin_min",
        "pairwise_distances_argmin_min(a, b)",
    ),
    "all differences": nearest(
        "d = np.sqrt(np.sum((a[:, None] - b[None]) ** 2, axis=-1))",
        "np.argmin(d, axis=1), np.min(d, axis=1)",
    ),
    "images as they are": nearest(
        "d = np.sqrt(np.square(g[:, None] - t).sum(axis=(2, 3, 4)))",
        "d.argmin(1), d.min(1)",
    ),
    "image by image": nearest(
        "places, distances = [], []",
        "for image in g:",
        "    d = np.linalg.norm((t - image).reshape(len(t), -1), axis=1)",
        "    places.append(np.argmin(d))",
        "    distances.append(np.min(d))",
        "np.array(places), np.array(distances)",
    ),
    "plain lists": nearest(
        ALL, BEST, "[int(p) for p in places], [float(np.sqrt(row.min())) for row in s]"
    ),
    "a tree": nearest(
        "from scipy.spatial import KDTree",
        "distances, places = KDTree(b).query(a)",
        "places, distances",
    ),
    "float64": nearest("a, b = a.astype('float64'), b.astype('float64')", SQUARES, BEST, SAFE),
    "distances of the places": nearest(
        SQUARES, BEST, "places, np.linalg.norm(a - b[places], axis=1)"
    ),
    "TensorFlow": nearest(
        "s = tf.reduce_sum(a**2, 1)[:, None] - 2 * tf.matmul(a, b, transpose_b=True) "
        "+ tf.reduce_sum(b**2, 1)",
        "tf.argmin(s, axis=1), tf.sqrt(tf.maximum(tf.reduce_min(s, axis=1), 0))",
    ),
    "keras.ops": nearest(
        "s = ops.sum(a**2, axis=1, keepdims=True) - 2 * ops.matmul(a, b.T) + ops.sum(b**2, axis=1)",
        "places = ops.argmin(s, axis=1)",
        "distances = ops.sqrt(ops.maximum(ops.min(s, axis=1), 0))",
        "[np.array(places), np.array(distances)]",
    ),
    "sorted": nearest(
        SQUARES, "places = np.argsort(s, axis=1)[:, 0]",
        "places, np.sqrt(np.abs(s[np.arange(len(s)), places]))",
    ),
    "in parts": nearest(
        "parts = []",
        "for part in np.array_split(a, 3):",
        "    s = (part**2).sum(1)[:, None] - 2 * part @ b.T + (b**2).sum(1)",
        "    parts.append((s.argmin(1), np.sqrt(np.maximum(s.min(1), 0))))",
        "tuple(np.concatenate(each) for each in zip(*parts))",
    ),
    "einsum": nearest(
        "s = np.einsum('ik,ik->i', a, a)[:, None] - 2 * np.einsum('ik,jk->ij', a, b) "
        "+ np.einsum('jk,jk->j', b, b)",
        "s = np.clip(s, 0, None)", BEST, "places.astype('int32'), np.sqrt(s.min(axis=1))",
    ),
}  # fmt: skip

WRONG["nearest_neighbours"] = {
    "for the training images": (
        nearest(SQUARES, "np.argmin(s, axis=0), np.sqrt(np.maximum(s.min(axis=0), 0))"),
        "other way round",
    ),
    "squared": (nearest(SQUARES, BEST, "places, np.min(s, axis=1)"), "squared distances"),
    "mean of squares": (
        nearest("s = ((a[:, None] - b) ** 2).mean(-1)", BEST, "places, s.min(1)"), "mean of squares",
    ),
    "root of the mean": (
        nearest("s = ((a[:, None] - b) ** 2).mean(-1)", BEST, SAFE), "mean over the pixels",
    ),
    "absolute": (
        nearest("s = np.abs(a[:, None] - b).sum(-1)", BEST, "places, s.min(1)"),
        "absolute differences",
    ),
    "largest pixel": (
        nearest("s = np.abs(a[:, None] - b).max(-1)", BEST, "places, s.min(1)"), "the largest",
    ),
    "farthest": (
        nearest(SQUARES, "places = np.argmax(s, axis=1)", "places, np.sqrt(s.max(1))"), "argmax",
    ),
    "farthest distance": (nearest(SQUARES, BEST, "places, np.sqrt(s.max(1))"), "largest"),
    "mean distance": (
        nearest(SQUARES, BEST, "places, np.sqrt(np.maximum(s, 0)).mean(1)"),
        "means over the training images",
    ),
    "first channel": (
        nearest("a, b = g[..., 0].reshape(len(g), -1), t[..., 0].reshape(len(t), -1)",
                SQUARES, BEST, SAFE),
        "first channel",
    ),
    "the other order": (
        nearest(SQUARES, BEST, "np.sqrt(np.maximum(np.min(s, axis=1), 0)), places"),
        "Places come first",
    ),
    "places as floats": (
        nearest(SQUARES, BEST, "places.astype('float32'), np.sqrt(np.maximum(s.min(1), 0))"),
        "whole numbers",
    ),
    "places alone": (nearest(SQUARES, "np.argmin(s, axis=1)"), "nearest, distances"),
    "one array of both": (
        nearest(SQUARES, BEST, "np.stack([places, np.sqrt(np.maximum(s.min(1), 0))])"),
        "nearest, distances",
    ),
    "all distances": (nearest(SQUARES, BEST, "places, np.sqrt(np.maximum(s, 0))"), "all pairs"),
    "one number": (
        nearest(SQUARES, "np.argmin(s), np.sqrt(np.maximum(s.min(), 0))"), "one for each",
    ),
    "no brackets": (
        nearest("s = np.sum(a**2, axis=1)[:, None] - a @ b.T + np.sum(b**2, axis=1)", BEST, SAFE),
        "product is taken",
    ),
    "product added": (
        nearest("s = np.sum(a**2, axis=1)[:, None] + 2 * a @ b.T + np.sum(b**2, axis=1)", BEST,
                SAFE),
        "product is subtracted",
    ),
    "shapes that don't fit": (
        nearest("s = np.sum(a**2, axis=1) - 2 * a @ b.T + np.sum(b**2, axis=1)", BEST, SAFE),
        "shapes on both sides",
    ),
    "negative roots": (
        nearest(SQUARES, "s = s - 1e-3", BEST, "places, np.sqrt(s.min(1))"), "np.maximum",
    ),
    "the second nearest": (
        nearest(SQUARES, "places = np.argsort(s, axis=1)[:, 1]",
                "places, np.sqrt(np.maximum(s[np.arange(len(s)), places], 0))"),
        "second nearest",
    ),
    "places from 1": (
        nearest(SQUARES, BEST, "places + 1, np.sqrt(np.maximum(s.min(1), 0))"), "from 0",
    ),
    "own places": (
        nearest(SQUARES, BEST, "np.arange(len(g)), np.sqrt(np.maximum(s.min(1), 0))"),
        "laces",
    ),
    "cosine": (
        nearest("a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))",
                "s = 1 - a @ b.T", BEST, "places, s.min(1)"),
        "cosine",
    ),
    "whole numbers": (
        nearest(SQUARES, BEST, "places, np.sqrt(np.maximum(s.min(1), 0)).astype(int)"),
        "",
    ),
    "images, not places": (
        nearest(SQUARES, BEST, "t[places], np.sqrt(np.maximum(s.min(1), 0))"), "places",
    ),
    "nothing": (define("nearest_neighbours", "generated, training_images", "pass"),
                "nearest, distances"),
}  # fmt: skip


# --- interpolate -------------------------------------------------------------------------------


def walk(*lines):
    """An answer that ends in `return <last line>`; p and q are the ends, t the shares."""
    *before, last = lines
    body = [
        "p, q, t = start, end, np.linspace(0, 1, steps)[:, None]",
        *before,
        f"return {last}",
    ]
    return define("interpolate", "start, end, steps", *body)


COSINE = "cosine = np.dot(p, q) / (np.linalg.norm(p) * np.linalg.norm(q))"
ANGLE = "w = np.arccos(np.clip(cosine, -1, 1))"
LINE = "if np.sin(w) < 1e-4: return (1 - t) * p + t * q"
SLERP = "(np.sin((1 - t) * w) * p + np.sin(t * w) * q) / np.sin(w)"
RIGHT["interpolate"] = {
    "the formula": walk(COSINE, ANGLE, LINE, SLERP),
    "unit vectors": walk(
        "w = np.arccos(np.clip(np.dot(p / np.linalg.norm(p), q / np.linalg.norm(q)), -1.0, 1.0))",
        "if np.isclose(w, 0, atol=1e-3): return p + t * (q - p)",
        SLERP,
    ),
    "step by step": walk(
        COSINE, ANGLE,
        "points = []",
        "for share in np.linspace(0, 1, steps):",
        "    if w < 1e-4:",
        "        points.append((1 - share) * p + share * q)",
        "    else:",
        "        points.append(math.sin((1 - share) * w) / math.sin(w) * p",
        "                      + math.sin(share * w) / math.sin(w) * q)",
        "np.array(points)",
    ),
    "sinc": walk(
        COSINE, ANGLE,
        "whole = np.sinc(w / np.pi)",
        "(1 - t) * np.sinc((1 - t) * w / np.pi) / whole * p + t * np.sinc(t * w / np.pi) / whole * q",
    ),
    "arctan2": walk(
        "a, b = (np.float64(x) / np.linalg.norm(np.float64(x)) for x in (p, q))",
        "w = 2 * np.arctan2(np.linalg.norm(a - b), np.linalg.norm(a + b))",
        LINE, SLERP,
    ),
    "where": walk(
        COSINE, ANGLE,
        "sine = np.sin(w)",
        "with np.errstate(all='ignore'):",
        "    first = np.where(sine < 1e-4, 1 - t, np.sin((1 - t) * w) / sine)",
        "    second = np.where(sine < 1e-4, t, np.sin(t * w) / sine)",
        "first * p + second * q",
    ),
    "cosine near 1": walk(
        COSINE, "if cosine > 0.999999: return np.outer(1 - t, p) + np.outer(t, q)",
        "w = np.arccos(cosine)", SLERP,
    ),
    "keras.ops": walk(
        "p, q, t = (ops.cast(each, 'float32') for each in (p, q, t))",
        "cosine = ops.sum(p * q) / (ops.norm(p) * ops.norm(q))",
        "w = ops.arccos(ops.clip(cosine, -1, 1))",
        "if float(ops.sin(w)) < 1e-4: return (1 - t) * p + t * q",
        "(ops.sin((1 - t) * w) * p + ops.sin(t * w) * q) / ops.sin(w)",
    ),
    "TensorFlow": walk(
        "p, q, t = (tf.cast(each, tf.float32) for each in (p, q, t))",
        "cosine = tf.tensordot(tf.nn.l2_normalize(p, 0), tf.nn.l2_normalize(q, 0), 1)",
        "w = tf.acos(tf.clip_by_value(cosine, -1, 1))",
        "tf.cond(w < 1e-3, lambda: (1 - t) * p + t * q, lambda: "
        "(tf.sin((1 - t) * w) * p + tf.sin(t * w) * q) / tf.sin(w))",
    ),
    "shares by outer": walk(
        COSINE, ANGLE, "t = t[:, 0]", "if np.sin(w) < 1e-4:",
        "    shares = np.stack([1 - t, t], axis=1)",
        "else:",
        "    shares = np.stack([np.sin((1 - t) * w), np.sin(t * w)], axis=1) / np.sin(w)",
        "shares @ np.stack([p, q])",
    ),
    "a list": walk(
        COSINE, ANGLE, LINE,
        "[(np.sin((1 - i / (steps - 1)) * w) * p + np.sin(i / (steps - 1) * w) * q) / np.sin(w)"
        " for i in range(steps)]",
    ),
    "arange": walk(
        COSINE, ANGLE, LINE, "t = np.arange(steps)[:, np.newaxis] / (steps - 1)", SLERP,
    ),
    "min and max": walk(COSINE, "w = math.acos(max(-1.0, min(1.0, float(cosine))))", LINE, SLERP),
}  # fmt: skip

WRONG["interpolate"] = {
    "straight": (walk("(1 - t) * p + t * q"), "straight line"),
    "ends exchanged": (
        walk(COSINE, ANGLE, "if np.sin(w) < 1e-4: return (1 - t) * q + t * p",
             "(np.sin(t * w) * p + np.sin((1 - t) * w) * q) / np.sin(w)"),
        "changed places",
    ),
    "without the end": (
        walk("t = np.linspace(0, 1, steps, endpoint=False)[:, None]", COSINE, ANGLE, LINE, SLERP),
        "end is missing",
    ),
    "without both ends": (
        walk("t = np.linspace(0, 1, steps + 2)[1:-1, None]", COSINE, ANGLE, LINE, SLERP),
        "Both ends are missing",
    ),
    "a step more": (
        walk("t = np.linspace(0, 1, steps + 1)[:, None]", COSINE, ANGLE, LINE, SLERP),
        "one step too many",
    ),
    "degrees": (walk(COSINE, "w = np.degrees(np.arccos(cosine))", SLERP), "radians"),
    "no straight line": (walk(COSINE, ANGLE, SLERP), "one direction"),
    "no clip": (
        walk(COSINE, "w = np.arccos(cosine)", LINE, SLERP), "np.clip",
    ),
    "equal ends alone": (
        walk("if np.allclose(p, q): return (1 - t) * p + t * q", COSINE, ANGLE, SLERP),
        "one direction",
    ),
    "normalized": (
        walk("p, q = p / np.linalg.norm(p), q / np.linalg.norm(q)", "cosine = p @ q", ANGLE, LINE,
             SLERP),
        "lengths are lost",
    ),
    "normalized at the end": (
        walk(COSINE, ANGLE, f"z = {SLERP}", "z / np.linalg.norm(z, axis=1, keepdims=True)"),
        "lengths are lost",
    ),
    "the line on the shell": (
        walk("z = (1 - t) * p + t * q",
             "length = (1 - t) * np.linalg.norm(p) + t * np.linalg.norm(q)",
             "z / np.linalg.norm(z, axis=1, keepdims=True) * length"),
        "angles are not even",
    ),
    "the other axis": (walk(COSINE, ANGLE, LINE, f"({SLERP}).T"), "axis 0"),
    "no column": (
        walk("t = np.linspace(0, 1, steps)", COSINE, ANGLE, LINE, SLERP), "shapes on both sides",
    ),
    "not divided by the lengths": (
        walk("cosine = np.dot(p, q)", ANGLE, LINE, SLERP), "divided by both lengths",
    ),
    "cosine as angle": (walk(COSINE, "w = cosine", LINE, SLERP), "np.arccos of it"),
    "arcsin": (
        walk(COSINE, "w = np.arcsin(np.clip(cosine, -1, 1))", SLERP), "not np.arcsin",
    ),
    "not divided by the sine": (
        walk(COSINE, ANGLE, LINE, "np.sin((1 - t) * w) * p + np.sin(t * w) * q"),
        "division by sin w",
    ),
    "a right angle": (
        walk("np.cos(t * np.pi / 2) * p + np.sin(t * np.pi / 2) * q"), "right angle only",
    ),
    "cosines": (
        walk(COSINE, ANGLE, LINE, "(np.cos((1 - t) * w) * p + np.cos(t * w) * q) / np.cos(w)"),
        "not of cosines",
    ),
    "half the angle": (walk(COSINE, ANGLE, "w = w / 2", LINE, SLERP), "halved"),
    "roots": (walk("np.sqrt(1 - t) * p + np.sqrt(t) * q"), "Roots"),
    "one point": (
        walk("t = 0.5", COSINE, ANGLE, LINE, SLERP), "all steps",
    ),
    "an axis too many": (walk(COSINE, ANGLE, LINE, f"({SLERP})[:, None]"), "axis too many"),
    "nothing": (define("interpolate", "start, end, steps", "pass"), "return"),
    "the ends alone": (walk("np.stack([p, q])"), ""),
    "five steps": (
        walk("t = np.linspace(0, 1, 5)[:, None]", COSINE, ANGLE, LINE, SLERP), "steps",
    ),
}  # fmt: skip
