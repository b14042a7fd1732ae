"""What nbval does not compare: measured numbers within their tolerances, and figures as pictures.

nbval executes each cell and compares its text with what is stored; tests/sanitize.cfg hides numbers
and pictures from that comparison, and this plugin takes them up. Labs are only executed.
"""

import json
import os
import tempfile
import time
from collections import Counter
from pathlib import Path
from queue import Empty

import nbval.plugin
import psutil
import pytest
from nbformat import NotebookNode
from nbval.kernel import RunningKernel

from utils.authoring import spread
from utils.notebooks import running

SPREAD = spread.read()

# Kernels inherit these. Sets print in one order, and every notebook runs as CI promises.
ENVIRONMENT = {"PYTHONHASHSEED": "0", "TF_CPP_MIN_LOG_LEVEL": "3", "COURSE_PROFILE": "quick"}
ENVIRONMENT["COURSE_UNATTENDED"] = "1"  # no line of progress

IDLE = 120  # seconds with less than one of computing after which a cell counts as blocked
SLICE = 2  # seconds between looks at the kernel


class PatientKernel(RunningKernel):
    """A kernel whose cells have processor time, not time: beside other work they take longer.

    A kernel that has died, or computes nothing any more, is told at once instead of after the
    whole limit of the cell.
    """

    def await_reply(self, msg_id, timeout=None):
        began = used = self.computed()
        start = looked = time.monotonic()
        while True:
            try:
                return super().await_reply(msg_id, timeout=SLICE)
            except Empty:
                if not self.is_alive():
                    raise RuntimeError("the kernel died; is there enough memory?") from None
                if min(self.computed() - began, time.monotonic() - start) > timeout:
                    raise  # not sooner than by the clock: on many cores that would be soon
                if time.monotonic() - looked > IDLE:
                    if self.computed() - used < 1:
                        raise
                    used, looked = self.computed(), time.monotonic()

    def computed(self):
        """Processor seconds of the kernel and all that it has started."""
        try:
            kernel = psutil.Process(self.km.provisioner.pid)
            return sum(kernel.cpu_times()[:4]) + running.taken_by_children(kernel)[1]
        except psutil.NoSuchProcess:
            return 0.0  # it ended while we looked


nbval.plugin.RunningKernel = PatientKernel


def pytest_configure(config):
    os.environ.update(ENVIRONMENT)
    # A profile of the course's own: no start-up files of somebody's.
    profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    config.add_cleanup(profile.cleanup)
    os.environ["IPYTHONDIR"] = running.profile_in(profile.name)
    for name in ("COURSE_RESULTS", "COURSE_STRICT", "COURSE_SEED"):
        os.environ.pop(name, None)


def pytest_collectstart(collector):
    if type(collector).__name__ == "IPyNbFile":
        collector.get_kernel_message = with_updates(collector.get_kernel_message)
        if collector.path.parent.name == "labs":
            collector.compare_outputs = False


def with_updates(get_message):
    """What nbval lacks: a figure drawn over another one takes its place among the outputs.

    Args:
        get_message: nbval's function for the kernel's next message. Outputs are made of the
            `data` of messages; here it is of a type that they keep as it is instead of copying
            it, so that an update changes what is in the output.
    """
    places = {}

    def get(*args, **options):
        while True:
            message = get_message(*args, **options)
            content = message["content"]
            place = (content.get("transient") or {}).get("display_id")
            if message["msg_type"] == "update_display_data" and place in places:
                places[place].clear()
                places[place].update(content["data"])
                continue
            if message["msg_type"] == "display_data" and place:
                content["data"] = places[place] = NotebookNode(content["data"])
            return message

    return get


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    if type(item).__name__ != "IPyNbCell":
        return (yield)
    try:
        result = yield
    finally:
        keep(item)
    # `course test --machines` asks how far they move, so that they move is no failure there.
    if item.cell.get("execution_count") and not os.environ.get("COURSE_SPREAD"):
        known = SPREAD.get(name_of(item), {}).get(item.cell.id)
        problems = spread.compare(item.cell.outputs, item.test_outputs or [], known)
        assert not problems, "\n".join(problems)
    return result


def pytest_terminal_summary(terminalreporter):
    """Precision and recall of each lab's checks over its case bank (see tests/test_checks.py)."""
    reports = [r for name in ("passed", "failed") for r in terminalreporter.stats.get(name, ())]
    cases = [
        value
        for report in reports
        if getattr(report, "when", "") == "call"
        for key, value in report.user_properties
        if key == "bank"
    ]
    for lab in sorted({lab for lab, _, _ in cases}):
        counts = Counter((right, passed) for name, right, passed in cases if name == lab)
        caught, missed, accused = counts[False, False], counts[False, True], counts[True, False]
        precision, recall = caught / max(1, caught + accused), caught / max(1, caught + missed)
        terminalreporter.write_line(
            f"{lab}: of {caught + missed} wrong answers {caught} lost marks, of "
            f"{accused + counts[True, True]} right ones {accused} did; "
            f"precision {precision:.3f}, recall {recall:.3f}"
        )


def name_of(item):
    """The notebook of a cell, as `tests/spread.json` has it: "solutions/lab3_vae"."""
    return f"{item.path.parent.name}/{item.path.stem}"


def keep(item):
    """Where COURSE_SPREAD names a folder, `course test --machines` finds fresh outputs there."""
    folder = os.environ.get("COURSE_SPREAD")
    outputs = getattr(item, "test_outputs", None)
    if folder and outputs:
        line = {"notebook": name_of(item), "cell": item.cell.id, "outputs": outputs}
        with open(Path(folder) / f"{os.getpid()}.jsonl", "a") as file:
            file.write(json.dumps(line) + "\n")
