"""What checks are written with: compare a result, and say what was expected, found and likely."""

import numpy as np


class Wrong(Exception):
    """An answer that runs but is not right.

    Args:
        expected, found: str, what should have come and what came.
        slip: str, the likeliest mistake, in a sentence.
    """

    def __init__(self, expected, found, slip):
        super().__init__(slip)
        self.expected, self.found, self.slip = str(expected), str(found), slip


def sentence(words):
    """Words with a capital at their begin; the names in them keep theirs."""
    return words[:1].upper() + words[1:]


def numbers(result, what, slip="Return an array or a tensor of numbers."):
    """The result as a float64 array; `Wrong` where it is not made of numbers."""
    if result is None:
        raise Wrong(what, "None", "The function ends without `return`.")
    if isinstance(result, (str, list, dict)):
        kind = {"str": "text", "list": "a ragged list"}.get(type(result).__name__, "a dict")
        raise Wrong(what, f"{kind}: {brief(result)}", slip)
    array = np.asarray(result)
    if array.dtype.kind not in "biuf":
        raise Wrong(what, f"values of type {array.dtype}", slip)
    return array.astype("float64")


def shape(array, expected, what, slips=()):
    """`Wrong` unless the array has this shape. `slips`: pairs of (shape, what leads there)."""
    if array.shape == tuple(expected):
        return
    slip = next((told for wrong, told in slips if array.shape == tuple(wrong)), None)
    raise Wrong(
        f"{what} of shape {tuple(expected)}",
        f"shape {array.shape}",
        slip or "Compare with the shapes that the docstring gives.",
    )


NOT_FINITE = (
    "The result is not finite: look for a division by zero, a logarithm of zero or an exponential "
    "that overflows."
)


def close(found, expected, what, slips=(), otherwise="", tolerance=1e-4, not_finite=NOT_FINITE):
    """`Wrong` unless found and expected agree within the tolerance (relative and absolute).

    Args:
        slips: pairs of (value, what leads there): the first value that the result agrees with
            instead names the mistake.
        otherwise: str, said where none of them does; not_finite: str, said of NaN and infinity.
    """
    if agree(found, expected, tolerance):
        return
    if not np.all(np.isfinite(found)):
        raise Wrong(f"{what}: {brief(expected)}", brief(found), not_finite)
    slip = next((told for wrong, told in slips if agree(found, wrong, tolerance)), otherwise)
    raise Wrong(f"{what}: {brief(expected)}", brief(found), slip)


def agree(found, expected, tolerance=1e-4):
    """Same shape, and the same numbers within the tolerance (relative and absolute)."""
    found, expected = np.asarray(found, "float64"), np.asarray(expected, "float64")
    return found.shape == expected.shape and np.allclose(
        found, expected, rtol=tolerance, atol=tolerance
    )


def new_network(report):
    """`Wrong` unless the report of the driver `network` is of a Keras model, new at each call."""
    if not report["is_network"]:
        none = report["kind"] == "NoneType"
        raise Wrong(
            "a Keras model",
            f"a value of type {report['kind']}",
            "The function ends without `return`." if none else "Return the model itself.",
        )
    if report["same_again"]:
        raise Wrong(
            "a new model at each call",
            "the same model, or the same layers, twice",
            "Build the model and its layers inside the function: shared ones are trained twice.",
        )


def slip_in_all(results, cases, slips, tolerance=1e-6):
    """The mistake that explains the results of all cases, or None. Single ones can be accidents.

    Args:
        results: list of what the answer gave, one for each case.
        slips: pairs of (function of a case that makes the mistake, what is said of it).
    """
    for mistake, told in slips:
        explained = zip(results, map(mistake, cases), strict=True)
        if all(agree(found, wrong, tolerance) for found, wrong in explained):
            return told
    return None


def brief(value):
    """A value in at most a line or two."""
    if isinstance(value, (np.ndarray, np.number, float)) and np.ndim(value) == 0:
        return f"{float(value):.6g}"
    if isinstance(value, np.ndarray) and value.size > 24:
        first = np.array2string(value.ravel()[:6], precision=4, separator=", ", suppress_small=True)
        return f"an array of shape {value.shape} that starts {first[:-1]}, ...]"
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=4, separator=", ", suppress_small=True)
    text = " ".join(repr(value).split())
    return text if len(text) < 120 else text[:117] + "..."
