"""Lab 5's training step, computed in NumPy for networks that are linear maps of colours; its slips.

The driver `four_networks` trains such networks by the answer; `updated` and `means` compare.
A loss is a list of terms, each with a way through the networks, so that a mistake is another list.
"""

from dataclasses import dataclass, replace

import numpy as np

from utils.checks.compare import Wrong, agree, brief
from utils.checks.remote.picture_drivers import NETWORKS
from utils.checks.steps import listed, returned_values, same, trained_by

A_TO_B, B_TO_A, D_A, D_B = NETWORKS
GENERATORS, DISCRIMINATORS = (A_TO_B, B_TO_A), (D_A, D_B)
RATES = 0.11, 0.07, 0.13, 0.05  # in the order of NETWORKS
TRACKED = "adversarial_loss", "cycle_loss", "identity_loss", "discriminator_loss"


@dataclass(frozen=True)
class Term:
    """A weighted loss of what networks make of images.

    Attributes:
        kind: "adversarial", "cycle", "identity", "real" or "generated".
        start: name of the images.
        way: names of networks, in their order.
        target: a number, from which squares are taken, or a name of images, from which absolute
            differences are.
        since: int, through how many networks of the way no gradient gets back.
    """

    kind: str
    start: str
    way: tuple
    target: float | str
    weight: float = 1.0
    since: int = 0


def generator_terms(cycle_weight, identity_weight):
    """The sum that both generators descend."""
    return [
        Term("adversarial", "a", (A_TO_B, D_B), 1.0),
        Term("adversarial", "b", (B_TO_A, D_A), 1.0),
        Term("cycle", "a", (A_TO_B, B_TO_A), "a", cycle_weight),
        Term("cycle", "b", (B_TO_A, A_TO_B), "b", cycle_weight),
        Term("identity", "b", (A_TO_B,), "b", identity_weight),
        Term("identity", "a", (B_TO_A,), "a", identity_weight),
    ]


def discriminator_terms():
    """What both discriminators descend, each for itself."""
    return [
        Term("real", "a", (D_A,), 1.0, 0.5),
        Term("generated", "pool_a", (D_A,), 0.0, 0.5),
        Term("real", "b", (D_B,), 1.0, 0.5),
        Term("generated", "pool_b", (D_B,), 0.0, 0.5),
    ]


def through(weights, images, way):
    """What comes to each network on the way, and what comes out of the last."""
    passed = [images]
    for name in way:
        kernel, bias = weights[name]
        passed.append(passed[-1] @ kernel + bias)
    return passed


def value_of(term, weights, images):
    """The loss of a term without its weight, and its derivative by what comes out."""
    found = through(weights, images[term.start], term.way)[-1]
    if isinstance(term.target, str):
        difference = found - images[term.target]
        return np.mean(np.abs(difference)), np.sign(difference) / difference.size
    return np.mean((found - term.target) ** 2), 2 * (found - term.target) / found.size


def gradients(terms, weights, images):
    """The gradient of the sum of all terms: {name: [by kernel, by bias]}."""
    total = {name: [np.zeros_like(part) for part in weights[name]] for name in NETWORKS}
    for term in terms:
        passed = through(weights, images[term.start], term.way)
        back = term.weight * value_of(term, weights, images)[1]
        for place in reversed(range(term.since, len(term.way))):
            name = term.way[place]
            total[name][0] += np.einsum("nijc,nijd->cd", passed[place], back)
            total[name][1] += back.sum((0, 1, 2))
            back = back @ weights[name][0].T
    return total


def moved(weights, slopes, names, rates=RATES, factor=1.0):
    """Weights after a step down the slopes for these networks; the others as they were."""
    steps = dict(zip(NETWORKS, rates, strict=True))
    return weights | {
        name: [
            w - factor * steps[name] * s for w, s in zip(weights[name], slopes[name], strict=True)
        ]
        for name in names
    }


def four(rng):
    """Weights of the four networks: generators near the colours as they are."""
    made = {}
    for name in NETWORKS:
        colours = 3 if name in GENERATORS else 1
        kernel = rng.normal(0, 0.3, (3, colours)) + (0.7 * np.eye(3) if colours == 3 else 0)
        made[name] = [kernel.astype("float32"), rng.normal(0, 0.2, colours).astype("float32")]
    return made


def batches_of(rng, *counts, size=(2, 3)):
    """Pairs of batches: images of A are darker than those of B."""
    return [
        tuple(
            np.clip(rng.normal(mean, 0.4, (n, *size, 3)), -1, 1).astype("float32")
            for mean in (-0.3, 0.4)
        )
        for n in counts
    ]


def images_of(pair, weights):
    """All images that a step may see, by name, but for those of pools."""
    a, b = (np.asarray(each, "float64") for each in pair)
    images = {"a": a, "b": b}
    for name, start, way in (
        ("fake_b", "a", (A_TO_B,)),
        ("fake_a", "b", (B_TO_A,)),
        ("cycled_a", "a", (A_TO_B, B_TO_A)),
        ("cycled_b", "b", (B_TO_A, A_TO_B)),
        ("same_b", "b", (A_TO_B,)),
        ("same_a", "a", (B_TO_A,)),
    ):
        images[name] = through(weights, images[start], way)[-1]
    return images


# --- what came to the networks and to the pools ------------------------------------------------

SAID = {
    "a": "the real images of A",
    "b": "the real images of B",
    "fake_a": "F(b), translations to A",
    "fake_b": "G(a), translations to B",
    "cycled_a": "F(G(a))",
    "cycled_b": "G(F(b))",
    "same_a": "F(a)",
    "same_b": "G(b)",
}


def called_for_training(events):
    """Wrong unless all four networks are called, and always with training=True."""
    for name in NETWORKS:
        told = [event for event in events if event["name"] == name]
        if not told:
            slip = f"Call self.{name} in train_step: all four networks take part."
            raise Wrong(f"calls of {name} in train_step", "none", slip)
        still = sum(not event["training"] for event in told)
        if still:
            raise Wrong(
                f"{name} called for training",
                f"training=True missing in {still} of {len(told)} calls",
                "Pass training=True in every call: a layer such as Dropout needs to know.",
            )


def pooled(events, images, after):
    """What both pools gave, {"pool_a": images, "pool_b": images}; Wrong where they are misused.

    Args:
        images: see `images_of`; after: the same with the weights after the step.
    """
    given = {}
    for side in "ab":
        name, right = f"pool_{side}", f"fake_{side}"
        told = [event for event in events if event["name"] == name]
        if len(told) != 1:
            slip = f"Ask it once for each step: fakes = self.{name}({right})."
            if not told:
                slip = f"The discriminator sees what self.{name}({right}) gives, old and new ones."
            raise Wrong(f"one call of {name} in a step", f"{len(told)} calls", slip)
        found, expected = told[0]["images"].astype("float64"), images[right]
        if not agree(found, expected, 1e-4):
            slip = f"What goes into self.{name} are the translations that the step began with."
            for other, value in images.items():
                if agree(found, value, 1e-4):
                    slip = f"{SAID[other]} go into self.{name}: it is for {SAID[right]}."
            if agree(found, after[right], 1e-4):
                slip = (
                    "They are translated anew after the generators' update: use the translations "
                    "of before, that the generators' step has made."
                )
            raise Wrong(f"{SAID[right]}, into self.{name}", brief(found), slip)
        given[name] = told[0]["given"].astype("float64")
    return given


# --- the updates -------------------------------------------------------------------------------


def of_kind(terms, kind, **changes):
    """Terms with these attributes changed where they are of this kind; `change` may be None."""
    return [replace(term, **changes) if term.kind == kind else term for term in terms]


def without(terms, kind, start=None):
    return [t for t in terms if t.kind != kind or start not in (None, t.start)]


def scaled(terms, factor, kind=None):
    return [
        replace(t, weight=factor * t.weight) if kind in (None, t.kind) else t for t in terms
    ]  # fmt: skip


def exchanged(terms, kind, names):
    """Terms of a kind with names of images or networks exchanged in their target and way."""
    other = dict(names) | {second: first for first, second in names}

    def way(term):
        return tuple(other.get(name, name) for name in term.way)

    return [
        replace(t, target=other.get(t.target, t.target), way=way(t)) if t.kind == kind else t
        for t in terms
    ]


def generator_mistakes(terms, cycle_weight, identity_weight):
    """Pairs of what is said and the terms that the mistake descends."""
    swapped = scaled(
        scaled(terms, identity_weight / cycle_weight, "cycle"),
        cycle_weight / max(identity_weight, 1e-9),
        "identity",
    )
    wrong_pair = exchanged(terms, "cycle", [("a", "b")])
    detached = (
        "A cycle moves both of its generators. Here only the second moves: G(a) and F(b) are cut "
        "off before they are translated back, or each generator has a loss of its own."
    )
    other_pair = "A cycle ends where it began: F(G(a)) is compared with a, G(F(b)) with b."
    names = GENERATORS
    one_cut = [[replace(t, since=1) if t.kind == "cycle" and t.start == s else t for t in terms]
               for s in "ab"]  # fmt: skip
    return [
        (other_pair, wrong_pair),
        (other_pair, [*wrong_pair[:3], *terms[3:]]),
        (other_pair, [*terms[:3], *wrong_pair[3:]]),
        ("The cycle loss is missing.", without(terms, "cycle")),
        ("The cycle from B, L_cyc(b, G(F(b))), is missing.", without(terms, "cycle", "b")),
        ("The cycle from A, L_cyc(a, F(G(a))), is missing.", without(terms, "cycle", "a")),
        ("The identity loss is missing.", without(terms, "identity")),
        ("L_id(b, G(b)), the identity of B, is missing.", without(terms, "identity", "b")),
        ("L_id(a, F(a)), the identity of A, is missing.", without(terms, "identity", "a")),
        ("The identity loss is for a generator's own domain: G(b) beside b and F(a) beside a, "
         "not G(a) beside a.",
         [*terms[:4], Term("identity", "a", (A_TO_B,), "a", identity_weight),
          Term("identity", "b", (B_TO_A,), "b", identity_weight)]),
        ("The identity loss compares G(b) with b and F(a) with a.",
         exchanged(terms, "identity", [("a", "b")])),
        ("The identity loss compares a translation with the real images of the other heap: nobody "
         "knows that they are partners. It is of G(b) and b, F(a) and a.",
         [*terms[:4], Term("identity", "a", (A_TO_B,), "b", identity_weight),
          Term("identity", "b", (B_TO_A,), "a", identity_weight)]),
        ("cycle_weight is missing before the cycle loss.",
         scaled(terms, 1 / cycle_weight, "cycle")),
        ("identity_weight is missing before the identity loss.",
         scaled(terms, 1 / max(identity_weight, 1e-9), "identity")),
        ("Both weights are missing: self.cycle_weight and self.identity_weight.",
         [replace(t, weight=1.0) for t in terms]),
        ("The weights have changed places: cycle_weight is the cycle loss's.", swapped),
        ("The weight of the cycle loss is self.cycle_weight, not always 10.",
         scaled(terms, 10 / cycle_weight, "cycle")),
        ("The weight of the identity loss is self.identity_weight, not always 5.",
         of_kind(terms, "identity", weight=5.0)),
        ("The weights are self.cycle_weight and self.identity_weight, not always 10 and 5.",
         of_kind(of_kind(terms, "identity", weight=5.0), "cycle", weight=10.0)),
        ("The identity loss is weighted by identity_weight alone, not by cycle_weight as well.",
         scaled(terms, cycle_weight, "identity")),
        ("The identity loss is weighted by identity_weight alone, not by half of cycle_weight.",
         of_kind(terms, "identity", weight=cycle_weight / 2)),
        ("The generators' target is turned round: they want the answer \"real\", so it is True.",
         of_kind(terms, "adversarial", target=0.0)),
        ("The discriminators have changed places: D_B judges G(a), and D_A judges F(b).",
         exchanged(terms, "adversarial", [(D_A, D_B)])),
        ("Both adversarial losses are missing.", without(terms, "adversarial")),
        ("The adversarial loss of F(b) is missing.", without(terms, "adversarial", "b")),
        ("The adversarial loss of G(a) is missing.", without(terms, "adversarial", "a")),
        ("What D says of images translated back is not asked: of G(a) and F(b).",
         [Term("adversarial", "a", (*names, D_A), 1.0),
          Term("adversarial", "b", (*names[::-1], D_B), 1.0), *terms[2:]]),
        ("What D says of G(b) and F(a) is not asked: of translations, G(a) and F(b).",
         [Term("adversarial", "b", (A_TO_B, D_B), 1.0),
          Term("adversarial", "a", (B_TO_A, D_A), 1.0), *terms[2:]]),
        ("The adversarial losses are not halved.", scaled(terms, 0.5, "adversarial")),
        ("The cycle losses are summed, not averaged.", scaled(terms, 0.5, "cycle")),
        ("The identity losses are summed, not averaged.", scaled(terms, 0.5, "identity")),
        ("The sum is not halved: means of both directions are for what is returned.",
         scaled(terms, 0.5)),
        ("The sum counts once: it is doubled, or its step taken twice.", scaled(terms, 2.0)),
        ("The step goes uphill: descend.", scaled(terms, -1.0)),
        (detached, of_kind(terms, "cycle", since=1)),
        (detached, one_cut[0]),
        (detached, one_cut[1]),
    ]  # fmt: skip


def discriminator_mistakes(side, other):
    """Pairs of what is said and the terms that the mistake descends, for D of this side."""
    name = f"discriminator_{side}"

    def terms(real=side, fake=f"pool_{side}", labels=(1.0, 0.0), weights=(0.5, 0.5)):
        pairs = zip(("real", "generated"), (real, fake), labels, weights, strict=True)
        return [Term(kind, start, (name,), label, weight) for kind, start, label, weight in pairs]

    asked = Term("adversarial", other, (B_TO_A if side == "a" else A_TO_B, name), 1.0)
    return [
        ("The labels are reversed: real images are to be 1, generated ones 0.",
         terms(labels=(0.0, 1.0))),
        ("Generated images are to be 0 for the discriminator.", terms(labels=(1.0, 1.0))),
        ("Real images are to be 1 for the discriminator.", terms(labels=(0.0, 0.0))),
        ("Half of the sum of both losses: the half is missing.", terms(weights=(1.0, 1.0))),
        ("The half is taken twice.", terms(weights=(0.25, 0.25))),
        ("The real images are missing in the discriminator's loss.", terms(weights=(0.0, 0.5))),
        ("The generated images are missing in the discriminator's loss.",
         terms(weights=(0.5, 0.0))),
        ("The discriminator learns from the new translations: from what the pool gives.",
         terms(fake=f"fake_{side}")),
        ("The half is missing, and the pool's images are not used.",
         terms(fake=f"fake_{side}", weights=(1.0, 1.0))),
        ("These are the fakes of the wrong pool: each discriminator has its own, "
         "self.pool_a for D_A.", terms(fake=f"pool_{other}")),
        ("The real images are of the other domain: D_A learns from a, D_B from b.",
         terms(real=other)),
        ("Real and generated images are both of the other domain: D_A learns from a, D_B from b.",
         terms(real=other, fake=f"pool_{other}")),
        ("It is translated anew after the generators' update: use the translations of before.",
         terms(fake=f"new_{side}")),
        ("The real image is compared with its cycle: F(G(a)) is no image for the discriminators.",
         terms(fake=f"cycled_{side}")),
        ("The step goes uphill: descend.", terms(weights=(-0.5, -0.5))),
        ("The gradient of the generators' loss moves a discriminator: it has a loss of its own.",
         [asked]),
        ("The gradient of the generators' loss moves a discriminator as well: leave its variables "
         "out there.", [*terms(), asked]),
    ]  # fmt: skip


def updated(step, weights, pair, options, told):
    """Wrong unless the step has moved all four networks as it should; returns what is tracked.

    Args:
        step: of the driver's report, with `taken`, how many steps each optimizer has taken.
        weights: before the step, see `as_steps`.
        pair: batches of A and of B.
        options: dict of cycle_weight and identity_weight.
        told: str, of the situation.

    Returns:
        array of the four values in the order of TRACKED.
    """
    called_for_training(step["events"])
    after, images = listed(step["after"]), images_of(pair, weights)
    newer = images_of(pair, after)
    terms, judging = generator_terms(**options), discriminator_terms()
    slopes = gradients(terms, weights, images)
    _generators(step, weights, after, images, options, slopes, told)
    images |= pooled(step["events"], images, newer)
    images |= {f"new_{side}": newer[f"fake_{side}"] for side in "ab"}
    slopes = gradients(judging, weights, images)
    expected = moved(weights, slopes, DISCRIMINATORS)
    for name, side, other in ((D_A, "a", "b"), (D_B, "b", "a")):
        if same(after[name], expected[name], weights[name]):
            continue
        swapped = {name: slopes[f"discriminator_{other}"]}
        slip = f"Descend half the sum of its losses on {side} and on what self.pool_{side} gives."
        slip = common(name, step, weights, after, expected[name]) or slip
        for said, wrong in discriminator_mistakes(side, other):
            found = moved(weights, gradients(wrong, weights, images), [name])[name]
            if same(after[name], found, weights[name]):
                slip = said
                break
        if same(after[name], moved(weights, swapped, [name])[name], weights[name]):
            slip = f"The gradient of the other discriminator moves {name}: each gets its own."
        for rate in RATES[:2]:  # of the generators' optimizers
            early = moved(weights, gradients(terms, weights, images), [name], 4 * [rate])
            found = moved(early, gradients(judging, early, images), [name])[name]
            if same(after[name], found, weights[name]):
                slip = (
                    "A generator's optimizer moves a discriminator as well, down the generators' "
                    "loss: leave its variables out there."
                )
        raise different(name, weights, after, expected, slip, told)
    return tracked(terms, judging, weights, images)


def _generators(step, weights, after, images, options, slopes, told):
    """Wrong unless both generators have moved down these slopes."""
    expected = moved(weights, slopes, GENERATORS)
    for name, other in (GENERATORS, GENERATORS[::-1]):
        if not same(after[name], expected[name], weights[name]):
            slip = f"Descend the gradient of the whole sum for the variables of self.{name}."
            slip = common(name, step, weights, after, expected[name]) or slip
            slip = _explained(name, other, weights, after, images, options, slopes) or slip
            raise different(name, weights, after, expected, slip, told)


def _explained(name, other, weights, after, images, options, slopes):
    """The mistake that explains how both generators moved, or else how this one did, or None."""
    terms = generator_terms(**options)
    late = weights | {judge: after[judge] for judge in DISCRIMINATORS}
    both = [first + second for first, second in zip(slopes[name], slopes[other], strict=True)]
    others = {name: slopes[other], other: slopes[name]}
    wrong = [
        (f"The gradient of the other generator moves {name}: each gets its own.", others),
        (f"Both generators' gradients move {name}: each gets its own.", {name: both, other: both}),
        (
            "The discriminators move first, and judge already better: the generators' gradient is "
            "taken before.",
            gradients(terms, late, images),
        ),
        (
            f"The gradient for {name} is taken after the other generator's update: one tape for "
            "both, then both updates.",
            gradients(terms, weights | {other: after[other]}, images),
        ),
        *(
            (said, gradients(mistake, weights, images))
            for said, mistake in generator_mistakes(terms, **options)
        ),
    ]

    def explains(slopes, names):
        found = moved(weights, slopes, names)
        return all(same(after[each], found[each], weights[each]) for each in names)

    for names in (GENERATORS, (name,)):
        for said, slopes_of_mistake in wrong:
            if explains(slopes_of_mistake, names):
                return said
    return None


def common(name, step, weights, after, expected):
    """What is said of any network that stands still, or is moved by another's optimizer."""
    place = NETWORKS.index(name)
    change, right = after[name][0] - weights[name][0], expected[0] - weights[name][0]
    if np.abs(change).max() < 1e-3 * np.abs(right).max():
        return (
            f"{name} has not moved: ask a tape for the gradient of its trainable_variables, and "
            f"give it to self.{name}_optimizer."
        )
    for other, rate in zip(NETWORKS, RATES, strict=True):
        if other != name and np.allclose(change, right * rate / RATES[place], atol=1e-6, rtol=1e-3):
            return f"The optimizer of {other} moves {name}: each has its own."
    if step["taken"][place] != 1:
        taken = step["taken"][place]
        return f"The optimizer of {name} has taken {taken} steps in one call instead of 1."
    return ""


def different(name, weights, after, expected, slip, told):
    change, right = (each[name][0] - weights[name][0] for each in (after, expected))
    return Wrong(
        f"{told}, a change of the kernel of {name} of {brief(right.ravel()[:3])}...",
        f"{brief(change.ravel()[:3])}...",
        slip,
    )


# --- what is returned --------------------------------------------------------------------------


def tracked(terms, judging, weights, images):
    """The four values of a step: means of both directions, without weights."""

    def mean(terms, *kinds):
        values = [value_of(t, weights, images)[0] for t in terms if t.kind in kinds]
        return np.mean(values)

    return np.array(
        [
            *(mean(terms, kind) for kind in ("adversarial", "cycle", "identity")),
            mean(judging, "real", "generated"),
        ]
    )


def tracked_slips(row, step, weights, pair, options, images):
    """Pairs of what a mistake returns in one step, and what is said of it."""
    after = listed(step["after"])
    terms, judging = generator_terms(**options), discriminator_terms()
    factors = np.array([1.0, options["cycle_weight"], options["identity_weight"], 1.0])
    newer = images_of(pair, after) | {name: images[name] for name in ("pool_a", "pool_b")}
    generators = weights | {name: after[name] for name in GENERATORS}
    judges = weights | {name: after[name] for name in DISCRIMINATORS}
    late = "These are losses after an update: return what the gradients were taken of."
    rows = [tracked(terms, judging, *each)
            for each in ((after, newer), (generators, newer), (judges, images))]  # fmt: skip
    parts = {
        kind: [value_of(t, weights, images)[0] for t in terms if t.kind == kind]
        for kind in ("adversarial", "cycle", "identity")
    }
    whole = sum(2 * row[place] * factors[place] for place in range(3))
    one = np.array([*(values[0] for values in parts.values()), row[3]])
    two = np.array([*(values[1] for values in parts.values()), row[3]])
    direction = "This is one direction alone: the mean of both."
    doubled = np.array([2.0, 2, 2, 1])
    return [
        (2 * row, "These are sums of both directions: take their means."),
        (row * doubled, "These are sums of both directions: take their means."),
        (row * factors, "The weights are in the returned numbers: leave them out there."),
        (2 * row * factors, "These are weighted sums: the mean of both directions, unweighted."),
        (row * factors * doubled, "These are weighted sums: the mean of both directions, "
         "unweighted."),
        (row * np.array([1, 1, 1, 2.0]), "The discriminators' loss is not halved again, or is the "
         "sum of both: half the sum of each, and of these the mean."),
        (row * np.array([1, 1, 1, 0.5]), "The discriminators' loss is halved once too often."),
        (row[[0, 2, 1, 3]], "Cycle and identity loss have changed places."),
        (row[[3, 0, 1, 2]], "The order is that of self.trackers: the discriminators' loss last."),
        (np.append(whole, row[1:]), "The whole sum is returned as the adversarial loss."),
        (one, direction), (two, direction),
        *((np.append(each[:3], row[3]), direction) for each in (one, two)),
        *((each, late) for each in rows),
        *((np.append(row[:3], each[3]), late) for each in rows),
        *((np.append(each[:3], row[3]), late) for each in rows),
        (0 * row, "The trackers are never updated: self.track(...) does it."),
    ]  # fmt: skip


def means(rows, found, what, slips=(), sizes=None):
    """Wrong unless the four tracked numbers are means over these steps.

    Args:
        rows: list of arrays (4,), one for each batch since the epoch began.
        found: what `train_step` returned.
        slips: pairs of (numbers that a mistake leads to, what is said of it).
        sizes: list of int or None, images in each batch: their means count, too.
    """
    found, rows = returned_values(found, TRACKED, what), np.array(rows)
    right = rows.mean(0)
    if agree(found, right, 2e-3) or (
        sizes and agree(found, np.average(rows, axis=0, weights=sizes), 2e-3)
    ):
        return
    wrong = [
        *slips,
        (rows[-1], "The last batch's values come back: return the trackers' means."),
        (rows[0], "The first batch's values come back: track every one."),
        (rows.sum(0), "These are sums over the batches: return the trackers' means."),
    ]
    slip = next((said for value, said in wrong if agree(found, value, 2e-3)), None)
    if slip is None:
        place = int(np.argmax(np.abs(found - right)))
        slip = f"Look at {TRACKED[place]}: the mean of both directions, before the updates."
    raise Wrong(f"{what}, {', '.join(TRACKED)}: {brief(right)}", brief(found), slip)


def trained(answers, seed, **options):
    """`trained_by` with the rates of this module."""
    given = {"rates": list(RATES), "seed": seed} | options
    return trained_by(answers, "four_networks", "CycleGAN", **given)
