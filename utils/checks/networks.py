"""What checks say of networks: that they bend, end without activation, convolve, stay small."""

import numpy as np

from utils.checks.compare import Wrong, agree, new_network, numbers

LARGER = 100  # weights, to see what is inside a network: see `no_final_activation`
MOST_WEIGHTS = 1_000_000


def nonlinear(outputs):
    """Wrong if outputs of x, y, x + y and 0 show that the network is a linear map."""
    x, y, both, zero = outputs[:4] / np.abs(outputs[:4]).max()
    if agree(x + y - zero, both, 1e-4):
        raise Wrong("nonlinear_expects", "f(x) + f(y) = f(x + y) + f(0): a linear map", "linear")


def no_final_activation(outputs, expects="unbounded_expects"):
    """Wrong if large outputs show that something bounds or bends the last layer's values.

    With weights `LARGER` times as large only an activation keeps outputs small, on both sides or
    on one, whatever the activations inside are and however small the weights begin. The sign of
    one weight after the other was turned, as outputs may have a sign in common by chance.
    """
    low, high = outputs.min(), outputs.max()
    sums = outputs.reshape(len(outputs), -1).sum(1)
    mistakes = {
        "final_softmax": outputs[0].size > 1 and agree(sums, np.ones(len(outputs)), 1e-3),
        "final_sigmoid": low >= 0 and high <= 1,
        "final_relu": low >= 0,
        "final_elu": low >= -2 and high > 20,
        "final_tanh": low >= -1 and high <= 1,
    }
    for mistake, made in mistakes.items():
        if made:
            found = (
                f"values from {low:.3g} to {high:.3g}, even with weights {LARGER} times as large"
            )
            raise Wrong(expects, found, mistake)


def network(answers, name, arguments, inputs, expected, shapes, joined=None, unbounded=False):
    """The driver's report of a network, `name(*arguments)`, whose outputs have the expected shape.

    Args:
        expected: tuple, the shape of the outputs for one example.
        shapes: dict, id of a mistake -> predicate of a shape for one example that it leads to; the
            first that holds is said, and "other_outputs" where none does.
        joined: function outputs -> one array (n, ...), for a network with several outputs.
        unbounded: bool, whether the single number that comes out must not end in an activation: a
            relu there gives 0 for all inputs by chance, and that is named first.
    """
    report = answers.drive("network", name, arguments=arguments, inputs=inputs, scale=LARGER)
    called = f"{name}({', '.join(map(str, arguments))})"
    values = {"called": called, "n": len(inputs), "inputs": inputs.shape[1:]}
    takes_inputs(report, called, inputs.shape[1:])
    new_network(report)
    if not report["is_model"]:
        raise Wrong("model_expects", f"a layer, {report['kind']}", "layer_no_model")
    report["outputs"] = numbers(report["outputs"], "outputs_expect", "other_outputs", **values)
    scaled = [report["outputs_scaled"], *report["outputs_turned"].values()]
    if joined:
        report["outputs"], scaled = joined(report["outputs"]), [joined(each) for each in scaled]
    report["outputs_scaled"] = np.concatenate(scaled)
    found, right = report["outputs"].shape, (len(inputs), *expected)
    if found != right:
        made = shapes.items() if found[:1] == right[:1] else ()
        mistake = (mistake for mistake, leads_there in made if leads_there(found[1:]))
        raise Wrong("outputs_expect", f"shape {found}", next(mistake, "other_outputs"),
                    right=f"shape {right}", **values)  # fmt: skip
    if not report["trainable"]:
        raise Wrong("trainable_expects", "none", "frozen")
    if not np.all(np.isfinite(report["outputs"])):
        raise Wrong("outputs_expect", "values that are not finite", "start_not_finite", **values)
    # Not finite where the network is very deep, or ends in an exponential.
    report["outputs_scaled"] = np.clip(np.nan_to_num(report["outputs_scaled"]), -1e30, 1e30)
    if unbounded:
        no_final_activation(report["outputs_scaled"])
    first, second = report["outputs"][:2]
    first, second = (each / max(np.abs(first).max(), 1e-30) for each in (first, second))
    if agree(first, second, 1e-6):
        raise Wrong("others_for_others_expects", "the same outputs", "inputs_lost")
    return report


def takes_inputs(report, called, size):
    """Wrong where the driver reports a network for inputs of another shape than this one."""
    if takes := report.get("takes"):
        of_vectors = takes.count(",") == str(tuple(size)).count(",") == 1
        mistake = "fixed_inputs" if of_vectors else "other_inputs"
        found = f"one for inputs of shape {takes}"
        raise Wrong("inputs_expects", found, mistake, called=called, inputs=tuple(size))


def convolutional(report):
    """Wrong unless some trained kernel slides over the image."""
    if not any(np.ndim(weight) == 4 for weight in report["initial"].values()):
        raise Wrong("convolutions_expects", "dense layers alone", "dense_alone")


def has(report, kind):
    return any(kind in layer for layer in report["layers"])


def not_too_many(report):
    """Wrong if there are more than `MOST_WEIGHTS`."""
    count = sum(np.size(weight) for weight in report["initial"].values())
    if count > MOST_WEIGHTS:
        values = {"most": MOST_WEIGHTS}
        raise Wrong("few_weights_expects", f"{count:,} weights", "too_many_weights", **values)


def of_one(answers, name, arguments, inputs, expected):
    """Wrong unless for a single example the outputs have this shape; the id of what is verified."""
    report = answers.drive("network", name, arguments=arguments, inputs=inputs)
    called = f"{name}({', '.join(map(str, arguments))})"
    takes_inputs(report, called, inputs.shape[1:])
    found = np.shape(report["outputs"])
    if found != expected:
        raise Wrong("one_example_expects", f"shape {found}", "one_example_shape",
                    right=f"shape {expected}", called=called)  # fmt: skip
    return "one_example"
