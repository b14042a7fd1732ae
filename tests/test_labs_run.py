"""A lab's cells run whatever is answered: nothing, parts, right answers of any style, wrong ones.

The cells are executed here, in one process and with tiny settings; nbval executes the whole lab.
"""

import importlib
import itertools
import re

import nbformat
import pytest

from tests.test_notebooks import ROOT
from utils.checks import questions_of
from utils.claims import ClaimFailed

LAB = "lab1_identity_838"
QUESTIONS = list(questions_of(LAB))
BANK = importlib.import_module(f"tests.cases.{LAB}")
# Settings as the lab states them, and tiny ones that take every cell through in a second.
TINY = {"EPOCHS": "4", "LONG": "4", "NETWORKS": "2"}


def code_cells(folder):
    return [
        c for c in nbformat.read(ROOT / folder / f"{LAB}.ipynb", 4).cells if c.cell_type == "code"
    ]


@pytest.fixture
def run(monkeypatch):
    """Runs the lab with answers by question (missing: the stub); returns what it displayed."""
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    monkeypatch.delenv("COURSE_STRICT", raising=False)

    def cell_by_cell(answers):
        shown.clear()
        names = {"__name__": "__main__"}
        for cell in code_cells("labs"):
            question = cell.metadata.get("nbgrader", {}).get("grade_id")
            source = answers.get(question, cell.source)
            for name, value in TINY.items():
                source = re.sub(rf"^{name} = .*", f"{name} = {value}", source, flags=re.M)
            try:
                exec(compile(source, f"<{source[:40]}>", "exec"), names)
            except ClaimFailed:
                pass  # four epochs hold no claim
            except Exception as error:
                raise AssertionError(f"this cell ended in an error:\n{source}") from error
        return [repr(each) for each in shown]

    return cell_by_cell


@pytest.fixture(scope="module")
def solutions():
    return {
        cell.metadata["nbgrader"]["grade_id"]: cell.source
        for cell in code_cells("solutions")
        if cell.metadata.get("nbgrader", {}).get("solution")
    }


def test_tiny_settings_are_the_labs_settings():
    source = "\n".join(cell.source for cell in code_cells("labs"))
    assert all(re.search(rf"^{name} = ", source, re.M) for name in TINY)


def test_unanswered(run):
    shown = run({})
    assert shown[-1].endswith("Score: 0 of 14 points.")
    assert not any("Figure" in each or "Error" in each for each in shown)


def test_all_right(run, solutions):
    shown = run(solutions)
    assert shown[-1].endswith("Score: 14 of 14 points.")
    assert sum(each.startswith("Figure") for each in shown) == 5
    assert not any("waits" in each for each in shown)


SUBSETS = [
    *itertools.combinations(range(7), 1),
    *itertools.combinations(range(7), 6),
    *itertools.islice(itertools.combinations(range(7), 3), 0, None, 6),
]


@pytest.mark.parametrize("answered", SUBSETS, ids=str)
def test_some_answered(run, solutions, answered):
    chosen = {QUESTIONS[i]: solutions[QUESTIONS[i]] for i in answered}
    shown = run(chosen)
    for each in shown:  # an answer may use an open one; nothing answered here is wrong by itself
        assert "not right yet" not in each or "sum_squared_error" not in chosen, each
    # No cell needs the last question alone.
    assert any("waits" in each for each in shown) or set(QUESTIONS) - set(chosen) == {QUESTIONS[-1]}


@pytest.mark.parametrize("turn", range(max(map(len, BANK.RIGHT.values()))))
def test_right_answers_of_any_style(run, turn):
    """Every right answer of the bank goes through all cells of the lab, seven at a time."""
    chosen = {}
    for question, bank in BANK.RIGHT.items():
        source = list(bank.values())[turn % len(bank)]
        imports = "import math\nfrom keras import ops\n"
        chosen[question] = imports + source
    shown = run(chosen)
    assert shown[-1].endswith("Score: 14 of 14 points."), shown[-1]
    assert sum(each.startswith("Figure") for each in shown) == 5


WRONG = [(q, name) for q, bank in BANK.WRONG.items() for name in list(bank)[::6]]


@pytest.mark.parametrize("question, mistake", WRONG)
def test_wrong_answers_stop_nothing(run, solutions, question, mistake):
    source = "import math\nfrom keras import ops\n" + BANK.WRONG[question][mistake][0]
    shown = run(solutions | {question: source})
    assert not shown[-1].endswith("Score: 14 of 14 points.")
