"""What goes wrong in adversarial training, read from traces that the two losses do not show."""

import keras
import numpy as np
from keras import ops

_MOVING = "moving_mean", "moving_variance"  # a layer's statistics, which no gradient moves
_TRACES = (
    "real_probability",
    "fake_probability",
    "pull",
    "diversity",
    "generator_change",
    "discriminator_change",
)

# name of the failure: (whether the traces of an epoch show it, what they say, what to do).
# From cause to consequence: the first that holds is named, as it may have led to the others.
_FAILURES = {
    "discriminator never moves": (
        lambda trace: trace["discriminator_change"] == 0,
        "The discriminator's weights are the same as an epoch ago.",
        "Leave trainable alone, and take the gradient of the network that you mean to move: "
        "trainable = False before compiling leaves nothing to train.",
    ),
    "generator never moves": (
        lambda trace: trace["generator_change"] == 0,
        "The generator's weights are the same as an epoch ago.",
        "Generate the images inside the generator's tape, and take the gradient of its variables.",
    ),
    "labels reversed": (
        lambda trace: trace["real_probability"] < 0.3 and trace["fake_probability"] > 0.7,
        "The discriminator calls real images generated and generated ones real.",
        "Real images are class 1 in its loss: softplus(-real_logits) + softplus(fake_logits).",
    ),
    "batch normalization in the wrong mode": (
        lambda trace: min(trace["statistics_change"], default=1) == 0,
        "A network learns, and the moving averages of its batch normalization stand still.",
        "Pass training=True in every call inside train_step.",
    ),
    "saturated loss": (
        lambda trace: trace["fake_probability"] < 0.1 and trace["pull"] < 0.1,
        "Generated images are found out, and there the generator's loss is flat.",
        "Use the non-saturating loss, -ln D(G(z)).",
    ),
    "confident discriminator": (
        lambda trace: trace["real_probability"] > 0.98 and trace["fake_probability"] < 0.02,
        "The discriminator is sure of every image, real or generated, and so no longer says which "
        "generated images are better.",
        "Call it on real and on generated images separately, as batch normalization mixes what "
        "comes in one call; else give it a smaller learning rate, or fewer steps.",
    ),
    "mode collapse": (
        lambda trace: trace["diversity"] < 0.5,
        "Generated images are much more alike than real ones.",
        "Give the discriminator a chance: a larger learning rate or more steps for it, a smaller "
        "rate for the generator.",
    ),
}


class GANDiagnostics(keras.callbacks.Callback):
    """Traces both networks of a GAN after each epoch, and names a failure that shows in them.

    The model has `generator`, `discriminator` and `generator_loss` (a function of logits) as
    attributes, and its step returns `real_probability` and `fake_probability`. Nothing that
    training uses is changed.

    Args:
        real_images: array (n, ...), some hundreds, as the discriminator gets them.
        latents: array (n, latent_size), float32, for the images whose diversity is measured.
        patience: int; what shows at the ends of so many epochs in a row is named. The first
            epochs of a healthy run look like several failures.

    Attributes, after training:
        traces: dict of lists, a number per epoch. `real_probability`, `fake_probability`: means
            of D(x) and D(G(z)). `pull`: size of the derivative of the generator's loss with
            respect to the logit, where D(G(z)) is its mean. `diversity`: root mean square
            distance between generated images over that between real ones. `generator_change`,
            `discriminator_change`: how far the weights moved in the epoch, as a share of their
            length.
        failure: str, the name of what was found, or "" for nothing.
        advice: str, what was seen and what to do, or "".
    """

    def __init__(self, real_images, latents, patience=2):
        super().__init__()
        self.real_spread, self.latents = _spread(real_images), latents
        self.patience = patience

    def on_train_begin(self, logs=None):
        self.traces = {name: [] for name in _TRACES}
        self.suspected, self.failure, self.advice = [], "", ""
        self.before = self._weights()

    def on_epoch_end(self, epoch, logs=None):
        before, self.before = self.before, self._weights()
        change = {name: _change(before[name], self.before[name]) for name in before}
        trace = {name: float(logs[name]) for name in ("real_probability", "fake_probability")}
        trace |= {
            "pull": _pull(self.model.generator_loss, trace["fake_probability"]),
            "diversity": _spread(self.model.generator(self.latents)) / self.real_spread,
            "generator_change": change["generator"],
            "discriminator_change": change["discriminator"],
            # only of networks that learn, as one that is frozen keeps its statistics, too
            "statistics_change": [
                change[f"{name}_statistics"]
                for name in ("generator", "discriminator")
                if change[name] > 0 and before[f"{name}_statistics"]
            ],
        }
        for name in _TRACES:
            self.traces[name].append(trace[name])
        shown = (name for name, (shows, *_) in _FAILURES.items() if shows(trace))
        self.suspected.append(next(shown, ""))

    def on_train_end(self, logs=None):
        last = set(self.suspected[-self.patience :])
        if len(self.suspected) >= self.patience and len(last) == 1:
            self.failure = last.pop()
            self.advice = " ".join(_FAILURES[self.failure][1:]) if self.failure else ""

    def _weights(self):
        """Copies of the weights and of the moving statistics of both networks, lists by name."""
        found = {}
        for name in ("generator", "discriminator"):
            found |= {name: [], f"{name}_statistics": []}
            for weight in getattr(self.model, name).weights:
                place = f"{name}_statistics" if weight.name in _MOVING else name
                found[place].append(np.array(ops.convert_to_numpy(weight)))
        return found


def _change(before, after):
    """Length of the change of a list of arrays over their length; infinite from nothing."""
    moved = sum(np.sum((a - b) ** 2.0) for a, b in zip(after, before, strict=True))
    length = sum(np.sum(b**2.0) for b in before)
    return float(np.sqrt(moved / length)) if length else float("inf" if moved else 0)


def _pull(loss, probability):
    """Size of the derivative of a loss at the logit of a probability, by a small difference."""
    probability = np.clip(probability, 1e-6, 1 - 1e-6)
    logit = np.log(probability / (1 - probability))
    ends = [float(loss(ops.full((1, 1), logit + step, "float32"))) for step in (-0.05, 0.05)]
    return abs(ends[1] - ends[0]) / 0.1


def _spread(images):
    """Root mean square distance between two of the images (n, ...)."""
    rows = np.reshape(np.asarray(images, "float64"), (len(images), -1))
    return float(np.sqrt(2 * rows.var(axis=0, ddof=1).sum()))
