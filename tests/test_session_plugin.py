"""A run of the suite in small: what goes first, what is left behind, what memory it may take."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from tests import keys, session_plugin
from tests.session_plugin import scope_of
from utils import ROOT
from utils.authoring import imports

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

    def run(files, *options, before="", ini="", **settings):
        folder, place = tmp_path / "suite", tmp_path / "temporary"
        folder.mkdir()
        place.mkdir()
        changes = "".join(f"plugin.{name} = {value}\n" for name, value in settings.items())
        addopts = "addopts = -p tests.session_plugin -v -p no:nbval --dist loadscope"
        files = files | {"pytest.ini": f"[pytest]\n{addopts}\n{ini}\n"}
        files["conftest.py"] = "from pathlib import Path\n"
        files["conftest.py"] += "from tests import session_plugin as plugin\n" + before + changes
        for name, text in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)
        command = [sys.executable, "-m", "pytest", *options]
        done = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(place)},
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr, os.listdir(place)

    run.folder = tmp_path
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
    peak = (
        r"memory of gw0: 0\.\d\d GB at its peak, in test_a.py::test_it, above the bound of 0\.001"
    )
    assert re.search(peak, said), said


def test_a_full_process_runs_the_rest_in_processes_of_their_own(suite):
    tests = {
        "test_a.py": "import os\ndef test_it(): assert 'PYTEST_XDIST_WORKER' in os.environ\n",
        "test_b.py": "def test_good(): pass\ndef test_bad(): assert 1 == 2\n"
        "import pytest\n@pytest.mark.skip('why not')\ndef test_left(): pass\n",
        "test_c.py": "import os\ndef test_good(): pass\ndef test_crash(): os._exit(3)\n",
    }
    status, said, left = suite(tests, "-n", "1", "-rs", FULL=0)
    assert status == 1 and "3 failed, 2 passed, 1 skipped" in said, said
    assert "assert 1 == 2" in said and "why not" in said and left == []
    assert "the process of its own ended with 3" in said
    for name in ("suite", "temporary"):
        shutil.rmtree(suite.folder / name)
    status, said, _ = suite({"test_a.py": tests["test_a.py"]}, "-n", "1", FULL=10**12)
    assert status == 0 and "1 passed" in said


def test_after_a_process_of_its_own_another_folder_goes_on_here(suite):
    good = "def test_{}(): pass\n"
    tests = {
        "one/test_a.py": "".join(map(good.format, "xyz")),
        "one/test_b.py": "".join(map(good.format, "xy")),
        "two/test_c.py": good.format("x"),
    }
    second = "class Full:\n    calls = 0\n    def __lt__(self, rss):\n"
    second += "        Full.calls += 1\n        return Full.calls == 2\nplugin.FULL = Full()\n"
    status, said, _ = suite(tests, "-n", "1", before=second)
    assert status == 0 and "6 passed" in said, said


def test_what_stays_together():
    for scope, nodeid in {
        "notebooks/03.ipynb": "notebooks/03.ipynb::Cell 7",
        "tests/test_a.py::TestB": "tests/test_a.py::TestB::test_c[x-y]",
        "tests/test_a.py": "tests/test_a.py::test_c[x]",
        "tests/test_checks.py::test_case[lab3-VAE": "tests/test_checks.py::test_case[lab3-VAE-a-b]",
    }.items():
        assert scope_of(nodeid) == scope


def test_stored_durations_are_of_what_there_is():
    for scope in json.loads(session_plugin.DURATIONS.read_text()):
        assert (ROOT / scope.split("::")[0]).exists(), scope


# --- what is run again ----------------------------------------------------------------------------


@pytest.fixture
def keyed(suite, tmp_path):
    """Runs a suite of which a part may be left out, again and again; what pytest says."""
    stored = tmp_path / "keys.json"
    settings = f"""
from tests import keys
from utils.authoring import imports
keys.ROOT = imports.ROOT = Path(__file__).parent
keys.FILE = Path({str(stored)!r})
keys.OF_ALL = ("lock.txt",)
"""
    files = {
        "lock.txt": "keras==3",
        "data.txt": "1",
        "test_always.py": "def test_it(): pass\n",
        "test_keyed.py": "INPUTS = ['data.txt']\ndef test_it(): pass\ndef test_too(): pass\n",
    }

    def run(*options, **changed):
        for name in ("suite", "temporary"):
            shutil.rmtree(tmp_path / name, ignore_errors=True)
        named = {name.replace("__", "."): text for name, text in changed.items()}
        return suite(files | named, *options, before=settings, ini="testpaths = .")[:2]

    return run


def test_what_has_passed_with_the_same_inputs_is_left_out(keyed):
    status, said = keyed("-n", "2")
    assert status == 0 and "3 passed" in said, said
    status, said = keyed("-n", "2")
    assert status == 0 and "1 passed" in said, said
    assert re.search(r"not run again.*: test_keyed\.py; course test --all", said)
    assert "3 passed" in keyed("-n", "0", "--all")[1]
    assert "3 passed" in keyed("-n", "0", "test_always.py", "test_keyed.py")[1]  # by name
    for change in ({"data__txt": "2"}, {"lock__txt": "keras==4"}):
        assert "3 passed" in keyed("-n", "0", **change)[1], change
        assert "1 passed" in keyed("-n", "0", **change)[1], change


def test_what_fails_or_is_run_in_part_is_run_again(keyed):
    failing = {"test_keyed__py": "INPUTS = []\ndef test_it(): pass\ndef test_too(): assert 0\n"}
    assert "1 failed, 2 passed" in keyed("-n", "0", **failing)[1]
    assert "1 failed, 2 passed" in keyed("-n", "0", **failing)[1]
    assert "1 passed" in keyed("-n", "0", "-k", "too")[1]
    assert "3 passed" in keyed("-n", "0")[1]


def test_shards_have_everything_once(monkeypatch):
    scopes = {f"tests/test_{letter}.py": [None] * count for count, letter in enumerate("abcdefg")}
    shares = session_plugin.shares(scopes, 3)
    assert sorted(scope for share in shares for scope in share) == sorted(scopes)
    sums = [sum(len(scopes[scope]) for scope in share) for share in shares]
    assert max(sums) <= 8 and sum(sums) == 21


def test_the_suite_keeps_within_its_budget():
    """Two processes on two cores. A new lecture or lab makes room for itself."""
    stored = json.loads(session_plugin.DURATIONS.read_text())
    assert sum(stored.values()) / 2 < session_plugin.BUDGET


NOTEBOOK = {
    "cells": [
        {"cell_type": "code", "source": ["from utils import plots\n", 'lab = Lab("lab_a", {})']}
    ]
}
FILES = {
    "notebooks/a.ipynb": json.dumps(NOTEBOOK),
    "utils/__init__.py": "",
    "utils/plots.py": "from utils import looks\n",
    "utils/looks.py": "def looks():\n    import utils.deep\n",
    "utils/deep.py": "x = 1\n",
    "utils/other.py": "x = 1\n",
    "utils/checks/labs/lab_a.py": "x = 1\n",
    "utils/checks/hidden/lab_a.py": "x = 1\n",
    "utils/checks/labs/lab_b.py": "x = 1\n",
    "requirements.txt": "keras==3\n",
    "pyproject.toml": "",
    "tests/conftest.py": "",
    "tests/notebook_plugin.py": "x = 1\n",
    "tests/sanitize.cfg": "",
    "tests/spread.json": json.dumps({"notebooks/a": 1, "notebooks/b": 1}),
}


def test_each_kind_of_input_changes_the_key_of_a_notebook(tmp_path, monkeypatch):
    monkeypatch.setattr(keys, "ROOT", tmp_path)
    monkeypatch.setattr(imports, "ROOT", tmp_path)

    def key_with(name="", text="", version=(3, 11)):
        for place, content in (FILES | ({name: text} if name else {})).items():
            (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / place).write_text(content)
        keys._content.cache_clear()
        imports._direct.cache_clear()
        monkeypatch.setattr(keys.sys, "version_info", version)
        return keys.of_notebook(tmp_path / "notebooks/a.ipynb")

    key = key_with()
    assert key == key_with() != key_with(version=(3, 12))
    for name in ("plots", "looks", "deep", "checks/labs/lab_a", "checks/hidden/lab_a"):
        assert key_with(f"utils/{name}.py", FILES[f"utils/{name}.py"] + "y = 2\n") != key, name
    for name in ("utils/other.py", "utils/checks/labs/lab_b.py"):
        assert key_with(name, "y = 2\n") == key, name
    assert key_with("utils/deep.py", "# a comment\nx = 1\n") == key
    changes = {"requirements.txt": "keras==4\n", "tests/notebook_plugin.py": "x = 2\n"}
    changes |= {"tests/sanitize.cfg": "x", "tests/conftest.py": "x = 1\n"}
    changes["notebooks/a.ipynb"] = json.dumps(NOTEBOOK | {"metadata": {}})
    changes["tests/spread.json"] = json.dumps({"notebooks/a": 2, "notebooks/b": 1})
    for name, text in changes.items():
        assert key_with(name, text) != key, name
    assert key_with("tests/spread.json", json.dumps({"notebooks/a": 1, "notebooks/b": 2})) == key


def test_stored_keys_are_of_what_there_is():
    for scope in keys.stored():
        assert (ROOT / scope.split("::")[0]).exists(), scope
