"""Grades in the formats of others: Canvas and Moodle (CSV), Gradescope (JSON).

Two files of grades, because none suits both. Canvas asks about each column that it does not know,
and its row "Points Possible" would be a student without a name to Moodle; Moodle finds a student of
a download by the number in the folder's name, which only its worksheet takes, under headings that
Canvas would ask about. Points of each question stand in columns "... Current Points": Canvas passes
over those, as over the ones that it exports itself, and Moodle over all that it does not know.

Records come with readable text, see `reports`; what is written here is escaped here.
"""

import csv
import html
import io
import re
import unicodedata
from dataclasses import dataclass

STAMP = "graded without a jail"


# --- who has handed in --------------------------------------------------------------------------


@dataclass(frozen=True)
class Origin:
    """What the name of a downloaded submission tells; "" where it tells nothing.

    `canvas` is a user's ID, `moodle` a participant's number in the assignment, and `back` the name
    under which the platform takes a file of feedback back, to be followed by the file's own; `late`
    is whether Canvas says so.
    """

    name: str
    canvas: str = ""
    moodle: str = ""
    back: str = ""
    late: bool = False


# Both leave what would be mistaken for these parts out of names, and append what the student chose.
_CANVAS = re.compile(r"(?P<name>\w+?)(?P<late>_LATE)?_(?P<id>[0-9]+)_(?P<file>[0-9]+)_")
_MOODLE = re.compile(r"(?P<name>[^_/\\]+)_(?P<id>[0-9]+)_assignsubmission_[a-z]+(?:_|$)")


def origin(student):
    """The `Origin` of a student, by the name that Canvas or Moodle gave the file or folder."""
    if found := _MOODLE.match(student):
        folder = found[0].rstrip("_") + "_"
        return Origin(found["name"], moodle=found["id"], back=f"{folder}/")
    if found := _CANVAS.match(student):
        late = bool(found["late"])
        return Origin(found["name"], canvas=found["id"], back=found[0], late=late)
    return Origin(student)


def person(student):
    """Who has handed in: (Canvas ID, Moodle's number), or else the name, however it is encoded."""
    found = origin(student)
    if found.canvas or found.moodle:
        return found.canvas, found.moodle
    return unicodedata.normalize("NFC", student)


def turn(student):
    """When a file was handed in, among those of one person: larger is later; 0 where unknown.

    Canvas counts attachments in the files' names, and ends the name of a file that is handed in
    again in -1, -2, ...
    """
    counted = _CANVAS.match(student)
    if not counted:
        return 0, 0
    again = re.search(r"-([0-9]{1,3})$", student)
    return int(counted["file"]), int(again[1]) if again else 0


# --- grades -------------------------------------------------------------------------------------


def canvas(lab, records, questions):
    """The text of a CSV for Canvas; an ID is the user's where the name tells it."""
    info = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
    more = _further(records, questions)
    possible = max((record.out_of for record in records), default=questions.points)
    rows = [
        [*info, lab, *more],
        ["    Points Possible", *[""] * 4, possible, *["(read only)"] * len(more)],
    ]
    for record in records:
        found = origin(record.student)
        # Canvas takes each row with these words for the one above.
        name = found.name.replace("Points Possible", "Points-Possible")
        who = [_cell(name), found.canvas, "", "", ""]
        rows.append([*who, record.points, *_points(record, more)])
    return _csv(rows)


def moodle(records, questions):
    """The text of a CSV for Moodle, as its grading worksheet in English."""
    more = _further(records, questions)
    info = ("Identifier", "Full name", "Grade", "Maximum Grade", "Last modified (grade)")
    rows = [[*info, "Feedback comments", *more]]
    for record in records:
        found = origin(record.student)
        number = f"Participant {found.moodle}" if found.moodle else ""
        grade = (record.points, record.out_of)
        # Moodle takes feedback for HTML.
        lines = (html.escape(line) for line in overview(record).splitlines())
        who = [number, _cell(found.name), *grade, "", "<br>".join(lines)]
        rows.append([*who, *_points(record, more)])
    return _csv(rows)


def changes(rows):
    """The text of a CSV of what a teacher has changed, see `adjust.applied`."""
    head = ("student", "question", "points before", "points", "comment")
    return _csv([head, *([_cell(v) if isinstance(v, str) else v for v in row] for row in rows)])


_STAMPED, _ENDING = f"{STAMP} (Current Grade)", " Current Points"


def _further(records, questions):
    """Headings: the lab's questions, what a teacher has added, and the stamp where it is needed."""
    titles = dict.fromkeys(question.title for question in questions.values())
    titles |= dict.fromkeys(question.title for r in records for question in r.questions)
    return [_cell(title + _ENDING) for title in titles] + [_STAMPED] * unsafe(records)


def _points(record, headings):
    points = {_cell(q.title + _ENDING): q.points for q in record.questions}
    points[_STAMPED] = record.jail if unsafe([record]) else ""
    return [points.get(heading, "") for heading in headings]


def unsafe(records):
    """Whether one of these was graded without a jail."""
    return any(record.jail == "unsafe" for record in records)


def _cell(text):
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(tuple("=+-@\t\r＝＋－＠")) else text


def _csv(rows):
    made = io.StringIO()
    csv.writer(made, lineterminator="\n").writerows(rows)
    return made.getvalue()


# --- one student --------------------------------------------------------------------------------


def overview(record):
    """Points, notes, messages and cells of a record as plain text."""
    lines = [f"{STAMP.capitalize()}."] if unsafe([record]) else []
    lines += [f"{record.points} of {record.out_of} points."]
    lines += [for_student(note) for note in record.notes]
    for question in record.questions:
        message = question.message or f"{question.title}: {question.points} points."
        lines += ["", "\n".join(filter(None, (message, commented(question))))]
    if record.cells:
        lines += ["", "Cells that ended in an error:"]
        lines += [f"Cell {cell.cell}: {cell.error}" for cell in record.cells]
    return "\n".join(lines)


def gradescope(record):
    """A record as a results.json of Gradescope's autograders.

    https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format
    """
    head = [f"{STAMP.capitalize()}."] if unsafe([record]) else []
    head += [for_student(note) for note in record.notes]
    head += [f"Cell {cell.cell} ended with {cell.error}" for cell in record.cells]
    return {
        "score": record.points,
        "output": "\n".join(head),
        "output_format": "text",
        "visibility": "visible",
        "tests": [
            {
                **({"number": str(question.number)} if question.number else {}),
                "name": question.title,
                "name_format": "text",
                "score": question.points,
                "max_score": question.out_of,
                "status": "passed" if question.points >= question.out_of else "failed",
                "output": "\n".join(filter(None, (question.message, commented(question)))),
                "output_format": "text",
                "visibility": "visible",
                "tags": [question.mistake] if question.mistake else [],
            }
            for question in record.questions
        ],
        "extra_data": {key: getattr(record, key) for key in ("lab", "jail", "sha256")},
    }


def commented(question):
    """What a teacher says about a question, a line, or ""."""
    return f"Your teacher: {question.comment}" if question.comment else ""


def for_student(note):
    """A note of the judge without what it says to teachers."""
    told, _, teachers = note.partition("Teachers:")
    return told + ("Your teachers are asked to look at it." if teachers else "")
