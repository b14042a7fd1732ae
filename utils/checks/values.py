"""A question that computes a value says what, not how: cases, a reference, mistakes with names.

    @questions.value(4, "sum_squared_error", points=2)
    class SumSquaredError:
        def cases(rng):
            yield rng.uniform(0, 1, (6, 8)), rng.uniform(0, 1, (6, 8))

        def reference(targets, outputs):
            return ((targets - outputs) ** 2).sum(-1)

        def gradients(targets, outputs):
            return {"outputs": 2 * (outputs - targets)}

        mistakes = {"mean": lambda t, o: ((t - o) ** 2).mean(-1)}

What is said of each stands in `labs/<lab>.toml`. The rest is done here, the same for all: the
result is made of numbers, and has the shape and the values of the reference, or else those of a
mistake; it is the same inside a compiled step, for any batch size, and has these gradients.
"""

import functools
import inspect

import numpy as np

from utils.checks.compare import Wrong, agree, brief, numbers
from utils.checks.kinds import attempt, kind_of, where_right, wide
from utils.checks.remote.answers import AnswerRaised

# Mistakes that any question can meet: what they make of the right result. Tried after its own.
EVERYWHERE = {
    "negative": lambda right: -right,
    "doubled": lambda right: 2 * right,
    "halved": lambda right: right / 2,
    "in_bits": lambda right: right / np.log(2),
    "keepdims": lambda right: right[..., None],
    "leading_axis": lambda right: right[None],
    "transposed": lambda right: right.T if right.ndim == 2 else None,
    "flattened": lambda right: right.ravel() if right.ndim > 1 else None,
    "one_sum": lambda right: right.sum() if right.ndim else None,
    "one_mean": lambda right: right.mean() if right.ndim else None,
    "one_number": lambda right: right.ravel()[0] if right.ndim else None,
}


# Those of them that say what shape the result has, and nothing of its values.
OF_SHAPE = "keepdims", "leading_axis", "transposed", "flattened", "one_number"


class Form:
    """What a question of this kind can have; `questions.value` takes a class with some of these.

    Attributes:
        cases: function rng -> tuples of arguments, arrays and plain data, as the answer gets them;
            a `Case` where something else than `otherwise` is said of it.
        reference: function of these arguments, floating-point arrays in float64 -> right result.
        mistakes: dict, id -> function of the arguments, or dict of options of the reference.
        gradients: function of the arguments -> dict of an argument's name to the gradient of the
            result's sum; None where nothing is to be differentiated.
        compiled: bool, whether a step that differentiates it is compiled, for any batch size.
        keeps_type: bool, whether there the result is of float64 where all arguments are.
        call: function (answers, name, case) -> result, where a driver calls the answer.
        kinds: kinds of dtype (NumPy's letters) that the result may have.
        whole: bool, whether results are whole numbers, which agree with a mistake by chance: then
            a mistake has to explain every case.
        tolerance: float, relative and absolute.
        terms: function of the arguments -> dict of a name to a term, whose sum is the reference;
            None where it is no sum.
        otherwise: function (cases, results) -> (id, values) of what no mistake explains, or None.
        further: function (answers, rng), a check of what a case can't tell; hidden cases omit it.
    """

    mistakes, gradients, terms, compiled, keeps_type = {}, None, None, True, False
    kinds, whole, tolerance, otherwise, further = "biuf", False, 1e-4, None, None

    def call(answers, name, case):
        return answers.call(name, *case)


class Case(tuple):
    """Arguments of which something of their own is said where no mistake explains the result."""

    def __new__(cls, *arguments, otherwise="otherwise"):
        case = super().__new__(cls, arguments)
        case.otherwise = otherwise
        return case


def check_of(form, name, verified="verified"):
    """The check `(answers, rng) -> verified` of a question of this form."""

    def check(answers, rng):
        def call(*case):
            return result_of(form, answers, name, case)

        cases, results = list(form.cases(rng)), []
        for case in cases:
            try:
                results.append(call(*case))
            except (Wrong, AnswerRaised):
                compare(form, cases, results, call)  # what was wrong before says more
                raise
        compare(form, cases, results, call)
        if form.gradients:
            in_a_step(form, answers, name, cases[0])
        if form.further:
            form.further(answers, rng)
        return verified

    return check


def with_defaults(cls):
    """The class with what `Form` gives to all."""
    return type(cls.__name__, (cls, Form), {})


def result_of(form, answers, name, case):
    """The answer's result for a case, float64; Wrong where it is not made of such numbers."""
    with np.errstate(all="ignore"):
        result = form.call(answers, name, case)
    found = numbers(result, "expects", **named(form, case))
    kind = np.asarray(result).dtype.kind
    if kind not in form.kinds:
        raise Wrong("expects", f"values of type {np.asarray(result).dtype}", "kind",
                    **named(form, case))  # fmt: skip
    return found


def compare(form, cases, results, call=None):
    """Wrong unless the results of the first cases are right, with the mistake that explains them.

    Args:
        call: function of a case's arguments -> the answer's result, float64; None where no call
            tells more.
    """
    cases = cases[: len(results)]
    with np.errstate(all="ignore"):
        rights = [np.asarray(form.reference(*wide(case)), "float64") for case in cases]
    pairs = list(zip(results, rights, strict=True))
    wrong = [place for place, pair in enumerate(pairs) if not agree(*pair, form.tolerance)]
    if not wrong:
        return
    result, right = pairs[wrong[0]]
    mistake, values = explanation(form, cases, results, rights, wrong), {}
    mistake = mistake or (None if np.all(np.isfinite(result)) else "not_finite")
    mistake = mistake or (None if result.shape == right.shape else "shape")
    own = getattr(cases[wrong[0]], "otherwise", "otherwise")
    if not mistake and form.otherwise:
        mistake, values = form.otherwise(cases, results) or (None, {})
    if not mistake and own == "otherwise":
        mistake, values = seen_in(form, cases, pairs, call) or (None, {})
    found = brief(result)
    if result.shape == right.shape and result.size > 24:
        place = np.unravel_index(
            np.argmin(np.isclose(result, right, form.tolerance, form.tolerance)), right.shape
        )
        at = ", ".join(map(str, place))
        found += f"; at [{at}] {result[place]:.6g} in place of {right[place]:.6g}"
    if result.shape != right.shape:
        found, right = f"shape {result.shape}: {found}", f"shape {right.shape}: {brief(right)}"
    values = named(form, cases[wrong[0]]) | values | {"right": right}
    raise Wrong("expects", found, mistake or own, **values)


def seen_in(form, cases, pairs, call):
    """(id, values) of a kind of mistake that shows in all cases with a finite result, or None.

    Args:
        pairs: list of (result, right result), one for each case.
    """
    fit = [place for place, (_, right) in enumerate(pairs) if np.all(np.isfinite(right))]
    cases, pairs = [cases[place] for place in fit], [pairs[place] for place in fit]
    if not all(a.shape == b.shape and np.all(np.isfinite(a)) for a, b in pairs) or all(
        agree(*pair, form.tolerance) for pair in pairs
    ):
        return None
    results, rights = zip(*pairs, strict=True)
    names = names_of(form)[: len(cases[0])]  # the rest are options, for mistakes
    seen = kind_of(form, cases, results, rights, names, call)
    return seen or where_right(cases, results, rights, names, form.tolerance)


def explanation(form, cases, results, rights, wrong):
    """The id of the likeliest mistake, or None.

    That is one that gives all results; else, where results are no whole numbers, the one that gives
    most of the wrong ones, the first among them; else one that gives the first one's shape, if it
    can be one that says nothing of the values.
    """
    first, explained, shapes = wrong[0], {}, []
    for mistake, values in mistaken(form, cases, rights):
        given = [value is not None and agree(result, value, form.tolerance)
                 for result, value in zip(results, values, strict=True)]  # fmt: skip
        if all(given):
            return mistake
        if given[first] and not form.whole:
            explained.setdefault(mistake, sum(given[place] for place in wrong))
        shape = None if values[first] is None else values[first].shape
        if shape == results[first].shape != rights[first].shape:
            shapes.append(mistake)
    if explained:
        return max(explained, key=explained.get)
    return next((each for each in shapes if each in OF_SHAPE), next(iter(shapes), None))


def mistaken(form, cases, rights):
    """Pairs of a mistake and what it gives for each case, None where it can't be computed."""
    for mistake, way in form.mistakes.items():
        ways = way if isinstance(way, (list, tuple)) else [way]
        for one in ways:
            changed = functools.partial(form.reference, **one) if isinstance(one, dict) else one
            yield mistake, [attempt(changed, wide(case)) for case in cases]
    for mistake, way in EVERYWHERE.items():
        yield mistake, [way(right) for right in rights]


def in_a_step(form, answers, name, case):
    """Wrong unless the answer is the same inside a compiled step, and can be differentiated.

    Arguments that are no arrays, which come last, are not part of what is compiled.
    """
    arguments, values = wide(case), named(form, case)
    right, gradients = form.reference(*arguments), form.gradients(*arguments)
    given = list(zip(names_of(form), case, strict=False))
    arrays = [value for _, value in given if isinstance(value, np.ndarray)]
    options = {key: value for key, value in given if not isinstance(value, np.ndarray)}
    report = answers.drive(
        "in_graph", name, arguments=arrays, options=options, compiled=form.compiled
    )
    found = numbers(report["result"], "in_graph_expects", **values)
    if not agree(found, right, 1e-3):
        raise Wrong("in_graph_expects", brief(found), "in_graph", right=right, **values)
    if form.keeps_type:
        found = answers.drive("in_graph", name, arguments=arguments)["dtype"]
        if found != "float64":
            raise Wrong("type_expects", found, "type", right="float64", **values)
    for place, argument in enumerate(names_of(form)):
        if argument not in gradients:
            continue
        found, values["argument"] = report["gradients"][str(place)], argument
        right = gradients[argument]
        if found is None:
            raise Wrong("gradient_expects", "None", "no_gradient", right=right, **values)
        if not agree(numbers(found, "gradient_expects", **values), right, 1e-3):
            mistake = "gradient" if np.any(np.asarray(found)) else "gradient_zero"
            raise Wrong("gradient_expects", brief(np.asarray(found)), mistake, right=right,
                        **values)  # fmt: skip


def names_of(form):
    """Names of the arguments, as the reference has them."""
    return list(inspect.signature(form.reference).parameters)


def named(form, case):
    """The arguments of a case by name, for sentences; others as the reference has them."""
    arguments = inspect.signature(form.reference).bind(*case)
    arguments.apply_defaults()
    return arguments.arguments
