"""What checks of a training step share: how weights moved, what explains it, what was returned.

Weights are dicts, network -> [kernel, bias], float64.
"""

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


def stands_still(found, expected, before):
    """Whether a network has hardly moved where it should have."""
    return np.abs(found[0] - before[0]).max() < 1e-3 * np.abs(expected[0] - before[0]).max()


def explained(found, before, replay, mistakes):
    """The networks that have not moved as they should, each with the mistake that explains it.

    The reference's step is taken again with each named change. A change that gives all networks
    comes before one that gives this one alone, and among these the first.

    Args:
        found, before: weights after the answer's step and before it.
        replay: function of options -> weights after the reference's step, or of some networks.
        mistakes: dict, id -> options of `replay`, or a function -> weights, or a list of such.

    Returns:
        dict, network -> id of its mistake, "stands_still", or None where nothing explains it; in
        the order of what `replay` gives, and empty where the step is right.
    """
    right = replay()
    wrong = [name for name in right if not same(found[name], right[name], before[name])]
    if not wrong:
        return {}
    named = dict.fromkeys(wrong)
    for mistake, ways in mistakes.items():
        for way in ways if isinstance(ways, list) else [ways]:
            moved = replay(**way) if isinstance(way, dict) else way()
            fits = [n for n in moved if n in right and same(found[n], moved[n], before[n])]
            if len(fits) == len(right):
                return dict.fromkeys(wrong, mistake)
            for name in fits:
                if name in named:
                    named[name] = named[name] or mistake
    for name in wrong:
        if named[name] is None and stands_still(found[name], right[name], before[name]):
            named[name] = "stands_still"
    return named


def trained_by(answers, driver, name, **options):
    """The driver's report, its steps with `taken`, the steps that each optimizer took in it.

    Wrong where the answer is no model.
    """
    report = answers.drive(driver, name, **options)
    if not report["is_model"]:
        raise Wrong("model_expects", f"a value of type {report['kind']}", "not_derived")
    until = 0
    for step in report.get("steps", ()):
        step["taken"], until = np.array(step["updates"]) - until, np.array(step["updates"])
    return report


def returned_values(found, names):
    """The values of these names in what `train_step` returned, an array; Wrong without them.

    Args:
        found: dict, or the name of another type.
        names: the values that `track` takes, in their order.
    """
    if not isinstance(found, dict):
        mistake = "step_without_return" if found == "NoneType" else "step_returns_other"
        raise Wrong("returned_expects", f"a value of type {found}", mistake)
    missing = [name for name in names if name not in found]
    if missing:
        values = {"names": ", ".join(names), "missing": missing[0]}
        raise Wrong("names_expects", f"{', '.join(found) or 'nothing'}", "name_missing", **values)
    return np.array([float(np.mean(found[name])) for name in names])
