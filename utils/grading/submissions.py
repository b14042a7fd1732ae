"""What was handed in, as plain data: files of a folder, cells of a file, and what to do with each.

Nothing here trusts a file: it is read once, bounded, as JSON; its metadata are not looked at beyond
the format. Which cells are training, which are checks and where, follows from the released lab.
"""

import dataclasses
import errno
import hashlib
import json
import os
import re
import stat
from pathlib import Path

LARGEST = 50 * 10**6  # bytes of a notebook
MOST_CELLS = 2_000
SKIPPED_FOLDERS = {".ipynb_checkpoints", "__MACOSX", ".git"}


@dataclasses.dataclass(frozen=True)
class Cell:
    """A code cell of a notebook: its place among all cells (from 1), its id and its source."""

    place: int
    id: str
    source: str


@dataclasses.dataclass
class Submission:
    """A file as it was handed in."""

    cells: list
    notes: list  # what is odd about the file, in sentences for student and teacher
    sha256: str = ""

    @property
    def text(self):
        return "\n".join(cell.source for cell in self.cells)


def read(path):
    """The code cells of a notebook file, and what is odd about it; never an error."""
    cells, notes, digest = cells_in(path)
    return Submission(code(cells), notes, digest)


def cells_in(path):
    """(all cells of a notebook file as they stand there, notes, SHA-256); never an error.

    A cell may be of any type and hold anything: see `source_of`.
    """
    try:
        data = _bytes(path)
    except OSError as error:
        if error.errno == errno.ELOOP:
            return [], ["The file is a symbolic link, which is not followed."], ""
        return [], [f"The file can't be read ({error.strerror or error})."], ""
    return *cells_of(data), hashlib.sha256(data).hexdigest()


def _bytes(path):
    there = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(there, "rb") as file:
        status = os.fstat(there)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is not an ordinary file")
        if status.st_size > LARGEST:
            raise OSError(errno.EFBIG, f"it is larger than {LARGEST // 10**6} MB")
        return file.read(LARGEST)


def cells_of(data):
    """(all cells as they stand there, list of notes) of a notebook's bytes."""
    again = "Open it in JupyterLab, save it, and hand it in again."
    if not data.strip(b"\x00 \t\r\n"):
        return [], ["The file is empty. Hand in the notebook itself."]
    notes = []
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text, notes = data.decode("utf-16", errors="replace"), ["The file is in UTF-16."]
    else:
        text = data.decode("utf-8-sig", errors="replace")
        if "\ufffd" in text:
            notes.append("The file is not all UTF-8: characters that can't be read were replaced.")
    try:
        tree = json.loads(text)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) - 1 or "Unterminated" in error.msg
        how = "is cut off" if cut else "is no notebook"
        return [], [*notes, f"The file {how} (line {error.lineno}: {error.msg}). {again}"]
    except (RecursionError, ValueError):
        return [], [*notes, f"The file is no notebook. {again}"]
    if not isinstance(tree, dict):
        return [], [*notes, f"The file is no notebook. {again}"]
    cells = tree.get("cells")
    if not isinstance(cells, list) and isinstance(tree.get("worksheets"), list):
        notes.append("The notebook is in an old format (3); its cells were read all the same.")
        sheets = [sheet for sheet in tree["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for s in sheets if isinstance(s.get("cells"), list) for cell in s["cells"]]
    if not isinstance(cells, list):
        return [], [*notes, f"The file has no cells. {again}"]
    if len(cells) > MOST_CELLS:
        notes.append(f"Of {len(cells)} cells the first {MOST_CELLS} were read.")
        cells = cells[:MOST_CELLS]
    language = _language(tree)
    if language not in ("", "python"):
        notes.append("The notebook says that it is not in Python; it was read as Python.")
    return cells, notes


def code(cells):
    """The code cells among all cells of a file, as `Cell`."""
    return [cell for place, raw in enumerate(cells, 1) if (cell := _cell(place, raw))]


def _language(tree):
    found = tree.get("metadata")
    for key in ("kernelspec", "language"):
        found = found.get(key) if isinstance(found, dict) else ""
    return found.lower() if isinstance(found, str) else ""


def _cell(place, raw):
    if not isinstance(raw, dict) or raw.get("cell_type") != "code":
        return None
    source, name = source_of(raw), raw.get("id")
    return (
        Cell(place, name if isinstance(name, str) else "", source)
        if isinstance(source, str)
        else None
    )


def source_of(raw):
    """The source of a cell, which is text where nothing is odd about the cell."""
    source = raw.get("source", raw.get("input", ""))
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    return source


# --- the released lab ---------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Step:
    """Run a cell, or judge a question (`question` is its name, `cell` then None)."""

    cell: Cell | None
    question: str = ""


class Released:
    """The lab as it was given out: which of its cells are training, which are checks.

    Args:
        path: of the lab's notebook, the course's own.
    """

    CHECK = re.compile(r"""^[ \t]*lab\.check\([ \t]*["'](\w+)["']""", re.M)

    def __init__(self, path):
        notebook = json.loads(Path(path).read_text())
        self.experiments, self.checks, self.ids = set(), set(), {}
        for raw in notebook["cells"]:
            if raw["cell_type"] != "code":
                continue
            source = plain("".join(raw["source"]))
            if "experiment" in raw["metadata"].get("tags", ()):
                self.experiments.add(source)
                self.ids[raw["id"]] = source
            elif self.CHECK.match(source):
                self.checks.add(source)

    def plan(self, submission, questions):
        """The steps for a submission, in the order of its cells.

        Experiments are left out, as they were given or changed, unless they define an answer.
        A question is judged where its last check stands, and at the end where it has none.
        """
        defined = re.compile(
            rf"^(?:def|class|async def)?[ \t]*({'|'.join(map(re.escape, questions))})\b[ \t]*[(:=]",
            re.M,
        )
        last = {
            name: cell.place
            for cell in submission.cells
            for name in self.CHECK.findall(cell.source)
        }
        steps = []
        for cell in submission.cells:
            source = plain(cell.source)
            experiment = source in self.experiments or cell.id in self.ids
            if (
                source
                and source not in self.checks
                and not (experiment and not defined.search(source))
            ):
                steps.append(Step(cell))
            here = [name for name in questions if last.get(name) == cell.place]
            steps += [Step(None, name) for name in here]
        return [*steps, *(Step(None, name) for name in questions if name not in last)]


def plain(source):
    """Source without the differences that editors make."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


# --- a folder of submissions --------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class HandedIn:
    """A student's name and notebook; without one, `path` is None and `notes` say why."""

    student: str
    path: Path | None
    notes: tuple = ()


def collect(folder, lab):
    """What each student has handed in: one file, or one folder with a notebook in it, for each.

    Of several notebooks in a student's folder the one whose name is most like the lab's counts, of
    equals the latest by name. Links and what can't be read are passed over.

    Returns:
        list of `HandedIn`, in the order of the names.
    """
    found = []
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name.startswith(".") or entry.name in SKIPPED_FOLDERS:
            continue
        if entry.is_dir(follow_symlinks=False):
            notebooks = sorted(_notebooks(entry.path))
            if not notebooks:
                note = "There is no notebook in the folder. Hand in the .ipynb file."
                found.append(HandedIn(entry.name, None, (note,)))
                continue
            best = max(notebooks, key=lambda path: (likeness(path.stem, lab), path.name))
            names = ", ".join(str(path.relative_to(entry.path)) for path in notebooks)
            notes = (f"Of several notebooks ({names}) {best.name} was graded.",)
            found.append(HandedIn(entry.name, best, notes if len(notebooks) > 1 else ()))
        elif entry.name.endswith(".ipynb"):
            found.append(HandedIn(entry.name.removesuffix(".ipynb"), Path(entry.path)))
    return found


def _notebooks(folder):
    for place, folders, files in os.walk(folder):
        folders[:] = [f for f in folders if f not in SKIPPED_FOLDERS and not f.startswith(".")]
        for name in files:
            path = Path(place, name)
            if name.endswith(".ipynb") and not name.startswith(".") and not path.is_symlink():
                yield path


def likeness(name, lab):
    """How much a file's name says that it is this lab, from 0 to 3."""
    name = name.lower()
    number = re.match(r"lab(\d+)", lab)[1] if re.match(r"lab(\d+)", lab) else "-"
    if name == lab:
        return 3
    if lab in name:
        return 2
    return 1 if re.search(rf"lab[\s_-]*0*{number}(?!\d)", name) else 0
