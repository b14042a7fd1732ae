"""Lab 5's training step, computed in NumPy for networks that are linear maps of colours; its slips.

The driver `four_networks` trains such networks by the answer; `updated` and `means` compare.
A loss is a list of terms, each with a way through the networks, so that a mistake is another list.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from utils.checks.compare import Wrong, agree, brief
from utils.checks.remote.pictures import NETWORKS
from utils.checks.steps import explained, listed, returned_values, trained_by

A_TO_B, B_TO_A, D_A, D_B = NETWORKS
GENERATORS, DISCRIMINATORS = (A_TO_B, B_TO_A), (D_A, D_B)
RATES = 0.11, 0.07, 0.13, 0.05  # in the order of NETWORKS
TRACKED = "adversarial_loss", "cycle_loss", "identity_loss", "discriminator_loss"
# What a step makes of its images: how the lab writes it, from what, through which networks.
MADE = {
    "a": ("a", "a", ()),
    "b": ("b", "b", ()),
    "fake_a": ("F(b)", "b", (B_TO_A,)),
    "fake_b": ("G(a)", "a", (A_TO_B,)),
    "cycled_a": ("F(G(a))", "a", (A_TO_B, B_TO_A)),
    "cycled_b": ("G(F(b))", "b", (B_TO_A, A_TO_B)),
    "same_a": ("F(a)", "a", (B_TO_A,)),
    "same_b": ("G(b)", "b", (A_TO_B,)),
}


class Term(NamedTuple):
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


def generator_terms(
    cycle=(1, 1), identity=(1, 1), *, adversarial=(1, 1), target=1.0, back="ab", since=(0, 0),
    judged=(("a", (A_TO_B, D_B)), ("b", (B_TO_A, D_A))),
    mapped=(("b", A_TO_B, "b"), ("a", B_TO_A, "a")),
):  # fmt: skip
    """The sum that both generators descend; the options are mistakes.

    Args:
        cycle, identity, adversarial: weights, one for each direction.
        target: what discriminators shall say; back: with what the cycles of a and b are compared.
        since: see `Term`, of the cycles.
        judged: pairs of images and their way through a discriminator.
        mapped: images, generator and the images with which the identity loss compares.
    """
    ways = GENERATORS, GENERATORS[::-1]
    return [
        *(Term("adversarial", start, way, target, weight)
          for (start, way), weight in zip(judged, adversarial, strict=True)),
        *(Term("cycle", start, way, end, weight, cut)
          for start, way, end, weight, cut in zip("ab", ways, back, cycle, since, strict=True)),
        *(Term("identity", start, (name,), end, weight)
          for (start, name, end), weight in zip(mapped, identity, strict=True)),
    ]  # fmt: skip


def judge_terms(real=0, fake="pool", of=0, labels=(1.0, 0.0), factors=(0.5, 0.5), asked=0):
    """What both discriminators descend, each for itself; the options are mistakes.

    Args:
        real, of: 0 for images of the own domain, 1 for the other one's: real ones and fakes.
        fake: what is judged: "pool", "fake" (just made), "new" (made anew), "cycled".
        labels, factors: of real images and of fakes.
        asked: factor of what the generators want to hear.
    """
    terms = []
    for name, maker, sides in ((D_A, B_TO_A, "ab"), (D_B, A_TO_B, "ba")):
        terms += [
            Term("real", sides[real], (name,), labels[0], factors[0]),
            Term("generated", f"{fake}_{sides[of]}", (name,), labels[1], factors[1]),
        ]
        terms += [Term("adversarial", sides[1], (maker, name), 1.0, asked)] if asked else []
    return terms


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


OWN, OTHERS = np.eye(2), 1 - np.eye(2)


def stepped(weights, images, names, terms, *, at=None, rates=RATES, mix=OWN, **options):
    """Weights of two networks after a step down the gradient: {name: [kernel, bias]}.

    Args:
        terms: function of the options; at: weights, where the gradient is taken, if elsewhere.
        mix: how much of the gradient of either network moves each.
    """
    slopes = gradients(terms(**options), at or weights, images)
    first, second = (slopes[name] for name in names)
    rate = dict(zip(NETWORKS, rates, strict=True))
    return {
        name: [w - rate[name] * (of_first * a + of_second * b)
               for w, a, b in zip(weights[name], first, second, strict=True)]
        for name, (of_first, of_second) in zip(names, mix, strict=True)
    }  # fmt: skip


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
    real = dict(zip("ab", map(np.float64, pair), strict=True))
    return {name: through(weights, real[start], way)[-1] for name, (_, start, way) in MADE.items()}


# --- what came to the networks and to the pools ------------------------------------------------


def called_for_training(events):
    """Wrong unless all four networks are called, and always with training=True."""
    for name in NETWORKS:
        calls = [event["training"] for event in events if event["name"] == name]
        if not calls:
            raise Wrong("calls_expects", "none", "not_called", network=name)
        if not all(calls):
            found = f"training=True missing in {calls.count(False)} of {len(calls)} calls"
            raise Wrong("training_expects", found, "not_for_training", network=name)


def pooled(events, images, after):
    """What both pools gave, {"pool_a": images, "pool_b": images}; Wrong where they are misused.

    Args:
        images: see `images_of`; after: the same with the weights after the step.
    """
    given = {}
    for side in "ab":
        name, right = f"pool_{side}", f"fake_{side}"
        values = {"pool": name, "right": MADE[right][0]}
        calls = [event for event in events if event["name"] == name]
        if len(calls) != 1:
            mistake = "pool_called_twice" if calls else "pool_not_called"
            raise Wrong("pool_called_expects", f"{len(calls)}", mistake, pool=name, fake=right)
        found, mistake = calls[0]["images"], "pool_otherwise"
        if not agree(found, images[right]):
            for other, image in images.items():
                if agree(found, image):
                    mistake, values["others"] = "pool_others", MADE[other][0]
            if agree(found, after[right]):
                mistake = "pool_translated_anew"
            raise Wrong("pool_expects", brief(found), mistake, **values)
        given[name] = calls[0]["given"].astype("float64")
    return given


# --- the updates -------------------------------------------------------------------------------


def generator_mistakes(cycle, identity, weights, after):
    """Options of `stepped` for the generators, by mistake; cycle, identity: the losses' weights."""
    both = {"cycle": (cycle, cycle), "identity": (identity, identity)}
    judges_after = {name: after[name] for name in DISCRIMINATORS}
    return {
        "other_gradient": {"mix": OTHERS},
        "both_gradients": {"mix": OWN + OTHERS},
        "discriminators_first": {"at": weights | judges_after},
        "one_after_the_other": [{"at": weights | {name: after[name]}} for name in GENERATORS],
        "cycle_compared": [{"back": "ba"}, {"back": "bb"}, {"back": "aa"}],
        "no_cycle": {"cycle": (0, 0)},
        "no_cycle_b": {"cycle": (cycle, 0)},
        "no_cycle_a": {"cycle": (0, cycle)},
        "no_identity": {"identity": (0, 0)},
        "no_identity_b": {"identity": (0, identity)},
        "no_identity_a": {"identity": (identity, 0)},
        "identity_domain": {"mapped": (("a", A_TO_B, "a"), ("b", B_TO_A, "b"))},
        "identity_compared": {"mapped": (("b", A_TO_B, "a"), ("a", B_TO_A, "b"))},
        "identity_of_pairs": {"mapped": (("a", A_TO_B, "b"), ("b", B_TO_A, "a"))},
        "no_cycle_weight": {"cycle": (1, 1)},
        "no_identity_weight": {"identity": (1, 1)},
        "no_weights": {"cycle": (1, 1), "identity": (1, 1)},
        "weights_exchanged": {"cycle": both["identity"], "identity": both["cycle"]},
        "always_10": {"cycle": (10, 10)},
        "always_5": {"identity": (5, 5)},
        "always_10_and_5": {"cycle": (10, 10), "identity": (5, 5)},
        "weighted_twice": {"identity": (cycle * identity, cycle * identity)},
        "half_of_cycle_weight": {"identity": (cycle / 2, cycle / 2)},
        "target_reversed": {"target": 0.0},
        "judges_exchanged": {"judged": (("a", (A_TO_B, D_A)), ("b", (B_TO_A, D_B)))},
        "no_adversarial": {"adversarial": (0, 0)},
        "no_adversarial_b": {"adversarial": (1, 0)},
        "no_adversarial_a": {"adversarial": (0, 1)},
        "cycles_judged": {
            "judged": (("a", (A_TO_B, B_TO_A, D_A)), ("b", (B_TO_A, A_TO_B, D_B)))
        },
        "identities_judged": {"judged": (("b", (A_TO_B, D_B)), ("a", (B_TO_A, D_A)))},
        "adversarial_halved": {"adversarial": (0.5, 0.5)},
        "cycle_halved": {"cycle": (cycle / 2, cycle / 2)},
        "identity_halved": {"identity": (identity / 2, identity / 2)},
        "sum_halved": {"mix": OWN / 2},
        "sum_doubled": {"mix": 2 * OWN},
        "uphill": {"mix": -OWN},
        "cycle_cut": [{"since": (1, 1)}, {"since": (1, 0)}, {"since": (0, 1)}],
        "other_optimizer": OTHER_OPTIMIZER,
    }  # fmt: skip


OTHER_OPTIMIZER = [{"rates": 4 * [rate]} for rate in RATES]
JUDGE_MISTAKES = {
    "labels_reversed": {"labels": (0.0, 1.0)},
    "fakes_real": {"labels": (1.0, 1.0)},
    "reals_fake": {"labels": (0.0, 0.0)},
    "no_half": {"factors": (1.0, 1.0)},
    "half_twice": {"factors": (0.25, 0.25)},
    "no_reals": {"factors": (0.0, 0.5)},
    "no_fakes": {"factors": (0.5, 0.0)},
    "no_pool": {"fake": "fake"},
    "no_half_no_pool": {"fake": "fake", "factors": (1.0, 1.0)},
    "wrong_pool": {"of": 1},
    "other_reals": {"real": 1},
    "other_domain": {"real": 1, "of": 1},
    "translated_anew": {"fake": "new"},
    "cycles_judged_here": {"fake": "cycled"},
    "uphill": {"mix": -OWN},
    "generators_loss": {"factors": (0.0, 0.0), "asked": 1.0},
    "generators_loss_too": {"asked": 1.0},
    "other_gradient": {"mix": OTHERS},
    "other_optimizer": OTHER_OPTIMIZER,
}


def updated(step, weights, pair, cycle_weight, identity_weight, **values):
    """Wrong unless the step has moved all four networks as it should.

    Args:
        step: of the driver's report, with `taken`, how many steps each optimizer has taken.
        weights: before the step, see `as_steps`.
        pair: batches of A and of B.
        values: what sentences name.

    Returns:
        array (4, 2), the losses in the order of TRACKED, of both directions.
    """
    called_for_training(step["events"])
    after, images = listed(step["after"]), images_of(pair, weights)
    both = {"cycle": 2 * [cycle_weight], "identity": 2 * [identity_weight]}
    descend = partial(stepped, weights, images, GENERATORS, generator_terms, **both)
    mistakes = generator_mistakes(cycle_weight, identity_weight, weights, after)
    compared(step, weights, after, descend, mistakes, "generators_otherwise", values)

    newer = images_of(pair, after)
    images |= pooled(step["events"], images, newer)
    images |= {f"new_{side}": newer[f"fake_{side}"] for side in "ab"}
    descend = partial(stepped, weights, images, DISCRIMINATORS, judge_terms)

    def moved_before(rate):
        """By a generator's optimizer, down the generators' loss."""
        early = stepped(weights, images, DISCRIMINATORS, generator_terms, rates=4 * [rate], **both)
        return stepped(weights | early, images, DISCRIMINATORS, judge_terms)

    mistakes = JUDGE_MISTAKES | {
        "generators_optimizer": [partial(moved_before, rate) for rate in RATES[:2]]
    }
    compared(step, weights, after, descend, mistakes, "discriminators_otherwise", values)
    return losses_of(weights, images)


def compared(step, weights, after, descend, mistakes, otherwise, values):
    """Wrong unless the networks have moved as by `descend()`."""
    told = explained(after, weights, descend, mistakes)
    for name, mistake in told.items():
        taken = step["taken"][NETWORKS.index(name)]
        mistake = mistake or ("steps_taken" if taken != 1 else otherwise)
        change, right = (moved[name][0] - weights[name][0] for moved in (after, descend()))
        raise Wrong("change_expects", first_of(change), mistake, right=first_of(right),
                    network=name, taken=taken, **values)  # fmt: skip


def first_of(change):
    return f"{brief(change.ravel()[:3])}..."


# --- what is returned --------------------------------------------------------------------------


def losses_of(weights, images):
    """The losses of a step, without weights: (4, 2), each of both directions."""
    values = {}
    for term in generator_terms() + judge_terms():
        values.setdefault(term.kind, []).append(value_of(term, weights, images)[0])
    judging = np.mean([values["real"], values["generated"]], axis=0)
    return np.array([values["adversarial"], values["cycle"], values["identity"], judging])


def returned_mistakes(losses, step, weights, pair, cycle_weight, identity_weight, images):
    """What mistakes return in one step, by their ids; see `means`."""
    row, after = losses.mean(1), listed(step["after"])
    newer = images_of(pair, after) | {name: images[name] for name in ("pool_a", "pool_b")}
    factors = np.array([1.0, cycle_weight, identity_weight, 1.0])
    generators_after = weights | {name: after[name] for name in GENERATORS}
    judges_after = weights | {name: after[name] for name in DISCRIMINATORS}
    late = (after, newer), (generators_after, newer), (judges_after, images)
    return {
        "judges_sum": [row * (1, 1, 1, 2)],
        "judges_halved": [row * (1, 1, 1, 0.5)],
        "sums": [2 * row],
        "weighted": [row * factors],
        "weighted_sums": [2 * row * factors, 2 * row],
        "exchanged": [row[[0, 2, 1, 3]]],
        "judges_first": [row[[3, 0, 1, 2]]],
        "whole_sum": [np.append(2 * (row * factors)[:3].sum(), row[1:])],
        "one_direction": [losses[:, 0], losses[:, 1]],
        "late": [losses_of(*each).mean(1) for each in late],
        "never_updated": [0 * row],
    }


def means(rows, found, expects, mistakes=None, sizes=None, **values):
    """Wrong unless the four tracked numbers are means over these steps.

    Args:
        rows: list of arrays (4,), one for each batch since the epoch began.
        found: what `train_step` returned.
        mistakes: dict, id -> arrays (4,); each of the four numbers is right or in one of them.
        sizes: list of int or None, images in each batch: their means count, too.
    """
    found, rows = returned_values(found, TRACKED), np.array(rows)
    right = rows.mean(0)
    if agree(found, right, 2e-3) or (
        sizes and agree(found, np.average(rows, axis=0, weights=sizes), 2e-3)
    ):
        return
    mistakes = (mistakes or {}) | {
        "last_batch": [rows[-1]], "first_batch": [rows[0]], "sums_over_batches": [rows.sum(0)]
    }  # fmt: skip

    def explains(others):
        columns = zip(found, right, *others, strict=True)
        return all(any(agree(value, way, 2e-3) for way in ways) for value, *ways in columns)

    mistake = next((key for key, others in mistakes.items() if explains(others)), "other_values")
    farthest = TRACKED[int(np.argmax(np.abs(found - right)))]
    values |= {"names": ", ".join(TRACKED), "name": farthest}
    raise Wrong(expects, brief(found), mistake, right=right, **values)


def trained(answers, seed, **options):
    """`trained_by` with the rates of this module."""
    given = {"rates": list(RATES), "seed": seed} | options
    return trained_by(answers, "four_networks", "CycleGAN", **given)
