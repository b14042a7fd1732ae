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


def ratio_slips(ratio, rate, patterns, units):
    """Names for a step in the right direction of the wrong size."""
    mean = "The step is {} times too small: a mean stands where a sum belongs ({})."
    named = [
        (-1, "The step goes uphill: subtract the gradient."),
        (-2, "The step goes uphill: subtract the gradient."),
        (2, "The step is twice too large: the objective is half the summed squared error."),
        (0.5, "The step is half as large as it should be: halve the error once."),
    ]
    for half, note in ((1, ""), (2, ", and the half is missing")):
        named += [
            (half / units, mean.format(f"{units / half:g}", f"over the {units} outputs{note}")),
            (
                half / patterns,
                mean.format(f"{patterns / half:g}", f"over the {patterns} patterns{note}"),
            ),
            (
                half / units / patterns,
                mean.format(f"{units * patterns / half:g}", f"over outputs and patterns{note}"),
            ),
        ]
    named += [
        (
            fixed / rate * half,
            f"The learning rate is {fixed} whatever the argument `learning_rate` says: use it.",
        )
        for fixed in (0.3, 0.01, 0.001, 0.1, 1.0)
        for half in (1, 2, 1 / units, 2 / units)
    ]
    for value, slip in named:
        if abs(ratio - value) < 0.01 * abs(value):
            return slip
    if abs(ratio - 1) < 0.02:
        return "The step is nearly right: look for noise, rounding or a gradient that is cut."
    return f"The step is {ratio:.3g} times what it should be: check the factor before the gradient."


def first_step(start, after, x, rate):
    """Wrong, with the likeliest reason, unless one epoch has moved the weights as it should."""
    right = descend(start, x, 1, rate)
    expected = flat(right) - flat(start)
    found = flat(after) - flat(start)
    if agree(found, expected, 2e-5):
        return
    size = np.abs(expected).max()
    moved = [np.abs(a - s).max() > 1e-3 * size for a, s in zip(after, start, strict=True)]
    told = (
        "one step of gradient descent",
        f"weights that moved by {np.abs(found).max():.3g} at most where {size:.3g} was expected",
    )
    if not np.all(np.isfinite(found)):
        raise Wrong(told[0], "weights that are not finite", "Check the objective for NaN.")
    if not any(moved):
        raise Wrong(told[0], "weights that did not move", "Apply the gradients to the variables.")
    if not any(moved[:2]):
        raise Wrong(
            told[0],
            "an encoder that did not move",
            "Only the decoder is trained: take the gradient for both networks' variables.",
        )
    if not any(moved[2:]):
        raise Wrong(
            told[0],
            "a decoder that did not move",
            "Only the encoder is trained: take the gradient for both networks' variables.",
        )
    if not all(moved):
        still = "biases" if not (moved[1] and moved[3]) else "kernels"
        raise Wrong(
            told[0],
            f"{still} that did not move",
            f"The {still} are left out: train every variable of both networks.",
        )

    def along(direction):
        norms = np.linalg.norm(found) * np.linalg.norm(direction)
        return found @ direction / norms, found @ direction / (direction @ direction)

    explained = [
        (descend(start, x, 2, rate), "It trains for 2 epochs when asked for 1."),
        (
            one_by_one(start, x, rate),
            "The weights move after every pattern: sum the error over "
            "all patterns and move them once an epoch.",
        ),
        (
            decoder_first(start, x, rate),
            "The decoder moves before the encoder's gradient is taken: take both gradients first.",
        ),
        (
            encoder_first(start, x, rate),
            "The encoder moves before the decoder's gradient is taken: take both gradients first.",
        ),
        (
            descend(start, x, 1, rate, entropy=True),
            "This is the gradient of the cross-entropy: the objective is the squared error.",
        ),
    ]
    for weights, slip in explained:
        if agree(found, flat(weights) - flat(start), 2e-5):
            raise Wrong(*told, slip)
    cosine, ratio = along(expected)
    if abs(cosine) > 0.9999:
        raise Wrong(*told, ratio_slips(ratio, rate, *x.shape))
    steps = np.abs(found[np.abs(expected) > 1e-4])
    if np.ptp(steps) < 0.05 * steps.max():
        raise Wrong(
            *told,
            "All weights move by the same amount, as in Adam's first step: "
            "use plain gradient descent (SGD).",
        )
    # The same step with the other network left where it was.
    halves = (right[:2] + start[2:], start[:2] + right[2:])
    parts = [along(flat(half) - flat(start))[0] for half in halves]
    raise Wrong(
        *told,
        "The direction is not that of the gradient of half the summed squared "
        f"error (cosine {cosine:.3f}; encoder part {parts[0]:.2f}, decoder "
        f"part {parts[1]:.2f}): check the objective.",
    )
