"""Answers to lab 3's questions: right ones written in many ways, wrong ones with a named mistake.

RIGHT: question -> {way of writing: source}. WRONG: question -> {mistake: (source, words)}, where
the check's message has to contain the words. Sources are what a student's cell would hold.
"""

PRELUDE = """
import math
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from scipy.stats import norm

def kl_divergence(latent_mean, latent_log_var):
    variance = ops.exp(latent_log_var)
    return 0.5 * ops.sum(latent_mean**2 + variance - 1 - latent_log_var, axis=1)

def reparameterize(latent_mean, latent_log_var, noise):
    return latent_mean + ops.exp(0.5 * latent_log_var) * noise

class Sampling(keras.layers.Layer):
    def __init__(self, seed, **options):
        super().__init__(**options)
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs):
        latent_mean, latent_log_var = inputs
        noise = keras.random.normal(
            ops.shape(latent_mean), dtype=self.compute_dtype, seed=self.seed_generator)
        return reparameterize(latent_mean, latent_log_var, noise)

def negative_elbo(images, logits, latent_mean, latent_log_var, beta=1.0):
    reconstruction = ops.sum(ops.softplus(logits) - images * logits, axis=(1, 2, 3))
    return reconstruction + beta * kl_divergence(latent_mean, latent_log_var)
"""

# HIDDEN_WRONG: mistakes that the visible check lets pass and a hidden one catches.
RIGHT, WRONG, HIDDEN_WRONG = {}, {}, {}


def define(name, arguments, *lines):
    return f"def {name}({arguments}):\n" + "".join(f"    {line}\n" for line in lines)


# --- kl_divergence -----------------------------------------------------------------------------


def kl(*lines):
    """An answer that ends in `return <last line>`; m and v stand for mean and log variance."""
    *before, last = lines
    body = ["m, v = latent_mean, latent_log_var", *before, f"return {last}"]
    return define("kl_divergence", "latent_mean, latent_log_var", *body)


TERMS = "m**2 + ops.exp(v) - 1 - v"
RIGHT["kl_divergence"] = {
    "keras.ops": kl("0.5 * ops.sum(m**2 + ops.exp(v) - 1 - v, axis=1)"),
    "as Keras's example has it": kl(
        "-0.5 * (1 + v - ops.square(m) - ops.exp(v))", "ops.sum({0}, axis=1)"
    )
    .replace("    -0.5", "    terms = -0.5")
    .replace("{0}", "terms"),
    "tf": kl("-0.5 * tf.reduce_sum(1 + v - tf.square(m) - tf.exp(v), axis=-1)"),
    "tf.math": kl(
        "terms = tf.math.subtract(tf.math.add(tf.math.square(m), tf.math.exp(v)), 1 + v)",
        "tf.math.reduce_sum(terms, 1) / 2",
    ),
    "expm1": kl("ops.sum(ops.square(m) + ops.expm1(v) - v, axis=-1) / 2"),
    "latent by latent": kl(
        "total = 0",
        "for j in range(m.shape[1]):",
        "    total = total + 0.5 * (m[:, j] ** 2 + ops.exp(v[:, j]) - 1 - v[:, j])",
        "total",
    ),
    "sum of a generator": kl(
        "sum((m[:, j] ** 2 + ops.exp(v[:, j]) - 1 - v[:, j]) / 2 for j in range(m.shape[-1]))"
    ),
    "einsum": kl(
        "rest = ops.sum(ops.exp(v) - v, axis=1) - m.shape[1]",
        "0.5 * (ops.einsum('nj,nj->n', m, m) + rest)",
    ),
    "by standard deviation": kl(
        "sigma = ops.exp(v / 2)",
        "ops.sum(0.5 * (m**2 + sigma**2 - 1) - ops.log(sigma), axis=1)",
    ),
    "by variance": kl(
        "variance = ops.exp(v)", "0.5 * ops.sum(m * m + variance - ops.log(variance) - 1.0, axis=1)"
    ),
    "four sums": kl(
        "latents = ops.shape(m)[1]",
        "squares, variances, logs = (ops.sum(t, axis=1) for t in (m**2, ops.exp(v), v))",
        "0.5 * (squares + variances - latents - logs)",
    ),
    "mean times latents": kl("0.5 * m.shape[-1] * ops.mean(m**2 + ops.exp(v) - 1 - v, axis=-1)"),
    "cross-entropy minus entropy": kl(
        "constant = math.log(2 * math.pi)",
        "crossed = ops.sum(0.5 * (constant + m**2 + ops.exp(v)), axis=1)",
        "entropy = ops.sum(0.5 * (constant + 1 + v), axis=1)",
        "crossed - entropy",
    ),
    "tensors first": kl(
        "m, v = ops.convert_to_tensor(m), ops.convert_to_tensor(v)",
        "ops.divide(ops.sum(ops.add(ops.power(m, 2), ops.exp(v)) - 1.0 - v, axis=-1), 2.0)",
    ),
    "always float32": kl(
        "m, v = ops.cast(m, 'float32'), ops.cast(v, 'float32')",
        "0.5 * ops.sum(m**2 + ops.exp(v) - 1 - v, axis=1)",
    ),
    "always float64": kl(
        "m, v = tf.cast(m, tf.float64), tf.cast(v, tf.float64)",
        "0.5 * tf.reduce_sum(m**2 + tf.exp(v) - 1 - v, axis=1)",
    ),
    "tf.function": "@tf.function\n" + kl("0.5 * ops.sum(m**2 + ops.exp(v) - 1 - v, axis=1)"),
    "helper and lambda": "each = lambda m, v: (m**2 + ops.exp(v) - 1 - v) / 2\n"
    "kl_divergence = lambda mean, log_var: ops.sum(each(mean, log_var), axis=1)\n",
    "vectorized map": kl(
        "one = lambda pair: 0.5 * ops.sum(pair[0] ** 2 + ops.exp(pair[1]) - 1 - pair[1])",
        "ops.vectorized_map(one, (ops.convert_to_tensor(m), ops.convert_to_tensor(v)))",
    ),
    "keepdims, then squeezed": kl(
        "ops.squeeze(0.5 * ops.sum(m**2 + ops.exp(v) - 1 - v, axis=1, keepdims=True), axis=1)"
    ),
    "unstacked": kl(
        "pairs = zip(tf.unstack(m, axis=1), tf.unstack(v, axis=1))",
        "tf.add_n([0.5 * (a**2 + tf.exp(b) - 1 - b) for a, b in pairs])",
    ),
    "map_fn": kl(
        "one = lambda t: 0.5 * tf.reduce_sum(t[0] ** 2 + tf.exp(t[1]) - 1 - t[1])",
        "tf.map_fn(one, (m, v), fn_output_signature=m.dtype)",
    ),
    "other names": define(
        "kl_divergence",
        "mu, logvar, axis=-1",
        "return 0.5 * ops.sum(mu**2 + ops.exp(logvar) - 1 - logvar, axis=axis)",
    ),
    "never negative": kl(f"ops.maximum(0.5 * ops.sum({TERMS}, axis=1), 0.0)"),
    "dot": kl(f"ops.dot(0.5 * ({TERMS}), ops.ones((m.shape[1],), dtype=m.dtype))"),
    "print inside": kl("print('shape', m.shape)", "0.5 * ops.sum(m**2 + ops.exp(v) - 1 - v, 1)"),
}
WRONG["kl_divergence"] = {
    "sign": (kl(f"-0.5 * ops.sum({TERMS}, axis=1)"), "sign is turned round"),
    "half missing": (kl(f"ops.sum({TERMS}, axis=1)"), "factor 1/2 is missing"),
    "sign and half": (kl(f"-ops.sum({TERMS}, axis=1)"), "and the factor 1/2 is missing"),
    "mean over latents": (kl(f"0.5 * ops.mean({TERMS}, axis=1)"), "mean over the latents"),
    "mean over everything": (kl(f"0.5 * ops.mean({TERMS})"), "mean over the latents"),
    "mean over the batch": (
        kl(f"ops.mean(0.5 * ops.sum({TERMS}, axis=1))"),
        "Keep one number for each example",
    ),
    "sum over everything": (kl(f"0.5 * ops.sum({TERMS})"), "a sum over the batch"),
    "sum over axis 0": (kl(f"0.5 * ops.sum({TERMS}, axis=0)"), "The sum runs over the batch"),
    "no sum": (kl(f"0.5 * ({TERMS})"), "Nothing is summed"),
    "keepdims": (kl(f"0.5 * ops.sum({TERMS}, axis=1, keepdims=True)"), "without keepdims"),
    "log sigma": (
        kl("0.5 * ops.sum(m**2 + ops.exp(2 * v) - 1 - 2 * v, axis=1)"),
        "taken for the log of the standard deviation",
    ),
    "variance squared": (
        kl("0.5 * ops.sum(m**2 + ops.exp(v)**2 - 1 - v, axis=1)"),
        "don't square it",
    ),
    "standard deviation": (
        kl("0.5 * ops.sum(m**2 + ops.exp(v / 2) - 1 - v, axis=1)"),
        "the variance is meant",
    ),
    "twice the log": (kl("0.5 * ops.sum(m**2 + ops.exp(v) - 1 - 2 * v, axis=1)"), "without a 2"),
    "as variance": (
        kl("0.5 * ops.sum(m**2 + v - 1 - ops.log(v), axis=1)"),
        "as if it were the variance",
    ),
    "as standard deviation": (
        kl("0.5 * ops.sum(m**2 + v**2 - 1 - ops.log(v**2), axis=1)"),
        "used as the standard deviation",
    ),
    "without 1": (kl("0.5 * ops.sum(m**2 + ops.exp(v) - v, axis=1)"), "The - 1 is missing"),
    "plus 1": (kl("0.5 * ops.sum(m**2 + ops.exp(v) + 1 - v, axis=1)"), "not + 1"),
    "1 once": (kl("0.5 * (ops.sum(m**2 + ops.exp(v) - v, axis=1) - 1)"), "belongs to every"),
    "log added": (kl("0.5 * ops.sum(m**2 + ops.exp(v) - 1 + v, axis=1)"), "subtracted, not added"),
    "mean not squared": (kl("0.5 * ops.sum(m + ops.exp(v) - 1 - v, axis=1)"), "not squared"),
    "absolute mean": (kl("0.5 * ops.sum(ops.abs(m) + ops.exp(v) - 1 - v, axis=1)"), "absolute"),
    "no mean": (kl("0.5 * ops.sum(ops.exp(v) - 1 - v, axis=1)"), "square of the mean is missing"),
    "mean subtracted": (
        kl("0.5 * ops.sum(ops.exp(v) - m**2 - 1 - v, axis=1)"),
        "square of the mean has the wrong sign",
    ),
    "no variance": (kl("0.5 * ops.sum(m**2 - 1 - v, axis=1)"), "is missing"),
    "no log": (kl("0.5 * ops.sum(m**2 + ops.exp(v) - 1, axis=1)"), "logarithm of the variance is"),
    "the other way round": (
        kl("0.5 * ops.sum((1 + m**2) / ops.exp(v) - 1 + v, axis=1)"),
        "the other way round",
    ),
    "sum, then square": (
        kl("0.5 * (ops.sum(m, 1) ** 2 + ops.sum(ops.exp(v) - 1 - v, axis=1))"),
        "square first",
    ),
    "half of the mean alone": (
        kl("ops.sum(0.5 * m**2 + ops.exp(v) - 1 - v, axis=1)"),
        "before one term alone",
    ),
    "half of the log alone": (
        kl("ops.sum(m**2 + ops.exp(v) - 1 - 0.5 * v, axis=1)"),
        "before one term alone",
    ),
    "bits": (kl(f"0.5 * ops.sum({TERMS}, axis=1) / math.log(2)"), "bits"),
    "means alone": (kl("0.5 * ops.sum(m**2, axis=1)"), "the variances are missing"),
    "half of latents": (kl(f"0.25 * ops.sum({TERMS}, axis=1)"), "there twice"),
    "stop_gradient": (
        kl(f"0.5 * ops.sum(ops.stop_gradient({TERMS}), axis=1)"),
        "no gradient gets through",
    ),
    "stop_gradient of the variance": (
        kl("0.5 * ops.sum(m**2 + ops.stop_gradient(ops.exp(v)) - 1 - v, axis=1)"),
        "the gradient is not",
    ),
    "NumPy": (
        kl("0.5 * np.sum(np.square(m) + np.exp(v) - 1 - v, axis=1)"),
        "functions of keras.ops",
    ),
    "numpy()": (
        kl("0.5 * tf.reduce_sum(tf.constant(np.array(m**2 + np.exp(v) - 1 - v)), axis=1)"),
        "functions of keras.ops",
    ),
    "absolute value": (kl(f"0.5 * ops.sum(ops.abs({TERMS.replace('- 1', '+ 1')}), axis=1)"), "+ 1"),
    "no return": (
        define("kl_divergence", "latent_mean, latent_log_var", "ops.sum(latent_mean**2, axis=1)"),
        "without `return`",
    ),
    "arguments": (
        define("kl_divergence", "latents", "return 0.5 * ops.sum(latents**2, axis=1)"),
        "Keep the arguments",
    ),
    "arguments swapped": (
        kl(f"0.5 * ops.sum({TERMS}, axis=1)").replace("m, v =", "v, m ="),
        "changed places",
    ),
    "power": (kl("0.5 * ops.sum(m^2 + ops.exp(v) - 1 - v, axis=1)"), "written with **"),
    "misspelt": (kl("0.5 * ops.sum(m**2 + ops.exp(logvar) - 1 - logvar, axis=1)"), "spelling"),
    "text": (kl("f'{v}'"), "Return an array or a tensor of numbers"),
    "two results": (
        kl("terms = 0.5 * (m**2 + ops.exp(v) - 1 - v)", "terms, ops.sum(terms, axis=1)"),
        "Return",
    ),
    "ragged": (kl("[[1, 2], [3]]"), "ragged"),
    "dict": (kl("{'kl': 1}"), "a dict"),
    "axis 2": (kl(f"0.5 * ops.sum({TERMS}, axis=2)"), "Invalid reduction dimension"),
    "axis -2": (kl(f"0.5 * ops.sum({TERMS}, axis=-2)"), "The sum runs over the batch"),
    "over the batch's size": (kl(f"0.5 * ops.sum({TERMS}, axis=1) / len(m)"), "averaged over"),
    "Keras's divergence": (kl("keras.losses.KLDivergence()(m, v)"), "One number comes back"),
    "log of the log": (
        kl("0.5 * ops.sum(m**2 + tf.exp(v) - 1 - tf.math.log(v), axis=1)"),
        "no logarithm",
    ),
    "clipped": (
        kl("v = ops.clip(v, -0.5, 0.5)", f"0.5 * ops.sum({TERMS}, axis=1)"),
        "Half the sum",
    ),
    "a batch loop of Python": (
        kl(
            "result = []",
            "for mean, log_var in zip(m, v):",
            "    result.append(0.5 * ops.sum(mean**2 + ops.exp(log_var) - 1 - log_var))",
            "ops.stack(result)",
        ),
        "no fixed size",
    ),
}
HIDDEN_WRONG["kl_divergence"] = {
    "at least one nat": (
        kl(
            "terms = 0.5 * (m**2 + ops.exp(v) - 1 - v)", "ops.sum(terms, axis=1) + 0 * m[:, 0]"
        ).replace("+ 0 * m[:, 0]", "if m.shape[1] < 10 else ops.sum(terms[:, :10], axis=1)"),
        "over all latents",
    ),
    "a little more": (
        kl("0.5 * ops.sum(m**2 + ops.exp(v) - 1 - v, axis=1)").replace("return ", "k = ")
        + "    return ops.where(k > 0.001, k, 0.1)\n",
        "prior itself",
    ),
}

# --- reparameterize ----------------------------------------------------------------------------


def drawn(*lines):
    """An answer that ends in `return <last line>`; m, v, e stand for the arguments."""
    *before, last = lines
    body = ["m, v, e = latent_mean, latent_log_var, noise", *before, f"return {last}"]
    return define("reparameterize", "latent_mean, latent_log_var, noise", *body)


RIGHT["reparameterize"] = {
    "keras.ops": drawn("m + ops.exp(0.5 * v) * e"),
    "root of the variance": drawn("m + ops.sqrt(ops.exp(v)) * e"),
    "tf": drawn("m + tf.exp(v / 2) * e"),
    "tf.math": drawn("tf.math.add(m, tf.math.multiply(tf.math.sqrt(tf.math.exp(v)), e))"),
    "power": drawn("m + ops.exp(v) ** 0.5 * e"),
    "ops.power": drawn("ops.add(m, ops.power(ops.exp(v), 0.5) * e)"),
    "e to the power": drawn("m + math.e ** (v / 2) * e"),
    "two to the power": drawn("m + 2 ** (v / (2 * math.log(2))) * e"),
    "latent by latent": drawn(
        "columns = [m[:, j] + ops.exp(v[:, j] / 2) * e[:, j] for j in range(m.shape[1])]",
        "ops.stack(columns, axis=1)",
    ),
    "rsqrt": drawn("m + tf.math.rsqrt(tf.exp(-v)) * e"),
    "tensors first": drawn(
        "m, v, e = (ops.convert_to_tensor(each) for each in (m, v, e))",
        "sigma = ops.exp(ops.multiply(v, 0.5))",
        "ops.add(m, ops.multiply(sigma, e))",
    ),
    "einsum": drawn("m + ops.einsum('nj,nj->nj', ops.exp(0.5 * v), e)"),
    "tf.function": "@tf.function\n" + drawn("m + tf.exp(0.5 * v) * e"),
    "lambda": "reparameterize = lambda mean, log_var, noise: mean + noise * ops.exp(log_var / 2)\n",
    "divided": drawn("m + e / ops.exp(-v / 2)"),
    "a sign of its own": drawn("m - ops.exp(v / 2) * (-e)"),
    "default noise": drawn("m + ops.exp(0.5 * v) * e").replace("noise):", "noise=0.0):"),
}
WRONG["reparameterize"] = {
    "cast to float32": (
        drawn(
            "m, v, e = (ops.cast(each, 'float32') for each in (m, v, e))", "m + ops.exp(v / 2) * e"
        ),
        "leave casts out",
    ),
    "exp without half": (drawn("m + ops.exp(v) * e"), "exp of half the log variance"),
    "log variance itself": (drawn("m + v * e"), "take exp of half of it"),
    "no exp": (drawn("m + 0.5 * v * e"), "The exp is missing"),
    "twice": (drawn("m + ops.exp(2 * v) * e"), "not twice"),
    "root of the log": (drawn("m + ops.sqrt(v) * e"), "take exp first"),
    "root inside": (drawn("m + ops.exp(ops.sqrt(v)) * e"), "take exp first"),
    "half outside": (drawn("m + 0.5 * ops.exp(v) * e"), "belongs inside"),
    "exponent negative": (drawn("m + ops.exp(-0.5 * v) * e"), "exponent is turned round"),
    "noise subtracted": (drawn("m - ops.exp(0.5 * v) * e"), "subtracted"),
    "no sigma": (drawn("m + e"), "keeps standard deviation 1"),
    "no noise": (drawn("m + ops.exp(0.5 * v)"), "noise is missing"),
    "added": (drawn("m + ops.exp(0.5 * v) + e"), "multiply them"),
    "multiplied": (drawn("m * ops.exp(0.5 * v) * e"), "add it"),
    "no mean": (drawn("ops.exp(0.5 * v) * e"), "mean is missing"),
    "noise on the mean": (drawn("m * e + ops.exp(0.5 * v)"), "multiplies the mean"),
    "brackets": (drawn("(m + ops.exp(0.5 * v)) * e"), "Brackets"),
    "0.1": (drawn("m + 0.1 * ops.exp(0.5 * v) * e"), "made smaller"),
    "noise squared": (drawn("m + ops.exp(0.5 * v) * e**2"), "squared"),
    "the mean": (drawn("m"), "noise does nothing"),
    "mean and noise": (drawn("e + ops.exp(0.5 * v) * m"), "changed places"),
    "mean and log variance": (drawn("v + ops.exp(0.5 * m) * e"), "changed places"),
    "drawn inside": (
        drawn("m + ops.exp(0.5 * v) * keras.random.normal(ops.shape(m), dtype=m.dtype)"),
        "use the argument",
    ),
    "drawn inside with a seed": (
        drawn("m + ops.exp(0.5 * v) * keras.random.normal(ops.shape(m), seed=1, dtype=m.dtype)"),
        "`noise`",
    ),
    "noise added to noise": (
        drawn("m + ops.exp(0.5 * v) * (e + keras.random.normal(ops.shape(e), dtype=e.dtype))"),
        "use the argument",
    ),
    "summed": (drawn("ops.sum(m + ops.exp(0.5 * v) * e, axis=1)"), "latents are summed"),
    "one number": (drawn("ops.mean(m + ops.exp(0.5 * v) * e)"), "keep the shape"),
    "three arrays": (drawn("m + ops.exp(0.5 * v) * e, m, v"), "return the latents alone"),
    "no return": (drawn("m").replace("return m", "m + ops.exp(0.5 * v) * e"), "without `return`"),
    "stop_gradient": (
        drawn("m + ops.stop_gradient(ops.exp(0.5 * v)) * e"),
        "no gradient gets through",
    ),
    "numpy": (drawn("m + np.exp(0.5 * np.array(v)) * e"), "functions of keras.ops"),
    "rounded": (drawn("ops.round(1000 * (m + ops.exp(0.5 * v) * e)) / 1000"), "Mean plus"),
    "arguments": (
        define("reparameterize", "latent_mean, latent_log_var", "return latent_mean"),
        "Keep the arguments",
    ),
    "half twice": (drawn("m + 0.5 * ops.exp(0.5 * v) * e"), "The 0.5 is there twice"),
    "log": (drawn("m + ops.log(v) * e"), "logarithm of the log variance"),
    "no zero": (drawn("None"), "without `return`"),
    "text": (drawn("'z'"), "Return an array"),
    "squared": (drawn("m + ops.exp(v) ** 2 * e"), "not twice"),
    "one row of noise": (drawn("m + ops.exp(0.5 * v) * e[:1]"), "same noise"),
    "one noise for all latents": (drawn("m + ops.exp(0.5 * v) * e[:, :1]"), "same noise"),
}
HIDDEN_WRONG["reparameterize"] = {
    "means are clipped": (drawn("ops.clip(m, -4, 4) + ops.exp(0.5 * v) * e"), "without noise"),
    "the size is fixed": (
        drawn("z = m + ops.exp(0.5 * v) * e", "z if m.shape[1] < 10 else z * 0"),
        "without noise",
    ),
}

# --- Sampling ----------------------------------------------------------------------------------

NORMAL = "keras.random.normal(ops.shape(m), dtype=m.dtype, seed=self.seed_generator)"
GENERATOR = "self.seed_generator = keras.random.SeedGenerator(seed)"


def layer(
    noise=NORMAL,
    result="reparameterize(m, v, e)",
    generator=GENERATOR,
    *,
    base="keras.layers.Layer",
    start="super().__init__(**options)",
    arguments="seed, **options",
    before="",
):
    return (
        f"{before}class Sampling({base}):\n"
        f"    def __init__(self, {arguments}):\n"
        f"        {start}\n"
        f"        {generator}\n"
        "    def call(self, inputs):\n"
        "        m, v = inputs\n"
        f"        e = {noise}\n"
        f"        return {result}\n"
    )


RIGHT["Sampling"] = {
    "generator": layer(),
    "dtype of the layer": layer(NORMAL.replace("m.dtype", "self.compute_dtype")),
    "without reparameterize": layer(result="m + ops.exp(0.5 * v) * e"),
    "another attribute": layer(
        NORMAL.replace("self.seed_generator", "self.rng"),
        generator="self.rng = keras.random.SeedGenerator(seed)",
    ),
    "stddev and mean in the draw": layer(NORMAL.replace("dtype=", "mean=0.0, stddev=1.0, dtype=")),
    "layers.Layer": layer(base="layers.Layer"),
    "drawn with mean and deviation": layer(
        "ops.exp(0.5 * v)",
        "m + e * keras.random.normal(ops.shape(e), dtype=e.dtype, seed=self.seed_generator)",
    ),
    "static shape of latents": layer(
        "keras.random.normal((ops.shape(m)[0], m.shape[1]), dtype=m.dtype, "
        "seed=self.seed_generator)"
    ),
    "tf shape": layer(NORMAL.replace("ops.shape(m)", "tf.shape(m)")),
    "latent by latent": layer(
        "[keras.random.normal((ops.shape(m)[0],), dtype=m.dtype, seed=self.seed_generator) "
        "for _ in range(m.shape[1])]",
        "reparameterize(m, v, ops.stack(e, axis=1))",
    ),
    "drawn in float32, then cast": layer(
        "ops.cast(keras.random.normal(ops.shape(m), seed=self.seed_generator), m.dtype)"
    ),
    "seed by default": layer(arguments="seed=0, **options"),
    "name and dtype": layer(
        arguments="seed, name=None, dtype=None, **options",
        start="super().__init__(name=name, dtype=dtype, **options)",
    ),
    "old super": layer(start="super(Sampling, self).__init__(**options)"),
    "GaussianNoise inside": layer(
        "self.noise(ops.zeros_like(m), training=True)",
        generator="self.noise = layers.GaussianNoise(1.0, seed=seed, dtype=self.dtype)",
    ),
    "training argument": layer().replace("call(self, inputs)", "call(self, inputs, training=None)"),
    "build and compute_output_shape": layer()
    + "    def compute_output_shape(self, shapes):\n        return shapes[0]\n",
    "Box and Muller": layer(
        "[keras.random.uniform(ops.shape(m), 1e-7, 1, m.dtype, self.seed_generator) for _ in '12']",
        "m + ops.exp(v / 2) * ops.sqrt(-2 * ops.log(e[0])) * ops.cos(2 * np.pi * e[1])",
    ),
}
SIGMA = "ops.exp(0.5 * v)"
WRONG["Sampling"] = {
    "TensorFlow's generator": (
        layer(
            "self.rng.normal(tf.shape(m), dtype=m.dtype)",
            generator="self.rng = tf.random.Generator.from_seed(seed)",
        ),
        "a checkpoint saves it",
    ),
    "stateless, with a counter": (
        layer(
            "tf.random.stateless_normal(tf.shape(m), [self.seed, self.count.assign_add(1)], "
            "dtype=m.dtype)",
            generator="self.seed, self.count = seed, tf.Variable(0, trainable=False)",
        ),
        "a checkpoint saves it",
    ),
    "no noise": (layer("0", "m"), "without any noise"),
    "noise of 0.1": (
        layer(NORMAL.replace("dtype=", "stddev=0.1, dtype=")),
        "standard deviation 0.1",
    ),
    "noise times the variance": (layer(result="m + ops.exp(v) * e"), "take the root"),
    "no sigma": (layer(result="m + e"), "whatever the variance"),
    "log variance itself": (layer(result="m + v * e"), "take exp of half"),
    "half the log variance": (layer(result="m + 0.5 * v * e"), "The exp is missing"),
    "exponent negative": (layer(result="m + ops.exp(-0.5 * v) * e"), "exponent is turned round"),
    "no mean": (layer(result=f"{SIGMA} * e"), "The mean is missing"),
    "one row for the batch": (
        layer(NORMAL.replace("ops.shape(m)", "(1, m.shape[1])")),
        "All examples of a batch get the same",
    ),
    "one row, by shape": (
        layer(NORMAL.replace("ops.shape(m)", "ops.shape(m)[1:]")),
        "All examples of a batch get the same",
    ),
    "one number for all latents": (
        layer(NORMAL.replace("ops.shape(m)", "(ops.shape(m)[0], 1)")),
        "All latents of an example",
    ),
    "a single number": (layer(NORMAL.replace("ops.shape(m)", "()")), "same noise"),
    "seed as a number": (
        layer(NORMAL.replace("self.seed_generator", "self.seed"), generator="self.seed = seed"),
        "draws the same each time",
    ),
    "fixed number": (layer(NORMAL.replace("self.seed_generator", "1337")), "draws the same"),
    "generator made in call": (
        layer(
            NORMAL.replace("self.seed_generator", "keras.random.SeedGenerator(self.seed)"),
            generator="self.seed = seed",
        ),
        "once, in `__init__`",
    ),
    "global generator of Keras": (
        layer(NORMAL.replace(", seed=self.seed_generator", ""), generator="self.seed = seed"),
        "generator of its own",
    ),
    "global, the generator made": (
        layer(NORMAL.replace(", seed=self.seed_generator", "")),
        "generator",
    ),
    "tf.random.normal": (
        layer("tf.random.normal(tf.shape(m), dtype=m.dtype)", generator="self.seed = seed"),
        "generator of its own",
    ),
    "tf.random.normal with a seed": (
        layer("tf.random.normal(tf.shape(m), dtype=m.dtype, seed=3)", generator="pass"),
        "generator",
    ),
    "NumPy in call": (
        layer(
            "ops.cast(self.rng.standard_normal(m.shape), m.dtype)",
            generator="self.rng = np.random.default_rng(seed)",
        ),
        "NumPy",
    ),
    "NumPy, a batch's size known": (
        layer(
            "ops.cast(self.rng.standard_normal((2000, m.shape[1])), m.dtype)[:ops.shape(m)[0]]",
            generator="self.rng = np.random.default_rng(seed)",
        ),
        "drawn once, when the function was compiled",
    ),
    "noise made in __init__": (
        layer(
            "ops.cast(self.noise, m.dtype)[:ops.shape(m)[0]]",
            generator="self.noise = keras.random.normal((2000, 3), seed=seed)",
        ),
        "draws the same each time",
    ),
    "seed not used": (
        layer(generator="self.seed_generator = keras.random.SeedGenerator(0)"),
        "The seed is not used",
    ),
    "generator without seed": (
        layer(generator="self.seed_generator = keras.random.SeedGenerator()"),
        "SeedGenerator(seed)",
    ),
    "a generator for all": (
        layer(
            NORMAL.replace("self.seed_generator", "generator"),
            generator="self.seed = seed",
            before="generator = keras.random.SeedGenerator(0)\n",
        ),
        "generator",
    ),
    "uniform": (
        layer(NORMAL.replace("normal(ops.shape(m)", "uniform(ops.shape(m)")),
        "uniform from 0 to 1",
    ),
    "uniform from -1": (
        layer(NORMAL.replace("normal(ops.shape(m)", "uniform(ops.shape(m), -1, 1")),
        "uniform from -1 to 1",
    ),
    "uniform of variance 1": (
        layer(
            NORMAL.replace("normal(ops.shape(m)", "uniform(ops.shape(m), -3**0.5, 3**0.5"),
        ),
        "the shape is not",
    ),
    "truncated": (layer(NORMAL.replace("normal(", "truncated_normal(")), "truncated"),
    "noise of mean 1": (layer(NORMAL.replace("dtype=", "mean=1.0, dtype=")), "noise around 0"),
    "absolute noise": (layer(result=f"m + {SIGMA} * ops.abs(e)"), "one sign only"),
    "a function": (
        define("Sampling", "seed, **options", "return lambda inputs: inputs[0]"),
        "Derive the class from keras.layers.Layer",
    ),
    "a plain class": (
        layer(base="object", start="pass").replace("call(self", "__call__(self"),
        "Derive the class",
    ),
    "options lost": (layer(start="super().__init__()"), "hand **options on"),
    "float32 always": (
        layer(
            "keras.random.normal(ops.shape(m), dtype='float32', seed=self.seed_generator)",
            "reparameterize(ops.cast(m, 'float32'), ops.cast(v, 'float32'), e)",
        ),
        "float64",
    ),
    "no super": (layer(start="pass"), "super().__init__"),
    "no seed": (layer(arguments="**options").replace("(seed)", "()"), "Keep the arguments"),
    "trained noise": (
        layer(
            f"self.factor * {NORMAL}",
            generator=f"{GENERATOR}; "
            "self.factor = self.add_weight(shape=(), initializer='ones', name='factor')",
        ),
        "no trained weights",
    ),
    "three outputs": (layer(result="reparameterize(m, v, e), m, v"), "return the latents alone"),
    "one draw for each example": (
        layer(result=f"ops.sum(m + {SIGMA} * e, axis=1)"),
        "draw for each latent",
    ),
    "no return": (layer().replace("return reparam", "reparam"), "without `return`"),
    "static shape": (layer(NORMAL.replace("ops.shape(m)", "m.shape")), "ops.shape(x)"),
    "two arguments": (
        layer()
        .replace("call(self, inputs)", "call(self, m, v)")
        .replace("        m, v = inputs\n", ""),
        "arguments that the docstring gives",
    ),
    "mean and log variance": (layer(result="reparameterize(v, m, e)"), "changed places"),
    "two outputs": (layer(result="[m, e]"), "Several arrays come back"),
    "a number": ("Sampling = 3\n", "can't be called"),
    "infinite": (layer(result="m + e / (v - v)"), "not finite"),
    "only in training": (
        layer(result="reparameterize(m, v, e) if training else m").replace(
            "call(self, inputs)", "call(self, inputs, training=None)"
        ),
        "without any noise",
    ),
    "half of the batch twice": (
        layer(
            "keras.random.normal((ops.shape(m)[0] // 2, m.shape[1]), dtype=m.dtype, "
            "seed=self.seed_generator)",
            "reparameterize(m, v, ops.concatenate([e, e], axis=0)[:ops.shape(m)[0]])",
        ),
        "draws that repeat",
    ),
}
HIDDEN_WRONG["Sampling"] = {
    "squeezed": (layer(result="ops.squeeze(reparameterize(m, v, e))"), "shape"),
    "three latents": (
        layer(NORMAL.replace("ops.shape(m)", "(ops.shape(m)[0], 3)")),
        "hapes",
    ),
}

# --- build_encoder -----------------------------------------------------------------------------

CONVOLUTIONS = (
    "layers.Conv2D(16, 3, strides=2, padding='same', activation='relu')",
    "layers.Conv2D(32, 3, strides=2, padding='same', activation='relu')",
)
DENSE = "layers.Dense(128, activation='relu')"
HEADS = "[layers.Dense(latent_size)(x), layers.Dense(latent_size)(x)]"


def encoder(*inner, heads=HEADS, start="(28, 28, 1)", before=()):
    """A functional model of the layers, ended by `heads`, which are made of x."""
    inner = inner or (*CONVOLUTIONS, "layers.Flatten()", DENSE)
    return define(
        "build_encoder",
        "latent_size",
        f"images = keras.Input({start})",
        "x = images",
        *(f"x = {each}(x)" for each in inner),
        *before,
        f"return keras.Model(images, {heads})",
    )


SUBCLASS = """
class Encoder(keras.Model):
    def __init__(self, latent_size):
        super().__init__()
        self.body = keras.Sequential([
            layers.Conv2D(16, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2D(32, 3, strides=2, padding="same", activation="relu"),
            layers.Flatten(), layers.Dense(64, activation="relu")])
        self.mean, self.log_var = layers.Dense(latent_size), layers.Dense(latent_size)

    def call(self, images, training=None):
        x = self.body(images, training=training)
        return RETURN

def build_encoder(latent_size):
    return Encoder(latent_size)
"""
RIGHT["build_encoder"] = {
    "functional": encoder(),
    "dense": encoder("layers.Flatten()", DENSE, DENSE),
    "small clouds at the start": encoder(
        "layers.Flatten()",
        "layers.Dense(256, 'relu')",
        "layers.Dense(256, 'relu')",
        heads="[layers.Dense(latent_size)(x), layers.Dense(latent_size, "
        "bias_initializer=keras.initializers.Constant(-4))(x)]",
    ),
    "a tuple": encoder(heads="(layers.Dense(latent_size)(x), layers.Dense(latent_size)(x))"),
    "named": encoder(
        heads="[mean, log_var], name='encoder'",
        before=(
            "mean = layers.Dense(latent_size, name='latent_mean')(x)",
            "log_var = layers.Dense(latent_size, name='latent_log_var')(x)",
        ),
    ),
    "without the dense layer": encoder(*CONVOLUTIONS, "layers.Flatten()"),
    "pooling": encoder(
        "layers.Conv2D(8, 3, activation='relu', padding='same')",
        "layers.MaxPooling2D()",
        "layers.Conv2D(16, 3, activation='relu', padding='same')",
        "layers.AveragePooling2D(2)",
        "layers.Flatten()",
    ),
    "batch normalization": encoder(
        "layers.Conv2D(16, 3, strides=2, use_bias=False)",
        "layers.BatchNormalization()",
        "layers.LeakyReLU()",
        CONVOLUTIONS[1],
        "layers.Flatten()",
    ),
    "gelu and dropout": encoder(
        *(each.replace("relu", "gelu") for each in CONVOLUTIONS),
        "layers.Dropout(0.2)",
        "layers.Flatten()",
    ),
    "tanh inside": encoder(
        *(each.replace("relu", "tanh") for each in CONVOLUTIONS), "layers.Flatten()"
    ),
    "global pooling": encoder(*CONVOLUTIONS, "layers.GlobalAveragePooling2D()"),
    "one dense layer, split": encoder(
        heads="[both[:, :latent_size], both[:, latent_size:]]",
        before=("both = layers.Dense(2 * latent_size)(x)",),
    ),
    "ops.split": encoder(
        heads="ops.split(both, 2, axis=-1)",
        before=("both = layers.Dense(2 * latent_size)(x)",),
    ),
    "branches of their own": encoder(
        *CONVOLUTIONS,
        "layers.Flatten()",
        heads="[layers.Dense(latent_size)(layers.Dense(32, 'relu')(x)), "
        "layers.Dense(latent_size)(layers.Dense(32, 'relu')(x))]",
    ),
    "convolution over all that is left": encoder(
        *CONVOLUTIONS,
        heads="[layers.Flatten()(layers.Conv2D(latent_size, 7)(x)) for _ in range(2)]",
    ),
    "log variance begins low": encoder(
        heads="[layers.Dense(latent_size)(x), layers.Dense(latent_size, bias_initializer="
        "keras.initializers.Constant(-2.0))(x)]"
    ),
    "log variance begins at zero": encoder(
        heads="[layers.Dense(latent_size)(x), layers.Dense(latent_size, "
        "kernel_initializer='zeros')(x)]"
    ),
    "subclass": SUBCLASS.replace("RETURN", "self.mean(x), self.log_var(x)"),
    "subclass, a list": SUBCLASS.replace("RETURN", "[self.mean(x), self.log_var(x)]"),
    "Sequential inside": define(
        "build_encoder",
        "latent_size",
        f"body = keras.Sequential([{', '.join(CONVOLUTIONS)}, layers.Flatten(), {DENSE}])",
        "images = keras.Input((28, 28, 1))",
        "x = body(images)",
        "return keras.Model(images, [layers.Dense(latent_size)(x) for _ in range(2)])",
    ),
    "default size": encoder().replace("(latent_size)", "(latent_size=2)", 1),
}
WRONG["build_encoder"] = {
    "one output": (encoder(heads="layers.Dense(latent_size)(x)"), "The model has one output"),
    "one output of both": (
        encoder(heads="layers.Dense(2 * latent_size)(x)"),
        "The model has one output",
    ),
    "one layer twice": (
        encoder(heads="[head(x), head(x)]", before=("head = layers.Dense(latent_size)",)),
        "make a dense layer for each",
    ),
    "same tensor twice": (
        encoder(heads="[z, z]", before=("z = layers.Dense(latent_size)(x)",)),
        "make a dense layer for each",
    ),
    "drawn as well": (
        encoder(
            heads="[m, v, Sampling(0)([m, v])]",
            before=("m, v = layers.Dense(latent_size)(x), layers.Dense(latent_size)(x)",),
        ),
        "return two",
    ),
    "relu on both": (
        encoder(heads=HEADS.replace("latent_size)", "latent_size, activation='relu')")),
        "A relu cuts off everything",
    ),
    "relu on the mean": (
        encoder(heads="[layers.Dense(latent_size, 'relu')(x), layers.Dense(latent_size)(x)]"),
        "means of any size",
    ),
    "softplus on the log variance": (
        encoder(heads="[layers.Dense(latent_size)(x), layers.Dense(latent_size, 'softplus')(x)]"),
        "log variances of any size",
    ),
    "sigmoid on the log variance": (
        encoder(heads="[layers.Dense(latent_size)(x), layers.Dense(latent_size, 'sigmoid')(x)]"),
        "A sigmoid holds the values",
    ),
    "tanh on the mean": (
        encoder(heads="[layers.Dense(latent_size, 'tanh')(x), layers.Dense(latent_size)(x)]"),
        "A tanh holds the values",
    ),
    "exponential on the log variance": (
        encoder(
            heads="[layers.Dense(latent_size)(x), layers.Dense(latent_size, 'exponential')(x)]"
        ),
        "log variance",
    ),
    "no activation": (
        encoder(*(e.replace(", activation='relu'", "") for e in CONVOLUTIONS), "layers.Flatten()"),
        "give the inner layers a relu",
    ),
    "too large": (
        encoder(
            "layers.Conv2D(32, 3, padding='same', activation='relu')", "layers.Flatten()", DENSE
        ),
        "needs a quarter",
    ),
    "no flatten": (encoder(*CONVOLUTIONS), "on flattened images"),
    "fixed size": (encoder(heads=HEADS.replace("latent_size", "2")), "The size is fixed"),
    "fixed size 7": (encoder(heads=HEADS.replace("latent_size", "7")), "The size is fixed"),
    "fixed size 16": (encoder(heads=HEADS.replace("latent_size", "16")), "latent_size"),
    "no return": (encoder().replace("return keras", "keras"), "without `return`"),
    "a list": (
        encoder(heads="[]").replace("return keras.Model(images, [])", f"return {HEADS}"),
        "Return the model itself",
    ),
    "pair of models": (
        encoder().replace(
            f"return keras.Model(images, {HEADS})",
            f"return [keras.Model(images, each) for each in {HEADS}]",
        ),
        "Return the model itself",
    ),
    "axis of examples": (encoder(start="(None, 28, 28, 1)"), "without the axis"),
    "flat images": (
        encoder("layers.Reshape((28, 28, 1))", *CONVOLUTIONS, "layers.Flatten()", start="(784,)"),
        "another shape",
    ),
    "a network for all calls": (
        "features = keras.Sequential([layers.Conv2D(8, 3, 2, activation='relu'), "
        "layers.Flatten()])\n" + encoder("features"),
        "shared ones are trained twice",
    ),
    "frozen": (
        encoder().replace("return ", "model = ")
        + "    model.trainable = False\n    return model\n",
        "frozen",
    ),
    "other sizes": (
        encoder(heads="[layers.Dense(latent_size)(x), layers.Dense(1)(x)]"),
        "latent_size",
    ),
    "dict": (
        encoder(
            heads="{'mean': layers.Dense(latent_size)(x), 'log_var': layers.Dense(latent_size)(x)}"
        ),
        "[latent_mean, latent_log_var]",
    ),
}
HIDDEN_WRONG["build_encoder"] = {
    "two sizes": (
        encoder(before=("latent_size = 2 if latent_size < 5 else 7",)),
        "20",
    ),
}

# --- build_decoder -----------------------------------------------------------------------------

TRANSPOSED = (
    "layers.Conv2DTranspose(16, 4, strides=2, padding='same', activation='relu')",
    "layers.Conv2DTranspose(1, 4, strides=2, padding='same')",
)
START = f"{DENSE}, layers.Dense(7 * 7 * 32, activation='relu'), layers.Reshape((7, 7, 32))"


def decoder(*inner, start=START, end=""):
    return define(
        "build_decoder",
        "latent_size",
        "return keras.Sequential([keras.Input((latent_size,)), "
        f"{start}, {', '.join(inner or TRANSPOSED)}{end}])",
    )


RIGHT["build_decoder"] = {
    "sequential": decoder(),
    "functional": define(
        "build_decoder",
        "latent_size",
        "latents = keras.Input((latent_size,), name='latents')",
        "x = layers.Dense(7 * 7 * 16, activation='relu')(latents)",
        "x = layers.Reshape((7, 7, 16))(x)",
        f"x = {TRANSPOSED[0]}(x)",
        f"return keras.Model(latents, {TRANSPOSED[1]}(x))",
    ),
    "add": define(
        "build_decoder",
        "latent_size",
        "model = keras.Sequential()",
        *(
            f"model.add({each})"
            for each in (DENSE, "layers.Dense(784)", "layers.Reshape((28, 28, 1))")
        ),
        "return model",
    ),
    "dense": decoder("layers.Dense(784)", "layers.Reshape((28, 28, 1))", start=DENSE),
    "upsampling": decoder(
        "layers.UpSampling2D()",
        "layers.Conv2D(16, 3, padding='same', activation='relu')",
        "layers.UpSampling2D()",
        "layers.Conv2D(1, 3, padding='same')",
    ),
    "batch normalization": decoder(
        "layers.Conv2DTranspose(16, 4, strides=2, padding='same')",
        "layers.BatchNormalization()",
        "layers.Activation('silu')",
        TRANSPOSED[1],
    ),
    "a last convolution": decoder(
        TRANSPOSED[0],
        TRANSPOSED[0].replace("16", "8"),
        "layers.Conv2D(1, 3, padding='same')",
    ),
    "one stride of 4": decoder("layers.Conv2DTranspose(1, 4, strides=4)"),
    "linear": decoder(end=", layers.Activation('linear')"),
    "unbuilt": decoder().replace("keras.Input((latent_size,)), ", ""),
    "tanh inside": decoder(*(each.replace("relu", "tanh") for each in TRANSPOSED)),
    "elu inside": decoder(start=START.replace("relu", "elu")),
    "subclass": (
        "class Decoder(keras.Model):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        f"        self.parts = [{START}, {', '.join(TRANSPOSED)}]\n"
        "    def call(self, x, training=None):\n"
        "        for each in self.parts:\n"
        "            x = each(x)\n"
        "        return x\n"
        "def build_decoder(latent_size):\n"
        "    return Decoder()\n"
    ),
    "bias of a dark image": decoder(
        TRANSPOSED[0],
        "layers.Conv2DTranspose(1, 4, strides=2, padding='same', "
        "bias_initializer=keras.initializers.Constant(-2.0))",
    ),
    "pixel shuffle": decoder(
        "layers.Conv2D(16, 3, padding='same')",
        "layers.Reshape((7, 7, 4, 4))",
        "layers.Permute((1, 3, 2, 4))",
        "layers.Reshape((28, 28, 1))",
    ),
    "cropped": decoder(
        "layers.Conv2DTranspose(8, 4, strides=2, padding='same', activation='relu')",
        "layers.Conv2DTranspose(1, 4, strides=2, padding='same')",
        "layers.Cropping2D(2)",
        start="layers.Dense(8 * 8 * 8, activation='relu'), layers.Reshape((8, 8, 8))",
    ),
}
WRONG["build_decoder"] = {
    "sigmoid": (decoder(end=", layers.Activation('sigmoid')"), "A sigmoid holds"),
    "sigmoid in the layer": (
        decoder(TRANSPOSED[0], TRANSPOSED[1].replace("'same'", "'same', activation='sigmoid'")),
        "A sigmoid holds",
    ),
    "relu at the end": (decoder(end=", layers.ReLU()"), "A relu cuts"),
    "tanh": (decoder(end=", layers.Activation('tanh')"), "A tanh holds"),
    "softplus": (decoder(end=", layers.Activation('softplus')"), "leave the activation"),
    "elu": (decoder(end=", layers.Activation('elu')"), "from below"),
    "softmax": (
        decoder(end=", layers.Flatten(), layers.Softmax(), layers.Reshape((28, 28, 1))"),
        "softmax",
    ),
    "no activation": (
        decoder(
            TRANSPOSED[1],
            TRANSPOSED[1].replace("(1,", "(1, "),
            start=START.replace(", activation='relu'", ""),
        ),
        "give the inner layers a relu",
    ),
    "one doubling": (decoder(TRANSPOSED[1]), "another size"),
    "too many doublings": (decoder(*TRANSPOSED, TRANSPOSED[1]), "another size"),
    "valid padding": (
        decoder(*(each.replace("'same'", "'valid'") for each in TRANSPOSED)),
        "another size",
    ),
    "from 8 x 8": (decoder(start=START.replace("7", "8")), "another size"),
    "from 4 x 4": (decoder(start=START.replace("7", "4")), "another size"),
    "no strides": (
        decoder(*(each.replace("strides=2, ", "") for each in TRANSPOSED)),
        "another size",
    ),
    "no channels": (decoder(end=", layers.Reshape((28, 28))"), "axis of channels"),
    "in a row": (decoder(end=", layers.Flatten()"), "in a row"),
    "three channels": (decoder(TRANSPOSED[0], TRANSPOSED[1].replace("(1,", "(3,")), "has one"),
    "sixteen channels": (decoder(*TRANSPOSED[::-1]), "has one"),
    "two outputs for a mean and a variance": (
        decoder(TRANSPOSED[0], TRANSPOSED[1].replace("(1,", "(2,")),
        "has one",
    ),
    "reshape that does not fit": (decoder(start="layers.Reshape((7, 7, 32))"), "keeps the number"),
    "no tuple": (decoder().replace("(latent_size,)", "latent_size"), "with its comma"),
    "fixed size": (decoder().replace("(latent_size,)", "(2,)"), "another shape"),
    "the latents": (
        decoder("layers.Dense(latent_size)", start=DENSE),
        "The latents come back",
    ),
    "an encoder": (encoder().replace("build_encoder", "build_decoder"), "another shape"),
    "too large": (
        decoder(
            start=START.replace("7 * 7 * 32", "28 * 28 * 32").replace("(7, 7, 32)", "(28, 28, 32)"),
            end="",
        ).replace("strides=2", "strides=1"),
        "little over a quarter",
    ),
    "no return": (decoder().replace("return ", ""), "without `return`"),
    "shared": (
        "start = layers.Dense(7 * 7 * 32, 'relu')\n"
        + decoder(start="start, layers.Reshape((7, 7, 32))"),
        "shared ones are trained twice",
    ),
    "a layer": (
        "class Decoder(layers.Layer):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.dense = layers.Dense(784)\n"
        "    def call(self, x):\n"
        "        return ops.reshape(self.dense(ops.relu(x)), (-1, 28, 28, 1))\n"
        "build_decoder = lambda latent_size: Decoder()\n",
        "derive the class from keras.Model",
    ),
}
HIDDEN_WRONG["build_decoder"] = {
    "two sizes": (
        decoder().replace("(latent_size,)", "(2 if latent_size < 5 else 7,)"),
        "another shape",
    ),
}

# --- negative_elbo -----------------------------------------------------------------------------


def bound(*lines):
    """An answer that ends in `return <last line>`; x, l, m, v stand for the arguments."""
    *before, last = lines
    body = ["x, l, m, v = images, logits, latent_mean, latent_log_var", *before, f"return {last}"]
    return define("negative_elbo", "images, logits, latent_mean, latent_log_var, beta=1.0", *body)


KL = "beta * kl_divergence(m, v)"
SOFTPLUS = "ops.sum(ops.softplus(l) - x * l, axis=(1, 2, 3))"
KERAS = "keras.losses.binary_crossentropy(x, l, from_logits=True)"
RIGHT["negative_elbo"] = {
    "softplus": bound(f"{SOFTPLUS} + {KL}"),
    "keras.losses": bound(f"ops.sum({KERAS}, axis=(1, 2)) + {KL}"),
    "keras.losses, variables": bound(
        f"pixels = {KERAS}",
        "reconstruction = ops.sum(pixels, axis=[1, 2])",
        "divergence = kl_divergence(m, v)",
        "ops.add(reconstruction, ops.multiply(beta, divergence))",
    ),
    "class of Keras": bound(
        "loss = keras.losses.BinaryCrossentropy(from_logits=True, reduction=None)",
        f"ops.sum(ops.cast(loss(x, l), m.dtype), axis=(1, 2)) + {KL}",
    ),
    "tf.nn": bound(
        "pixels = tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=l)",
        f"tf.reduce_sum(pixels, axis=[1, 2, 3]) + {KL}",
    ),
    "ops.binary_crossentropy": bound(
        f"ops.sum(ops.binary_crossentropy(x, l, from_logits=True), axis=(1, 2, 3)) + {KL}"
    ),
    "tf.keras": bound(
        f"tf.reduce_sum(tf.keras.losses.binary_crossentropy(x, l, from_logits=True), (1, 2)) + {KL}"
    ),
    "log_sigmoid": bound(
        "log_likelihood = x * ops.log_sigmoid(l) + (1 - x) * ops.log_sigmoid(-l)",
        f"-ops.sum(log_likelihood, axis=(1, 2, 3)) + {KL}",
    ),
    "by hand, stable": bound(
        "pixels = ops.maximum(l, 0) - l * x + ops.log1p(ops.exp(-ops.abs(l)))",
        f"ops.sum(pixels, axis=(-3, -2, -1)) + {KL}",
    ),
    "logaddexp": bound(
        f"ops.sum(ops.logaddexp(ops.zeros_like(l), l) - x * l, axis=(1, 2, 3)) + {KL}"
    ),
    "flattened": bound(
        "x, l = ops.reshape(x, (ops.shape(x)[0], -1)), ops.reshape(l, (ops.shape(l)[0], -1))",
        f"ops.sum(ops.softplus(l) - x * l, axis=1) + {KL}",
    ),
    "mean times pixels": bound(
        "x, l = (ops.reshape(each, (ops.shape(each)[0], -1)) for each in (x, l))",
        f"ops.cast(ops.shape(l)[-1], l.dtype) * {KERAS} + {KL}",
    ),
    "einsum": bound(
        f"ops.sum(ops.softplus(l), (1, 2, 3)) - ops.einsum('nijc,nijc->n', x, l) + {KL}"
    ),
    "sums one after another": bound(
        "pixels = ops.softplus(l) - x * l",
        "for _ in range(3):",
        "    pixels = ops.sum(pixels, axis=-1)",
        f"pixels + {KL}",
    ),
    "logsumexp": bound(
        "both = ops.stack([ops.zeros_like(l), l], axis=0)",
        f"ops.sum(ops.logsumexp(both, axis=0) - x * l, axis=(1, 2, 3)) + {KL}",
    ),
    "the divergence written out": bound(
        "divergence = -0.5 * ops.sum(1 + v - ops.square(m) - ops.exp(v), axis=1)",
        f"{SOFTPLUS} + beta * divergence",
    ),
    "cast to float32": bound(
        "x, l, m, v = (ops.cast(each, 'float32') for each in (x, l, m, v))",
        f"{SOFTPLUS} + {KL}",
    ),
    "minus the ELBO": bound(
        f"elbo = -{SOFTPLUS} - {KL}",
        "-elbo",
    ),
    "helpers": "def pixels(x, l):\n    return ops.softplus(l) - x * l\n"
    + bound(f"ops.sum(pixels(x, l), axis=(1, 2, 3)) + {KL}"),
    "tf.function": "@tf.function\n" + bound(f"{SOFTPLUS} + {KL}"),
    "beta as a whole number": bound(f"{SOFTPLUS} + {KL}").replace("beta=1.0", "beta=1"),
    "default None": bound("beta = 1.0 if beta is None else beta", f"{SOFTPLUS} + {KL}").replace(
        "beta=1.0", "beta=None"
    ),
    "a sigmoid that Keras takes back": bound(
        "p = ops.sigmoid(l)",
        f"ops.sum({KERAS.replace('l,', 'p,')}, axis=(1, 2)) + {KL}",
    ),
    "softplus of both signs": bound(
        f"ops.sum(x * ops.softplus(-l) + (1 - x) * ops.softplus(l), axis=(1, 2, 3)) + {KL}"
    ),
}
MEAN = "ops.mean(ops.softplus(l) - x * l, axis=(1, 2, 3))"
WRONG["negative_elbo"] = {
    "sum over the batch": (
        bound(f"ops.sum(ops.softplus(l) - x * l) + {KL}"),
        "runs over the batch",
    ),
    "one number": (
        bound("ops.sum(ops.softplus(l) - x * l) + beta * ops.sum(kl_divergence(m, v))"),
        "a sum over the batch",
    ),
    "mean over the batch": (
        bound(f"ops.mean({SOFTPLUS} + {KL})"),
        "Keep one number for each example",
    ),
    "mean over pixels": (bound(f"{MEAN} + {KL}"), "mean over the pixels"),
    "mean of Keras": (bound(f"ops.mean({KERAS}, axis=(1, 2)) + {KL}"), "mean over the pixels"),
    "Keras, nothing summed": (bound(KERAS), "sum over the axes 1, 2 and 3"),
    "Keras, one axis summed": (bound(f"ops.sum({KERAS}, axis=1)"), "sum over the axes"),
    "nothing summed": (bound("ops.softplus(l) - x * l"), "sum over the axes"),
    "nothing summed, the divergence added": (bound(f"{KERAS} + {KL}"), "hapes"),
    "not from logits": (
        bound(f"ops.sum(keras.losses.binary_crossentropy(x, l), axis=(1, 2)) + {KL}"),
        "taken for probabilities",
    ),
    "sigmoid twice": (
        bound("p = tf.sigmoid(l)", f"ops.sum({KERAS.replace('l,', 'p,')}, axis=(1, 2)) + {KL}"),
        "sigmoid acts twice",
    ),
    "sigmoid, then logarithm": (
        bound(
            "p = ops.sigmoid(l)",
            "pixels = x * ops.log(p) + (1 - x) * ops.log(1 - p)",
            f"-ops.sum(pixels, axis=(1, 2, 3)) + {KL}",
        ),
        "A sigmoid first and a logarithm then",
    ),
    "sigmoid, then Keras": (
        bound(
            "p = tf.sigmoid(l)",
            f"ops.sum(keras.losses.binary_crossentropy(x, p), axis=(1, 2)) + {KL}",
        ),
        "A sigmoid first and a logarithm then",
    ),
    "clipped logarithm": (
        bound(
            "p = ops.clip(ops.sigmoid(l), 1e-7, 1 - 1e-7)",
            f"-ops.sum(x * ops.log(p) + (1 - x) * ops.log(1 - p), axis=(1, 2, 3)) + {KL}",
        ),
        "A sigmoid first",
    ),
    "exp overflows": (
        bound(f"ops.sum(ops.log(1 + ops.exp(l)) - x * l, axis=(1, 2, 3)) + {KL}"),
        "+-100",
    ),
    "places": (
        bound(f"ops.sum({KERAS.replace('x, l', 'l, x')}, axis=(1, 2)) + {KL}"),
        "changed places",
    ),
    "beta on the reconstruction": (
        bound(f"beta * {SOFTPLUS} + kl_divergence(m, v)"),
        "before the reconstruction",
    ),
    "beta on both": (bound(f"beta * ({SOFTPLUS} + kl_divergence(m, v))"), "before the KL"),
    "no beta": (bound(f"{SOFTPLUS} + kl_divergence(m, v)"), "beta is not used"),
    "no divergence": (bound(SOFTPLUS), "beta does nothing"),
    "divergence subtracted": (bound(f"{SOFTPLUS} - {KL}"), "sign is turned round"),
    "the ELBO itself": (bound(f"-{SOFTPLUS} - {KL}"), "sign is turned round"),
    "reconstruction subtracted": (bound(f"{KL} - {SOFTPLUS}"), "sign is turned round"),
    "divergence averaged over the batch": (
        bound(f"{SOFTPLUS} + beta * ops.mean(kl_divergence(m, v))"),
        "averaged over the batch",
    ),
    "divergence summed over the batch": (
        bound(f"{SOFTPLUS} + beta * ops.sum(kl_divergence(m, v))"),
        "summed over the batch",
    ),
    "divergence averaged over latents": (
        bound(
            "divergence = -0.5 * ops.mean(1 + v - m**2 - ops.exp(v), axis=1)",
            f"{SOFTPLUS} + beta * divergence",
        ),
        "mean over the latents",
    ),
    "divergence without half": (
        bound(
            "divergence = -ops.sum(1 + v - m**2 - ops.exp(v), axis=1)",
            f"{SOFTPLUS} + beta * divergence",
        ),
        "factor 1/2 is missing",
    ),
    "divergence of swapped arguments": (
        bound(f"{SOFTPLUS} + beta * kl_divergence(v, m)"),
        "changed places",
    ),
    "squared error": (
        bound(f"ops.sum((x - ops.sigmoid(l)) ** 2, axis=(1, 2, 3)) + {KL}"),
        "squared error",
    ),
    "squared error of logits": (
        bound(f"ops.sum((x - l) ** 2, axis=(1, 2, 3)) + {KL}"),
        "squared error of logits",
    ),
    "white pixels alone": (
        bound(f"ops.sum(x * ops.softplus(-l), axis=(1, 2, 3)) + {KL}"),
        "Black pixels count",
    ),
    "without the image": (
        bound(f"ops.sum(ops.softplus(l), axis=(1, 2, 3)) + {KL}"),
        "term with the image",
    ),
    "bits": (bound(f"{SOFTPLUS} / math.log(2) + {KL}"), "bits"),
    "beta squared": (bound(f"{SOFTPLUS} + beta * beta * kl_divergence(m, v)"), "squared"),
    "beta divides": (
        bound(f"{SOFTPLUS} + kl_divergence(m, v) / beta if beta else {SOFTPLUS}"),
        "divided by beta",
    ),
    "keepdims": (
        bound(f"ops.sum(ops.softplus(l) - x * l, axis=(1, 2, 3), keepdims=True) + {KL}"),
        "shape",
    ),
    "keepdims of the flattened": (
        bound(
            "pixels = ops.reshape(ops.softplus(l) - x * l, (ops.shape(l)[0], -1))",
            f"ops.sum(pixels, axis=1, keepdims=True) + {KL}",
        ),
        "leave keepdims out",
    ),
    "logits turned round": (
        bound(f"ops.sum(ops.softplus(-l) + x * l, axis=(1, 2, 3)) + {KL}"),
        "sign of the logits",
    ),
    "image added": (
        bound(f"ops.sum(ops.softplus(l) + x * l, axis=(1, 2, 3)) + {KL}"),
        "is subtracted",
    ),
    "half": (bound(f"{SOFTPLUS} / 2 + {KL}"), "no factor 1/2"),
    "binary images only": (
        bound(f"ops.sum(ops.softplus((1 - 2 * x) * l), axis=(1, 2, 3)) + {KL}"),
        "cross-entropy from logits",
    ),
    "channels left": (
        bound(f"ops.sum(ops.softplus(l) - x * l, axis=(1, 2)) + {KL}"),
        "sum over every other",
    ),
    "class of Keras, mean": (
        bound(f"keras.losses.BinaryCrossentropy(from_logits=True)(x, l) + {KL}"),
        "mean over everything",
    ),
    "divergence over the batch's size": (
        bound(f"{SOFTPLUS} + {KL} / x.shape[0]"),
        "leave its size out",
    ),
    "no default": (
        bound(f"{SOFTPLUS} + {KL}").replace("beta=1.0", "beta"),
        "Keep the arguments",
    ),
    "another default": (
        bound(f"{SOFTPLUS} + {KL}").replace("beta=1.0", "beta=0.5"),
        "beta is 1 where it is not given",
    ),
    "the images are rounded": (
        bound("x = ops.round(x)", f"{SOFTPLUS} + {KL}"),
        "rounded",
    ),
    "stop_gradient": (
        bound(f"{SOFTPLUS} + beta * ops.stop_gradient(kl_divergence(m, v))"),
        "no gradient gets through",
    ),
    "NumPy": (
        bound(f"np.sum(np.logaddexp(0, l) - x * l, axis=(1, 2, 3)) + {KL}"),
        "functions of keras.ops",
    ),
    "pair": (bound(f"{SOFTPLUS}, kl_divergence(m, v)"), "Two results"),
    "types meet": (
        bound(
            "pixels = keras.losses.BinaryCrossentropy(from_logits=True, reduction=None)(x, l)",
            f"ops.sum(pixels, axis=(1, 2)) + {KL}",
        ),
        "float32 and float64",
    ),
    "no return": (bound(f"{SOFTPLUS}").replace("return", "total ="), "without `return`"),
    "784 pixels, mean": (bound(f"{MEAN} * 784 + {KL}"), "784"),
    "clipped logits": (
        bound("l = ops.clip(l, -10, 10)", f"{SOFTPLUS} + {KL}"),
        "+-100",
    ),
}
HIDDEN_WRONG["negative_elbo"] = {
    "square images": (
        bound("side = ops.shape(x)[1]", f"side * side * {MEAN} + {KL}"),
        "5 x 9",
    ),
    "whole betas": (bound(f"{SOFTPLUS} + int(beta) * kl_divergence(m, v)"), "the bound"),
}

# --- VAE ---------------------------------------------------------------------------------------

INIT = """
super().__init__(**options)
self.encoder, self.decoder, self.beta = encoder, decoder, beta
self.sampling = Sampling(seed)
names = "negative_elbo", "reconstruction", "kl"
self.trackers = [keras.metrics.Mean(name) for name in names]
"""
CALL = """
latent_mean, latent_log_var = self.encoder(images, training=training)
latents = self.sampling([latent_mean, latent_log_var])
return self.decoder(latents, training=training), latent_mean, latent_log_var
"""
TRACK = """
reconstruction = negative_elbo(images, logits, latent_mean, latent_log_var, beta=0.0)
kl = kl_divergence(latent_mean, latent_log_var)
for tracker, values in zip(self.trackers, (reconstruction + kl, reconstruction, kl)):
    tracker.update_state(values)
return {tracker.name: tracker.result() for tracker in self.trackers}
"""
TRAIN = """
with tf.GradientTape() as tape:
    outputs = self(images, training=True)
    loss = ops.mean(negative_elbo(images, *outputs, beta=self.beta))
gradients = tape.gradient(loss, self.trainable_variables)
self.optimizer.apply(gradients, self.trainable_variables)
return self.track(images, *outputs)
"""
TEST = "return self.track(images, *self(images, training=False))"


def method(name, arguments, source):
    lines = source.strip("\n").split("\n")
    return f"    def {name}({arguments}):\n" + "".join(f"        {line}\n" for line in lines)


def model(train=TRAIN, test=TEST, track=TRACK, *, init=INIT, call=CALL, more="", before=""):
    """The whole class; track=None leaves the method out, `more` are further methods."""
    return (
        f"{before}class VAE(keras.Model):\n"
        + method("__init__", "self, encoder, decoder, beta=1.0, seed=0, **options", init)
        + method("call", "self, images, training=None", call)
        + (
            (track or "")
            and method("track", "self, images, logits, latent_mean, latent_log_var", track)
        )
        + (train and method("train_step", "self, images", train))
        + (test and method("test_step", "self, images", test))
        + more
    )


SEPARATE = INIT.replace(
    "self.trackers = [keras.metrics.Mean(name) for name in names]",
    "self.bound_tracker, self.reconstruction_tracker, self.kl_tracker = ("
    "keras.metrics.Mean(name=name) for name in names)",
)
THREE = """
    @property
    def metrics(self):
        return [self.bound_tracker, self.reconstruction_tracker, self.kl_tracker]
"""
SEPARATE_TRACK = """
kl = kl_divergence(latent_mean, latent_log_var)
bound = negative_elbo(images, logits, latent_mean, latent_log_var)
self.bound_tracker.update_state(bound)
self.reconstruction_tracker.update_state(bound - kl)
self.kl_tracker.update_state(kl)
return {"negative_elbo": self.bound_tracker.result(),
        "reconstruction": self.reconstruction_tracker.result(), "kl": self.kl_tracker.result()}
"""
RIGHT["VAE"] = {
    "with track": model(),
    "loss from its parts": model(
        """
with tf.GradientTape() as tape:
    logits, mean, log_var = self(images, training=True)
    reconstruction = negative_elbo(images, logits, mean, log_var, beta=0.0)
    loss = ops.mean(reconstruction + self.beta * kl_divergence(mean, log_var))
variables = self.trainable_variables
self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
return self.track(images, logits, mean, log_var)
"""
    ),
    "attributes and metrics": model(
        track=SEPARATE_TRACK.replace("self.bound_tracker.result()", "self.metrics[0].result()"),
        init=SEPARATE,
        more=THREE,
    ),
    "attributes alone": model(track=SEPARATE_TRACK, init=SEPARATE),
    "without track": model(
        """
with tf.GradientTape() as tape:
    logits, mean, log_var = self(images, training=True)
    reconstruction = negative_elbo(images, logits, mean, log_var, 0.0)
    kl = kl_divergence(mean, log_var)
    loss = ops.mean(reconstruction + self.beta * kl)
gradients = tape.gradient(loss, self.trainable_weights)
self.optimizer.apply_gradients(zip(gradients, self.trainable_weights))
self.trackers[0].update_state(reconstruction + kl)
self.trackers[1].update_state(reconstruction)
self.trackers[2].update_state(kl)
return {m.name: m.result() for m in self.metrics}
""",
        """
logits, mean, log_var = self(images, training=False)
reconstruction = negative_elbo(images, logits, mean, log_var, 0.0)
kl = kl_divergence(mean, log_var)
self.trackers[0].update_state(reconstruction + kl)
self.trackers[1].update_state(reconstruction)
self.trackers[2].update_state(kl)
return {m.name: m.result() for m in self.metrics}
""",
        None,
    ),
    "means of the batch": model(
        track="""
kl = ops.mean(kl_divergence(latent_mean, latent_log_var))
bound = ops.mean(negative_elbo(images, logits, latent_mean, latent_log_var))
for tracker, value in zip(self.trackers, (bound, bound - kl, kl)):
    tracker.update_state(value, sample_weight=ops.shape(images)[0])
return {tracker.name: tracker.result() for tracker in self.trackers}
"""
    ),
    "means of the batch, unweighted": model(
        track="""
kl = ops.mean(kl_divergence(latent_mean, latent_log_var))
bound = ops.mean(negative_elbo(images, logits, latent_mean, latent_log_var))
for tracker, value in zip(self.trackers, (bound, bound - kl, kl)):
    tracker.update_state(value)
return {tracker.name: tracker.result() for tracker in self.trackers}
"""
    ),
    "two tapes": model(
        """
with tf.GradientTape() as first, tf.GradientTape() as second:
    outputs = self(images, training=True)
    loss = ops.mean(negative_elbo(images, *outputs, beta=self.beta))
a, b = self.encoder.trainable_variables, self.decoder.trainable_variables
gradients = [*first.gradient(loss, a), *second.gradient(loss, b)]
self.optimizer.apply(gradients, [*a, *b])
return self.track(images, *outputs)
"""
    ),
    "persistent tape": model(
        """
with tf.GradientTape(persistent=True) as tape:
    logits, mean, log_var = self(images, training=True)
    reconstruction = tf.reduce_mean(negative_elbo(images, logits, mean, log_var, beta=0))
    kl = tf.reduce_mean(kl_divergence(mean, log_var))
of_kl = tape.gradient(kl, self.trainable_variables)
of_rest = tape.gradient(reconstruction, self.trainable_variables)
gradients = [a if b is None else a + self.beta * b for a, b in zip(of_rest, of_kl)]
del tape
self.optimizer.apply(gradients, self.trainable_variables)
return self.track(images, logits, mean, log_var)
"""
    ),
    "a helper for the loss": model(
        """
with tf.GradientTape() as tape:
    loss, outputs = self.loss_of(images, True)
gradients = tape.gradient(loss, self.trainable_variables)
self.optimizer.apply(gradients, self.trainable_variables)
return self.track(images, *outputs)
""",
        """
_, outputs = self.loss_of(images, False)
return self.track(images, *outputs)
""",
        more=method(
            "loss_of",
            "self, images, training",
            "outputs = self(images, training=training)\n"
            "return ops.mean(negative_elbo(images, *outputs, beta=self.beta)), outputs",
        ),
    ),
    "encoder and decoder called": model(
        """
with tf.GradientTape() as tape:
    mean, log_var = self.encoder(images, training=True)
    latents = self.sampling([mean, log_var])
    logits = self.decoder(latents, training=True)
    loss = tf.reduce_mean(negative_elbo(images, logits, mean, log_var, self.beta))
gradients = tape.gradient(loss, self.trainable_variables)
self.optimizer.apply(gradients, self.trainable_variables)
return self.track(images, logits, mean, log_var)
"""
    ),
    "sum over the number": model(
        TRAIN.replace(
            "ops.mean(negative_elbo(images, *outputs, beta=self.beta))",
            "tf.reduce_sum(negative_elbo(images, *outputs, beta=self.beta)) "
            "/ tf.cast(tf.shape(images)[0], tf.float32)",
        )
    ),
    "several draws in a test": model(
        test="""
for _ in range(3):
    results = self.track(images, *self(images, training=False))
return results
"""
    ),
    "several draws averaged": model(
        test="""
draws = [self(images, training=False) for _ in range(4)]
_, mean, log_var = draws[0]
kl = kl_divergence(mean, log_var)
parts = [negative_elbo(images, *draw, beta=0.0) for draw in draws]
reconstruction = ops.mean(ops.stack(parts), axis=0)
for tracker, values in zip(self.trackers, (reconstruction + kl, reconstruction, kl)):
    tracker.update_state(values)
return {tracker.name: tracker.result() for tracker in self.trackers}
"""
    ),
    "data unpacked": model(
        TRAIN.replace(
            "with tf", "images, _, _ = keras.utils.unpack_x_y_sample_weight(images)\nwith tf"
        ),
        "if isinstance(images, tuple):\n    images = images[0]\n" + TEST,
    ),
    "a tf.function": model().replace("    def track", "    @tf.function\n    def track"),
    "a loss tracked as well": model(TRAIN + "").replace(
        "return self.track(images, *outputs)",
        "return {**self.track(images, *outputs), 'loss': loss}",
    ),
    "gradients clipped far away": model(
        TRAIN.replace(
            "self.optimizer.apply(",
            "gradients = [tf.clip_by_norm(each, 1e6) for each in gradients]\nself.optimizer.apply(",
        )
    ),
    "variables of both networks": model(
        TRAIN.replace(
            "gradients = tape",
            "variables = self.encoder.trainable_variables + self.decoder.trainable_variables\n"
            "gradients = tape",
        )
        .replace("(loss, self.trainable_variables)", "(loss, variables)")
        .replace("(gradients, self.trainable_variables)", "(gradients, variables)")
    ),
    "call with the negative ELBO inside": model(
        """
with tf.GradientTape() as tape:
    logits, mean, log_var = self.call(images, training=True)
    loss = ops.mean(negative_elbo(images, logits, mean, log_var, self.beta))
gradients = tape.gradient(loss, self.trainable_variables)
self.optimizer.apply(gradients, self.trainable_variables)
return self.track(images, logits, mean, log_var)
""",
        "return self.track(images, *self.call(images, training=False))",
    ),
    "metrics in a dict": model(
        track="""
kl = kl_divergence(latent_mean, latent_log_var)
reconstruction = negative_elbo(images, logits, latent_mean, latent_log_var, 0.0)
values = {"negative_elbo": reconstruction + kl, "reconstruction": reconstruction, "kl": kl}
for name, value in values.items():
    self.means[name].update_state(value)
return {name: mean.result() for name, mean in self.means.items()}
""",
        init=INIT.replace(
            "self.trackers = [keras.metrics.Mean(name) for name in names]",
            "self.means = {name: keras.metrics.Mean(name) for name in names}",
        ),
    ),
    "losses as floats of the outputs": model(
        track=TRACK.replace("values)\nreturn", "ops.mean(values))\nreturn")
    ),
    "minus the gradient of the ELBO": model(
        TRAIN.replace("loss = ops.mean(", "loss = -ops.mean(-1.0 * ")
    ),
    "adds the networks' own losses": model(
        TRAIN.replace(
            "gradients = tape",
            "    loss += sum(self.losses)\ngradients = tape",
        )
    ),
}


def kept(old, new, source=TRAIN):
    assert old in source, old
    return source.replace(old, new)


WRONG["VAE"] = {
    "no optimizer": (
        model(kept("self.optimizer.apply(gradients, self.trainable_variables)\n", "")),
        "No weight has moved",
    ),
    "encoder only": (
        model(TRAIN.replace("self.trainable_variables", "self.encoder.trainable_variables")),
        "The decoder has not moved",
    ),
    "decoder only": (
        model(TRAIN.replace("self.trainable_variables", "self.decoder.trainable_variables")),
        "The encoder has not moved",
    ),
    "noise without a way for gradients": (
        model(
            call=CALL.replace("latents = self", "latents = ops.stop_gradient(self").replace(
                "log_var])\nret", "log_var]))\nret"
            )
        ),
        "latents",
    ),
    "trains in the test": (
        model(test=TRAIN.replace("training=True", "training=False")),
        "test_step must not train",
    ),
    "test is train": (model(test="return self.train_step(images)"), "test_step must not train"),
    "training forgotten": (
        model(kept("self(images, training=True)", "self(images)")),
        "self(images, training=True)",
    ),
    "training=False in training": (
        model(kept("training=True", "training=False")),
        "self(images, training=True)",
    ),
    "training in the test": (
        model(test=kept("training=False", "training=True", TEST)),
        "self(images, training=False)",
    ),
    "sum over the batch": (
        model(kept("ops.mean(", "ops.sum(")),
        "summed over the batch",
    ),
    "not reduced": (
        model(
            kept(
                "ops.mean(negative_elbo(images, *outputs, beta=self.beta))",
                "negative_elbo(images, *outputs, beta=self.beta)",
            )
        ),
        "summed over the batch",
    ),
    "beta not used": (model(kept(", beta=self.beta", "")), "beta=self.beta"),
    "no KL": (model(kept("beta=self.beta", "beta=0.0")), "KL is missing"),
    "KL averaged over latents": (
        model(
            kept(
                "ops.mean(negative_elbo(images, *outputs, beta=self.beta))",
                "ops.mean(negative_elbo(images, *outputs, beta=self.beta / outputs[1].shape[1]))",
            )
        ),
        "averaged over the latents",
    ),
    "reconstruction averaged": (
        model(
            kept(
                "loss = ops.mean(negative_elbo(images, *outputs, beta=self.beta))",
                "logits, mean, log_var = outputs\n"
                "    pixels = keras.losses.binary_crossentropy(images, logits, from_logits=True)\n"
                "    loss = ops.mean(pixels) + self.beta * ops.mean(kl_divergence(mean, log_var))",
            )
        ),
        "averaged over the pixels",
    ),
    "beta on the reconstruction": (
        model(
            kept(
                "loss = ops.mean(negative_elbo(images, *outputs, beta=self.beta))",
                "kl = kl_divergence(*outputs[1:])\n"
                "    loss = ops.mean(self.beta * negative_elbo(images, *outputs, beta=0.0) + kl)",
            )
        ),
        "beta stands before the reconstruction",
    ),
    "uphill": (model(kept("loss = ops.mean(", "loss = -ops.mean(")), "uphill"),
    "twice": (
        model(
            kept(
                "self.optimizer.apply(gradients, self.trainable_variables)\n",
                "self.optimizer.apply(gradients, self.trainable_variables)\n"
                "self.optimizer.apply(gradients, self.trainable_variables)\n",
            )
        ),
        "twice",
    ),
    "mean decoded": (
        model(call=CALL.replace("self.sampling([latent_mean, latent_log_var])", "latent_mean")),
        "The mean is decoded",
    ),
    "mean decoded in tests": (
        model(
            test="""
mean, log_var = self.encoder(images, training=False)
return self.track(images, self.decoder(mean, training=False), mean, log_var)
"""
        ),
        "The mean is decoded",
    ),
    "mean decoded where not in training": (
        model(call=CALL.replace("log_var])\nret", "log_var]) if training else latent_mean\nret")),
        "The mean is decoded",
    ),
    "loss outside the tape": (
        model(
            kept(
                "    loss = ops.mean(",
                "loss = ops.mean(",
            )
        ),
        "inside the tape",
    ),
    "model outside the tape": (
        model(
            """
outputs = self(images, training=True)
with tf.GradientTape() as tape:
    loss = ops.mean(negative_elbo(images, *outputs, beta=self.beta))
gradients = tape.gradient(loss, self.trainable_variables)
self.optimizer.apply(gradients, self.trainable_variables)
return self.track(images, *outputs)
"""
        ),
        "inside the tape",
    ),
    "trackers not updated": (
        model(track=TRACK.replace("    tracker.update_state(values)", "    pass")),
        "never updated",
    ),
    "last batch": (
        model(
            track="""
reconstruction = ops.mean(negative_elbo(images, logits, latent_mean, latent_log_var, beta=0.0))
kl = ops.mean(kl_divergence(latent_mean, latent_log_var))
return {"negative_elbo": reconstruction + kl, "reconstruction": reconstruction, "kl": kl}
"""
        ),
        "The last batch's values",
    ),
    "sums": (
        model(init=INIT.replace("metrics.Mean(name)", "metrics.Sum(name)")),
        "Mean",
    ),
    "never reset": (
        model(
            more="    @property\n    def metrics(self):\n        return []\n",
        ),
        "anew in each epoch",
    ),
    "reset at each batch": (
        model(
            track=TRACK.replace(
                "    tracker.update", "    tracker.reset_state()\n    tracker.update"
            )
        ),
        "The last batch's values",
    ),
    "tracked with beta": (
        model(track=TRACK.replace("(reconstruction + kl,", "(reconstruction + self.beta * kl,")),
        "track it with beta 1",
    ),
    "KL tracked times beta": (
        model(track=TRACK.replace("reconstruction, kl)):", "reconstruction, self.beta * kl)):")),
        "The KL is tracked times beta",
    ),
    "order": (
        model(
            track=TRACK.replace(
                "(reconstruction + kl, reconstruction, kl)",
                "(reconstruction, kl, reconstruction + kl)",
            )
        ),
        "another order",
    ),
    "places": (
        model(
            track=TRACK.replace(
                "(reconstruction + kl, reconstruction, kl)",
                "(reconstruction + kl, kl, reconstruction)",
            )
        ),
        "changed places",
    ),
    "the bound three times": (
        model(
            track=TRACK.replace(
                "(reconstruction + kl, reconstruction, kl)", "[reconstruction + kl] * 3"
            )
        ),
        "All three track the bound",
    ),
    "the bound as the reconstruction": (
        model(
            track=TRACK.replace("beta=0.0", "beta=1.0").replace(
                "reconstruction + kl,", "reconstruction,"
            )
        ),
        "The reconstruction is the bound",
    ),
    "the bound as the reconstruction, added": (
        model(track=TRACK.replace(", beta=0.0", "")),
        "bound without the KL",
    ),
    "one tracked": (
        model(
            track=TRACK.replace(
                "for tracker in self.trackers}", "for tracker in self.trackers[:1]}"
            )
        ),
        "'reconstruction' is missing",
    ),
    "loss returned": (
        model(kept("return self.track(images, *outputs)", "return {'loss': loss}")),
        "is missing",
    ),
    "other names": (
        model(init=INIT.replace('"kl"', '"kl_loss"')),
        "'kl' is missing",
    ),
    "train_step without return": (
        model(kept("return self.track", "self.track")),
        "return",
    ),
    "test_step without return": (model(test=TEST.replace("return ", "")), "return"),
    "track without return": (model(track=TRACK.replace("return ", "")), "return"),
    "no test_step": (model(test=""), "test_step"),
    "no train_step": (model(train=""), "train_step"),
    "KL not summed": (
        model(
            track=TRACK.replace(
                "kl = kl_divergence(latent_mean, latent_log_var)",
                "kl = kl_divergence(latent_mean, latent_log_var) / latent_mean.shape[1]",
            )
        ),
        "KL",
    ),
    "reconstruction per pixel": (
        model(track=TRACK.replace("beta=0.0)", "beta=0.0) / 16")),
        "reconstruction",
    ),
    "NumPy noise": (
        model(
            call=CALL.replace(
                "self.sampling([latent_mean, latent_log_var])",
                "reparameterize(latent_mean, latent_log_var, np.random.default_rng(0)"
                ".standard_normal(latent_mean.shape))",
            )
        ),
        "NumPy",
    ),
    "noise of 0.1": (
        model(
            call=CALL.replace(
                "self.sampling([latent_mean, latent_log_var])",
                "latent_mean + 0.1 * (self.sampling([latent_mean, latent_log_var]) - latent_mean)",
            )
        ),
        "self.sampling",
    ),
    "exp without half": (
        model(
            call=CALL.replace(
                "self.sampling([latent_mean, latent_log_var])",
                "self.sampling([latent_mean, 2 * latent_log_var])",
            )
        ),
        "Draw the latents",
    ),
    "an optimizer of its own": (
        model(
            kept("self.optimizer.apply(", "self.other.apply("),
            init=INIT + "self.other = keras.optimizers.Adam(1e-3)\n",
        ),
        "optimizer",
    ),
    "no model": (
        "class VAE:\n    def __init__(self, encoder, decoder, beta=1.0, seed=0):\n        pass\n",
        "keras.Model",
    ),
    "arguments of init": (
        model()
        .replace("beta=1.0, seed=0, **options", "seed=0")
        .replace("**options", "")
        .replace("decoder, beta\n", "decoder, 1.0\n"),
        "Keep the arguments",
    ),
    "second forward pass for tracking": (
        model(
            kept(
                "return self.track(images, *outputs)",
                "return self.track(images, *self(images, training=True))",
            )
        ),
        "runs again",
    ),
    "float of a tensor": (
        model(kept("gradients = tape", "loss = float(loss)\ngradients = tape")),
        "float",
    ),
    "float in track": (
        model(track=TRACK.replace("(values)", "(float(np.mean(values)))")),
        "keras.ops",
    ),
}
HIDDEN_WRONG["VAE"] = {
    "squeezed": (
        model(
            track=TRACK.replace(
                "kl = kl_divergence(latent_mean, latent_log_var)",
                "kl = ops.squeeze(kl_divergence(latent_mean, latent_log_var))\nkl = kl[:4]",
            )
        ),
        "hape",
    ),
}

# --- latent_grid -------------------------------------------------------------------------------


def grid(*lines):
    """An answer that ends in `return <last line>`; q are the quantiles."""
    *before, last = lines
    body = ["q = norm.ppf((np.arange(side) + 0.5) / side)", *before, f"return {last}"]
    return define("latent_grid", "decoder, side", *body)


MESH = "a, b = np.meshgrid(q, q[::-1])"
STACK = "z = np.stack([a.ravel(), b.ravel()], axis=1).astype('float32')"
RESULT = "np.reshape(ops.sigmoid(decoder(z)), (side, side, 28, 28))"
RIGHT["latent_grid"] = {
    "meshgrid": grid(MESH, STACK, RESULT),
    "keras.ops": grid(MESH, STACK, "ops.reshape(ops.sigmoid(decoder(z)), (side, side, 28, 28))"),
    "predict": grid(
        MESH,
        STACK,
        "p = 1 / (1 + np.exp(-decoder.predict(z, verbose=0)))",
        "p.reshape(side, side, 28, 28)",
    ),
    "predict, a batch for all": grid(
        MESH,
        STACK,
        "logits = decoder.predict(z, batch_size=side * side, verbose=0)",
        "ops.sigmoid(logits[..., 0]).numpy().reshape(side, side, 28, 28)",
    ),
    "predict_on_batch": grid(
        MESH, STACK, "np.reshape(ops.sigmoid(decoder.predict_on_batch(z)), (side, side, 28, 28))"
    ),
    "loops": grid(
        "z = np.array([[x, y] for y in reversed(q) for x in q], dtype='float32')", RESULT
    ),
    "loops and places": grid(
        "z = np.zeros((side, side, 2), 'float32')",
        "for row in range(side):",
        "    for column in range(side):",
        "        z[row, column] = q[column], q[side - 1 - row]",
        "z = z.reshape(-1, 2)",
        RESULT,
    ),
    "turned afterwards": grid(
        "a, b = np.meshgrid(q, q)",
        STACK,
        f"result = {RESULT}",
        "result[::-1]",
    ),
    "repeat and tile": grid(
        "z = np.column_stack([np.tile(q, side), np.repeat(q[::-1], side)])", RESULT
    ),
    "minus the quantiles": grid("a, b = np.meshgrid(q, -q)", STACK, RESULT),
    "indexing ij": grid("b, a = np.meshgrid(q[::-1], q, indexing='ij')", STACK, RESULT),
    "TensorFlow": grid(
        "a, b = tf.meshgrid(tf.constant(q, tf.float32), tf.reverse(tf.constant(q, tf.float32), [0]))",
        "z = tf.stack([tf.reshape(a, [-1]), tf.reshape(b, [-1])], axis=1)",
        "tf.reshape(tf.nn.sigmoid(decoder(z)), [side, side, 28, 28]).numpy()",
    ),
    "itertools": grid(
        "import itertools",
        "z = np.array([(x, y) for y, x in itertools.product(q[::-1], q)])",
        RESULT,
    ),
    "ndtri": define(
        "latent_grid",
        "decoder, side",
        "from scipy.special import expit, ndtri",
        "q = ndtri(np.linspace(0.5 / side, 1 - 0.5 / side, side))",
        "z = np.stack(np.meshgrid(q, q[::-1]), axis=-1).reshape(side * side, 2)",
        "return expit(np.asarray(decoder(z))).reshape(side, side, 28, 28)",
    ),
    "statistics": define(
        "latent_grid",
        "decoder, side",
        "from statistics import NormalDist",
        "q = [NormalDist().inv_cdf((i + 0.5) / side) for i in range(side)]",
        "z = np.float32([[q[j], q[-1 - i]] for i in range(side) for j in range(side)])",
        "return np.reshape(ops.sigmoid(decoder(z, training=False)), (side, side, 28, 28))",
    ),
    "mgrid": grid(
        "i, j = np.mgrid[:side, :side]",
        "z = np.stack([q[j], q[side - 1 - i]], -1).reshape(-1, 2)",
        RESULT,
    ),
    "swapped axes": grid(
        "a, b = np.meshgrid(q, q, indexing='ij')",
        STACK,
        f"pictures = {RESULT}",
        "np.swapaxes(pictures, 0, 1)[::-1]",
    ),
    "a model around the decoder": grid(
        MESH,
        STACK,
        "model = keras.Sequential([decoder, layers.Activation('sigmoid')])",
        "np.reshape(model(z), (side, side, 28, 28))",
    ),
    "the image's size from the decoder": grid(
        MESH, STACK, "p = ops.sigmoid(decoder(z))", "ops.reshape(p, (side, side, *p.shape[1:3]))"
    ),
}
WRONG["latent_grid"] = {
    "logits": (
        grid(MESH, STACK, RESULT.replace("ops.sigmoid(decoder(z))", "decoder(z)")),
        "logits",
    ),
    "one call for each": (
        grid(
            "result = np.zeros((side, side, 28, 28))",
            "for i, y in enumerate(q[::-1]):",
            "    for j, x in enumerate(q):",
            "        logits = decoder(np.array([[x, y]], 'float32'))",
            "        result[i, j] = ops.sigmoid(logits)[0, :, :, 0]",
            "result",
        ),
        "Put all latents into one array",
    ),
    "predict for each": (
        grid(
            "rows = [[decoder.predict(np.array([[x, y]], 'float32'), verbose=0)[0, :, :, 0] "
            "for x in q] for y in q[::-1]]",
            "ops.sigmoid(np.array(rows))",
        ),
        "Put all latents into one array",
    ),
    "row by row": (
        grid(
            "rows = [decoder(np.stack([q, np.full(side, y)], 1)) for y in q[::-1]]",
            "np.reshape(ops.sigmoid(ops.stack(rows)), (side, side, 28, 28))",
        ),
        "Put all latents into one array",
    ),
    "upside down": (grid("a, b = np.meshgrid(q, q)", STACK, RESULT), "grows downwards"),
    "places": (
        grid("b, a = np.meshgrid(q, q[::-1])", STACK, RESULT),
        "changed places",
    ),
    "ij": (grid("a, b = np.meshgrid(q, q, indexing='ij')", STACK, RESULT), "runs down"),
    "first backwards": (grid("a, b = np.meshgrid(q[::-1], q)", STACK, RESULT), "wrong way"),
    "from right to left": (
        grid("a, b = np.meshgrid(q[::-1], q[::-1])", STACK, RESULT),
        "from right to left",
    ),
    "linspace": (
        grid("q = np.linspace(-2, 2, side)", MESH, STACK, RESULT),
        "evenly spread",
    ),
    "linspace to 3": (grid("q = np.linspace(-3, 3, side)", MESH, STACK, RESULT), "evenly spread"),
    "linspace, upside down": (
        grid("q = np.linspace(-2, 2, side)", "a, b = np.meshgrid(q, q)", STACK, RESULT),
        "evenly spread",
    ),
    "shares themselves": (
        grid("q = (np.arange(side) + 0.5) / side", MESH, STACK, RESULT),
        "norm.ppf",
    ),
    "linspace of shares": (
        grid("q = norm.ppf(np.linspace(0.05, 0.95, side))", MESH, STACK, RESULT),
        "(i + 0.5) / side",
    ),
    "shares from 0.01": (
        grid("q = norm.ppf(np.linspace(0.01, 0.99, side))", MESH, STACK, RESULT),
        "(i + 0.5) / side",
    ),
    "infinite": (
        grid("q = norm.ppf(np.linspace(0, 1, side))", MESH, STACK, RESULT),
        "infinit",
    ),
    "without the half": (
        grid("q = norm.ppf(np.arange(side) / side)", MESH, STACK, RESULT),
        "infinit",
    ),
    "i + 1": (
        grid("q = norm.ppf((np.arange(side) + 1) / (side + 1))", MESH, STACK, RESULT),
        "not (i + 1)",
    ),
    "norm.cdf": (
        grid("q = norm.cdf((np.arange(side) + 0.5) / side)", MESH, STACK, RESULT),
        "norm.ppf",
    ),
    "random": (
        grid("q = np.random.default_rng(0).standard_normal(side)", MESH, STACK, RESULT),
        "Quantiles",
    ),
    "channels left": (
        grid(MESH, STACK, "ops.reshape(ops.sigmoid(decoder(z)), (side, side, 28, 28, 1))"),
        "axis of channels",
    ),
    "one axis": (grid(MESH, STACK, "ops.sigmoid(decoder(z))"), "Reshape to"),
    "one axis, no channels": (grid(MESH, STACK, "ops.sigmoid(decoder(z))[..., 0]"), "one axis"),
    "one large picture": (
        grid(
            MESH,
            STACK,
            f"p = {RESULT}",
            "p.transpose(0, 2, 1, 3).reshape(28 * side, 28 * side)",
        ),
        "One large picture",
    ),
    "softmax": (
        grid(
            MESH,
            STACK,
            "p = ops.softmax(ops.reshape(decoder(z), (-1, 784)))",
            "np.reshape(p, (side, side, 28, 28))",
        ),
        "softmax",
    ),
    "black and white": (grid(MESH, STACK, f"np.round({RESULT})"), "rounded"),
    "sigmoid twice": (
        grid(
            MESH,
            STACK,
            RESULT.replace("ops.sigmoid(", "ops.sigmoid(ops.sigmoid(").replace(
                "(z)), (", "(z))), ("
            ),
        ),
        "twice",
    ),
    "fixed side": (
        grid("side = 15", "q = norm.ppf((np.arange(side) + 0.5) / side)", MESH, STACK, RESULT),
        "15",
    ),
    "no return": (grid("0").replace("return 0", "decoder(q[:2][None])"), "without `return`"),
    "transposed pixels": (
        grid(MESH, STACK, f"np.swapaxes({RESULT}, 2, 3)"),
        "exchanged",
    ),
    "latents in a square": (
        grid(MESH, "z = np.stack([a, b], -1)", RESULT),
        "compare with the docstring",
    ),
    "exchanged": (grid(MESH, STACK, RESULT.replace("ops.s", "1 - ops.s")), "exchanged"),
    "to 255": (grid(MESH, STACK, f"255 * {RESULT}"), "not to 255"),
    "decoded twice": (grid(MESH, STACK, "decoder(z)", RESULT), "2 calls"),
    "latents alone": (grid(MESH, STACK, "z"), "latents"),
}
HIDDEN_WRONG["latent_grid"] = {
    "squeezed": (
        grid(MESH, STACK, f"np.squeeze({RESULT})"),
        "shape",
    ),
}

# --- outlier_score -----------------------------------------------------------------------------


def score(*lines):
    *before, last = lines
    return define("outlier_score", "vae, images", *before, f"return {last}")


OUTPUTS = "logits, mean, log_var = vae(images, training=False)"
RIGHT["outlier_score"] = {
    "negative_elbo": score("negative_elbo(images, *vae(images, training=False))"),
    "named": score(OUTPUTS, "negative_elbo(images, logits, mean, log_var)"),
    "without training": score("negative_elbo(images, *vae(images))"),
    "call": score("negative_elbo(images, *vae.call(images, training=False))"),
    "networks called": score(
        "mean, log_var = vae.encoder(images, training=False)",
        "logits = vae.decoder(vae.sampling([mean, log_var]), training=False)",
        "negative_elbo(images, logits, mean, log_var, beta=1.0)",
    ),
    "predict": score(
        "logits, mean, log_var = vae.predict(images, verbose=0)",
        "negative_elbo(images, logits, mean, log_var)",
    ),
    "numpy": score(
        "images = np.asarray(images, 'float32')",
        "np.asarray(negative_elbo(images, *vae(images, training=False)))",
    ),
    "in batches": score(
        "parts = [images[i:i + 100] for i in range(0, len(images), 100)]",
        "np.concatenate([negative_elbo(each, *vae(each, training=False)) for each in parts])",
    ),
    "one at a time": score(
        "one = lambda i: negative_elbo(images[i:i + 1], *vae(images[i:i + 1], training=False))[0]",
        "np.array([float(one(i)) for i in range(min(len(images), 50))] "
        "+ list(negative_elbo(images[50:], *vae(images[50:]))) if len(images) > 50 else "
        "[float(one(i)) for i in range(len(images))])",
    ),
    "written out": score(
        OUTPUTS,
        "pixels = keras.losses.binary_crossentropy(images, logits, from_logits=True)",
        "ops.sum(pixels, axis=(1, 2)) + kl_divergence(mean, log_var)",
    ),
    "own noise": score(
        "mean, log_var = vae.encoder(images)",
        "noise = keras.random.normal(ops.shape(mean), seed=3)",
        "logits = vae.decoder(reparameterize(mean, log_var, noise))",
        "negative_elbo(images, logits, mean, log_var)",
    ),
    "list": score("[float(each) for each in negative_elbo(images, *vae(images, training=False))]"),
    "tf.function": score(
        "step = tf.function(lambda x: negative_elbo(x, *vae(x, training=False)))",
        "step(tf.convert_to_tensor(images))",
    ),
}
WRONG["outlier_score"] = {
    "sign": (score("-negative_elbo(images, *vae(images, training=False))"), "sign is turned round"),
    "mean over the batch": (
        score("ops.mean(negative_elbo(images, *vae(images, training=False)))"),
        "Keep one number for each example",
    ),
    "sum over the batch": (
        score("ops.sum(negative_elbo(images, *vae(images, training=False)))"),
        "a sum over the batch",
    ),
    "no KL": (
        score("negative_elbo(images, *vae(images, training=False), beta=0.0)"),
        "KL is missing",
    ),
    "KL alone": (score(OUTPUTS, "kl_divergence(mean, log_var)"), "reconstruction is missing"),
    "beta of the model": (
        score("negative_elbo(images, *vae(images, training=False), beta=vae.beta)"),
        "The bound has beta 1",
    ),
    "per pixel": (
        score("negative_elbo(images, *vae(images, training=False)) / 16"),
        "mean over the pixels",
    ),
    "reconstruction per pixel": (
        score(
            OUTPUTS,
            "pixels = keras.losses.binary_crossentropy(images, logits, from_logits=True)",
            "ops.mean(pixels, axis=(1, 2)) + kl_divergence(mean, log_var)",
        ),
        "averaged over the pixels",
    ),
    "squared error": (
        score(OUTPUTS, "ops.sum((images - ops.sigmoid(logits)) ** 2, axis=(1, 2, 3))"),
        "squared error",
    ),
    "likelihood": (
        score("ops.exp(-negative_elbo(images, *vae(images, training=False)))"),
        "likelihood",
    ),
    "probabilities for logits": (
        score(OUTPUTS, "negative_elbo(images, ops.sigmoid(logits), mean, log_var)"),
        "logits",
    ),
    "evaluate": (
        score("vae.compile()", "vae.evaluate(images, verbose=0)"),
        "No loss",
    ),
    "no return": (
        score("0").replace("return 0", "negative_elbo(images, *vae(images))"),
        "without `return`",
    ),
    "outputs not unpacked": (
        score("negative_elbo(images, vae(images, training=False))"),
        "argument",
    ),
    "KL subtracted": (
        score(OUTPUTS, "negative_elbo(images, logits, mean, log_var, beta=-1.0)"),
        "KL is subtracted",
    ),
    "ranks": (
        score("np.argsort(negative_elbo(images, *vae(images, training=False)))"),
        "negative_elbo",
    ),
    "larger than the mean": (
        score(
            "s = np.array(negative_elbo(images, *vae(images, training=False)))",
            "s > s.mean()",
        ),
        "True or false",
    ),
    "standardized": (
        score(
            "s = np.array(negative_elbo(images, *vae(images, training=False)))",
            "(s - s.mean()) / s.std()",
        ),
        "leave the nats as they are",
    ),
    "images changed": (
        score("images = images > 0.7 * images.max()", "negative_elbo(images * 0.0, *vae(images))"),
        "negative_elbo",
    ),
    "mean and log variance swapped": (
        score(OUTPUTS, "negative_elbo(images, logits, log_var, mean)"),
        "changed places",
    ),
    "pair": (score(OUTPUTS, "negative_elbo(images, logits, mean, log_var), logits"), "Return"),
    "keepdims": (
        score("negative_elbo(images, *vae(images, training=False))[:, None]"),
        "keepdims",
    ),
    "minimum over draws": (
        score(
            OUTPUTS,
            "ops.min(ops.stack([negative_elbo(images, *vae(images)) for _ in range(3)]))",
        ),
        "one for each example",
    ),
}
HIDDEN_WRONG["outlier_score"] = {
    "mean decoded": (
        score(
            "mean, log_var = vae.encoder(images, training=False)",
            "negative_elbo(images, vae.decoder(mean), mean, log_var)",
        ),
        "draw",
    ),
    "many draws": (
        score(
            "negative_elbo(images, *vae(images[:64], training=False))",
        ),
        "hapes",
    ),
}
