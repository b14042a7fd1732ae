"""How far the stored numbers and figures of a notebook move on other processors, and may move.

Training amplifies the last bit: a convolution that is rounded differently ends in another
network, and a GAN in other pictures. So what is stored is compared within what was measured:
`course test --machines` (`machines.py`) executes the notebooks under several settings of the
processor and keeps, for each number, the least and the most in `tests/spread.json`.

A figure is four numbers of a small grey copy: its root mean square difference from the stored
one, and its own brightness, contrast and sharpness, which say the same of a picture whose pixels
depend on the processor.
"""

import io
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utils import ROOT
from utils.authoring.build import pictures

FILE = ROOT / "tests" / "spread.json"
TABLE = re.compile(r"<table>(.*?)</table>", re.S)
ROW = re.compile(r"<tr>(.*?)</tr>", re.S)
CELL = re.compile(r"<t[dh](?P<facts>[^>]*)>(?P<text>[^<]*)")
FACTS = re.compile(r'data-value="([^"]*)" data-scale="([^"]*)"(?: data-of="([^"]*)")?')
LEVELS, FIGURE_FLOOR = 8, 4  # of a figure: tolerance and floor of its four numbers, grey levels
# Beyond the range that was measured a number may be by so many times its width. Where seven values
# of a normal distribution were measured, an eighth is farther out in one of 10,000 cases.
ROOM = 3
FLOOR = 0.2  # of a number's own tolerance
FEW = 3  # of those that a share counts: they may fall otherwise where no setting moved one


@dataclass
class Reading:
    """A number of a cell's outputs.

    Attributes:
        value: float.
        tolerance: float, how far it may move where no spread was measured, and at least where
            that has moved at all: few values may lie near each other by chance.
        floor: float, how far it may move where no setting moved it.
        bound: str, of a claim, such as "at most 3".
        room: float, widths of the range that was measured by which it may be beyond that.
        column: str, of a table of numbers that nothing is claimed of.
    """

    value: float
    tolerance: float
    floor: float
    bound: str = ""
    room: float = ROOM
    column: str = ""


def readings(outputs, stored):
    """The numbers of a cell's outputs: dict of a label to its `Reading`.

    Args:
        outputs: list of outputs as in a notebook.
        stored: list of outputs from whose figures the differences are taken.
    """
    found, counts = {}, Counter()

    def add(label, reading):
        counts[label] += 1
        number = counts[label]
        found[label if number == 1 else f"{label} ({number})"] = reading

    for label, reading in _numbers(html_of(outputs)):
        add(label, reading)
    before = figures(stored)
    for index, picture in enumerate(figures(outputs)):
        if index < len(before):
            difference = float(np.sqrt(np.mean((picture - before[index]) ** 2)))
        else:
            difference = np.inf
        for name, value in {"difference": difference, **look(picture)}.items():
            # Between pictures of two networks it is nearly the same whichever they are.
            room = 0.5 if name == "difference" else ROOM
            add(f"figure {index + 1}, {name}", Reading(value, LEVELS, FIGURE_FLOOR, room=room))
    return found


def _numbers(html):
    """Pairs of label and `Reading` of all measured numbers in tables of claims and of numbers."""
    for table in TABLE.findall(html):
        head, *rows = ([match.groupdict() for match in CELL.finditer(row)]
                       for row in ROW.findall(table))  # fmt: skip
        columns = [cell["text"] for cell in head]
        for row in rows:
            name = row[0]["text"]
            for column, cell in zip(columns, row, strict=True):
                facts = FACTS.search(cell["facts"])
                if not facts:
                    continue
                value, scale, of = (float(fact or "inf") for fact in facts.groups())
                few = FEW / of
                claim = columns[0] == "Claim"
                bound = row[columns.index("Bound")]["text"] if claim else ""
                yield (
                    name if claim else f"{name}, {column}",
                    Reading(
                        value,
                        max(scale, few),
                        max(FLOOR * scale, few),
                        bound,
                        column="" if claim else column,
                    ),
                )


def html_of(outputs):
    """All HTML of a cell's outputs, joined."""
    data = (output.get("data", {}) for output in outputs)
    return "\n".join("".join(part.get("text/html", "")) for part in data)


def figures(outputs):
    """Small grey copies (120, 160) of the pictures among a cell's outputs, values 0 to 255."""
    from PIL import Image

    images = (Image.open(io.BytesIO(png)) for png in pictures(outputs))
    return [np.asarray(image.convert("L").resize((160, 120)), float) for image in images]


def look(picture):
    """Brightness, contrast and sharpness of a small grey copy, in grey levels."""
    steps = [np.abs(np.diff(picture, axis=axis)).mean() for axis in (0, 1)]
    return {
        "brightness": float(picture.mean()),
        "contrast": float(picture.std()),
        "sharpness": float(np.mean(steps)),
    }


def measured_of(stored, spread):
    """The part of a cell's spread that was measured of these stored numbers, not of earlier ones.

    Args:
        stored: dict of label to `Reading`.
        spread: dict of label to (stored, least, most).
    """
    old = {
        label
        for label, (value, _, _) in spread.items()
        if label not in stored or not np.isclose(value, stored[label].value, rtol=1e-3, atol=1e-12)
    }
    redrawn = {label.split(",")[0] for label in old if label.startswith("figure ")}
    return {
        label: measured
        for label, measured in spread.items()
        if label not in old and label.split(",")[0] not in redrawn
    }


def intervals(stored, spread):
    """Where the numbers of a cell may be in another run: dict of label to (low, high, reason).

    Args:
        stored: dict of label to `Reading`.
        spread: dict of label to (stored, least, most) as measured over settings.
    """
    known, columns = measured_of(stored, spread), Counter()
    for label, measured in known.items():
        column, width = stored[label].column, max(measured) - min(measured)
        columns[column] = max(columns[column], width if column else 0)
    found = {}
    for label, reading in stored.items():
        value, room, reason = reading.value, reading.tolerance, f"stored {reading.value:.4g}"
        least = most = value
        if label in known:
            least, most = min(*known[label], value), max(*known[label], value)
            # What moves in one row of a table moves in the others, of which few values are known.
            width = columns[reading.column]
            moved = max(most - least, width) > reading.floor / 20
            room = reading.tolerance if moved else reading.floor
            room = max(room, width, reading.room * (most - least))
            reason += f", on other processors {least:.4g} to {most:.4g}"
        found[label] = least - room, most + room, reason
    return found


def compare(stored, fresh, spread=None):
    """What moved too far between stored and fresh outputs of a cell: a list of lines.

    Args:
        stored, fresh: lists of outputs.
        spread: dict of label to (stored, least, most), or None where it was not measured.
    """
    before, now = readings(stored, stored), readings(fresh, stored)
    allowed = intervals(before, spread or {})
    old, new = len(figures(stored)), len(figures(fresh))
    problems = [f"{new} figures instead of {old}"] if old != new else []
    for label in before.keys() & now.keys():  # of others the words differ, and nbval compares those
        low, high, reason = allowed[label]
        if not low <= now[label].value <= high:
            value = f"{label}: measured {now[label].value:.4g}"
            problems.append(f"{value}, {reason}: allowed is {low:.4g} to {high:.4g}")
    return sorted(problems)


def read(file=FILE):
    """The measured spread: dict of notebook ("solutions/lab3_vae") to dict of cell id to spread."""
    known = json.loads(Path(file).read_text()) if Path(file).exists() else {}
    return {notebook: measured["cells"] for notebook, measured in known.items()}
