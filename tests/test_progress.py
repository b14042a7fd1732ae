"""The line below a cell: what it says and when, and that nothing of it is stored."""

import itertools
import re
import time

import nbformat
import numpy as np
import pytest

from tests.conftest import until
from utils import progress as module
from utils.notebooks import running
from utils.progress import Stage, progress, stage

INPUTS = []  # see tests/keys.py


class Kernel:
    """As much of a notebook's shell as the line looks at; `end` ends the cell."""

    def __init__(self, monkeypatch):
        self.kernel, self.events, self.said, self.places = True, self, [], set()
        self.hooks = {}
        self.register = self.hooks.__setitem__
        monkeypatch.delenv("COURSE_UNATTENDED", raising=False)
        monkeypatch.setattr("IPython.get_ipython", lambda: self)
        monkeypatch.setattr("IPython.display.display", self.display)

    def display(self, data, *, raw, display_id, update):
        assert raw and update == (display_id in self.places)  # one place, drawn over
        self.places.add(display_id)
        self.said.append(data["text/plain"])

    def begin(self):
        self.hooks["pre_run_cell"](self)

    def end(self, error=None):
        if self.hooks:
            self.error_in_exec = error
            self.hooks["post_run_cell"](self)


@pytest.fixture
def kernel(monkeypatch):
    monkeypatch.setattr(module, "EVERY", 0.02)
    kernel = Kernel(monkeypatch)
    yield kernel
    kernel.end()
    assert module._line is None


def seen(kernel):
    """Wait until the line has been written once more."""
    before = len(kernel.said)
    until(lambda: len(kernel.said) > before)


def test_a_loop_and_what_is_within_it_read_as_one(kernel):
    for _ in progress([("saturated loss", 1), ("mode collapse", 2)], "trainings"):
        seen(kernel)
        with stage(3) as here:
            here.advance(1, "epoch 2 of 3")
            seen(kernel)
            seen(kernel)
    assert kernel.said[0].startswith("1 of 2 trainings: saturated loss, about 1 s so far")
    assert any("2 of 2 trainings: mode collapse, epoch 2 of 3, about" in s for s in kernel.said)
    seen(kernel)
    assert kernel.said[-1] == "running, about 1 s so far"  # the cell goes on
    for _ in progress([object()] * 2, "draws"):  # the next one of the cell takes its place
        seen(kernel)
    assert kernel.said[-1].startswith("2 of 2 draws, ")
    kernel.end()
    assert kernel.said[-1] == "Took 1 s" and len(kernel.places) == 1
    for _ in progress("ab", "letters"):
        seen(kernel)
    assert len(kernel.places) == 2  # below another cell
    kernel.end()
    kernel.begin()
    seen(kernel)  # a cell that says nothing of how far it is
    assert kernel.said[-1] == "running, about 1 s so far"


def test_no_line_goes_on_without_its_cell(kernel):
    list(progress("ab", "letters"))
    kernel.begin()  # within the cell, as %run may do
    seen(kernel)
    kernel.end()
    kernel.end()  # of the outer one
    count = len(kernel.said)
    time.sleep(0.2)
    assert len(kernel.said) == count


def test_short_work_shows_nothing(kernel, monkeypatch):
    monkeypatch.setattr(module, "EVERY", 60)
    assert list(progress("ab", "letters")) == ["a", "b"]
    assert kernel.said == []


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_where_it_was_stopped_stays(kernel, error):
    def cell():
        for _ in progress("ab", "letters"):
            with stage(4) as here:
                here.advance(2, "epoch 3 of 4")
                seen(kernel)
                raise error

    with pytest.raises(error):
        cell()
    kernel.end(error)
    assert kernel.said[-1] == "1 of 2 letters: a, epoch 3 of 4: stopped after 1 s"


@pytest.mark.parametrize("error, last", [(None, "Took 1 s"), (1, "1 of 2 letters: a: stopped")])
def test_a_loop_that_is_left(kernel, error, last):
    """Whether by break or by an error is known when the cell ends."""
    for _ in progress("ab", "letters"):
        seen(kernel)
        break
    kernel.end(error)
    assert kernel.said[-1].startswith(last)


def test_a_loop_that_an_error_leaves_open_ends_with_its_cell(kernel):
    letters = progress("ab", "letters")
    next(letters)
    seen(kernel)
    kernel.end(ValueError)
    assert kernel.said[-1] == "1 of 2 letters: a: stopped after 1 s"
    count = len(kernel.said)
    time.sleep(0.1)
    assert len(kernel.said) == count


@pytest.mark.parametrize("kind", ["COURSE_UNATTENDED", "NBGRADER_EXECUTION", "no kernel"])
def test_where_nobody_looks_nothing_is_shown(kernel, monkeypatch, kind):
    if kind == "no kernel":
        del kernel.kernel
    else:
        monkeypatch.setenv(kind, "1")
    for _ in progress("ab", "letters"):
        time.sleep(0.1)
    assert kernel.said == [] and not kernel.hooks


def test_the_time_left(monkeypatch):
    clock = itertools.count()
    monkeypatch.setattr(module.time, "monotonic", lambda: float(next(clock)))  # 1 s a look

    def training(steps=4):
        return Stage(steps, first="compiling")

    loop = Stage(3)  # at 0
    inner = training()  # at 1
    assert inner.left(None, 5.0) is None and str(inner) == "compiling"
    clock = itertools.count(11)
    inner.advance(1, "epoch 1")  # at 11: ten seconds of compiling
    assert inner.left(None, 11.0) is None and str(inner) == "epoch 1"
    clock = itertools.count(13)
    inner.advance(2)  # 2 s for a step; one is at work, one more comes
    assert inner.left(None, 14.0) == 1 + 2
    # The loop's first round: 14 s so far and 3 s left; two more as long as that.
    assert loop.left(3.0, 14.0) == 3 + 2 * 17
    clock = itertools.count(20)
    loop.advance(1)
    assert loop.left(None, 25.0) == 15 + 20  # the second is compiling
    assert loop.left(4.0, 36.0) == 4 + 20
    assert Stage(1).left(None, 100.0) is None


@pytest.mark.parametrize("whole_epochs", [False, True])
def test_a_training_tells_its_epochs(kernel, whole_epochs):
    import keras

    from utils import training

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    numbers = np.arange(40, dtype="float32").reshape(20, 2) / 40
    waits = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen(kernel))
    options = {"epochs": 3, "batch": 5, "whole_epochs": whole_epochs, "callbacks": [waits]}
    for _ in progress(["shallow"], "networks"):
        history = training.fit(model, (numbers, numbers), **options)
    kernel.end()
    assert len(history["loss"]) == 3
    said, where = "\n".join(kernel.said), "1 of 1 networks: shallow, epoch"
    assert re.search(rf"{where} 1 of 3, compiling, about \d+ s so far", said)
    for epoch in (1, 2, 3):
        assert re.search(rf"{where} {epoch} of 3, about \d+ s", said)
    assert kernel.said[-1].startswith("Took ") and len(kernel.places) == 1


def test_a_training_that_is_interrupted_says_where(kernel):
    import keras

    from utils import training

    def interrupt(epoch, logs):
        seen(kernel)
        if epoch == 1:
            raise KeyboardInterrupt

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    numbers = np.zeros((20, 2), "float32")
    stops = keras.callbacks.LambdaCallback(on_epoch_end=interrupt)
    with pytest.raises(KeyboardInterrupt):
        training.fit(model, (numbers, numbers), epochs=3, batch=5, callbacks=[stops])
    kernel.end(KeyboardInterrupt)
    assert kernel.said[-1].startswith("epoch 2 of 3: stopped after ")


def test_executing_notebooks_stores_nothing_of_it(notebook, tmp_path):
    """And a cell that was trained in one that somebody looks at would say how long it took."""
    path = notebook(
        "waits",
        "import os, time\nfrom utils.progress import progress\n"
        "for letter in progress('ab', 'letters'):\n    time.sleep(0.7)",
        "del os.environ['COURSE_UNATTENDED']\n"
        "for letter in progress('ab', 'letters'):\n    time.sleep(0.7)",
    )
    stored, failure = running.execute(nbformat.read(path, 4), tmp_path)
    assert failure is None
    unattended, live = (cell.outputs for cell in stored.cells)
    assert unattended == []
    assert [output.data["text/plain"] for output in live] == ["Took 1 s"]
