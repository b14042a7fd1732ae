"""Checks of lab 3, the variational autoencoder (Kingma and Welling 2014)."""

import numpy as np

from utils.checks import Questions
from utils.checks.compare import Wrong, agree, brief, close, numbers, sentence, shape
from utils.checks.losses import in_graph, sigmoid, softplus
from utils.checks.networks import (
    network,
    no_final_activation,
    nonlinear,
    not_too_many,
)
from utils.checks.steps import listed

questions = Questions("lab3_vae")


def per_example(found, n, what, expected, slips, further=()):
    """Wrong unless there is one number for each of n examples; a single number is explained.

    Args:
        expected: array (n,), the right numbers.
        slips: pairs of (array (n,), what leads there), looked for in sums and means.
        further: pairs of (shape, what leads there).
    """
    if found.shape == ():
        means = [(expected, "keep one number for each example.")]
        means += [(wrong, said) for wrong, said in slips if np.shape(wrong) == (n,)]
        for values, said in means:
            for name, over in (("sum", np.sum), ("mean", np.mean)):
                if agree(found, over(values), 1e-3):
                    slip = f"One number comes back, a {name} over the batch. "
                    raise Wrong(f"{what}, shape ({n},)", brief(found), slip + sentence(said))
        slip = "One number comes back: keep one for each example, without a sum over axis 0."
        raise Wrong(f"{what}, shape ({n},)", brief(found), slip)
    shape(
        found,
        (n,),
        what,
        [
            *further,
            ((2, n), "Two results come back: return one number for each example."),
            ((n, 1), "Sum without keepdims: the shape is (batch,)."),
            ((1,), "The sum runs over the batch as well: keep one number for each example."),
            (
                (n, n),
                "Shapes (batch,) and (batch, 1) were combined: sum over every other "
                "axis, and leave keepdims out.",
            ),
        ],
    )


# --- 1 -----------------------------------------------------------------------------------------


def kl(mean, log_var):
    return 0.5 * np.sum(mean**2 + np.exp(log_var) - 1 - log_var, axis=-1)


AS_VARIANCE = (
    "The log variance is used as if it were the variance: take exp of it, and no logarithm."
)


def kl_slips(m, v):
    """What the usual mistakes make of mean and log variance, and their names."""
    right, latents = kl(m, v), m.shape[-1]

    def half(terms):
        return 0.5 * np.sum(terms, axis=-1)

    e = np.exp(v)
    with np.errstate(all="ignore"):  # a logarithm of a log variance need not exist
        return [
            (-right, "The sign is turned round: a divergence is never negative."),
            (2 * right, "The factor 1/2 is missing."),
            (right / latents, "This is the mean over the latents: take their sum."),
            (-right / latents, "This is minus the mean over the latents: take plus the sum."),
            (2 * right / latents, "The mean over the latents, without the 1/2: half of the sum."),
            (-2 * right, "The sign is turned round, and the factor 1/2 is missing."),
            (right / 2, "The factor 1/2 is there twice."),
            (right / len(m), "Nothing is averaged over the batch: leave its size out."),
            (
                half(m**2 + e**2 - 1 - 2 * v),
                "The log variance is taken for the log of the standard deviation: exp of it is "
                "the variance already, and ln of the variance is it itself.",
            ),
            (half(m**2 + e**2 - 1 - v), "exp(latent_log_var) is the variance: don't square it."),
            (half(m**2 + e - 1 - 2 * v), "ln sigma^2 is latent_log_var itself, without a 2."),
            (
                half(m**2 + np.exp(v / 2) - 1 - v),
                "exp of half the log variance is the standard deviation: the variance is meant.",
            ),
            (
                half(m**2 + np.abs(v) - 1 - np.log(np.abs(v))),
                AS_VARIANCE,
            ),
            (half(m**2 + v**2 - 1 - np.log(v**2)), "It is used as the standard deviation."),
            (half(m**2 + e - v), "The - 1 is missing: for the prior itself the KL is 0."),
            (half(m**2 + e + 1 - v), "It is - 1, not + 1: for the prior itself the KL is 0."),
            (half(m**2 + e - 1 + v), "The log variance is subtracted, not added."),
            (half(m + e - 1 - v), "The mean is not squared."),
            (half(np.abs(m) + e - 1 - v), "The mean is squared, not its absolute value taken."),
            (half(e - 1 - v), "The square of the mean is missing."),
            (half(m**2 - 1 - v), "The variance, exp(latent_log_var), is missing."),
            (half(m**2 + e - 1), "The logarithm of the variance is missing: subtract it."),
            (half(-(m**2) + e - 1 - v), "The square of the mean has the wrong sign: add it."),
            (half(m**2 - e - 1 - v), "The variance has the wrong sign: add it."),
            (
                half((1 + m**2) / e - 1 + v),
                "This is the divergence the other way round, of the prior from q.",
            ),
            (
                0.5 * (np.sum(m, axis=-1) ** 2 + np.sum(e - 1 - v, axis=-1)),
                "The means are summed, then squared: square first.",
            ),
            (
                0.5 * (np.sum(m**2 + e - v, axis=-1) - 1),
                "The - 1 is there once: it belongs to every latent.",
            ),
            (np.sum(m**2 + e - 1 - v / 2, axis=-1), "The factor 1/2 stands before one term alone."),
            (np.sum(m**2 / 2 + e - 1 - v, axis=-1), "The factor 1/2 stands before one term alone."),
            (right / np.log(2), "These are bits: nats use the natural logarithm."),
            (kl(v, m), "Mean and log variance have changed places."),
            (np.sum(m**2, axis=-1) / 2, "Only the means count here: the variances are missing."),
            (half((m**2 + e - 1 - v) ** 2), "The terms are squared: only the mean is."),
        ]


@questions.ask(1, "kl_divergence", points=2)
def kl_divergence(answers, rng):
    for n, latents, dtype in ((5, 3, "float32"), (1, 4, "float64"), (4, 1, "float32")):
        m, v = rng.normal(0, 1, (2, n, latents)).astype(dtype)
        m64, v64 = m.astype("float64"), v.astype("float64")
        expected, slips = kl(m64, v64), kl_slips(m64, v64)
        what = f"for {n} examples of {latents} latents ({dtype}), divergences in nats"
        found = numbers(answers.call("kl_divergence", m, v), what)
        further = [
            ((n, latents), "Nothing is summed: sum over the latents, axis 1."),
            ((latents,), "The sum runs over the batch: sum over the latents, axis 1."),
        ]
        per_example(found, n, what, expected, slips, further[: 1 if n == 1 else 2])
        close(
            found,
            expected,
            what,
            slips if latents > 1 else [],  # with one latent, a mean is a sum
            otherwise="Half the sum over latents of mean squared + variance - 1 - log variance.",
            not_finite=AS_VARIANCE,
        )
    m, v = rng.normal(0, 1, (2, 3, 2)).astype("float32")
    gradients = {0: ("latent_mean", m), 1: ("latent_log_var", (np.exp(v) - 1) / 2)}
    in_graph(answers, "kl_divergence", [m, v], kl(m, v), gradients, "divergences in nats")
    return "three sizes, both types, one example, inside a compiled step with its gradients"


# --- 2 -----------------------------------------------------------------------------------------


AS_IT_IS = "use `noise` as it is."


def reparameterize_slips(m, v, e):
    """What the usual mistakes make of mean, log variance and noise, and their names."""
    with np.errstate(all="ignore"):
        return [
            (
                m + np.exp(v) * e,
                "exp(latent_log_var) is the variance: the noise is multiplied by the standard "
                "deviation, exp of half the log variance.",
            ),
            (m + v * e, "The log variance multiplies the noise: take exp of half of it."),
            (m + v / 2 * e, "The exp is missing: half the log variance is ln sigma."),
            (m + np.exp(2 * v) * e, "Half the log variance, not twice: exp(0.5 * ...)."),
            (m + 0.5 * np.exp(v) * e, "The 0.5 belongs inside the exp: it makes a root of it."),
            (m + np.exp(-v / 2) * e, "The sign of the exponent is turned round."),
            (m + 0.5 * np.exp(v / 2) * e, "The 0.5 is there twice: it belongs inside the exp."),
            (m - np.exp(v / 2) * e, "The noise is subtracted: add it."),
            (m + e, "The noise keeps standard deviation 1: multiply by exp(0.5 * log variance)."),
            (m + np.exp(v / 2), "The noise is missing: it multiplies the standard deviation."),
            (m + np.exp(v / 2) + e, "The noise is added to sigma: multiply them."),
            (m * np.exp(v / 2) * e, "The mean is multiplied: add it."),
            (np.exp(v / 2) * e, "The mean is missing."),
            (m * e + np.exp(v / 2), "The noise multiplies the mean: it multiplies sigma."),
            ((m + np.exp(v / 2)) * e, "Brackets: the noise multiplies sigma alone."),
            (m + 0.1 * np.exp(v / 2) * e, "The noise is made smaller: use it as it is."),
            (m + np.exp(v / 2) * e**2, "The noise is squared."),
            (m, "The mean comes back: the noise does nothing."),
            (e + np.exp(v / 2) * m, "Mean and noise have changed places."),
            (v + np.exp(m / 2) * e, "Mean and log variance have changed places."),
            (m + np.exp(v / 2) * e[:1], f"All examples get the same noise: {AS_IT_IS}"),
            (m + np.exp(v / 2) * e[:, :1], f"All latents get the same noise: {AS_IT_IS}"),
        ]


def reparameterized(m, v, e):
    return m + np.exp(v / 2) * e


@questions.ask(2, "reparameterize", points=2)
def reparameterize(answers, rng):
    for n, latents, dtype in ((5, 3, "float32"), (1, 2, "float64")):
        arguments = rng.normal(0, 1, (3, n, latents)).astype(dtype)
        m, v, e = arguments.astype("float64")
        what = f"for {n} examples of {latents} latents ({dtype}), the latents"
        found = numbers(answers.call("reparameterize", *arguments), what)
        shape(
            found,
            (n, latents),
            what,
            [
                ((n,), "The latents are summed: keep one number for each latent."),
                ((), "One number comes back: keep the shape of the arguments."),
                ((3, n, latents), "Three arrays come back: return the latents alone."),
            ],
        )
        expected = reparameterized(m, v, e)
        slips = reparameterize_slips(m, v, e)
        if not agree(found, expected) and np.all(np.isfinite(found)):
            silent = numbers(answers.call("reparameterize", *arguments[:2], 0 * arguments[2]), what)
            inside = "The noise is drawn inside: use the argument `noise`."
            slips += [(silent, inside)] if not agree(found, m) else []
            again = numbers(answers.call("reparameterize", *arguments), what)
            if not agree(found, again):
                raise Wrong(f"{what}: {brief(expected)}", "other numbers at each call", inside)
        close(
            found,
            expected,
            what,
            slips,
            otherwise="Mean plus standard deviation times noise.",
            not_finite="A root or logarithm of the log variance: take exp first, then the root, or "
            "exp of half of it.",
        )
    arguments = rng.normal(0, 1, (3, 3, 2)).astype("float32")
    m, v, e = arguments.astype("float64")
    gradients = {
        0: ("latent_mean", np.ones_like(m)),
        1: ("latent_log_var", np.exp(v / 2) * e / 2),
    }
    expected = reparameterized(m, v, e)
    in_graph(answers, "reparameterize", list(arguments), expected, gradients, "latents")
    arguments = list(rng.normal(0, 1, (3, 3, 2)))
    kind = answers.drive("in_graph", "reparameterize", arguments=arguments)["dtype"]
    if kind != "float64":
        slip = "The result has the type of the arguments: leave casts out."
        raise Wrong("float64 latents from float64 arguments", kind, slip)
    return "two sizes, both types, one example, gradients to mean and log variance"


# --- 3 -----------------------------------------------------------------------------------------

EXAMPLES = 2_000


@questions.ask(3, "Sampling", points=2)
def sampling(answers, rng):
    m = np.array([1.0, -2.0, 0.5])
    v = np.log(np.array([0.25, 4.0, 1.0]))
    inputs = [np.tile(each, (EXAMPLES, 1)) for each in (m, v)]
    report = answers.drive("draws", "Sampling", seeds=[5, 6], inputs=inputs, calls=2)
    if not report["is_layer"]:
        raise Wrong(
            "a Keras layer",
            f"a value of type {report['kind']}",
            "Derive the class from keras.layers.Layer.",
        )
    what = f"for {EXAMPLES} examples of 3 latents, draws"
    if "first" in report:
        shape(
            numbers(report["first"], what),
            (EXAMPLES, 3),
            what,
            [
                ((many, EXAMPLES, 3), "Several arrays come back: return the latents alone.")
                for many in (2, 3)
            ],
        )
    first, again = report["plain"]["5"], report["compiled"]["5"]
    other = report["plain"]["6"]
    none = "The noise has standard deviation 1 and is multiplied by exp(0.5 * latent_log_var)."
    for each in (first, again, other):
        shape(
            each[0],
            (EXAMPLES, 3),
            what,
            [
                ((EXAMPLES,), "One number for each example: draw for each latent."),
            ],
        )
        if not np.all(np.isfinite(each)):
            raise Wrong(what, "values that are not finite", none)
    noise = (first[0] - m) / np.exp(v / 2)
    if agree(first[0], inputs[0]):
        raise Wrong(what, "the means, without any noise", "Draw the noise in `call`.")
    repeats(noise, what)
    placed(first[0], m, v)
    kurtosis = np.mean(noise**4) / np.mean(noise**2) ** 2
    if not 2.5 < kurtosis < 3.5:
        slip = "Mean and spread are right and the shape is not: draw from keras.random.normal."
        raise Wrong("normal noise", f"a fourth moment of {kurtosis:.2g} instead of 3", slip)
    own_generator(report)
    if report["trainable"]:
        slip = "A seed generator's state is not trained, and nothing else is needed."
        raise Wrong("no trained weights", f"{report['trainable']}", slip)
    report = answers.drive(
        "draws", "Sampling", seeds=[5], inputs=[each[:1] for each in inputs], calls=1,
        dtype="float64",
    )  # fmt: skip
    if report["dtype"] != "float64":
        raise Wrong(
            "float64 latents from a layer made with dtype='float64'",
            report["dtype"],
            "Give the noise the type of the inputs, `dtype=latent_mean.dtype`, and hand "
            "**options on to super().__init__.",
        )
    return (
        "mean and spread of the draws, independent for each latent of each example, new at each "
        "call, decided by the layer's seed, also in a compiled step and in float64"
    )


def repeats(noise, what):
    """Wrong unless each latent of each example has drawn for itself."""
    spread = np.mean(noise**2)
    each_draw = "draw with the shape of latent_mean: one number for each latent of each example."
    if np.mean(np.std(noise, axis=0)) < 1e-3 * np.sqrt(spread):
        slip = f"All examples of a batch get the same noise: {each_draw}"
        raise Wrong(f"{what}, different from example to example", "the same row again", slip)
    if np.mean(np.std(noise, axis=1)) < 1e-3 * np.sqrt(spread):
        slip = f"All latents of an example get the same noise: {each_draw}"
        raise Wrong(f"{what}, independent from latent to latent", "one number for all", slip)
    halves = np.split(noise, 2)
    if agree(*halves, 1e-4):
        raise Wrong(f"{what}, all drawn anew", "draws that repeat", sentence(each_draw))


def placed(drawn, m, v):
    """Wrong unless the draws have the means and standard deviations of the arguments."""
    mean, deviation, right = drawn.mean(axis=0), drawn.std(axis=0), np.exp(v / 2)
    error = right / np.sqrt(len(drawn))
    found = f"means {brief(mean)}, standard deviations {brief(deviation)}"
    expected = f"means {brief(m)}, standard deviations {brief(right)}"
    if np.any(np.abs(deviation / right - 1) > 0.1):
        slip = "Use `reparameterize` with standard normal noise."
        with np.errstate(all="ignore"):
            for factor, said in (
                (np.exp(v), "The noise is multiplied by the variance: take the root of it."),
                (1 / right, "The sign of the exponent is turned round."),
                (1 + 0 * v, "The noise keeps standard deviation 1, whatever the variance."),
                (0.1 * right, "The noise has standard deviation 0.1: it is 1."),
                (np.abs(v), "The log variance multiplies the noise: take exp of half of it."),
                (np.abs(v) / 2, "The exp is missing: exp of half the log variance."),
                (right / np.sqrt(3), "The noise is uniform from -1 to 1: draw normal noise."),
                (right / np.sqrt(12), "The noise is uniform from 0 to 1: draw normal noise."),
                (right * 0.8796, "The normal distribution is cut off at 2 (truncated)."),
            ):
                if np.all(np.abs(deviation - factor) < 0.1 * np.abs(factor) + 1e-3):
                    slip = said
                    break
        if agree(mean, v, 0.2):
            slip = "Mean and log variance have changed places."
        elif np.all(np.abs(mean - m) > 0.65 * right):
            slip = "The noise has one sign only: leave abs and the like out."
        raise Wrong(expected, found, slip)
    if np.any(np.abs(mean - m) > 5 * error):
        slip = "The draws are not centred on the mean: add the mean, and draw noise around 0."
        if agree(mean, 0 * m, 0.2):
            slip = "The mean is missing: add it to the noise."
        raise Wrong(expected, found, slip)


def own_generator(report):
    """Wrong unless draws go on from call to call and follow from the layer's seed."""
    plain, compiled = report["plain"], report["compiled"]
    for how, each in (("", plain), (" inside a compiled function", compiled)):
        if agree(each["5"][0], each["5"][1], 1e-6):
            slip = (
                "A number given as `seed` draws the same each time. Make a "
                "keras.random.SeedGenerator in `__init__` and give that: its state moves on."
            )
            if how:
                slip = (
                    "The noise was drawn once, when the function was compiled: NumPy and Python "
                    "draw only then. Use keras.random.normal in `call`."
                )
            raise Wrong(f"new draws at each call{how}", "the same draws twice", slip)
    if agree(plain["5"][0], plain["6"][0], 1e-6):
        slip = "The seed is not used: give it to the generator, SeedGenerator(seed)."
        raise Wrong("other draws for another seed", "the same draws for seeds 5 and 6", slip)
    if not agree(plain["5"], compiled["5"], 1e-4):
        slip = (
            "The layer needs a generator of its own, made in `__init__` from `seed`: without one "
            "the global generator draws, and other code changes what comes."
        )
        if report["variables"]:
            slip = "Draw from the layer's own generator, made by SeedGenerator(seed), alone."
        raise Wrong("the same draws from two layers with seed 5", "different ones", slip)
    if not report["variables"]:
        slip = (
            "Keep a keras.random.SeedGenerator as an attribute: its state is a variable of the "
            "layer, so that a checkpoint saves it and a resumed run goes on with new noise."
        )
        raise Wrong("a generator whose state Keras knows", "no variable in the layer", slip)


# --- 4 and 5 -----------------------------------------------------------------------------------


def pair_of_outputs(outputs, what):
    """Two outputs (2, n, latents) side by side, (n, 2 latents); Wrong where they are not two."""
    pair = "`keras.Model(inputs, [latent_mean, latent_log_var])`"
    if outputs.ndim == 2:
        raise Wrong(
            f"{what}: a mean and a log variance",
            f"one output of shape {outputs.shape}",
            f"The model has one output: make two dense layers, {pair}.",
        )
    if outputs.ndim == 3 and len(outputs) == 3:
        raise Wrong(
            f"{what}: a mean and a log variance",
            "three outputs",
            f"The drawing has a place of its own, in VAE: return two, {pair}.",
        )
    if outputs.ndim == 3 and len(outputs) == 2:
        if agree(*outputs, 1e-6):
            raise Wrong(
                "mean and log variance, different numbers",
                "the same numbers twice",
                "One layer gives both: make a dense layer for each.",
            )
        return np.concatenate(list(outputs), axis=-1)
    raise Wrong(
        f"{what}: two arrays (n, latents)",
        f"an output of shape {outputs.shape}",
        f"End in one Dense(latent_size) for each output, on flattened images: {pair}.",
    )


@questions.ask(4, "build_encoder", points=1)
def build_encoder(answers, rng):
    x, y = rng.normal(0, 1, (2, 28, 28, 1))
    inputs = np.stack([x, y, x + y, 0 * x, 100 * x, 100 * y])
    for latents in (7, 2):  # of two saturated values a sigmoid's may sum to 1 as a softmax's do
        report = network(
            answers,
            "build_encoder",
            [latents],
            inputs,
            (2 * latents,),
            [((6, 2 * (9 - latents)), "The size is fixed: use `latent_size`.")],
            "`keras.Model(inputs, [latent_mean, latent_log_var])`: two rows of latent_size each.",
            joined=pair_of_outputs,
        )
        not_too_many(report, "Dense(256) twice needs a quarter of that.")
        scaled = report["outputs_scaled"]
        for name, part in (("means", scaled[:, :latents]), ("log variances", scaled[:, latents:])):
            no_final_activation(part, name)
        nonlinear(scaled, "an encoder")
    return "a mean and a log variance for each latent (2 and 7 of them), from layers of their own"


@questions.ask(5, "build_decoder", points=1)
def build_decoder(answers, rng):
    size = "End in Dense(28 * 28) and Reshape((28, 28, 1))."
    for latents in (2, 7):
        x, y = rng.normal(0, 1, (2, latents))
        inputs = np.stack([x, y, x + y, 0 * x, 1000 * x, 1000 * y])
        report = network(
            answers,
            "build_decoder",
            [latents],
            inputs,
            (28, 28, 1),
            [
                ((6, 28, 28), "The axis of channels is missing: images are 28 x 28 x 1."),
                ((6, 784), "The pixels are in a row: Reshape((28, 28, 1)) at the end."),
                *(
                    ((6, 28, 28, many), "Many channels come out: the last layer has one.")
                    for many in range(2, 300)
                ),
                ((6, latents), "The latents come back: build up an image from them."),
            ],
            f"The images are of another size. {size}",
        )
        not_too_many(
            report, "Dense(256) twice, then Dense(28 * 28), needs little over a quarter of that."
        )
        no_final_activation(report["outputs_scaled"], "logits")
        nonlinear(report["outputs_scaled"], "a decoder")
    return "logits of 28 x 28 x 1 from 2 and from 7 latents"


# --- 6 -----------------------------------------------------------------------------------------


def cross_entropy(x, logits):
    """Binary cross-entropy of pixels from logits, in nats, not yet summed."""
    return softplus(logits) - x * logits


def reconstruction_slips(x, logits, m, v):
    """What the usual mistakes make of the reconstruction, and their names."""
    pixels = (1, 2, 3)
    right, p = cross_entropy(x, logits).sum(pixels), sigmoid(logits)
    kept = np.clip(logits.astype("float32"), 1e-7, 1 - 1e-7)
    as_probability = -(x * np.log(kept) + (1 - x) * np.log(1 - kept))
    return [
        (0 * right, "The reconstruction is missing when beta is 0: beta stands before the KL."),
        (right / 2, "There is no factor 1/2 here."),
        (cross_entropy(x, -logits).sum(pixels), "The sign of the logits is turned round."),
        ((softplus(logits) + x * logits).sum(pixels), "The term with the image is subtracted."),
        (kl(m, v), "beta stands before the reconstruction: it belongs to the divergence."),
        (right + kl(m, v), "beta is not used: it stands before the divergence."),
        (right.sum() + 0 * right, "The sum runs over the batch as well: axes 1, 2 and 3."),
        (right.mean() + 0 * right, "The mean runs over the batch: one number for each image."),
        (-right, "The sign is turned round: the negative log-likelihood is positive."),
        (right / logits[0].size, "This is the mean over the pixels: take their sum."),
        (
            -right / logits[0].size,
            "The mean over the pixels, with the wrong sign: take plus the sum.",
        ),
        (right / logits.shape[1], "Along one axis of the image the mean is taken: sum over both."),
        (
            right.sum() / len(x) / logits[0].size + 0 * right,
            "The mean over everything: sum the pixels.",
        ),
        (
            as_probability.sum(pixels),
            "The logits are taken for probabilities: say `from_logits=True`.",
        ),
        (
            cross_entropy(x, p).sum(pixels),
            "The sigmoid acts twice: the loss takes logits, or probabilities, not both.",
        ),
        (cross_entropy(logits, x).sum(pixels), "Images and logits have changed places."),
        (softplus(logits).sum(pixels), "The term with the image is missing."),
        (
            cross_entropy(np.round(x), logits).sum(pixels),
            "The images are rounded: take grey values as they are.",
        ),
        (
            right * 784 / logits[0].size,
            "784 pixels are fixed: take the sum, and no mean times a number.",
        ),
        ((x * softplus(-logits)).sum(pixels), "Black pixels count as well: (1 - x) ln(1 - p)."),
        (((x - p) ** 2).sum(pixels), "This is the squared error: take the cross-entropy."),
        (
            ((x - logits) ** 2).sum(pixels),
            "This is the squared error of logits: the cross-entropy.",
        ),
        (((x - p) ** 2).mean(pixels), "This is the mean squared error: the cross-entropy."),
        (right / np.log(2), "These are bits: nats use the natural logarithm."),
    ]


@questions.ask(6, "negative_elbo", points=2)
def negative_elbo(answers, rng):
    for n, side, dtype in ((4, 6, "float32"), (1, 28, "float64")):
        x = (rng.random((n, side, side, 1)) < 0.4).astype(dtype)
        x[:, 0] = rng.random((n, side, 1))  # grey pixels are allowed as well
        logits = rng.normal(0, 2, x.shape).astype(dtype)
        m, v = rng.normal(0, 1, (2, n, 3)).astype(dtype)
        x64, l64, m64, v64 = (each.astype("float64") for each in (x, logits, m, v))
        right, divergence = cross_entropy(x64, l64).sum((1, 2, 3)), kl(m64, v64)
        slips = reconstruction_slips(x64, l64, m64, v64)
        what = f"for {n} images of {side} x {side} ({dtype}) and beta 0, the reconstruction"

        def bound(beta, what=what, given=(x, logits, m, v)):
            return numbers(answers.call("negative_elbo", *given, beta), what)

        found = bound(0.0)
        sums = "One number for each image: sum over the axes 1, 2 and 3."
        further = [(s, sums) for s in (x.shape, x.shape[:3], x.shape[:2], (*x.shape[:2], 1))]
        per_example(found, n, what, right, slips, further)
        close(
            found,
            right,
            what,
            slips,
            otherwise="For beta 0 it is the binary cross-entropy from logits, summed over pixels.",
            tolerance=1e-4,
        )
        whole = bound(1.0)
        told = f"for {n} images, what beta 1 adds to beta 0, the divergence"
        per_example(whole, n, told, divergence, [], [((n, 3), "Sum the divergence over latents.")])
        close(
            whole - found,
            divergence,
            told,
            [
                (0 * divergence, "beta does nothing: it multiplies the divergence."),
                *(
                    (wrong, f"If `kl_divergence` is used, mend question 1 first. {said}")
                    for wrong, said in kl_slips(m64, v64)
                ),
                (divergence / n, "The divergence is divided by the size of the batch."),
                (divergence.mean() + 0 * right, "The divergence is averaged over the batch."),
                (divergence.sum() + 0 * right, "The divergence is summed over the batch."),
            ],
            otherwise="Add beta times `kl_divergence(latent_mean, latent_log_var)`.",
            tolerance=1e-3,
        )
        close(
            bound(4.0) - found,
            4 * divergence,
            "what beta 4 adds, four divergences",
            [
                (divergence, "beta does nothing: it multiplies the divergence."),
                (16 * divergence, "beta is squared."),
                (2 * divergence, "The root of beta is taken."),
                (divergence / 4, "The divergence is divided by beta: multiply."),
                (3 * right + 4 * divergence, "beta stands before both terms."),
            ],
            otherwise="beta multiplies the divergence and nothing else.",
            tolerance=1e-3,
        )
    close(
        numbers(answers.call("negative_elbo", x, logits, m, v), "without beta") - found,
        divergence,
        "without beta, what is added to the reconstruction, one divergence",
        otherwise="beta is 1 where it is not given: `beta=1.0` in the first line.",
        tolerance=1e-3,
    )
    extreme_logits(answers)
    x, logits = x[:, :4, :4], logits[:, :4, :4]
    arguments = [each.astype("float32") for each in (x, logits, m, v)]
    x, logits, m, v = (each.astype("float64") for each in arguments)
    gradients = {
        1: ("logits", sigmoid(logits) - x),
        2: ("latent_mean", 2 * m),
        3: ("latent_log_var", np.exp(v) - 1),
    }
    expected = cross_entropy(x, logits).sum((1, 2, 3)) + 2 * kl(m, v)
    options = {"beta": 2.0}
    in_graph(answers, "negative_elbo", arguments, expected, gradients, "the bound", options)
    return "sum over pixels, one number per image, beta on the KL, logits to +-100, gradients"


def extreme_logits(answers):
    """Wrong unless logits of +-100 give what they should."""
    x = np.reshape([0, 1, 0, 1], (1, 2, 2, 1)).astype("float32")
    logits = np.reshape([-100, 100, 100, -100], x.shape).astype("float32")
    none = np.zeros((1, 2), "float32")
    what = "for logits of +-100, two of four pixels wrong, the reconstruction"
    with np.errstate(all="ignore"):
        found = numbers(answers.call("negative_elbo", x, logits, none, none), what)
    through = (
        "A sigmoid first and a logarithm then: at +-100 the probability is 0 or 1 and its "
        "logarithm is lost. Compute from logits, with `from_logits=True` or softplus."
    )
    close(found, [200], what, otherwise=through, tolerance=1e-3, not_finite=through)


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


def terms(weights, images, noise=0.0):
    """Reconstruction and KL of each image, (n,) each, with this noise; and logits, latents."""
    x = images.reshape(len(images), -1).astype("float64")
    mean, log_var = (x @ kernel + bias for kernel, bias in (weights["mean"], weights["log_var"]))
    latents = mean + np.exp(log_var / 2) * noise
    logits = latents @ weights["decoder"][0] + weights["decoder"][1]
    return cross_entropy(x, logits).sum(1), kl(mean, log_var), logits, latents


def steps_of(weights, images, beta, through_latents=True):
    """Gradients of the mean loss where the noise is nearly none, by name of the weight."""
    x = images.reshape(len(images), -1).astype("float64")
    _, _, logits, mean = terms(weights, images)
    by_logits = (sigmoid(logits) - x) / len(x)
    by_latents = by_logits @ weights["decoder"][0].T
    by_mean = through_latents * by_latents + beta * mean / len(x)
    log_var = weights["log_var"][1].astype("float64")
    by_log_var = np.tile(beta * (np.exp(log_var) - 1) / 2 / len(x), (len(x), 1))
    return {
        "mean kernel": x.T @ by_mean,
        "mean bias": by_mean.sum(0),
        "log_var kernel": x.T @ by_log_var,
        "log_var bias": by_log_var.sum(0),
        "decoder kernel": mean.T @ by_logits,
        "decoder bias": by_logits.sum(0),
    }


def by_name(weights):
    """Weights as a flat dict of float64 arrays, such as `mean kernel`."""
    return {
        f"{name} {part}": np.asarray(value, "float64")
        for name, pair in weights.items()
        for part, value in zip(("kernel", "bias"), pair, strict=True)
    }


def tracked(found, what):
    """The three numbers of a dict that a step gave; Wrong where one is missing."""
    missing = [name for name in TRACKED if name not in found]
    if missing:
        raise Wrong(
            f"{what} with {', '.join(TRACKED)}",
            f"a dict with {', '.join(found) or 'nothing'}",
            f"'{missing[0]}' is missing: return {{tracker.name: tracker.result() ...}} for all of "
            "self.trackers, in both steps.",
        )
    values = [np.asarray(found[name], "float64") for name in TRACKED]
    if not np.all(np.isfinite(values)):
        raise Wrong(what, brief(np.array(values)), "The values are not finite.")
    return values


def right_terms(found, reconstruction, divergence, beta, what, tolerance, slips=()):
    """Wrong unless the three tracked numbers are these, with beta 1."""
    expected = [reconstruction + divergence, reconstruction, divergence]
    r, k = reconstruction, divergence
    close(
        np.array(found),
        np.array(expected),
        f"{what}: negative ELBO, reconstruction and KL in nats per image",
        [
            ([r + beta * k, r, k], "The bound is tracked with self.beta: track it with beta 1."),
            ([r + beta * k, r + (beta - 1) * k, k], "The bound is tracked with self.beta."),
            ([r + beta * k, r, beta * k], "The KL is tracked times beta: track it as it is."),
            ([r + k, r, beta * k], "The KL is tracked times beta: track it as it is."),
            ([r, r + k, k], "The trackers are in another order: bound, reconstruction, KL."),
            ([r, k, r + k], "The trackers are in another order: bound, reconstruction, KL."),
            ([r + k, k, r], "Reconstruction and KL have changed places."),
            ([r + k, r + k, r + k], "All three track the bound: split it."),
            ([r + 2 * k, r + k, k], "The reconstruction is the bound without the KL: beta 0."),
            ([r + k, r + k, k], "The reconstruction is the bound without the KL: beta 0."),
            ([0, 0, 0], "The trackers are never updated: update_state."),
            *slips,
            ([BATCH * (r + k), BATCH * r, BATCH * k], "These are sums: use keras.metrics.Mean."),
        ],
        otherwise="Track per image: the reconstruction (beta 0), the KL, and their sum.",
        tolerance=tolerance,
    )


@questions.ask(7, "VAE", points=3)
def vae(answers, rng):
    beta = 3.0
    images = (rng.random((3 * BATCH, SIDE, SIDE, 1)) < 0.5).astype("float32")
    quiet = linear_vae(rng, log_var=QUIET)
    noisy = linear_vae(rng, log_var=1.0)
    batch, copies = images[:BATCH], np.repeat(images[:1], 100 * BATCH, axis=0)
    still = {"learning_rate": 0.0, "epochs": 1}
    runs = [
        {"weights": quiet, "images": batch, "learning_rate": RATE, "epochs": 1},
        {"weights": quiet, "images": images, **still, "epochs": 2},
        {"weights": noisy, "images": copies, **still, "epochs": 2},
    ]
    report = answers.drive("vae_training", "VAE", beta=beta, seed=1, batch=BATCH, runs=runs)
    if not report["is_model"]:
        raise Wrong(
            "a Keras model", f"a value of type {report['kind']}", "Derive it from keras.Model."
        )
    step, epochs, drawn = report["runs"]
    reconstruction, divergence = (each.mean() for each in terms(quiet, batch)[:2])
    tested = tracked(step["tested"], "what test_step returns")
    right_terms(tested, reconstruction, divergence, beta, "tested", 1e-3)
    before, after_test = by_name(quiet), by_name(listed(step["after_test"]))
    if not all(agree(after_test[name], before[name], 1e-6) for name in before):
        raise Wrong(
            "weights that a test leaves alone",
            "other weights after the test",
            "test_step must not train: no tape and no optimizer there.",
        )
    if not step["steps"]:
        slip = "Give the gradients to self.optimizer.apply: compile has put it there."
        raise Wrong(
            "a step of the model's optimizer in fit", "none", f"No weight has moved. {slip}"
        )
    moved_right(before, by_name(listed(step["after"])), quiet, batch, beta)
    trained = tracked(last_of(step["history"]), "what train_step returns")
    r, k = (each.mean() for each in terms(listed(step["after"]), batch)[:2])
    again = "The model runs again after the step: track the outputs that the loss came from."
    slips = [([r + k, r, k], again)]
    right_terms(trained, reconstruction, divergence, beta, "trained", 1e-3, slips)
    if not all(report["training"]["fit"]):
        slip = "Dropout and batch normalization only act so: self(images, training=True)."
        raise Wrong("train_step runs the model for training", "training=False", slip)
    if any(report["training"]["test"]):
        slip = "In test_step it is self(images, training=False)."
        raise Wrong("test_step runs the model for use", "training=True", slip)
    means_of_epochs(epochs, terms(quiet, images))
    with_noise(drawn, noisy, copies, rng)
    return (
        "the step of the optimizer to 4 digits, beta in the loss and 1 in what is tracked, means "
        "over an epoch, drawn latents in training and test, tests that change nothing"
    )


def last_of(history):
    return {name: values[-1] for name, values in history.items()}


def moved_right(before, after, weights, images, beta):
    """Wrong unless plain gradient descent has moved every weight as it should."""
    moved = {name: after[name] - before[name] for name in before}

    def changes(gradients):
        return {name: -RATE * gradient for name, gradient in gradients.items()}

    expected = changes(steps_of(weights, images, beta))

    def matches(other, factor=1.0):
        scale = max(np.abs(each).max() for each in other.values())
        return all(
            np.allclose(moved[name], factor * other[name], rtol=0, atol=2e-3 * abs(factor) * scale)
            for name in moved
        )

    if matches(expected):
        return
    still = [name for name in moved if np.abs(moved[name]).max() < 1e-9]
    n = len(images)
    slip = "The loss is the mean over the batch of `negative_elbo` with beta=self.beta."
    if len(still) == len(moved):
        slip = "No weight has moved: give the gradients to self.optimizer.apply."
    elif all("decoder" in name for name in still) and len(still) == 2:
        slip = "The decoder has not moved: take gradients for all of self.trainable_variables."
    elif all(name in still for name in moved if "decoder" not in name):
        slip = "The encoder has not moved: take gradients for all of self.trainable_variables."
    elif set(still) == {"log_var kernel", "log_var bias"}:
        slip = "The log variance gets no gradient: the KL is missing in the loss."
    else:
        pixels = SIDE * SIDE
        for other_beta, factor, said in (
            (beta, -1, "The weights move uphill: descend, by optimizer.apply on the loss."),
            (beta, n, "The loss is summed over the batch: take its mean."),
            (beta, 2, "The step is taken twice."),
            (1.0, 1, "beta is not used in the loss: beta=self.beta."),
            (0.0, 1, "The KL is missing in the loss."),
            (1 / beta, beta, "beta stands before the reconstruction: it belongs to the KL."),
            (1.0, beta, "beta stands before both terms: it belongs to the KL."),
            (beta / LATENTS, 1, "The KL is averaged over the latents: see question 1."),
            (beta * pixels, 1 / pixels, "The reconstruction is averaged over the pixels: sum."),
        ):
            if matches(changes(steps_of(weights, images, other_beta)), factor):
                slip = said
                break
        else:
            cut = steps_of(weights, images, beta, through_latents=False)
            if matches(changes(cut)):
                slip = "No gradient gets from the decoder to the encoder: the latents are cut off."
    raise Wrong(
        f"after a step of rate {RATE}, changes of the decoder's bias "
        f"{brief(expected['decoder bias'][:4])}... and the means' {brief(expected['mean bias'])}",
        f"{brief(moved['decoder bias'][:4])}... and {brief(moved['mean bias'])}",
        slip,
    )


def means_of_epochs(run, right):
    """Wrong unless what is tracked is the mean over all batches of one epoch, in both steps."""
    whole = (right[0] + right[1]).mean()
    last = (right[0] + right[1])[-BATCH:].mean()
    for what, found in (
        ("in each of two epochs without learning", run["history"]["negative_elbo"]),
        ("in a test", [run["tested"]["negative_elbo"]]),
    ):
        found = np.asarray(found, "float64")
        close(
            found,
            np.full(len(found), whole),
            f"over three batches, {what}: the negative ELBO",
            [
                (last + 0 * found, "The last batch's values come back: use the trackers' means."),
                (3 * whole + 0 * found, "The batches are summed: use keras.metrics.Mean."),
            ],
            otherwise="Trackers are keras.metrics.Mean and attributes of the model: Keras then "
            "starts them anew in each epoch.",
            tolerance=1e-3,
        )


def with_noise(run, weights, images, rng):
    """Wrong unless latents are drawn, in training and in tests; all images are the same."""
    first, second = run["history"]["reconstruction"]
    if abs(first - second) < 1e-5 * abs(first) and abs(first - terms(weights, images)[0][0]) > 1e-3:
        raise Wrong(
            "other noise in each step",
            "the same reconstruction in two epochs",
            "The noise was drawn once, when the step was compiled: NumPy and Python draw only "
            "then. Use self.sampling.",
        )
    many = np.repeat(images[:1], 50_000, axis=0)
    drawn = terms(weights, many, rng.standard_normal((50_000, LATENTS)))[0]
    error = drawn.std() / np.sqrt(len(images))
    at_mean = terms(weights, images[:1])[0][0]
    for what, found in (
        ("tested", run["tested"]["reconstruction"]),
        ("trained", run["history"]["reconstruction"][0]),
    ):
        if abs(found - drawn.mean()) > 6 * error:
            slip = "Draw the latents by `self.sampling`: calling the model does it."
            if abs(found - at_mean) < 1e-3 * abs(at_mean):
                slip = f"The mean is decoded instead of a draw: {slip}"
            raise Wrong(
                f"{what} with variance e, a reconstruction of {drawn.mean():.4g} nats",
                f"{found:.4g} nats",
                slip,
            )


# --- 8 -----------------------------------------------------------------------------------------


def softmax(logits):
    powers = np.exp(logits)
    return powers / powers.sum(axis=(-2, -1), keepdims=True)


@questions.ask(8, "latent_grid", points=1)
def latent_grid(answers, rng):
    from scipy.stats import norm

    for side in (3, 6):
        kernel = rng.normal(0, 0.5, (2, 784)).astype("float32")
        bias = rng.normal(0, 0.5, 784).astype("float32")
        report = answers.drive(
            "with_decoder",
            "latent_grid",
            decoder=[kernel, bias],
            shape=[28, 28, 1],
            arguments=[side],
        )
        what = f"for side {side}, pictures"
        found = numbers(report["result"], what)
        shape(
            found,
            (side, side, 28, 28),
            what,
            [
                ((side, side, 28, 28, 1), "The axis of channels is left: reshape without it."),
                ((side * side, 28, 28), "Rows and columns are one axis: (side, side, 28, 28)."),
                ((side * side, 28, 28, 1), "Reshape to (side, side, 28, 28)."),
                ((side * 28, side * 28), "One large picture: keep them apart, one place each."),
                ((side * side, 2), "The latents come back: decode them."),
            ],
        )

        def logits(steps, turned=False, flipped=True, side=side, kernel=kernel, bias=bias):
            first, second = np.meshgrid(steps, steps[::-1] if flipped else steps)
            if turned:
                first, second = second, first
            with np.errstate(all="ignore"):  # wrong latents may be infinite
                decoded = np.stack([first, second], -1) @ kernel + bias
            return decoded.reshape(side, side, 28, 28)

        def pictures(*options):
            return sigmoid(logits(*options))

        quantiles = norm.ppf((np.arange(side) + 0.5) / side)
        right, shares = pictures(quantiles), (np.arange(side) + 0.5) / side
        even = [np.linspace(-end, end, side) for end in (1, 1.5, 2, 2.5, 3, 4)]
        close(
            found,
            right,
            what,
            [
                (logits(quantiles), "These are logits: ops.sigmoid of them."),
                (sigmoid(right), "The sigmoid acts twice."),
                (1 - right, "Black and white are exchanged."),
                (255 * right, "Probabilities go from 0 to 1, not to 255."),
                (np.round(right), "The probabilities are rounded: leave them as they are."),
                (np.swapaxes(right, 2, 3), "Rows and columns within each picture are exchanged."),
                (
                    softmax(logits(quantiles)),
                    "A softmax makes the pixels compete: ops.sigmoid of each logit.",
                ),
                (
                    pictures(quantiles, False, False),
                    "The second latent grows downwards: turn its values round, so that it is "
                    "largest in row 0.",
                ),
                (pictures(quantiles, True, False), "The first latent runs down, not along rows."),
                (pictures(quantiles, True), "The two latents have changed places."),
                (pictures(quantiles[::-1]), "Both latents run the wrong way."),
                (
                    pictures(quantiles[::-1], False, False),
                    "The first latent runs from right to left.",
                ),
                *(
                    (pictures(e, turned, flipped), "The latents are evenly spread: take quantiles.")
                    for e in even
                    for turned in (False, True)
                    for flipped in (True, False)
                ),
                (pictures(norm.cdf(shares)), "norm.cdf is the inverse: norm.ppf gives quantiles."),
                (
                    pictures(shares),
                    "These are the shares themselves: norm.ppf turns them into latents.",
                ),
                (
                    pictures(norm.ppf(np.arange(side) / side)),
                    "Latents are infinite: the shares are (i + 0.5) / side.",
                ),
                (
                    pictures(norm.ppf(np.linspace(0.05, 0.95, side))),
                    "The shares are (i + 0.5) / side.",
                ),
                (
                    pictures(norm.ppf(np.linspace(0.01, 0.99, side))),
                    "The shares are (i + 0.5) / side.",
                ),
                (
                    pictures(norm.ppf((np.arange(side) + 1) / (side + 1))),
                    "The shares are (i + 0.5) / side, not (i + 1) / (side + 1).",
                ),
            ],
            otherwise="Quantiles of the normal distribution at (i + 0.5) / side; the first latent "
            "grows along axis 1, the second falls along axis 0.",
            not_finite="norm.ppf is infinite at 0 and at 1: the shares are (i + 0.5) / side.",
            tolerance=1e-3,
        )
        if report["calls"] != 1:
            raise Wrong(
                "one call of the decoder",
                f"{report['calls']} calls",
                "Put all latents into one array (side * side, 2) and decode that.",
            )
    return "two sizes of map, the right way up, in one call"


# --- 9 -----------------------------------------------------------------------------------------


@questions.ask(9, "outlier_score", points=1)
def outlier_score(answers, rng):
    for n in (6, 1):
        images = (rng.random((n, SIDE, SIDE, 1)) < 0.5).astype("float32")
        weights = linear_vae(rng, log_var=QUIET)
        found = answers.drive("with_vae", "outlier_score", weights=weights, beta=3.0, images=images)
        r, k, logits, mean = terms(weights, images)
        what = f"for {n} images, scores in nats"
        found, pixels = numbers(found, what), SIDE * SIDE
        x, pair = images.reshape(n, -1), (mean, np.full_like(mean, QUIET))
        slips = [
            (-(r + k), "The sign is turned round: outliers have a high negative ELBO."),
            (r, "The KL is missing: the score is the whole negative ELBO."),
            (k, "The reconstruction is missing: the score is the whole negative ELBO."),
            (r + 3 * k, "The bound has beta 1, whatever the model was trained with."),
            (r / pixels, "This is a mean over the pixels, and the KL is missing."),
            ((r + k) / pixels, "This is a mean over the pixels: take `negative_elbo` itself."),
            (r / pixels + k, "The reconstruction is averaged over the pixels: take its sum."),
            (r - k, "The KL is subtracted: it is added in the negative ELBO."),
            (
                np.sum((x - sigmoid(logits)) ** 2, axis=1),
                "This is the squared error: take the negative ELBO.",
            ),
            (np.exp(-(r + k)), "This is a likelihood: take the negative ELBO."),
            (cross_entropy(x, sigmoid(logits)).sum(1) + k, "negative_elbo takes logits itself."),
            (r + k > np.mean(r + k), "True or false: the score is the number itself."),
            (
                (r + k - np.mean(r + k)) / max(np.std(r + k), 1e-9),
                "The score is scaled: leave the nats as they are.",
            ),
            (r + kl(*pair[::-1]), "Mean and log variance have changed places."),
        ]
        per_example(found, n, what, r + k, slips)
        close(
            found,
            r + k,
            what,
            slips,
            otherwise="Call the model and give what it returns to `negative_elbo`.",
            tolerance=1e-3,
        )
    return "the negative ELBO of each image, with beta 1"
