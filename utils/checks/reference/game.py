"""The game of generator and discriminator, computed in NumPy for linear networks, and its mistakes.

The driver `gan_training` trains such networks by the answer; `moved` and `means` compare.
"""

from itertools import combinations

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


# The losses that the step is compiled with, of a logit: of a real image, of a generated one in the
# discriminator's step, of one in the generator's. A network's loss is the sum of their means.
SQUARES = tuple(lambda x, target=target: (x - target) ** 2 for target in TARGETS)
ENTROPIES = lambda x: softplus(-x), softplus, lambda x: softplus(-x)


def slopes(loss, logits):
    """The derivatives of the mean loss by the logits."""
    step = 1e-4
    return (loss(logits + step) - loss(logits - step)) / (2 * step * len(logits))


def in_both_or_one(change):
    """Options of `play` with all losses changed so, or the generator's alone."""
    changed = tuple(map(change, SQUARES))
    return [{"losses": changed}, {"losses": (*SQUARES[:2], changed[2])}]


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
    losses=SQUARES,
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
        (n, 1) of real and of generated images.
    """
    before, weights = weights, {name: list(weights[name]) for name in PLAYERS}
    latents = latents if chosen is None else latents[chosen]
    *steps, last = np.roll(latents, -1, axis=0) if first else latents
    of_real, of_fake, of_generated = losses

    def generators_step(opponent):
        images = draw(weights, last)
        logits = judge(opponent, images)
        by_logits = slopes(of_generated, logits)
        by_images = by_logits @ opponent["discriminator"][0].T
        gradients = {
            "generator": (last.T @ by_images, by_images.sum(0)),
            "discriminator": (images.T @ by_logits, by_logits.sum(0)),
        }
        for name in moving:
            moves(weights[name], gradients[name], rates[1])
        return of_generated(logits)

    if first:
        generator_loss = generators_step(weights)
    for drawn in steps:
        fake = draw(weights, drawn)
        logits = judge(weights, real), judge(weights, fake)
        by_real, by_fake = slopes(of_real, logits[0]), slopes(of_fake, logits[1])
        gradients = real.T @ by_real + fake.T @ by_fake, (by_real + by_fake).sum(0)
        if both:
            by_images = by_fake @ weights["discriminator"][0].T
            moves(weights["generator"], (drawn.T @ by_images, by_images.sum(0)), rates[0])
        moves(weights["discriminator"], gradients, rates[0])
    if not first:
        generator_loss = generators_step(before if old else weights)
    loss = np.mean(of_real(logits[0])) + np.mean(of_fake(logits[1]))
    return weights, (loss, np.mean(generator_loss), *map(sigmoid, logits))


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


def separate_batches(step, real):
    """Wrong where real and generated images share a call of the discriminator.

    Batch normalization would take its mean and variance from both: what an image is told would
    depend on the others, and the discriminator learns to tell the two halves of a batch apart.
    """
    for event in step["events"]:
        if event["network"] != "discriminator":
            continue
        are_real = [any(agree(image, each, 1e-6) for each in real) for image in event["inputs"]]
        if any(are_real) and not all(are_real):
            count = sum(are_real)
            found = f"a call with {count} real and {len(are_real) - count} generated images"
            raise Wrong("batches_expects", found, "one_batch")


def fresh(latents, earlier=()):
    """Wrong where latents (k + 1, n, latents) repeat among the steps, or those of earlier ones."""

    def again(these, those):
        return these.shape == those.shape and agree(these, those, 1e-6)

    *steps, last = latents
    mistakes = {
        "steps_alike": any(again(*pair) for pair in combinations(steps, 2)),
        "latents_again": any(again(drawn, last) for drawn in steps),
        "images_alike": len(last) > 1 and again(last, np.roll(last, 1, axis=0)),
        "seed_in_step": any(again(drawn, latents) for drawn in earlier),
    }
    if any(mistakes.values()):
        mistake = next(mistake for mistake, made in mistakes.items() if made)
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
REAL, FAKE, GENERATED = SQUARES
MISTAKES = {
    "labels_reversed": {"losses": (FAKE, REAL, GENERATED)},
    "old_opponent": {"old": True},
    "generator_moved": {"both": True},
    "stands_still": {"moving": ()},
    "discriminator_moved": [{"moving": ("discriminator",)}, {"moving": PLAYERS}],
    "uphill": in_both_or_one(lambda loss: lambda x: -loss(x)),
    "sigmoid_before_loss": in_both_or_one(lambda loss: lambda x: loss(sigmoid(x))),
    "notebooks_loss": [{"losses": ENTROPIES}, {"losses": (REAL, FAKE, ENTROPIES[2])}],
    "other_optimizer": {"rates": RATES[::-1]},
    "halved": in_both_or_one(lambda loss: lambda x: loss(x) / 2),
    "doubled": in_both_or_one(lambda loss: lambda x: 2 * loss(x)),
    "term_missing": [
        {"losses": (np.zeros_like, FAKE, GENERATED)},
        {"losses": (REAL, np.zeros_like, GENERATED)},
    ],
    "one_step_alone": [{"chosen": [0, -1]}, {"chosen": [-2, -1]}],
    "climbs_other_loss": {"losses": (REAL, FAKE, lambda x: -FAKE(x))},
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
        mistakes: dict, id -> list of rows: each number is of one of them, or right.
    """
    found = returned_values(found, TRACKED)
    sizes, batches = [len(row[2]) for row in rows], as_numbers(rows)
    right = batches.mean(0)

    def mixed(*rows):
        return np.isclose(found, rows, 2e-3, 2e-3).any(0).all()

    if mixed(right, np.average(batches, axis=0, weights=sizes)):
        return
    losses, p = right[:2], right[2:]
    logits = as_numbers([[np.log(q / (1 - q)) for q in row[2:]] for row in rows]).mean(0)
    tracked = {
        "order": [right[[0, 1, 3, 2]], right[[1, 0, 2, 3]], right[[2, 3, 0, 1]]],
        "logits": [[*losses, *logits]],
        "no_probabilities": [[*losses, *q] for q in (1 - p, np.round(p), sigmoid(p))],
        "no_means": [batches[-1], batches[0], batches.sum(0), 0 * right],
        "scaled_tracked": [[*losses * 32768, *p]],
    }
    made = [mistake for mistake, ways in tracked.items() if any(map(mixed, ways))]
    made += [
        mistake for mistake, ways in (mistakes or {}).items() if mixed(right, *as_numbers(ways))
    ]
    name = TRACKED[int(np.argmax(np.abs(found - right)))]
    raise Wrong(expects, brief(found), [*made, "other_values"][0], right=right, name=name,
                names=", ".join(TRACKED), batches=len(rows))  # fmt: skip


def as_numbers(rows):
    return np.array([[np.mean(value) for value in row] for row in rows])


def flat(images):
    return images.reshape(len(images), -1).astype("float64")


def images_of(rng, *counts):
    return [rng.uniform(-1, 1, (n, SIDE, SIDE, 1)).astype("float32") for n in counts]


def trained(answers, seed, **options):
    """`trained_by` with this game's rates and targets."""
    given = {"rates": RATES, "targets": TARGETS, "seed": seed} | options
    return trained_by(answers, "gan_training", "DCGAN", **given)
