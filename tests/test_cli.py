"""The `course` command as its users call it: what it prints, and its exit status."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import nbformat
import pytest

from tests.conftest import HANGS, until
from utils import ROOT
from utils.command import cli


def course(*arguments, cwd=ROOT, **environment):
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from utils.command.cli import main; raise SystemExit(main())",
            *map(str, arguments),
        ],
        cwd=cwd,
        env=os.environ | {"COLUMNS": "160"} | environment,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


COMMANDS = cli.COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_and_imports_nothing_heavy(command):
    code = (
        "import sys\nfrom utils.command.cli import main\ntry:\n    main(sys.argv[1:])\n"
        "finally:\n    assert not {'tensorflow', 'keras', 'numpy', 'rich'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, command, "--help"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert f"Example: course {command}" in done.stdout


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["run", "missing.ipynb"], "there is no file missing.ipynb"),
        (["run", "README.md"], "not a notebook"),
        (["run", "--jobs", "0", "x.ipynb"], "positive number"),
        (["run", "--profile", "fast", "x.ipynb"], "quick"),
        (["run", "--frobnicate", "x.ipynb"], "unknown: --frobnicate"),
        (["check", "missing.ipynb"], "there is no file"),
        (["build", "lab99"], "no source named 'lab99'"),
        (["release", "utils"], "not an empty folder"),
        (["bench", "gan"], "invalid choice: 'gan'"),
        (["bench", "vae", "--rounds", "0"], "positive number"),
        (["test", "--machines", "missing.ipynb"], "there is no file missing.ipynb"),
        (["test", "--machines", "labs/lab2_denoising_autoencoder.ipynb"], "stores no outputs"),
        (["jump"], "there is no command 'jump'; there are: start, doctor, run, check, build,"),
        ([], "./course start opens the course"),
        (["run", "lab9"], "there is no notebook named 'lab9'; there are: 00_start_here, 12_pca"),
        (["check", "lab"], "'lab' may be lab1_identity_838 or lab2_denoising_autoencoder or"),
        (["check", "1"], "'1' may be 12_pca_is_a_linear_network or 13_autoencoders or 14_"),
        (["test", "--machines", "00_start_here", "lab"], "'lab' may be lab1_identity_838 or"),
    ],
)
def test_wrong_calls_end_with_2_and_say_why(arguments, words):
    status, out, err = course(*arguments)
    assert status == 2 and words in err and "Traceback" not in err


def test_doctor():
    status, out, err = course("doctor")
    assert status == 0, out + err
    for word in ("tensorflow", "memory", "digits", "profile", "All labs can run here."):
        assert word in out
    assert re.search(r"jail for grading *│ (ready|none):? ", out)
    assert err == ""
    status, out, _ = course("doctor", COURSE_PROFILE="fast")
    assert status == 1 and "quick, full" in out


def test_without_a_jail_labs_run_and_grading_says_in_one_line_what_to_do(tmp_path):
    for name, complaint in {"bwrap": "bwrap: no namespaces", "docker": "no daemon"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\necho '{complaint}' >&2\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    status, out, err = course("doctor", PATH=path, COLUMNS="1000")
    assert status == 0, out + err
    problem = f"{tmp_path}/bwrap does not start a jail: bwrap: no namespaces. "
    assert problem in out and "none: labs run, course grade does not" in out
    out = tmp_path / "out"
    status, _, err = course("grade", "labs", "--lab", "lab3_vae", "--out", out, PATH=path)
    assert status == 1 and len(err.splitlines()) == 1
    start = "course grade: submissions are not run without a jail, and there is none. bubblewrap: "
    assert err.startswith(start + problem) and "docker: no daemon. --unsafe grades" in err


# --- run ------------------------------------------------------------------------------------------


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


CLAIM = """
from utils.claims import Claims
claims = Claims("small")
claims.add("two and two", 2 + 2, at_least={bound})
claims.table()
"""


def test_run_shows_claims_time_and_memory(notebook, results):
    path = notebook("small", "# First part", CLAIM.format(bound=4))
    before = path.read_bytes()
    status, out, err = course("run", "--results", results, path)
    assert status == 0, out + err
    assert "[held] two and two\n    claimed at least 4, measured 4" in out, out
    assert re.search(r"small\s+│\s+good\s+│\s+\d+ s\s+│\s+0\.\d\d GB\s+│\s+1 of 1", out), out
    assert "First part" in out  # progress
    assert path.read_bytes() == before
    kept = json.loads(next(results.iterdir()).read_text())
    assert kept["claims"][0]["value"] == 4 and kept["peak_bytes"] > 1e7


def test_run_fails_on_claims_and_cells_and_goes_on_with_the_others(notebook, results):
    paths = [
        notebook("claim", CLAIM.format(bound=5)),
        notebook("cell", "# Part two", "1 / 0"),
        notebook("fine", CLAIM.format(bound=4)),
        notebook("dies", "import os; os._exit(3)"),
    ]
    status, out, err = course("run", "--results", results, *paths)
    assert status == 1, err
    for words in (
        "measured 4, claimed at least 5",
        "cell 2 (Part two): ZeroDivisionError",
        "the kernel died",
        "FAILED",
    ):
        assert words in out, out
    assert re.search(r"fine\s+│\s+good", out)


def test_run_ends_notebooks_that_pass_their_bounds(notebook, results, tmp_path):
    # By the clock it has five times as long, as a kernel takes a while to start beside other work.
    leaves = "import tempfile, time; tempfile.mkstemp(); time.sleep(1000)"
    slow = notebook("slow", "# Waiting", leaves, time_limit_s=8)
    endless = notebook("endless", "# Turning", "while True: pass", time_limit_s=8)
    hungry = notebook(
        "hungry",
        "# Hoarding",
        "hoard = []\nwhile True:\n    hoard.append(bytearray(b'x' * 10**7))",
        memory_limit_gb=0.4,
    )
    place = tmp_path / "temporary"
    place.mkdir()
    status, out, err = course("run", "--results", results, slow, endless, hungry, TMPDIR=str(place))
    assert status == 1
    for name in ("slow", "endless"):  # beside much other work already while its kernel starts
        told = (
            rf"{name}: ended after its time bound of 8 s \(--time-limit .* another\), in cell [12]"
        )
        assert re.search(told, " ".join(out.split())), out
    assert "hungry: ended above its memory bound of 0.4 GB" in out
    assert not os.listdir(place)


def test_unreadable_notebooks_are_named_before_anything_runs(notebook, tmp_path):
    fine = notebook("fine", "1 + 1")
    bad = tmp_path / "bad.ipynb"
    nothing = "", "[]", "{}", '{"cells": [', "\x00\x01", '{"nbformat": 4}', "3", "null"
    odd = '{"cells": [1]}', '{"cells": [{}]}', '{"cells": [{"cell_type": "code", "source": 3}]}'
    for content in (*nothing, *odd):
        bad.write_text(content)
        for command in ("run", "check"):
            status, out, err = course(command, fine, bad)
            assert status == 2 and out == "" and len(err.splitlines()) == 1, (content, err)
            assert "bad.ipynb can't be read as a notebook" in err
    bad.write_text('{\n<<<<<<< HEAD\n "cells": [],\n=======\n>>>>>>> theirs\n')
    status, _, err = course("run", bad)
    assert status == 2 and "git's conflict marks stand in it (the first in line 2)" in err
    limit = notebook("limit", "1 + 1", time_limit_s="soon")
    status, _, err = course("run", limit)
    assert status == 2 and "time_limit_s is 'soon', not a positive number" in err


def test_a_folder_for_results_that_can_not_be_is_named_before_anything_runs(notebook, tmp_path):
    ran = tmp_path / "ran"
    path = notebook("marks", f"open({str(ran)!r}, 'w').close()")
    (tmp_path / "file").touch()
    status, out, err = course("run", "--results", tmp_path / "file" / "results", path)
    assert status == 2 and out == "" and len(err.splitlines()) == 1
    assert "can't be written to" in err and "--results DIR" in err
    assert not ran.exists()


def with_all_that_is_odd(tree):
    """What other programs make of notebooks: each was refused by the format's own check."""
    first, second, third = tree["cells"]
    del first["id"], first["outputs"], first["execution_count"]
    del second["metadata"]
    second |= {"collapsed": True, "outputs": [{"output_type": "stream", "text": "no name"}]}
    third |= {"id": "1", "source": ["print(", "3)"]}
    tree["cells"].append({"cell_type": "heading", "level": 1, "source": "A heading"})
    tree["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}
    return tree | {"nbformat_minor": 4}


def test_a_notebook_that_is_not_quite_one_is_run(notebook, results):
    path = notebook("odd", "print(1)", "print(2)", "print(4)")
    path.write_text(json.dumps(with_all_that_is_odd(json.loads(path.read_text()))))
    before = path.read_bytes()
    status, out, err = course("run", "--results", results, path)
    assert status == 0 and "good" in out and err == ""
    assert path.read_bytes() == before


@pytest.mark.parametrize("kill", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_kernel_outlives_an_interrupted_run(notebook, tmp_path, results, kill):
    told = tmp_path / "pid"
    path = notebook(
        "long",
        f"import os, time\nopen({str(told)!r}, 'w').write(str(os.getpid()))\ntime.sleep(10000)",
    )
    running = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from utils.command.cli import main; raise SystemExit(main())",
            "run",
            "--results",
            str(results),
            str(path),
        ],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    until(lambda: told.exists() and told.read_text())
    running.send_signal(kill)
    _, err = running.communicate(timeout=HANGS)
    assert running.returncode == (1 if kill != signal.SIGKILL else -signal.SIGKILL)
    if kill != signal.SIGKILL:
        assert err.strip() == "course run: stopped by you."
    kernel = Path(f"/proc/{told.read_text()}")
    until(lambda: not kernel.exists())


def test_run_profile_reaches_the_notebook(notebook, results):
    path = notebook("profile", "import os\nassert os.environ['COURSE_PROFILE'] == 'full'")
    assert course("run", "--results", results, path)[0] == 1
    assert course("run", "--results", results, "--profile", "full", path)[0] == 0
    assert len(list(results.iterdir())) == 2


def test_notebooks_of_one_name_keep_their_results_apart(notebook, results, tmp_path):
    path = notebook("same", CLAIM.format(bound=4))
    (tmp_path / "other").mkdir()
    other = shutil.copy(path, tmp_path / "other")
    status, out, _ = course("run", "--results", results, "--seed", "5", path, other)
    assert status == 0 and "other/same" in out
    assert len(list(results.iterdir())) == 2


def test_notebooks_by_names():
    labs, lectures = ROOT / "labs", ROOT / "notebooks"
    assert cli.existing(["lab2", "13", "lab2_denoising_autoencoder", "lab3_v"]) == [
        labs / "lab2_denoising_autoencoder.ipynb",
        lectures / "13_autoencoders.ipynb",
        labs / "lab2_denoising_autoencoder.ipynb",
        labs / "lab3_vae.ipynb",
    ]
    (solution,) = cli.existing(["lab2"], ("notebooks", "solutions"))
    assert solution.parent.name == "solutions"
    assert cli.named("lab1", ["lab1_identity", "lab10_last"], "lab") == "lab1_identity"


def test_a_lab_that_is_not_answered_is_not_called_good(notebook, results):
    line = "from utils.claims import record\nrecord(checks=[{{'points': {}, 'out_of': 2}}])"
    paths = [notebook(f"has{points}", line.format(points)) for points in (0, 2)]
    status, out, _ = course("run", "--results", results, *paths)
    assert re.search(r"has0 +│ unfinished .* 0 of 2", out) and status == 0
    assert re.search(r"has2 +│ good .* 2 of 2", out)


def test_the_copy_that_runs_a_notebook_is_the_one_it_imports(notebook, results, tmp_path):
    """Also where another copy was installed into the environment, as by `put_first`."""
    other = tmp_path / "other" / "utils"
    other.mkdir(parents=True)
    (other / "__init__.py").touch()
    path = notebook("mine", f"import utils\nassert utils.ROOT.samefile({str(ROOT)!r})")
    (tmp_path / "sitecustomize.py").write_text(
        f"import sys\nif 'ipykernel_launcher' in ' '.join(sys.orig_argv):\n"
        f"    sys.path.insert(0, {str(other.parent)!r})\n"
    )
    status, out, err = course("run", "--results", results, path, PYTHONPATH=f"{tmp_path}:{ROOT}")
    assert status == 0, out + err


# --- check, release -------------------------------------------------------------------------------


def test_check_tells_a_student_where_they_stand(tmp_path):
    """The unanswered lab; then one with a right answer, a wrong one and a broken cell."""
    lab = ROOT / "labs" / "lab1_identity_838.ipynb"
    status, out, err = course("check", lab)
    assert status == 1, err
    assert out.count("not answered yet") == 7 and "Score: 0 of 14 points." in out, out
    assert "Error" not in out
    notebook = nbformat.read(lab, 4)
    answers = {
        "def identity_patterns": "def identity_patterns():\n    return np.eye(8)",
        "def binary_code": "def binary_code(values):\n    return values.astype(int)",
        "def smallest_width": "def smallest_width(patterns):\n    return",
        "def train(": "def train(:",
    }
    for cell in notebook.cells:
        for start, answer in answers.items():
            if cell.source.startswith(start):
                cell.source = answer
    mine = tmp_path / "mine.ipynb"
    nbformat.write(notebook, mine)
    status, out, err = course("check", mine)
    assert status == 1
    for words in (
        "identity_patterns: right (1 of 1 points)",
        "cuts off instead of rounding",
        "ends without `return`",
        "SyntaxError",
        "Score: 1 of 14 points.",
    ):
        assert words in out, out


def test_check_is_satisfied_with_the_solution_and_leaves_nothing_behind(tmp_path):
    solution = ROOT / "solutions" / "lab1_identity_838.ipynb"
    status, out, err = course("check", solution, TMPDIR=str(tmp_path))
    assert status == 0 and "Score: 14 of 14 points." in out, out + err
    assert not os.listdir(tmp_path)


def test_release(tmp_path):
    bundle = tmp_path / "bundle"
    secrets = answers_of(ROOT / "content" / "labs")
    status, out, err = course("release", bundle)
    assert status == 0, err
    files = {str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file()}
    assert f": {len(files)} files." in (ROOT / "docs" / "instructors.md").read_text(), len(files)
    assert {
        "course",
        "README.md",
        "labs/lab1_identity_838.ipynb",
        "requirements.txt",
        "notebooks/00_start_here.ipynb",
        "utils/checks/labs/lab1_identity_838.py",
    } <= files
    assert os.access(bundle / "course", os.X_OK)
    everything = "\n".join(text_of(bundle / name) for name in files if not name.endswith(".png"))
    assert any(secret in text_of(path) for path in ROOT.glob("solutions/*") for secret in secrets)
    for secret in secrets:
        assert secret not in everything, f"the bundle holds an answer:\n{secret}"
    for folder in ("solutions", "content", "tests", "hidden", ".git"):
        assert not any(folder in Path(name).parts for name in files)
    for name in files:  # links of the bundle's pages and notebooks
        if name.endswith((".md", ".ipynb")):
            text = (bundle / name).read_text()
            for target in re.findall(r"\]\(([^)\s:#]+\.(?:ipynb|md|png|py))\)", text):
                assert ((bundle / name).parent / target).exists(), f"{name}: {target}"
    # The package of the bundle works without the parts that are left out, in its kernels as well.
    own = {"cwd": bundle, "PYTHONPATH": str(bundle)}
    status, out, err = course("check", "lab1", **own)
    assert "Score: 0 of 14 points." in out, out + err
    status, out, err = course("--help", **own)
    offered = [command for command in COMMANDS if re.search(rf"^    {command} ", out, re.M)]
    assert offered == ["start", "doctor", "run", "check"], out
    for command in ("build", "test", "release x", "bench vae", "grade --help"):
        status, out, err = course(*command.split(), **own)
        assert status == 2 and not out and "students' bundle" in err
    assert course("jump", **own)[2].endswith("there are: start, doctor, run, check.\n")
    status, _, err = course("release", bundle)
    assert status == 2 and "not an empty folder" in err


def text_of(path):
    """A file as its reader sees it: a notebook's cells as text, not as JSON."""
    if path.suffix != ".ipynb":
        return path.read_text()
    return "\n".join(cell.source for cell in nbformat.read(path, 4).cells)


def answers_of(folder):
    """The answers in the labs' sources, each as one text."""
    pattern = r"### BEGIN SOLUTION\n(.*?)\s*### END SOLUTION"
    return [
        body for path in folder.glob("*.py") for body in re.findall(pattern, path.read_text(), re.S)
    ]


# --- start ----------------------------------------------------------------------------------------


def test_start_prints_an_address_that_answers(tmp_path):
    started = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from utils.command.cli import main; raise SystemExit(main())",
            "start",
            "--no-browser",
            "--port",
            "18888",
        ],
        cwd=ROOT,
        env=os.environ | {"HOME": str(tmp_path), "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    told = []
    try:
        for line in started.stdout:
            told.append(line)
            if found := re.search(r"(http://localhost:\d+/lab/tree/\S+)", line):
                with urllib.request.urlopen(found[1], timeout=HANGS) as page:
                    said = page.read().decode()
                    assert page.status == 200 and "JupyterLab" in said
                    # nbgrader's menus are for instructors, who start Jupyter themselves.
                    assert '"disabledExtensions": ["@jupyter/nbgrader"]' in said
                break
        else:
            pytest.fail("no address:\n" + "".join(told))
        assert "Doctor" in "".join(told) and "00_start_here" in told[-1]
        os.kill(started.pid, signal.SIGINT)
        assert started.wait(HANGS) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.stdout.close()
    shutil.rmtree(tmp_path, ignore_errors=True)
