"""Stock nbgrader's commands on a lab, with our judge in the place of its `Execute`."""

import csv
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from tests.cases import lab1_identity_838 as bank
from utils import ROOT
from utils.checks import questions_of
from utils.checks.sentences import say

INPUTS = [
    "*/lab1_identity_838.ipynb",
    "tests/cases/lab1_identity_838.py",
    "utils/checks/*/lab1_identity_838.py",
    "utils/grading/**/*",
    "docs/nbgrader.md",
]  # see tests/keys.py

LAB = "lab1_identity_838"
POINTS = {name: question.points for name, question in questions_of(LAB).items()}
CONFIG = """\
from utils.grading.plugin import configure

configure(get_config())
"""
MARKUP = "<script>document.title = 'stolen'</script><img src=x onerror=alert(1)>"


def nbgrader(folder, *arguments):
    """Run stock nbgrader's command in a course folder, with an environment that names nothing."""
    command = [Path(sys.executable).with_name("nbgrader"), *arguments]
    kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    kept |= {"PATH": "/usr/bin:/bin", "SECRET": "of the teacher"}
    return subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True)


def answer(notebook, **sources):
    """Put answers, or what else a source says, into the answer cells of these questions."""
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = sources.get(name, cell.source)
    return notebook


def solved(notebook):
    solution = nbformat.read(ROOT / "solutions" / f"{LAB}.ipynb", as_version=4)
    cells = [cell for cell in solution.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    return answer(notebook, **{cell.metadata.nbgrader.grade_id: cell.source for cell in cells})


def hostile(notebook, folder):
    """Two honest answers, and around them whatever might pay."""
    answer(notebook, identity_patterns=next(iter(bank.RIGHT["identity_patterns"].values())))
    answer(notebook, build_encoder=next(iter(bank.RIGHT["build_encoder"].values())))
    book = folder / "gradebook.db"
    steal = (
        f"def train(*_, **__):\n    stolen = open({str(book)!r}, 'rb').read()\n    return stolen\n"
    )
    raising = f"def sum_squared_error(*_):\n    raise ValueError({MARKUP!r})\n"
    answer(notebook, train=steal, sum_squared_error=raising, binary_code="raise SystemExit\n")
    for cell in notebook.cells:
        facts = cell.metadata.get("nbgrader", {})
        if facts.get("grade"):
            cell.source = f"{cell.source.splitlines()[0]}\nprint('all is right')"
            facts |= {"points": 1000, "schema_version": 99, "locked": False, "grade_id": MARKUP}
        if cell.cell_type == "code":
            data = {"text/html": MARKUP, "text/plain": "1000"}
            options = {"data": data, "execution_count": 1}
            cell.outputs = [nbformat.v4.new_output("execute_result", **options)]
        cell.metadata |= {"tags": [MARKUP], "name": MARKUP}
    written = [str(folder / name) for name in ("ran", "gradebook.db")]
    ran = (
        f"for path in {written}:\n    open(path, 'w').write('ran')\nopen('here', 'w').write('ran')"
    )
    notebook.cells[1:1] = [
        nbformat.v4.new_code_cell(f"import os\nos.environ.clear()\n{ran}"),
        nbformat.v4.new_code_cell(f"%%html\n{MARKUP}"),
        nbformat.v4.new_markdown_cell(MARKUP + "\n\n</pre>" + MARKUP),
        nbformat.v4.new_raw_cell(MARKUP),
    ]
    notebook.metadata |= {"title": MARKUP, "widgets": {MARKUP: MARKUP}}
    notebook.metadata["kernelspec"] = {"name": "mine", "display_name": MARKUP, "language": MARKUP}
    return notebook


@pytest.fixture(scope="module")
def graded(tmp_path_factory, bubblewrap):
    """(course folder in which a class has been graded, what each command has said)"""
    folder = tmp_path_factory.mktemp("course")
    (folder / "nbgrader_config.py").write_text(CONFIG)
    (folder / "source" / "lab1").mkdir(parents=True)
    shutil.copy(ROOT / "solutions" / f"{LAB}.ipynb", folder / "source" / "lab1")
    said = {"generate_assignment": nbgrader(folder, "generate_assignment", "lab1")}

    def released():
        return nbformat.read(folder / "release" / "lab1" / f"{LAB}.ipynb", as_version=4)

    wrong = next(iter(bank.WRONG["build_encoder"].values()))[0]
    bare = solved(released())
    for cell in bare.cells:  # as other editors save it
        cell.metadata.clear()
    del bare.cells[-1]
    class_of_six = {
        "ada": solved(released()),
        "ben": answer(solved(released()), build_encoder=wrong, train=stub(released())),
        "bare": bare,
        "cleo": released(),
        "mallory": hostile(released(), folder),
    }
    for student, notebook in class_of_six.items():
        place = folder / "submitted" / student / "lab1"
        place.mkdir(parents=True)
        (place / f"{LAB}.ipynb").write_text(json.dumps(notebook))
    (folder / "submitted" / "mallory" / "lab1" / "notes.txt").symlink_to(folder / "gradebook.db")
    place = folder / "submitted" / "aaron" / "lab1"
    place.mkdir(parents=True)
    (place / f"{LAB}.ipynb").write_text(json.dumps(class_of_six["ada"])[:5000])
    for name in ("autograde", "generate_feedback"):
        said[name] = nbgrader(folder, name, "lab1")
    said["export"] = nbgrader(folder, "export", "--to", "grades.csv")
    return folder, said


@pytest.fixture
def course(graded):
    return graded[0]


def stub(notebook):
    return next(
        cell.source
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "train"
    )


@pytest.fixture
def feedback(course):
    """The feedback of a student, as a tree."""

    def of(student):
        path = course / "feedback" / student / "lab1" / f"{LAB}.html"
        return BeautifulSoup(path.read_text(), "html.parser")

    return of


@pytest.mark.parametrize(
    "command", ["generate_assignment", "autograde", "generate_feedback", "export"]
)
def test_commands_end_well(graded, command):
    done = graded[1][command]
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr and "ERROR" not in done.stderr


def test_what_is_released_is_the_lab(course):
    released = nbformat.read(course / "release" / "lab1" / f"{LAB}.ipynb", as_version=4)
    lab = nbformat.read(ROOT / "labs" / f"{LAB}.ipynb", as_version=4)
    assert released.metadata == lab.metadata
    for ours, theirs in zip(lab.cells, released.cells, strict=True):
        assert {**theirs, "metadata": {}} == {**ours, "metadata": {}}


def test_scores(course):
    with (course / "grades.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    scores = {student: float(row["score"]) for student, row in rows.items()}
    everything = sum(POINTS.values())
    assert scores == {
        "ada": everything,
        "aaron": 0,
        "bare": everything,
        "ben": everything - POINTS["build_encoder"] - POINTS["train"],
        "cleo": 0,
        "mallory": POINTS["identity_patterns"] + POINTS["build_encoder"],
    }
    assert {float(row["max_score"]) for row in rows.values()} == {everything}


def test_nothing_waits_for_a_teacher(course):
    """A question without a check cell would stay without a score."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        for student in ("ada", "bare", "mallory", "aaron"):
            found = book.find_submission("lab1", student).notebooks[0]
            scores = {grade.name: grade.auto_score for grade in found.grades}
            assert set(scores) == {f"check_{name}" for name in POINTS}
            assert None not in scores.values(), student


def test_nothing_was_run_here(course):
    """What the hostile notebook writes where nbgrader runs is not there; its gradebook is."""
    found = {path.name for path in course.rglob("*")}
    assert not found & {"ran", "here"}
    assert (course / "gradebook.db").read_bytes().startswith(b"SQLite format 3")
    # A link among what was handed in would come back with the feedback, as the file it leads to.
    assert [path.is_symlink() for path in course.rglob("notes.txt")] == [True]


@pytest.mark.parametrize("folder", ["feedback", "autograded"])
def test_no_markup_of_a_submission_is_alive(course, folder):
    """In what students get back, and in what formgrader renders in the teacher's browser."""
    from nbconvert.exporters import HTMLExporter

    path = next((course / folder / "mallory").rglob(f"{LAB}.*"))
    page = path.read_text() if folder == "feedback" else HTMLExporter().from_filename(path)[0]
    tree = BeautifulSoup(page, "html.parser")
    assert not tree.find_all(onerror=True) and not tree.find_all("img", src="x")
    assert not [script for script in tree.find_all("script") if "stolen" in script.text]
    assert "stolen" not in tree.title.text and "'stolen'" in tree.text


def test_outputs_are_the_judge_s(course):
    """Neither what was handed in as outputs nor what edited check cells print."""
    path = course / "autograded" / "mallory" / "lab1" / f"{LAB}.ipynb"
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    said = [output.get("traceback") or [output.text] for c in cells for output in c.outputs]
    assert len(said) >= len(POINTS)
    assert all(lines[0].startswith(("Question ", "This cell ended with ")) for lines in said)


def test_feedback_says_what_the_check_says(feedback):
    page = feedback("ben").text
    assert "Question 2, build_encoder: not right yet (0 of " in page
    mistake = next(iter(bank.WRONG["build_encoder"].values()))[1]
    assert say("lab1_identity_838", "build_encoder", mistake) in page
    assert "Question 5, train: not answered yet" in page
    assert "Question 1, identity_patterns: right (" in page and "Verified:" in page
    assert "hidden=True" not in page
    page = feedback("mallory").text
    assert f"ValueError: {MARKUP}" in page
    assert "Question 5, train: not right yet" in page and "No such file or directory" in page


def test_a_file_that_can_not_be_read_says_so(feedback):
    assert "The file is cut off" in feedback("aaron").text


def test_downloads_of_canvas_and_moodle_are_collected(tmp_path):
    """Whatever the notebooks are called; stock nbgrader takes none of these."""
    (tmp_path / "nbgrader_config.py").write_text(CONFIG)
    for folder in ("release/lab1", "downloaded/lab1/archive"):
        (tmp_path / folder).mkdir(parents=True)
    lab = ROOT / "labs" / f"{LAB}.ipynb"
    shutil.copy(lab, tmp_path / "release" / "lab1")
    archive = tmp_path / "downloaded" / "lab1" / "archive"
    shutil.copy(lab, archive / "doejane_LATE_12_34_my work.ipynb")
    again = archive / "doejane_LATE_12_34_my work-1.ipynb"
    again.write_text(lab.read_text() + " ")
    (archive / "doejane_12_35_notes.txt").write_text("see the notebook")
    with zipfile.ZipFile(archive / "download.zip", "w") as made:
        made.write(lab, "Max Roe_77_assignsubmission_file/lab1 (final).ipynb")
    done = nbgrader(tmp_path, "zip_collect", "lab1")
    assert done.returncode == 0, done.stderr
    found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.glob("submitted/*/*/*"))
    assert found == [
        f"submitted/Max Roe-77/lab1/{LAB}.ipynb",
        f"submitted/doejane-12/lab1/{LAB}.ipynb",
    ]
    assert (tmp_path / found[1]).read_text().endswith(" "), "the latest"


def test_a_seed_of_ones_own_reaches_the_judge(monkeypatch):
    """By the configuration alone, as formgrader and the command read it."""
    from traitlets.config import Config

    from utils.grading import plugin

    config = Config()
    plugin.configure(config, seed=4711)
    assert plugin.Judged(config=config).seed == 4711
    assert plugin.Judged().seed == 1
    asked = []
    monkeypatch.setattr(plugin, "Worker", lambda settings: asked.append(settings) or Started())
    plugin.worker.cache_clear()
    plugin.worker(LAB, 4711)
    plugin.worker.cache_clear()
    assert asked[0].seed == 4711


class Started:
    def stop(self):
        pass


def test_other_notebooks_are_refused(tmp_path):
    (tmp_path / "nbgrader_config.py").write_text(CONFIG)
    (tmp_path / "source" / "essay").mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "source" / "essay" / "essay.ipynb")
    done = nbgrader(tmp_path, "generate_assignment", "essay")
    assert done.returncode == 1
    assert "essay.ipynb is no lab of the course" in done.stderr
