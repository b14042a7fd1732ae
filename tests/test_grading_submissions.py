"""What is read from files and folders of submissions, and what is planned with it. No jail."""

import ast
import json
import os

import pytest

from utils import ROOT
from utils.checks import questions_of
from utils.grading import submissions
from utils.grading.submissions import Released, Submission, binding, cells_of, collect, likeness

LABS = sorted(path.stem for path in (ROOT / "labs").glob("lab*.ipynb"))


def data_of(*cells, **rest):
    made = [{"cell_type": kind, "id": name, "source": text} for kind, name, text in cells]
    return json.dumps({"cells": made} | rest).encode()


def test_cells_have_places_kinds_and_sources():
    raw = data_of(("markdown", "a", "# Title"), ("code", "b", ["x = 1\n", "y"]), ("raw", "c", "z"))
    cells, notes = cells_of(raw)
    assert notes == []
    assert [(c.place, c.id, c.source, c.kind) for c in cells] == [
        (1, "a", "# Title", "markdown"),
        (2, "b", "x = 1\ny", "code"),
        (3, "c", "z", "raw"),
    ]
    assert Submission(cells, []).text == "x = 1\ny"


@pytest.mark.parametrize(
    "cell",
    [
        7,
        None,
        {"cell_type": "code"},
        {"cell_type": "code", "source": 3},
        {"cell_type": "code", "source": ["a", 1]},
        {"cell_type": "code", "source": {"a": 1}},
        {"cell_type": ["code"], "source": "a"},
        {"cell_type": "code", "source": "a", "id": {}, "metadata": 3},
    ],
)
def test_odd_cells_are_passed_over_and_the_others_read(cell):
    good = {"cell_type": "code", "id": "b", "source": "x"}
    cells, _ = cells_of(json.dumps({"cells": [cell, good]}).encode())
    assert cells[-1].source == "x" and cells[-1].place == 2
    assert all(isinstance(each.source, str) and isinstance(each.id, str) for each in cells)


CONFLICT = b"""{
<<<<<<< HEAD
 "cells": [],
=======
 "cells": [1],
>>>>>>> theirs
 "nbformat": 4}
"""


@pytest.mark.parametrize(
    "data, words",
    [
        (b"", "empty"),
        (b" \n\x00", "empty"),
        (b'{"cells": [{"cell_type": "co', "cut off"),
        (CONFLICT, "conflict marks stand in it (the first in line 2)"),
        (CONFLICT[2:], "conflict marks stand in it (the first in line 1)"),
        (b'{\n  <<<<<<< HEAD\n "cells": []}', "conflict marks stand in it (the first in line 2)"),
        (b'{\n=======\n "cells": []}', "conflict marks stand in it (the first in line 2)"),
        (b'{\n "cells": []\n>>>>>>> theirs\n}', "conflict marks stand in it (the first in line 3)"),
        (b'{"cells": [{"cell_type": "code",', "cut off"),
        (b"{'cells': []}", "is no notebook (line 1"),
        (b"[]", "is no notebook"),
        (b'"text"', "is no notebook"),
        (b"[" * 100_000, "is no notebook"),
        (b'{"cells": 1' + b"0" * 10_000 + b"}", "is no notebook"),
        (b"{}", "has no cells"),
        (b'{"cells": {}}', "has no cells"),
        (b'{"cells": {}, "worksheets": [1, {"cells": 3}]}', "old format"),
        (b"%PDF-1.4", "a PDF"),
        (b"\n<html>", "a web page"),
        (b"PK\x03\x04", "a zip archive"),
    ],
)
def test_files_that_are_no_notebooks_say_so(data, words):
    cells, notes = cells_of(data)
    assert cells == [] and words in " ".join(notes)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(encoding):
    text = json.dumps({"cells": [{"cell_type": "code", "source": "größe = 1"}]}, ensure_ascii=False)
    cells, notes = cells_of(text.encode(encoding))
    assert cells[0].source == "größe = 1"
    assert [note[:15] for note in notes] == ([] if "8" in encoding else ["The file is in "])


def test_too_many_cells():
    _, notes = cells_of(data_of(*[("code", "a", "x")] * (submissions.MOST_CELLS + 1)))
    assert "the first 2000 were read" in notes[0]


@pytest.mark.parametrize("metadata", [3, [], {"kernelspec": 3}, {"kernelspec": {"language": []}}])
def test_metadata_that_are_none(metadata):
    assert cells_of(data_of(("code", "a", "x"), metadata=metadata))[1] == []


def test_links_pipes_and_large_files_are_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(submissions, "LARGEST", 100)
    (tmp_path / "large.ipynb").write_bytes(b"x" * 101)
    (tmp_path / "link.ipynb").symlink_to(ROOT / "solutions" / f"{LABS[0]}.ipynb")
    os.mkfifo(tmp_path / "pipe.ipynb")
    for name, words in {
        "large": "larger than 0 MB: clear its outputs",
        "link": "symbolic link, which is not followed",
        "pipe": "not an ordinary file",
        "gone": "No such file",
    }.items():
        submission = submissions.read(tmp_path / f"{name}.ipynb")
        assert submission.cells == [] and words in submission.notes[0]


# --- binding ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "def train(a):",
        "    async def train():",
        "class train(Base):",
        "train = 3",
        "train: int = 3",
        "a, train = 1, 2",
        "train, b = 1, 2",
        "from x import train",
        "import numpy as train",
        "import os\nx = 1\ntrain = tf.function(train)",
    ],
)
def test_binding_finds(source):
    assert binding("train").search(source)


@pytest.mark.parametrize(
    "source",
    ["train(3)", "    train(a, b=1)", "x = train", "def train2():", "train == 3", "trained = 3",
     "print(train)", "# train", "retrain = 1", "train.x = 3", "train[0] = 3"],
)  # fmt: skip
def test_binding_does_not_find(source):
    assert not binding("train").search(source)


def test_binding_is_quick_on_lines_made_to_be_slow():
    import time

    began = time.process_time()
    for line in ("from " * 10**6, "import " * 10**6, "a, " * 10**6, "from import " * 10**6,
                 "\n".join(["a, " * 30] * 10**5), " " * 10**6, "train : " * 10**6):  # fmt: skip
        binding("train").search(line)
    assert time.process_time() - began < 5


# --- plan -----------------------------------------------------------------------------------------


def steps(lab, submission):
    """Places of cells that are run, and names of questions where they are judged."""
    plan = Released(ROOT / "labs" / f"{lab}.ipynb").plan(submission, list(questions_of(lab)))
    return [step.cell.place if step.cell else step.question for step in plan]


@pytest.mark.parametrize("lab", LABS)
@pytest.mark.parametrize("folder", ["labs", "solutions"])
def test_the_course_s_own_notebooks(lab, folder):
    path = ROOT / folder / f"{lab}.ipynb"
    released, own = Released(ROOT / "labs" / f"{lab}.ipynb"), submissions.read(path)
    assert own.notes == [] and released.missing(own) == [] and released.other(own) == ""
    plan = released.plan(own, list(questions_of(lab)))
    assert [step.question for step in plan if step.question] == list(questions_of(lab))
    # No experiment is run: whatever trains stands in one.
    tagged = {
        number
        for number, cell in enumerate(json.loads(path.read_text())["cells"], 1)
        if "experiment" in cell["metadata"].get("tags", ())
    }
    assert tagged and not tagged & {step.cell.place for step in plan if step.cell}


def lab_of(tmp_path, name="lab7_x"):
    """A small lab: set-up, answer, check, experiment."""
    cells = [
        {"cell_type": "code", "id": "1", "metadata": {}, "source": "import os"},
        {"cell_type": "code", "id": "2", "metadata": {"nbgrader": {"solution": True}},
         "source": "def f():\n    raise NotImplementedError"},
        {"cell_type": "code", "id": "3", "metadata": {}, "source": 'lab.check("f")'},
        {"cell_type": "code", "id": "4", "metadata": {"tags": ["experiment"]}, "source": "f(1)"},
        {"cell_type": "code", "id": "5", "metadata": {}, "source": "lab.score()"},
    ]  # fmt: skip
    path = tmp_path / f"{name}.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    return Released(path)


@pytest.mark.parametrize(
    "cells, expected",
    [
        # (id, source) of code cells -> places run and questions judged
        ([("1", "import os"), ("2", "def f(): 1"), ("3", 'lab.check("f")'), ("4", "f(1)")],
         [1, 2, "f"]),
        ([("1", "import os"), ("2", "def f(): 1")], [1, 2, "f"]),  # no check: at the end
        ([("2", "def f(): 1")], [-1, 1, "f"]),  # set-up missing: it comes first
        ([("1", "import os, sys")], [1, "f"]),  # set-up changed, known by its id
        ([("1", "import os"), ("4", "f(2)")], [1, "f"]),  # experiment changed
        ([("1", "import os"), ("", "f(1)  \r\n")], [1, "f"]),  # known by its source
        ([("1", "import os"), ("4", "def f(): 1\nf(1)")], [1, 2, "f"]),  # an answer within
        ([("1", "import os"), ("4", "x = 1"), ("4", "y = 1")], [1, 2, 3, "f"]),  # ids say nothing
        ([("1", "import os"), ("3", 'lab.check("f")\nprint(1)'), ("2", "f = 1")], [1, 2, "f", 3]),
        ([("1", "import os"), ("3", 'lab.check("f")'), ("9", ' lab.check( "f", 1)')], [1, 3, "f"]),
        ([("1", "import os"), ("3", "lab.check('g')"), ("8", "  \n")], [1, 2, "f"]),
    ],
)  # fmt: skip
def test_plan(tmp_path, cells, expected):
    read, _ = cells_of(data_of(*(("code", *cell) for cell in cells)))
    plan = lab_of(tmp_path).plan(Submission(read, []), ["f"])
    assert [step.cell.place if step.cell else step.question for step in plan] == expected


def solved(lab, change):
    """The solution of a lab, and the same with each code cell changed."""
    path = ROOT / "solutions" / f"{lab}.ipynb"
    tree = json.loads(path.read_text())
    for number, cell in enumerate(tree["cells"]):
        if cell["cell_type"] == "code":
            change(number, cell)
    return submissions.read(path), Submission(*cells_of(json.dumps(tree).encode()))


def marked(number, cell):
    cell |= {"id": str(number), "source": "# %%\n" + "".join(cell["source"])}


def formatted(number, cell):
    """As a formatter may: other quotes and spaces, and nothing of the ids is left."""
    source = "".join(cell["source"])
    if "lab.check" not in source:
        source = ast.unparse(ast.parse(source))
    cell |= {"id": "", "source": source + "  # done"}


def in_colab(number, cell):
    cell["metadata"] = {"id": cell.pop("id"), "colab": {"base_uri": "x"}}


@pytest.mark.parametrize("lab", LABS)
@pytest.mark.parametrize("change", [marked, formatted, in_colab])
def test_what_editors_do_to_cells_changes_nothing(lab, change):
    own, other = solved(lab, change)
    assert Released(ROOT / "labs" / f"{lab}.ipynb").missing(other) == []
    assert steps(lab, other) == steps(lab, own)


@pytest.mark.parametrize("lab", LABS)
def test_a_missing_cell_is_run_in_its_place(lab):
    own = submissions.read(ROOT / "solutions" / f"{lab}.ipynb")
    for cell in Released(ROOT / "labs" / f"{lab}.ipynb").given:
        plan = steps(lab, Submission([c for c in own.cells if c.id != cell.id], []))
        places = [abs(step) for step in plan if isinstance(step, int)]
        assert cell.place in plan and places == sorted(places)


def test_an_edited_experiment_without_its_id_is_left_out():
    tagged = []

    def edit(number, cell):
        lines = "".join(cell["source"]).splitlines()
        if "experiment" in cell["metadata"].get("tags", ()) and len(lines) > 5:
            cell |= {"id": "", "source": "\n".join([*lines[:-1], "print('mine')"])}
            tagged.append(number + 1)

    plan = steps("lab3_vae", solved("lab3_vae", edit)[1])
    assert tagged and not set(tagged) & set(plan)


def test_what_nobody_can_parse_is_compared_as_text():
    for source in ("(" * 9_000, "-" * 9_000 + "1", "x = " + "[" * 4_000, "%pylab\nx = 1", "\0"):
        assert isinstance(submissions.code_of(source), str)
    assert submissions.code_of("# a\n%pylab\nx") == submissions.code_of("%pylab\nx")


def test_another_lab_s_notebook(tmp_path):
    lab, _ = lab_of(tmp_path), lab_of(tmp_path, "lab8_y")
    for source, other in {
        'lab = Lab("lab8_y", globals())': "lab8_y",
        'lab = Lab("lab7_x", globals())': "",
        'lab = Lab("lab7_x", globals())\nLab("lab8_y", {})': "",
        'lab = Lab("lab9_z", globals())': "",  # there is none: a slip of the pen
        "": "",
    }.items():
        cells, _ = cells_of(data_of(("code", "1", source)))
        assert lab.other(Submission(cells, [])) == other


# --- folders ------------------------------------------------------------------------------------


def handed_in(folder, *paths):
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("{}")
    return {
        each.student: (each.path and str(each.path.relative_to(folder)), " ".join(each.notes))
        for each in collect(folder, "lab3_vae")
    }


def test_files_and_folders(tmp_path):
    found = handed_in(
        tmp_path,
        "ada.ipynb",
        "bob/lab3_vae.ipynb",
        "cem/deep/er/solution.ipynb",
        "dot/.ipynb_checkpoints/lab3_vae-checkpoint.ipynb",
        "eve/lab2_denoising_autoencoder.ipynb",
        "eve/lab3_vae-Copy1.ipynb",
        "eve/lab3_vae (1).ipynb",
        "fay.pdf",
        "gus/report.pdf",
        "hal.ipynb.txt",
        "ida/LAB3_VAE.IPYNB",
        ".hidden.ipynb",
        "__MACOSX/ada.ipynb",
        "joe/._lab3_vae.ipynb",
    )
    several = "Of several notebooks (eve/lab2_denoising_autoencoder.ipynb, eve/lab3_vae (1).ipynb, "
    several += "eve/lab3_vae-Copy1.ipynb) eve/lab3_vae-Copy1.ipynb was graded."
    none = "There is no notebook in the folder. Hand in the .ipynb file."
    assert found == {
        "ada": ("ada.ipynb", ""),
        "bob": ("bob/lab3_vae.ipynb", ""),
        "cem": ("cem/deep/er/solution.ipynb", ""),
        "dot": (None, none),
        "eve": ("eve/lab3_vae-Copy1.ipynb", several),
        "fay": (None, "fay.pdf is no notebook. Hand in the .ipynb file."),
        "gus": (None, none),
        "hal": ("hal.ipynb.txt", ""),
        "ida": ("ida/LAB3_VAE.IPYNB", ""),
        "joe": (None, none),
    }


def of_lab(lab="lab3_vae"):
    return data_of(("code", "1", f'lab = Lab("{lab}", globals())')).decode()


NOTEBOOK_AND_PICTURE = {"doe_1234_501_lab3_vae.ipynb": of_lab(), "doe_1234_502_curves.png": "x"}
MOODLE = "Ada Lovelace_77_assignsubmission_"


@pytest.mark.parametrize(
    "files, graded, passed",
    [
        (NOTEBOOK_AND_PICTURE, "doe_1234_501_lab3_vae.ipynb", "passed over: doe_1234_502_curves"),
        (
            {"doe_1234_501_lab3_vae.ipynb": of_lab(), "doe_LATE_1234_777_final.ipynb": of_lab()},
            "doe_LATE_1234_777_final.ipynb",
            "Of several notebooks",
        ),
        (
            {"doe_1_9_lab3_vae.ipynb": of_lab(), "doe_1_10_other.ipynb": of_lab("lab2_x")},
            "doe_1_9_lab3_vae.ipynb",
            "Of several notebooks",
        ),
        (  # the latest can't be read
            {"doe_1_9_lab3_vae.ipynb": of_lab(), "doe_1_10_lab3_vae.ipynb": of_lab()[:40]},
            "doe_1_9_lab3_vae.ipynb",
            "Of several notebooks",
        ),
        (
            {f"doe_1_9_lab3_vae{again}.ipynb": of_lab() for again in ("", "-2", "-10", "-9")},
            "doe_1_9_lab3_vae-10.ipynb",
            "Of several notebooks",
        ),
        (
            {f"{MOODLE}file_/a.ipynb": of_lab(), f"{MOODLE}onlinetext_/onlinetext.html": "x"},
            f"{MOODLE}file_/a.ipynb",
            f"passed over: {MOODLE}onlinetext_",
        ),
        (  # one name in two encodings, as from Linux and from macOS
            {"Jos\u00e9.ipynb": of_lab(), "Jose\u0301/lab3_vae.ipynb": of_lab()},
            "Jose\u0301/lab3_vae.ipynb",
            "Of several notebooks",
        ),
    ],
    ids=["picture", "late", "another lab", "cut off", "again", "online text", "umlaut"],
)
def test_one_person_once(tmp_path, files, graded, passed):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (person,) = collect(tmp_path, "lab3_vae")
    assert str(person.path.relative_to(tmp_path)) == graded
    assert passed in " ".join(person.notes)


def test_persons_of_one_name_stay_apart(tmp_path):
    found = handed_in(tmp_path, "doe_1_9_lab3_vae.ipynb", "doe_2_10_lab3_vae.ipynb")
    assert len(found) == 2


def test_one_student_once(tmp_path):
    found = handed_in(tmp_path, "ada.ipynb", "ada/lab3_vae.ipynb", "ada.pdf", "bob.pdf", "bob.txt")
    assert found["ada"][0] == "ada/lab3_vae.ipynb"
    assert "(ada/lab3_vae.ipynb, ada.ipynb) ada/lab3_vae.ipynb was" in found["ada"][1]
    assert found["bob"] == (
        None,
        "bob.pdf is no notebook. Hand in the .ipynb file. "
        "bob.txt is no notebook. Hand in the .ipynb file.",
    )


def test_names_of_all_kinds(tmp_path):
    names = ["=1+1", "-rf", "Jörg Müller", "two\nlines", "a'b\"c", "x" * 200, "名前", "a,b;c", "."]
    found = handed_in(tmp_path, *(f"{name}.ipynb" for name in names[:-1]))
    assert set(found) == set(names[:-1]) and all(path for path, _ in found.values())


def test_links_are_named_and_not_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "lab3_vae.ipynb").write_text("{}")
    (tmp_path / "folder").symlink_to(tmp_path / "real")
    (tmp_path / "ada.ipynb").symlink_to(tmp_path / "real" / "lab3_vae.ipynb")
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "lab3_vae.ipynb").symlink_to(tmp_path / "real" / "lab3_vae.ipynb")
    found = handed_in(tmp_path)
    assert found["folder"] == (None, "folder is no notebook. Hand in the .ipynb file.")
    assert found["bob"][0] is None
    assert "symbolic link" in submissions.read(tmp_path / found["ada"][0]).notes[0]


@pytest.mark.parametrize(
    "name, value",
    [("lab3_vae", 3), ("LAB3_VAE", 3), ("my lab3_vae (2)", 2), ("Lab 3", 1), ("lab_03 final", 1),
     ("lab33", 0), ("lab13", 0), ("lab4_dcgan", 0), ("vae", 0), ("solution", 0)],
)  # fmt: skip
def test_likeness(name, value):
    assert likeness(name, "lab3_vae") == value
