"""Gradient descent on a sigmoid autoencoder, worked out by hand, and the usual mistakes in it.

Weights are lists [encoder kernel, encoder bias, decoder kernel, decoder bias] of float64 arrays;
the objective is half the squared error summed over patterns and outputs (Mitchell 1997, ch. 4).
"""

import numpy as np

from utils.checks.compare import Wrong, agree
from utils.checks.losses import sigmoid


def forward(weights, x):
    hidden = sigmoid(x @ weights[0] + weights[1])
    return hidden, sigmoid(hidden @ weights[2] + weights[3])


def error_of(weights, x):
    return ((x - forward(weights, x)[1]) ** 2).sum()


def slope_of(weights, x, entropy=False):
    """Gradient of half the summed squared error by the chain rule (Mitchell 1997, table 4.2)."""
    hidden, outputs = forward(weights, x)
    at_output = (outputs - x) * (1 if entropy else outputs * (1 - outputs))
    at_hidden = at_output @ weights[2].T * hidden * (1 - hidden)
    return [x.T @ at_hidden, at_hidden.sum(0), hidden.T @ at_output, at_output.sum(0)]


def descend(weights, x, epochs, rate, momentum=0.0, **options):
    speed = [np.zeros_like(w) for w in weights]
    for _ in range(epochs):
        slopes = slope_of(weights, x, **options)
        speed = [momentum * s - rate * g for s, g in zip(speed, slopes, strict=True)]
        weights = [w + s for w, s in zip(weights, speed, strict=True)]
    return weights


def one_by_one(weights, x, rate):
    for row in x:
        weights = descend(weights, row[None], 1, rate)
    return weights


def decoder_first(weights, x, rate):
    """The decoder moves before the encoder's gradient is taken."""
    moved = weights[:2] + descend(weights, x, 1, rate)[2:]
    return descend(moved, x, 1, rate)[:2] + moved[2:]


def encoder_first(weights, x, rate):
    moved = descend(weights, x, 1, rate)[:2] + weights[2:]
    return moved[:2] + descend(moved, x, 1, rate)[2:]


def flat(weights):
    return np.concatenate([np.ravel(w) for w in weights])


def trained(report):
    return [
        np.asarray(report[part][kind], "float64")
        for part in ("encoder", "decoder")
        for kind in ("kernel", "bias")
    ]


def rates(rate, patterns, units):
    """A mistake, the rate that it comes to, and the argument's: steps in the right direction."""
    for mistake, factor in (("uphill", -1), ("uphill", -2), ("half_missing", 2)):
        yield mistake, factor * rate, rate
    yield "halved_twice", rate / 2, rate
    for half in (1, 2):  # the half may be missing, too
        yield "mean_over_outputs", half * rate / units, rate
        yield "mean_over_patterns", half * rate / patterns, rate
        yield "mean_over_all", half * rate / units / patterns, rate
    for fixed in (0.3, 0.01, 0.001, 0.1, 1.0):
        for factor in (1, 2, 1 / units, 2 / units):
            yield "fixed_rate", fixed * factor, fixed


def first_step(start, after, x, rate):
    """Wrong, with the mistake that explains it, unless one epoch has moved the weights rightly."""
    right = descend(start, x, 1, rate)
    expected, found = (flat(weights) - flat(start) for weights in (right, after))
    if agree(found, expected, 2e-5):
        return
    size = np.abs(expected).max()

    def along(direction):
        norms = np.linalg.norm(found) * np.linalg.norm(direction)
        return found @ direction / norms, found @ direction / (direction @ direction)

    mistake, values = standing_still(start, after, size), {}
    if not np.all(np.isfinite(found)):
        mistake = "not_finite"
    replayed = [
        ("epochs", descend(start, x, 2, rate)),
        ("pattern_by_pattern", one_by_one(start, x, rate)),
        ("decoder_first", decoder_first(start, x, rate)),
        ("encoder_first", encoder_first(start, x, rate)),
        ("cross_entropy", descend(start, x, 1, rate, entropy=True)),
        ("assigned", [s - r for s, r in zip(start, right, strict=True)]),
        ("assigned", [r - s for s, r in zip(start, right, strict=True)]),
    ]
    for name, weights in replayed:
        if not mistake and agree(found, flat(weights) - flat(start), 2e-5):
            mistake, values = name, {"trained": 2, "epochs": 1}
    if not mistake and abs(along(expected)[0]) > 0.9999:
        ratio = along(expected)[1]
        near = "nearly" if abs(ratio - 1) < 0.02 else "step_size"
        known = ((m, fixed) for m, r, fixed in rates(rate, *x.shape)
                 if abs(ratio - r / rate) < 0.01 * abs(ratio))  # fmt: skip
        mistake, fixed = next(known, (near, rate))
        values = {"ratio": ratio, "times": 1 / ratio, "patterns": len(x), "fixed": fixed}
    if not mistake:
        steps = np.abs(found[np.abs(expected) > 1e-4])
        # The same step with the other network left where it was.
        halves = (right[:2] + start[2:], start[:2] + right[2:])
        encoder, decoder = (along(flat(half) - flat(start))[0] for half in halves)
        mistake = "same_steps" if np.ptp(steps) < 0.05 * steps.max() else "other_direction"
        values = {"cosine": along(expected)[0], "encoder": encoder, "decoder": decoder}
    moved = f"weights that moved by {np.abs(found).max():.3g} at most, not by {size:.3g}"
    raise Wrong("one_step_expects", moved, mistake, **values)


def standing_still(start, after, size):
    """Which weights did not move, as a mistake, or None."""
    moved = [np.abs(a - s).max() > 1e-3 * size for a, s in zip(after, start, strict=True)]
    if not any(moved):
        return "nothing_moves"
    if not any(moved[:2]):
        return "only_decoder"
    if not any(moved[2:]):
        return "only_encoder"
    if not all(moved):
        return "kernels_left_out" if moved[1] and moved[3] else "biases_left_out"
    return None
