"""What belongs to a whole run of the suite: order, temporary folder, patience, memory.

Loaded by pyproject.toml, so that it holds for every call of pytest, whatever files it names.
"""

import json
import os
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

import psutil
import pytest
from xdist.scheduler import LoadScopeScheduling

DURATIONS = Path(__file__).with_name("durations.json")  # seconds by scope
# Bytes that a process of the suite may hold, at its peak. Single tests, such as those of networks
# at 256x256, take 2 to 3 GB; two workers at this bound fit into 12 GB.
MOST_MEMORY = 5 * 10**9
spent, peaks = Counter(), {}  # of this run: seconds by scope, bytes by worker


def pytest_addoption(parser):
    parser.addoption(
        "--all",
        action="store_true",
        help="everything, also what nearly repeats other tests",
    )
    parser.addoption(
        "--store-durations",
        action="store_true",
        help="keep how long each part of this run took, so that the slowest go first",
    )


# --- the slowest first ---------------------------------------------------------------------------


def scope_of(nodeid):
    """What stays together on a worker: a notebook, a class, a module; of the case banks a lab."""
    bank = re.match(r"(tests/test_checks\.py::test_case\[\w+)-", nodeid)
    return bank[1] if bank else nodeid.rsplit("::", 1)[0]


class SlowestFirst(LoadScopeScheduling):
    """Hands out the scope that took longest before; a second for each test where none is stored."""

    def __init__(self, config, log=None):
        super().__init__(config, log)
        self.stored = json.loads(DURATIONS.read_text())

    def _split_scope(self, nodeid):
        return scope_of(nodeid)

    def _assign_work_unit(self, node):
        def seconds(scope):
            return self.stored.get(scope, len(self.workqueue[scope]))

        self.workqueue.move_to_end(max(self.workqueue, key=seconds), last=False)
        super()._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return SlowestFirst(config, log) if config.getvalue("dist") == "loadscope" else None


def pytest_runtest_logreport(report):
    spent[scope_of(report.nodeid)] += report.duration


# --- the temporary folder ------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    """One folder for all temporary files of this run and of whatever it starts, removed at its end.

    TensorFlow, kernels and what tests kill leave files behind; nobody else has to look for them.
    """
    if hasattr(config, "workerinput"):
        return
    folder = tempfile.TemporaryDirectory(prefix="course-test-", ignore_cleanup_errors=True)
    os.chmod(folder.name, 0o755)  # jails of other users are in it
    config.add_cleanup(folder.cleanup)
    os.environ["TMPDIR"] = tempfile.tempdir = folder.name


# --- time ----------------------------------------------------------------------------------------


def pytest_collection_modifyitems(items):
    """nbval gives up after five seconds in which a kernel says nothing: one may wait for longer."""
    for item in items:
        if hasattr(item, "output_timeout"):
            item.output_timeout = 600


# --- memory --------------------------------------------------------------------------------------


def peak_of_this_process():
    """Bytes. On Linux not by getrusage, which begins with the peak of the process that forked."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s*(\d+) kB", status.read_text())[1]) * 1024
    if os.name == "nt":
        return psutil.Process().memory_info().peak_wset
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    if "peak" in getattr(node, "workeroutput", {}):
        peaks[node.gateway.id] = node.workeroutput["peak"]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    if hasattr(session.config, "workerinput"):
        session.config.workeroutput["peak"] = peak_of_this_process()
        return
    if not peaks:
        peaks["this process"] = peak_of_this_process()
    if max(peaks.values()) > MOST_MEMORY and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if session.config.getoption("store_durations"):
        stored = json.loads(DURATIONS.read_text()) | {k: round(v) for k, v in spent.items()}
        DURATIONS.write_text(json.dumps(dict(sorted(stored.items())), indent=1) + "\n")


def pytest_terminal_summary(terminalreporter):
    """The peak of each worker; above the bound it fails the run."""
    for worker, peak in sorted(peaks.items()):
        verdict = (
            f", above the bound of {MOST_MEMORY / 1e9:g} GB: FAILED" if peak > MOST_MEMORY else ""
        )
        terminalreporter.write_line(f"memory of {worker}: {peak / 1e9:.2f} GB at its peak{verdict}")
