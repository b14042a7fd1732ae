"""A run of the suite in small: what goes first, what is left behind, what memory it may take."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import session_plugin
from tests.session_plugin import scope_of

ROOT = Path(__file__).resolve().parents[1]
LEAVES = """
import os, subprocess, sys, tempfile
def test_leaves_files():
    open(tempfile.mkdtemp() + "/a", "w").write("x")
    code = "import tempfile; tempfile.mkstemp()"
    subprocess.run([sys.executable, "-c", code], check=True)
"""


@pytest.fixture
def suite(tmp_path):
    """Runs test files, and returns what pytest says and what lies in the temporary folder then."""

    def run(files, *options, **settings):
        folder, place = tmp_path / "suite", tmp_path / "temporary"
        folder.mkdir()
        place.mkdir()
        changes = "".join(f"plugin.{name} = {value}\n" for name, value in settings.items())
        files |= {"pytest.ini": "[pytest]"}
        files["conftest.py"] = "from pathlib import Path\n"
        files["conftest.py"] += "from tests import session_plugin as plugin\n" + changes
        for name, text in files.items():
            (folder / name).write_text(text)
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "tests.session_plugin",
            "-v",
            "-p",
            "no:nbval",
        ]
        command += ["--dist", "loadscope", *options]
        done = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(place)},
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr, os.listdir(place)

    return run


def test_nothing_is_left_not_even_by_workers_that_crash(suite):
    crash = LEAVES + "def test_crash():\n    test_leaves_files()\n    os._exit(3)\n"
    status, said, left = suite({"test_a.py": LEAVES, "test_b.py": crash}, "-n", "2")
    assert status == 1 and "2 passed" in said and "crashed" in said, said
    assert left == []


def test_the_slowest_go_first_and_are_stored(suite, tmp_path):
    tests = {f"test_{name}.py": "def test_it(): pass\n" for name in "abcd"}
    tests["test_d.py"] += "def test_again(): pass\n"  # two tests, and nothing is stored
    stored = tmp_path / "durations.json"
    stored.write_text(json.dumps({"test_b.py": 50, "test_c.py": 70, "test_a.py": 0}))
    options = "-n", "1", "--store-durations"
    status, said, _ = suite(tests, *options, DURATIONS=f"Path({str(stored)!r})")
    assert status == 0, said
    assert re.findall(r"PASSED test_(\w)", said) == ["c", "b", "d", "d", "a"], said
    assert json.loads(stored.read_text()) == {f"test_{name}.py": 0 for name in "abcd"}


def test_a_worker_that_takes_too_much_memory_fails_the_run_and_is_named(suite):
    tests = {"test_a.py": "def test_it(): pass\n"}
    status, said, _ = suite(tests, "-n", "1", MOST_MEMORY=10**6)
    assert status == 1 and "1 passed" in said, said
    assert re.search(r"memory of gw0: 0\.\d\d GB at its peak, above the bound of 0\.001 GB", said)


def test_what_stays_together():
    for scope, nodeid in {
        "notebooks/03.ipynb": "notebooks/03.ipynb::Cell 7",
        "tests/test_a.py::TestB": "tests/test_a.py::TestB::test_c[x-y]",
        "tests/test_a.py": "tests/test_a.py::test_c[x]",
        "tests/test_checks.py::test_case[lab3": "tests/test_checks.py::test_case[lab3-VAE-a]",
    }.items():
        assert scope_of(nodeid) == scope


def test_stored_durations_are_of_what_there_is():
    for scope in json.loads(session_plugin.DURATIONS.read_text()):
        assert (ROOT / scope.split("::")[0]).exists(), scope
