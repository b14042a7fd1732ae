"""What checks say of networks: that they bend, end without activation, convolve, stay small."""

import numpy as np

from utils.checks.compare import Wrong, agree, new_network, numbers, shape

LARGER = 100  # weights, to see what is inside a network: see `no_final_activation`


def nonlinear(outputs, what):
    """Wrong if outputs of x, y, x + y and 0 show that the network is a linear map."""
    x, y, both, zero = outputs[:4] / np.abs(outputs[:4]).max()
    if agree(x + y - zero, both, 1e-4):
        raise Wrong(
            f"{what} that bends",
            "f(x) + f(y) = f(x + y) + f(0): a linear map",
            "Without activations between them, layers in a row are one linear map, no "
            "better than PCA: give the inner layers a relu.",
        )


def no_final_activation(outputs, what):
    """Wrong if large outputs show that something bounds or bends the last layer's values.

    With weights `LARGER` times as large only an activation keeps outputs small, on both sides or
    on one, whatever the activations inside are and however small the weights begin. The sign of
    one weight after the other was turned, as outputs may have a sign in common by chance.
    """
    low, high = outputs.min(), outputs.max()
    leave_out = "leave the activation of the last layer out"
    if len(outputs[0].ravel()) > 1 and agree(
        outputs.reshape(len(outputs), -1).sum(1), np.ones(len(outputs)), 1e-3
    ):
        slip = f"A softmax makes the values compete (they sum to 1): {leave_out}."
    elif low >= 0 and high <= 1:
        slip = f"A sigmoid holds the values between 0 and 1: {leave_out}."
    elif low >= 0:
        slip = f"A relu cuts off everything below 0 (a softplus or exp does so too): {leave_out}."
    elif low >= -2 and high > 20:
        slip = f"An activation such as elu, gelu or silu holds the values from below: {leave_out}."
    elif low >= -1 and high <= 1:
        slip = f"A tanh holds the values between -1 and 1: {leave_out}."
    else:
        return
    found = f"values from {low:.3g} to {high:.3g}, even with weights {LARGER} times as large"
    raise Wrong(f"{what} of any size and both signs", found, slip)


def network(
    answers, name, arguments, inputs, expected, slips, otherwise, joined=None, unbounded=""
):
    """The driver's report of a network, `name(*arguments)`, whose outputs have the expected shape.

    Args:
        joined: function (outputs, what) -> one array (n, ...), for a network with several outputs.
        unbounded: str, what comes out of a network with a single number, which must not end in an
            activation: a relu there gives 0 for all inputs by chance, and that is named first.
    """
    report = answers.drive("network", name, arguments=arguments, inputs=inputs, scale=LARGER)
    new_network(report)
    if not report["is_model"]:
        raise Wrong(
            "a Keras model",
            f"a layer, {report['kind']}",
            "A layer has no `predict`: derive the class from keras.Model.",
        )
    called = f"{name}({', '.join(map(str, arguments))})"
    what = f"for {called} and {len(inputs)} inputs of shape {inputs.shape[1:]}, outputs"
    report["outputs"] = numbers(report["outputs"], what, otherwise)
    scaled = [report["outputs_scaled"], *report["outputs_turned"].values()]
    if joined:
        report["outputs"] = joined(report["outputs"], what)
        scaled = [joined(each, what) for each in scaled]
    report["outputs_scaled"] = np.concatenate(scaled)
    found = report["outputs"].shape
    shape(report["outputs"], (len(inputs), *expected), what, [*slips, (found, otherwise)])
    if not report["trainable"]:
        raise Wrong("trainable weights", "none", "The network is frozen: leave `trainable` alone.")
    if not np.all(np.isfinite(report["outputs"])):
        raise Wrong(what, "values that are not finite", "Look at the initial weights.")
    # Not finite where the network is very deep, or ends in an exponential.
    report["outputs_scaled"] = np.clip(np.nan_to_num(report["outputs_scaled"]), -1e30, 1e30)
    if unbounded:
        no_final_activation(report["outputs_scaled"], unbounded)
    first, second = report["outputs"][:2]
    first, second = (each / max(np.abs(first).max(), 1e-30) for each in (first, second))
    if agree(first, second, 1e-6):
        raise Wrong(
            "other outputs for other inputs", "the same outputs", "The inputs don't get through."
        )
    return report


def convolutional(report):
    """Whether some trained kernel slides over the image."""
    return any(np.ndim(weight) == 4 for weight in report["initial"].values())


def has(report, kind):
    return any(kind in layer for layer in report["layers"])


MOST_WEIGHTS = 1_000_000


def not_too_many(report, slip):
    count = sum(np.size(weight) for weight in report["initial"].values())
    if count > MOST_WEIGHTS:
        raise Wrong(f"at most {MOST_WEIGHTS:,} weights", f"{count:,} weights", slip)


def of_one(answers, name, arguments, inputs, expected):
    """What was verified: that for a single example the outputs have this shape."""
    report = answers.drive("network", name, arguments=arguments, inputs=inputs)
    called = f"{name}({', '.join(map(str, arguments))})"
    shape(report["outputs"], expected, f"for {called} and one example, outputs")
    return "one example"
