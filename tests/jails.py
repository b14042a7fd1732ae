"""Which tests that need a jail run here: one place that decides, and says why not."""

import os
import subprocess
import sys

import pytest

from utils import ROOT
from utils.grading.jail import BACKENDS

# The namespaces that a submission gets, made as an ordinary user makes them, without bubblewrap.
NAMESPACES = """
import os
from utils.grading.inside import confinement
if os.getuid() == 0:
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
    confinement.prctl(confinement.PR_SET_DUMPABLE, 1)
confinement.unshare()
"""


def backend_or_skip(name):
    """A backend; where it can't be had, the test is skipped with the reason.

    On CI a test fails where the machine allows namespaces and bubblewrap has none all the same: the
    course brings bubblewrap, so what fails then is ours.
    """
    problem = BACKENDS[name].problem()
    if problem and name == "bubblewrap" and os.environ.get("CI") and machine_allows_namespaces():
        pytest.fail(f"bubblewrap: {problem}")
    if problem:
        pytest.skip(f"{name}: {problem}")
    return BACKENDS[name]


def machine_allows_namespaces():
    """Whether an ordinary user can have what a jail is made of."""
    if sys.platform != "linux":
        return False
    tried = [sys.executable, "-c", NAMESPACES]
    return not subprocess.run(tried, cwd=ROOT, capture_output=True).returncode
