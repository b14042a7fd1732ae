"""What was handed in, as plain data: files of a folder, cells of a file, and what to do with each.

Nothing here trusts a file: it is read once, bounded, as JSON; its metadata are not looked at beyond
the format. Which cells are training, which are checks and where, follows from the released lab.
"""

import ast
import collections
import dataclasses
import errno
import functools
import hashlib
import json
import os
import re
import stat
from datetime import datetime
from pathlib import Path

from utils.grading.gradebooks import person, turn
from utils.notebooks.running import conflict_in

LARGEST = 50 * 10**6  # bytes of a notebook
MOST_CELLS = 2_000
# How files begin that are handed in under a notebook's name.
OTHER_FILES = {b"%pdf": "a PDF", b"pk\x03\x04": "a zip archive", b"<": "a web page"}
SKIPPED_FOLDERS = {".ipynb_checkpoints", "__MACOSX", ".git"}


@dataclasses.dataclass(frozen=True)
class Cell:
    """A cell of a notebook: its place among all cells (from 1), its id, source and kind."""

    place: int
    id: str
    source: str
    kind: str = "code"  # or "markdown", "raw"


@dataclasses.dataclass
class Submission:
    """A file as it was handed in."""

    cells: list
    notes: list  # what is odd about the file, in sentences for student and teacher
    sha256: str = ""

    @property
    def text(self):
        return "\n".join(cell.source for cell in self.cells if cell.kind == "code")

    def answer(self, name):
        """The source of the last code cell that may bind this name, or ""."""
        bind = binding(name)
        code = (cell.source for cell in reversed(self.cells) if cell.kind == "code")
        return next((source for source in code if bind.search(source)), "")


def read(path):
    """The cells of a notebook file, and what is odd about it; never an error."""
    cells, notes, digest = cells_in(path)
    return Submission(typed(cells), notes, digest)


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
    return *raw_cells(data), hashlib.sha256(data).hexdigest()


def _bytes(path):
    there = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(there, "rb") as file:
        status = os.fstat(there)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is not an ordinary file")
        if status.st_size > LARGEST:
            slip = "clear its outputs, save it, and hand it in again"
            raise OSError(errno.EFBIG, f"it is larger than {LARGEST // 10**6} MB: {slip}")
        return file.read(LARGEST)


def cells_of(data):
    """(list of `Cell`, list of notes) of a notebook's bytes."""
    cells, notes = raw_cells(data)
    return typed(cells), notes


def raw_cells(data):
    """(all cells as they stand there, list of notes) of a notebook's bytes."""
    again = (
        "JupyterLab can't open it either: put your answers into a new copy of the lab, and hand "
        "that in."
    )
    if not data.strip(b"\x00 \t\r\n"):
        return [], ["The file is empty. Hand in the notebook itself."]
    for start, kind in OTHER_FILES.items():
        if data.lstrip()[: len(start)].lower() == start and not data.lstrip().startswith(b"<<<<"):
            told = f"The file is {kind}, whatever its name says. Hand in the notebook itself"
            return [], [f"{told}, the .ipynb file that JupyterLab saves."]
    notes = []
    encoding = json.detect_encoding(data)
    text = data.decode(encoding, errors="replace")
    if not encoding.startswith("utf-8"):
        notes.append(f"The file is in {encoding.upper()}.")
    elif "\ufffd" in text:
        notes.append("The file is not all UTF-8: characters that can't be read were replaced.")
    try:
        tree = json.loads(text)
    except json.JSONDecodeError as error:
        if marks := conflict_in(text):
            return [], [*notes, f"The file is no notebook: {marks}. Hand in what is then there."]
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


def typed(cells):
    """The cells of a file that hold text, as `Cell`."""
    return [cell for place, raw in enumerate(cells, 1) if (cell := _cell(place, raw))]


def _language(tree):
    found = tree.get("metadata")
    for key in ("kernelspec", "language"):
        found = found.get(key) if isinstance(found, dict) else ""
    return found.lower() if isinstance(found, str) else ""


def _cell(place, raw):
    if not isinstance(raw, dict):
        return None
    kind = raw.get("cell_type")
    kind = kind if kind in ("code", "raw") else "markdown"
    source, name = source_of(raw), raw.get("id")
    return (
        Cell(place, name if isinstance(name, str) else "", source, kind)
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
    """The lab as it was given out: which of its cells are given, training, checks.

    Args:
        path: of the lab's notebook, the course's own.
    """

    CHECK = re.compile(r"""^[ \t]*lab\.check\([ \t]*["'](\w+)["']""", re.M)
    NAME = re.compile(r"""\bLab\([ \t]*["'](\w+)["']""")

    def __init__(self, path):
        self.path = Path(path)
        notebook = json.loads(Path(path).read_text())
        self.experiments, self.checks, self.ids = {}, set(), set()
        self.given = []  # neither answer nor check nor experiment: imports, settings, data
        self.places = {}  # of code cells, by id and by code; of answers by their question's name
        sources = ["".join(raw["source"]) for raw in notebook["cells"]]
        self.text, self.sources = "\n".join(sources), set(map(plain, sources))
        for place, raw in enumerate(notebook["cells"], 1):
            if raw["cell_type"] != "code":
                continue
            source = plain("".join(raw["source"]))
            self.places |= {raw["id"]: place, code_of(source): place}
            if "nbgrader" in raw["metadata"]:
                self.places[raw["metadata"]["nbgrader"].get("grade_id")] = place
            if "experiment" in raw["metadata"].get("tags", ()):
                self.experiments[code_of(source)] = set(map(str.strip, source.splitlines()))
                self.ids.add(raw["id"])
            elif self.CHECK.match(source):
                self.checks.add(code_of(source))
            elif "nbgrader" not in raw["metadata"] and not source.startswith("lab."):
                self.given.append(Cell(-place, raw["id"], source))

    def other(self, submission):
        """The name of the lab that a notebook is of, where it is not this one; or ""."""
        named = set(self.NAME.findall(submission.text))
        others = [name for name in sorted(named) if self.path.with_stem(name).is_file()]
        return others[0] if others and self.path.stem not in named else ""

    def written(self, submission):
        """The text cells of a notebook that are not the lab's own."""
        texts = (cell for cell in submission.cells if cell.kind != "code")
        return [cell for cell in texts if plain(cell.source) not in self.sources | {""}]

    def missing(self, submission):
        """The given cells that are not in a notebook; their places are below 0."""
        code = [cell for cell in submission.cells if cell.kind == "code"]
        ids, there = {cell.id for cell in code}, {code_of(cell.source) for cell in code}
        return [c for c in self.given if c.id not in ids and code_of(c.source) not in there]

    def _is_changed_experiment(self, cell, unique):
        """Whether it is an experiment with changes, by its id or by most of its lines."""
        if cell.id in self.ids and unique:
            return True
        lines = set(map(str.strip, plain(cell.source).splitlines()))
        return any(
            len(lines & given) >= 0.8 * max(len(given), len(lines)) and len(given) > 4
            for given in self.experiments.values()
        )

    def plan(self, submission, questions):
        """The steps for a submission, in the order of its cells.

        Given cells that are missing come before what follows them in the lab: what it gave is not
        the student's to lose. Experiments are left out, as they were given or changed, unless an
        answer was written into one. An id that several cells have says nothing. A question is
        judged where its last check stands, and at the end where it has none.
        """
        defined = {name: binding(name) for name in questions}
        code = [cell for cell in submission.cells if cell.kind == "code"]
        last = {name: cell.place for cell in code for name in self.CHECK.findall(cell.source)}
        times = collections.Counter(cell.id for cell in code)
        given = self.experiments.keys() | self.checks | {code_of("")}
        missing, steps = self.missing(submission), []
        for cell in code:
            source, is_code = plain(cell.source), code_of(cell.source)
            unique = times[cell.id] == 1
            if missing:
                names = [is_code, cell.id * unique, *self.CHECK.findall(source)]
                names += [name for name in questions if defined[name].search(source)]
                here = next((self.places[name] for name in names if name in self.places), 0)
                while missing and -missing[0].place < here:
                    steps.append(Step(missing.pop(0)))
            changed = self._is_changed_experiment(cell, unique)
            answered = changed and any(pattern.search(source) for pattern in defined.values())
            if is_code not in given and (answered or not changed):
                steps.append(Step(cell))
            here = [name for name in questions if last.get(name) == cell.place]
            steps += [Step(None, name) for name in here]
        steps += [Step(cell) for cell in missing]
        return [*steps, *(Step(None, name) for name in questions if name not in last)]


def binding(name):
    """A pattern that finds, in a cell's source, a line which may bind this name.

    It is made for sources that nobody trusts: no line takes it long.
    """
    name = re.escape(name)
    return re.compile(
        rf"^[ \t]*(?:(?:async[ \t]+)?def[ \t]+{name}\b|class[ \t]+{name}\b"
        rf"|(?:\w+[ \t]*,[ \t]*){{0,20}}{name}\b[ \t]*(?:,[\w, \t]*)?(?::[^=\n]*)?=(?!=)"
        rf"|(?:from[ \t][^\n]{{0,100}})?\bimport\b[^\n]{{0,200}}\b{name}\b)",
        re.M,
    )


def plain(source):
    """Source without the differences that editors make."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


LONGEST = 10_000  # characters of a cell that is compared as code; the lab's own are far shorter


@functools.lru_cache(10_000)
def code_of(source):
    """What code a cell is, as text: the same whatever comments and formatters have done to it."""
    source = plain(source)
    if len(source) > LONGEST:
        return source
    try:
        return ast.dump(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # magics of IPython, or no code
        lines = (line for line in source.splitlines() if not line.lstrip().startswith("#"))
        return "\n".join(lines)


def names_used(source):
    """The names that code reads, a set; empty where it is no Python."""
    try:
        tree = ast.parse(source[:LONGEST])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


# --- a folder of submissions --------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class HandedIn:
    """A student's name and notebook; without one, `path` is None and `notes` say why."""

    student: str
    path: Path | None
    notes: tuple = ()

    @property
    def time(self):
        """When the file was last changed, ISO 8601 to the minute, in local time; "" without one."""
        if not self.path or self.path.is_symlink():
            return ""
        changed = datetime.fromtimestamp(self.path.stat().st_mtime)
        return changed.isoformat(timespec="minutes")


NOTEBOOK = re.compile(r"\.ipynb(\.txt|\.json)?$", re.I)  # some browsers add an ending


def collect(folder, lab):
    """What each student has handed in: one file, or one folder with a notebook in it, for each.

    A student is the name of a file without its ending, or of a folder; `ada.ipynb` and `ada/` are
    of one student, as is all that Canvas or Moodle marks with one person's number. Of several
    notebooks one that can be read and is of this lab counts, of these the latest by Canvas' count,
    then the one whose name is most like the lab's, then the last by name. Whatever else lies there
    is named in a note, so that nobody gets lost; links are not followed. Hidden files and those of
    the system are passed over.

    Returns:
        list of `HandedIn`, in the order of the names: each person once.
    """
    persons = {}
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name.startswith(".") or entry.name in SKIPPED_FOLDERS:
            continue
        # A link to a notebook is kept: `read` says of it what it is.
        name = NOTEBOOK.sub("", entry.name)
        if entry.is_dir(follow_symlinks=False):
            notebooks = sorted(_notebooks(entry.path))
            note = "There is no notebook in the folder. Hand in the .ipynb file."
        elif name != entry.name:
            notebooks, note = [Path(entry.path)], ""
        else:
            name, notebooks = Path(entry.name).stem, []
            note = f"{entry.name} is no notebook. Hand in the .ipynb file."
        found, notes = persons.setdefault(person(name), ([], []))
        found += [(name, path) for path in notebooks]
        notes += [(name, entry.name, note)] if not notebooks else []
    chosen = [_chosen(*those, lab, folder) for those in persons.values()]
    return sorted(chosen, key=lambda each: each.student)


def _chosen(notebooks, others, lab, folder):
    """The `HandedIn` of a person.

    Args:
        notebooks: list of (student, path).
        others: list of (student, name, note) of what is no notebook.
    """
    if not notebooks:
        return HandedIn(others[0][0], None, tuple(note for _, _, note in others))
    student, best = notebooks[0]
    notes = []
    if len(notebooks) > 1:
        student, best = max(notebooks, key=lambda each: (
            _is_of(each[1], lab), turn(each[0]), likeness(each[1].stem, lab), each[1].name
        ))  # fmt: skip
        names = ", ".join(str(path.relative_to(folder)) for _, path in notebooks)
        notes.append(f"Of several notebooks ({names}) {best.relative_to(folder)} was graded.")
    # With one number of a person; files beside a notebook in a student's own folder are usual.
    if passed := [name for other, name, _ in others if other != student]:
        notes.append(f"Handed in as well, and passed over: {', '.join(passed)}.")
    return HandedIn(student, best, tuple(notes))


def _is_of(path, lab):
    """Whether a notebook can be read, and names this lab."""
    return lab in Released.NAME.findall(read(path).text)


def _notebooks(folder):
    for place, folders, files in os.walk(folder):
        folders[:] = [f for f in folders if f not in SKIPPED_FOLDERS and not f.startswith(".")]
        for name in files:
            path = Path(place, name)
            if NOTEBOOK.search(name) and not name.startswith(".") and not path.is_symlink():
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
