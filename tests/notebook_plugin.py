"""What nbval does not compare: measured numbers within their tolerances, and figures as pictures.

nbval executes each cell and compares its text with what is stored; tests/sanitize.cfg hides numbers
and pictures from that comparison, and this plugin takes them up. Labs are only executed.
"""

import io
import json
import os
import re
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pytest
from nbformat import NotebookNode

from utils import runtime
from utils.build import pictures

# Kernels inherit these. Sets print in one order, and every notebook runs as CI promises.
ENVIRONMENT = {"PYTHONHASHSEED": "0", "TF_CPP_MIN_LOG_LEVEL": "3", "COURSE_PROFILE": "quick"}
MEASURED = re.compile(
    r'(?:<td[^>]*>(?P<text>[^<]*)</td>)?<td class="measured" data-value="(?P<value>[^"]*)" '
    r'data-scale="(?P<scale>[^"]*)"'
)
IMAGE = re.compile(r'<img [^>]*?(?:data-tolerance="(?P<levels>[^"]*)" )?src="data:image/png')
LARGEST_DIFFERENCE = 8  # grey levels, of small copies, root mean square; see plots.show


def pytest_configure(config):
    if os.environ.get("COURSE_ONE_CORE") and hasattr(config, "workerinput"):
        number = int(config.workerinput["workerid"].removeprefix("gw"))
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[number % runtime.cores()]})
    os.environ.update(ENVIRONMENT)
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
    result = yield
    if type(item).__name__ == "IPyNbCell" and item.cell.get("execution_count"):
        moves = list(compare(item.cell.outputs, item.test_outputs or []))
        note(item, moves)
        problems = [move.problem for move in moves if move.problem]
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


@dataclass
class Move:
    """How far a number or a figure is from the stored one, and how far it may be."""

    text: str
    value: float
    stored: float
    by: float
    allowed: float
    kind: str = "number"

    @property
    def problem(self):
        """A line that says what moved too far, or ""."""
        if self.by <= self.allowed:
            return ""
        if self.kind == "figure":
            return (
                f"{self.text} looks different (by {self.by:.0f} grey levels, "
                f"at most {self.allowed:.0f})"
            )
        return (
            f"{self.text}: measured {self.value!r}, stored {self.stored!r}, "
            f"which may move by {self.allowed!r} at most"
        )


def compare(stored, fresh):
    """Yields the `Move` of every measured number and figure between outputs of a cell."""
    old, new = html_of(stored), html_of(fresh)
    before, after = ([m.groupdict() for m in MEASURED.finditer(html)] for html in (old, new))
    for was, now in zip(before, after, strict=True):
        value, kept = float(now["value"]), float(was["value"])
        text = was["text"] or "beside it"
        yield Move(text, value, kept, abs(value - kept), float(was["scale"]))
    pictures_before, pictures_after = figures(stored), figures(fresh)
    if len(pictures_before) != len(pictures_after):
        number = len(pictures_after) - len(pictures_before)
        yield Move(f"{number:+d} figures", 0, 0, np.inf, 0, "figure")
    allowed = [float(found["levels"] or LARGEST_DIFFERENCE) for found in IMAGE.finditer(old)]
    pairs = zip(pictures_before, pictures_after, allowed, strict=False)
    for index, (was, now, most) in enumerate(pairs):
        difference = float(np.sqrt(np.mean((was - now) ** 2)))
        yield Move(f"figure {index + 1} of the cell", 0, 0, difference, most, "figure")


def note(item, moves):
    """Where COURSE_SPREAD names a folder, `course test --machines` finds every move there."""
    folder = os.environ.get("COURSE_SPREAD")
    if folder and moves:
        where = {"notebook": f"{item.path.parent.name}/{item.path.stem}", "cell": item.name}
        with open(Path(folder) / f"{os.getpid()}.jsonl", "a") as file:
            for move in moves:
                file.write(json.dumps(where | asdict(move)) + "\n")


def html_of(outputs):
    data = (output.get("data", {}) for output in outputs)
    return "\n".join("".join(each.get("text/html", "")) for each in data)


def figures(outputs):
    """Small grey copies (120, 160) of the pictures among a cell's outputs, values 0 to 255."""
    from PIL import Image

    images = (Image.open(io.BytesIO(png)) for png in pictures(outputs))
    return [np.asarray(image.convert("L").resize((160, 120)), float) for image in images]
