"""Checks of lab 4, the DCGAN (Goodfellow and others 2014; Radford, Metz and Chintala 2016)."""

import numpy as np

from utils.checks import Questions, guidelines
from utils.checks.compare import Wrong, agree, brief, close, numbers, shape
from utils.checks.losses import in_graph, sigmoid, softplus
from utils.checks.networks import network, not_too_many
from utils.checks.reference.game import (
    PLAYERS,
    draw,
    drawn_latents,
    flat,
    fresh,
    images_of,
    judge,
    linear_pair,
    means,
    moved,
    normal,
    play,
    squares,
    trained,
)
from utils.checks.steps import as_steps, listed, same

questions = Questions("lab4_dcgan")


def one_number(found, what, n):
    """Wrong unless it is a single number; n: how many images there are."""
    if found.shape == ():
        return
    slip = "One number comes back for each image: take their mean."
    if found.shape == (1,):
        slip = "The shape is (1,): take the mean over all axes, without keepdims."
    elif found.shape == (1, 1):
        slip = "The shape is (1, 1): take the mean over all axes, without keepdims."
    elif found.shape == (2,):
        slip = "Two numbers come back: add them."
    elif found.shape[0] != n and found.ndim == 2:
        slip = "Images of both batches were combined in pairs: one mean over each batch first."
    shape(found, (), what, [(found.shape, slip)])


EXTREME = (
    "A sigmoid first and a logarithm then: at +-100 the probability is 0 or 1 and its logarithm is "
    "lost. Compute from logits, with ops.softplus or `from_logits=True`."
)


# --- 1 -----------------------------------------------------------------------------------------


def discriminator_slips(real, fake):
    """What the usual mistakes make of real and fake logits, and their names."""

    def both(of_real, of_fake):
        return np.mean(of_real) + np.mean(of_fake)

    right, p, q = both(softplus(-real), softplus(fake)), sigmoid(real), sigmoid(fake)
    n, m = len(real), len(fake)
    pooled = n * np.mean(softplus(-real)) + m * np.mean(softplus(fake))
    kept = [np.clip(each.astype("float32"), 1e-7, 1 - 1e-7) for each in (real, fake)]
    squashed = "The sigmoid acts twice: the arguments are logits, and the loss holds it already."
    return [
        (both(softplus(real), softplus(-fake)), "The labels are reversed: real is class 1."),
        (both(softplus(-real), softplus(-fake)), "Generated images have class 0 here, not 1."),
        (both(softplus(real), softplus(fake)), "Real images have class 1, not 0."),
        (right / 2, "Both means are added, and not halved."),
        (-right, "The sign is turned round: the loss is minus the logarithms."),
        (-right / 2, "The sign is turned round, and the sum is halved."),
        (np.mean(softplus(-real)), "The generated images are missing."),
        (np.mean(softplus(fake)), "The real images are missing."),
        (np.mean(softplus(-real)) - np.mean(softplus(fake)), "The second term is added."),
        (np.mean(softplus(fake)) - np.mean(softplus(-real)), "The first term is added."),
        (pooled, "These are sums over the images: take means."),
        (pooled / (n + m), "One mean over all images: take a mean of each batch and add them."),
        (2 * pooled / (n + m), "One mean over all images: take a mean of each batch, as their "
         "numbers may differ."),
        (pooled / n, "Each term has a mean of its own: the batches may differ in size."),
        (pooled / m, "Each term has a mean of its own: the batches may differ in size."),
        (both(softplus(-p), softplus(q)), squashed),
        (both(softplus(-p), softplus(q)) / 2, squashed),
        (-both(np.log(kept[0]), np.log(1 - kept[1])), "The logits are taken for probabilities: "
         "say `from_logits=True`, or use softplus."),
        (right / np.log(2), "These are bits: nats use the natural logarithm."),
        (both(softplus(real) - 0.9 * real, softplus(fake)), "The label of real images is 1, "
         "without smoothing."),
        (both((1 - p) ** 2, q**2), "This is a squared error: take the cross-entropy."),
        (both((1 - real) ** 2, fake**2), "This is a squared error: take the cross-entropy."),
        (both(-real, fake), "This is the Wasserstein critic's loss: take the cross-entropy."),
        (both(np.maximum(0, 1 - real), np.maximum(0, 1 + fake)), "This is a hinge loss: take the "
         "cross-entropy."),
        (both(1 - p, q), "The logarithms are missing: softplus of minus the logit."),
        (both(p, 1 - q), "These are probabilities: take minus their logarithms."),
    ]  # fmt: skip


@questions.ask(1, "discriminator_loss", points=2)
def discriminator_loss(answers, rng):
    for n, m, dtype in ((5, 5, "float32"), (4, 7, "float32"), (1, 1, "float64")):
        real, fake = (rng.normal(0.5, 2, (size, 1)).astype(dtype) for size in (n, m))
        r, f = real.astype("float64"), fake.astype("float64")
        what = f"for {n} real and {m} generated images ({dtype}), nats"
        found = numbers(answers.call("discriminator_loss", real, fake), what)
        one_number(found, what, n)
        close(
            found,
            np.mean(softplus(-r)) + np.mean(softplus(f)),
            what,
            discriminator_slips(r, f),
            otherwise="softplus of minus the real logits, mean, plus softplus of the others, mean.",
            not_finite=EXTREME,
        )
    large = np.array([[100.0], [-100.0]], "float32")
    for real, fake, expected in ((large, -large, 100.0), (large[:1], large[1:], 0.0)):
        what = f"for real logits {brief(real.ravel())} and generated {brief(fake.ravel())}, nats"
        with np.errstate(all="ignore"):
            found = numbers(answers.call("discriminator_loss", real, fake), what)
        close(found, expected, what, otherwise=EXTREME, tolerance=1e-3, not_finite=EXTREME)
    r, f = real, fake = [rng.normal(0, 2, (n, 1)).astype("float32") for n in (3, 4)]
    gradients = {0: ("real_logits", -sigmoid(-r) / 3), 1: ("fake_logits", sigmoid(f) / 4)}
    expected = np.mean(softplus(-r)) + np.mean(softplus(f))
    in_graph(answers, "discriminator_loss", [real, fake], expected, gradients, "nats")
    return "batches of one size and of two, logits to +-100, and both gradients"


# --- 2 -----------------------------------------------------------------------------------------

SATURATING = (
    "This is ln(1 - D), the loss of the theory: it is flat where every generated image is found "
    "out. Take minus ln D instead."
)


def generator_slips(fake):
    """What the usual mistakes make of the logits of generated images, and their names."""
    right, q = np.mean(softplus(-fake)), sigmoid(fake)
    kept = np.clip(fake.astype("float32"), 1e-7, 1 - 1e-7)
    squashed = "The sigmoid acts twice: the arguments are logits, and the loss holds it already."
    return [
        (-np.mean(softplus(fake)), SATURATING),
        (np.mean(softplus(fake)), "This is the discriminator's term: for the generator the label "
         "of its images is 1."),
        (-right, "The sign is turned round: the loss is minus the logarithm of D."),
        (len(fake) * right, "This is the sum over the images: take the mean."),
        (right / 2, "The mean is not halved."),
        (2 * right, "The mean is taken once, not doubled."),
        (np.mean(softplus(-q)), squashed),
        (np.mean(softplus(q)), f"{squashed} And the label is 1."),
        (-np.mean(np.log(kept)), "The logits are taken for probabilities: say "
         "`from_logits=True`, or use softplus."),
        (right / np.log(2), "These are bits: nats use the natural logarithm."),
        (np.mean(1 - q), "The logarithm is missing: minus ln D."),
        (-np.mean(q), "The logarithm is missing: minus ln D."),
        (np.mean(q), "This is the probability itself: take minus its logarithm."),
        (-np.mean(fake), "This is the Wasserstein loss: take minus ln D."),
        (np.mean((1 - q) ** 2), "This is a squared error: take minus ln D."),
        (np.mean((1 - fake) ** 2), "This is a squared error: take minus ln D."),
        (softplus(-np.mean(fake)), "The mean of the logits is taken first: softplus of each."),
        (-np.log(np.mean(q)), "The mean of the probabilities is taken first: ln of each."),
        (np.mean(softplus(fake) - 0.9 * fake), "The label is 1, without smoothing."),
        (2 * np.log(2) - right, "The sign of the loss is turned round."),
    ]  # fmt: skip


@questions.ask(2, "generator_loss", points=2)
def generator_loss(answers, rng):
    for n, dtype in ((5, "float32"), (8, "float64"), (1, "float32")):
        fake = rng.normal(-1, 2, (n, 1)).astype(dtype)
        f = fake.astype("float64")
        what = f"for {n} generated images ({dtype}), nats"
        found = numbers(answers.call("generator_loss", fake), what)
        one_number(found, what, n)
        close(
            found,
            np.mean(softplus(-f)),
            what,
            generator_slips(f),
            otherwise="softplus of minus the logits, mean.",
            not_finite=EXTREME,
        )
    for logit, expected in ((-100.0, 100.0), (100.0, 0.0)):
        what = f"for a logit of {logit:g}, nats"
        with np.errstate(all="ignore"):
            found = numbers(answers.call("generator_loss", np.full((2, 1), logit, "f4")), what)
        close(found, expected, what, otherwise=EXTREME, tolerance=1e-3, not_finite=EXTREME)
    caught = np.log(0.01 / 0.99)  # the logit of D(G(z)) = 0.01
    fake = np.array([[caught], [0.3], [-8.0]], "float32")
    gradients = {0: ("fake_logits", -sigmoid(-fake) / 3)}
    in_graph(answers, "generator_loss", [fake], np.mean(softplus(-fake)), gradients, "nats")
    return "three sizes, logits to +-100, and a gradient that is there when D(G(z)) = 0.01"


# --- 3 and 4 -----------------------------------------------------------------------------------


@questions.ask(3, "build_generator", points=2)
def build_generator(answers, rng):
    for latents in (7, 3):
        report = network(
            answers,
            "build_generator",
            [latents],
            rng.normal(0, 1, (6, latents)),
            (28, 28, 1),
            [
                ((6, 28, 28), "The axis of channels is missing: the last layer has 1 filter."),
                ((6, 784), "The pixels are in a row: start from Reshape((7, 7, ...)) instead."),
                *(
                    ((6, side, side, many), f"The images are {side} x {side}: 7 => 14 => 28.")
                    for side in (7, 14, 24, 25, 26, 27, 29, 30, 32, 56)
                    for many in range(1, 300)
                ),
                *(
                    ((6, 28, 28, many), "Many channels come out: the last layer has 1 filter.")
                    for many in range(2, 300)
                ),
            ],
            "The images are of another size: see hint 1.",
        )
        not_too_many(report, "32 maps of 7 x 7, then 16 of 14 x 14, need a sixteenth of that.")
    inputs = rng.normal(0, 1, (8, latents))
    layers = guidelines.inspected(answers, "build_generator", [latents], inputs)
    guidelines.strided(layers, "Conv2DTranspose", "transposed convolutions")
    guidelines.one_dense_layer(layers, "at the beginning, from the latents to the first maps")
    guidelines.normalized(layers, {-1: "The images have to keep their own mean and spread"})
    guidelines.ends_in_tanh(layers)
    guidelines.activations(layers, 0.0, "a ReLU")
    guidelines.small_draws(report)
    guidelines.full_precision(answers, "build_generator", [latents], (latents,))
    return (
        "images of 28 x 28 x 1 through a tanh, strided transposed convolutions, one dense layer, "
        "batch normalization and ReLU but at the end, small first weights, float32 at the end"
    )


@questions.ask(4, "build_discriminator", points=2)
def build_discriminator(answers, rng):
    images = rng.normal(0, 1, (6, 28, 28, 1))
    report = network(
        answers,
        "build_discriminator",
        [],
        images,
        (1,),
        [
            ((6,), "The axis of the logit is missing: shape (n, 1)."),
            ((6, 1, 1, 1), "Flatten before the dense layer."),
            *(((6, side, side, 1), "Flatten before the dense layer.") for side in range(2, 29)),
            ((6, 2), "One logit for each image: Dense(1)."),
        ],
        "One logit for each image: Flatten, then Dense(1).",
        unbounded="logits",
    )
    not_too_many(report, "16 maps of 14 x 14, then 32 of 7 x 7, need a hundredth of that.")
    layers = guidelines.inspected(answers, "build_discriminator", [], images)
    guidelines.strided(layers, "Conv2D", "convolutions")
    guidelines.one_dense_layer(layers, "at the end, from the last maps to the logit")
    guidelines.ends_in_logits(layers)
    own = "The first layer has to see the images' own mean and spread"
    guidelines.normalized(layers, {0: own, -1: "The logit is the answer as it is"})
    guidelines.activations(layers, 0.2, "a LeakyReLU with slope 0.2")
    guidelines.small_draws(report)
    guidelines.full_precision(answers, "build_discriminator", [], (28, 28, 1))
    return (
        "logits (n, 1), strided convolutions, one dense layer, batch normalization from the second "
        "convolution on, LeakyReLU of slope 0.2, small first weights, float32 at the end"
    )


# --- 5 -----------------------------------------------------------------------------------------


def one_step(answers, rng):
    """Wrong unless a single step with k = 1 is right in everything."""
    weights, (batch,) = linear_pair(rng), images_of(rng, 200)
    step = trained(answers, 3, weights=weights, batches=[batch], steps=1)["steps"][0]
    before, real = as_steps(weights), flat(batch)
    latents = drawn_latents(step, len(batch), 1)
    fresh(latents)
    normal(latents)
    row = moved(step, before, real, latents, f"after a step with {len(batch)} images and k = 1")
    after = listed(step["after"])
    means([row], step["returned"], "tracked in one step", too_late(before, after, latents, real))


def too_late(before, after, latents, real):
    """What is tracked where the networks run again, or the wrong run is taken, for `means`."""
    row = play(before, real, latents)[1]
    now = before | {"discriminator": after["discriminator"]}
    generated = sigmoid(judge(now, draw(before, latents[-1]))).ravel()
    wrong_step = "D(G(z)) is tracked as the generator's step saw it: the discriminator's is meant."
    told = "The networks run again after the update: track what the losses came from."
    slips = [([(*row[:3], generated)], wrong_step)]
    for weights in (before, after):
        for drawn in latents[-2:]:
            logits = judge(after, real), judge(after, draw(weights, drawn))
            losses = squares(*logits, logits[1])
            loss, other = (losses[name][0] for name in PLAYERS)
            p, q = (sigmoid(each).ravel() for each in logits)
            slips += [
                ([first + second], told)
                for first in (row[:2], (loss, row[1]), (row[0], other), (loss, other))
                for second in (row[2:], (row[2], q), (p, row[3]), (p, q))
            ]
    return slips


def many_steps(answers, rng, steps, counts, seed):
    """Wrong unless k steps of the discriminator are right on batches of these sizes, all twice.

    Returns:
        dict: `options` (of the driver), `latents` and `rows` (of what is tracked) of each batch,
        `after` (the weights).
    """
    weights, batches = linear_pair(rng), 2 * images_of(rng, *counts)
    options = {"weights": weights, "batches": batches, "steps": steps}
    state, rows, earlier = as_steps(weights), [], []
    for step, batch in zip(trained(answers, seed, **options)["steps"], batches, strict=True):
        latents, real = drawn_latents(step, len(batch), steps), flat(batch)
        fresh(latents, earlier)
        told = f"after a step with {len(batch)} images and k = {steps}"
        row = moved(step, state, real, latents, told)
        slips = []
        if not rows:
            first = play(state, real, latents[[0, -1]])[1]
            halves = tuple((a + b) / 2 for a, b in zip(first, row, strict=True))
            mean = "These are means over the k steps: take the last."
            slips = [
                ([(first[0], row[1], *first[2:])], "These are of the first of k steps: the last."),
                ([(halves[0], row[1], *halves[2:])], mean),
                ([(halves[0], *row[1:])], mean),
                (
                    [(first[0] + row[0], *row[1:])],
                    "The losses of the k steps are summed: take the last.",
                ),
                *too_late(state, listed(step["after"]), latents, real),
            ]
        rows, earlier = [*rows, row], [*earlier, latents]
        means(rows, step["returned"], f"tracked in {len(rows)} batches with k = {steps}", slips)
        state = listed(step["after"])
    return {"options": options, "latents": earlier, "rows": rows, "after": state}


def moving_averages(answers, rng):
    """Wrong unless batch normalization has gathered what came to it in all calls."""
    options = {"weights": linear_pair(rng), "batches": images_of(rng, 6), "steps": 2}
    report = trained(answers, 8, **options, normalized=True)
    for name in PLAYERS:
        expected = report["moving_means"]["before"][name].astype("float64")
        for event in report["steps"][0]["events"]:
            if event["network"] == name:
                seen = event["inputs"].reshape(-1, event["inputs"].shape[-1])
                expected = 0.9 * expected + 0.1 * seen.mean(0)
        close(
            report["moving_means"]["after"][name].astype("float64"),
            expected,
            f"with k = 2, moving means of batch normalization in the {name}",
            otherwise="In some calls batch normalization did not train. A network whose "
            "`trainable` is False runs it for use, whatever `training` says: freeze nothing.",
            tolerance=1e-3,
        )


def mixed_precision(answers, rng, many):
    """Wrong unless scaled losses lead to the same step, and another seed to other latents."""
    options = many["options"] | {"batches": many["options"]["batches"][:1]}
    step = trained(answers, 6, **options, policy="mixed_float16")["steps"][0]
    (batch,), steps = options["batches"], options["steps"]
    latents = drawn_latents(step, len(batch), steps)
    if agree(latents, many["latents"][0], 1e-6):
        slip = "Draw by self.draw_latents(count): its generator was made from the seed."
        raise Wrong("other latents for another seed", "the same for seeds 5 and 6", slip)
    told = "under mixed_float16, with the loss scaled by 32768 and the gradient scaled back"
    still = (
        "Under mixed_float16 the optimizer divides the gradient by its scale: take the gradient "
        "of self.{0}_optimizer.scale_loss(loss)."
    )
    row = moved(step, as_steps(options["weights"]), flat(batch), latents, told, still)
    means([row], step["returned"], "tracked under mixed_float16")


def compiled(answers, many, seed):
    """Wrong unless `fit`, compiled, does on the same batches what single steps did."""
    options, epoch = many["options"], len(many["rows"]) // 2
    options = options | {"batches": options["batches"][:epoch]}
    # Two epochs of the batches: the single steps went through them twice.
    report = trained(answers, seed, **options, epochs=2)
    start, after = as_steps(options["weights"]), listed(report["after"])
    if not all(same(after[name], many["after"][name], start[name]) for name in PLAYERS):
        slip = "Python and NumPy run only once when a step is compiled: compute with TensorFlow."
        again = trained(answers, seed, **options)["steps"][0]
        again = drawn_latents(again, len(options["batches"][0]), options["steps"])
        if not agree(again, many["latents"][0], 1e-6):
            slip = "The latents don't follow from the seed: draw by self.draw_latents(count)."
        raise Wrong("in `fit` the same weights as after single steps", "other weights", slip)
    for place in range(2):
        found = {name: values[place] for name, values in report["history"].items()}
        rows = many["rows"][place * epoch : (place + 1) * epoch]
        means(rows, found, f"in epoch {place + 1} of `fit`, means over {epoch} batches")


@questions.ask(5, "DCGAN", points=4)
def dcgan(answers, rng):
    one_step(answers, rng)
    many = many_steps(answers, rng, steps=2, counts=(4, 3), seed=5)
    moving_averages(answers, rng)
    mixed_precision(answers, rng, many)
    compiled(answers, many, seed=5)
    return (
        "both updates to three digits, k steps with latents of their own, batches of two sizes, "
        "moving averages, scaled losses, means over an epoch, the same compiled and not"
    )


# --- 6 -----------------------------------------------------------------------------------------


def distances_to_all(generated, training_images):
    """Euclidean distances (n, m), by differences, in float64."""
    a, b = (np.float64(each).reshape(len(each), -1) for each in (generated, training_images))
    return np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))


def distance_slips(generated, training_images):
    """What the usual mistakes make of the distances: of all pairs (n, m), and their names."""
    a, b = (np.float64(each).reshape(len(each), -1) for each in (generated, training_images))
    right, differences = distances_to_all(generated, training_images), a[:, None] - b[None]
    channel = distances_to_all(generated[..., :1], training_images[..., :1])
    lengths = (a**2).sum(1)[:, None], (b**2).sum(1)[None]
    with np.errstate(invalid="ignore"):  # an image of zeros has no direction
        cosine = a @ b.T / np.sqrt(lengths[0] * lengths[1])
    return [
        (right**2, "These are squared distances: take the root."),
        ((differences**2).mean(-1), "The mean of squares over the pixels: sum, then root."),
        (right / np.sqrt(a.shape[1]), "The mean over the pixels stands under the root: the sum."),
        (np.abs(differences).sum(-1), "These are sums of absolute differences: square, sum, root."),
        (np.abs(differences).mean(-1), "These are means of absolute differences: square them."),
        (np.abs(differences).max(-1), "This is one pixel's difference, the largest: sum over all."),
        (np.sqrt(right), "The root is taken twice."),
        (channel, "Only the first channel is used: all numbers of an image count."),
        (right / 2, "Nothing is halved."),
        (1 - cosine, "This is the cosine distance: square, sum, root."),
        (np.sqrt(np.abs(lengths[0] - a @ b.T + lengths[1])), "The product is taken twice: "
         "|a|^2 - 2 a b + |b|^2."),
        (np.sqrt(lengths[0] + 2 * a @ b.T + lengths[1]), "The product is subtracted."),
        (-right, "The sign is turned round."),
    ]  # fmt: skip


def neighbours(answers, generated, training_images):
    """Places and distances that the answer gives, float64; Wrong where they are not a pair."""
    report = answers.drive("parts", "nearest_neighbours", arguments=[generated, training_images])
    n, m = len(generated), len(training_images)
    what = f"for {n} generated and {m} training images, places and distances"
    if len(report["parts"]) != 2:
        found = f"a value of type {report['kind']}"
        if report["parts"]:
            found = f"{len(report['parts'])} values"
        raise Wrong(f"{what}, two arrays", found, "Return `nearest, distances`.")
    first, second = (numbers(report["parts"][place], what) for place in "01")
    shapes = [
        ((m,), "This is the nearest generated image of each training image: the other way round."),
        ((n, m), "These are all pairs: keep the nearest for each generated image."),
        ((n, 1), "Leave keepdims out: one number for each generated image."),
        ((), "One number comes back: one for each generated image."),
    ]
    shape(first, (n,), f"for {n} generated and {m} training images, places", shapes)
    shape(second, (n,), f"for {n} generated and {m} training images, distances", shapes)
    if np.asarray(report["parts"]["0"]).dtype.kind not in "iu":
        slip = "Places are whole numbers, which can index: np.argmin gives them."
        if np.asarray(report["parts"]["1"]).dtype.kind in "iu":
            slip = "Places come first, distances second."
        raise Wrong("places of type int", f"{np.asarray(report['parts']['0']).dtype}", slip)
    return first.astype(int), second


def right_neighbours(found, generated, training_images):  # noqa: C901 - mistake after mistake
    """Wrong unless these are the nearest, and as far as they are, but for float32 rounding."""
    (places, distances), right = found, distances_to_all(generated, training_images)
    n, m = right.shape
    rows, best = np.arange(n), right.min(1)
    slips = distance_slips(generated, training_images)
    what = f"for {n} generated and {m} training images of {generated.shape[1:]}"

    def near(found, expected):
        return np.allclose(found, expected, rtol=2e-3, atol=0.05)

    if places.min() < 0 or places.max() >= m:
        slip = "Places count among the training images: argmin over axis 1 of distances (n, m)."
        raise Wrong(f"{what}, places from 0 to {m - 1}", brief(places), slip)
    if not near(right[rows, places], best):
        slip = "The place of the smallest distance: np.argmin over the training images."
        if near(right[rows, places], right.max(1)):
            slip = "These are the images farthest away: argmin, not argmax."
        elif agree(places, rows):
            slip = "These are the generated images' own places: those of the training images."
        elif agree(places, right.argmin(1) + 1):
            slip = "Places count from 0."
        elif agree(places, right[:, 1:].argmin(1) + 1) or agree(places, np.argsort(right)[:, 1]):
            slip = "This is the second nearest: images are no members of the training images."
        else:
            for wrong, said in slips:
                if agree(places, wrong.argmin(1)):
                    slip = said
                    break
        expected = brief(right.argmin(1))
        raise Wrong(f"{what}, places {expected}", brief(places), slip)
    if not np.all(np.isfinite(distances)):
        slip = "Rounding makes a square slightly negative: np.maximum(..., 0) before the root."
        raise Wrong(f"{what}, distances {brief(best)}", brief(distances), slip)
    if near(distances, best):
        return
    slip = "The root of the sum over pixels of the squared difference."
    for wrong, said in slips:
        if np.allclose(distances, wrong[rows, places], rtol=2e-3, atol=1e-3):
            slip = said
            break
    if near(distances, right.max(1)):
        slip = "These are the largest distances: take the smallest."
    elif near(distances, right.mean(1)):
        slip = "These are means over the training images: take the smallest."
    raise Wrong(f"{what}, distances {brief(best)}", brief(distances), slip)


@questions.ask(6, "nearest_neighbours", points=2)
def nearest_neighbours(answers, rng):
    for n, m, size in ((5, 8, (6, 4, 3)), (7, 3, (4, 6, 1)), (1, 4, (28, 28, 1))):
        generated, training = (
            rng.uniform(-1, 1, (count, *size)).astype("float32") for count in (n, m)
        )
        # Lengths of many sizes: what leaves them out of the distance finds others.
        training *= np.geomspace(0.05, 1, m).reshape(-1, 1, 1, 1).astype("float32")[::-1]
        right_neighbours(neighbours(answers, generated, training), generated, training)
    half = np.full((1, 28, 28, 1), 0.5, "float32")
    training = np.concatenate([4 * half, 0 * half, 3 * half])
    right_neighbours(neighbours(answers, half, training), half, training)
    training = rng.uniform(-1, 1, (60, 28, 28, 1)).astype("float32")
    order = rng.permutation(60)
    copies = training[order]
    found = neighbours(answers, copies, training)
    right_neighbours(found, copies, training)
    return "the right images, at the right distances, with several sizes and channels; own copies"


# --- 7 -----------------------------------------------------------------------------------------


def on_the_sphere(start, end, t, lengths=None):
    """Spherical interpolation in float64 by turning: the share of the angle between both ends.

    In the plane of both directions a vector at an angle has coordinates (cos, sin); the vector
    that has parts of both ends is found by solving for them.
    """
    a, b = (np.float64(each) / np.linalg.norm(np.float64(each)) for each in (start, end))
    across = b - (a @ b) * a
    angle = np.arctan2(np.linalg.norm(across), a @ b)
    if angle < 1e-3:
        return straight(start, end, t)
    across = across / np.linalg.norm(across)
    turned = np.cos(t * angle) * a[None] + np.sin(t * angle) * across[None]
    basis = np.stack([a, b], axis=1)
    shares = np.linalg.lstsq(basis, turned.T, rcond=None)[0]
    lengths = lengths or (np.linalg.norm(start), np.linalg.norm(end))
    return shares[0][:, None] * a * lengths[0] + shares[1][:, None] * b * lengths[1]


def straight(start, end, t):
    return (1 - t) * np.float64(start) + t * np.float64(end)


def interpolation_slips(start, end, steps):
    """What the usual mistakes make of both ends, and their names."""
    t = np.linspace(0, 1, steps)[:, None]
    right, line = on_the_sphere(start, end, t), straight(start, end, t)
    lengths = np.linalg.norm(start), np.linalg.norm(end)
    cosine = start @ end / (lengths[0] * lengths[1])
    angle = np.arccos(np.clip(cosine, -1, 1))

    def norm(values):
        return np.linalg.norm(values, axis=1, keepdims=True)

    def slerp(angle):
        with np.errstate(all="ignore"):
            return (np.sin((1 - t) * angle) * start + np.sin(t * angle) * end) / np.sin(angle)

    def at(t):
        return on_the_sphere(start, end, np.asarray(t)[:, None])

    even = (1 - t) * lengths[0] + t * lengths[1]
    dot = float(np.clip(start @ end, -1, 1))
    with np.errstate(all="ignore"):
        return [
            (line, "This is the straight line: the shares are sin((1 - t) w) / sin w and "
             "sin(t w) / sin w."),
            (right[::-1], "Both ends have changed places: t = 0 is the start."),
            (line[::-1], "This is the straight line, from the wrong end."),
            (at(np.arange(steps) / steps), "The end is missing: np.linspace(0, 1, steps) has it."),
            (at((np.arange(steps) + 1) / steps), "The start is missing: np.linspace(0, 1, steps)."),
            (at((np.arange(steps) + 0.5) / steps), "Both ends are missing: take linspace."),
            (at((np.arange(steps) + 1) / (steps + 1)), "Both ends are missing: "
             "np.linspace(0, 1, steps) has them."),
            (slerp(np.degrees(angle)), "The angle is in degrees: np.sin takes radians."),
            (right / norm(right), "The lengths are lost: normalize for the angle alone."),
            (on_the_sphere(start, end, t, (1.0, 1.0)), "The lengths are lost: normalize for the "
             "angle alone."),
            (right / norm(right) * even, "The length grows evenly here: the formula takes the ends "
             "as they are."),
            (line / norm(line) * lengths[0], "A straight line put back on the shell: its angles "
             "are not even."),
            (line / norm(line) * even, "A straight line put back on the shell: its angles are not "
             "even."),
            (line / norm(line), "A straight line, normalized: its angles are not even."),
            (slerp(cosine), "The cosine is used as the angle: np.arccos of it."),
            (slerp(np.arccos(dot)), "The cosine has to be divided by both lengths."),
            (slerp(np.arcsin(np.clip(cosine, -1, 1))), "The angle is np.arccos of the cosine, not "
             "np.arcsin."),
            (slerp(angle / 2), "The angle is halved: w is the whole one between both."),
            (slerp(2 * angle), "The angle is doubled."),
            (slerp(angle) * np.sin(angle), "The division by sin w is missing."),
            (np.cos(t * np.pi / 2) * start + np.sin(t * np.pi / 2) * end, "This is right for a "
             "right angle only: use the angle between both ends."),
            (np.sqrt(1 - t) * start + np.sqrt(t) * end, "Roots of the shares: use the angle."),
            ((np.cos((1 - t) * angle) * start + np.cos(t * angle) * end) / np.cos(angle),
             "The shares are made of sines, not of cosines."),
            (at((1 - np.cos(np.pi * np.linspace(0, 1, steps))) / 2), "The steps have to be even."),
        ]  # fmt: skip


SAME_WAY = (
    "Both ends have one direction: there the formula divides 0 by 0. Take the straight line where "
    "the sine is next to nothing, and np.clip(cosine, -1, 1) before np.arccos."
)


@questions.ask(7, "interpolate", points=1)
def interpolate(answers, rng):
    first, second = np.linalg.qr(rng.normal(0, 1, (3, 2)))[0].T.astype("float32")
    # An angle, lengths and a product that tell the usual mistakes apart.
    between(answers, 0.8 * first, 0.5 * (0.6 * first + 0.8 * second), 5)
    for steps, latents, dtype in ((4, 2, "float64"), (3, 32, "float32")):
        start, end = rng.normal(0, 1, (2, latents)).astype(dtype)
        between(answers, start, 2 * end, steps)
        between(answers, start, -end, steps)
    between(answers, np.array([1.0, 0.0]), np.array([0.0, 1.0]), 3)
    for factor in (1.0, 2.5):
        for _ in range(20):  # rounding leaves some of the cosines above 1
            start = rng.normal(0, 1, 32).astype("float32")
            between(answers, start, (factor * start).astype("float32"), 3, SAME_WAY)
    return "even angles between ends of any length, both ends included, equal directions"


def between(answers, start, end, steps, otherwise=""):
    """Wrong unless the answer goes from start to end as it should."""
    latents = len(start)
    what = f"from {brief(start)} to {brief(end)} in {steps} steps, latents"
    with np.errstate(all="ignore"):
        found = numbers(answers.call("interpolate", start, end, steps), what)
    shape(
        found,
        (steps, latents),
        what,
        [
            ((latents, steps), "Steps run along axis 0: t = np.linspace(...)[:, None]."),
            ((steps - 1, latents), "One step is missing: both ends are included."),
            ((steps + 1, latents), "There is one step too many: both ends are included in steps."),
            ((steps + 2, latents), "Both ends are included in `steps`."),
            ((steps - 2, latents), "Both ends are missing: they are included in `steps`."),
            ((latents,), "A single point comes back: all steps, one a row."),
            ((steps, 1, latents), "An axis too many: (steps, latent_size)."),
            ((steps,), "Shares alone come back: they multiply both ends."),
        ],
    )
    start, end = np.float64(start), np.float64(end)
    close(
        found,
        on_the_sphere(start, end, np.linspace(0, 1, steps)[:, None]),
        what,
        [] if otherwise else interpolation_slips(start, end, steps),
        otherwise=otherwise or "Use the formula, with the angle between both ends.",
        tolerance=2e-3,
        not_finite=SAME_WAY,
    )
