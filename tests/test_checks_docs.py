"""The examples of docs/checks.md are true."""

import subprocess
import sys

from utils import ROOT

# See tests/keys.py.
INPUTS = [
    "docs/checks.md",
    "utils/checks/*.toml",
    "utils/checks/*.py",
    "utils/checks/remote/*.py",
    "utils/grading/inside/process.py",
]


def test_the_examples():
    """In a process of its own, as they change the modules of checks."""
    command = [sys.executable, "-m", "doctest", "docs/checks.md"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
