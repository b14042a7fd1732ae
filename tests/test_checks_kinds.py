"""Kinds of mistakes are recognized for any question that computes a value, without own words."""

import numpy as np
import pytest

from tests.cases import LABS
from utils.checks import Questions, questions_of
from utils.checks.remote.answers import Answers
from utils.checks.sentences import table


def weighted(first, second, factor):
    return first.sum(-1) + factor * second.mean(-1)


@pytest.fixture
def question():
    """A question whose only mistakes are those that any question can meet."""
    questions = Questions("none")

    @questions.value(1, "halve", points=1)
    class Weighted:
        def cases(rng):
            for size, factor in (((5, 4), 1.7), ((3, 6), 0.6), ((8, 3), -2.3)):
                first, second = rng.normal(0.2, 1, (2, *size)).astype("float32")
                yield first, second, factor

        def reference(first, second, factor):
            return weighted(first, second, factor)

        def terms(first, second, factor):
            return {"sum": first.sum(-1), "mean": factor * second.mean(-1)}

        def gradients(first, second, factor):
            return {"first": np.ones_like(first)}

    return questions["halve"]


FIXED = np.random.default_rng(0).normal(0, 1, 1000)
ANSWERS = {
    "random": lambda a, b, c: weighted(a, b, c) + np.random.normal(0, 1, len(a)),
    "constant": lambda a, b, c: np.full(len(a), 3.25),
    "exchanged_arguments": lambda a, b, c: weighted(b, a, c),
    "term_missing": lambda a, b, c: a.sum(-1),
    "term_scaled": lambda a, b, c: a.mean(-1) + c * b.mean(-1),
    "absolute_value": lambda a, b, c: np.abs(weighted(a, b, c)),
    "scaled": lambda a, b, c: 3.5 * weighted(a, b, c),
    "degree": lambda a, b, c: weighted(a, b, c) / np.abs(a).max(),
    "whole_numbers": lambda a, b, c: np.round(3 * weighted(a, b, c)) // 3,
    "row_wrong": lambda a, b, c: weighted(a, b, c) + (np.arange(len(a)) == len(a) - 1),
    "right_for_some_rows": lambda a, b, c: weighted(a, b, c) + np.isin(np.arange(len(a)), [2, 3]),
    "shifted": lambda a, b, c: weighted(a, b, c) + 0.25,
    "scaled_by_case": lambda a, b, c: weighted(a, b, c) / len(a),
    "clipped": lambda a, b, c: np.clip(weighted(a, b, c), -0.5, 1.5),
    "unused": lambda a, b, c: a.sum(-1) + c * FIXED[: len(a)],
    "same_for_all": lambda a, b, c: np.full(len(a), weighted(a, b, c).max()),
    "other_order": lambda a, b, c: np.sort(weighted(a, b, c)),
    "right_for_some": lambda a, b, c: (
        a.sum(-1) + c * b.mean(-1) * 4 / b.shape[1] ** 1.0 + (b.shape[1] != 4) * np.sin(a[:, 0])
    ),
    "right_in_range": lambda a, b, c: np.where(
        weighted(a, b, c) < 1, weighted(a, b, c), weighted(a, b, c) ** 2 + 0.3
    ),
    "nearly": lambda a, b, c: np.round(weighted(a, b, c) * (1 + 0.003 * np.sin(9 * a[:, 0])), 6),
    "not_finite": lambda a, b, c: weighted(a, b, c) / 0,
    "no_gradient": lambda a, b, c: weighted(np.asarray(a), np.asarray(b), c),
}


@pytest.mark.parametrize("kind", [kind for kind in ANSWERS if kind != "no_gradient"])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_kind_is_named(question, kind, seed):
    answers = Answers({"halve": ANSWERS[kind]})
    with np.errstate(all="ignore"):
        result = question.judge(answers, seed=seed)
    assert (result.state, result.mistake) == ("wrong", kind), result
    assert "{" not in repr(result)


@pytest.mark.parametrize("lab", [lab for lab in LABS if table(f"labs/{lab}")])
@pytest.mark.parametrize(
    "kind, change",
    [
        ("scaled", lambda right: 3.7 * right),
        ("random", lambda right: right + np.random.normal(0, 0.1, np.shape(right))),
        ("constant", lambda right: 0 * right + 0.75),
    ],
)
def test_in_every_question_that_computes_a_value(lab, kind, change):
    """From the reference itself, changed: the kind is told, or a mistake of the question's own."""
    for name, question in questions_of(lab, hidden=False).items():
        if question.form is None or question.form.kinds == "f" and question.form.cases(0) == [()]:
            continue
        answer = {name: lambda *args, form=question.form: change(form.reference(*args))}
        result = question.judge(Answers(answer))
        assert result.state == "wrong"
        assert result.mistake != "otherwise", f"{name}: {result}"
