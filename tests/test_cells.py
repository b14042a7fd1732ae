"""Which cell made a name and how it ended, in IPython's shell, as a student meets it."""

import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell

from utils import cells
from utils.cells import Cells
from utils.checks import Lab
from utils.command import starting
from utils.names import meant, names_in

INPUTS = []  # see tests/keys.py

HALVE = "def halve(x):\n    return x / 2"


@pytest.fixture
def notebook(monkeypatch):
    """Runs a cell and returns what it displays and prints: `notebook(source)`."""
    shell = InteractiveShell()
    shell.history_manager.enabled = False
    monkeypatch.setattr(cells, "_cells", [Cells(shell)])
    monkeypatch.delenv("COURSE_STRICT", raising=False)
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    monkeypatch.setattr("builtins.print", lambda *words, **options: shown.append(*words))
    shell.user_ns |= {"lab": Lab("practice", shell.user_ns)}

    def run(source):
        shown.clear()
        shell.run_cell(source, store_history=True)
        return "\n".join(map(str, shown))

    run.errors = []  # the lines shown for each
    monkeypatch.setattr(shell, "_showtraceback", lambda *error: run.errors.append(error[2]))
    yield run
    shell.history_manager.end_session()


@pytest.mark.parametrize(
    "source, made, used",
    [
        ("a = b", {"a"}, {"b"}),
        ("a = 1\nprint(a)", {"a"}, {"print"}),
        ("with lab.needs('x'):\n    a, (b, c) = d", {"a", "b", "c"}, {"lab", "d"}),
        ("def f(x):\n    y = x\n    return g(y)", {"f"}, {"g"}),
        ("[a for a in b]", set(), {"b"}),
        ("import a.b\nclass C:\n    x = y", {"a", "C"}, {"y"}),
        ("def f(x):\n    retrun x\ny = f(1)", {"f", "y"}, set()),
    ],
)
def test_names(source, made, used):
    assert names_in(source) == (made, used)


def test_the_name_that_was_meant():
    names = ["add_gausian_noise", "trained", "_psnr", "new_cyclegan", "PSNR"]
    assert meant("add_gaussian_noise", names) == "add_gausian_noise"
    assert meant("psnr", names) == "PSNR"
    assert meant("CycleGAN", names) == meant("encoder", names) == meant("np", ["npp"]) == ""


@pytest.mark.parametrize(
    "cells_before, said",
    [
        ([], "No cell that has run since the kernel started makes `model`: check its spelling, or"),
        (["modell = 3"], "makes `model`: is `modell` meant? Otherwise run the cells above (Run >"),
        (["raise KeyboardInterrupt\nmodel = 1"], "by cell [1], which was interrupted: run it"),
        (["1 / 0\nmodel = 1"], "[1], which ended in an error (ZeroDivisionError: division by zero"),
        (["model = 1\nmodel +"], "[1], which has a syntax error in line 2 (invalid syntax): mend"),
        (
            ["model = 1", "globals().pop('model')"],
            "`model` is made by cell [1], and is not there: run it again",
        ),
        (["def f():\n    raise KeyboardInterrupt\nf()\nmodel = 1", "x = 2"], "cell [1], which was"),
    ],
)
def test_where_a_missing_name_is_made(notebook, cells_before, said):
    for source in cells_before:
        notebook(source)
    assert said in notebook("print(model)")  # also in cells that use no answer
    notebook(HALVE)
    notebook("lab.check('halve')")
    shown = notebook("with lab.needs('halve'):\n    model.predict()")
    assert "This cell ended with NameError: name 'model' is not defined" in shown and said in shown
    if cells_before:
        assert "cell [" not in notebook("model = 3\nwith lab.needs('halve'):\n    model")


def test_what_a_wrong_answer_has_made_is_noted_until_it_is_made_anew(notebook):
    notebook(HALVE.replace("/ 2", "/ 3"))
    assert "not right" in notebook("lab.check('halve')")
    make = "with lab.needs('halve'):\n    film = [1, 2]"
    assert "Made with an answer that is not right yet" in notebook(make)
    notebook(HALVE)
    notebook("lab.check('halve')")
    show = "with lab.needs('halve'):\n    print(film)"
    assert "Made with `film` of cell [3], which has used an answer that was not" in notebook(show)
    assert notebook(make) == "" and "Made" not in notebook(show)


def test_what_an_interrupted_cell_has_left_is_noted_until_it_ran_through(notebook):
    notebook(HALVE)
    notebook("lab.check('halve')")
    notebook("import types\nother = types.SimpleNamespace(trainable_variables=[], fit=list)")
    use = "with lab.needs('halve'):\n    result = model"
    train = "model = object()\ndef helper(): pass\n"
    notebook(train + "raise KeyboardInterrupt")
    interrupted = "Made with `model` of cell [4], which was interrupted: Titles and text may not"
    assert interrupted in notebook(use)
    rests = "Made with `result` of cell [5], which rests on cell [4], which was interrupted: Titles"
    assert rests in notebook("with lab.needs('halve'):\n    print(result)")
    assert notebook("with lab.needs('halve'):\n    helper()") == ""
    notebook("def draw():\n    return [model for _ in range(3)]")
    assert interrupted in notebook("with lab.needs('halve'):\n    draw()")
    notebook(train)
    assert rests in notebook("with lab.needs('halve'):\n    print(result)")
    assert notebook(use) == ""
    assert notebook("with lab.needs('halve'):\n    result") == ""
    notebook("other.fit()\nraise KeyboardInterrupt")  # made elsewhere, trained here
    assert "`other` of cell [14], which was int" in notebook("with lab.needs('halve'):\n    other")


def test_a_cell_that_waited_has_not_made_its_names(notebook):
    notebook("with lab.needs('halve'):\n    model = halve(3)")
    notebook(HALVE)
    notebook("lab.check('halve')")
    assert "`model` is made by cell [1], which has waited for an answer: run it again." in notebook(
        "with lab.needs('halve'):\n    model"
    )


@pytest.mark.parametrize(
    "answer, said",
    [
        (
            "x = 1\n" + HALVE.replace("return", "retrun"),
            "a syntax error in line 3 (invalid syntax)",
        ),
        ("nothing\n" + HALVE, "[1], which ended in an error (NameError: name 'nothing' is not"),
        (HALVE.replace("halve", "Halves"), "is `Halves` meant? The name has to be `halve`"),
        ("", "`halve` is not defined: run the cell above that defines it"),
    ],
)
def test_why_an_answer_is_not_there(notebook, answer, said):
    notebook(answer)
    shown = notebook("lab.check('halve')")
    assert "halve: not answered yet" in shown and said in shown


def test_a_check_of_the_former_answer_says_so(notebook):
    notebook(HALVE)
    former = "This is the former answer: cell [2], which defines it anew, has a syntax error in"
    notebook(HALVE + " +")
    assert former in notebook("lab.check('halve')")
    notebook(HALVE)
    assert "former" not in notebook("lab.check('halve')")


def test_an_interrupt_is_one_line(notebook):
    notebook(HALVE)
    notebook("with lab.needs('halve'):\n    raise KeyboardInterrupt")
    notebook("lab.check('havle')")
    interrupted, (unknown,) = notebook.errors
    assert interrupted == ["Interrupted: run this cell again before those below it."]
    assert "is 'halve' meant?" in unknown


def test_kernels_of_start_watch_from_their_first_cell(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    file = starting.quiet_first_start(tmp_path) / "ipython/profile_default/startup/00_course.py"
    called = []
    monkeypatch.setattr(cells, "watch", lambda: called.append("watch"))
    exec(file.read_text(), {})
    assert called == ["watch"]
    monkeypatch.setitem(sys.modules, "utils.cells", None)  # another environment
    exec(file.read_text(), {})


def test_outside_of_ipython_nothing_is_known(monkeypatch):
    monkeypatch.setattr(cells, "_cells", [])
    cells.watch()
    cells.has_ended("")
    assert cells.failed("x") is cells.doubt() is None
    assert cells.why_missing("x").startswith("`x` is not there: run the cells above (Run > ")
