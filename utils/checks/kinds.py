"""Kinds of mistakes that any question which computes a value can meet, told from a few probes.

They come after a question's own mistakes and after `values.EVERYWHERE`: those say what was done;
these say what is seen, where nothing more is known.
"""

import itertools

import numpy as np

from utils.checks.compare import Wrong, agree
from utils.checks.remote.answers import AnswerRaised


def kind_of(form, cases, results, rights, names, call):
    """(id, values) of the kind of mistake that shows in the results, or None.

    Args:
        form: see `values.Form`.
        cases: list of tuples of arguments; results, rights: what came and what should have come for
            each, arrays of the same shapes.
        names: list of str, the arguments'.
        call: function of arguments -> the answer's result, float64, or an error of the answer; or
            None.
    """
    again = call and attempt(call, cases[0])
    if again is not None and not agree(again, results[0], 1e-6):
        return "random", {}
    return (
        constant(results, rights)
        or exchanged(form, cases, results, names)
        or of_terms(form, cases, results)
        or of_numbers(results, rights)
        or degree(form, cases, results, rights, call)
        or scaled_by_case(results, rights)
        or unused(form, cases, results, rights, names, call)
        or of_rows(results, rights)
    )


def where_right(cases, results, rights, names, tolerance):
    """(id, values) of where the results are right, if they are somewhere, or None."""
    right = [agree(*pair, tolerance) for pair in zip(results, rights, strict=True)]
    rows = right_rows(results, rights, tolerance)
    if any(right):
        some = {"some": right.index(True) + 1, "other": right.index(False) + 1}
        return rows or right_for_one(cases, right, names) or ("right_for_some", some)
    found, expected = flat(results), flat(rights)
    near = np.isclose(found, expected, rtol=tolerance, atol=tolerance)
    if near.any() and expected[near].size > 2:
        low, high = expected[near].min(), expected[near].max()
        beyond = expected[~near]
        if np.all((beyond < low) | (beyond > high)):
            return "right_in_range", {"low": low, "high": high}
    if some_rows := wrong_row(results[0], rights[0], tolerance) or rows:
        return some_rows
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.abs(found / expected - 1)
    if np.all(off < 0.02):
        return "nearly", {"off": off.max()}
    return None


def right_for_one(cases, right, names):
    """Right where an axis of an argument has length 1, and wrong wherever it is longer."""
    for place, name in enumerate(names[: min(map(len, cases))]):
        shapes = [np.shape(case[place]) for case in cases]
        for axis in range(min(map(len, shapes))):
            lengths = [shape[axis] for shape in shapes]
            if all((length == 1) == good for length, good in zip(lengths, right, strict=True)):
                return "right_for_one", {"argument": name, "axis": axis}
    return None


def wrong_row(result, right, tolerance):
    """One row is wrong and all others are right."""
    if right.ndim < 1 or len(right) < 4:
        return None
    good = [agree(*pair, tolerance) for pair in zip(result, right, strict=True)]
    return ("row_wrong", {"row": good.index(False)}) if sum(good) == len(good) - 1 else None


def right_rows(results, rights, tolerance):
    """Some rows of one case are right, others not: they differ in values, and not in size."""
    good = []
    for result, right in zip(results, rights, strict=True):
        if right.ndim and len(right) > 2 and np.ptp(right, axis=0).max() > 0:
            good.append([agree(*pair, tolerance) for pair in zip(result, right, strict=True)])
    mixed = [rows for rows in good if 2 <= sum(rows) < len(rows) - 1]
    if not mixed or not all(any(rows) for rows in good):
        return None
    return "right_for_some_rows", {"some": mixed[0].index(True), "other": mixed[0].index(False)}


def degree(form, cases, results, rights, call):
    """Another power of the arguments: twice their size changes the result by another factor."""
    double = [2 * each if np.asarray(each).dtype.kind == "f" and np.ndim(each) else each
              for each in cases[0]]  # fmt: skip
    right, found = attempt(form.reference, wide(double)), call and attempt(call, double)
    powers = []
    for one, two in ((rights[0], right), (results[0], found)):
        if two is None or two.shape != one.shape or not np.any(one):
            return None
        ratio = np.vdot(one, two) / np.vdot(one, one)
        power = np.log2(ratio) if ratio > 0 else np.nan
        if not agree(two, ratio * one, 1e-3) or abs(power - np.round(power)) > 0.01:
            return None
        powers.append(2 ** np.round(power))
    return None if powers[0] == powers[1] else ("degree", dict(times=powers[0], yours=powers[1]))


def constant(results, rights):
    """The same whatever the arguments are."""
    if len(rights) < 2 or np.ptp(flat(rights)) == 0:
        return None
    values = flat(results)
    if np.ptp(values) == 0:
        return "constant", {"constant": values[0]}
    alike = [pair for pair in itertools.combinations(range(len(rights)), 2)
             if rights[pair[0]].shape == rights[pair[1]].shape
             and not agree(*(rights[place] for place in pair))]  # fmt: skip
    if alike and all(agree(*(results[place] for place in pair), 1e-7) for pair in alike):
        return "constant_array", {}
    return None


def exchanged(form, cases, results, names):
    """Two arguments have changed places."""
    for i, j in itertools.combinations(range(len(names)), 2):
        alike = all(type(case[i]) is type(case[j]) and np.ndim(case[i]) == np.ndim(case[j])
                    for case in cases)  # fmt: skip
        if not alike:
            continue
        swapped = [list(case) for case in cases]
        for arguments in swapped:
            arguments[i], arguments[j] = arguments[j], arguments[i]
        wrong = [attempt(form.reference, wide(arguments)) for arguments in swapped]
        pairs = list(zip(results, wrong, strict=True))
        if all(w is not None and agree(result, w, form.tolerance) for result, w in pairs):
            return "exchanged_arguments", {"first": names[i], "second": names[j]}
    return None


def of_terms(form, cases, results):
    """One of the terms that the right result is a sum of counts too much or too little."""
    if not form.terms:
        return None
    factors_of = []
    for case, result in zip(cases, results, strict=True):
        terms = form.terms(*wide(case))
        columns = np.stack([np.ravel(term) for term in terms.values()], -1)
        if len(columns) < columns.shape[1]:
            continue
        factors, *_ = np.linalg.lstsq(columns, np.ravel(result), rcond=None)
        if not agree(columns @ factors, np.ravel(result), 1e-3):
            return None
        factors_of.append(dict(zip(terms, factors, strict=True)))
    other = {name for factors in factors_of for name, factor in factors.items()
             if abs(factor - 1) > 0.01}  # fmt: skip
    if len(other) != 1:
        return None
    (name,) = other
    values = {"term": name, "factor": factors_of[0][name]}
    if all(abs(factors[name]) < 1e-3 for factors in factors_of):
        return "term_missing", values
    return "term_scaled", values


def of_numbers(results, rights):
    """All numbers are changed in one way: multiplied, shifted, cut off, without their signs."""
    found, right = flat(results), flat(rights)
    if found.size < 3 or np.ptp(right) == 0:
        return None
    if np.any(right < 0) and agree(found, np.abs(right)):
        return "absolute_value", {}
    ratio = found @ right / (right @ right)
    if agree(found, ratio * right) and abs(ratio) > 1e-6:
        return "scaled", {"ratio": ratio}
    shift = np.mean(found - right)
    if agree(found, right + shift):
        return "shifted", {"shift": shift}
    if np.all(found == np.round(found)) and np.any(np.abs(right - np.round(right)) > 0.01):
        return "whole_numbers", {}
    low, high = found.min(), found.max()
    if (right.min() < low or right.max() > high) and agree(found, np.clip(right, low, high)):
        return "clipped", {"low": low, "high": high}
    return None


def scaled_by_case(results, rights):
    """In each case all numbers are multiplied by another factor."""
    pairs = list(zip(results, rights, strict=True))
    ratios = [np.vdot(f, r) / max(np.vdot(r, r), 1e-30) for f, r in pairs]
    multiples = zip(pairs, ratios, strict=True)
    if min(map(np.size, rights)) > 1 and all(agree(f, q * r) for (f, r), q in multiples):
        return "scaled_by_case", {"ratio": ratios[0], "other": ratios[-1]}
    return None


def unused(form, cases, results, rights, names, call):
    """An argument does nothing."""
    if not call:
        return None
    for place, name in enumerate(names):
        arguments = list(cases[0])
        value = arguments[place]
        if np.asarray(value).dtype.kind == "f":
            other = 0.8 * np.asarray(value)
            # Rolled as well: what only depends on the order of values changes, too.
            rolled = np.roll(other, 1).astype(np.asarray(value).dtype)
            arguments[place] = rolled if np.ndim(value) else float(other)
        elif isinstance(value, int) and not isinstance(value, bool):
            arguments[place] = value + 1
        else:
            continue
        right = attempt(form.reference, wide(arguments))
        if right is None or not np.all(np.isfinite(right)) or agree(right, rights[0]):
            continue
        result = attempt(call, arguments)
        if result is not None and agree(result, results[0], 1e-7):
            return "unused", {"argument": name}
    return None


def of_rows(results, rights):
    """All examples get the same, or the numbers are there in another order."""
    pairs = [(f, r) for f, r in zip(results, rights, strict=True) if r.ndim and len(r) > 1]
    if pairs and all(np.ptp(f, axis=0).max() < 1e-7 < np.ptp(r, axis=0).max() for f, r in pairs):
        return "same_for_all", {}
    if any(r.size > 2 for _, r in pairs) and all(
        agree(np.sort(f, axis=None), np.sort(r, axis=None)) for f, r in pairs
    ):
        return "other_order", {}
    return None


def wide(case):
    """The arguments of a case with floating-point arrays in float64."""
    return [np.float64(each) if np.asarray(each).dtype.kind == "f" else each for each in case]


def flat(arrays):
    return np.concatenate([np.ravel(array) for array in arrays])


def attempt(function, arguments):
    """The function's result, float64, or None where it ends in an error, as of shapes."""
    try:
        with np.errstate(all="ignore"):
            value = function(*arguments)
        return None if value is None else np.asarray(value, "float64")
    except (ValueError, IndexError, TypeError, np.linalg.LinAlgError, AnswerRaised, Wrong):
        return None
