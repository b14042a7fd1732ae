"""nbgrader with our judge: its release, gradebook, formgrader and feedback; no submission is run.

In the `nbgrader_config.py` of a course folder:

    from utils.grading.plugin import configure

    configure(get_config())

Stock nbgrader trusts a submission where it reads it, runs it and shows it. So three parts of it are
replaced: `Blanked` makes the lab as `course build` does, `Reader` takes nothing from a submission
but the source of its cells, and `Judged` stands in the place of `Execute`.
"""

import atexit
import functools
import html
import os
import re
import sys
import textwrap
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader import utils as nbgrader
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.plugins import FileNameCollectorPlugin
from nbgrader.preprocessors import ClearSolutions, Execute, NbGraderPreprocessor
from traitlets import Integer

from utils import ROOT
from utils.authoring.build import blank
from utils.grading import submissions
from utils.grading.folder import graded_by
from utils.grading.gradebooks import origin
from utils.grading.judge import SEED
from utils.grading.worker import Settings, Worker


def configure(config, seed=SEED):
    """Put our parts into nbgrader's configuration.

    Args:
        config: what `get_config()` gives in `nbgrader_config.py`.
        seed: int, 0 or more, of the numbers that answers are asked about; the default is public.
    """

    def replaced(preprocessors, stock, ours):
        return [ours if each is stock else each for each in preprocessors]

    release, grade = GenerateAssignment().preprocessors, Autograde().autograde_preprocessors
    config.GenerateAssignment.preprocessors = replaced(release, ClearSolutions, Blanked)
    config.Autograde.autograde_preprocessors = replaced(grade, Execute, Judged)
    config.Autograde.exporter_class = Reader
    config.Judged.seed = seed
    config.ZipCollectApp.collector_plugin = Collector
    # nbgrader starts a program of its environment by name, which nobody needs to have activated.
    os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))


def lab_of(resources):
    """The lab whose notebook nbgrader is at work on.

    Raises:
        ValueError: it is none of the course's.
    """
    lab = resources["nbgrader"]["notebook"]
    labs = sorted(path.stem for path in (ROOT / "labs").glob("*.ipynb"))
    if lab not in labs:
        raise ValueError(
            f"{lab}.ipynb is no lab of the course, and nothing else is graded with its judge. "
            f"Notebooks have to be named as the labs are: {', '.join(labs)}."
        )
    return lab


# --- generate_assignment ------------------------------------------------------------------------


class Blanked(NbGraderPreprocessor):
    """The lab as students get it: stubs, and no hidden tests and model answers.

    Stock nbgrader keeps text cells tagged `answer`, and its stubs do not name their question.
    """

    def preprocess(self, nb, resources):
        return blank(Path(lab_of(resources)), nb), resources


# --- zip_collect --------------------------------------------------------------------------------


class Collector(FileNameCollectorPlugin):
    """Whose notebook a file is, and of which lab: by the names that Canvas and Moodle give.

    A student's ID is the name there and the platform's number; elsewhere the file's name. Notebooks
    are known by the lab that they name themselves, as students rename files. Of several of one
    student the one is taken that `course grade` would take.
    """

    def collect(self, submitted_file):
        path = Path(submitted_file)
        if not submissions.NOTEBOOK.search(path.name):
            return None
        said = submissions.Released.NAME.findall(submissions.read(path).text)
        labs = [name for name in said if (ROOT / "labs" / f"{name}.ipynb").is_file()]
        folder = path.parent.parent if origin(path.parent.name).moodle else path.parent
        student = chosen(folder, labs[0]).get(path) if labs else None
        if student is None:
            return None
        who = origin(student)
        number = who.canvas or who.moodle
        return {"student_id": f"{who.name}-{number}" if number else who.name, "file_id": labs[0]}


@functools.cache
def chosen(folder, lab):
    """The notebooks of a folder that count, each with its student."""
    return {entry.path: entry.student for entry in submissions.collect(folder, lab)}


# --- autograde: reading -------------------------------------------------------------------------


class Reader(NotebookExporter):
    """Reads a submission as text, so that nothing in it can stop or deceive what comes after it."""

    def from_filename(self, filename, resources=None, **options):
        # nbgrader reads the submission, writes what came of it, and reads that again.
        if not self.parent._sanitizing:
            return super().from_filename(filename, resources, **options)
        names, path = resources["nbgrader"], Path(filename)
        lab = lab_of(resources)
        # nbgrader has copied what lies beside the notebook, and would hand it back with the
        # feedback. A link may lead to anybody's files.
        copied = Path(self.parent._format_dest(names["assignment"], names["student"]))
        for link in path.parent.rglob("*"):
            if link.is_symlink():
                (copied / link.relative_to(path.parent)).unlink(missing_ok=True)
        return self.from_notebook_node(rebuilt(path, lab), resources, **options)


def rebuilt(path, lab):
    """A submission as a new notebook: its sources, and metadata of the released lab.

    Outputs, attachments and metadata of the file are left behind. Text cells that are not the lab's
    own become plain text, since whoever looks at the notebook in formgrader would run their markup.
    """
    released = nbformat.read(ROOT / "labs" / f"{lab}.ipynb", as_version=4)
    texts = {submissions.plain(cell.source) for cell in released.cells}
    raw, notes, _ = submissions.cells_in(path)
    cells, ids = [], set()
    for each in raw:
        source = submissions.source_of(each) if isinstance(each, dict) else None
        if not isinstance(source, str):
            continue
        source = source.encode(errors="replace").decode()  # half characters have no UTF-8
        if each.get("cell_type") == "code":
            cell = nbformat.v4.new_code_cell(source)
        else:
            known = submissions.plain(source) in texts
            cell = nbformat.v4.new_markdown_cell(source if known else as_text(source))
        name = each.get("id")
        if isinstance(name, str) and re.fullmatch(r"[\w-]{1,64}", name, re.A) and name not in ids:
            cell.id = name
        ids.add(cell.id)
        cells.append(cell)
    mark(cells, released.cells)
    metadata = released.metadata | {"course": {"notes": notes}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def as_text(source):
    return f"<pre>{html.escape(source)}</pre>"


def mark(cells, released):
    """Give answers and checks their metadata; a check that is missing or edited is put in again.

    Args:
        cells: of the submission, changed in place.
        released: cells of the released lab.
    """
    for theirs in released:
        facts = theirs.metadata.get("nbgrader")
        if not facts:
            continue
        code = [cell for cell in cells if cell.cell_type == "code" and not cell.metadata]
        if facts.solution:
            begins = re.compile(rf"^(def|class)?[ \t]*{facts.grade_id}\b[ \t]*[(:=]", re.M)
            found = [cell for cell in code if begins.search(cell.source)]
        else:
            name, wanted = facts.grade_id.removeprefix("check_"), submissions.plain(theirs.source)
            found = [cell for cell in code if submissions.plain(cell.source) == wanted]
            if not found:
                calls = [name in submissions.Released.CHECK.findall(cell.source) for cell in cells]
                at = len(cells) - calls[::-1].index(True) if any(calls) else len(cells)
                found = [nbformat.v4.new_code_cell(theirs.source)]
                cells[at:at] = found
        for cell in found[-1:]:
            cell.metadata["nbgrader"] = facts


# --- autograde: judging -------------------------------------------------------------------------


class Judged(NbGraderPreprocessor):
    """In the place of `Execute`: the judge's verdict becomes the output of each check cell.

    nbgrader gives a check cell all its points where it has no error among its outputs, else none.
    Under the judge hidden tests are part of each question; lines of a check cell are not run.
    """

    seed = Integer(SEED, help="of the numbers that answers are asked about").tag(config=True)

    def preprocess(self, nb, resources):
        notes = nb.metadata.pop("course", {}).get("notes", [])
        code = [(place, c) for place, c in enumerate(nb.cells, 1) if c.cell_type == "code"]
        cells = [submissions.Cell(place, cell.id, cell.source) for place, cell in code]
        submission = submissions.Submission(cells, notes)
        record = graded_by(worker(lab_of(resources), self.seed), submission)
        results = {f"check_{result.question}": result for result in record.questions}
        errors = {failed.cell: failed.error for failed in record.cells}
        for place, cell in code:
            cell.outputs, cell.execution_count = [], None
            if nbgrader.is_grade(cell):
                cell.outputs = [output(results[cell.metadata.nbgrader.grade_id])]
            elif place in errors:
                cell.outputs = [failure(f"This cell ended with {errors[place]}")]
        if record.notes:
            told = as_text("\n".join(record.notes))
            nb.cells.insert(0, nbformat.v4.new_markdown_cell(told))
        self.log.info("%s of %s points", record.points, record.out_of)
        return nb, resources


def output(result):
    """The output that a check cell gets for a question's result."""
    if result.state == "right":
        text = "\n".join(wrapped(result.message))
        return nbformat.v4.new_output("stream", name="stdout", text=text)
    return failure(result.message)


def failure(message):
    """An output of nbgrader's kind "error", of plain lines and without a traceback."""
    lines = wrapped(message)
    return nbformat.v4.new_output("error", ename="Check", evalue=lines[0], traceback=lines)


def wrapped(message):
    """The lines of a message, none too long for the boxes in which nbgrader shows them."""
    options = {"width": 110, "subsequent_indent": "    ", "replace_whitespace": False}
    return [part for line in message.splitlines() for part in textwrap.wrap(line, **options)]


@functools.cache  # starting one takes seconds
def worker(lab, seed):
    """The `Worker` of a lab, which ends with this process."""
    started = Worker(Settings(lab, seed=seed))
    atexit.register(started.stop)
    return started
