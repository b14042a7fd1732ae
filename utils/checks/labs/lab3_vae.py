"""Checks of lab 3, the variational autoencoder (Kingma and Welling 2014)."""

from functools import partial

import numpy as np
from scipy.special import ndtr, ndtri

from utils.checks import Questions
from utils.checks.compare import Wrong, agree, brief, close, numbers, shape
from utils.checks.losses import sigmoid, softplus
from utils.checks.networks import network, no_final_activation, nonlinear, not_too_many
from utils.checks.steps import as_steps, explained, listed, returned_values
from utils.checks.values import Case

questions = Questions("lab3_vae")


# --- 1 -----------------------------------------------------------------------------------------


def half(terms):
    return terms.sum(-1) / 2


def kl(latent_mean, latent_log_var):
    return half(latent_mean**2 + np.exp(latent_log_var) - 1 - latent_log_var)


@questions.value(1, "kl_divergence", points=2)
class KlDivergence:
    reference = kl

    def cases(rng):
        for n, latents, dtype in ((5, 3, "float32"), (1, 4, "float64"), (4, 1, "float32")):
            yield Case(*rng.normal(0, 1, (2, n, latents)).astype(dtype))

    def gradients(latent_mean, latent_log_var):
        return {"latent_mean": latent_mean, "latent_log_var": (np.exp(latent_log_var) - 1) / 2}

    mistakes = {
        "minus": lambda m, v: -kl(m, v),
        "no_half": lambda m, v: 2 * kl(m, v),
        "minus_no_half": lambda m, v: -2 * kl(m, v),
        "mean_over_latents": [
            lambda m, v: kl(m, v).mean() / m.shape[1],
            *(lambda m, v, factor=factor: factor * kl(m, v) / m.shape[1] for factor in (1, -1, 2)),
        ],
        "half_twice": lambda m, v: kl(m, v) / 2,
        "over_batch_size": lambda m, v: kl(m, v) / len(m),
        "as_log_sigma": lambda m, v: half(m**2 + np.exp(2 * v) - 1 - 2 * v),
        "variance_squared": lambda m, v: half(m**2 + np.exp(2 * v) - 1 - v),
        "log_doubled": lambda m, v: half(m**2 + np.exp(v) - 1 - 2 * v),
        "sigma_for_variance": lambda m, v: half(m**2 + np.exp(v / 2) - 1 - v),
        "not_finite": lambda m, v: half(m**2 + np.abs(v) - 1 - np.log(np.abs(v))),
        "as_sigma": lambda m, v: half(m**2 + v**2 - 1 - np.log(v**2)),
        "no_one": lambda m, v: half(m**2 + np.exp(v) - v),
        "plus_one": lambda m, v: half(m**2 + np.exp(v) + 1 - v),
        "one_once": lambda m, v: half(m**2 + np.exp(v) - v) - 0.5,
        "log_added": lambda m, v: half(m**2 + np.exp(v) - 1 + v),
        "mean_not_squared": [
            lambda m, v: half(m + np.exp(v) - 1 - v),
            lambda m, v: half(np.abs(m) + np.exp(v) - 1 - v),
        ],
        "no_mean": lambda m, v: half(np.exp(v) - 1 - v),
        "no_variance": lambda m, v: half(m**2 - 1 - v),
        "no_log": lambda m, v: half(m**2 + np.exp(v) - 1),
        "mean_subtracted": lambda m, v: half(-(m**2) + np.exp(v) - 1 - v),
        "variance_subtracted": lambda m, v: half(m**2 - np.exp(v) - 1 - v),
        "other_way_round": lambda m, v: half((1 + m**2) / np.exp(v) - 1 + v),
        "means_summed_first": lambda m, v: m.sum(-1) ** 2 / 2 + kl(0, v),
        "half_of_one_term": [
            lambda m, v: 2 * half(m**2 + np.exp(v) - 1 - v / 2),
            lambda m, v: 2 * half(m**2 / 2 + np.exp(v) - 1 - v),
        ],
        "half_of_two_terms": [
            lambda m, v: half(m**2 + np.exp(v) - 2 - 2 * v),
            lambda m, v: half(2 * m**2 + 2 * np.exp(v) - 1 - v),
        ],
        "in_bits": lambda m, v: kl(m, v) / np.log(2),
        "places": lambda m, v: kl(v, m),
        "means_alone": lambda m, v: half(m**2),
        "not_summed": lambda m, v: (m**2 + np.exp(v) - 1 - v) / 2,
        "over_the_batch": lambda m, v: kl(m.T, v.T),
        "two_results": lambda m, v: np.stack([kl(m, v), kl(m, v)]),
        "each_with_each": lambda m, v: kl(m, v)[:, None] + kl(m, v),
    }


# --- 2 -----------------------------------------------------------------------------------------


@questions.value(2, "reparameterize", points=2)
class Reparameterize:
    keeps_type = True

    def cases(rng):
        m, v, e = rng.normal(0, 1, (3, 5, 3)).astype("float32")
        yield from (Case(m, v, e), Case(m, v, e), Case(m, v, 0 * e))
        yield Case(*rng.normal(0, 1, (3, 1, 2)))

    def reference(latent_mean, latent_log_var, noise):
        return latent_mean + np.exp(latent_log_var / 2) * noise

    def gradients(m, v, e):
        return {"latent_mean": np.ones_like(m), "latent_log_var": np.exp(v / 2) * e / 2}

    def otherwise(cases, results):
        """Whether it looks at the noise: the same mean with the same noise again, and with none."""
        pairs = zip(cases, results, strict=True)
        same = [result for case, result in pairs if case[0] is cases[0][0]]
        if len(same) == 3 and (not agree(same[0], same[1]) or agree(same[0], same[2])):
            return "drawn_inside", {}
        return None

    mistakes = {
        "variance": lambda m, v, e: m + np.exp(v) * e,
        "log_variance": lambda m, v, e: m + v * e,
        "no_exp": lambda m, v, e: m + v / 2 * e,
        "exp_of_twice": lambda m, v, e: m + np.exp(2 * v) * e,
        "half_outside": lambda m, v, e: m + 0.5 * np.exp(v) * e,
        "exponent_negative": lambda m, v, e: m + np.exp(-v / 2) * e,
        "half_twice": lambda m, v, e: m + 0.5 * np.exp(v / 2) * e,
        "noise_subtracted": lambda m, v, e: m - np.exp(v / 2) * e,
        "no_sigma": lambda m, v, e: m + e,
        "no_noise": lambda m, v, e: m + np.exp(v / 2),
        "noise_added": lambda m, v, e: m + np.exp(v / 2) + e,
        "mean_multiplied": lambda m, v, e: m * np.exp(v / 2) * e,
        "no_mean": lambda m, v, e: np.exp(v / 2) * e,
        "noise_on_mean": lambda m, v, e: m * e + np.exp(v / 2),
        "brackets": lambda m, v, e: (m + np.exp(v / 2)) * e,
        "noise_smaller": lambda m, v, e: m + 0.1 * np.exp(v / 2) * e,
        "noise_squared": lambda m, v, e: m + np.exp(v / 2) * e**2,
        "mean_alone": lambda m, v, e: m,
        "places_of_noise": lambda m, v, e: e + np.exp(v / 2) * m,
        "places": lambda m, v, e: v + np.exp(m / 2) * e,
        "one_row": lambda m, v, e: m + np.exp(v / 2) * e[:1],
        "one_column": lambda m, v, e: m + np.exp(v / 2) * e[:, :1],
        "latents_summed": lambda m, v, e: (m + np.exp(v / 2) * e).sum(1),
        "three_arrays": lambda m, v, e: np.stack([m, v, e]),
    }


# --- 3 -----------------------------------------------------------------------------------------

EXAMPLES = 2_000


def shares(n):
    return (np.arange(n) + 0.5) / n


@questions.ask(3, "Sampling", points=2)
def sampling(answers, rng):
    m, v = np.array([1.0, -2.0, 0.5]), np.log([0.25, 4.0, 1.0])
    inputs = [np.tile(value, (EXAMPLES, 1)) for value in (m, v)]
    report = answers.drive("draws", "Sampling", seeds=[5, 6], inputs=inputs, calls=2)
    if not report["is_layer"]:
        raise Wrong("layer_expects", f"a value of type {report['kind']}", "no_layer")
    if "first" in report:
        found = numbers(report["first"], "expects", n=EXAMPLES)
        raise Wrong("expects", f"several, {brief(found)}", "three_arrays", n=EXAMPLES)
    first, again, other = report["plain"]["5"], report["compiled"]["5"], report["plain"]["6"]
    for draws in (first, again, other):
        shape(draws[0], (EXAMPLES, 3), "expects", [((EXAMPLES,), "latents_summed")], n=EXAMPLES)
        if not np.all(np.isfinite(draws)):
            raise Wrong("expects", "values that are not finite", "not_finite", n=EXAMPLES)
    if agree(first[0], inputs[0]):
        raise Wrong("expects", "the means, without any noise", "no_noise", n=EXAMPLES)
    noise = (first[0] - m) / np.exp(v / 2)
    repeats(noise, agree(*first, 1e-6))
    placed(first[0], m, v)
    fourth = np.mean(noise**4) / np.mean(noise**2) ** 2
    if not 2.5 < fourth < 3.5:
        raise Wrong("normal_expects", f"{fourth:.2g}", "not_normal")
    own_generator(report)
    if report["trainable"]:
        raise Wrong("untrained_expects", f"{report['trainable']}", "trained")
    single = [value[:1] for value in inputs]
    report = answers.drive("draws", "Sampling", seeds=[5], inputs=single, calls=1, dtype="float64")
    if report["dtype"] != "float64":
        raise Wrong("type_expects", report["dtype"], "type")
    return "verified"


def repeats(noise, again):
    """Wrong unless each latent of each example has drawn for itself; again: in two calls alike."""
    least = 1e-3 * np.sqrt(np.mean(noise**2))
    mistakes = {
        "noise_fixed": again and noise.std() < least,
        "same_for_examples": noise.std(0).mean() < least,
        "same_for_latents": noise.std(1).mean() < least,
        "draws_repeat": agree(*np.split(noise, 2)),
    }
    for mistake, made in mistakes.items():
        if made:
            raise Wrong("anew_expects", brief(noise[:3]), mistake)


NOISES = {  # what becomes of the noise
    "one_sign": np.abs,
    "uniform": ndtr,
    "uniform_both": lambda e: 2 * ndtr(e) - 1,
    "truncated": lambda e: 0.8796 * e,
}


def placed(drawn, m, v):
    """Wrong unless the draws have the means and standard deviations of the arguments."""
    mean, deviation, right = drawn.mean(0), drawn.std(0), np.exp(v / 2)
    spread = np.all(np.abs(deviation / right - 1) < 0.1)
    if spread and np.all(np.abs(mean - m) < 5 * right / np.sqrt(len(drawn))):
        return
    given = np.broadcast_arrays(m, v, ndtri(shares(len(drawn)))[:, None])
    ways = {name: way(*given) for name, way in Reparameterize.mistakes.items()}
    ways |= {name: m + right * way(given[2]) for name, way in NOISES.items()}
    fits = (
        name for name, each in ways.items() if each.shape == drawn.shape
        and np.all(np.abs(each.std(0) - deviation) < 0.08 * each.std(0) + 1e-3)
        and np.all(np.abs(each.mean(0) - mean) < 0.1 * each.std(0) + 1e-3)
    )  # fmt: skip
    factor = np.mean(deviation / right)
    seen = {
        "cut_off": max(np.mean(drawn == edge) for edge in (drawn.min(), drawn.max())) > 0.01,
        "rounded": agree(drawn, np.round(drawn), 1e-6),
        "spread_alike": np.ptp(deviation) < 0.1 * deviation.mean(),
        "not_centred": spread,
        "noise_scaled": np.ptp(deviation / right) < 0.1 * factor,
    }
    values = {"means": brief(m), "deviations": brief(right), "factor": factor}
    mistake = next(fits, next((name for name, made in seen.items() if made), "other_spread"))
    raise Wrong("spread_expects", f"{brief(mean)} and {brief(deviation)}", mistake, **values)


def own_generator(report):
    """Wrong unless draws go on from call to call and follow from the layer's seed."""
    plain, compiled = report["plain"], report["compiled"]
    for draws, expects, mistake in (
        (plain["5"], "new_expects", "same_at_each_call"),
        (compiled["5"], "new_compiled_expects", "drawn_once"),
    ):
        if agree(*draws, 1e-6):
            raise Wrong(expects, "the same draws twice", mistake)
    if agree(plain["5"][0], plain["6"][0], 1e-6):
        raise Wrong("by_seed_expects", "the same draws", "seed_not_used")
    if not agree(plain["5"], compiled["5"]):
        mistake = "other_generator" if report["variables"] else "no_generator"
        raise Wrong("same_seed_expects", "different ones", mistake)
    if not report["variables"]:
        raise Wrong("state_expects", "no variable in the layer", "state_unknown")


# --- 4 and 5 -----------------------------------------------------------------------------------


def pair_of_outputs(outputs):
    """Two outputs (2, n, latents) side by side, (n, 2 latents); Wrong where they are not two."""
    if outputs.ndim != 3 or len(outputs) != 2:
        mistake = "one_output" if outputs.ndim == 2 else "not_flattened"
        if outputs.ndim == 3 and len(outputs) == 3:
            mistake = "three_outputs"
        raise Wrong("pair_expects", f"outputs of shape {outputs.shape}", mistake)
    if agree(*outputs, 1e-6):
        raise Wrong("different_expects", "the same numbers twice", "one_layer_twice")
    return np.concatenate(list(outputs), axis=-1)


@questions.ask(4, "build_encoder", points=1)
def build_encoder(answers, rng):
    x, y = rng.normal(0, 1, (2, 28, 28, 1))
    inputs = np.stack([x, y, x + y, 0 * x, 100 * x, 100 * y])
    for latents in (7, 2):  # of two saturated values a sigmoid's may sum to 1 as a softmax's do
        shapes = {"fixed_size": lambda size: len(size) == 1}
        report = network(answers, "build_encoder", [latents], inputs, (2 * latents,), shapes,
                         joined=pair_of_outputs)  # fmt: skip
        not_too_many(report)
        scaled = report["outputs_scaled"]
        no_final_activation(scaled[:, :latents], "means_expects")
        no_final_activation(scaled[:, latents:], "log_variances_expects")
        nonlinear(scaled)
    return "verified"


@questions.ask(5, "build_decoder", points=1)
def build_decoder(answers, rng):
    for latents in (2, 7):
        x, y = rng.normal(0, 1, (2, latents))
        inputs = np.stack([x, y, x + y, 0 * x, 1000 * x, 1000 * y])
        shapes = {
            "no_channels": lambda size: size == (28, 28),
            "in_a_row": lambda size: size == (784,),
            "many_channels": lambda size: size[:-1] == (28, 28),
            "latents_back": lambda size, latents=latents: size == (latents,),
        }
        report = network(answers, "build_decoder", [latents], inputs, (28, 28, 1), shapes)
        not_too_many(report)
        no_final_activation(report["outputs_scaled"])
        nonlinear(report["outputs_scaled"])
    return "verified"


# --- 6 -----------------------------------------------------------------------------------------

PIXELS = 1, 2, 3  # axes of an image


def cross_entropy(x, logits):
    """Binary cross-entropy of pixels from logits, in nats, not yet summed."""
    return softplus(logits) - x * logits


def as_probability(x, logits):
    """The cross-entropy where logits are taken for probabilities, as Keras clips these."""
    p = np.clip(logits.astype("float32"), 1e-7, 1 - 1e-7)
    return -(x * np.log(p) + (1 - x) * np.log(1 - p))


@questions.value(6, "negative_elbo", points=2)
class NegativeElbo:
    def cases(rng):
        for n, side, dtype in ((4, 6, "float32"), (1, 12, "float64")):
            x = (rng.random((n, side, side, 1)) < 0.4).astype(dtype)
            x[:, 0] = rng.random((n, side, 1))  # grey pixels are allowed as well
            given = x, rng.normal(0, 2, x.shape).astype(dtype)
            given += tuple(rng.normal(0, 1, (2, n, 3)).astype(dtype))
            yield from (Case(*given, beta) for beta in (2.0, 0.0, 1.0, 4.0))
        yield Case(*given, otherwise="default")
        x, logits = np.zeros((2, 1, 3, 3, 1), "float32")
        x[0, 0, :2], logits[0, :, :, 0] = 1, [[100, -100, 1], [100, -100, -1], [-100, 100, 1]]
        yield Case(x, logits, *np.zeros((2, 1, 2), "float32"), otherwise="extreme")

    def reference(
        images, logits, latent_mean, latent_log_var, beta=1.0,
        pixels=cross_entropy, divergence=kl, weight=float,
    ):  # fmt: skip
        reconstruction = pixels(images, logits).sum(PIXELS)
        return reconstruction + weight(beta) * divergence(latent_mean, latent_log_var)

    def gradients(x, logits, m, v, beta):
        return {"logits": sigmoid(logits) - x, "latent_mean": beta * m,
                "latent_log_var": beta * (np.exp(v) - 1) / 2}  # fmt: skip

    mistakes = {
        # of the reconstruction
        "reconstruction_halved": {"pixels": lambda x, z: cross_entropy(x, z) / 2},
        "logits_turned": {"pixels": lambda x, z: cross_entropy(x, -z)},
        "image_added": {"pixels": lambda x, z: softplus(z) + x * z},
        "reconstruction_of_batch": [
            {"pixels": lambda x, z, n=n: cross_entropy(x, z).sum() / n(z) / z[0].size + 0 * z}
            for n in (lambda z: 1, len, np.size)
        ],
        "reconstruction_negative": {"pixels": lambda x, z: -cross_entropy(x, z)},
        "mean_over_pixels": [
            {"pixels": lambda x, z, of=of: cross_entropy(x, z) / of(z)}
            for of in (lambda z: z[0].size, lambda z: -z[0].size, lambda z: len(z[0]))
        ],
        "as_probability": {"pixels": as_probability},
        "sigmoid_twice": {"pixels": lambda x, z: cross_entropy(x, sigmoid(z))},
        "images_for_logits": {"pixels": lambda x, z: cross_entropy(z, x)},
        "no_image": {"pixels": lambda x, z: softplus(z)},
        "images_rounded": {"pixels": lambda x, z: cross_entropy(np.round(x), z)},
        "fixed_784": {"pixels": lambda x, z: cross_entropy(x, z) * 784 / z[0].size},
        "white_alone": {"pixels": lambda x, z: x * softplus(-z)},
        "squared_error": [
            {"pixels": lambda x, z: (x - sigmoid(z)) ** 2},
            {"pixels": lambda x, z: (x - sigmoid(z)) ** 2 / z[0].size},
            {"pixels": lambda x, z: (x - z) ** 2},
        ],
        "reconstruction_in_bits": {"pixels": lambda x, z: cross_entropy(x, z) / np.log(2)},
        "pixels_not_summed": [
            lambda x, z, *rest: cross_entropy(x, z),
            lambda x, z, *rest: cross_entropy(x, z)[..., 0],
            lambda x, z, *rest: cross_entropy(x, z).sum(1)[..., 0],
            lambda x, z, *rest: cross_entropy(x, z).sum(1),
        ],
        # of beta
        "default": [
            lambda x, z, m, v, beta=default: cross_entropy(x, z).sum(PIXELS) + beta * kl(m, v)
            for default in (0.0, 0.1, 0.5, 2.0, 4.0, 10.0)
        ],
        "no_divergence": {"weight": lambda beta: 0},
        "beta_not_used": {"weight": lambda beta: 1},
        "beta_squared": {"weight": lambda beta: beta**2},
        "beta_root": {"weight": np.sqrt},
        "beta_divides": {"weight": lambda beta: 1 / beta},
        "beta_on_reconstruction": lambda x, z, m, v, beta=1.0: (
            beta * cross_entropy(x, z).sum(PIXELS) + kl(m, v)
        ),
        "beta_on_both": lambda x, z, m, v, beta=1.0: (
            beta * (cross_entropy(x, z).sum(PIXELS) + kl(m, v))
        ),
        # of the divergence
        "divergence_of_batch": [
            {"divergence": lambda m, v: kl(m, v).mean()},
            {"divergence": lambda m, v: kl(m, v).sum()},
        ],
        **{name: [{"divergence": way} for way in ([ways] if callable(ways) else ways)]
           for name, ways in KlDivergence.mistakes.items()},
        # of both
        "each_with_each": lambda x, z, m, v, beta=1.0: (
            cross_entropy(x, z).sum(PIXELS)[:, None] + beta * kl(m, v)
        ),
    }  # fmt: skip


# --- 7 -----------------------------------------------------------------------------------------

SIDE, LATENTS, BATCH = 4, 2, 4
RATE = 0.01
QUIET = -20.0  # a log variance: the standard deviation is 0.00005, and the noise nothing
TRACKED = "negative_elbo", "reconstruction", "kl"


def linear_vae(rng, log_var):
    """Weights of a small linear autoencoder whose log variance is the same for all images."""
    pixels = SIDE * SIDE

    def normal(deviation, *size):
        return rng.normal(0, deviation, size).astype("float32")

    log_var = [np.zeros((pixels, LATENTS), "float32"), np.full(LATENTS, log_var, "float32")]
    return {
        "mean": [normal(0.4, pixels, LATENTS), normal(0.3, LATENTS)],
        "log_var": log_var,
        "decoder": [normal(0.8, LATENTS, pixels), normal(0.3, pixels)],
    }


def binary_images(rng, n):
    return (rng.random((n, SIDE, SIDE, 1)) < 0.5).astype("float32")


def terms(weights, images, noise=0.0):
    """Reconstruction and KL of each image, (n,) each, with this noise; and logits, latents."""
    x = images.reshape(len(images), -1).astype("float64")
    mean, log_var = (x @ kernel + bias for kernel, bias in (weights["mean"], weights["log_var"]))
    latents = mean + np.exp(log_var / 2) * noise
    logits = latents @ weights["decoder"][0] + weights["decoder"][1]
    return cross_entropy(x, logits).sum(1), kl(mean, log_var), logits, latents


def descended(weights, images, beta, factor=1, steps=1, trained=("mean", "log_var", "decoder"),
              through_latents=True):  # fmt: skip
    """Weights after steps of plain gradient descent on the mean loss, the noise being nothing.

    Args:
        factor: float, of the gradients; trained: names of the networks that move.
        through_latents: bool, whether gradients get from the decoder to the encoder.
    """
    x, weights = images.reshape(len(images), -1).astype("float64"), as_steps(weights)
    for _ in range(steps):
        _, _, logits, mean = terms(weights, images)
        by_logits = (sigmoid(logits) - x) / len(x)
        by_mean = beta * mean / len(x)
        by_mean += through_latents * by_logits @ weights["decoder"][0].T
        variance = np.exp(weights["log_var"][1])
        by_log_var = np.tile(beta * (variance - 1) / 2 / len(x), (len(x), 1))
        by = {"mean": (x, by_mean), "log_var": (x, by_log_var), "decoder": (mean, by_logits)}
        for name in trained:
            inputs, gradient = by[name]
            kernel, bias = weights[name]
            step = RATE * factor
            weights[name] = [kernel - step * inputs.T @ gradient, bias - step * gradient.sum(0)]
    return weights


@questions.ask(7, "VAE", points=3)
def vae(answers, rng):
    beta, images = 3.0, binary_images(rng, 3 * BATCH)
    quiet, noisy = linear_vae(rng, log_var=QUIET), linear_vae(rng, log_var=2.0)
    batch, copies = images[:BATCH], np.repeat(images[:1], 50 * BATCH, axis=0)
    runs = [
        {"weights": quiet, "images": batch, "learning_rate": RATE, "epochs": 1},
        {"weights": quiet, "images": images, "learning_rate": 0.0, "epochs": 2},
        {"weights": noisy, "images": copies, "learning_rate": 0.0, "epochs": 2},
    ]
    report = answers.drive("vae_training", "VAE", beta=beta, seed=1, batch=BATCH, runs=runs)
    if not report["is_model"]:
        raise Wrong("model_expects", f"a value of type {report['kind']}", "not_derived")
    step, epochs, drawn = report["runs"]
    right_terms(step["tested"], terms(quiet, batch), beta, "tested_expects")
    before, after_test = as_steps(quiet), listed(step["after_test"])
    pairs = ((after_test[name], before[name]) for name in before)
    if not all(agree(new, old, 1e-6) for pair in pairs for new, old in zip(*pair, strict=True)):
        raise Wrong("untouched_expects", "other weights after the test", "test_trains")
    if not step["steps"]:
        raise Wrong("optimizer_expects", "none", "nothing_moves")
    after = listed(step["after"])
    moved_right(before, after, batch, beta)
    r, k = (values.mean() for values in terms(after, batch)[:2])
    trained = last_of(step["history"])
    right_terms(trained, terms(quiet, batch), beta, "trained_expects", [([r + k, r, k], "again")])
    if not all(report["training"]["fit"]):
        raise Wrong("for_training_expects", "training=False", "training_not_said")
    if any(report["training"]["test"]):
        raise Wrong("for_use_expects", "training=True", "test_for_training")
    means_of_epochs(epochs, terms(quiet, images))
    with_noise(drawn, noisy, copies, rng)
    return "verified"


def last_of(history):
    return {name: values[-1] for name, values in history.items()}


def right_terms(found, right, beta, expects, slips=()):
    """Wrong unless the tracked values are the means of these terms, with beta 1."""
    found = returned_values(found, TRACKED)
    r, k = (values.mean() for values in right[:2])
    mistakes = {
        "tracked_with_beta": ([r + beta * k, r, k], [r + beta * k, r + (beta - 1) * k, k]),
        "kl_times_beta": ([r + beta * k, r, beta * k], [r + k, r, beta * k]),
        "order": ([r, r + k, k], [r, k, r + k]),
        "places": ([r + k, k, r],),
        "three_bounds": ([r + k, r + k, r + k],),
        "no_beta_0": ([r + 2 * k, r + k, k], [r + k, r + k, k]),
        "not_updated": ([0, 0, 0],),
    }
    wrong = [(values, mistake) for mistake, ways in mistakes.items() for values in ways]
    wrong += [*slips, ([BATCH * (r + k), BATCH * r, BATCH * k], "batches_summed")]
    close(found, np.array([r + k, r, k]), expects, wrong, "other_terms", 1e-3)


def moved_right(before, after, images, beta):
    """Wrong unless plain gradient descent has moved every weight as it should."""
    replay = partial(descended, before, images, beta=beta)
    mistakes = {
        "nothing_moves": {"factor": 0},
        "decoder_still": {"trained": ("mean", "log_var")},
        "encoder_still": {"trained": ("decoder",)},
        "uphill": {"factor": -1},
        "summed_over_batch": {"factor": len(images)},
        "twice": [{"steps": 2}, {"factor": 2}],
        "beta_not_used": {"beta": 1.0},
        "no_kl": {"beta": 0.0},
        "beta_on_reconstruction": {"beta": 1 / beta, "factor": beta},
        "beta_on_both": {"beta": 1.0, "factor": beta},
        "kl_averaged": {"beta": beta / LATENTS},
        "pixels_averaged": {"beta": beta * SIDE**2, "factor": 1 / SIDE**2},
        "latents_cut_off": {"through_latents": False},
    }
    told = explained(after, before, replay, mistakes)
    if not told:
        return
    name, mistake = next((pair for pair in told.items() if pair[1]), (next(iter(told)), None))
    change, right = (brief((moved[name][1] - before[name][1])[:4]) for moved in (after, replay()))
    values = {"rate": RATE, "network": name, "right": right}
    raise Wrong("step_expects", change, mistake or "other_step", **values)


def means_of_epochs(run, right):
    """Wrong unless what is tracked is the mean over all batches of one epoch, in both steps."""
    bounds = right[0] + right[1]
    whole, last = bounds.mean(), bounds[-BATCH:].mean()
    for expects, found in (
        ("epochs_expects", run["history"]["negative_elbo"]),
        ("epoch_tested_expects", [run["tested"]["negative_elbo"]]),
    ):
        same = np.ones(len(found))
        slips = [(last * same, "last_batch"), (3 * whole * same, "batches_summed")]
        close(np.float64(found), whole * same, expects, slips, "not_anew", 1e-3)


def with_noise(run, weights, images, rng):
    """Wrong unless latents are drawn, in training and in tests; all images are the same."""
    first, second = run["history"]["reconstruction"]
    at_mean = terms(weights, images[:1])[0][0]
    if abs(first - second) < 1e-5 * abs(first) and abs(first - at_mean) > 1e-3:
        raise Wrong("other_noise_expects", "the same in two epochs", "drawn_once")
    many = np.repeat(images[:1], 50_000, axis=0)
    drawn = terms(weights, many, rng.standard_normal((50_000, LATENTS)))[0]
    error = drawn.std() / np.sqrt(len(images))
    for expects, found in (
        ("noise_tested_expects", run["tested"]["reconstruction"]),
        ("noise_trained_expects", first),
    ):
        if abs(found - drawn.mean()) > 6 * error:
            at_the_mean = abs(found - at_mean) < 1e-3 * abs(at_mean)
            mistake = "mean_decoded" if at_the_mean else "not_drawn"
            raise Wrong(expects, f"{found:.4g} nats", mistake, right=f"{drawn.mean():.4g} nats")


# --- 8 -----------------------------------------------------------------------------------------


def softmax(logits):
    powers = np.exp(logits)
    return powers / powers.sum(axis=(-2, -1), keepdims=True)


@questions.value(8, "latent_grid", points=1)
class LatentGrid:
    tolerance = 1e-3

    def cases(rng):
        for side in (3, 6):
            yield Case(side, *(rng.normal(0, 0.5, size).astype("float32")
                               for size in ((2, 784), 784)))  # fmt: skip

    def call(answers, name, case):
        side, *decoder = case
        report = answers.drive("with_decoder", name, decoder=decoder, shape=[28, 28, 1],
                               arguments=[side])  # fmt: skip
        if report["calls"] != 1 and np.shape(report["result"]) == (side, side, 28, 28):
            raise Wrong("one_call_expects", f"{report['calls']} calls", "many_calls")
        return report["result"]

    def reference(
        side, kernel, bias, latents=lambda side: ndtri(shares(side)),
        along=True, up=True, turned=False, end=sigmoid,
    ):  # fmt: skip
        """along, up: where the first and the second grow; turned: whether they change places."""
        steps = latents(side)
        pair = np.meshgrid(steps if along else steps[::-1], steps[::-1] if up else steps)
        latents = np.stack(pair[::-1] if turned else pair, -1)
        return end((latents @ kernel + bias).reshape(side, side, 28, 28))

    mistakes = {
        "logits": {"end": lambda z: z},
        "sigmoid_twice": {"end": lambda z: sigmoid(sigmoid(z))},
        "exchanged": {"end": lambda z: sigmoid(-z)},
        "to_255": {"end": lambda z: 255 * sigmoid(z)},
        "rounded": {"end": lambda z: np.round(sigmoid(z))},
        "pixels_turned": {"end": lambda z: sigmoid(z).swapaxes(2, 3)},
        "softmax": {"end": softmax},
        "upside_down": {"up": False},
        "first_runs_down": {"turned": True, "up": False},
        "places": {"turned": True},
        "both_wrong_way": {"along": False, "up": False},
        "first_backwards": {"along": False},
        "even": [
            {"latents": lambda side, end=end: np.linspace(-end, end, side), "turned": t, "up": u}
            for end in (1, 1.5, 2, 2.5, 3, 4) for t in (False, True) for u in (True, False)
        ],
        "cdf": {"latents": lambda side: ndtr(shares(side))},
        "shares_themselves": {"latents": shares},
        "other_shares": [
            {"latents": lambda side: ndtri(np.linspace(0.05, 0.95, side))},
            {"latents": lambda side: ndtri(np.linspace(0.01, 0.99, side))},
            {"latents": lambda side: ndtri(np.arange(1, side + 1) / (side + 1))},
        ],
        "channels_left": {"end": lambda z: sigmoid(z)[..., None]},
        "one_axis": [
            {"end": lambda z: sigmoid(z).reshape(-1, 28, 28)},
            {"end": lambda z: sigmoid(z).reshape(-1, 28, 28, 1)},
        ],
        "squeezed": {"end": lambda z: sigmoid(z).squeeze()},
        "one_picture": {"end": lambda z: sigmoid(z).swapaxes(1, 2).reshape(28 * len(z), -1)},
        "latents_back": lambda side, kernel, bias: np.zeros((side**2, 2)),
    }  # fmt: skip


# --- 9 -----------------------------------------------------------------------------------------


@questions.value(9, "outlier_score", points=1)
class OutlierScore:
    tolerance = 1e-3

    def cases(rng):
        for n in (6, 1):
            images = binary_images(rng, n)
            yield Case(linear_vae(rng, log_var=QUIET), images)

    def call(answers, name, case):
        weights, images = case
        return answers.drive("with_vae", name, weights=weights, beta=3.0, images=images)

    def reference(weights, images, score=lambda r, k, x, z, m: r + k):
        """score: of reconstruction, KL, pixels, logits and mean."""
        r, k, logits, mean = terms(weights, images)
        return score(r, k, images.reshape(len(images), -1), logits, mean)

    mistakes = {
        "no_kl": {"score": lambda r, k, *_: r},
        "no_reconstruction": {"score": lambda r, k, *_: k},
        "beta": {"score": lambda r, k, *_: r + 3 * k},
        "pixels_mean_no_kl": {"score": lambda r, k, *_: r / SIDE**2},
        "pixels_mean": {"score": lambda r, k, *_: (r + k) / SIDE**2},
        "reconstruction_mean": {"score": lambda r, k, *_: r / SIDE**2 + k},
        "kl_subtracted": {"score": lambda r, k, *_: r - k},
        "squared_error": {"score": lambda r, k, x, z, m: ((x - sigmoid(z)) ** 2).sum(1)},
        "likelihood": {"score": lambda r, k, *_: np.exp(-r - k)},
        "not_logits": {"score": lambda r, k, x, z, m: cross_entropy(x, sigmoid(z)).sum(1) + k},
        "true_or_false": {"score": lambda r, k, *_: r + k > np.mean(r + k)},
        "scaled": {"score": lambda r, k, *_: (r + k - np.mean(r + k)) / np.std(r + k)},
        "places": {"score": lambda r, k, x, z, m: r + kl(np.full_like(m, QUIET), m)},
        "two_results": {"score": lambda r, k, *_: np.stack([r, k])},
        "each_with_each": {"score": lambda r, k, *_: r[:, None] + k},
    }
