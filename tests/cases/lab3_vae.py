"""Answers to lab 3's questions: right ones written in many ways, wrong ones with a named mistake.

RIGHT: question -> {way of writing: source}. WRONG: question -> {name: (source, id of the mistake)}.
Sources are what a student's cell would hold; many are changes of the solution's own.
"""

import functools
import textwrap

from tests.cases import changed, define, right, wrong
from tests.cases import solution as solution_of

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


def solution(question):
    return solution_of("lab3_vae", question)


def changes_of(source):
    """What makes a source of `old, new, old, new, ...`, changes of this one."""
    return lambda *texts: changed(source, *zip(texts[::2], texts[1::2], strict=True))


# --- kl_divergence -----------------------------------------------------------------------------


def kl(*lines):
    """An answer that ends in `return <last line>`; m and v stand for mean and log variance."""
    *before, last = lines
    body = ["m, v = latent_mean, latent_log_var", *before, f"return {last}"]
    return define("kl_divergence", "latent_mean, latent_log_var", *body)


def half_sum(terms):
    return kl(f"0.5 * ops.sum({terms}, axis=1)")


TERMS = "m**2 + ops.exp(v) - 1 - v"
RIGHT["kl_divergence"] = right(kl, {
    "keras.ops": f"0.5 * ops.sum({TERMS}, axis=1)",
    "as Keras's example has it": (
        "terms = -0.5 * (1 + v - ops.square(m) - ops.exp(v))",
        "ops.sum(terms, axis=1)",
    ),
    "tf": "-0.5 * tf.reduce_sum(1 + v - tf.square(m) - tf.exp(v), axis=-1)",
    "tf.math": (
        "terms = tf.math.subtract(tf.math.add(tf.math.square(m), tf.math.exp(v)), 1 + v)",
        "tf.math.reduce_sum(terms, 1) / 2",
    ),
    "expm1": "ops.sum(ops.square(m) + ops.expm1(v) - v, axis=-1) / 2",
    "latent by latent": (
        "total = 0",
        "for j in range(m.shape[1]):",
        "    total = total + 0.5 * (m[:, j] ** 2 + ops.exp(v[:, j]) - 1 - v[:, j])",
        "total",
    ),
    "sum of a generator":
        "sum((m[:, j] ** 2 + ops.exp(v[:, j]) - 1 - v[:, j]) / 2 for j in range(m.shape[-1]))",
    "einsum": (
        "rest = ops.sum(ops.exp(v) - v, axis=1) - m.shape[1]",
        "0.5 * (ops.einsum('nj,nj->n', m, m) + rest)",
    ),
    "by standard deviation": (
        "sigma = ops.exp(v / 2)",
        "ops.sum(0.5 * (m**2 + sigma**2 - 1) - ops.log(sigma), axis=1)",
    ),
    "by variance": (
        "variance = ops.exp(v)",
        "0.5 * ops.sum(m * m + variance - ops.log(variance) - 1.0, axis=1)",
    ),
    "four sums": (
        "latents = ops.shape(m)[1]",
        "squares, variances, logs = (ops.sum(t, axis=1) for t in (m**2, ops.exp(v), v))",
        "0.5 * (squares + variances - latents - logs)",
    ),
    "mean times latents": f"0.5 * m.shape[-1] * ops.mean({TERMS}, axis=-1)",
    "cross-entropy minus entropy": (
        "constant = math.log(2 * math.pi)",
        "crossed = ops.sum(0.5 * (constant + m**2 + ops.exp(v)), axis=1)",
        "entropy = ops.sum(0.5 * (constant + 1 + v), axis=1)",
        "crossed - entropy",
    ),
    "tensors first": (
        "m, v = ops.convert_to_tensor(m), ops.convert_to_tensor(v)",
        "ops.divide(ops.sum(ops.add(ops.power(m, 2), ops.exp(v)) - 1.0 - v, axis=-1), 2.0)",
    ),
    "always float32": (
        "m, v = ops.cast(m, 'float32'), ops.cast(v, 'float32')",
        f"0.5 * ops.sum({TERMS}, axis=1)",
    ),
    "always float64": (
        "m, v = tf.cast(m, tf.float64), tf.cast(v, tf.float64)",
        "0.5 * tf.reduce_sum(m**2 + tf.exp(v) - 1 - v, axis=1)",
    ),
    "vectorized map": (
        "one = lambda pair: 0.5 * ops.sum(pair[0] ** 2 + ops.exp(pair[1]) - 1 - pair[1])",
        "ops.vectorized_map(one, (ops.convert_to_tensor(m), ops.convert_to_tensor(v)))",
    ),
    "keepdims, then squeezed":
        f"ops.squeeze(0.5 * ops.sum({TERMS}, axis=1, keepdims=True), axis=1)",
    "unstacked": (
        "pairs = zip(tf.unstack(m, axis=1), tf.unstack(v, axis=1))",
        "tf.add_n([0.5 * (a**2 + tf.exp(b) - 1 - b) for a, b in pairs])",
    ),
    "map_fn": (
        "one = lambda t: 0.5 * tf.reduce_sum(t[0] ** 2 + tf.exp(t[1]) - 1 - t[1])",
        "tf.map_fn(one, (m, v), fn_output_signature=m.dtype)",
    ),
    "never negative": f"ops.maximum(0.5 * ops.sum({TERMS}, axis=1), 0.0)",
    "dot": f"ops.dot(0.5 * ({TERMS}), ops.ones((m.shape[1],), dtype=m.dtype))",
    "print inside": ("print('shape', m.shape)", f"0.5 * ops.sum({TERMS}, 1)"),
}) | {
    "tf.function": "@tf.function\n" + half_sum(TERMS),
    "helper and lambda": "each = lambda m, v: (m**2 + ops.exp(v) - 1 - v) / 2\n"
    "kl_divergence = lambda mean, log_var: ops.sum(each(mean, log_var), axis=1)\n",
    "other names": define(
        "kl_divergence",
        "mu, logvar, axis=-1",
        "return 0.5 * ops.sum(mu**2 + ops.exp(logvar) - 1 - logvar, axis=axis)",
    ),
}  # fmt: skip
WRONG["kl_divergence"] = wrong(half_sum, {
    "log sigma": ("m**2 + ops.exp(2 * v) - 1 - 2 * v", "as_log_sigma"),
    "variance squared": ("m**2 + ops.exp(v)**2 - 1 - v", "variance_squared"),
    "standard deviation": ("m**2 + ops.exp(v / 2) - 1 - v", "sigma_for_variance"),
    "twice the log": ("m**2 + ops.exp(v) - 1 - 2 * v", "log_doubled"),
    "as variance": ("m**2 + v - 1 - ops.log(v)", "not_finite"),
    "as standard deviation": ("m**2 + v**2 - 1 - ops.log(v**2)", "as_sigma"),
    "log of the log": ("m**2 + tf.exp(v) - 1 - tf.math.log(v)", "not_finite"),
    "without 1": ("m**2 + ops.exp(v) - v", "no_one"),
    "plus 1": ("m**2 + ops.exp(v) + 1 - v", "plus_one"),
    "log added": ("m**2 + ops.exp(v) - 1 + v", "log_added"),
    "mean not squared": ("m + ops.exp(v) - 1 - v", "mean_not_squared"),
    "absolute mean": ("ops.abs(m) + ops.exp(v) - 1 - v", "mean_not_squared"),
    "no mean": ("ops.exp(v) - 1 - v", "no_mean"),
    "mean subtracted": ("ops.exp(v) - m**2 - 1 - v", "mean_subtracted"),
    "no variance": ("m**2 - 1 - v", "no_variance"),
    "no log": ("m**2 + ops.exp(v) - 1", "no_log"),
    "the other way round": ("(1 + m**2) / ops.exp(v) - 1 + v", "other_way_round"),
    "means alone": ("m**2", "means_alone"),
    "stop_gradient": (f"ops.stop_gradient({TERMS})", "no_gradient"),
    "stop_gradient of the variance": ("m**2 + ops.stop_gradient(ops.exp(v)) - 1 - v", "gradient"),
    "absolute value": ("ops.abs(m**2 + ops.exp(v) + 1 - v)", "plus_one"),
    "power": ("m^2 + ops.exp(v) - 1 - v", "power"),
    "misspelt": ("m**2 + ops.exp(logvar) - 1 - logvar", "unknown_name"),
}) | wrong(kl, {
    "sign": (f"-0.5 * ops.sum({TERMS}, axis=1)", "minus"),
    "half missing": (f"ops.sum({TERMS}, axis=1)", "no_half"),
    "sign and half": (f"-ops.sum({TERMS}, axis=1)", "minus_no_half"),
    "mean over latents": (f"0.5 * ops.mean({TERMS}, axis=1)", "mean_over_latents"),
    "mean over everything": (f"0.5 * ops.mean({TERMS})", "mean_over_latents"),
    "mean over the batch": (f"ops.mean(0.5 * ops.sum({TERMS}, axis=1))", "one_mean"),
    "sum over everything": (f"0.5 * ops.sum({TERMS})", "one_sum"),
    "sum over axis 0": (f"0.5 * ops.sum({TERMS}, axis=0)", "over_the_batch"),
    "axis -2": (f"0.5 * ops.sum({TERMS}, axis=-2)", "over_the_batch"),
    "axis 2": (f"0.5 * ops.sum({TERMS}, axis=2)", "axis_gone"),
    "no sum": (f"0.5 * ({TERMS})", "not_summed"),
    "keepdims": (f"0.5 * ops.sum({TERMS}, axis=1, keepdims=True)", "keepdims"),
    "1 once": ("0.5 * (ops.sum(m**2 + ops.exp(v) - v, axis=1) - 1)", "one_once"),
    "sum, then square": (
        "0.5 * (ops.sum(m, 1) ** 2 + ops.sum(ops.exp(v) - 1 - v, axis=1))", "means_summed_first"),
    "half of the mean alone": (
        "ops.sum(0.5 * m**2 + ops.exp(v) - 1 - v, axis=1)", "half_of_one_term"),
    "half of two terms": (
        "ops.sum(0.5 * (m**2 + ops.exp(v)) - 1 - v, axis=1)", "half_of_two_terms"),
    "a clipped log variance": ("0.5 * ops.sum(m**2 + ops.exp(ops.clip(v, -1, 1)) - 1 "
        "- ops.clip(v, -1, 1), axis=1)", "right_for_some_rows"),
    "half of the log alone": (
        "ops.sum(m**2 + ops.exp(v) - 1 - 0.5 * v, axis=1)", "half_of_one_term"),
    "bits": (f"0.5 * ops.sum({TERMS}, axis=1) / math.log(2)", "in_bits"),
    "half of latents": (f"0.25 * ops.sum({TERMS}, axis=1)", "half_twice"),
    "over the batch's size": (f"0.5 * ops.sum({TERMS}, axis=1) / len(m)", "over_batch_size"),
    "NumPy": ("0.5 * np.sum(np.square(m) + np.exp(v) - 1 - v, axis=1)", "numpy_in_step"),
    "numpy()": (
        "0.5 * tf.reduce_sum(tf.constant(np.array(m**2 + np.exp(v) - 1 - v)), axis=1)",
        "numpy_in_step",
    ),
    "text": ("f'{v}'", "not_numbers"),
    "two results": (f"terms = 0.5 * ({TERMS})", "terms, ops.sum(terms, axis=1)", "not_numbers"),
    "ragged": ("[[1, 2], [3]]", "not_numbers"),
    "dict": ("{'kl': 1}", "not_numbers"),
    "Keras's divergence": ("keras.losses.KLDivergence()(m, v)", "one_number"),
    "clipped": ("v = ops.clip(v, -0.5, 0.5)", f"0.5 * ops.sum({TERMS}, axis=1)", "otherwise"),
    "a batch loop of Python": (
        "result = []",
        "for mean, log_var in zip(m, v):",
        "    result.append(0.5 * ops.sum(mean**2 + ops.exp(log_var) - 1 - log_var))",
        "ops.stack(result)",
        "loop_over_batch",
    ),
}) | wrong(changes_of(solution("kl_divergence")), {
    "no return": ("return ", "", "no_return"),
    "arguments": ("(latent_mean, latent_log_var)", "(latents)", "other_arguments"),
    "arguments swapped": (
        "(latent_mean, latent_log_var)", "(latent_log_var, latent_mean)", "places"),
})  # fmt: skip
HIDDEN_WRONG["kl_divergence"] = wrong(kl, {
    "at least one nat": (
        f"terms = 0.5 * ({TERMS})",
        "ops.sum(terms, axis=1) if m.shape[1] < 10 else ops.sum(terms[:, :10], axis=1)",
        "all_latents",
    ),
    "a little more": (
        f"k = 0.5 * ops.sum({TERMS}, axis=1)", "ops.where(k > 0.001, k, 0.1)", "prior"),
})  # fmt: skip

# --- reparameterize ----------------------------------------------------------------------------


def drawn(*lines):
    """An answer that ends in `return <last line>`; m, v, e stand for the arguments."""
    *before, last = lines
    body = ["m, v, e = latent_mean, latent_log_var, noise", *before, f"return {last}"]
    return define("reparameterize", "latent_mean, latent_log_var, noise", *body)


RIGHT["reparameterize"] = right(drawn, {
    "keras.ops": "m + ops.exp(0.5 * v) * e",
    "root of the variance": "m + ops.sqrt(ops.exp(v)) * e",
    "tf": "m + tf.exp(v / 2) * e",
    "tf.math": "tf.math.add(m, tf.math.multiply(tf.math.sqrt(tf.math.exp(v)), e))",
    "power": "m + ops.exp(v) ** 0.5 * e",
    "ops.power": "ops.add(m, ops.power(ops.exp(v), 0.5) * e)",
    "e to the power": "m + math.e ** (v / 2) * e",
    "two to the power": "m + 2 ** (v / (2 * math.log(2))) * e",
    "latent by latent": (
        "columns = [m[:, j] + ops.exp(v[:, j] / 2) * e[:, j] for j in range(m.shape[1])]",
        "ops.stack(columns, axis=1)",
    ),
    "rsqrt": "m + tf.math.rsqrt(tf.exp(-v)) * e",
    "tensors first": (
        "m, v, e = (ops.convert_to_tensor(each) for each in (m, v, e))",
        "sigma = ops.exp(ops.multiply(v, 0.5))",
        "ops.add(m, ops.multiply(sigma, e))",
    ),
    "einsum": "m + ops.einsum('nj,nj->nj', ops.exp(0.5 * v), e)",
    "divided": "m + e / ops.exp(-v / 2)",
    "a sign of its own": "m - ops.exp(v / 2) * (-e)",
}) | {
    "tf.function": "@tf.function\n" + drawn("m + tf.exp(0.5 * v) * e"),
    "lambda": "reparameterize = lambda mean, log_var, noise: mean + noise * ops.exp(log_var / 2)\n",
    "default noise": changed(solution("reparameterize"), ("noise):", "noise=0.0):")),
}  # fmt: skip
WRONG["reparameterize"] = wrong(drawn, {
    "cast to float32": (
        "m, v, e = (ops.cast(each, 'float32') for each in (m, v, e))",
        "m + ops.exp(v / 2) * e",
        "type",
    ),
    "exp without half": ("m + ops.exp(v) * e", "variance"),
    "log variance itself": ("m + v * e", "log_variance"),
    "no exp": ("m + 0.5 * v * e", "no_exp"),
    "twice": ("m + ops.exp(2 * v) * e", "exp_of_twice"),
    "squared": ("m + ops.exp(v) ** 2 * e", "exp_of_twice"),
    "root of the log": ("m + ops.sqrt(v) * e", "not_finite"),
    "root inside": ("m + ops.exp(ops.sqrt(v)) * e", "not_finite"),
    "log": ("m + ops.log(v) * e", "not_finite"),
    "half outside": ("m + 0.5 * ops.exp(v) * e", "half_outside"),
    "half twice": ("m + 0.5 * ops.exp(0.5 * v) * e", "half_twice"),
    "exponent negative": ("m + ops.exp(-0.5 * v) * e", "exponent_negative"),
    "noise subtracted": ("m - ops.exp(0.5 * v) * e", "noise_subtracted"),
    "no sigma": ("m + e", "no_sigma"),
    "no noise": ("m + ops.exp(0.5 * v)", "no_noise"),
    "added": ("m + ops.exp(0.5 * v) + e", "noise_added"),
    "multiplied": ("m * ops.exp(0.5 * v) * e", "mean_multiplied"),
    "no mean": ("ops.exp(0.5 * v) * e", "no_mean"),
    "noise on the mean": ("m * e + ops.exp(0.5 * v)", "noise_on_mean"),
    "brackets": ("(m + ops.exp(0.5 * v)) * e", "brackets"),
    "0.1": ("m + 0.1 * ops.exp(0.5 * v) * e", "noise_smaller"),
    "noise squared": ("m + ops.exp(0.5 * v) * e**2", "noise_squared"),
    "the mean": ("m", "mean_alone"),
    "mean and noise": ("e + ops.exp(0.5 * v) * m", "places_of_noise"),
    "mean and log variance": ("v + ops.exp(0.5 * m) * e", "places"),
    "drawn inside": (
        "m + ops.exp(0.5 * v) * keras.random.normal(ops.shape(m), dtype=m.dtype)", "drawn_inside"),
    "drawn inside with a seed": (
        "m + ops.exp(0.5 * v) * keras.random.normal(ops.shape(m), seed=1, dtype=m.dtype)",
        "drawn_inside",
    ),
    "noise added to noise": (
        "m + ops.exp(0.5 * v) * (e + keras.random.normal(ops.shape(e), dtype=e.dtype))",
        "drawn_inside",
    ),
    "summed": ("ops.sum(m + ops.exp(0.5 * v) * e, axis=1)", "latents_summed"),
    "one number": ("ops.mean(m + ops.exp(0.5 * v) * e)", "one_mean"),
    "three arrays": ("m + ops.exp(0.5 * v) * e, m, v", "three_arrays"),
    "stop_gradient": ("m + ops.stop_gradient(ops.exp(0.5 * v)) * e", "no_gradient"),
    "numpy": ("m + np.exp(0.5 * np.array(v)) * e", "numpy_in_step"),
    "rounded": ("ops.round(1000 * (m + ops.exp(0.5 * v) * e)) / 1000", "otherwise"),
    "no zero": ("None", "no_return"),
    "text": ("'z'", "not_numbers"),
    "one row of noise": ("m + ops.exp(0.5 * v) * e[:1]", "one_row"),
    "one noise for all latents": ("m + ops.exp(0.5 * v) * e[:, :1]", "one_column"),
}) | wrong(changes_of(solution("reparameterize")), {
    "no return": ("return ", "", "no_return"),
    "arguments": (", noise)", ")", "other_arguments"),
})  # fmt: skip
HIDDEN_WRONG["reparameterize"] = wrong(drawn, {
    "means are clipped": ("ops.clip(m, -4, 4) + ops.exp(0.5 * v) * e", "stretched"),
    "the size is fixed": (
        "z = m + ops.exp(0.5 * v) * e", "z if m.shape[1] < 10 else z * 0", "stretched"),
})  # fmt: skip

# --- Sampling ----------------------------------------------------------------------------------

NORMAL = "keras.random.normal(ops.shape(m), dtype=self.compute_dtype, seed=self.seed_generator)"
GENERATOR = "self.seed_generator = keras.random.SeedGenerator(seed)"
RESULT = "reparameterize(m, v, e)"
SHORTER = (("(\n            ", "("), ("latent_mean", "m"), ("latent_log_var", "v"), ("noise", "e"))
SAMPLING = functools.reduce(lambda text, pair: text.replace(*pair), SHORTER, solution("Sampling"))
OWN_SEED = GENERATOR, "self.seed = seed"
RIGHT["Sampling"] = right(changes_of(SAMPLING), {
    "generator": ("self.compute_dtype", "m.dtype"),
    "dtype of the layer": (),
    "without reparameterize": (RESULT, "m + ops.exp(0.5 * v) * e"),
    "another attribute": (
        "self.seed_generator =", "self.rng =", "seed=self.seed_generator", "seed=self.rng"),
    "stddev and mean in the draw": ("dtype=", "mean=0.0, stddev=1.0, dtype="),
    "layers.Layer": ("keras.layers.Layer", "layers.Layer"),
    "drawn with mean and deviation": (
        f"e = {NORMAL}",
        "e = ops.exp(0.5 * v)",
        RESULT,
        "m + e * keras.random.normal(ops.shape(e), dtype=e.dtype, seed=self.seed_generator)",
    ),
    "static shape of latents": ("ops.shape(m)", "(ops.shape(m)[0], m.shape[1])"),
    "tf shape": ("ops.shape(m)", "tf.shape(m)"),
    "latent by latent": (
        NORMAL,
        "[keras.random.normal((ops.shape(m)[0],), dtype=m.dtype, seed=self.seed_generator) "
        "for _ in range(m.shape[1])]",
        "v, e)",
        "v, ops.stack(e, axis=1))",
    ),
    "drawn in float32, then cast": (
        NORMAL, "ops.cast(keras.random.normal(ops.shape(m), seed=self.seed_generator), m.dtype)"),
    "seed by default": ("seed, **options", "seed=0, **options"),
    "name and dtype": (
        "seed, **options", "seed, name=None, dtype=None, **options",
        "__(**options)", "__(name=name, dtype=dtype, **options)",
    ),
    "old super": ("super()", "super(Sampling, self)"),
    "GaussianNoise inside": (
        NORMAL, "self.noise(ops.zeros_like(m), training=True)",
        GENERATOR, "self.noise = layers.GaussianNoise(1.0, seed=seed, dtype=self.dtype)",
    ),
    "training argument": ("call(self, inputs)", "call(self, inputs, training=None)"),
    "build and compute_output_shape": (
        f"return {RESULT}\n",
        f"return {RESULT}\n    def compute_output_shape(self, shapes):\n        return shapes[0]\n",
    ),
    "Box and Muller": (
        NORMAL,
        "[keras.random.uniform(ops.shape(m), 1e-7, 1, m.dtype, self.seed_generator) for _ in '12']",
        RESULT,
        "m + ops.exp(v / 2) * ops.sqrt(-2 * ops.log(e[0])) * ops.cos(2 * np.pi * e[1])",
    ),
})  # fmt: skip
WRONG["Sampling"] = wrong(changes_of(SAMPLING), {
    "TensorFlow's generator": (
        NORMAL, "self.rng.normal(tf.shape(m), dtype=m.dtype)",
        GENERATOR, "self.rng = tf.random.Generator.from_seed(seed)",
        "state_unknown",
    ),
    "stateless, with a counter": (
        NORMAL,
        "tf.random.stateless_normal(tf.shape(m), [self.seed, self.count.assign_add(1)], "
        "dtype=m.dtype)",
        GENERATOR,
        "self.seed, self.count = seed, tf.Variable(0, trainable=False)",
        "state_unknown",
    ),
    "no noise": (NORMAL, "0", RESULT, "m", "no_noise"),
    "noise of 0.1": ("dtype=", "stddev=0.1, dtype=", "noise_smaller"),
    "noise times the variance": (RESULT, "m + ops.exp(v) * e", "variance"),
    "no sigma": (RESULT, "m + e", "no_sigma"),
    "log variance itself": (RESULT, "m + v * e", "log_variance"),
    "half the log variance": (RESULT, "m + 0.5 * v * e", "no_exp"),
    "exponent negative": (RESULT, "m + ops.exp(-0.5 * v) * e", "exponent_negative"),
    "no mean": (RESULT, "ops.exp(0.5 * v) * e", "no_mean"),
    "one row for the batch": ("ops.shape(m)", "(1, m.shape[1])", "same_for_examples"),
    "one row, by shape": ("ops.shape(m)", "ops.shape(m)[1:]", "same_for_examples"),
    "one number for all latents": ("ops.shape(m)", "(ops.shape(m)[0], 1)", "same_for_latents"),
    "a single number": ("ops.shape(m)", "()", "same_for_examples"),
    "seed as a number": (*OWN_SEED, "=self.seed_generator", "=self.seed", "same_at_each_call"),
    "fixed number": ("=self.seed_generator", "=1337", "same_at_each_call"),
    "generator made in call": (
        *OWN_SEED,
        "=self.seed_generator",
        "=keras.random.SeedGenerator(self.seed)",
        "made_in_each_call",
    ),
    "global generator of Keras": (*OWN_SEED, ", seed=self.seed_generator", "", "no_generator"),
    "global, the generator made": (", seed=self.seed_generator", "", "other_generator"),
    "tf.random.normal": (
        *OWN_SEED, NORMAL, "tf.random.normal(tf.shape(m), dtype=m.dtype)", "no_generator"),
    "tf.random.normal with a seed": (
        GENERATOR, "pass",
        NORMAL, "tf.random.normal(tf.shape(m), dtype=m.dtype, seed=3)",
        "no_generator",
    ),
    "NumPy in call": (
        NORMAL, "ops.cast(self.rng.standard_normal(m.shape), m.dtype)",
        GENERATOR, "self.rng = np.random.default_rng(seed)",
        "numpy_draws",
    ),
    "NumPy, a batch's size known": (
        NORMAL,
        "ops.cast(self.rng.standard_normal((2000, m.shape[1])), m.dtype)[:ops.shape(m)[0]]",
        GENERATOR,
        "self.rng = np.random.default_rng(seed)",
        "drawn_once",
    ),
    "noise made in __init__": (
        NORMAL, "ops.cast(self.noise, m.dtype)[:ops.shape(m)[0]]",
        GENERATOR, "self.noise = keras.random.normal((2000, 3), seed=seed)",
        "same_at_each_call",
    ),
    "seed not used": ("SeedGenerator(seed)", "SeedGenerator(0)", "seed_not_used"),
    "generator without seed": ("SeedGenerator(seed)", "SeedGenerator()", "other_generator"),
    "a generator for all": (
        *OWN_SEED,
        "=self.seed_generator", "=generator",
        "class", "generator = keras.random.SeedGenerator(0)\nclass",
        "no_generator",
    ),
    "uniform": ("normal(ops.shape(m)", "uniform(ops.shape(m)", "uniform"),
    "uniform from -1": ("normal(ops.shape(m)", "uniform(ops.shape(m), -1, 1", "uniform_both"),
    "uniform of variance 1": (
        "normal(ops.shape(m)", "uniform(ops.shape(m), -3**0.5, 3**0.5", "not_normal"),
    "truncated": ("normal(", "truncated_normal(", "truncated"),
    "noise of mean 1": ("dtype=", "mean=1.0, dtype=", "not_centred"),
    "absolute noise": (RESULT, "m + ops.exp(0.5 * v) * ops.abs(e)", "one_sign"),
    "noise of deviation 3": ("dtype=", "stddev=3.0, dtype=", "noise_scaled"),
    "one number for the noise": (RESULT, "m + 0.3 * ops.exp(0.5 * v) + 0 * e", "noise_fixed"),
    "variance not used": (RESULT, "m + 0.5 * e", "spread_alike"),
    "draws clipped": (RESULT, "ops.clip(m + ops.exp(0.5 * v) * e, -2, 2)", "cut_off"),
    "draws rounded": (RESULT, "ops.round(m + ops.exp(0.5 * v) * e)", "rounded"),
    "a plain class": (
        "keras.layers.Layer", "object", "super().__init__(**options)", "pass",
        "call(self", "__call__(self", "no_layer",
    ),
    "options lost": ("__(**options)", "__()", "type"),
    "float32 always": (
        "self.compute_dtype", "'float32'",
        RESULT, "reparameterize(ops.cast(m, 'float32'), ops.cast(v, 'float32'), e)",
        "type",
    ),
    "no super": ("super().__init__(**options)", "pass", "super_missing"),
    "no seed": ("seed, **options", "**options", "(seed)", "()", "other_arguments"),
    "trained noise": (
        GENERATOR, f"{GENERATOR}; self.factor = self.add_weight(shape=(), initializer='ones')",
        "e = ", "e = self.factor * ",
        "trained",
    ),
    "three outputs": (RESULT, f"{RESULT}, m, v", "three_arrays"),
    "two outputs": (RESULT, "[m, e]", "three_arrays"),
    "a list of examples": (RESULT, f"tf.unstack({RESULT})", "three_arrays"),
    "one draw for each example": (
        RESULT, "ops.sum(m + ops.exp(0.5 * v) * e, axis=1)", "latents_summed"),
    "no return": ("return ", "", "no_return"),
    "static shape": ("ops.shape(m)", "m.shape", "static_shape"),
    "two arguments": (
        "self, inputs", "self, m, v", "        m, v = inputs\n", "", "argument_missing"),
    "mean and log variance": (RESULT, "reparameterize(v, m, e)", "places"),
    "infinite": (RESULT, "m + e / (v - v)", "not_finite"),
    "only in training": (
        RESULT, f"{RESULT} if training else m", "inputs)", "inputs, training=None)", "no_noise"),
    "half of the batch twice": (
        "ops.shape(m)", "(ops.shape(m)[0] // 2, m.shape[1])",
        "v, e)", "v, ops.concatenate([e, e], axis=0)[:ops.shape(m)[0]])",
        "draws_repeat",
    ),
}) | {
    "a function": (
        define("Sampling", "seed, **options", "return lambda inputs: inputs[0]"), "no_layer"),
    "a number": ("Sampling = 3\n", "no_function"),
}  # fmt: skip
HIDDEN_WRONG["Sampling"] = wrong(changes_of(SAMPLING), {
    "squeezed": (RESULT, f"ops.squeeze({RESULT})", "shape"),
    "three latents": ("ops.shape(m)", "(ops.shape(m)[0], 3)", "shapes_differ"),
})  # fmt: skip

# --- build_encoder -----------------------------------------------------------------------------

CONVOLUTIONS = (
    "layers.Conv2D(16, 3, strides=2, padding='same', activation='relu')",
    "layers.Conv2D(32, 3, strides=2, padding='same', activation='relu')",
)
DENSE = "layers.Dense(128, activation='relu')"
HEAD = "layers.Dense(latent_size)(x)"


def encoder(*inner, heads=f"[{HEAD}, {HEAD}]", start="(28, 28, 1)", before=()):
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


def ended(*lines):
    """An encoder that ends in the last of these lines."""
    return encoder(heads=lines[-1], before=lines[:-1])


def activated(activation):
    return f"layers.Dense(latent_size, '{activation}')(x)"


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
        return self.mean(x), self.log_var(x)

def build_encoder(latent_size):
    return Encoder(latent_size)
"""
RIGHT["build_encoder"] = right(encoder, {
    "functional": (),
    "dense": ("layers.Flatten()", DENSE, DENSE),
    "without the dense layer": (*CONVOLUTIONS, "layers.Flatten()"),
    "pooling": (
        "layers.Conv2D(8, 3, activation='relu', padding='same')",
        "layers.MaxPooling2D()",
        "layers.Conv2D(16, 3, activation='relu', padding='same')",
        "layers.AveragePooling2D(2)",
        "layers.Flatten()",
    ),
    "batch normalization": (
        "layers.Conv2D(16, 3, strides=2, use_bias=False)",
        "layers.BatchNormalization()",
        "layers.LeakyReLU()",
        CONVOLUTIONS[1],
        "layers.Flatten()",
    ),
    "gelu and dropout": (
        *(each.replace("relu", "gelu") for each in CONVOLUTIONS),
        "layers.Dropout(0.2)",
        "layers.Flatten()",
    ),
    "tanh inside": (*(each.replace("relu", "tanh") for each in CONVOLUTIONS), "layers.Flatten()"),
    "global pooling": (*CONVOLUTIONS, "layers.GlobalAveragePooling2D()"),
}) | right(ended, {
    "a tuple": f"({HEAD}, {HEAD})",
    "named": (
        "mean = layers.Dense(latent_size, name='latent_mean')(x)",
        "log_var = layers.Dense(latent_size, name='latent_log_var')(x)",
        "[mean, log_var], name='encoder'",
    ),
    "one dense layer, split": (
        "both = layers.Dense(2 * latent_size)(x)",
        "[both[:, :latent_size], both[:, latent_size:]]",
    ),
    "ops.split": ("both = layers.Dense(2 * latent_size)(x)", "ops.split(both, 2, axis=-1)"),
    "log variance begins low": f"[{HEAD}, layers.Dense(latent_size, "
    "bias_initializer=keras.initializers.Constant(-2.0))(x)]",
    "log variance begins at zero":
        f"[{HEAD}, layers.Dense(latent_size, kernel_initializer='zeros')(x)]",
}) | {
    "small clouds at the start": solution("build_encoder"),
    "branches of their own": encoder(
        *CONVOLUTIONS,
        "layers.Flatten()",
        heads="[layers.Dense(latent_size)(layers.Dense(32, 'relu')(x)) for _ in range(2)]",
    ),
    "convolution over all that is left": encoder(
        *CONVOLUTIONS,
        heads="[layers.Flatten()(layers.Conv2D(latent_size, 7)(x)) for _ in range(2)]",
    ),
    "subclass": SUBCLASS,
    "subclass, a list": changed(
        SUBCLASS, ("self.mean(x), self.log_var(x)", "[self.mean(x), self.log_var(x)]")),
    "Sequential inside": define(
        "build_encoder",
        "latent_size",
        f"body = keras.Sequential([{', '.join(CONVOLUTIONS)}, layers.Flatten(), {DENSE}])",
        "images = keras.Input((28, 28, 1))",
        "x = body(images)",
        f"return keras.Model(images, [{HEAD} for _ in range(2)])",
    ),
    "default size": changed(encoder(), ("r(latent_size)", "r(latent_size=2)")),
}  # fmt: skip
WRONG["build_encoder"] = wrong(ended, {
    "one output": (HEAD, "one_output"),
    "one output of both": ("layers.Dense(2 * latent_size)(x)", "one_output"),
    "one layer twice": (
        "head = layers.Dense(latent_size)", "[head(x), head(x)]", "one_layer_twice"),
    "same tensor twice": (f"z = {HEAD}", "[z, z]", "one_layer_twice"),
    "drawn as well": (f"m, v = {HEAD}, {HEAD}", "[m, v, Sampling(0)([m, v])]", "three_outputs"),
    "relu on both": (f"[{activated('relu')}, {activated('relu')}]", "final_relu"),
    "relu on the mean": (f"[{activated('relu')}, {HEAD}]", "final_relu"),
    "softplus on the log variance": (f"[{HEAD}, {activated('softplus')}]", "final_relu"),
    "sigmoid on the log variance": (f"[{HEAD}, {activated('sigmoid')}]", "final_sigmoid"),
    "tanh on the mean": (f"[{activated('tanh')}, {HEAD}]", "final_tanh"),
    "exponential on the log variance": (f"[{HEAD}, {activated('exponential')}]", "final_relu"),
    "fixed size": ("[layers.Dense(2)(x), layers.Dense(2)(x)]", "fixed_size"),
    "fixed size 7": ("[layers.Dense(7)(x), layers.Dense(7)(x)]", "fixed_size"),
    "fixed size 16": ("[layers.Dense(16)(x), layers.Dense(16)(x)]", "fixed_size"),
    "other sizes": (f"[{HEAD}, layers.Dense(1)(x)]", "other_outputs"),
    "dict": (f"{{'mean': {HEAD}, 'log_var': {HEAD}}}", "other_outputs"),
}) | wrong(encoder, {
    "no activation": (
        *(each.replace(", activation='relu'", "") for each in CONVOLUTIONS),
        "layers.Flatten()",
        "linear",
    ),
    "too large": (
        "layers.Conv2D(32, 3, padding='same', activation='relu')",
        "layers.Flatten()",
        DENSE,
        "too_many_weights",
    ),
    "no flatten": (*CONVOLUTIONS, "not_flattened"),
}) | wrong(changes_of(encoder()), {
    "no return": ("return ", "", "no_return"),
    "a list": (f"keras.Model(images, [{HEAD}, {HEAD}])", f"[{HEAD}, {HEAD}]", "no_model"),
    "pair of models": (
        f"keras.Model(images, [{HEAD}, {HEAD}])",
        f"[keras.Model(images, each) for each in [{HEAD}, {HEAD}]]",
        "no_model",
    ),
    "axis of examples": ("(28, 28, 1)", "(None, 28, 28, 1)", "input_with_batch"),
    "frozen": (
        "return ", "model = ", f"{HEAD}])\n",
        f"{HEAD}])\n    model.trainable = False\n    return model\n",
        "frozen",
    ),
}) | {
    "flat images": (
        encoder("layers.Reshape((28, 28, 1))", *CONVOLUTIONS, "layers.Flatten()", start="(784,)"),
        "other_inputs",
    ),
    "a network for all calls": (
        "features = keras.Sequential([layers.Conv2D(8, 3, 2, activation='relu'), "
        "layers.Flatten()])\n" + encoder("features"),
        "same_model",
    ),
}  # fmt: skip
HIDDEN_WRONG["build_encoder"] = wrong(ended, {
    "two sizes": (
        "latent_size = 2 if latent_size < 5 else 7", f"[{HEAD}, {HEAD}]", "one_example_shape"),
})  # fmt: skip

# --- build_decoder -----------------------------------------------------------------------------

TRANSPOSED = (
    "layers.Conv2DTranspose(16, 4, strides=2, padding='same', activation='relu')",
    "layers.Conv2DTranspose(1, 4, strides=2, padding='same')",
)
START = f"{DENSE}, layers.Dense(7 * 7 * 32, activation='relu'), layers.Reshape((7, 7, 32))"


def decoder(*inner, start=START):
    return define(
        "build_decoder",
        "latent_size",
        "return keras.Sequential([keras.Input((latent_size,)), "
        f"{start}, {', '.join(inner or TRANSPOSED)}])",
    )


def ended_by(layer):
    return decoder(*TRANSPOSED, layer)


DECODER = solution("build_decoder")
RIGHT["build_decoder"] = right(decoder, {
    "sequential": (),
    "upsampling": (
        "layers.UpSampling2D()",
        "layers.Conv2D(16, 3, padding='same', activation='relu')",
        "layers.UpSampling2D()",
        "layers.Conv2D(1, 3, padding='same')",
    ),
    "batch normalization": (
        "layers.Conv2DTranspose(16, 4, strides=2, padding='same')",
        "layers.BatchNormalization()",
        "layers.Activation('silu')",
        TRANSPOSED[1],
    ),
    "a last convolution": (
        TRANSPOSED[0], TRANSPOSED[0].replace("16", "8"), "layers.Conv2D(1, 3, padding='same')"),
    "one stride of 4": ("layers.Conv2DTranspose(1, 4, strides=4)",),
    "linear": (*TRANSPOSED, "layers.Activation('linear')"),
    "tanh inside": [each.replace("relu", "tanh") for each in TRANSPOSED],
    "bias of a dark image": (
        TRANSPOSED[0],
        "layers.Conv2DTranspose(1, 4, strides=2, padding='same', "
        "bias_initializer=keras.initializers.Constant(-2.0))",
    ),
    "pixel shuffle": (
        "layers.Conv2D(16, 3, padding='same')",
        "layers.Reshape((7, 7, 4, 4))",
        "layers.Permute((1, 3, 2, 4))",
        "layers.Reshape((28, 28, 1))",
    ),
}) | {
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
        f"model.add({DENSE})",
        "model.add(layers.Dense(784))",
        "model.add(layers.Reshape((28, 28, 1)))",
        "return model",
    ),
    "dense": DECODER,
    "unbuilt": changed(decoder(), ("keras.Input((latent_size,)), ", "")),
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
    "cropped": decoder(
        *TRANSPOSED,
        "layers.Cropping2D(2)",
        start="layers.Dense(8 * 8 * 8, activation='relu'), layers.Reshape((8, 8, 8))",
    ),
}  # fmt: skip
WRONG["build_decoder"] = wrong(ended_by, {
    "sigmoid": ("layers.Activation('sigmoid')", "final_sigmoid"),
    "relu at the end": ("layers.ReLU()", "final_relu"),
    "tanh": ("layers.Activation('tanh')", "final_tanh"),
    "softplus": ("layers.Activation('softplus')", "final_relu"),
    "elu": ("layers.Activation('elu')", "final_elu"),
    "softmax": (
        "layers.Flatten(), layers.Softmax(), layers.Reshape((28, 28, 1))", "final_softmax"),
    "too many doublings": (TRANSPOSED[1], "other_outputs"),
    "no channels": ("layers.Reshape((28, 28))", "no_channels"),
    "in a row": ("layers.Flatten()", "in_a_row"),
}) | wrong(changes_of(decoder()), {
    "sigmoid in the layer": (
        "padding='same')", "padding='same', activation='sigmoid')", "final_sigmoid"),
    "from 8 x 8": ("7 * 7 * 32", "8 * 8 * 32", "(7, 7, 32)", "(8, 8, 32)", "other_outputs"),
    "from 4 x 4": ("7 * 7 * 32", "4 * 4 * 32", "(7, 7, 32)", "(4, 4, 32)", "other_outputs"),
    "three channels": ("(1,", "(3,", "many_channels"),
    "two outputs for a mean and a variance": ("(1,", "(2,", "many_channels"),
    "reshape that does not fit": (START, "layers.Reshape((7, 7, 32))", "reshape"),
    "no tuple": ("(latent_size,)", "latent_size", "shape_tuple"),
    "fixed size": ("(latent_size,)", "(2,)", "fixed_inputs"),
    "no return": ("return ", "", "no_return"),
}) | wrong(decoder, {
    "one doubling": (TRANSPOSED[1], "other_outputs"),
    "valid padding": (*(each.replace("'same'", "'valid'") for each in TRANSPOSED), "other_outputs"),
    "no strides": (*(each.replace("strides=2, ", "") for each in TRANSPOSED), "other_outputs"),
    "sixteen channels": (*TRANSPOSED[::-1], "many_channels"),
}) | {
    "no activation": (
        decoder(TRANSPOSED[1], TRANSPOSED[1], start=START.replace(", activation='relu'", "")),
        "linear",
    ),
    "the latents": (decoder("layers.Dense(latent_size)", start=DENSE), "latents_back"),
    "an encoder": (changed(encoder(), ("build_encoder", "build_decoder")), "other_inputs"),
    "too large": (
        decoder(
            *(each.replace("strides=2", "strides=1") for each in TRANSPOSED),
            start=START.replace("7 * 7 * 32", "28 * 28 * 32").replace("(7, 7, 32)", "(28, 28, 32)"),
        ),
        "too_many_weights",
    ),
    "shared": (
        "start = layers.Dense(7 * 7 * 32, 'relu')\n"
        + decoder(start="start, layers.Reshape((7, 7, 32))"),
        "same_model",
    ),
    "a layer": (
        "class Decoder(layers.Layer):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.dense = layers.Dense(784)\n"
        "    def call(self, x):\n"
        "        return ops.reshape(self.dense(ops.relu(x)), (-1, 28, 28, 1))\n"
        "build_decoder = lambda latent_size: Decoder()\n",
        "layer_no_model",
    ),
}  # fmt: skip
HIDDEN_WRONG["build_decoder"] = wrong(changes_of(decoder()), {
    "two sizes": ("(latent_size,)", "(2 if latent_size < 5 else 7,)", "fixed_inputs"),
})  # fmt: skip

# --- negative_elbo -----------------------------------------------------------------------------


def bound(*lines):
    """An answer that ends in `return <last line>`; x, l, m, v stand for the arguments."""
    *before, last = lines
    body = ["x, l, m, v = images, logits, latent_mean, latent_log_var", *before, f"return {last}"]
    return define("negative_elbo", "images, logits, latent_mean, latent_log_var, beta=1.0", *body)


def reconstruction(pixels):
    """The bound with this cross-entropy of each pixel."""
    return bound(f"ops.sum({pixels}, axis=(1, 2, 3)) + {KL}")


KL = "beta * kl_divergence(m, v)"
SOFTPLUS = "ops.sum(ops.softplus(l) - x * l, axis=(1, 2, 3))"
MEAN = "ops.mean(ops.softplus(l) - x * l, axis=(1, 2, 3))"
KERAS = "keras.losses.binary_crossentropy(x, l, from_logits=True)"
OF_SIGMOID = f"ops.sum({KERAS.replace('l,', 'p,')}, axis=(1, 2)) + {KL}"
ELBO = solution("negative_elbo")
RIGHT["negative_elbo"] = right(reconstruction, {
    "softplus": "ops.softplus(l) - x * l",
    "ops.binary_crossentropy": "ops.binary_crossentropy(x, l, from_logits=True)",
    "logaddexp": "ops.logaddexp(ops.zeros_like(l), l) - x * l",
    "softplus of both signs": "x * ops.softplus(-l) + (1 - x) * ops.softplus(l)",
}) | right(bound, {
    "keras.losses": f"ops.sum({KERAS}, axis=(1, 2)) + {KL}",
    "keras.losses, variables": (
        f"pixels = {KERAS}",
        "reconstruction = ops.sum(pixels, axis=[1, 2])",
        "divergence = kl_divergence(m, v)",
        "ops.add(reconstruction, ops.multiply(beta, divergence))",
    ),
    "class of Keras": (
        "loss = keras.losses.BinaryCrossentropy(from_logits=True, reduction=None)",
        f"ops.sum(ops.cast(loss(x, l), m.dtype), axis=(1, 2)) + {KL}",
    ),
    "tf.nn": (
        "pixels = tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=l)",
        f"tf.reduce_sum(pixels, axis=[1, 2, 3]) + {KL}",
    ),
    "tf.keras": f"tf.reduce_sum(tf.{KERAS}, (1, 2)) + {KL}",
    "log_sigmoid": (
        "log_likelihood = x * ops.log_sigmoid(l) + (1 - x) * ops.log_sigmoid(-l)",
        f"-ops.sum(log_likelihood, axis=(1, 2, 3)) + {KL}",
    ),
    "by hand, stable": (
        "pixels = ops.maximum(l, 0) - l * x + ops.log1p(ops.exp(-ops.abs(l)))",
        f"ops.sum(pixels, axis=(-3, -2, -1)) + {KL}",
    ),
    "flattened": (
        "x, l = ops.reshape(x, (ops.shape(x)[0], -1)), ops.reshape(l, (ops.shape(l)[0], -1))",
        f"ops.sum(ops.softplus(l) - x * l, axis=1) + {KL}",
    ),
    "mean times pixels": (
        "x, l = (ops.reshape(each, (ops.shape(each)[0], -1)) for each in (x, l))",
        f"ops.cast(ops.shape(l)[-1], l.dtype) * {KERAS} + {KL}",
    ),
    "einsum": f"ops.sum(ops.softplus(l), (1, 2, 3)) - ops.einsum('nijc,nijc->n', x, l) + {KL}",
    "sums one after another": (
        "pixels = ops.softplus(l) - x * l",
        "for _ in range(3):",
        "    pixels = ops.sum(pixels, axis=-1)",
        f"pixels + {KL}",
    ),
    "logsumexp": (
        "both = ops.stack([ops.zeros_like(l), l], axis=0)",
        f"ops.sum(ops.logsumexp(both, axis=0) - x * l, axis=(1, 2, 3)) + {KL}",
    ),
    "the divergence written out": (
        "divergence = -0.5 * ops.sum(1 + v - ops.square(m) - ops.exp(v), axis=1)",
        f"{SOFTPLUS} + beta * divergence",
    ),
    "cast to float32": (
        "x, l, m, v = (ops.cast(each, 'float32') for each in (x, l, m, v))", f"{SOFTPLUS} + {KL}"),
    "minus the ELBO": (f"elbo = -{SOFTPLUS} - {KL}", "-elbo"),
    "a sigmoid that Keras takes back": ("p = ops.sigmoid(l)", OF_SIGMOID),
}) | right(changes_of(ELBO), {
    "beta as a whole number": ("beta=1.0", "beta=1"),
    "default None": ("beta=1.0", "beta=None", "beta *", "(1.0 if beta is None else beta) *"),
}) | {
    "helpers": "def pixels(x, l):\n    return ops.softplus(l) - x * l\n"
    + reconstruction("pixels(x, l)"),
    "tf.function": "@tf.function\n" + ELBO,
}  # fmt: skip
WRONG["negative_elbo"] = wrong(reconstruction, {
    "squared error": ("(x - ops.sigmoid(l)) ** 2", "squared_error"),
    "squared error of logits": ("(x - l) ** 2", "squared_error"),
    "white pixels alone": ("x * ops.softplus(-l)", "white_alone"),
    "without the image": ("ops.softplus(l)", "no_image"),
    "logits turned round": ("ops.softplus(-l) + x * l", "logits_turned"),
    "image added": ("ops.softplus(l) + x * l", "image_added"),
    "binary images only": ("ops.softplus((1 - 2 * x) * l)", "right_for_some"),
    "exp overflows": ("ops.log(1 + ops.exp(l)) - x * l", "not_finite"),
}) | wrong(bound, {
    "sum over the batch": (f"ops.sum(ops.softplus(l) - x * l) + {KL}", "reconstruction_of_batch"),
    "one number": (
        "ops.sum(ops.softplus(l) - x * l) + beta * ops.sum(kl_divergence(m, v))", "one_sum"),
    "mean over the batch": (f"ops.mean({SOFTPLUS} + {KL})", "one_mean"),
    "mean over pixels": (f"{MEAN} + {KL}", "mean_over_pixels"),
    "mean of Keras": (f"ops.mean({KERAS}, axis=(1, 2)) + {KL}", "mean_over_pixels"),
    "784 pixels, mean": (f"{MEAN} * 784 + {KL}", "fixed_784"),
    "Keras, nothing summed": (KERAS, "pixels_not_summed"),
    "Keras, one axis summed": (f"ops.sum({KERAS}, axis=1)", "pixels_not_summed"),
    "nothing summed": ("ops.softplus(l) - x * l", "pixels_not_summed"),
    "nothing summed, the divergence added": (f"{KERAS} + {KL}", "shapes_differ"),
    "channels left": (f"ops.sum(ops.softplus(l) - x * l, axis=(1, 2)) + {KL}", "each_with_each"),
    "keepdims": (f"{SOFTPLUS[:-1]}, keepdims=True) + {KL}", "shape"),
    "keepdims of the flattened": (
        "pixels = ops.reshape(ops.softplus(l) - x * l, (ops.shape(l)[0], -1))",
        f"ops.sum(pixels, axis=1, keepdims=True) + {KL}",
        "each_with_each",
    ),
    "not from logits": (
        f"ops.sum(keras.losses.binary_crossentropy(x, l), axis=(1, 2)) + {KL}", "as_probability"),
    "sigmoid twice": ("p = tf.sigmoid(l)", OF_SIGMOID, "sigmoid_twice"),
    "sigmoid, then logarithm": (
        "p = ops.sigmoid(l)",
        "pixels = x * ops.log(p) + (1 - x) * ops.log(1 - p)",
        f"-ops.sum(pixels, axis=(1, 2, 3)) + {KL}",
        "not_finite",
    ),
    "sigmoid, then Keras": (
        "p = tf.sigmoid(l)",
        f"ops.sum(keras.losses.binary_crossentropy(x, p), axis=(1, 2)) + {KL}",
        "extreme",
    ),
    "clipped logarithm": (
        "p = ops.clip(ops.sigmoid(l), 1e-7, 1 - 1e-7)",
        f"-ops.sum(x * ops.log(p) + (1 - x) * ops.log(1 - p), axis=(1, 2, 3)) + {KL}",
        "extreme",
    ),
    "clipped logits": ("l = ops.clip(l, -10, 10)", f"{SOFTPLUS} + {KL}", "extreme"),
    "places": (
        f"ops.sum({KERAS.replace('x, l', 'l, x')}, axis=(1, 2)) + {KL}", "images_for_logits"),
    "half": (f"{SOFTPLUS} / 2 + {KL}", "reconstruction_halved"),
    "bits": (f"{SOFTPLUS} / math.log(2) + {KL}", "reconstruction_in_bits"),
    "the ELBO itself": (f"-{SOFTPLUS} - {KL}", "negative"),
    "reconstruction subtracted": (f"{KL} - {SOFTPLUS}", "reconstruction_negative"),
    "the images are rounded": ("x = ops.round(x)", f"{SOFTPLUS} + {KL}", "images_rounded"),
    "class of Keras, mean": (
        f"keras.losses.BinaryCrossentropy(from_logits=True)(x, l) + {KL}", "reconstruction_of_batch"),
    "types meet": (
        "pixels = keras.losses.BinaryCrossentropy(from_logits=True, reduction=None)(x, l)",
        f"ops.sum(pixels, axis=(1, 2)) + {KL}",
        "two_dtypes",
    ),
    "NumPy": (f"np.sum(np.logaddexp(0, l) - x * l, axis=(1, 2, 3)) + {KL}", "numpy_in_step"),
    "pair": (f"{SOFTPLUS}, kl_divergence(m, v)", "two_results"),
    "beta on the reconstruction": (
        f"beta * {SOFTPLUS} + kl_divergence(m, v)", "beta_on_reconstruction"),
    "beta on both": (f"beta * ({SOFTPLUS} + kl_divergence(m, v))", "beta_on_both"),
    "beta divides": (
        f"{SOFTPLUS} + kl_divergence(m, v) / beta if beta else {SOFTPLUS}", "beta_divides"),
}) | wrong(lambda divergence: bound(f"{SOFTPLUS} {divergence}"), {
    "no beta": ("+ kl_divergence(m, v)", "beta_not_used"),
    "beta squared": ("+ beta * beta * kl_divergence(m, v)", "beta_squared"),
    "no divergence": ("", "no_divergence"),
    "divergence subtracted": (f"- {KL}", "minus"),
    "divergence averaged over the batch": (
        "+ beta * ops.mean(kl_divergence(m, v))", "divergence_of_batch"),
    "divergence summed over the batch": (
        "+ beta * ops.sum(kl_divergence(m, v))", "divergence_of_batch"),
    "divergence over the batch's size": (f"+ {KL} / x.shape[0]", "over_batch_size"),
    "divergence averaged over latents": (
        "- 0.5 * beta * ops.mean(1 + v - m**2 - ops.exp(v), axis=1)", "mean_over_latents"),
    "divergence without half": ("- beta * ops.sum(1 + v - m**2 - ops.exp(v), axis=1)", "no_half"),
    "divergence of swapped arguments": ("+ beta * kl_divergence(v, m)", "places"),
    "stop_gradient": ("+ beta * ops.stop_gradient(kl_divergence(m, v))", "no_gradient"),
}) | wrong(changes_of(ELBO), {
    "no default": ("beta=1.0", "beta", "other_arguments"),
    "another default": ("beta=1.0", "beta=0.5", "default"),
    "no return": ("return ", "total = ", "no_return"),
})  # fmt: skip
HIDDEN_WRONG["negative_elbo"] = wrong(bound, {
    "square images": ("side = ops.shape(x)[1]", f"side * side * {MEAN} + {KL}", "sizes"),
    "whole betas": (f"{SOFTPLUS} + int(beta) * kl_divergence(m, v)", "no_divergence"),
})  # fmt: skip

# --- VAE ---------------------------------------------------------------------------------------

VAE = solution("VAE")


def model(more="", **bodies):
    """The solution with other bodies of methods, or without one (None), and with `more` of them."""
    head, *methods = VAE.rstrip().split("\n\n    def ")
    texts = [head]
    for method in methods:
        name, signature = method.split("(")[0], method.split("\n")[0]
        body = bodies.get(name, "")
        if body:
            method = f"{signature}\n{textwrap.indent(body.strip(), ' ' * 8)}"
        texts += [] if body is None else [method]
    return "\n\n    def ".join(texts) + f"\n{more}"


LOSS = "ops.mean(negative_elbo(images, *outputs, beta=self.beta))"
APPLY = "        self.optimizer.apply(gradients, self.trainable_variables)\n"
RETURN = "return self.track(images, *outputs)"
VALUES = "(reconstruction + kl, reconstruction, kl)"
DRAW = "self.sampling([latent_mean, latent_log_var])"
TRACKERS = "self.trackers = [keras.metrics.Mean(name) for name in names]"
OF_LOSS, OF_APPLY = "loss, self.trainable_variables", "gradients, self.trainable_variables"
SEPARATE = """
super().__init__(**options)
self.encoder, self.decoder, self.beta = encoder, decoder, beta
self.sampling = Sampling(seed)
self.bound_tracker = keras.metrics.Mean(name="negative_elbo")
self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction")
self.kl_tracker = keras.metrics.Mean(name="kl")
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
MEANS_TRACK = """
kl = ops.mean(kl_divergence(latent_mean, latent_log_var))
bound = ops.mean(negative_elbo(images, logits, latent_mean, latent_log_var))
for tracker, value in zip(self.trackers, (bound, bound - kl, kl)):
    tracker.update_state(value, sample_weight=ops.shape(images)[0])
return {tracker.name: tracker.result() for tracker in self.trackers}
"""
RIGHT["VAE"] = right(changes_of(VAE), {
    "with track": (),
    "sum over the number": (
        LOSS,
        "tf.reduce_sum(negative_elbo(images, *outputs, beta=self.beta)) "
        "/ tf.cast(tf.shape(images)[0], tf.float32)",
    ),
    "data unpacked": (
        "with tf.Gr",
        "images, _, _ = keras.utils.unpack_x_y_sample_weight(images)\n        with tf.Gr",
        "return self.track(images, *self(",
        "images = images[0] if isinstance(images, tuple) else images\n"
        "        return self.track(images, *self(",
    ),
    "a tf.function": ("    def track", "    @tf.function\n    def track"),
    "a loss tracked as well": (
        RETURN, f"{RETURN.replace('return ', 'return {**')}, 'loss': loss}}"),
    "gradients clipped far away": (
        APPLY,
        f"        gradients = [tf.clip_by_norm(each, 1e6) for each in gradients]\n{APPLY}",
    ),
    "variables of both networks": (
        "gradients = tape",
        "variables = self.encoder.trainable_variables + self.decoder.trainable_variables\n"
        "        gradients = tape",
        OF_LOSS,
        "loss, variables",
        OF_APPLY,
        "gradients, variables",
    ),
    "losses as floats of the outputs": ("update_state(values)", "update_state(ops.mean(values))"),
    "minus the gradient of the ELBO": ("loss = ops.mean(", "loss = -ops.mean(-1.0 * "),
    "adds the networks' own losses": (LOSS, f"{LOSS} + sum(self.losses)"),
}) | {
    "loss from its parts": model(train_step="""
with tf.GradientTape() as tape:
    logits, mean, log_var = self(images, training=True)
    reconstruction = negative_elbo(images, logits, mean, log_var, beta=0.0)
    loss = ops.mean(reconstruction + self.beta * kl_divergence(mean, log_var))
variables = self.trainable_variables
self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
return self.track(images, logits, mean, log_var)
"""),
    "attributes and metrics": model(
        """
    @property
    def metrics(self):
        return [self.bound_tracker, self.reconstruction_tracker, self.kl_tracker]
""",
        track=changed(SEPARATE_TRACK, ("self.bound_tracker.result()", "self.metrics[0].result()")),
        __init__=SEPARATE,
    ),
    "attributes alone": model(track=SEPARATE_TRACK, __init__=SEPARATE),
    "without track": model(
        track=None,
        train_step="""
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
        test_step="""
logits, mean, log_var = self(images, training=False)
reconstruction = negative_elbo(images, logits, mean, log_var, 0.0)
kl = kl_divergence(mean, log_var)
self.trackers[0].update_state(reconstruction + kl)
self.trackers[1].update_state(reconstruction)
self.trackers[2].update_state(kl)
return {m.name: m.result() for m in self.metrics}
""",
    ),
    "means of the batch": model(track=MEANS_TRACK),
    "means of the batch, unweighted": model(
        track=changed(MEANS_TRACK, (", sample_weight=ops.shape(images)[0]", ""))
    ),
    "two tapes": model(train_step="""
with tf.GradientTape() as first, tf.GradientTape() as second:
    outputs = self(images, training=True)
    loss = ops.mean(negative_elbo(images, *outputs, beta=self.beta))
a, b = self.encoder.trainable_variables, self.decoder.trainable_variables
gradients = [*first.gradient(loss, a), *second.gradient(loss, b)]
self.optimizer.apply(gradients, [*a, *b])
return self.track(images, *outputs)
"""),
    "persistent tape": model(train_step="""
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
"""),
    "a helper for the loss": model(
        """
    def loss_of(self, images, training):
        outputs = self(images, training=training)
        return ops.mean(negative_elbo(images, *outputs, beta=self.beta)), outputs
""",
        train_step="""
with tf.GradientTape() as tape:
    loss, outputs = self.loss_of(images, True)
gradients = tape.gradient(loss, self.trainable_variables)
self.optimizer.apply(gradients, self.trainable_variables)
return self.track(images, *outputs)
""",
        test_step="return self.track(images, *self.loss_of(images, False)[1])",
    ),
    "encoder and decoder called": model(train_step="""
with tf.GradientTape() as tape:
    mean, log_var = self.encoder(images, training=True)
    latents = self.sampling([mean, log_var])
    logits = self.decoder(latents, training=True)
    loss = tf.reduce_mean(negative_elbo(images, logits, mean, log_var, self.beta))
gradients = tape.gradient(loss, self.trainable_variables)
self.optimizer.apply(gradients, self.trainable_variables)
return self.track(images, logits, mean, log_var)
"""),
    "several draws in a test": model(test_step="""
for _ in range(3):
    results = self.track(images, *self(images, training=False))
return results
"""),
    "several draws averaged": model(test_step="""
draws = [self(images, training=False) for _ in range(4)]
_, mean, log_var = draws[0]
kl = kl_divergence(mean, log_var)
parts = [negative_elbo(images, *draw, beta=0.0) for draw in draws]
reconstruction = ops.mean(ops.stack(parts), axis=0)
for tracker, values in zip(self.trackers, (reconstruction + kl, reconstruction, kl)):
    tracker.update_state(values)
return {tracker.name: tracker.result() for tracker in self.trackers}
"""),
    "call with the negative ELBO inside": model(
        train_step="""
with tf.GradientTape() as tape:
    logits, mean, log_var = self.call(images, training=True)
    loss = ops.mean(negative_elbo(images, logits, mean, log_var, self.beta))
gradients = tape.gradient(loss, self.trainable_variables)
self.optimizer.apply(gradients, self.trainable_variables)
return self.track(images, logits, mean, log_var)
""",
        test_step="return self.track(images, *self.call(images, training=False))",
    ),
    "metrics in a dict": changed(
        model(track="""
kl = kl_divergence(latent_mean, latent_log_var)
reconstruction = negative_elbo(images, logits, latent_mean, latent_log_var, 0.0)
values = {"negative_elbo": reconstruction + kl, "reconstruction": reconstruction, "kl": kl}
for name, value in values.items():
    self.means[name].update_state(value)
return {name: mean.result() for name, mean in self.means.items()}
"""),
        (TRACKERS, "self.means = {name: keras.metrics.Mean(name) for name in names}"),
    ),
}  # fmt: skip
WRONG["VAE"] = wrong(changes_of(VAE), {
    "no optimizer": (APPLY, "", "nothing_moves"),
    "encoder only": (
        OF_LOSS, "loss, self.encoder.trainable_variables",
        OF_APPLY, "gradients, self.encoder.trainable_variables",
        "decoder_still",
    ),
    "decoder only": (
        OF_LOSS, "loss, self.decoder.trainable_variables",
        OF_APPLY, "gradients, self.decoder.trainable_variables",
        "encoder_still",
    ),
    "noise without a way for gradients": (DRAW, f"ops.stop_gradient({DRAW})", "latents_cut_off"),
    "test is train": (
        "return self.track(images, *self(images, training=False))",
        "return self.train_step(images)",
        "test_trains",
    ),
    "training forgotten": (", training=True", "", "training_not_said"),
    "training=False in training": ("training=True", "training=False", "training_not_said"),
    "training in the test": ("training=False", "training=True", "test_for_training"),
    "sum over the batch": ("loss = ops.mean(", "loss = ops.sum(", "summed_over_batch"),
    "not reduced": (LOSS, "negative_elbo(images, *outputs, beta=self.beta)", "summed_over_batch"),
    "beta not used": (", beta=self.beta", "", "beta_not_used"),
    "no KL": ("beta=self.beta", "beta=0.0", "no_kl"),
    "KL averaged over latents": (
        "beta=self.beta", "beta=self.beta / outputs[1].shape[1]", "kl_averaged"),
    "reconstruction averaged": (
        LOSS,
        "ops.mean(keras.losses.binary_crossentropy(images, outputs[0], from_logits=True)) "
        "+ self.beta * ops.mean(kl_divergence(*outputs[1:]))",
        "pixels_averaged",
    ),
    "beta on the reconstruction": (
        LOSS,
        "ops.mean(self.beta * negative_elbo(images, *outputs, beta=0.0) "
        "+ kl_divergence(*outputs[1:]))",
        "beta_on_reconstruction",
    ),
    "uphill": ("loss = ops.mean(", "loss = -ops.mean(", "uphill"),
    "twice": (APPLY, 2 * APPLY, "twice"),
    "mean decoded": (DRAW, "latent_mean", "mean_decoded"),
    "mean decoded where not in training": (
        DRAW, f"{DRAW} if training else latent_mean", "mean_decoded"),
    "loss outside the tape": ("    loss = ", "loss = ", "no_gradients"),
    "model outside the tape": (
        "            outputs = self(images, training=True)\n", "",
        "        with tf.G", "        outputs = self(images, training=True)\n        with tf.G",
        "no_gradients",
    ),
    "trackers not updated": ("tracker.update_state(values)", "pass", "not_updated"),
    "sums": ("metrics.Mean(name)", "metrics.Sum(name)", "batches_summed"),
    "reset at each batch": (
        "tracker.update_state(", "tracker.reset_state()\n            tracker.update_state(",
        "last_batch",
    ),
    "tracked with beta": (
        "(reconstruction + kl,", "(reconstruction + self.beta * kl,", "tracked_with_beta"),
    "KL tracked times beta": (
        "reconstruction, kl))", "reconstruction, self.beta * kl))", "kl_times_beta"),
    "order": (VALUES, "(reconstruction, kl, reconstruction + kl)", "order"),
    "places": (VALUES, "(reconstruction + kl, kl, reconstruction)", "places"),
    "the bound three times": (VALUES, "[reconstruction + kl] * 3", "three_bounds"),
    "the bound as the reconstruction": (
        "beta=0.0", "beta=1.0", VALUES, "(reconstruction, reconstruction, kl)", "no_beta_0"),
    "the bound as the reconstruction, added": (", beta=0.0", "", "no_beta_0"),
    "one tracked": (
        "for tracker in self.trackers}", "for tracker in self.trackers[:1]}", "name_missing"),
    "loss returned": (RETURN, "return {'loss': loss}", "name_missing"),
    "other names": ('"kl"', '"kl_loss"', "name_missing"),
    "train_step without return": (RETURN, RETURN.removeprefix("return "), "step_returns_nothing"),
    "test_step without return": (
        "return self.track(images, *self(", "self.track(images, *self(", "step_returns_nothing"),
    "track without return": ("return {", "{", "step_returns_nothing"),
    "KL not summed": (
        "kl = kl_divergence(latent_mean, latent_log_var)",
        "kl = kl_divergence(latent_mean, latent_log_var) / latent_mean.shape[1]",
        "other_terms",
    ),
    "reconstruction per pixel": ("beta=0.0)", "beta=0.0) / 16", "other_terms"),
    "NumPy noise": (
        DRAW,
        "reparameterize(latent_mean, latent_log_var, "
        "np.random.default_rng(0).standard_normal(latent_mean.shape))",
        "drawn_once",
    ),
    "noise of 0.1": (DRAW, f"latent_mean + 0.1 * ({DRAW} - latent_mean)", "not_drawn"),
    "exp without half": (DRAW, "self.sampling([latent_mean, 2 * latent_log_var])", "not_drawn"),
    "an optimizer of its own": (
        "self.optimizer.apply(", "self.other.apply(",
        TRACKERS, f"{TRACKERS}\n        self.other = keras.optimizers.Adam(1e-3)",
        "nothing_moves",
    ),
    "arguments of init": (
        "beta=1.0, seed=0, **options", "seed=0", "(**options)", "()",
        "decoder, beta\n", "decoder, 1.0\n",
        "other_arguments",
    ),
    "second forward pass for tracking": (
        RETURN, "return self.track(images, *self(images, training=True))", "again"),
    "float of a tensor": (
        "gradients = tape", "loss = float(loss)\n        gradients = tape", "no_value_yet"),
    "float in track": ("(values)", "(float(np.mean(values)))", "numpy_in_step"),
}) | {
    "trains in the test": (
        model(test_step="""
with tf.GradientTape() as tape:
    outputs = self(images, training=False)
    loss = ops.mean(negative_elbo(images, *outputs, beta=self.beta))
gradients = tape.gradient(loss, self.trainable_variables)
self.optimizer.apply(gradients, self.trainable_variables)
return self.track(images, *outputs)
"""),
        "test_trains",
    ),
    "mean decoded in tests": (
        model(test_step="""
mean, log_var = self.encoder(images, training=False)
return self.track(images, self.decoder(mean, training=False), mean, log_var)
"""),
        "mean_decoded",
    ),
    "last batch": (
        model(track="""
reconstruction = ops.mean(negative_elbo(images, logits, latent_mean, latent_log_var, beta=0.0))
kl = ops.mean(kl_divergence(latent_mean, latent_log_var))
return {"negative_elbo": reconstruction + kl, "reconstruction": reconstruction, "kl": kl}
"""),
        "last_batch",
    ),
    "never reset": (
        model("\n    @property\n    def metrics(self):\n        return []\n"), "not_anew"),
    "no test_step": (model(test_step=None), "keras_step"),
    "no train_step": (model(train_step=None), "keras_step"),
    "no model": (
        "class VAE:\n    def __init__(self, encoder, decoder, beta=1.0, seed=0):\n        pass\n",
        "not_derived",
    ),
}  # fmt: skip
HIDDEN_WRONG["VAE"] = wrong(changes_of(VAE), {
    "squeezed": (
        "kl = kl_divergence(latent_mean, latent_log_var)",
        "kl = ops.squeeze(kl_divergence(latent_mean, latent_log_var))\n        kl = kl[:4]",
        "error",
    ),
})  # fmt: skip

# --- latent_grid -------------------------------------------------------------------------------


def grid(*lines):
    """An answer that ends in `return <last line>`; q are the quantiles."""
    *before, last = lines
    body = ["q = norm.ppf((np.arange(side) + 0.5) / side)", *before, f"return {last}"]
    return define("latent_grid", "decoder, side", *body)


def decoded(*lines):
    """One that ends in the latents z."""
    return grid(*lines, PICTURES)


def returned(*lines):
    """One that ends in what it makes of the latents z, which are right."""
    return grid(MESH, STACK, *lines)


MESH = "a, b = np.meshgrid(q, q[::-1])"
STACK = "z = np.stack([a.ravel(), b.ravel()], axis=1).astype('float32')"
PICTURES = "np.reshape(ops.sigmoid(decoder(z)), (side, side, 28, 28))"
GRID = solution("latent_grid")
RIGHT["latent_grid"] = right(returned, {
    "meshgrid": PICTURES,
    "keras.ops": "ops.reshape(ops.sigmoid(decoder(z)), (side, side, 28, 28))",
    "predict": (
        "p = 1 / (1 + np.exp(-decoder.predict(z, verbose=0)))", "p.reshape(side, side, 28, 28)"),
    "predict, a batch for all": (
        "logits = decoder.predict(z, batch_size=side * side, verbose=0)",
        "ops.sigmoid(logits[..., 0]).numpy().reshape(side, side, 28, 28)",
    ),
    "predict_on_batch":
        "np.reshape(ops.sigmoid(decoder.predict_on_batch(z)), (side, side, 28, 28))",
    "a model around the decoder": (
        "model = keras.Sequential([decoder, layers.Activation('sigmoid')])",
        "np.reshape(model(z), (side, side, 28, 28))",
    ),
    "the image's size from the decoder": (
        "p = ops.sigmoid(decoder(z))", "ops.reshape(p, (side, side, *p.shape[1:3]))"),
}) | right(decoded, {
    "loops": "z = np.array([[x, y] for y in reversed(q) for x in q], dtype='float32')",
    "loops and places": (
        "z = np.zeros((side, side, 2), 'float32')",
        "for row in range(side):",
        "    for column in range(side):",
        "        z[row, column] = q[column], q[side - 1 - row]",
        "z = z.reshape(-1, 2)",
    ),
    "repeat and tile": "z = np.column_stack([np.tile(q, side), np.repeat(q[::-1], side)])",
    "minus the quantiles": ("a, b = np.meshgrid(q, -q)", STACK),
    "indexing ij": ("b, a = np.meshgrid(q[::-1], q, indexing='ij')", STACK),
    "itertools": (
        "import itertools", "z = np.array([(x, y) for y, x in itertools.product(q[::-1], q)])"),
    "mgrid": (
        "i, j = np.mgrid[:side, :side]",
        "z = np.stack([q[j], q[side - 1 - i]], -1).reshape(-1, 2)",
    ),
}) | right(grid, {
    "turned afterwards": (
        "a, b = np.meshgrid(q, q)", STACK, f"result = {PICTURES}", "result[::-1]"),
    "TensorFlow": (
        "q = tf.constant(q, tf.float32)",
        "a, b = tf.meshgrid(q, tf.reverse(q, [0]))",
        "z = tf.stack([tf.reshape(a, [-1]), tf.reshape(b, [-1])], axis=1)",
        "tf.reshape(tf.nn.sigmoid(decoder(z)), [side, side, 28, 28]).numpy()",
    ),
    "swapped axes": (
        "a, b = np.meshgrid(q, q, indexing='ij')",
        STACK,
        f"pictures = {PICTURES}",
        "np.swapaxes(pictures, 0, 1)[::-1]",
    ),
}) | {
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
}  # fmt: skip
QUANTILES = "norm.ppf((np.arange(side) + 0.5) / side)"
BOTH = "(quantiles, quantiles[::-1])"
WRONG["latent_grid"] = wrong(changes_of(GRID), {
    "logits": ("ops.sigmoid(decoder(latents))", "decoder(latents)", "logits"),
    "upside down": (BOTH, "(quantiles, quantiles)", "upside_down"),
    "places": ("first, second =", "second, first =", "places"),
    "ij": (BOTH, "(quantiles, quantiles, indexing='ij')", "first_runs_down"),
    "first backwards": (BOTH, "(quantiles[::-1], quantiles)", "both_wrong_way"),
    "from right to left": (BOTH, "(quantiles[::-1], quantiles[::-1])", "first_backwards"),
    "linspace": (QUANTILES, "np.linspace(-2, 2, side)", "even"),
    "linspace to 3": (QUANTILES, "np.linspace(-3, 3, side)", "even"),
    "linspace, upside down": (
        QUANTILES, "np.linspace(-2, 2, side)", BOTH, "(quantiles, quantiles)", "even"),
    "shares themselves": (QUANTILES, "(np.arange(side) + 0.5) / side", "shares_themselves"),
    "linspace of shares": (QUANTILES, "norm.ppf(np.linspace(0.05, 0.95, side))", "other_shares"),
    "shares from 0.01": (QUANTILES, "norm.ppf(np.linspace(0.01, 0.99, side))", "other_shares"),
    "i + 1": ("np.arange(side) + 0.5) / side", "np.arange(side) + 1) / (side + 1)", "other_shares"),
    "infinite": (QUANTILES, "norm.ppf(np.linspace(0, 1, side))", "not_finite"),
    "without the half": (" + 0.5", "", "not_finite"),
    "norm.cdf": ("norm.ppf", "norm.cdf", "cdf"),
    "random": (QUANTILES, "np.random.default_rng(0).standard_normal(side)", "otherwise"),
    "fixed side": ("    quantiles = ", "    side = 15\n    quantiles = ", "shape"),
    "exchanged": ("ops.sigmoid", "1 - ops.sigmoid", "exchanged"),
    "sigmoid twice": (
        "ops.sigmoid(decoder(latents))", "ops.sigmoid(ops.sigmoid(decoder(latents)))",
        "sigmoid_twice",
    ),
    "latents in a square": (
        "[first.ravel(), second.ravel()], axis=1", "[first, second], axis=-1", "layer_input"),
    "no return": ("return ", "", "no_return"),
    "decoded twice": ("    return", "    decoder(latents)\n    return", "many_calls"),
}) | wrong(returned, {
    "channels left": (
        "ops.reshape(ops.sigmoid(decoder(z)), (side, side, 28, 28, 1))", "channels_left"),
    "one axis": ("ops.sigmoid(decoder(z))", "one_axis"),
    "one axis, no channels": ("ops.sigmoid(decoder(z))[..., 0]", "one_axis"),
    "one large picture": (
        f"p = {PICTURES}", "p.transpose(0, 2, 1, 3).reshape(28 * side, 28 * side)", "one_picture"),
    "softmax": (
        "p = ops.softmax(ops.reshape(decoder(z), (-1, 784)))",
        "np.reshape(p, (side, side, 28, 28))",
        "softmax",
    ),
    "black and white": (f"np.round({PICTURES})", "rounded"),
    "transposed pixels": (f"np.swapaxes({PICTURES}, 2, 3)", "pixels_turned"),
    "to 255": (f"255 * {PICTURES}", "to_255"),
    "latents alone": ("z", "latents_back"),
}) | wrong(grid, {
    "one call for each": (
        "result = np.zeros((side, side, 28, 28))",
        "for i, y in enumerate(q[::-1]):",
        "    for j, x in enumerate(q):",
        "        logits = decoder(np.array([[x, y]], 'float32'))",
        "        result[i, j] = ops.sigmoid(logits)[0, :, :, 0]",
        "result",
        "many_calls",
    ),
    "predict for each": (
        "one = lambda x, y: decoder.predict(np.array([[x, y]], 'float32'), verbose=0)[0, :, :, 0]",
        "ops.sigmoid(np.array([[one(x, y) for x in q] for y in q[::-1]]))",
        "many_calls",
    ),
    "row by row": (
        "rows = [decoder(np.stack([q, np.full(side, y)], 1)) for y in q[::-1]]",
        "np.reshape(ops.sigmoid(ops.stack(rows)), (side, side, 28, 28))",
        "many_calls",
    ),
})  # fmt: skip
HIDDEN_WRONG["latent_grid"] = wrong(returned, {
    "squeezed": (f"np.squeeze({PICTURES})", "squeezed"),
})  # fmt: skip

# --- outlier_score -----------------------------------------------------------------------------


def score(*lines):
    *before, last = lines
    return define("outlier_score", "vae, images", *before, f"return {last}")


def of_outputs(*lines):
    return score("logits, mean, log_var = vae(images, training=False)", *lines)


SCORE = "negative_elbo(images, *vae(images, training=False))"
PIXELS = "pixels = keras.losses.binary_crossentropy(images, logits, from_logits=True)"
RIGHT["outlier_score"] = right(of_outputs, {
    "named": "negative_elbo(images, logits, mean, log_var)",
    "written out": (PIXELS, "ops.sum(pixels, axis=(1, 2)) + kl_divergence(mean, log_var)"),
}) | right(score, {
    "negative_elbo": SCORE,
    "without training": "negative_elbo(images, *vae(images))",
    "call": "negative_elbo(images, *vae.call(images, training=False))",
    "networks called": (
        "mean, log_var = vae.encoder(images, training=False)",
        "logits = vae.decoder(vae.sampling([mean, log_var]), training=False)",
        "negative_elbo(images, logits, mean, log_var, beta=1.0)",
    ),
    "predict": (
        "logits, mean, log_var = vae.predict(images, verbose=0)",
        "negative_elbo(images, logits, mean, log_var)",
    ),
    "numpy": ("images = np.asarray(images, 'float32')", f"np.asarray({SCORE})"),
    "in batches": (
        "parts = [images[i:i + 100] for i in range(0, len(images), 100)]",
        "np.concatenate([negative_elbo(each, *vae(each, training=False)) for each in parts])",
    ),
    "one at a time": (
        "one = lambda i: negative_elbo(images[i:i + 1], *vae(images[i:i + 1], training=False))[0]",
        "first = [float(one(i)) for i in range(min(len(images), 50))]",
        "rest = negative_elbo(images[50:], *vae(images[50:])) if len(images) > 50 else []",
        "np.array(first + list(rest))",
    ),
    "own noise": (
        "mean, log_var = vae.encoder(images)",
        "noise = keras.random.normal(ops.shape(mean), seed=3)",
        "logits = vae.decoder(reparameterize(mean, log_var, noise))",
        "negative_elbo(images, logits, mean, log_var)",
    ),
    "list": f"[float(each) for each in {SCORE}]",
    "tf.function": (
        "step = tf.function(lambda x: negative_elbo(x, *vae(x, training=False)))",
        "step(tf.convert_to_tensor(images))",
    ),
})  # fmt: skip
WRONG["outlier_score"] = wrong(of_outputs, {
    "KL alone": ("kl_divergence(mean, log_var)", "no_reconstruction"),
    "reconstruction per pixel": (
        PIXELS, "ops.mean(pixels, axis=(1, 2)) + kl_divergence(mean, log_var)",
        "reconstruction_mean",
    ),
    "squared error": (
        "ops.sum((images - ops.sigmoid(logits)) ** 2, axis=(1, 2, 3))", "squared_error"),
    "probabilities for logits": (
        "negative_elbo(images, ops.sigmoid(logits), mean, log_var)", "not_logits"),
    "KL subtracted": ("negative_elbo(images, logits, mean, log_var, beta=-1.0)", "kl_subtracted"),
    "mean and log variance swapped": ("negative_elbo(images, logits, log_var, mean)", "places"),
    "pair": ("negative_elbo(images, logits, mean, log_var), logits", "not_numbers"),
    "minimum over draws": (
        "ops.min(ops.stack([negative_elbo(images, *vae(images)) for _ in range(3)]))",
        "one_number",
    ),
}) | wrong(score, {
    "sign": (f"-{SCORE}", "negative"),
    "mean over the batch": (f"ops.mean({SCORE})", "one_mean"),
    "sum over the batch": (f"ops.sum({SCORE})", "one_sum"),
    "no KL": (f"{SCORE[:-1]}, beta=0.0)", "no_kl"),
    "beta of the model": (f"{SCORE[:-1]}, beta=vae.beta)", "beta"),
    "per pixel": (f"{SCORE} / 16", "pixels_mean"),
    "likelihood": (f"ops.exp(-{SCORE})", "likelihood"),
    "evaluate": ("vae.compile()", "vae.evaluate(images, verbose=0)", "keras_step"),
    "outputs not unpacked": ("negative_elbo(images, vae(images, training=False))", "too_few_arguments"),
    "ranks": (f"np.argsort({SCORE})", "whole_numbers"),
    "larger than the mean": (f"s = np.array({SCORE})", "s > s.mean()", "true_or_false"),
    "standardized": (f"s = np.array({SCORE})", "(s - s.mean()) / s.std()", "scaled"),
    "images changed": (
        "images = images > 0.7 * images.max()",
        "negative_elbo(images * 0.0, *vae(images))",
        "otherwise",
    ),
    "keepdims": (f"{SCORE}[:, None]", "keepdims"),
}) | wrong(changes_of(solution("outlier_score")), {
    "no return": ("return ", "", "no_return"),
})  # fmt: skip
HIDDEN_WRONG["outlier_score"] = wrong(score, {
    "mean decoded": (
        "mean, log_var = vae.encoder(images, training=False)",
        "negative_elbo(images, vae.decoder(mean), mean, log_var)",
        "mean_decoded",
    ),
    "many draws": ("negative_elbo(images, *vae(images[:64], training=False))", "shapes_differ"),
})  # fmt: skip
