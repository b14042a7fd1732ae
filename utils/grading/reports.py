"""What teachers and students get, written from the records of a graded class alone.

    grades.csv           Canvas: Gradebook, Import
    grades_moodle.csv    Moodle: the assignment, Upload grading worksheet
    feedback.zip         the feedback pages, by the names under which both take them back
    students/NAME/results.json     Gradescope's format for autograders
    students/NAME/feedback.html    what the student gets back
    summary.html         the class

Every text in a record may come from a submission. It is made readable once (`_readable`), and
escaped where it is written: by jinja2 in pages, and in `gradebooks`.
"""

import base64
import dataclasses
import functools
import hashlib
import io
import math
import re
import statistics
import zipfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from utils.grading import gradebooks
from utils.grading.folder import as_json, safe_name, write_whole
from utils.grading.gradebooks import STAMP, for_student, origin, unsafe
from utils.grading.judge import UNREAD, readable
from utils.grading.records import Record

PAGES = Path(__file__).parent / "pages"
OURS = ("results.json", "feedback.html")  # in each student's folder
WORDS = {"right": "right", "wrong": "not right yet", "unanswered": "not answered yet"}
MOST = 5  # mistakes of a question that the summary shows


def write(out, lab, records, questions):
    """Write all reports, and remove those of students who are in the records no longer.

    Args:
        out: folder of results, where `folder.grade` has written.
        lab: str, the lab's name.
        records: list of `Record`, with `student` and `file`.
        questions: the lab's `checks.Questions`.

    Raises:
        OSError: a file can't be written.
    """
    out = Path(out)
    records = sorted(records, key=lambda record: (record.student, as_json(record.plain())))
    places = _places(records)
    records = [_readable(record) for record in records]
    for place, record in zip(places, records, strict=True):
        folder = out / "students" / place
        write_whole(folder / "results.json", as_json(gradebooks.gradescope(record)))
        write_whole(folder / "feedback.html", feedback_page(lab, record))
    _remove_others(out / "students", places)
    write_whole(out / "grades.csv", gradebooks.canvas(lab, records, questions))
    write_whole(out / "grades_moodle.csv", gradebooks.moodle(records, questions))
    write_whole(out / "summary.html", summary_page(lab, records, questions))
    _write_zip(out / "feedback.zip", places, records, out / "students")


def show(lab, records, questions):
    """Print the class to the terminal: a row a question, and what a teacher should look at."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    records = [_readable(record) for record in records]
    found, console = Class(records, questions), Console()
    table = Table(title=f"{lab}: the class", title_justify="left")
    for name in ("question", "right", "not right", "no answer"):
        table.add_column(name, justify="left" if name == "question" else "right", overflow="fold")
    table.add_column("commonest mistake", overflow="fold")
    for asked in found.questions:
        mistake = asked.mistakes[0] if asked.mistakes else None
        counts = (asked.right, asked.wrong, asked.unanswered)
        table.add_row(
            Text(asked.title),
            *(share(count, asked.all) for count in counts),
            Text(f"{mistake.count} x: {mistake.slip}" if mistake else ""),
        )
    console.print(table)
    lines = [found.told, found.advice]
    lines += [f"Please look at {student}: {reason}" for student, reason in found.to_look_at]
    if unsafe(records):
        lines.append(f"All this was {STAMP}.")
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


# --- records ------------------------------------------------------------------------------------


def _places(records):
    """The folder of each record, no two the same: names of students may be the same."""
    places = []
    for record in records:
        name, number = safe_name(record.student), 1
        place = name
        while place in places:
            number += 1
            place = f"{name}.{number}"
        places.append(place)
    return places


def _readable(value, most=4000):
    """A record in which no text moves a cursor, hides or turns text; names stand on one line."""
    if isinstance(value, Record):
        made = {name: _readable(item, most) for name, item in vars(value).items()}
        for name in ("student", "file"):
            made[name] = readable(" ".join(made[name].split()), 300)
        return Record(**made)
    if isinstance(value, str):
        return readable(value, most)
    if isinstance(value, list):
        return [_readable(item, most) for item in value]
    if dataclasses.is_dataclass(value):
        return type(value)(**{name: _readable(item, most) for name, item in vars(value).items()})
    return value


# --- one student --------------------------------------------------------------------------------


def feedback_page(lab, record):
    """The HTML page that a student gets back."""
    return (
        _pages()
        .get_template("feedback.html")
        .render(
            lab=lab,
            record=record,
            unsafe=unsafe([record]),
            steps=next_steps(record),
            words=WORDS,
            lines_of=lines_of,
            for_student=for_student,
        )
    )


def lines_of(question):
    """Pairs of (label, text), as the box under a check shows them."""
    names = {
        "right": {"Verified": "verified"},
        "wrong": {"Expected": "expected", "Found": "found", "Likeliest slip": "slip"},
        "unanswered": {"Why": "found"},
    }[question.state]
    if question.state != "right":
        names = names | {"To open": "hint"}
    return [
        (label, getattr(question, name)) for label, name in names.items() if getattr(question, name)
    ]


def next_steps(record):
    """What a student does now, in sentences."""
    missing = [question for question in record.questions if question.state != "right"]
    if not missing:
        return ["Nothing: every answer is right."]
    if unread(record):
        return ["No answer could be read. Do what is said about your file, and hand it in again."]
    steps = []
    if record.cells:
        steps.append(
            "Mend the cells that ended in an error: choose Kernel, Restart Kernel and Run All "
            "Cells in JupyterLab, and go to the first that stops. If none stops, the cell uses a "
            "package or a file of your machine that the course does not bring along."
        )
    steps.append(
        f"Go on with {missing[0].title}, since later questions may build on it: open "
        f"{missing[0].hint}, change your answer, run its cell and the check below."
    )
    if any(question.state == "wrong" for question in missing):
        steps.append(
            "Where the check in your notebook says right and this page does not: here your answer "
            "was asked with other numbers and sizes. Look for one that is fixed in it."
        )
    return steps


def unread(record):
    """Whether there was no notebook that could be read."""
    return all(question.found == UNREAD for question in record.questions)


# --- the class ----------------------------------------------------------------------------------


@dataclass
class Mistake:
    """A mistake that `count` submissions share, and what was found in the first of them."""

    slip: str
    found: str
    count: int


@dataclass
class Asked:
    """What a class has made of a question: numbers of submissions, mistakes by how common."""

    number: int
    title: str
    right: int = 0
    wrong: int = 0
    unanswered: int = 0
    mistakes: list = field(default_factory=list)

    @property
    def all(self):
        return self.right + self.wrong + self.unanswered


class Class:
    """The records of a class, counted.

    Args:
        records: list of readable records.
        questions: the lab's `checks.Questions`.
    """

    def __init__(self, records, questions):
        self.records = records
        self.read = [record for record in records if not unread(record)]
        self.questions = [self._asked(question) for question in questions.values()]
        self.files = defaultdict(list)
        for record in records:
            self.files[record.sha256].append(record.student)
        self.to_look_at = [(r.student, why) for r in records for why in self._reasons(r)]

    def _asked(self, question):
        answers = [q for r in self.read for q in r.questions if q.question == question.name]
        states = Counter(answer.state for answer in answers)
        asked = Asked(question.number, question.title, **{state: states[state] for state in WORDS})
        mistakes = {}
        for answer in answers:
            if answer.state == "wrong":
                new = Mistake(slip_of(answer), answer.found, 0)
                # By its id; where a lab's mistakes have none, by what is said but for its numbers.
                same = answer.mistake or re.sub(r"\d[\d.,]*", "0", new.slip)
                mistakes.setdefault((answer.kind, same), new).count += 1
        asked.mistakes = sorted(mistakes.values(), key=lambda m: (-m.count, m.slip))
        return asked

    def _reasons(self, record):
        """Why a teacher should look at a submission."""
        yield from record.notes
        same = [name for name in self.files[record.sha256] if name != record.student]
        if same and record.points:
            yield f"the same file to the last byte as {', '.join(same)}"

    @property
    def told(self):
        count, points = len(self.records), [record.points for record in self.read]
        told = f"{count} submission{'' if count == 1 else 's'}"
        if len(self.read) < count:
            told += f", {count - len(self.read)} of which could not be read"
        if not points:
            return f"{told}."
        return (
            f"{told}. Points: median {statistics.median(points):g}, mean "
            f"{statistics.fmean(points):.1f}, from {min(points):g} to {max(points):g}, of "
            f"{self.read[0].out_of:g}."
        )

    @property
    def advice(self):
        """Which question to go over with the class, and why."""
        hardest = min(self.questions, key=lambda asked: (asked.right, asked.number), default=None)
        if not self.read or hardest is None:
            return "There is nothing to go over yet."
        if hardest.right == hardest.all:
            return "Every submission has every answer right."
        told = (
            f"{hardest.title}: {hardest.right} of {hardest.all} have it right, {hardest.wrong} not "
            f"yet, {hardest.unanswered} gave no answer."
        )
        if hardest.mistakes:
            mistake = hardest.mistakes[0]
            told += f" Commonest mistake ({mistake.count} of {hardest.wrong}): {mistake.slip}"
        also = [a for a in self.questions if a is not hardest and 2 * a.right < a.all]
        also.sort(key=lambda asked: (asked.right, asked.number))
        if also:
            names = "; ".join(f"{asked.title} ({asked.right} right)" for asked in also)
            told += f" Less than half have these right as well: {names}."
        return told


def slip_of(answer):
    """What a mistake is counted by: its slip, and with errors of Python their kind."""
    return f"{answer.kind}. {answer.slip}" if answer.kind else answer.slip


def share(count, of):
    return f"{100 * count / of:.0f}\N{NO-BREAK SPACE}%" if of else "-"


def histogram(records):
    """Bars of points, in units of the picture, and their text alternative."""
    out_of = max((record.out_of for record in records), default=0)
    wide = max(1, math.ceil((out_of + 1) / 16))  # points that a bar holds
    counts = [0] * (int(out_of) // wide + 1)
    for record in records:
        counts[int(record.points) // wide] += 1
    step, unit = 340 / len(counts), 100 / max(*counts, 1)
    bars, told = [], []
    for index, count in enumerate(counts):
        first, last = index * wide, min(index * wide + wide - 1, int(out_of))
        height = round(count * unit, 1)
        bars.append(
            {
                "count": count,
                "first": first,
                "x": round(10 + index * step + 1, 1),
                "middle": round(10 + (index + 0.5) * step, 1),
                "y": round(120 - height, 1),
                "width": round(step - 2, 1),
                "height": height,
            }
        )
        if count:
            told.append(f"{first if wide == 1 else f'{first} to {last}'} points: {count}")
    axis = "points" if wide == 1 else f"points (a bar holds {wide}, from its number on)"
    told = f"How many submissions have how many points. {'; '.join(told) or 'None'}."
    return {"bars": bars, "axis": axis, "told": told}


def summary_page(lab, records, questions):
    """The HTML page about the class."""
    found = Class(records, questions)
    values = {"class": found, "histogram": histogram(found.read), "share": share, "most": MOST}
    page = _pages().get_template("summary.html")
    return page.render(lab=lab, unsafe=unsafe(records), **values)


# --- files --------------------------------------------------------------------------------------


@functools.cache
def _pages():
    import jinja2

    style = (PAGES / "style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    pages = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    pages.globals.update(style=style, style_hash=f"sha256-{digest}", stamp=STAMP)
    return pages


def _write_zip(path, places, records, students):
    """All feedback pages of submissions that Canvas or Moodle know, named as these ask for."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for place, record in zip(places, records, strict=True):
            back = origin(record.student).back
            if back:
                # A time of its own would make other bytes of the same records.
                entry = zipfile.ZipInfo(f"{back}feedback.html", (1980, 1, 1, 0, 0, 0))
                archive.writestr(entry, (students / place / "feedback.html").read_bytes())
    write_whole(path, made.getvalue())


def _remove_others(students, places):
    """Remove our files, and nothing else, from the folders of those who are gone."""
    for folder in students.iterdir() if students.is_dir() else ():
        if folder.name in places or folder.is_symlink() or not folder.is_dir():
            continue
        for name in OURS:
            (folder / name).unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()
