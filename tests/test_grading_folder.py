"""Grading a folder: interrupted, twice, two at a time, workers that die, a cluster."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from datetime import datetime

import psutil
import pytest

from tests.conftest import HANGS, until
from utils import ROOT
from utils.grading import adjust
from utils.grading import folder as grading
from utils.grading.worker import NoJail, Settings, Worker

INPUTS = [
    "*/lab1_identity_838.ipynb",
    "tests/cases/lab1_identity_838.py",
    "utils/checks/*/lab1_identity_838.py",
    "labs/*.ipynb",
    "utils/grading/**/*",
    "utils/command/*.py",
]  # see tests/keys.py

LAB = "lab1_identity_838"
LAB_FILE = ROOT / "labs" / f"{LAB}.ipynb"
SETTINGS = Settings(LAB)
COURSE = [sys.executable, "-c", "from utils.command.cli import main; raise SystemExit(main())"]


def handed_in(folder, names):
    """A folder in which every second of these students has all answers, the others none."""
    folder.mkdir()
    for i, name in enumerate(names):
        source = ROOT / ("solutions" if i % 2 == 0 else "labs") / f"{LAB}.ipynb"
        shutil.copyfile(source, folder / f"{name}.ipynb")
    return folder


def points(records):
    return {record.student: record.points for record in records}


def digests(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def course_grade(*arguments, **options):
    return subprocess.Popen(
        [*COURSE, "grade", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "160"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.fixture(scope="module")
def graded(tmp_path_factory, bubblewrap):
    """(folder of four submissions, folder of results), graded by the command."""
    base = tmp_path_factory.mktemp("graded")
    folder = handed_in(base / "in", ["anna", "bob", "carla", "dora"])
    (folder / "emil").mkdir()
    process = course_grade(folder, "--lab", LAB, "--out", base / "out", "--workers", "1")
    said, complaints = process.communicate(timeout=HANGS)
    assert process.returncode == 0, complaints
    return folder, base / "out", said


def test_the_command_grades_a_folder(graded):
    _, out, said = graded
    found = points(grading.records_in(out))
    assert found == {"anna": 14, "bob": 0, "carla": 14, "dora": 0, "emil": 0}
    assert (out / "grades.csv").is_file() and (out / "summary.html").is_file()
    assert "grades.csv" in said
    (emil,) = (r for r in grading.records_in(out) if r.student == "emil")
    assert emil.notes == ["There is no notebook in the folder. Hand in the .ipynb file."]


def test_the_same_call_again_grades_nothing_and_changes_no_byte(graded):
    folder, out, _ = graded
    before, times = digests(out), {p: p.stat().st_mtime_ns for p in (out / "records").iterdir()}
    asked = []
    grading.grade(folder, out, SETTINGS, on_change=lambda *told: asked.append(told))
    assert asked == [("", 5, 5)]
    assert digests(out) == before
    assert times == {p: p.stat().st_mtime_ns for p in (out / "records").iterdir()}


def test_interrupted_and_continued_gives_the_same_bytes(graded, tmp_path, monkeypatch):
    folder, out, _ = graded
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    other = tmp_path / "out"
    process = course_grade(folder, "--lab", LAB, "--out", other, "--workers", "1")
    records = other / "records"
    until(lambda: records.is_dir() and any(records.glob("*.json")))
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=HANGS)
    assert process.returncode == 1 and "stopped by you" in complaints
    assert 0 < len(list(records.glob("*.json"))) < 5
    process = course_grade(folder, "--lab", LAB, "--out", other, "--workers", "1")
    process.communicate(timeout=HANGS)
    assert process.returncode == 0
    assert digests(other) == digests(out)
    assert not os.listdir(place)


def test_a_worker_that_was_stopped_for_good_starts_no_other_process(tmp_path, monkeypatch):
    """Its own thread takes the process that Ctrl+C has ended for one that died, and asks again."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    worker = Worker(SETTINGS)
    worker.close()
    with pytest.raises(NoJail, match="stopped"):
        grading.graded_by(worker, grading.submissions.Submission([], []))
    assert worker.process is None and not os.listdir(tmp_path)


def test_a_worker_whose_caller_is_gone_ends_quietly():
    """As when Ctrl+C comes while it starts."""
    command = [sys.executable, "-m", "utils.grading.worker"]
    done = subprocess.run(command, cwd=ROOT, input="", capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_two_at_a_time_are_refused(graded):
    folder, out, _ = graded
    with grading._alone(out), pytest.raises(grading.Refused, match="another course grade"):
        grading.grade(folder, out, SETTINGS)


@pytest.mark.parametrize(
    "other, word",
    [
        (Settings(LAB, seed=2), "seed"),
        (Settings("lab3_vae"), "lab"),
        (Settings(LAB, memory=1), "memory"),
    ],
)
def test_results_that_could_not_be_compared_are_kept_apart(graded, other, word):
    folder, out, _ = graded
    before = digests(out)
    with pytest.raises(grading.Refused, match=f"with {word} "):
        grading.grade(folder, out, other)
    assert digests(out) == before


def test_a_new_submission_of_one_student_is_graded_again(graded, tmp_path):
    folder, out, _ = graded
    again = tmp_path / "in"
    shutil.copytree(folder, again)
    copy = tmp_path / "out"
    shutil.copytree(out, copy)
    shutil.copyfile(ROOT / "labs" / f"{LAB}.ipynb", again / "anna.ipynb")
    os.remove(again / "dora.ipynb")  # her record stays
    asked = []
    records = grading.grade(again, copy, SETTINGS, on_change=lambda *told: asked.append(told))
    assert asked == [("warming up", 3, 4), ("anna", 4, 4)]
    assert points(records) == {"anna": 0, "bob": 0, "carla": 14, "dora": 0, "emil": 0}


def test_a_worker_that_is_killed_loses_nothing(bubblewrap, tmp_path):
    folder = handed_in(tmp_path / "in", ["anna", "bob", "carla"])
    killed = []

    def kill_one():
        until(lambda: any((tmp_path / "out" / "records").glob("*.json")))
        (worker,) = children("utils.grading.worker")
        worker.kill()
        killed.append(worker.pid)

    thread = threading.Thread(target=kill_one)
    thread.start()
    records = grading.grade(folder, tmp_path / "out", SETTINGS, workers=1)
    thread.join()
    assert killed and points(records) == {"anna": 14, "bob": 0, "carla": 14}
    until(lambda: not children("utils.grading.inside.process"))


def children(module):
    """Processes below this one that run a module."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            if module in child.cmdline()[:3] + child.cmdline()[-2:-1]:
                found.append(child)
    return found


def test_a_cluster_that_loses_a_worker_loses_nothing_and_grades_nothing_twice(bubblewrap, tmp_path):
    distributed = pytest.importorskip("distributed")
    folder = handed_in(tmp_path / "in", [f"student{i}" for i in range(8)])
    written, killed = [], []
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with (
        distributed.LocalCluster(**options) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):

        def on_change(student, done, every):
            if student.startswith("student"):
                written.append(student)
            if done == 2 and not killed:
                pid = min(client.run(os.getpid).values())
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

        address = cluster.scheduler_address
        out = tmp_path / "out"
        records = grading.grade(folder, out, SETTINGS, scheduler=address, on_change=on_change)
    assert killed and sorted(written) == [f"student{i}" for i in range(8)]
    assert points(records) == {f"student{i}": 0 if i % 2 else 14 for i in range(8)}


def test_a_cluster_that_is_not_there_is_one_line(bubblewrap, tmp_path, monkeypatch):
    monkeypatch.setattr(grading, "PATIENCE", 1)
    folder = handed_in(tmp_path / "in", ["anna"])
    with pytest.raises(grading.Refused, match="no Dask scheduler at tcp://127.0.0.1:9"):
        grading.grade(folder, tmp_path / "out", SETTINGS, scheduler="tcp://127.0.0.1:9")


def test_without_a_jail_every_report_says_so(tmp_path):
    folder, out = handed_in(tmp_path / "in", ["anna"]), tmp_path / "out"
    process = course_grade(folder, "--lab", LAB, "--out", out, "--workers", "1", "--unsafe")
    process.communicate(timeout=HANGS)
    assert process.returncode == 0
    (record,) = grading.records_in(out)
    assert (record.jail, record.points) == ("unsafe", 14)
    for path in (*out.glob("*.*"), *(out / "students").rglob("*.*")):
        if path.suffix in (".csv", ".html", ".json") and path.name not in KEPT:
            assert "without a jail" in path.read_text(), path


# No results: the settings, and what a teacher has changed.
KEPT = "grading.json", "changes.csv", "late.json"


@pytest.mark.parametrize(
    "arguments, words, status",
    [
        (["missing", "--lab", LAB, "--out", "x"], "there is no folder missing", 2),
        (
            ["labs", "--lab", "lab9", "--out", "x"],
            "there is no lab named 'lab9'; there are: lab1",
            2,
        ),
        (["labs", "--lab", LAB, "--out", "labs/x"], "lies in the folder of submissions", 2),
        (["{tmp}", "--lab", LAB, "--out", "x"], "holds no notebooks", 1),
        (["README.md", "--lab", LAB, "--out", "x"], "README.md is a file: give the folder", 2),
        (["/proc/self", "--lab", LAB, "--out", "x"], "holds no notebooks", 1),
        (["labs", "--lab", LAB, "--out", "x", "--seed", "-5"], "-5 is below 0", 2),
        (["labs", "--lab", LAB, "--out", "x", "--penalty", "10"], "say --deadline as well", 2),
        (["labs", "--lab", LAB, "--out", "x", "--deadline", "monday"], "'monday' is no time", 2),
        (["labs", "--lab", LAB, "--out", "README.md"], "is a file; --out has to be", 1),
        (["labs", "--lab", LAB, "--out", "x", "--jail", "docker", "--unsafe"], "not allowed", 2),
    ],
)
def test_bad_calls_are_one_line(arguments, words, status, tmp_path):
    process = course_grade(*(part.replace("{tmp}", str(tmp_path)) for part in arguments))
    _, complaints = process.communicate(timeout=HANGS)
    assert process.returncode == status and words in complaints
    assert "Traceback" not in complaints
    assert not (ROOT / "x").exists() and not (ROOT / "labs" / "x").exists()


@pytest.mark.parametrize("names", [("lab1", "lab3"), ("export",)])
def test_a_folder_one_level_too_high_is_named(tmp_path, names):
    for name in names:
        for student in ("ada", "bob", "cy", "di"):
            (tmp_path / name / student).mkdir(parents=True)
            (tmp_path / name / student / f"{LAB}.ipynb").write_bytes(LAB_FILE.read_bytes())
    with pytest.raises(grading.Refused, match=f"{names[0]} looks like the folder of all"):
        grading._handed_in(tmp_path, LAB)


def test_a_students_folder_with_two_notebooks_is_a_students(tmp_path):
    for name in ("lab1_ada", "lab1_bob"):
        (tmp_path / name).mkdir()
        for copy in ("lab1 a", "lab1 b"):
            (tmp_path / name / f"{copy}.ipynb").write_bytes(LAB_FILE.read_bytes())
    assert [entry.student for entry in grading._handed_in(tmp_path, LAB)] == [
        "lab1_ada",
        "lab1_bob",
    ]


def test_times_are_kept_where_a_deadline_was_named(graded, tmp_path):
    """Of records that were there before, too; nothing is graded again for it."""
    folder, out, _ = graded
    kept = shutil.copytree(out, tmp_path / "kept")
    asked, late = [], adjust.Late(datetime(2020, 1, 1))
    records = grading.grade(
        folder, kept, SETTINGS, late=late, on_change=lambda *told: asked.append(told)
    )
    assert asked == [("", 5, 5)]
    assert all(record.handed_in > "2026" for record in records if record.file)
    assert grading.grade(folder, kept, SETTINGS) == records
    assert json.loads((kept / "late.json").read_text())["deadline"] == "2020-01-01T00:00"


def test_names_stay_apart_and_within_the_folder():
    names = ["anna", "Anna", "../anna", "a/b", "a b", "a_b", "ä", "", ".", "..", "x" * 300, "=1+1"]
    safe = [grading.safe_name(name) for name in names]
    assert len(set(safe)) == len(names)
    assert all(name and "/" not in name and not name.startswith(".") for name in safe)
    assert all(len(name) < 80 for name in safe) and safe[0] == "anna"


def test_records_are_plain_json(graded):
    _, out, _ = graded
    for path in (out / "records").iterdir():
        record = json.loads(path.read_text())
        assert set(record) == {
            *("student", "file", "lab", "jail", "seed", "sha256", "points", "out_of"),
            *("notes", "cells", "questions", "texts", "handed_in"),
        }
