"""The game of generator and discriminator, computed in NumPy for linear networks, and its slips.

The driver `gan_training` trains such networks by the answer; `moved` and `means` compare.
"""

import numpy as np

from utils.checks.compare import Wrong, agree, brief
from utils.checks.losses import sigmoid, softplus
from utils.checks.steps import listed, returned_values, same, trained_by

SIDE, LATENTS = 3, 3
RATES = 0.05, 0.03  # of the discriminator, of the generator
TARGETS = 1.0, -0.7, 0.4  # what the losses want: see the driver `gan_training`
TRACKED = "discriminator_loss", "generator_loss", "real_probability", "fake_probability"
PLAYERS = "discriminator", "generator"


def linear_pair(rng):
    """Weights of a linear generator and a linear discriminator."""
    pixels = SIDE * SIDE

    def normal(deviation, *size):
        return rng.normal(0, deviation, size).astype("float32")

    return {
        "generator": [normal(0.5, LATENTS, pixels), normal(0.3, pixels)],
        "discriminator": [normal(0.4, pixels, 1), normal(0.3, 1)],
    }


def mean_square(values, target):
    """The mean squared distance from a number, and its derivatives."""
    return np.mean((values - target) ** 2), 2 * (values - target) / len(values)


def squares(real, fake, generated):
    """The losses that the step is compiled with: value and derivatives by logits.

    Args:
        real, fake: logits of the discriminator's step; generated: of the generator's step.

    Returns:
        dict: for `discriminator` the value, derivatives by real and by fake logits; for
        `generator` the value and derivatives by generated logits.
    """
    (a, by_real), (b, by_fake) = mean_square(real, TARGETS[0]), mean_square(fake, TARGETS[1])
    return {
        "discriminator": (a + b, by_real, by_fake),
        "generator": mean_square(generated, TARGETS[2]),
    }


def reversed_labels(real, fake, generated):
    value, by_fake, by_real = squares(fake, real, generated)["discriminator"]
    return squares(real, fake, generated) | {"discriminator": (value, by_real, by_fake)}


def after_sigmoid(real, fake, generated):
    p = [sigmoid(logits) for logits in (real, fake, generated)]
    slopes = [each * (1 - each) for each in p]
    right = squares(*p)
    value, by_real, by_fake = right["discriminator"]
    loss, by_generated = right["generator"]
    return {
        "discriminator": (value, by_real * slopes[0], by_fake * slopes[1]),
        "generator": (loss, by_generated * slopes[2]),
    }


def of_the_notebook(real, fake, generated):
    n = len(real)
    value = np.mean(softplus(-real)) + np.mean(softplus(fake))
    return {
        "discriminator": (value, -sigmoid(-real) / n, sigmoid(fake) / len(fake)),
        "generator": (np.mean(softplus(-generated)), -sigmoid(-generated) / len(generated)),
    }


def scaled(discriminator=1.0, generator=1.0, real=1.0, fake=1.0):
    """The losses with a factor before each, or before one of the discriminator's terms."""

    def losses(*logits):
        value, by_real, by_fake = squares(*logits)["discriminator"]
        loss, by_generated = squares(*logits)["generator"]
        by_real, by_fake = real * by_real, fake * by_fake
        return {
            "discriminator": (value, discriminator * by_real, discriminator * by_fake),
            "generator": (loss, generator * by_generated),
        }

    return losses


def of_the_generator(losses):
    """The losses with the discriminator's as it should be."""
    return lambda *logits: squares(*logits) | {"generator": losses(*logits)["generator"]}


def against_the_discriminator(real, fake, generated):
    """The generator climbs the discriminator's loss."""
    right = squares(real, fake, generated)
    value, slope = mean_square(generated, TARGETS[1])
    return right | {"generator": (-value, -slope)}


def draw(weights, latents):
    kernel, bias = weights["generator"]
    return latents @ kernel + bias


def judge(weights, images):
    kernel, bias = weights["discriminator"]
    return images @ kernel + bias


def play(weights, real, latents, losses=squares, rates=RATES, old=False, both=False, chosen=None):
    """Algorithm 1 in NumPy, for linear networks.

    Args:
        weights: see `listed`.
        real: images (n, pixels).
        latents: array (k + 1, n, latents), the last for the generator's step.
        old: bool, a mistake: the generator moves against the discriminator as it was before.
        both: bool, a mistake: the discriminator's steps move the generator as well.
        chosen: list of int or None, a mistake: places of the latents that steps are taken with.

    Returns:
        pair of the weights afterwards and what is tracked: two losses, and the probabilities
        (n,) of real and of generated images.
    """
    before, weights = weights, {name: list(pair) for name, pair in weights.items()}
    latents = latents if chosen is None else latents[chosen]
    for drawn in latents[:-1]:
        fake = draw(weights, drawn)
        logits = judge(weights, real), judge(weights, fake)
        loss, by_real, by_fake = losses(*logits, logits[1])["discriminator"]
        gradients = real.T @ by_real + fake.T @ by_fake, (by_real + by_fake).sum(0)
        if both:
            by_images = by_fake @ weights["discriminator"][0].T
            moves(weights["generator"], (drawn.T @ by_images, by_images.sum(0)), rates[0])
        moves(weights["discriminator"], gradients, rates[0])
    opponent = before if old else weights
    generated = judge(opponent, draw(weights, latents[-1]))
    generator_loss, by_logits = losses(*logits, generated)["generator"]
    by_images = by_logits @ opponent["discriminator"][0].T
    moves(weights["generator"], (latents[-1].T @ by_images, by_images.sum(0)), rates[1])
    return weights, (loss, generator_loss, *(sigmoid(each).ravel() for each in logits))


def moves(pair, gradients, rate):
    pair[:] = [weight - rate * gradient for weight, gradient in zip(pair, gradients, strict=True)]


PASSED_IN = "Pass training=True in every call: batch normalization moves its averages only then."


def drawn_latents(step, count, steps):
    """The latents of a step, (k + 1, n, latents), as they came to the generator.

    Wrong where the networks are not called for training, or the latents are not as many.
    """
    events, taken = step["events"], step["taken"]
    calls = {name: [e for e in events if e["network"] == name] for name in PLAYERS}
    for name, told in calls.items():
        if not told:
            slip = "Call it in train_step: self.generator(...), self.discriminator(...)."
            raise Wrong(f"calls of the {name} in train_step", "none", slip)
        still = sum(not event["training"] for event in told)
        if still:
            found = f"training=True missing in {still} of {len(told)} calls"
            raise Wrong(f"a {name} called for training", found, PASSED_IN)
    rows = np.concatenate([event["inputs"] for event in calls["generator"]])
    what = f"for k = {steps} and {count} real images, {(steps + 1) * count} latents in a train_step"
    if len(rows) == (steps + 1) * count:
        return rows.reshape(steps + 1, count, -1).astype("float64")
    slip = "k steps of the discriminator and one of the generator, with new latents in each."
    sizes = [len(event["inputs"]) for event in calls["generator"]]
    if sizes == [sizes[0]] * (steps + 1) or any(size % count for size in sizes):
        slip = "Draw as many latents as there are real images: ops.shape(real_images)[0]."
    elif len(rows) == count and taken[1]:
        slip = "The same generated images serve both networks: draw new latents for the generator."
    elif taken[0] < steps:
        slip = f"{taken[0]} of k steps are taken: `for _ in range(self.discriminator_steps)`."
    elif len(rows) == 2 * count:
        slip = "The images for all k steps are generated once: draw new latents in each step."
    elif len(rows) == 2 * steps * count:
        slip = "The generator takes k steps, too: its step stands after the loop, once."
    elif len(rows) == steps * count:
        slip = "The generator's step has no latents of its own: draw new ones."
    raise Wrong(what, f"{len(rows)} latents in {len(calls['generator'])} calls", slip)


def fresh(latents, earlier=()):
    """Wrong where latents (k + 1, n, latents) repeat among the steps, or those of earlier ones."""
    *discriminator, generator = latents

    def repeated(these, those):
        return these.shape == those.shape and agree(these, those, 1e-6)

    new = "call self.draw_latents(count) anew."
    for place, batch in enumerate(discriminator):
        if any(repeated(batch, other) for other in discriminator[:place]):
            slip = f"All steps of the discriminator see the same images: in each step {new}"
            raise Wrong("k different batches of latents", "the same latents again", slip)
        if repeated(batch, generator):
            slip = f"Latents of the discriminator's step are used again: for the generator {new}"
            raise Wrong("latents of its own in the generator's step", "the same again", slip)
    if len(generator) > 1 and agree(generator, np.roll(generator, 1, axis=0), 1e-6):
        slip = "Draw as many latents as there are real images: self.draw_latents(count)."
        raise Wrong("other latents for each image", "the same for all images of a batch", slip)
    for old in earlier:
        if repeated(old, latents):
            slip = (
                "Each train_step draws the same latents: a seed or a SeedGenerator made in the "
                "step begins anew each time. self.draw_latents goes on."
            )
            raise Wrong("other latents in the next train_step", "the same latents", slip)


def normal(latents):
    values = latents.ravel()
    mean, deviation = values.mean(), values.std()
    kurtosis = np.mean((values - mean) ** 4) / deviation**4
    if abs(mean) > 0.15 or abs(deviation - 1) > 0.08 or abs(kurtosis - 3) > 0.7:
        slip = "Use self.draw_latents(count) as it is."
        if kurtosis < 2.2:
            slip = f"They are uniform. {slip}"
        raise Wrong(
            "latents from N(0, I)",
            f"mean {mean:.2g}, standard deviation {deviation:.2g}, kurtosis {kurtosis:.2g}",
            slip,
        )


LOSS = "Descend the gradient of self.{0}_loss by its own optimizer, for self.{0}'s variables."
STANDS = (
    "The {0} has not moved: ask the tape for the gradient of self.{0}.trainable_variables and give "
    "it to self.{0}_optimizer."
)

# What moves one network wrongly, each with the options of `play` that make the mistake.
COMMON = [
    ("The {0} moves uphill: descend.", {"losses": scaled(-1, -1)}),
    ("The sigmoid acts before the loss: give the logits to it.", {"losses": after_sigmoid}),
    ("self.{0}_loss is meant, the one given to compile.", {"losses": of_the_notebook}),
    ("The {0} is moved by the other network's optimizer.", {"rates": RATES[::-1]}),
    ("The loss is not halved.", {"losses": scaled(0.5, 0.5)}),
    ("The loss is doubled, or its step taken twice.", {"losses": scaled(2, 2)}),
]
MISTAKES = {
    "discriminator": [
        ("Real and generated logits have changed places: labels reversed.",
         {"losses": reversed_labels}),
        *COMMON,
        ("The real images are missing in the loss.", {"losses": scaled(real=0)}),
        ("The generated images are missing in the loss.", {"losses": scaled(fake=0)}),
        ("The discriminator's steps move the generator as well.", {"both": True}),
        ("Only the first of the k steps moves the discriminator.", {"chosen": [0, -1]}),
        ("Only the last of the k steps moves the discriminator.", {"chosen": [-2, -1]}),
    ],
    "generator": [
        ("The generator has to play against the discriminator as it is after its update: call it "
         "again in the generator's step.", {"old": True}),
        ("The discriminator's loss moves the generator: each network has its own variables and "
         "its own optimizer.", {"both": True}),
        *COMMON,
        ("The generator descends self.generator_loss, and does not climb the discriminator's loss.",
         {"losses": against_the_discriminator}),
    ],
}  # fmt: skip


def moved(step, weights, real, latents, told, still=STANDS):
    """Wrong unless the step has moved both networks as Algorithm 1 does; returns what was tracked.

    Args:
        step: of the driver's report, with `taken`, how many steps each optimizer has taken.
        weights: before the step, see `listed`.
        told: str, of the situation.
        still: str, said where a network stands still.
    """
    after, steps = listed(step["after"]), (len(latents) - 1, 1)
    # The generator's images may be made first, as long as it moves last.
    for order in (np.roll(latents, -1, axis=0), latents):
        expected, values = play(weights, real, order)
        if all(same(after[name], expected[name], weights[name]) for name in PLAYERS):
            return values
    for name, taken, right_number in zip(PLAYERS, step["taken"], steps, strict=True):
        if same(after[name], expected[name], weights[name]):
            continue
        change, right = (each[name][0] - weights[name][0] for each in (after, expected))
        slip = LOSS.format(name)
        if np.abs(change).max() < 1e-3 * np.abs(right).max():
            slip = still.format(name)
        elif generator_first(after, weights, real, latents):
            slip = "The generator moves first: Algorithm 1 begins with the discriminator."
        elif taken != right_number:
            slip = f"The {name}'s optimizer has taken {taken} steps instead of {right_number}."
        for said, options in MISTAKES[name]:
            if name == "generator" and "losses" in options:
                options = {"losses": of_the_generator(options["losses"])}
            wrong = play(weights, real, latents, **options)[0]
            if same(after[name], wrong[name], weights[name]):
                slip = said.format(name)
                break
        raise Wrong(
            f"{told}, a change of the {name}'s kernel of {brief(right.ravel()[:4])}...",
            f"{brief(change.ravel()[:4])}...",
            slip,
        )


def generator_first(after, weights, real, latents):
    """Whether the generator has moved before the discriminator did, with k = 1."""
    if len(latents) != 2:
        return False
    first, second = latents
    begun = play(weights, real, np.stack([second, first]), old=True)[0]["generator"]
    expected = play(weights | {"generator": begun}, real, np.stack([second, first]))[0]
    return same(after["discriminator"], expected["discriminator"], weights["discriminator"])


def means(rows, found, what, slips=()):
    """Wrong unless the four tracked numbers are means over these batches.

    Args:
        rows: list of what `play` says is tracked, for each batch since the epoch began.
        found: what `train_step` returned.
        slips: pairs of (rows that a mistake leads to, what is said of it).
    """
    found = returned_values(found, TRACKED, what)

    def batches(rows):
        return np.array([[np.mean(value) for value in row] for row in rows])

    sizes = np.array([len(row[2]) for row in rows])
    right = batches(rows).mean(0)
    by_image = sizes @ batches(rows) / sizes.sum()
    if all(
        agree(f, r, 2e-3) or agree(f, w, 2e-3)
        for f, r, w in zip(found, right, by_image, strict=True)
    ):
        return
    values = batches(rows)
    logits = np.array([[np.mean(np.log(p / (1 - p))) for p in row[2:]] for row in rows]).mean(0)
    order = "Losses before probabilities, the discriminator's and the real images' first"
    wrong = [
        (right[[0, 1, 3, 2]], "The probabilities have changed places: D(x) comes first."),
        (right[[1, 0, 2, 3]], "The losses have changed places: the discriminator's comes first."),
        (right[[2, 3, 0, 1]], f"{order}."),
        (np.append(right[:2], logits), "These are logits: ops.sigmoid makes probabilities."),
        (np.append(right[:2], 1 - right[2:]), "These are probabilities of a generated image."),
        (np.append(right[:2], np.round(right[2:])), "The probabilities are rounded."),
        (np.append(right[:2], sigmoid(right[2:])), "The sigmoid acts twice."),
        (values[-1], "The last batch's values come back: return the trackers' means."),
        (values[0], "The first batch's values come back: track every one."),
        (values.sum(0), "These are sums over the batches: return the trackers' means."),
        (0 * right, "The trackers are never updated: self.track(...) does it."),
        (
            np.append(right[:2] * 32768, right[2:]),
            "The losses are tracked as they are, not scaled.",
        ),
    ]
    wrong += [(batches(other).mean(0), said) for other, said in slips]
    slip = next((said for value, said in wrong if agree(found, value, 2e-3)), None)
    if slip is None:
        place = int(np.argmax(np.abs(found - right)))
        slip = f"Look at {TRACKED[place]}: as the last step saw it, before its update."
    raise Wrong(f"{what}, {', '.join(TRACKED)}: {brief(right)}", brief(found), slip)


def flat(images):
    return images.reshape(len(images), -1).astype("float64")


def images_of(rng, *counts):
    return [rng.uniform(-1, 1, (n, SIDE, SIDE, 1)).astype("float32") for n in counts]


def trained(answers, seed, **options):
    """`trained_by` with this game's rates and targets."""
    given = {"rates": RATES, "targets": TARGETS, "seed": seed} | options
    return trained_by(answers, "gan_training", "DCGAN", **given)
