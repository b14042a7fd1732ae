"""The game of generator and discriminator, computed in NumPy for linear networks, and its mistakes.

The driver `gan_training` trains such networks by the answer; `moved` and `means` compare.
"""

import numpy as np

from utils.checks.compare import Wrong, agree, brief
from utils.checks.losses import sigmoid, softplus
from utils.checks.steps import explained, listed, returned_values, trained_by

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


def against_the_discriminator(real, fake, generated):
    """The generator climbs the discriminator's loss."""
    value, slope = mean_square(generated, TARGETS[1])
    return squares(real, fake, generated) | {"generator": (-value, -slope)}


def in_both_or_one(losses):
    """Options of `play` with these losses for both networks, or for the generator alone."""

    def of_the_generator(*logits):
        return squares(*logits) | {"generator": losses(*logits)["generator"]}

    return [{"losses": losses}, {"losses": of_the_generator}]


def draw(weights, latents):
    kernel, bias = weights["generator"]
    return latents @ kernel + bias


def judge(weights, images):
    kernel, bias = weights["discriminator"]
    return images @ kernel + bias


def play(
    weights,
    real,
    latents,
    losses=squares,
    rates=RATES,
    old=False,
    both=False,
    chosen=None,
    first=False,
    moving=("generator",),
):
    """Algorithm 1 in NumPy, for linear networks.

    Args:
        weights: see `listed`.
        real: images (n, pixels).
        latents: array (k + 1, n, latents), the last for the generator's step.
        old: bool, a mistake: the generator moves against the discriminator as it was before.
        both: bool, a mistake: the discriminator's steps move the generator as well.
        chosen: list of int or None, a mistake: places of the latents that steps are taken with.
        first: bool, a mistake: the generator moves first, by the first latents.
        moving: names of the networks that the generator's step moves: others are a mistake.

    Returns:
        pair of the weights afterwards and what is tracked: two losses, and the probabilities
        (n,) of real and of generated images.
    """
    before, weights = weights, {name: list(weights[name]) for name in PLAYERS}
    latents = latents if chosen is None else latents[chosen]
    *steps, last = np.roll(latents, -1, axis=0) if first else latents

    def generators_step(opponent):
        images = draw(weights, last)
        logits = judge(opponent, images)
        loss, by_logits = losses(logits, logits, logits)["generator"]
        by_images = by_logits @ opponent["discriminator"][0].T
        gradients = {
            "generator": (last.T @ by_images, by_images.sum(0)),
            "discriminator": (images.T @ by_logits, by_logits.sum(0)),
        }
        for name in moving:
            moves(weights[name], gradients[name], rates[1])
        return loss

    if first:
        generator_loss = generators_step(weights)
    for drawn in steps:
        fake = draw(weights, drawn)
        logits = judge(weights, real), judge(weights, fake)
        loss, by_real, by_fake = losses(*logits, logits[1])["discriminator"]
        gradients = real.T @ by_real + fake.T @ by_fake, (by_real + by_fake).sum(0)
        if both:
            by_images = by_fake @ weights["discriminator"][0].T
            moves(weights["generator"], (drawn.T @ by_images, by_images.sum(0)), rates[0])
        moves(weights["discriminator"], gradients, rates[0])
    if not first:
        generator_loss = generators_step(before if old else weights)
    return weights, (loss, generator_loss, *(sigmoid(each).ravel() for each in logits))


def moves(pair, gradients, rate):
    pair[:] = [weight - rate * gradient for weight, gradient in zip(pair, gradients, strict=True)]


def drawn_latents(step, count, steps):
    """The latents of a step, (k + 1, n, latents), as they came to the generator.

    Wrong where the networks are not called for training, or the latents are not as many.
    """
    calls = {name: [e for e in step["events"] if e["network"] == name] for name in PLAYERS}
    for name, events in calls.items():
        if not events:
            raise Wrong("calls_expects", "none", "never_called", network=name)
        still = sum(not event["training"] for event in events)
        if still:
            found = f"training=True missing in {still} of {len(events)} calls"
            raise Wrong("training_expects", found, "not_for_training", network=name)
    rows = np.concatenate([event["inputs"] for event in calls["generator"]])
    if len(rows) == (steps + 1) * count:
        return rows.reshape(steps + 1, count, -1).astype("float64")
    sizes, taken = [len(event["inputs"]) for event in calls["generator"]], step["taken"]
    mistakes = {
        "other_count": sizes == [sizes[0]] * (steps + 1) or any(size % count for size in sizes),
        "images_shared": len(rows) == count and taken[1],
        "steps_missing": taken[0] < steps,
        "images_once": len(rows) == 2 * count,
        "generator_in_loop": len(rows) == 2 * steps * count,
        "generator_without": len(rows) == steps * count,
    }
    mistake = next((mistake for mistake, made in mistakes.items() if made), "other_latents")
    values = {"k": steps, "images": count, "right": (steps + 1) * count, "taken": taken[0]}
    raise Wrong("latents_expects", f"{len(rows)} in {len(sizes)} calls", mistake, **values)


def fresh(latents, earlier=()):
    """Wrong where latents (k + 1, n, latents) repeat among the steps, or those of earlier ones."""
    *discriminator, generator = latents

    def repeated(these, those):
        return these.shape == those.shape and agree(these, those, 1e-6)

    mistake = None
    for place, batch in enumerate(discriminator):
        if any(repeated(batch, other) for other in discriminator[:place]):
            mistake = mistake or "steps_alike"
        if repeated(batch, generator):
            mistake = mistake or "latents_again"
    if not mistake and len(generator) > 1 and agree(generator, np.roll(generator, 1, axis=0), 1e-6):
        mistake = "images_alike"
    if not mistake and any(repeated(old, latents) for old in earlier):
        mistake = "seed_in_step"
    if mistake:
        raise Wrong("fresh_expects", "the same again", mistake)


def normal(latents):
    """Wrong unless the latents may come from N(0, I)."""
    values = latents.ravel()
    mean, deviation = values.mean(), values.std()
    kurtosis = np.mean((values - mean) ** 4) / deviation**4
    if abs(mean) > 0.15 or abs(deviation - 1) > 0.08 or abs(kurtosis - 3) > 0.7:
        found = f"mean {mean:.2g}, standard deviation {deviation:.2g}, kurtosis {kurtosis:.2g}"
        raise Wrong("normal_expects", found, "uniform" if kurtosis < 2.2 else "not_normal")


# What moves a network wrongly, each with the options of `play` that make the mistake.
MISTAKES = {
    "labels_reversed": {"losses": reversed_labels},
    "old_opponent": {"old": True},
    "generator_moved": {"both": True},
    "stands_still": {"moving": ()},
    "discriminator_moved": [{"moving": ("discriminator",)}, {"moving": PLAYERS}],
    "uphill": in_both_or_one(scaled(-1, -1)),
    "sigmoid_before_loss": in_both_or_one(after_sigmoid),
    "notebooks_loss": in_both_or_one(of_the_notebook),
    "other_optimizer": {"rates": RATES[::-1]},
    "halved": in_both_or_one(scaled(0.5, 0.5)),
    "doubled": in_both_or_one(scaled(2, 2)),
    "real_missing": {"losses": scaled(real=0)},
    "fake_missing": {"losses": scaled(fake=0)},
    "first_step_alone": {"chosen": [0, -1]},
    "last_step_alone": {"chosen": [-2, -1]},
    "climbs_other_loss": {"losses": against_the_discriminator},
    "generator_first": {"first": True},
}


def moved(step, before, real, latents, expects="moved_expects", still="stands_still"):
    """Wrong unless the step has moved both networks as Algorithm 1 does; returns what was tracked.

    Args:
        step: of the driver's report, with `taken`, how many steps each optimizer has taken.
        before: weights before the step, see `listed`.
        still: id of what is said where a network stands still.
    """
    after = listed(step["after"])
    # The generator's images may be made first, as long as it moves last.
    for order in (np.roll(latents, -1, axis=0), latents):

        def replay(order=order, **options):
            return play(before, real, order, **options)[0]

        mistakes = explained(after, before, replay, MISTAKES)
        if not mistakes:
            return play(before, real, order)[1]
    name, mistake = next(iter(mistakes.items()))
    change, right = (weights[name][0] - before[name][0] for weights in (after, replay()))
    k, taken = len(latents) - 1, dict(zip(PLAYERS, step["taken"], strict=True))[name]
    steps = {"discriminator": k, "generator": 1}[name]
    if mistake in (None, "stands_still"):
        mistake = still if mistake else "other_steps" if taken != steps else "other_step"
    right, found = (f"{brief(kernel.ravel()[:4])}..." for kernel in (right, change))
    raise Wrong(expects, found, mistake, network=name, images=len(real), k=k, taken=taken,
                steps=steps, right=right)  # fmt: skip


def means(rows, found, expects="tracked_expects", mistakes=None):
    """Wrong unless the four tracked numbers are means over these batches.

    Args:
        rows: list of what `play` says is tracked, for each batch since the epoch began.
        found: what `train_step` returned.
        mistakes: dict, id -> list of what it makes of the only row.
    """
    found = returned_values(found, TRACKED, expects)
    by_batch = np.array([[np.mean(value) for value in row] for row in rows])
    sizes, right = np.array([len(row[2]) for row in rows]), by_batch.mean(0)
    by_image = sizes @ by_batch / sizes.sum()
    near = [np.isclose(found, way, rtol=2e-3, atol=2e-3) for way in (right, by_image)]
    if np.all(near[0] | near[1]):
        return
    logits = np.mean([[np.mean(np.log(p / (1 - p))) for p in row[2:]] for row in rows], axis=0)
    losses, probabilities = right[:2], right[2:]
    tracked = {
        "probabilities_exchanged": [right[[0, 1, 3, 2]]],
        "losses_exchanged": [right[[1, 0, 2, 3]]],
        "probabilities_first": [right[[2, 3, 0, 1]]],
        "logits": [[*losses, *logits]],
        "of_generated": [[*losses, *(1 - probabilities)]],
        "rounded": [[*losses, *np.round(probabilities)]],
        "sigmoid_twice": [[*losses, *sigmoid(probabilities)]],
        "last_batch": [by_batch[-1]],
        "first_batch": [by_batch[0]],
        "summed": [by_batch.sum(0)],
        "never_updated": [0 * right],
        "scaled_tracked": [[*losses * 32768, *probabilities]],
    }
    for mistake, ways in (mistakes or {}).items():
        tracked[mistake] = [[np.mean(value) for value in row] for row in ways]
    made = (
        mistake for mistake, ways in tracked.items() if any(agree(found, way, 2e-3) for way in ways)
    )
    values = {"names": ", ".join(TRACKED), "batches": len(rows), "right": right}
    values["name"] = TRACKED[int(np.argmax(np.abs(found - right)))]
    raise Wrong(expects, brief(found), next(made, "other_values"), **values)


def flat(images):
    return images.reshape(len(images), -1).astype("float64")


def images_of(rng, *counts):
    return [rng.uniform(-1, 1, (n, SIDE, SIDE, 1)).astype("float32") for n in counts]


def trained(answers, seed, **options):
    """`trained_by` with this game's rates and targets."""
    given = {"rates": RATES, "targets": TARGETS, "seed": seed} | options
    return trained_by(answers, "gan_training", "DCGAN", **given)
