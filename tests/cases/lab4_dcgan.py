"""Answers to lab 4's questions: right ones written in many ways, wrong ones with a named mistake.

RIGHT: question -> {way of writing: source}. WRONG: question -> {name: (source, id of the mistake)}.
Sources are what a student's cell would hold; many are the solution with a few words changed.
"""

from functools import partial
from textwrap import dedent, indent

from tests.cases import define, replaced, solution, wrong

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


# --- discriminator_loss ------------------------------------------------------------------------


def d_loss(*lines):
    """An answer that ends in `return <last line>`; r and f stand for the logits."""
    *before, last = lines
    body = ["r, f = real_logits, fake_logits", *before, f"return {last}"]
    return define("discriminator_loss", "real_logits, fake_logits", *body)


REAL, FAKE = "ops.mean(ops.softplus(-r))", "ops.mean(ops.softplus(f))"
BCE, LOGITS = "bce = keras.losses.BinaryCrossentropy()", "from_logits=True"
BCE_OF_LOGITS = f"bce = keras.losses.BinaryCrossentropy({LOGITS})"
OF_BOTH = "bce(ops.ones_like(r), r) + bce(ops.zeros_like(f), f)"
RIGHT["discriminator_loss"] = {
    "softplus": d_loss(f"{REAL} + {FAKE}"),
    "Keras's loss": d_loss(BCE_OF_LOGITS, OF_BOTH),
    "Keras's function": d_loss(
        "entropy = keras.losses.binary_crossentropy",
        f"real = ops.mean(entropy(ops.ones_like(r), r, {LOGITS}))",
        f"fake = ops.mean(entropy(ops.zeros_like(f), f, {LOGITS}))",
        "real + fake",
    ),
    "keras.ops": d_loss(
        f"real = ops.binary_crossentropy(ops.ones_like(r), r, {LOGITS})",
        f"fake = ops.binary_crossentropy(ops.zeros_like(f), f, {LOGITS})",
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
    "relu and a softplus": d_loss("ops.mean(ops.softplus(r) - r) + ops.mean(ops.softplus(-f) + f)"),
    "Keras remembers the logits": d_loss(
        f"{BCE}; sigmoid = keras.activations.sigmoid",
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
    "reshaped": d_loss(
        "ops.mean(ops.softplus(-ops.ravel(r))) + ops.mean(ops.softplus(ops.ravel(f)))"
    ),
    "tf.function": "@tf.function\n"
    + d_loss("tf.reduce_mean(tf.nn.softplus(-r)) + tf.reduce_mean(tf.nn.softplus(f))"),
}

AS_SIGMOIDS = "r, f = ops.sigmoid(r), ops.sigmoid(f)"
ALL = "all = ops.concatenate([ops.softplus(-r), ops.softplus(f)])"
WRONG["discriminator_loss"] = wrong(d_loss, {
    "labels reversed":
        ("ops.mean(ops.softplus(r)) + ops.mean(ops.softplus(-f))", "labels_reversed"),
    "both real": (f"{REAL} + ops.mean(ops.softplus(-f))", "fake_as_1"),
    "both fake": (f"ops.mean(ops.softplus(r)) + {FAKE}", "real_as_0"),
    "halved": (f"({REAL} + {FAKE}) / 2", "halved"),
    "maximized": ("ops.mean(ops.log_sigmoid(r)) + ops.mean(ops.log_sigmoid(-f))", "negative"),
    "sums": ("ops.sum(ops.softplus(-r)) + ops.sum(ops.softplus(f))", "summed"),
    "one mean": (ALL, "ops.mean(all)", "one_mean"),
    "twice one mean": (ALL, "2 * ops.mean(all)", "one_mean"),
    "sigmoid twice": (BCE_OF_LOGITS, AS_SIGMOIDS, OF_BOTH, "sigmoid_twice"),
    "as probabilities": (BCE, OF_BOTH, "as_probabilities"),
    "log of a sigmoid":
        (AS_SIGMOIDS, "-ops.mean(ops.log(r)) - ops.mean(ops.log(1 - f))", "not_finite"),
    "log of a sigmoid, with a small number":
        (AS_SIGMOIDS, "-ops.mean(ops.log(r + 1e-8)) - ops.mean(ops.log(1 - f + 1e-8))", "extreme"),
    "Keras on probabilities": (BCE, AS_SIGMOIDS.replace("ops", "tf"), OF_BOTH, "extreme"),
    "naive softplus":
        ("ops.mean(ops.log(1 + ops.exp(-r))) + ops.mean(ops.log(1 + ops.exp(f)))", "not_finite"),
    "smoothed": (BCE_OF_LOGITS, OF_BOTH.replace("ops.ones", "0.9 * ops.ones"), "smoothed"),
    "real alone": (REAL, "fake_missing"),
    "fake alone": (FAKE, "real_missing"),
    "subtracted": (f"{REAL} - {FAKE}", "subtracted"),
    "not averaged": ("ops.softplus(-r) + ops.softplus(f)", "not_averaged"),
    "in pairs of one size": ("ops.mean(ops.softplus(-r) + ops.softplus(f))", "shapes_differ"),
    "a mean for each": (f"({REAL}, {FAKE})", "two_numbers"),
    "squares": ("ops.mean((r - 1) ** 2) + ops.mean(ops.square(f))", "squares"),
    "Wasserstein": ("ops.mean(f) - ops.mean(r)", "wasserstein"),
    "hinge": ("ops.mean(ops.relu(1 - r)) + ops.mean(ops.relu(1 + f))", "hinge"),
    "NumPy": ("np.mean(np.logaddexp(0, -r)) + np.mean(np.logaddexp(0, f))", "numpy_in_step"),
    "a float": (f"float({REAL} + {FAKE})", "no_value_yet"),
    "bits": (f"({REAL} + {FAKE}) / math.log(2)", "in_bits"),
    "stopped": (f"{REAL} + ops.mean(ops.softplus(ops.stop_gradient(f)))", "no_gradient"),
    "keepdims":
        ("ops.mean(ops.softplus(-r), axis=0) + ops.mean(ops.softplus(f), axis=0)", "keepdims"),
    "nothing": (REAL, "", "no_return"),
})  # fmt: skip


# --- generator_loss ----------------------------------------------------------------------------


def g_loss(*lines):
    *before, last = lines
    body = ["f = fake_logits", *before, f"return {last}"]
    return define("generator_loss", "fake_logits", *body)


RIGHT["generator_loss"] = {
    "softplus": g_loss("ops.mean(ops.softplus(-f))"),
    "Keras's loss": g_loss(BCE_OF_LOGITS, "bce(ops.ones_like(f), f)"),
    "Keras's function": g_loss(
        f"ops.mean(keras.losses.binary_crossentropy(ops.ones_like(f), f, {LOGITS}))"
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

WRONG["generator_loss"] = wrong(g_loss, {
    "saturating": ("-ops.mean(ops.softplus(f))", "saturating"),
    "saturating, with logarithms": ("ops.mean(ops.log_sigmoid(-f))", "saturating"),
    "the discriminator's": ("ops.mean(ops.softplus(f))", "discriminators_term"),
    "label 0": (BCE_OF_LOGITS, "bce(ops.zeros_like(f), f)", "discriminators_term"),
    "sign": ("ops.mean(ops.log_sigmoid(f))", "negative"),
    "sum": ("ops.sum(ops.softplus(-f))", "summed"),
    "halved": ("ops.mean(ops.softplus(-f)) / 2", "halved"),
    "sigmoid twice": (BCE_OF_LOGITS, "bce(ops.ones_like(f), ops.sigmoid(f))", "sigmoid_twice"),
    "as probabilities": (BCE, "bce(ops.ones_like(f), f)", "as_probabilities"),
    "log of a sigmoid": ("-ops.mean(ops.log(ops.sigmoid(f)))", "not_finite"),
    "log with a small number": ("-ops.mean(ops.log(ops.sigmoid(f) + 1e-7))", "extreme"),
    "clipped": ("-ops.mean(ops.log(ops.clip(ops.sigmoid(f), 1e-7, 1)))", "extreme"),
    "clipped logits": ("ops.mean(ops.softplus(-ops.clip(f, -20, 20)))", "extreme"),
    "1 - D": ("ops.mean(1 - ops.sigmoid(f))", "no_logarithm"),
    "minus D": ("-ops.mean(ops.sigmoid(f))", "no_logarithm"),
    "Wasserstein": ("-ops.mean(f)", "wasserstein"),
    "squares": ("ops.mean((f - 1) ** 2)", "squares"),
    "mean first": ("ops.softplus(-ops.mean(f))", "mean_first"),
    "not averaged": ("ops.softplus(-f)", "not_averaged"),
    "mean over axis 0": ("ops.mean(ops.softplus(-f), axis=0)", "keepdims"),
    "NumPy": ("np.mean(np.logaddexp(0, -f))", "numpy_in_step"),
    "stopped": ("ops.mean(ops.softplus(-ops.stop_gradient(f)))", "no_gradient"),
    "bits": ("ops.mean(ops.softplus(-f)) / math.log(2)", "in_bits"),
    "smoothed": (BCE_OF_LOGITS, "bce(0.9 * ops.ones_like(f), f)", "smoothed"),
    "nothing": ("ops.mean(f)", "", "no_return"),
})  # fmt: skip

# --- build_generator ---------------------------------------------------------------------------

DRAWS = "draws = keras.initializers.RandomNormal(stddev=0.02)"
NORM, RELU, LEAKY = "layers.BatchNormalization()", "layers.ReLU()", "layers.LeakyReLU(0.2)"
PROJECT = "layers.Dense(7 * 7 * 16, kernel_initializer=draws)"
MAPS, FLAT = "layers.Reshape((7, 7, 16))", "layers.Flatten()"
FLOAT = ', dtype="float32"'
TANH = ', activation="tanh", dtype="float32"'
TANH_LAYER = f'layers.Activation("tanh"{FLOAT})'


def up(filters, options=""):
    return (
        f'layers.Conv2DTranspose({filters}, 4, strides=2, padding="same", '
        f"kernel_initializer=draws{options})"
    )


def sequential(*stack, name, arguments, inputs, before=DRAWS):
    lines = [f"    {layer}," for layer in stack]
    return define(
        name, arguments, before, "return keras.Sequential([", f"    {inputs},", *lines, "])"
    )


def generator(*stack, **options):
    inputs = "keras.Input((latent_size,))"
    options = {"name": "build_generator", "arguments": "latent_size", "inputs": inputs} | options
    return sequential(*stack, **options)


BEGIN = PROJECT, NORM, RELU, MAPS
STACK = *BEGIN, up(8), NORM, RELU, up(1, TANH)
G = solution("lab4_dcgan", "build_generator")
NORMAL, STDDEV = "keras.initializers.RandomNormal(stddev=0.02)", "stddev=0.02"
AS_TANH, END = 'activation="tanh",', "    ], name"
NORM_LINE = "        layers.BatchNormalization(momentum=0.9),\n"


def at_end(layer):
    """(old text, new text) that puts a layer after the last one."""
    return END, f"        {layer},\n{END}"


RIGHT["build_generator"] = {
    "Sequential": generator(*STACK),
    "functional": f"""
def build_generator(latent_size):
    {DRAWS}
    latents = keras.Input((latent_size,))
    x = layers.Dense(7 * 7 * 16, use_bias=False, kernel_initializer=draws)(latents)
    x = layers.Activation("relu")(layers.BatchNormalization()(x))
    x = layers.Reshape((7, 7, 16))(x)
    for filters in (8,):
        x = ops.relu(layers.BatchNormalization()({up("filters")}(x)))
    x = layers.Activation("tanh", dtype="float32")({up(1)}(x))
    return keras.Model(latents, x)
""",
    "subclassed": f"""
class Generator(keras.Model):
    def __init__(self, latent_size):
        super().__init__()
        {DRAWS}
        self.project, self.maps = {PROJECT}, {MAPS}
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
""",
    "blocks": f"""
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
""",
    "PyTorch's kernel of 4": replaced(
        G, "momentum=0.9", "gamma_initializer=keras.initializers.RandomNormal(1.0, 0.02)",
        AS_TANH, AS_TANH + " use_bias=False,",
    ),
    "a stride of 1 first": replaced(
        G, "layers.Conv2DTranspose(16,", "layers.Conv2DTranspose(32, 5, padding='same', "
            f"kernel_initializer=draws), {NORM}, {RELU}, layers.Conv2DTranspose(16,",
    ),
    "from 4 pixels, cropped": replaced(
        G, "7 * 7", "4 * 4", "(7, 7, 32)),", f"(4, 4, 32)), {up(12)}, {NORM}, {RELU},",
        *at_end("layers.Cropping2D(2, dtype='float32')"),
    ),
    "cropped in the middle": replaced(
        G, "7 * 7", "4 * 4", "(7, 7, 32)),", f"(4, 4, 32)), {up(12)}, {NORM}, "
                                f"layers.Cropping2D(((0, 1), (0, 1))), {RELU},",
    ),
    "kernels of 2, valid": replaced(G, '4, strides=2, padding="same"', "2, strides=2"),
    "kernels of 5": replaced(G, "4, strides=2", "5, strides=2"),
    "a convolution at the end": replaced(
        G, "layers.Conv2DTranspose(1, 4, strides=2,",
            f"{up(8)}, {NORM}, {RELU}, layers.Conv2D(1, 3,",
    ),
    "truncated draws": replaced(G, "RandomNormal", "TruncatedNormal"),
    "seeded draws":
        replaced(G, NORMAL, "lambda *shape, **o: 0.02 * keras.random.normal(*shape, **o)"),
    "weights set afterwards": replaced(
        generator(*STACK, before=""), ", kernel_initializer=draws", "", "return", "model ="
    ) + """    for weight in model.trainable_variables:
        if len(weight.shape) > 1:
            weight.assign(np.random.default_rng(0).normal(0, 0.02, weight.shape))
    return model
""",
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
        f"x = {RELU}({NORM}({up(8)}({MAPS}({RELU}({NORM}({PROJECT}(latents)))))))",
        f"x = ops.tanh(ops.cast({up(1)}(x), 'float32'))",
        "return keras.Model(inputs=latents, outputs=x)",
    ),
    "built up by add": define(
        "build_generator", "latent_size", DRAWS,
        "model = keras.Sequential(name='generator')",
        "model.add(keras.Input(shape=(latent_size,)))",
        *(f"model.add({layer})" for layer in STACK),
        "return model",
    ),
    "normalized maps": generator(
        PROJECT, MAPS, NORM, RELU, up(8), NORM, RELU, "layers.Dropout(0.1)", up(1, TANH)
    ),
}  # fmt: skip

FROZEN = "    model.trainable = False\n    return model\n"
CACHED = "def build", "import functools\n@functools.cache\ndef build"
DEFAULT_DRAWS = "kernel_initializer=draws", "kernel_initializer='glorot_uniform'"
WRONG["build_generator"] = wrong(partial(replaced, G), {
    "no normalization": (NORM_LINE, "", "not_normalized"),
    "not after the dense layer": (f"draws),\n{NORM_LINE}", "draws),\n", "not_normalized"),
    "not after the convolution": (f"14x14\n{NORM_LINE}", "14x14\n", "not_normalized"),
    "layer normalization": ("BatchNormalization(momentum=0.9)", "LayerNormalization()",
                            "not_normalized"),
    "at the end": (AS_TANH, "", *at_end(f"{NORM}, {TANH_LAYER}"), "images_normalized"),
    "sigmoid": ('"tanh"', '"sigmoid"', "sigmoid_at_end"),
    "no activation at the end": (AS_TANH, "", "no_tanh"),
    "clipped": ('"tanh"', '"hard_tanh"', "cut_off_at_end"),
    "tanh twice": (*at_end(TANH_LAYER), "tanh_twice"),
    "softsign": ('"tanh"', '"softsign"', "softsign_at_end"),
    "relu before the tanh": (AS_TANH, "", *at_end(f"{RELU}, {TANH_LAYER}"), "relu_before_tanh"),
    "leaky": (RELU, LEAKY, "leaky_inside"),
    "Keras's leaky": (RELU, "layers.LeakyReLU()", "default_slope"),
    "elu": (RELU, "layers.ELU()", "other_activation"),
    "gelu": (RELU, "layers.Activation('gelu')", "other_activation"),
    "no relu": (f"        {RELU},\n", "", "no_activation"),
    "one relu": (f"{RELU},\n        layers.Conv", "layers.Conv", "no_activation"),
    "Keras's own draws": (*DEFAULT_DRAWS, "draws_other"),
    "Keras's own draws at the end": (f"kernel_initializer=draws{FLOAT}", FLOAT[2:], "draws_other"),
    "default deviation": (STDDEV, "", "draws_default"),
    "deviation for variance": (STDDEV, f"{STDDEV}**0.5", "draws_variance"),
    "uniform draws": (NORMAL, "keras.initializers.RandomUniform(-0.02, 0.02)", "draws_other"),
    "half precision": (FLOAT, "", "half_precision"),
    "two dense layers":
        ("layers.Dense(",
         f"layers.Dense(64, kernel_initializer=draws), {NORM}, {RELU}, layers.Dense(", "hidden_dense"),
    "a dense layer at the end":
        ("Dense(7 * 7 * 32,", "Reshape((1, 1, -1)), layers.Conv2DTranspose(32, 7,",
         "        layers.Reshape((7, 7, 32)),\n", "",
         "layers.Conv2DTranspose(1, 4, strides=2, padding=\"same\",",
         f"{up(4)}, {NORM}, {RELU}, layers.Dense(1,", "dense_not_first"),
    "no dense layer": ("Dense(7 * 7 * 32,", "Reshape((1, 1, -1)), layers.Conv2DTranspose(32, 7,",
                       "        layers.Reshape((7, 7, 32)),\n", "", "no_dense"),
    "a stride of 4": ("(16, 4, strides=2", "(16, 4, strides=4", "(1, 4, strides=2,", "(1, 4,",
                      "stride_leaves_gaps"),
    "no strides": ("7 * 7 * 32", "28 * 28 * 4", "(7, 7, 32)", "(28, 28, 4)", "strides=2, ", "",
                   "too_few_strided"),
    "32 pixels": ("7 * 7", "8 * 8", "(7, 7,", "(8, 8,", "other_size"),
    "as wide as the latents are many": ("7 * 7", "latent_size * latent_size", "(7, 7,",
                                        "(latent_size, latent_size,", "other_size"),
    "three channels": ("Conv2DTranspose(1,", "Conv2DTranspose(3,", "many_channels"),
    "in a row": (*at_end(FLAT), "in_a_row"),
    "fixed latents": ("(latent_size,)", "(32,)", "fixed_inputs"),
    "relu before the normalization":
        (f"{NORM_LINE}        {RELU},\n", f"        {RELU},\n{NORM_LINE}", "activated_first"),
    "relu in the layers":
        (f"        {RELU},\n", "", "use_bias=False,", "use_bias=False, activation='relu',",
         "activated_first"),
    "too large": ("7 * 32", "7 * 2048", "7, 32", "7, 2048", "too_many_weights"),
    "frozen": ("return keras", "model = keras", 'tor")\n', f'tor")\n{FROZEN}', "frozen"),
    "one for all": (*CACHED, "same_model"),
    "nothing": ("return keras", "keras", "no_return"),
}) | wrong(generator, {
    "dense alone": ("layers.Dense(64, activation='relu')", f"layers.Dense(784{TANH})",
                    "layers.Reshape((28, 28, 1))", "too_few_strided"),
    "upsampling": (*BEGIN, "layers.UpSampling2D()",
                   'layers.Conv2D(8, 3, padding="same", kernel_initializer=draws)', NORM, RELU,
                   "layers.UpSampling2D()",
                   f'layers.Conv2D(1, 3, padding="same", kernel_initializer=draws{TANH})',
                   "pooling"),
}) | {
    "resized": (
        define("build_generator", "latent_size", DRAWS,
               "latents = keras.Input((latent_size,))",
               f"x = {MAPS}({RELU}({NORM}({PROJECT}(latents))))",
               f"x = {RELU}({NORM}({up(8)}(x)))",
               "x = ops.image.resize(x, (28, 28))",
               f"x = layers.Conv2D(1, 3, padding='same', kernel_initializer=draws{TANH})(x)",
               "return keras.Model(latents, x)"),
        "resized_between",
    ),
    "the class": (define("build_generator", "latent_size", "return keras.Sequential"), "no_model"),
}  # fmt: skip


# --- build_discriminator -----------------------------------------------------------------------

LOGIT = f"layers.Dense(1, kernel_initializer=draws{FLOAT})"


def down(filters):
    return f'layers.Conv2D({filters}, 4, strides=2, padding="same", kernel_initializer=draws)'


def discriminator(*stack, **options):
    inputs = "keras.Input((28, 28, 1))"
    options = {"name": "build_discriminator", "arguments": "", "inputs": inputs} | options
    return sequential(*stack, **options)


FIRST, SECOND = (down(8), LEAKY), (down(16), NORM, LEAKY)
JUDGE = *FIRST, *SECOND, FLAT, LOGIT
RIGHT["build_discriminator"] = {
    "Sequential": discriminator(*JUDGE),
    "functional": define(
        "build_discriminator", "", DRAWS,
        "images = keras.Input((28, 28, 1))",
        f"x = {down(8)}(images)",
        "x = ops.leaky_relu(x, negative_slope=0.2)",
        f"x = {NORM}({down(16)}(x))",
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
        down(8)[:-1] + ", activation=layers.LeakyReLU(0.2))", *SECOND, FLAT, LOGIT
    ),
    "a lambda as activation": discriminator(
        down(8)[:-1] + ", activation=lambda x: ops.maximum(x, 0.2 * x))",
        down(16), NORM, "layers.Activation(lambda x: keras.activations.leaky_relu(x, 0.2))",
        FLAT, LOGIT,
    ),
    "with dropout": discriminator(
        *FIRST, "layers.Dropout(0.3)", *SECOND, "layers.Dropout(0.3)", FLAT, LOGIT
    ),
    "three convolutions": discriminator(*FIRST, *SECOND, down(24), NORM, LEAKY, FLAT, LOGIT),
    "padded by hand": discriminator(
        "layers.ZeroPadding2D(1)", down(8).replace("same", "valid"), LEAKY,
        "layers.ZeroPadding2D(1)", down(16).replace("same", "valid"), NORM, LEAKY, FLAT, LOGIT,
    ),
    "valid": discriminator(*JUDGE).replace("same", "valid"),
    "a stride of 1 between": discriminator(
        *FIRST, 'layers.Conv2D(8, 3, padding="same", kernel_initializer=draws)', NORM, LEAKY,
        *SECOND, FLAT, LOGIT,
    ),
    "kernels of 5 without biases":
        discriminator(*JUDGE).replace(", 4, strides", ", 5, use_bias=False, strides"),
    "reshaped": discriminator(*FIRST, *SECOND, "layers.Reshape((-1,))", LOGIT),
    "truncated draws": discriminator(
        *JUDGE, before="draws = keras.initializers.TruncatedNormal(0.0, 0.02)"
    ),
    "built up by add": define(
        "build_discriminator", "filters=(8, 16)", DRAWS,
        "model = keras.Sequential([keras.Input((28, 28, 1))])",
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
        "build_discriminator", "", DRAWS,
        "x = images = keras.Input((28, 28, 1))",
        *(f"x = {layer}(x)" for layer in JUDGE[:-1]),
        "x = layers.Dense(1, kernel_initializer=draws)(x)",
        "return keras.Model(images, layers.Activation('linear', dtype='float32')(x))",
    ),
}  # fmt: skip

DENSE, FIRST_LEAKY = "layers.Dense(1,", f"{LEAKY},  # 28x28"
FLAT_LINE = f"        {FLAT},\n"
WRONG["build_discriminator"] = wrong(partial(replaced, solution("lab4_dcgan", "build_discriminator")), {
    "sigmoid": (FLOAT, FLOAT + ', activation="sigmoid"', "final_sigmoid"),
    "sigmoid layer": (*at_end(f"layers.Activation('sigmoid'{FLOAT})"), "final_sigmoid"),
    "tanh": (FLOAT, TANH, "final_tanh"),
    "relu at the end": (*at_end(RELU), "final_relu"),
    # As a relu of few logits is by chance: 0 for every image.
    "relu at the end, off": (FLOAT, FLOAT + ", bias_initializer=keras.initializers.Constant(-1e3)",
                             *at_end(RELU), "final_relu"),
    "leaky at the end": (*at_end(LEAKY), "activation_at_end"),
    "pooling": ("strides=2", "strides=1", f"{LEAKY},", f"{LEAKY}, layers.MaxPooling2D(),",
                "pooling"),
    "global pooling": (FLAT, "layers.GlobalAveragePooling2D()", "pooling"),
    "no strides": ("strides=2", "strides=1", "too_few_strided"),
    "a stride of 4": ("16, 4, strides=2", "16, 4, strides=4", "stride_leaves_gaps"),
    "a hidden dense layer":
        (DENSE, f"layers.Dense(32, kernel_initializer=draws), {LEAKY}, {DENSE}", "hidden_dense"),
    "no dense layer": (FLAT_LINE, "", DENSE, "layers.Conv2D(1, 7,", *at_end(FLAT), "no_dense"),
    "no normalization": (NORM_LINE, "", "not_normalized"),
    "normalized everywhere": (FIRST_LEAKY, f"{NORM}, {FIRST_LEAKY}", "first_normalized"),
    "normalized first alone":
        (NORM_LINE, "", FIRST_LEAKY, f"{NORM}, {FIRST_LEAKY}", "first_normalized"),
    "normalized logit": (*at_end(NORM), "logit_normalized"),
    "relu": (LEAKY, RELU, "relu_inside"),
    "one relu": (f"{LEAKY},  # 14x14", f"{RELU},  # 14x14", "relu_inside"),
    "Keras's slope": ("(0.2)", "()", "default_slope"),
    "TensorFlow's slope in Keras": ("(0.2)", "(0.01)", "other_slope"),
    "no activation": (f"{LEAKY},", "", "no_activation"),
    "elu": (LEAKY, "layers.ELU(0.2)", "other_activation"),
    "Keras's own draws": (*DEFAULT_DRAWS, "draws_other"),
    "the logit's own draws": (f"{DENSE} kernel_initializer=draws", "layers.Dense(1", "draws_other"),
    "zeros": (NORMAL, "'zeros'", "inputs_lost"),
    "half precision": (FLOAT, "", "half_precision"),
    "two logits": (DENSE, "layers.Dense(2,", "many_logits"),
    "a map of logits": (FLAT_LINE, "", "not_flat"),
    "without an axis": (*at_end("layers.Reshape(())"), "axis_missing"),
    "frozen": ("return keras", "model = keras", 'tor")\n', f'tor")\n{FROZEN}', "frozen"),
    "too large": ("(16,", "(128,", "(32,", "(512,", "too_many_weights"),
    "one for all": (*CACHED, "same_model"),
    "nothing": ("return keras", "keras", "no_return"),
    "an argument": ("discriminator()", "discriminator(shape)", "other_arguments"),
}) | wrong(discriminator, {
    "one convolution": (*FIRST, FLAT, LOGIT, "too_few_strided"),
    "dense alone": (FLAT, "layers.Dense(64, kernel_initializer=draws)", LEAKY, LOGIT,
                    "too_few_strided"),
    "normalization after the activation":
        (*FIRST, down(16), LEAKY, NORM, FLAT, LOGIT, "activated_first"),
}) | {
    "pooled by slices": (
        define("build_discriminator", "", DRAWS,
               "x = images = keras.Input((28, 28, 1))",
               *(f"x = {layer}(x)" for layer in (*FIRST, *SECOND)),
               "x = x[:, ::2, ::2]",
               *(f"x = {layer}(x)" for layer in (*SECOND, FLAT, LOGIT)),
               "return keras.Model(images, x)"),
        "resized_between",
    ),
}  # fmt: skip


# --- DCGAN -------------------------------------------------------------------------------------

# The class until the body of `train_step`, and that body with a line for each call.
GIVEN, BODY = solution("lab4_dcgan", "DCGAN").split("train_step(self, real_images):\n")
STEP = replaced(
    dedent(BODY),
    "    generator_loss = self.generator_loss(self.discriminator(fake_images, training=True))",
     "    logits = self.discriminator(generated, training=True)\n"
     "    generator_loss = self.generator_loss(logits)",
    "\nwith tf.GradientTape() as tape:\n    fake_images = self.generator(self.draw_latents(count)",
     "\nlatents = self.draw_latents(count)\n"
     "with tf.GradientTape() as tape:\n    generated = self.generator(latents",
    "generator_loss,\n                  ops", "generator_loss, ops",
)  # fmt: skip


def step(body, further=""):
    """The class with this body of `train_step`; further: methods after it."""
    return f"{GIVEN}train_step(self, real_images):\n{indent(body, ' ' * 8)}{further}"


def gan(*texts, further=""):
    """The class with (old text, new text, ...) in its training step."""
    return step(replaced(STEP, *texts), further)


COUNT, RETURN = "count = ops.shape(real_images)[0]\n", STEP[STEP.index("return") :].strip()
FIRST_STEP, SECOND_STEP = STEP.removeprefix(COUNT).removesuffix(RETURN + "\n").split("\n\n")[:2]
DRAW, LOOP = "self.draw_latents(count)", "for _ in range(self.discriminator_steps):\n"
D_LOSS, G_LOSS = "loss(real_logits, fake_logits)", "generator_loss(logits)"
BOTH = "discriminator", "generator"
D_SCALED, G_SCALED = (f"self.{name}_optimizer.scale_loss({name}_loss)" for name in BOTH)
D_VARIABLES, G_VARIABLES = (f"self.{name}.trainable_variables" for name in BOTH)
D_APPLY, G_APPLY = (
    f"self.{name}_optimizer.apply(tape.gradient(scaled, variables), variables)" for name in BOTH
)
FAKES = "fake_images = self.generator(self.draw_latents(count), training=True)"
TAPE = "with tf.GradientTape() as tape:\n"
OUTSIDE, INSIDE = f"    {FAKES}\n    {TAPE}", f"    {TAPE}        {FAKES}\n"
OF_REAL, OF_FAKE = (f"self.discriminator({n}_images, training=True)" for n in ("real", "fake"))
P_REAL, P_FAKE = "ops.sigmoid(real_logits)", "ops.sigmoid(fake_logits)"
TRACK = RETURN.removeprefix("return ")

RIGHT["DCGAN"] = {
    "as in the hints": gan(),
    "the solution": solution("lab4_dcgan", "DCGAN"),
    "apply_gradients": gan(
        ".apply(tape.gradient(scaled, variables), variables)",
        ".apply_gradients(zip(tape.gradient(scaled, variables), variables))",
    ),
    "generated inside the tape": gan(OUTSIDE, INSIDE),
    "persistent tapes": gan("tf.GradientTape()", "tf.GradientTape(persistent=True)"),
    "tapes that watch what they are told": gan(
        f"    {TAPE}        real", f"    variables = {D_VARIABLES}\n"
        "    with tf.GradientTape(watch_accessed_variables=False) as tape:\n"
        "        tape.watch([variable.value for variable in variables])\n        real",
        f"\n{TAPE}", "\nwith tf.GradientTape(watch_accessed_variables=False) as tape:\n"
        f"    tape.watch([each.value for each in {G_VARIABLES}])\n",
    ),
    "TensorFlow's shape": gan("ops.shape", "tf.shape"),
    "all latents drawn at once": gan(
        COUNT, COUNT + "drawn = self.draw_latents((self.discriminator_steps + 1) * count)\n",
        "for _ in", "for step in",
        f"{DRAW}, training", "drawn[step * count:(step + 1) * count], training",
        f"latents = {DRAW}", "latents = drawn[self.discriminator_steps * count:]",
    ),
    "all images generated at once": gan(
        LOOP + f"    {FAKES}", "fakes = self.generator("
        "self.draw_latents(self.discriminator_steps * count), training=True)\n"
        "for fake_images in ops.split(fakes, self.discriminator_steps):",
    ),
    "two methods": step("""count = ops.shape(real_images)[0]
for _ in range(self.discriminator_steps):
    real = self.judge_step(real_images, count)
return self.track(real[0], self.draw_step(count), *map(ops.sigmoid, real[1:]))
""", further="""
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
"""),
    "one method for both": step("""count = tf.shape(real_images)[0]
def descend(optimizer, network, loss):
    with tf.GradientTape() as tape:
        value, *more = loss()
        scaled = optimizer.scale_loss(value)
    weights = network.trainable_variables
    optimizer.apply(tape.gradient(scaled, weights), weights)
    return value, *more
def judged():
    fake = self.generator(self.draw_latents(count), training=True)
    logits = [self.discriminator(each, training=True) for each in (real_images, fake)]
    return self.discriminator_loss(*logits), *logits
def drawn():
    fake = self.generator(self.draw_latents(count), training=True)
    return self.generator_loss(self.discriminator(fake, training=True)),
for _ in range(self.discriminator_steps):
    d_loss, real, fake = descend(self.discriminator_optimizer, self.discriminator, judged)
g_loss, = descend(self.generator_optimizer, self.generator, drawn)
return self.track(d_loss, g_loss, tf.sigmoid(real), tf.sigmoid(fake))
"""),
    "gradients stopped": gan("(fake_images,", "(ops.stop_gradient(fake_images),"),
    "the draws spelled out": gan(
        DRAW, "keras.random.normal((count, self.latent_size), seed=self.seed_generator)"
    ),
    "means tracked": gan(
        P_REAL, "ops.mean(keras.activations.sigmoid(real_logits))",
        P_FAKE, "ops.mean(tf.sigmoid(fake_logits))",
    ),
    "trackers by hand": gan(
        RETURN, f"values = discriminator_loss, generator_loss, {P_REAL}, {P_FAKE}\n"
        "for tracker, value in zip(self.trackers, values):\n"
        "    tracker.update_state(value)\n"
        "return {tracker.name: tracker.result() for tracker in self.trackers}",
    ),
    "a while loop": gan(
        LOOP, "step = 0\nwhile step < self.discriminator_steps:\n    step += 1\n"
    ),
    "a tf.function": gan().replace("    def train_step", "    @tf.function\n    def train_step"),
    "scaled where it has to be": gan(
        D_SCALED, "self.scaled(discriminator_loss, self.discriminator_optimizer)",
        G_SCALED, "self.scaled(generator_loss, self.generator_optimizer)",
        further="""
    def scaled(self, loss, optimizer):
        if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            return optimizer.scale_loss(loss)
        return loss
""",
    ),
    "a tuple is unpacked": gan(
        COUNT, f"if isinstance(real_images, tuple):\n    real_images = real_images[0]\n{COUNT}"
    ),
    "probabilities inside": gan(
        f"{P_REAL}, {P_FAKE}", "real, fake",
        "        discriminator_loss =", "        real, fake = ops.sigmoid(real_logits), "
        "1 / (1 + ops.exp(-fake_logits))\n        discriminator_loss =",
    ),
    "the generator's images made first": gan(
        f"latents = {DRAW}\n{TAPE}    generated = self.generator(latents, training=True)\n",
        "with other:\n",
        LOOP, f"latents = {DRAW}\nwith tf.GradientTape(persistent=True) as other:\n"
        f"    generated = self.generator(latents, training=True)\n{LOOP}",
        G_APPLY, G_APPLY.replace("tape.", "other."),
    ),
    "variables without a name": gan(
        f"variables = {G_VARIABLES}\n", "",
        G_APPLY, G_APPLY.replace("variables", G_VARIABLES),
    ),
}  # fmt: skip

OLD_OPPONENT = """count = tf.shape(real_images)[0]
for _ in range(self.discriminator_steps):
    with tf.GradientTape() as d_tape, tf.GradientTape() as g_tape:
        fake_images = self.generator(self.draw_latents(count), training=True)
        again = self.generator(self.draw_latents(count), training=True)
        real_logits = self.discriminator(real_images, training=True)
        fake_logits = self.discriminator(fake_images, training=True)
        loss = self.discriminator_loss(real_logits, fake_logits)
        deception = self.generator_loss(self.discriminator(again, training=True))
        scaled = self.discriminator_optimizer.scale_loss(loss)
        other = self.generator_optimizer.scale_loss(deception)
    variables = self.discriminator.trainable_variables
    self.discriminator_optimizer.apply(d_tape.gradient(scaled, variables), variables)
    variables = self.generator.trainable_variables
    self.generator_optimizer.apply(g_tape.gradient(other, variables), variables)
return self.track(loss, deception, ops.sigmoid(real_logits), ops.sigmoid(fake_logits))
"""
TUTORIAL = """count = tf.shape(real_images)[0]
with tf.GradientTape() as d_tape, tf.GradientTape() as g_tape:
    fake_images = self.generator(self.draw_latents(count), training=True)
    real_logits = self.discriminator(real_images, training=True)
    fake_logits = self.discriminator(fake_images, training=True)
    loss = self.discriminator_loss(real_logits, fake_logits)
    deception = self.generator_loss(fake_logits)
variables = self.discriminator.trainable_variables
self.discriminator_optimizer.apply(d_tape.gradient(loss, variables), variables)
variables = self.generator.trainable_variables
self.generator_optimizer.apply(g_tape.gradient(deception, variables), variables)
return self.track(loss, deception, ops.sigmoid(real_logits), ops.sigmoid(fake_logits))
"""
WRONG["DCGAN"] = wrong(gan, {
    "labels reversed": (D_LOSS, "loss(fake_logits, real_logits)", "labels_reversed"),
    "the discriminator moved by both": (G_VARIABLES, D_VARIABLES, "discriminator_moved"),
    "the generator climbs": (G_SCALED, G_SCALED.replace("(", "(-"), "uphill"),
    "the discriminator climbs": (D_SCALED, D_SCALED.replace("(", "(-"), "uphill"),
    "all variables in one":
        (OUTSIDE, INSIDE, D_VARIABLES, "self.trainable_variables", "generator_moved"),
    "all variables in the generator's step":
        (G_VARIABLES, "self.trainable_variables", "discriminator_moved"),
    "the generator for use": (f"{DRAW}, training=True", DRAW, "latents, training=True", "latents",
                              "not_for_training"),
    "the generator for use in one step":
        (FAKES, FAKES.replace("True", "False"), "not_for_training"),
    "the discriminator for use": ("images, training=True", "images",
                                  "generated, training=True", "generated", "not_for_training"),
    "the discriminator for use in the generator's step":
        ("generated, training=True", "generated, training=False", "not_for_training"),
    "frozen by turns":
        (f"latents = {DRAW}\n", f"latents = {DRAW}\nself.discriminator.trainable = False\n",
         "return", "self.discriminator.trainable = True\nreturn", "frozen_inside"),
    "the same latents in all steps":
        (f"self.generator({DRAW}", "self.generator(latents", LOOP, f"latents = {DRAW}\n{LOOP}",
         "steps_alike"),
    "the same latents everywhere":
        (f"\nlatents = {DRAW}", "", DRAW, "latents", COUNT, f"{COUNT}latents = {DRAW}\n",
         "latents_again"),
    "the same images in all steps":
        (f"    {FAKES}\n", "", LOOP, f"{FAKES}\n{LOOP}", "images_once"),
    "one batch of images for both":
        (f"latents = {DRAW}\n", "", "    generated = self.generator(latents, training=True)\n", "",
         "(generated,", "(fake_images,", "no_gradients"),
    "k ignored": ("range(self.discriminator_steps)", "range(1)", "steps_missing"),
    "latents used again":
        (f"\nlatents = {DRAW}", "", f"    {FAKES}", f"    latents = {DRAW}\n"
         "    fake_images = self.generator(latents, training=True)", "latents_again"),
    "a fixed batch": (COUNT, "count = 64\n", "other_count"),
    "the shape of a batch in Python": (COUNT, "count = real_images.shape[0]\n", "static_shape"),
    "unscaled discriminator": (D_SCALED, "discriminator_loss", "unscaled"),
    "unscaled generator": (G_SCALED, "generator_loss", "unscaled"),
    "scaled losses tracked":
        (D_SCALED, f"discriminator_loss = {D_SCALED}", G_SCALED, f"generator_loss = {G_SCALED}",
         "scaled_tracked"),
    "the last batch's values":
        (TRACK, "dict(discriminator_loss=discriminator_loss, generator_loss=generator_loss, "
         f"real_probability=ops.mean({P_REAL}), fake_probability=ops.mean({P_FAKE}))", "no_means"),
    "sigmoid before the losses":
        (D_LOSS, f"loss({P_REAL}, {P_FAKE})", G_LOSS, "generator_loss(ops.sigmoid(logits))",
         "sigmoid_before_loss"),
    "sigmoid before the generator's loss":
        (G_LOSS, "generator_loss(ops.sigmoid(logits))", "sigmoid_before_loss"),
    "the notebook's losses":
        ("self.discriminator_loss(", "globals()['discriminator_loss'](",
         "self.generator_loss(", "globals()['generator_loss'](", "notebooks_loss"),
    "Keras's losses":
        (COUNT, f"{COUNT}{BCE_OF_LOGITS}\n", f"self.{G_LOSS}", "bce(ops.ones_like(logits), logits)",
         "notebooks_loss"),
    "the generator climbs the discriminator's loss":
        (f"self.{G_LOSS}", "-self.discriminator_loss(real_logits, logits)", "climbs_other_loss"),
    "probabilities swapped": (f"{P_REAL}, {P_FAKE}", f"{P_FAKE}, {P_REAL}", "order"),
    "logits tracked": (f"{P_REAL}, {P_FAKE}", "real_logits, fake_logits", "logits"),
    "losses swapped": ("discriminator_loss, generator_loss,", "generator_loss, discriminator_loss,",
                       "order"),
    "the generator's images tracked": (P_FAKE, "ops.sigmoid(logits)", "generators_run"),
    "tracked after the update":
        ("latents = self", f"real_logits = {OF_REAL}\nlatents = self", "run_again"),
    "means over the k steps":
        (LOOP, f"losses = []\n{LOOP}", D_APPLY, f"{D_APPLY}\n    losses.append(discriminator_loss)",
         "track(discriminator_loss", "track(sum(losses) / len(losses)", "not_last_of_k"),
    "nothing returned": ("return self", "self", "step_without_return"),
    "three numbers": (RETURN, f"values = {TRACK}\ndel values['fake_probability']\nreturn values",
                      "name_missing"),
    "a loss returned": (TRACK, "discriminator_loss", "step_returns_other"),
    "stopped in the generator's step":
        ("self.discriminator(generated,", "self.discriminator(ops.stop_gradient(generated),",
         "no_gradients"),
    "generated outside of the tape":
        (f"{TAPE}    generated = self.generator(latents, training=True)",
         f"generated = self.generator(latents, training=True)\n{TAPE[:-1]}", "no_gradients"),
    "uniform latents":
        (DRAW, "keras.random.uniform((count, self.latent_size), -1, 1, seed=self.seed_generator)",
         "uniform"),
    "a number as seed":
        (DRAW, "keras.random.normal((count, self.latent_size), seed=1)", "latents_again"),
    "TensorFlow's own draws": (DRAW, "tf.random.normal((count, self.latent_size))", "not_by_seed"),
    "NumPy's draws": (DRAW, "rng.normal(size=(count, self.latent_size)).astype('float32')",
                      COUNT, f"{COUNT}rng = np.random.default_rng()\n", "numpy_draws"),
    "the same latents for all images":
        (DRAW, "ops.repeat(self.draw_latents(1), count, axis=0)", "images_alike"),
    "optimizers exchanged": ("self.discriminator_optimizer", "self.other",
                             "self.generator_optimizer", "self.discriminator_optimizer",
                             "self.other", "self.generator_optimizer", "other_optimizer"),
    "one optimizer":
        ("self.generator_optimizer", "self.discriminator_optimizer", "shared_optimizer"),
    "Keras's own optimizer": ("self.discriminator_optimizer", "self.optimizer",
                              "self.generator_optimizer", "self.optimizer", "shared_optimizer"),
    "the discriminator never moves": (f"    {D_APPLY}\n", "", "stands_still"),
    "the generator never moves": (f"{G_APPLY}\n", "", "stands_still"),
    "one batch of both":
        (f"real_logits = {OF_REAL}", "both = ops.concatenate([real_images, fake_images], axis=0)",
         f"fake_logits = {OF_FAKE}", "both = self.discriminator(both, training=True)\n"
         "        real_logits, fake_logits = both[:count], both[count:]", "one_batch"),
    "one batch, fake first":
        (f"real_logits = {OF_REAL}", "both = tf.concat([fake_images, real_images], 0)",
         f"fake_logits = {OF_FAKE}",
         "fake_logits, real_logits = tf.split(self.discriminator(both, training=True), 2)",
         "one_batch"),
    "one batch, image by image":
        (f"real_logits = {OF_REAL}",
         "both = tf.reshape(tf.stack([real_images, fake_images], 1), (2 * count, 3, 3, 1))",
         f"fake_logits = {OF_FAKE}", "both = self.discriminator(both, training=True)\n"
         "        real_logits, fake_logits = both[::2], both[1::2]", "one_batch"),
    "real images in the generator's step, too":
        ("self.discriminator(generated, training=True)",
         "self.discriminator(ops.concatenate([generated, real_images]), training=True)[:count]",
         "one_batch"),
    "half of the loss":
        ("= self.discriminator_loss(", "= 0.5 * self.discriminator_loss(", "halved"),
    "the loss for the gradient outside":
        ("        discriminator_loss =", "    discriminator_loss =",
         "        scaled = self.disc", "    scaled = self.disc", "no_gradients"),
}) | wrong(step, {
    "the generator first":
        (f"{COUNT}{SECOND_STEP}\n{FIRST_STEP}\n{RETURN}", "generator_first"),
    "the generator in the loop":
        (f"{COUNT}{FIRST_STEP}\n{indent(SECOND_STEP, '    ')}\n{RETURN}", "generator_in_loop"),
    "against the old discriminator": (OLD_OPPONENT, "old_opponent"),
    "TensorFlow's tutorial": (TUTORIAL, "images_shared"),
}) | {
    "a generator in each step": (
        gan(DRAW, "draw()", COUNT, f"{COUNT}seeds = keras.random.SeedGenerator(self.seed)\n"
            "draw = lambda: keras.random.normal((count, self.latent_size), seed=seeds)\n")
        .replace("        self.latent_size = latent_size\n",
                 "        self.latent_size, self.seed = latent_size, seed\n"),
        "seed_in_step",
    ),
}  # fmt: skip

HIDDEN_WRONG["DCGAN"] = wrong(gan, {
    "two steps at most":
        ("range(self.", "range(min(2, self.", "steps):", "steps)):", "steps_missing"),
    "no single images":
        (COUNT, "count = ops.maximum(2, ops.shape(real_images)[0])\n", "other_count"),
})  # fmt: skip


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
ROOTS = "np.sqrt(np.maximum(s.min(1), 0))"
SAFE = f"places, {ROOTS}"
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
        SQUARES,
        "places = np.argsort(s, axis=1)[:, 0]",
        "places, np.sqrt(np.abs(s[np.arange(len(s)), places]))",
    ),
    "in parts": nearest(
        "parts = []",
        "for part in np.array_split(a, 3):",
        "    s = (part**2).sum(1)[:, None] - 2 * part @ b.T + (b**2).sum(1)",
        "    parts.append((s.argmin(1), np.sqrt(np.maximum(s.min(1), 0))))",
        "tuple(np.concatenate(each) for each in zip(*parts))",
    ),
    "differences in parts": nearest(
        "rows = [np.sqrt(((p[:, None] - b) ** 2).sum(-1)) for p in np.array_split(a, len(a) // 50 + 1)]",
        "d = np.concatenate(rows)",
        "d.argmin(1), d.min(1)",
    ),
    "einsum": nearest(
        "s = np.einsum('ik,ik->i', a, a)[:, None] - 2 * np.einsum('ik,jk->ij', a, b) "
        "+ np.einsum('jk,jk->j', b, b)",
        "s = np.clip(s, 0, None)",
        BEST,
        "places.astype('int32'), np.sqrt(s.min(axis=1))",
    ),
}

MEAN = "s = ((a[:, None] - b) ** 2).mean(-1)"
WRONG["nearest_neighbours"] = wrong(nearest, {
    "for the training images":
        (SQUARES, "np.argmin(s, axis=0), np.sqrt(np.maximum(s.min(axis=0), 0))", "other_way_round"),
    "squared": (SQUARES, BEST, "places, np.min(s, axis=1)", "squared"),
    "mean of squares": (MEAN, BEST, "places, s.min(1)", "mean_of_pixels"),
    "root of the mean": (MEAN, BEST, SAFE, "mean_of_pixels"),
    "absolute": ("s = np.abs(a[:, None] - b).sum(-1)", BEST, "places, s.min(1)", "absolute"),
    "largest pixel":
        ("s = np.abs(a[:, None] - b).max(-1)", BEST, "places, s.min(1)", "largest_pixel"),
    "farthest": (SQUARES, "np.argmax(s, axis=1), np.sqrt(s.max(1))", "farthest"),
    "farthest distance": (SQUARES, BEST, "places, np.sqrt(s.max(1))", "largest_distance"),
    "mean distance": (SQUARES, BEST, "places, np.sqrt(np.maximum(s, 0)).mean(1)", "mean_distance"),
    "first channel": ("a, b = (x[..., 0].reshape(len(x), -1) for x in (g, t))", SQUARES, BEST, SAFE,
                      "first_channel"),
    "the other order": (SQUARES, BEST, f"{ROOTS}, places", "distances_first"),
    "places as floats": (SQUARES, BEST, f"places.astype('float32'), {ROOTS}", "no_integers"),
    "places alone": (SQUARES, "np.argmin(s, axis=1)", "no_pair"),
    "one array of both": (SQUARES, BEST, f"np.stack([{SAFE}])", "no_pair"),
    "all distances": (SQUARES, BEST, "places, np.sqrt(np.maximum(s, 0))", "all_pairs"),
    "one number": (SQUARES, "np.argmin(s), np.sqrt(np.maximum(s.min(), 0))", "one_number"),
    "no brackets": (SQUARES.replace("2 * a", "a"), BEST, SAFE, "products"),
    "product added": (SQUARES.replace("- 2", "+ 2"), BEST, SAFE, "products"),
    "shapes that don't fit": (SQUARES.replace("[:, None]", ""), BEST, SAFE, "shapes_differ"),
    "negative roots":
        (SQUARES, "s = s - 1e-3", BEST, "places, np.sqrt(s.min(1))", "negative_square"),
    "the second nearest":
        (SQUARES, "places = np.argsort(s, axis=1)[:, 1]",
         "places, np.sqrt(np.maximum(s[np.arange(len(s)), places], 0))", "second_nearest"),
    "places from 1": (SQUARES, BEST, f"places + 1, {ROOTS}", "from_1"),
    "own places": (SQUARES, BEST, f"np.arange(len(g)), {ROOTS}", "own_places"),
    "cosine": ("a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))",
               "s = 1 - a @ b.T", BEST, "places, s.min(1)", "cosine"),
    "whole numbers": (SQUARES, BEST, f"places, {ROOTS}.astype(int)", "other_distances"),
    "images, not places": (SQUARES, BEST, f"t[places], {ROOTS}", "shape"),
    "nothing": ("", "no_pair"),
    "all differences": ("d = np.sqrt(np.sum((a[:, None] - b[None]) ** 2, axis=-1))",
                        "np.argmin(d, axis=1), np.min(d, axis=1)", "all_differences"),
    "all differences of images": ("d = np.sqrt(np.square(g[:, None] - t).sum(axis=(2, 3, 4)))",
                                  "d.argmin(1), d.min(1)", "all_differences"),
    "all differences of tensors":
        ("d = tf.norm(tf.constant(a)[:, None] - b, axis=-1)",
         "tf.argmin(d, axis=1), tf.reduce_min(d, axis=1)", "all_differences"),
    "scikit-learn's columns":
        ("from sklearn.neighbors import NearestNeighbors",
         "NearestNeighbors(n_neighbors=1).fit(b).kneighbors(a)", "kneighbors"),
    "scikit-learn's columns, exchanged":
        ("from sklearn.neighbors import NearestNeighbors",
         "distances, places = NearestNeighbors(n_neighbors=1).fit(b).kneighbors(a)",
         "places, distances", "keepdims"),
})  # fmt: skip


# --- interpolate -------------------------------------------------------------------------------


def walk(*lines):
    """An answer that ends in `return <last line>`; p and q are the ends, t the shares."""
    *before, last = lines
    body = ["p, q, t = start, end, np.linspace(0, 1, steps)[:, None]", *before, f"return {last}"]
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
        "first, second = (t * np.sinc(t * w / np.pi) / whole for t in (1 - t, t))",
        "first * p + second * q",
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
        SLERP.replace("np", "ops"),
    ),
    "TensorFlow": walk(
        "p, q, t = (tf.cast(each, tf.float32) for each in (p, q, t))",
        "cosine = tf.tensordot(tf.nn.l2_normalize(p, 0), tf.nn.l2_normalize(q, 0), 1)",
        "w = tf.acos(tf.clip_by_value(cosine, -1, 1))",
        f"tf.cond(w < 1e-3, lambda: (1 - t) * p + t * q, lambda: {SLERP.replace('np', 'tf')})",
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
    "arange": walk(COSINE, ANGLE, LINE, "t = np.arange(steps)[:, np.newaxis] / (steps - 1)", SLERP),
    "min and max": walk(COSINE, "w = math.acos(max(-1.0, min(1.0, float(cosine))))", LINE, SLERP),
}  # fmt: skip


def steps(line, mistake):
    """The formula with other shares."""
    return line, COSINE, ANGLE, LINE, SLERP, mistake


WRONG["interpolate"] = wrong(walk, {
    "straight": ("(1 - t) * p + t * q", "straight"),
    "ends exchanged": steps("p, q = q, p", "ends_exchanged"),
    "without the end":
        steps("t = np.linspace(0, 1, steps, endpoint=False)[:, None]", "end_missing"),
    "without both ends": steps("t = np.linspace(0, 1, steps + 2)[1:-1, None]", "end_missing"),
    "a step more": steps("t = np.linspace(0, 1, steps + 1)[:, None]", "other_steps"),
    "five steps": steps("t = np.linspace(0, 1, 5)[:, None]", "other_steps"),
    "one point": steps("t = 0.5", "one_point"),
    "no column": steps("t = np.linspace(0, 1, steps)", "shapes_differ"),
    "degrees": (COSINE, "w = np.degrees(np.arccos(cosine))", SLERP, "degrees"),
    "no straight line": (COSINE, ANGLE, SLERP, "not_finite"),
    "no clip": (COSINE, "w = np.arccos(cosine)", LINE, SLERP, "not_finite"),
    "equal ends alone":
        ("if np.allclose(p, q): return (1 - t) * p + t * q", COSINE, ANGLE, SLERP, "not_finite"),
    "normalized": ("p, q = p / np.linalg.norm(p), q / np.linalg.norm(q)", "cosine = p @ q", ANGLE,
                   LINE, SLERP, "lengths_lost"),
    "normalized at the end":
        (COSINE, ANGLE, f"z = {SLERP}", "z / np.linalg.norm(z, axis=1, keepdims=True)",
         "lengths_lost"),
    "the line on the shell":
        ("z = (1 - t) * p + t * q",
         "length = (1 - t) * np.linalg.norm(p) + t * np.linalg.norm(q)",
         "z / np.linalg.norm(z, axis=1, keepdims=True) * length", "line_on_the_shell"),
    "the other axis": (COSINE, ANGLE, LINE, f"({SLERP}).T", "transposed"),
    "an axis too many": (COSINE, ANGLE, LINE, f"({SLERP})[:, None]", "axis_too_many"),
    "not divided by the lengths": ("cosine = np.dot(p, q)", ANGLE, LINE, SLERP, "not_by_lengths"),
    "cosine as angle": (COSINE, "w = cosine", LINE, SLERP, "cosine_as_angle"),
    "arcsin": (COSINE, "w = np.arcsin(np.clip(cosine, -1, 1))", SLERP, "arcsine"),
    "not divided by the sine":
        (COSINE, ANGLE, LINE, "np.sin((1 - t) * w) * p + np.sin(t * w) * q", "not_divided"),
    "a right angle": ("np.cos(t * np.pi / 2) * p + np.sin(t * np.pi / 2) * q", "right_angle"),
    "cosines": (COSINE, ANGLE, LINE, SLERP.replace("sin", "cos"), "cosines"),
    "half the angle": (COSINE, ANGLE, "w = w / 2", LINE, SLERP, "other_angle"),
    "roots": ("np.sqrt(1 - t) * p + np.sqrt(t) * q", "roots"),
    "the ends alone": ("np.stack([p, q])", "shape"),
    "nothing": ("", "no_return"),
})  # fmt: skip
