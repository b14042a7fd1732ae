"""Faulty submissions get the score they deserve, in words to act on; none stops a batch."""

import collections
import contextlib
import dataclasses
import functools
import tempfile
import types
from pathlib import Path

import pytest

from tests.neighbours import Neighbour
from tests.submissions import INPUTS, faulty  # noqa: F401 - see tests/keys.py
from utils import ROOT
from utils.grading.jail import Ended, Limits
from utils.grading.judge import Judge, default_data, grade_file
from utils.grading.worker import trial

SOLUTIONS = ROOT / "solutions"
# What does not end would else take minutes; beside other work, which shares the caches, the slowest
# right answers compute for 2 to 3 s.
SHORT = Limits(cell=5, call=5)


SOLVED = types.SimpleNamespace(name="the solution")


def graded(judge, fault):
    """The record of a faulty submission, or of the lab's solution."""
    if fault is SOLVED:
        judge.limits = SHORT
        return grade_file(judge, SOLUTIONS / f"{judge.lab}.ipynb")
    judge.limits = dataclasses.replace(SHORT, **fault.limits)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, fault.file or f"{fault.lab}.ipynb")
        path.write_bytes(faulty.changed(fault))
        return grade_file(judge, path)


@pytest.fixture(scope="module")
def neighbours(bubblewrap):
    """The judge of each lab, the same for all faults, which has graded the solution at first."""

    def fresh(lab):
        return Judge(lab, bubblewrap, SHORT, data=default_data())

    with contextlib.ExitStack() as stack:
        started = {}
        for lab in (faulty.LAB1, faulty.LAB3):
            judge = stack.enter_context(fresh(lab))
            assert not trial(judge)  # on a new machine this prepares the lab's data
            new = functools.partial(fresh, lab)
            started[lab] = Neighbour(graded, SOLVED, judge, new, every=None)
        yield started


@pytest.mark.parametrize("fault", faulty.FAULTS, ids=lambda fault: fault.name)
def test_fault(neighbours, fault):
    record = neighbours[fault.lab].record_of(fault)
    told = {each.question: each for each in record.questions}
    states = {name: each.state for name, each in told.items()}
    deserved = {name: fault.lost[name][0] if name in fault.lost else "right" for name in told}
    assert states == deserved, "\n".join(each.message for each in told.values())
    assert record.points == fault.score
    for name, (_, words) in fault.lost.items():
        for each in words:
            assert each in told[name].message
    for words, found in (
        (fault.notes, record.notes),
        (fault.cells, [each.error for each in record.cells]),
    ):
        assert len(found) == len(words), found
        for word, each in zip(words, found, strict=True):
            assert word in each
    assert "Traceback" not in str(record) and "/tmp" not in str(record)


@pytest.mark.parametrize("lab", [faulty.LAB1, faulty.LAB3])
def test_the_next_submission_finds_nothing_changed(neighbours, lab):
    """After all faults; where it does, the fault that has changed something is named."""
    neighbours[lab].check()
    first = neighbours[lab].record
    assert first.points == first.out_of and not first.cells


def losing_time(judge, times, chosen=lambda name: True, noticed="outside"):
    """`Jail.ask` that lets the time of each chosen cell and answer run out so many times.

    noticed: "outside", by the warm process, which ends the child, or "inside", by the child itself.
    """
    ask, lost = judge.jail.ask, collections.Counter()

    def slow(request, seconds):
        name = request.get("cell") or request.get("call") or request["name"]
        if chosen(name) and lost[name] < times:
            lost[name] += 1
            if noticed == "inside" and "cell" in request:
                return {"cell": {"kind": "TimeoutError", "message": ""}}
            if noticed == "inside":
                return {"raised": ["TimeoutError", "no result after 5 s", "", "", ""]}
            judge.jail.kill()
            raise Ended("time")
        return ask(request, seconds)

    return slow, lost


@pytest.mark.parametrize("noticed", ["outside", "inside"])
def test_time_lost_once_costs_nothing(neighbours, monkeypatch, noticed):
    """The time of every cell and of every answer runs out at first: the record is the same."""
    judge, first = neighbours[faulty.LAB1].judge, neighbours[faulty.LAB1].record
    slow, lost = losing_time(judge, 1, noticed=noticed)
    monkeypatch.setattr(judge.jail, "ask", slow)
    assert graded(judge, SOLVED) == first
    assert len(lost) > 15 and {"binary_code", "train"} <= set(lost)


def test_time_lost_twice_is_lost(neighbours, monkeypatch):
    judge, first = neighbours[faulty.LAB1].judge, neighbours[faulty.LAB1].record
    slow, lost = losing_time(judge, 99, lambda name: name == "binary_code")
    monkeypatch.setattr(judge.jail, "ask", slow)
    record = graded(judge, SOLVED)
    assert lost == {"binary_code": 2}
    for now, then in zip(record.questions, first.questions, strict=True):
        if now.question == "binary_code":
            assert now.points == 0 and "no result after 5 s" in now.message
        else:
            assert now == then


def test_the_set_is_large_enough():
    names = [fault.name for fault in faulty.FAULTS]
    assert len(names) == len(set(names)) >= 100
    for fault in faulty.FAULTS:
        out_of = {faulty.LAB1: 14, faulty.LAB3: 15}[fault.lab]
        assert fault.score < out_of if fault.lost else fault.score == out_of
