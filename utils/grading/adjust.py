"""What a teacher adds to the judge's verdicts: points and comments, and what late work costs.

    adjust.csv    in the folder of results, written by the teacher: a row for each change
    late.json     deadline and penalty, kept from the options of `course grade`
    changes.csv   what came of both: points before and after, for each change

Records stay as the judge found them; every call reads these files again and changes copies.
"""

import csv
import dataclasses
import io
import json
import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from utils.grading.gradebooks import origin
from utils.grading.records import Answered

COLUMNS = (
    "student", "question", "points", "comment", "out_of", "extension", "handed_in", "mistake"
)  # fmt: skip
FOLLOWS = "follows"  # in the place of a mistake's id: what rests on an earlier question
LATE = "Late work"  # the title of the row that takes points off


class Unreadable(RuntimeError):
    """A line of a teacher's file can't be read; the message says which and why."""


@dataclass(frozen=True)
class Row:
    """A line of `adjust.csv`; None where a number or a time is not given.

    `points` of a question of the lab take the place of the judge's. Any other `question` is one
    more, such as a text answer: with `out_of` it counts for the whole class, without it the points
    are added, or taken off. `extension` is in days, `handed_in` the time that counts. With the id
    of a `mistake`, or the word `follows`, and no student, it is for all whose answer was told so,
    but for those with points of their own for this question.
    """

    line: int
    student: str
    question: str = ""
    points: float | None = None
    comment: str = ""
    out_of: float | None = None
    extension: float | None = None
    handed_in: datetime | None = None
    mistake: str = ""


@dataclass(frozen=True)
class Late:
    """What is late, and how many percent of the points each day costs that has begun."""

    deadline: datetime
    percent: float = 0.0

    @property
    def rule(self):
        cost = f"{self.percent:g} % of the points for each day begun" if self.percent else "no cost"
        return f"Deadline {self.deadline:%Y-%m-%d %H:%M}; late work: {cost}."


# --- reading ------------------------------------------------------------------------------------


def rows_in(path):
    """The `Row`s of a file, as spreadsheets write it (commas, semicolons, tabs); none without it.

    Raises:
        Unreadable: it has no such column, or a line that is no change.
    """
    path = Path(path)
    if not path.exists():
        return []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable(f"{path.name} is not in UTF-8: save it as CSV (UTF-8).") from None
    text = re.sub(r"\Asep=.\r?\n", "", text)  # as some spreadsheets begin
    first = text.split("\n", 1)[0]
    table = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count))
    head = [name.strip().lower().replace(" ", "_") for name in next(table, [])]
    unknown = [name for name in head if name not in COLUMNS]
    if "student" not in head or unknown:
        wrong = f"has a column '{unknown[0]}'" if unknown else "has no column 'student'"
        raise Unreadable(f"{path.name} {wrong}; its columns are {', '.join(COLUMNS)}.")
    rows = []
    for values in table:
        cells = {name: value.strip() for name, value in zip(head, values, strict=False)}
        if any(cells.values()):
            rows.append(_row(f"{path.name}, line {table.line_num}", table.line_num, cells))
    return rows


def _row(place, line, cells):
    if bool(cells["student"]) == bool(cells.get("mistake")):
        both = "is a student and a mistake; a mistake's row is for all who made it"
        wrong = both if cells["student"] else "the student is missing"
        raise Unreadable(f"{place}: {wrong}.")
    numbers = {}
    for name in ("points", "out_of", "extension"):
        text = cells.pop(name, "").replace(",", ".")
        try:
            numbers[name] = float(text) if text else None
        except ValueError:
            raise Unreadable(f"{place}: {name} is '{text}', no number.") from None
        if numbers[name] is not None and not math.isfinite(numbers[name]):
            raise Unreadable(f"{place}: {name} is '{text}', no number.")
    time = cells.pop("handed_in", "")
    row = Row(line, handed_in=time_of(time, place) if time else None, **cells, **numbers)
    if row.points is not None and not row.question:
        raise Unreadable(
            f"{place}: points of what? Give a question, or words such as 'Text answer'."
        )
    return row


def time_of(text, place):
    """A time such as 2027-03-01 23:59; a date alone is its end.

    Raises:
        Unreadable: it is none; `place` says where it stands.
    """
    try:
        whole = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable(f"{place}: '{text}' is no time; write 2027-03-01 23:59.") from None
    if whole.tzinfo:
        whole = whole.astimezone().replace(tzinfo=None)
    only_date = re.fullmatch(r"[\d-]+", text)
    return whole + timedelta(hours=23, minutes=59) if only_date else whole


def late_in(path):
    """The `Late` that a file keeps, or None."""
    path = Path(path)
    if not path.exists():
        return None
    kept = json.loads(path.read_text())
    return Late(datetime.fromisoformat(kept["deadline"]), kept["percent"])


def as_plain(late):
    """A `Late` as JSON takes it."""
    return {"deadline": late.deadline.isoformat(timespec="minutes"), "percent": late.percent}


# --- applying -----------------------------------------------------------------------------------


def applied(records, rows, late, questions):
    """Records with a teacher's changes.

    Args:
        records: list of `Record`.
        rows: list of `Row`.
        late: `Late` or None.
        questions: the lab's `checks.Questions`.

    Returns:
        (list of new `Record`s, list of (student, question, points before, after, comment), list of
        sentences about rows that fit nobody).

    Raises:
        Unreadable: points that a question can't have.
    """
    known = {str(q.number): name for name, q in questions.items()}
    known |= {f"question {q.number}": name for name, q in questions.items()}
    known |= {form: n for n, q in questions.items() for form in (n.lower(), q.title.lower())}
    rows = [
        dataclasses.replace(row, question=known.get(row.question.lower(), row.question))
        for row in rows
    ]
    for row in rows:
        most = questions[row.question].points if row.question in questions else math.inf
        if row.question in questions and row.points is not None and not 0 <= row.points <= most:
            raise Unreadable(
                f"adjust.csv, line {row.line}: {row.question} has 0 to {most:g} points, "
                f"not {row.points:g}."
            )
    further = {}  # questions beside the lab's, with what they are out of
    for row in rows:
        if row.question and row.question not in questions:
            further[row.question] = max(further.get(row.question, 0), row.out_of or 0)
    of_student, lost = _by_mistake(records, rows, questions)
    for row in rows:
        if row.mistake:
            continue
        fitting = [i for i, record in enumerate(records) if _is(row.student, record)]
        if len(fitting) == 1:
            of_student.setdefault(fitting[0], []).append(row)
        else:
            why = "several submissions fit" if fitting else "nobody has handed in as"
            lost.append(f"adjust.csv, line {row.line}: {why} '{row.student}'.")
    results, changes = [], []
    for i, record in enumerate(records):
        made, changed = _changed(record, of_student.get(i, []), further, late)
        results.append(made)
        changes += changed
    return results, changes, lost


def _by_mistake(records, rows, questions):
    """(rows of mistakes by the places of the records that they fit, sentences of those without)."""
    of_student, lost = {}, []
    for row in (row for row in rows if row.mistake):
        if row.question not in questions or row.points is None:
            raise Unreadable(
                f"adjust.csv, line {row.line}: a row for a mistake needs a question of the lab and "
                "its points."
            )
        fitting = [i for i, r in enumerate(records) if _made(row.mistake, row.question, r)]
        for i in fitting:
            of_student.setdefault(i, []).append(row)
        if not fitting:
            lost.append(
                f"adjust.csv, line {row.line}: nobody was told '{row.mistake}' in {row.question}."
            )
    return of_student, lost


def _made(mistake, name, record):
    wrong = [q for q in record.questions if q.question == name and q.state == "wrong"]
    return any(q.follows if mistake == FOLLOWS else q.mistake == mistake for q in wrong)


def _is(student, record):
    """Whether a teacher's word for a student is this one: name, number or name of the file."""

    def plain(text):
        return unicodedata.normalize("NFC", " ".join(text.split())).casefold()

    found = origin(record.student)
    names = (record.student, record.file, found.name, found.canvas, found.moodle)
    return plain(student) in {plain(name) for name in names if name}


def _changed(record, rows, further, late):
    """(a record with these rows, what has changed)."""
    by_name = {}
    own = {row.question for row in rows if row.student and row.points is not None}
    for row in rows:
        if row.student or row.question not in own:
            by_name.setdefault(row.question, []).append(row)
    asked = [*record.questions]
    for name, out_of in further.items():
        if out_of or name in by_name:
            waits = "" if name in by_name else "Not judged yet."
            asked.append(Answered(0, name, "judged", 0, out_of, comment=waits))
    changes = []
    for place, question in enumerate(asked):
        for row in by_name.get(question.question, ()):
            before = question.points
            points = before if row.points is None else _short(row.points)
            asked[place] = question = dataclasses.replace(
                question, points=points, comment=row.comment
            )
            changes.append((record.student, question.question, before, points, row.comment))
    remarks = [row.comment for row in by_name.get("", ()) if row.comment]
    total = sum(question.points for question in asked)
    days, said = _lateness(record, rows, late) if late else (0, "")
    if days:
        off = -min(max(total, 0), _short(total * late.percent * days / 100))
        asked.append(Answered(0, LATE, "judged", _short(off), 0, comment=f"{said} {late.rule}"))
        changes.append((record.student, LATE, 0, _short(off), said))
    return (
        dataclasses.replace(
            record,
            questions=asked,
            points=_short(sum(question.points for question in asked)),
            out_of=_short(sum(question.out_of for question in asked)),
            notes=[*record.notes, *(f"Your teacher: {remark}" for remark in remarks)],
        ),
        changes,
    )


def _lateness(record, rows, late):
    """(days late, begun ones whole, a sentence about it)."""
    extension = sum(row.extension or 0 for row in rows)
    stated = [row.handed_in for row in rows if row.handed_in]
    deadline = late.deadline + timedelta(days=extension)
    time = stated[-1] if stated else None
    if time is None and record.handed_in:
        time = datetime.fromisoformat(record.handed_in)
    days = max(0, math.ceil((time - deadline) / timedelta(days=1))) if time else 0
    found = origin(record.student)
    if found.canvas and not stated:  # Canvas knows: a file's own time may be that of unpacking
        days = max(days, 1 - int(extension)) if found.late else 0
    more = f", with an extension of {extension:g} days" if extension else ""
    many = "1 day" if days == 1 else f"{days} days"
    return max(days, 0), f"Handed in {many} late{more}."


def _short(number):
    """A number of points, whole where it is, else to hundredths."""
    return int(number) if float(number).is_integer() else round(float(number), 2)
