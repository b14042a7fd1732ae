"""What checks of losses share: the functions they are made of, and gradients in a compiled step."""

import numpy as np

from utils.checks.compare import Wrong, close, numbers


def softplus(x):
    return np.logaddexp(0, x)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def in_graph(answers, name, arguments, expected, gradients, what, options=None):
    """Wrong unless the answer gives the same inside a compiled step, with these gradients.

    Args:
        gradients: dict of a place among the arguments to (its name, the right gradient).
    """
    report = answers.drive("in_graph", name, arguments=arguments, options=options or {})
    close(
        numbers(report["result"], what),
        expected,
        f"{what}, inside a compiled function",
        otherwise="Outside of it the result was right: use functions of keras.ops alone, and the "
        "shapes of the arguments as they are at each call.",
        tolerance=1e-3,
    )
    for place, (argument, gradient) in gradients.items():
        found = report["gradients"][str(place)]
        told = f"the gradient of its sum with respect to {argument}"
        if found is None:
            raise Wrong(
                told,
                "None: no gradient gets through",
                f"The way from {argument} to the result is cut: keep to keras.ops, and leave "
                "stop_gradient, numpy() and conversions out.",
            )
        close(
            numbers(found, told),
            gradient,
            told,
            otherwise="The numbers are right and the gradient is not: leave stop_gradient out, "
            "and functions such as round or clip.",
            tolerance=1e-3,
        )
