"""What checks of a training step share: weights before and after, and what the step returned."""

import numpy as np

from utils.checks.compare import Wrong


def as_steps(weights):
    """Weights {network: [kernel, bias]} in float64, as a step is computed by hand."""
    return {name: [np.asarray(w, "float64") for w in pair] for name, pair in weights.items()}


def listed(weights):
    """Weights as a driver reports them, in the form that it takes them, float64."""
    return as_steps({name: [pair["kernel"], pair["bias"]] for name, pair in weights.items()})


def same(found, expected, before):
    """Whether weights [kernel, bias] are as expected, by the scale of their change."""
    scale = max(np.abs(e - b).max() for e, b in zip(expected, before, strict=True))
    near = {"rtol": 1e-6, "atol": 3e-3 * scale + 1e-7}
    return all(np.allclose(f, e, **near) for f, e in zip(found, expected, strict=True))


def trained_by(answers, driver, name, **options):
    """The driver's report, its steps with `taken`, the steps that each optimizer took in it.

    Wrong where the answer is no model.
    """
    report = answers.drive(driver, name, **options)
    if not report["is_model"]:
        found = f"a value of type {report['kind']}"
        raise Wrong("a Keras model", found, "Derive the class from keras.Model.")
    until = 0
    for step in report.get("steps", ()):
        step["taken"], until = np.array(step["updates"]) - until, np.array(step["updates"])
    return report


def returned_values(found, names, what):
    """The values of these names in what `train_step` returned, an array; Wrong without them.

    Args:
        found: dict, or the name of another type.
        names: the four that `track` takes, in their order.
    """
    if not isinstance(found, dict):
        slip = "Return self.track(...) with the four values."
        if found == "NoneType":
            slip = f"train_step ends without `return`. {slip}"
        raise Wrong(f"{what}, a dict from train_step", f"a value of type {found}", slip)
    missing = [name for name in names if name not in found]
    if missing:
        slip = f"'{missing[0]}' is missing: return self.track(...) with the four values."
        raise Wrong(f"a dict with {', '.join(names)}", f"{', '.join(found) or 'nothing'}", slip)
    return np.array([float(np.mean(found[name])) for name in names])
