"""What belongs to a whole run of the suite: order, temporary folder, patience, memory.

Loaded by pyproject.toml, so that it holds for every call of pytest, whatever files it names.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import psutil
import pytest
from xdist.scheduler import LoadScopeScheduling

from tests import keys

DURATIONS = Path(__file__).with_name("durations.json")  # seconds by scope
MOST_MEMORY = 2.5 * 10**9  # bytes that a process of the suite may hold, at its peak
FULL = 1.2 * 10**9  # bytes from which on a process begins nothing further itself
# Seconds that `course test --all` may take on two cores, by stored durations: measured on two free
# cores of an AMD EPYC with AVX-512, where they add up to 22 minutes and the whole run took 27. 40
# minutes are meant for the whole curriculum.
BUDGET = 26 * 60
spent, peaks = Counter(), {}  # of this run: seconds by scope, (bytes, test) by worker
REPORTS = os.environ.pop("COURSE_REPORTS", "")  # a file; what tests start shall not write to it
PEAK, SELECTED, ELSEWHERE = pytest.StashKey(), pytest.StashKey(), pytest.StashKey()


def pytest_addoption(parser):
    parser.addoption(
        "--all",
        action="store_true",
        help="everything: also what has passed with the same inputs, and the rest of all cases",
    )
    parser.addoption(
        "--store-durations",
        action="store_true",
        help="keep how long each part of this run took, so that the slowest go first",
    )


# --- the slowest first ---------------------------------------------------------------------------


def scope_of(nodeid):
    """What stays together on a worker: a notebook, a class, a module; of a case bank a question."""
    bank = re.match(r"(tests/test_checks\.py::test_case\[\w+-\w+)-", nodeid)
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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    tell(item.config.hook.pytest_report_to_serializable(config=item.config, report=report))
    return report


def pytest_runtest_logreport(report):
    scope = scope_of(report.nodeid)
    spent[scope] += report.duration
    ended = outcomes.setdefault(scope, Counter())
    if report.when == "call" or report.outcome != "passed":
        ended[report.outcome] += 1


# --- what is run ---------------------------------------------------------------------------------

collected = {}  # by worker: what `select` made of the tests
outcomes = {}  # by scope: Counter of outcomes in this run


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Leave out what has passed with the same inputs, and what another shard runs.

    nbval gives up after five seconds in which a kernel says nothing: one may wait for longer.
    """
    selected = select(items, everything=config.getoption("all"), whole=is_whole(config))
    run = selected.pop("run")
    kept = set(run)
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = run
    config.stash[SELECTED] = selected
    for item in items:
        if hasattr(item, "output_timeout"):
            item.output_timeout = 600


def is_whole(config):
    """Whether this is the whole suite: nobody named files, or words that tests contain."""
    if hasattr(config, "workerinput"):
        return config.workerinput["whole"]
    chosen = ("keyword", "markexpr", "deselect", "lf", "stepwise")
    return config.args_source is config.ArgsSource.TESTPATHS and not any(
        getattr(config.option, name, None) for name in chosen
    )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    node.workerinput["whole"] = is_whole(node.config)


def by_scope(items):
    """Tests by the scope that they belong to, in their order: dict of lists."""
    scopes = {}
    for item in items:
        scopes.setdefault(scope_of(item.nodeid), []).append(item)
    return scopes


def select(items, everything, whole):
    """What is run of the collected tests.

    Args:
        items: list of tests.
        everything: bool, also what has passed with the same inputs.
        whole: bool, see `is_whole`: only then is anything left out, and only then is it known that
            a scope is complete.

    Returns:
        dict: "run", the tests; "keys" of the scopes that they belong to and how many tests each
        has, "counts"; "left_out", the scopes that are not run.
    """
    shard, shards = map(int, os.environ.get("COURSE_SHARD", "1/1").split("/"))
    scopes = by_scope(items)
    known = keys.of_scopes(scopes) if whole else {}
    passed = {} if everything else keys.stored()
    left_out = [scope for scope, key in known.items() if passed.get(scope) == key]
    mine = shares(scopes, shards)[shard - 1] if whole else scopes
    run = [scope for scope in scopes if scope in mine and scope not in left_out]
    return {
        "run": [item for scope in run for item in scopes[scope]],
        "keys": {scope: known[scope] for scope in run if scope in known},
        "counts": {scope: len(scopes[scope]) for scope in run},
        "left_out": sorted(set(left_out) & set(mine)),
    }


def shares(scopes, shards):
    """Scopes shared out to shards, the longest first to the one that has least: list of sets."""
    stored = json.loads(DURATIONS.read_text())
    result, sums = [set() for _ in range(shards)], [0.0] * shards
    seconds = {scope: stored.get(scope, len(items)) for scope, items in scopes.items()}
    for scope in sorted(scopes, key=lambda scope: (-seconds[scope], scope)):
        least = sums.index(min(sums))
        sums[least] += seconds[scope]
        result[least].add(scope)
    return result


def passed_scopes(selected):
    """Keys of the scopes of which all tests were run here and none failed.

    A scope may have skipped a few tests, of which each says why; not most of them.
    """
    result = {}
    for scope, key in selected["keys"].items():
        ended = outcomes.get(scope, Counter())
        done = ended["passed"] + ended["skipped"] == selected["counts"][scope]
        if done and not ended["failed"] and ended["passed"] > ended["skipped"]:
            result[scope] = key
    return result


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


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    """A scope that begins when this process is full is run in one of its own.

    What TensorFlow keeps of what was traced adds up over modules; imported anew it takes 0.5 GB.
    """
    scope, config = scope_of(item.nodeid), item.config
    elsewhere = config.stash.setdefault(ELSEWHERE, {})
    if scope not in elsewhere:
        full = hasattr(config, "workerinput") and psutil.Process().memory_info().rss > FULL
        notebook = item.path.suffix == ".ipynb"  # its kernel is a process already
        own = by_scope(item.session.items)[scope] if full and not notebook else []
        elsewhere[scope] = in_own_process(config, own) if own else None
    if elsewhere[scope] is None:
        return None
    hooks = item.ihook
    hooks.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in elsewhere[scope][item.nodeid]:
        hooks.pytest_runtest_logreport(report=report)
    hooks.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    # What the last test in this process left standing for this one is not what the next one needs.
    item.session._setupstate.teardown_exact(nextitem)
    return True


def in_own_process(config, items):
    """Run tests in another process: dict of node id to its reports."""
    with tempfile.TemporaryDirectory() as folder:
        names, file = Path(folder, "names"), Path(folder, "reports")
        names.write_text("\n".join(item.nodeid for item in items))
        command = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", f"@{names}"]
        command += ["--all"] * config.getoption("all") + ["--rootdir", str(config.rootpath)]
        xdist = "PYTEST_XDIST_"  # this process is one of its workers, the other is not
        environment = {k: v for k, v in os.environ.items() if not k.startswith(xdist)}
        done = subprocess.run(
            command,
            cwd=config.rootpath,
            env=environment | {"COURSE_REPORTS": str(file)},
            capture_output=True,
            text=True,
        )
        lines = (
            [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        )
    result = {item.nodeid: [] for item in items}
    for line in lines:
        if "peak" in line:
            higher(config, line["peak"])
            continue
        if isinstance(line["longrepr"], list):  # of a skipped test; JSON has no tuples
            line["longrepr"] = tuple(line["longrepr"])
        report = config.hook.pytest_report_from_serializable(config=config, data=line)
        result[report.nodeid].append(report)
    said = (
        f"the process of its own ended with {done.returncode}:\n{done.stdout[-4000:]}{done.stderr}"
    )
    for item in items:
        if not any(report.when == "teardown" for report in result[item.nodeid]):
            lost = {"keywords": {}, "outcome": "failed", "longrepr": said, "when": "call"}
            result[item.nodeid].append(
                pytest.TestReport(nodeid=item.nodeid, location=item.location, **lost)
            )
    return result


def tell(line):
    """In a process of its own: hand something over to the one that started it."""
    if REPORTS:
        with open(REPORTS, "a") as reports:
            reports.write(json.dumps(line) + "\n")


def higher(config, peak):
    config.stash[PEAK] = max(config.stash.get(PEAK, (0, "")), tuple(peak))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Which test has the highest peak."""
    with contextlib.suppress(OSError):  # begins the peak anew; elsewhere it is the first so high
        Path("/proc/self/clear_refs").write_text("5")
    try:
        return (yield)
    finally:
        higher(item.config, (peak_of_this_process(), item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    output = getattr(node, "workeroutput", {})
    if "peak" in output:
        peaks[node.gateway.id] = output["peak"]
        collected[node.gateway.id] = output["selected"]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    config = session.config
    peak = config.stash.get(PEAK, (peak_of_this_process(), "no test"))
    tell({"peak": peak})
    if hasattr(config, "workerinput"):
        config.workeroutput |= {"peak": peak, "selected": config.stash.get(SELECTED, None)}
        return
    if not peaks:
        peaks["this process"] = peak
        collected["this process"] = config.stash.get(SELECTED, None)
    if max(peaks.values())[0] > MOST_MEMORY and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    selected = next(filter(None, collected.values()), None)  # all workers collect the same
    if passed := passed_scopes(selected) if selected else {}:
        keys.store(passed)
    if session.config.getoption("store_durations"):
        stored = json.loads(DURATIONS.read_text()) | {k: round(v) for k, v in spent.items()}
        DURATIONS.write_text(json.dumps(dict(sorted(stored.items())), indent=1) + "\n")


def named(scopes):
    """Scopes in a line: folders of notebooks and modules of tests, with how many parts of each."""
    files = Counter(scope.split("::")[0] for scope in scopes)
    parts = Counter()
    for file, count in files.items():
        folder, _, name = file.rpartition("/")
        parts[folder if name.endswith(".ipynb") else file] += count
    return ", ".join(f"{part} ({n} parts)" if n > 1 else part for part, n in sorted(parts.items()))


def pytest_terminal_summary(terminalreporter):
    """What was left out, and the peak of each worker; above the bound it fails the run."""
    selected = next(filter(None, collected.values()), None)
    if selected and selected["left_out"]:
        terminalreporter.write_line(
            "not run again, as their inputs are those with which they passed: "
            f"{named(selected['left_out'])}; course test --all runs all"
        )
    for worker, (peak, test) in sorted(peaks.items()):
        verdict = (
            f", above the bound of {MOST_MEMORY / 1e9:g} GB: FAILED" if peak > MOST_MEMORY else ""
        )
        terminalreporter.write_line(
            f"memory of {worker}: {peak / 1e9:.2f} GB at its peak, in {test}{verdict}"
        )
