"""Answers of the case banks get the same state and the same words from the jail as in a notebook.

40 cases always, the same ones, spread over labs and questions; with `--all` some 160; with
COURSE_ALL_CASES=1 all, which takes half an hour to an hour. Each is judged once in this process and
once in the jail; that all of the bank get their verdicts is tested in tests/test_checks.py.

The words are compared to the letter, with line numbers, measured numbers and names of layers. For
that the cells of both begin at the same random seed, and Keras's count of layers from 0.
"""

import importlib
import itertools
import linecache
import os
import zlib

import keras
import pytest

from tests.cases import LABS, cases
from utils.checks import questions_of
from utils.checks.remote.answers import Answers
from utils.grading.jail import DEFAULT_LIMITS, Jail
from utils.grading.judge import SEED, RemoteAnswers, Session
from utils.grading.submissions import Cell

INPUTS = [
    "*/{lab}.ipynb",
    "tests/cases/{lab}.py",
    "utils/checks/*/{lab}.*",
    "utils/checks/*.toml",
    "utils/grading/**/*.py",
]  # see tests/keys.py

pytestmark = pytest.mark.usefixtures("frees_graphs")
# Answers draw random numbers, and messages name them.
SEEDED = "import keras\nkeras.utils.set_random_seed(0)\n"
ALWAYS, WITH_ALL = 40, 160


def mixed(text):
    """A number that orders texts without regard to what they say, the same everywhere."""
    return zlib.crc32(text.encode())


def spread(cases, count):
    """So many of the cases: questions take turns, and each gives those next in a fixed order."""
    queues = {}
    for case in sorted(cases, key=lambda case: mixed(case.id)):
        queues.setdefault(case.values[:2], []).append(case)
    order = sorted(queues, key=lambda question: mixed(" ".join(question)))
    turns = itertools.zip_longest(*(queues[question] for question in order))
    return [case for case in itertools.chain(*turns) if case is not None][:count]


def pytest_generate_tests(metafunc):
    if "whole" in metafunc.fixturenames:
        count = WITH_ALL if metafunc.config.getoption("all") else ALWAYS
        if os.environ.get("COURSE_ALL_CASES") == "1":
            count = None
        names = "lab, question, source, words, visible, whole"
        metafunc.parametrize(names, spread(cases(), count))


@pytest.fixture(scope="module")
def jail(bubblewrap):
    with Jail(bubblewrap) as jail:
        yield jail


def in_a_notebook(cells, question):
    """The result of a question in this process, whose cells are known by their lines."""
    names = {"__name__": "__main__"}
    keras.utils.clear_session(free_memory=False)  # Keras numbers the layers of a process
    for number, cell in enumerate(cells):
        cell = cell.lstrip("\n")  # as IPython does
        name = f"<cell {number} of {zlib.crc32(''.join(cells).encode())}>"
        linecache.cache[name] = len(cell), None, cell.splitlines(True), name
        exec(compile(cell, name, "exec"), names)
    return question.judge(Answers(names), seed=SEED)


def in_the_jail(jail, cells, question):
    session = Session(jail, DEFAULT_LIMITS)
    for place, cell in enumerate(cells, 1):
        session.run(Cell(place, "", cell))
    assert not session.errors
    return question.judge(RemoteAnswers(session), seed=SEED)


def test_the_jail_judges_as_a_notebook_does(jail, lab, question, source, words, visible, whole):
    cells = SEEDED, importlib.import_module(f"tests.cases.{lab}").PRELUDE, source
    asked = questions_of(lab)[question]
    here, there = in_a_notebook(cells, asked), in_the_jail(jail, cells, asked)
    assert (here.state, there.state) == (whole, whole), f"{here}\n{there}"
    assert there.points == (asked.points if whole == "right" else 0)
    assert (repr(there), there.mistake) == (repr(here), here.mistake)
    assert whole == "right" or there.mistake == words


def test_those_always_judged_are_of_every_lab_and_kind_and_of_most_questions():
    chosen = spread(cases(), ALWAYS)
    assert chosen == spread(list(cases())[::-1], ALWAYS) and len(chosen) == ALWAYS
    questions = [(lab, name) for lab in LABS for name in questions_of(lab)]
    assert len({case.values[:2] for case in chosen}) == min(ALWAYS, len(questions))
    assert {case.values[0] for case in chosen} == set(LABS)
    assert len({case.values[4:] for case in chosen}) == 3  # right, wrong, wrong to hidden checks
