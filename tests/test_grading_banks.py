"""Answers of the case banks get the same state and the same words from the jail as in a notebook.

A part of each bank is judged, always the same one; COURSE_ALL_CASES=1 judges all answers, which
takes half an hour to an hour.

The words are compared to the letter, with line numbers, measured numbers and names of layers. For
that the cells of both begin at the same random seed, and Keras's count of layers from 0.
"""

import importlib
import linecache
import os
import zlib

import keras
import pytest

from tests.test_checks import cases
from utils.checks import questions_of
from utils.checks.remote.answers import Answers
from utils.grading.jail import DEFAULT_LIMITS, Jail
from utils.grading.judge import SEED, RemoteAnswers, Session
from utils.grading.submissions import Cell

pytestmark = pytest.mark.usefixtures("frees_graphs")
# Answers draw random numbers, and messages name them.
SEEDED = "import keras\nkeras.utils.set_random_seed(0)\n"
# One of so many is judged.
EVERY = {"lab1_identity_838": 4, "lab2_denoising_autoencoder": 5, "lab3_vae": 20}
REST = 40


def sample():
    for case in cases():
        lab, _, source, *_ = case.values
        every = 1 if os.environ.get("COURSE_ALL_CASES") == "1" else EVERY.get(lab, REST)
        if zlib.crc32(source.encode()) % every == 0:
            yield case


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


@pytest.mark.parametrize("lab, question, source, words, visible, whole", list(sample()))
def test_the_jail_judges_as_a_notebook_does(jail, lab, question, source, words, visible, whole):
    cells = SEEDED, importlib.import_module(f"tests.cases.{lab}").PRELUDE, source
    asked = questions_of(lab)[question]
    here, there = in_a_notebook(cells, asked), in_the_jail(jail, cells, asked)
    assert (here.state, there.state) == (whole, whole), f"{here}\n{there}"
    assert there.points == (asked.points if whole == "right" else 0)
    assert repr(there) == repr(here)
