"""What checks are written with: compare a result, and say what was expected, found and likely."""

import numpy as np


class Wrong(Exception):
    """An answer that runs but is not right.

    Args:
        expected, found: str, what should have come and what came.
        mistake: str, the id of the likeliest mistake; what is said of it stands in the lab's
            sentences, as does `expected` where that is an id.
        values: what these sentences name in braces; `right` is added to what was expected.
    """

    def __init__(self, expected, found, mistake, /, **values):
        super().__init__(mistake)
        self.expected, self.found, self.mistake = str(expected), str(found), mistake
        self.values = values


def sentence(words):
    """Words with a capital at their begin; the names in them keep theirs."""
    return words[:1].upper() + words[1:]


def numbers(result, what, slip="not_numbers", /, **values):
    """The result as a float64 array; `Wrong` where it is not made of numbers."""
    if result is None:
        raise Wrong(what, "None", "no_return", **values)
    if isinstance(result, (str, list, dict)):
        kind = {"str": "text", "list": "a ragged list"}.get(type(result).__name__, "a dict")
        raise Wrong(what, f"{kind}: {brief(result)}", slip, **values)
    array = np.asarray(result)
    if array.dtype.kind not in "biuf":
        raise Wrong(what, f"values of type {array.dtype}", slip, **values)
    return array.astype("float64")


def shape(array, expected, what, slips=(), **values):
    """`Wrong` unless the array has this shape. `slips`: pairs of (shape, what leads there)."""
    if array.shape == tuple(expected):
        return
    slip = next((told for wrong, told in slips if array.shape == tuple(wrong)), None)
    right = f"shape {tuple(expected)}"
    raise Wrong(what, f"shape {array.shape}", slip or "shape", right=right, **values)


def close(
    found,
    expected,
    what,
    slips=(),
    otherwise="otherwise",
    tolerance=1e-4,
    not_finite="not_finite",
    **values,
):
    """`Wrong` unless found and expected agree within the tolerance (relative and absolute).

    Args:
        slips: pairs of (value, what leads there): the first value that the result agrees with
            instead names the mistake.
        otherwise: str, said where none of them does; not_finite: str, said of NaN and infinity.
        values: what the sentences name.
    """
    if agree(found, expected, tolerance):
        return
    slip = not_finite
    if np.all(np.isfinite(found)):
        slip = next((told for wrong, told in slips if agree(found, wrong, tolerance)), otherwise)
    raise Wrong(what, brief(found), slip, right=expected, **values)


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
            "model_expects",
            f"a value of type {report['kind']}",
            "no_return" if none else "no_model",
        )
    if report["same_again"]:
        raise Wrong(
            "new_model_expects",
            "the same model, or the same layers, twice",
            "same_model",
        )


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
