"""`course bench grading`: what is handed in, what is compared, and the verdicts."""

import os
import time

import pytest

from tests.cases import lab3_vae as bank
from utils.bench import grading
from utils.bench.grading import ALONE, OURS, SHORT, WHOLE, Bound, Measured
from utils.checks import questions_of

INPUTS = [
    "*/lab3_vae.ipynb",
    "tests/cases/lab3_vae.py",
    "utils/checks/*/lab3_vae.py",
]  # see tests/keys.py


def result(ours=(2.0, 2.0), whole=(20.0, 12.0), points=((15, 0), (7, 7))):
    measured = {
        name: Measured(list(seconds), [1.0, 1.0], [10**9] * 2, [(15, 0), (7, 7)])
        for name, seconds in ((OURS, ours), (SHORT, (8, 8)), (WHOLE, whole), (ALONE, (30, 30)))
    }
    measured[OURS].points = list(points)
    speeds = [grading.speed("ours over stock nbgrader", measured, WHOLE, 6)]
    bounds = [
        Bound("seconds a submission, ours", measured[OURS].each, 3),
        Bound("other points", grading.other_points(measured), 0),
    ]
    facts = {"name": "grading", "rounds": 2, "starts": {OURS: 9}, "notes": ["busy"]}
    return facts | {"measured": measured, "speeds": speeds, "bounds": bounds}


def test_pairs_are_of_one_kind_and_answered_so():
    pairs = grading.handed_in(bank)
    assert [[name for name, _ in pair] for pair in pairs] == [
        ["right0", "right5"],
        ["partly0", "partly5"],
        ["blank0", "blank5"],
    ]

    def answered(notebook):
        text = "\n".join(cell.source for cell in notebook.cells)
        return [n for n, q in questions_of(grading.LAB).items() if q.title not in text]

    (right, other), (partly, _), (blank, _) = [[each for _, each in pair] for pair in pairs]
    assert answered(right) == answered(partly) == list(bank.RIGHT) and not answered(blank)
    sources = [[cell.source for cell in notebook.cells] for notebook in (right, other, partly)]
    assert sources[0] != sources[1] and sources[0] != sources[2]


def test_the_short_notebook_is_the_same_without_experiments():
    whole = grading.handed_in(bank)[0][0][1]
    short = grading.without_experiments(whole)
    left_out = [cell for cell in whole.cells if cell not in short.cells]
    assert left_out and len(short.cells) + len(left_out) == len(whole.cells)
    assert all("experiment" in cell.metadata.tags for cell in left_out)


def test_a_ratio_is_of_submissions_an_hour():
    speed = result()["speeds"][0]
    assert (speed.ratio, speed.low, speed.high) == (8, 6, 10) and speed.held


@pytest.mark.parametrize(
    "changed, held",
    [
        ({}, True),
        ({"whole": (10.0, 12.0)}, False),
        ({"ours": (3.1, 3.1)}, False),
        ({"points": ((15, 0), (7, 6))}, False),
    ],
)
def test_verdicts(changed, held, capsys, tmp_path):
    measured = result(**changed)
    assert grading.show(measured) is held
    shown = capsys.readouterr().out
    assert ("FAILED" in shown) is not held and "busy" in shown
    assert '"verdict"' in grading.save(measured, tmp_path).read_text()


def test_a_turn_is_side_by_side_and_counts_what_is_computed():
    def grade(number, name):
        began = time.process_time()
        while time.process_time() - began < 0.6:
            sum(range(1000))
        time.sleep(0.6)
        return len(name)

    seconds, core, peak, points = grading.turn(grade, lambda _: os.getpid(), ["a", "bc"])
    assert points == [1, 2] and peak > 10**7
    assert seconds > 0.3  # of two at once, each 1.2 s or longer
    assert core > 0.5  # this process is counted once for each of the two
