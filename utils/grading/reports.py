"""What teachers and students get, written from the records of a graded class alone.

    grades.csv           Canvas: Gradebook, Import
    grades_moodle.csv    Moodle: the assignment, Upload grading worksheet
    feedback.zip         the feedback pages, by the names under which both take them back
    students/NAME/results.json     Gradescope's format for autograders
    students/NAME/feedback.html    what the student gets back
    answers/NAME.html    for teachers: each answer's code beside its verdict and the lab's own
    summary.html         the class
    changes.csv          what a teacher has changed, see `adjust`

Every text in a record may come from a submission. It is made readable once (`_readable`), and
escaped where it is written: by jinja2 in pages, and in `gradebooks`.
"""

import base64
import dataclasses
import functools
import hashlib
import io
import json
import math
import re
import statistics
import zipfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from utils import ROOT
from utils.checks import questions_of
from utils.grading import adjust, alike, gradebooks, submissions
from utils.grading.folder import as_json, safe_name, write_whole
from utils.grading.gradebooks import STAMP, for_student, origin, unsafe
from utils.grading.judge import UNREAD, readable
from utils.grading.records import Record

PAGES = Path(__file__).parent / "pages"
OURS = ("results.json", "feedback.html")  # in each student's folder
STATES = {"right": "right", "wrong": "not right yet", "unanswered": "not answered yet"}
WORDS = STATES | {"judged": "judged by your teacher"}
MOST = 5  # mistakes of a question that the summary shows


def write(out, lab, records, questions):
    """Write all reports, and remove those of students who are in the records no longer.

    Args:
        out: folder of results, where `folder.grade` has written, and perhaps a teacher.
        lab: str, the lab's name.
        records: list of `Record`, with `student` and `file`.
        questions: the lab's `checks.Questions`.

    Returns:
        the `Class`, whose records have the teacher's changes.

    Raises:
        OSError: a file can't be written.
        adjust.Unreadable: a teacher's file holds what is no change.
    """
    out = Path(out)
    records = sorted(records, key=lambda record: (record.student, as_json(record.plain())))
    places = _places(records)
    late = adjust.late_in(out / "late.json")
    rows = adjust.rows_in(out / "adjust.csv")
    records, changes, lost = adjust.applied(records, rows, late, questions)
    records = [_readable(record) for record in records]
    klass = Class(records, questions, lost, late.rule if late else "")
    for place, record in zip(places, records, strict=True):
        folder = out / "students" / place
        write_whole(folder / "results.json", as_json(gradebooks.gradescope(record)))
        write_whole(folder / "feedback.html", feedback_page(lab, record))
        write_whole(out / "answers" / f"{place}.html", answers_page(lab, record, klass))
    _remove_others(out, places)
    write_whole(out / "grades.csv", gradebooks.canvas(lab, records, questions))
    write_whole(out / "grades_moodle.csv", gradebooks.moodle(records, questions))
    write_whole(out / "changes.csv", gradebooks.changes(changes))
    write_whole(out / "summary.html", summary_page(lab, klass, places))
    _write_zip(out / "feedback.zip", places, records, out / "students")
    return klass


def show(lab, found):
    """Print a `Class` to the terminal: a row a question, and what a teacher should look at."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    table = Table(title=f"{title_of(lab)}: the class", title_justify="left")
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
    lines = [*filter(None, (found.told, found.rule, found.advice)), *found.lost]
    lines += [f"Please look at {found.names[i]}: {reason}" for i, reason in found.to_look_at]
    if unsafe(found.records):
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
    values = {"steps": next_steps(record), "read": not unread(record)}
    return _page_of("feedback.html", lab, record, **values)


def answers_page(lab, record, klass):
    """The HTML page for teachers: what was handed in, beside the verdicts and the lab's own code.

    Args:
        klass: the `Class` that the record is of.
    """
    return _page_of("answers.html", lab, record, solved=solved(lab), alike=klass.alike_to(record))


def _page_of(template, lab, record, **values):
    facts = {"title": title_of(lab), "record": record, "name": origin(record.student).name}
    facts |= {"unsafe": unsafe([record]), "words": WORDS, "lines_of": lines_of}
    facts |= {"for_student": for_student}
    return _pages().get_template(template).render(**facts | values)


@functools.cache
def title_of(lab):
    """The title of a lab as its notebook has it, such as "Lab 3: The variational autoencoder"."""
    path = ROOT / "labs" / f"{lab}.ipynb"
    if not path.is_file():
        return lab
    heading = "".join(json.loads(path.read_text())["cells"][0]["source"]).split("\n")[0]
    return heading.lstrip("# ")


@functools.cache
def solved(lab):
    """The course's own answers, a dict of question to source; empty where there is no solution."""
    path = ROOT / "solutions" / f"{lab}.ipynb"
    if not path.is_file():
        return {}
    own = submissions.read(path)
    marks = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.M)
    return {name: marks.sub("", own.answer(name)) for name in questions_of(lab)}


def lines_of(question):
    """Pairs of (label, text), as the box under a check shows them."""
    names = {
        "right": {"Verified": "verified"},
        "wrong": {"Expected": "expected", "Found": "found", "Likeliest slip": "slip"},
        "unanswered": {"Why": "found"},
        "judged": {},
    }[question.state]
    if question.state in ("wrong", "unanswered"):
        names = {"Follows from": "follows"} | names | {"To open": "hint"}
    names |= {"Your teacher": "comment"}
    return [
        (label, getattr(question, name)) for label, name in names.items() if getattr(question, name)
    ]


def next_steps(record):
    """What a student does now, in sentences."""
    missing = [q for q in record.questions if q.state in ("wrong", "unanswered")]
    missing = [question for question in missing if question.points < question.out_of]
    if not missing:
        return ["Nothing: every answer is right."]
    missing.sort(key=lambda question: bool(question.follows))  # those are mended last, or mended
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
    return all(q.found == UNREAD for q in record.questions if q.state != "judged")


# --- the class ----------------------------------------------------------------------------------


@dataclass
class Mistake:
    """A mistake of a question: what it is told by, what the first has found there, who made it.

    `by` holds the places of these submissions in the class, `source` is the code of the shortest.
    """

    slip: str
    found: str
    id: str = ""
    by: list = field(default_factory=list)
    source: str = ""

    @property
    def count(self):
        return len(self.by)


@dataclass
class Asked:
    """What a class has made of a question: numbers of submissions, mistakes by how common.

    Of the wrong ones `hidden` pass the check that students see, and `follow` use an earlier answer
    that is not right either: what is wrong in those is not counted as a mistake of this question.
    """

    number: int
    name: str
    title: str
    right: int = 0
    wrong: int = 0
    unanswered: int = 0
    hidden: int = 0
    follow: int = 0
    mistakes: list = field(default_factory=list)

    @property
    def all(self):
        return self.right + self.wrong + self.unanswered


class Class:
    """The records of a class, counted.

    Args:
        records: list of readable records.
        questions: the lab's `checks.Questions`.
        lost: list of sentences about a teacher's changes that fit nobody.
        rule: str, on late work.

    Attributes:
        names: what the students are called, in the order of the records.
        to_look_at: list of (place of a record, why).
    """

    def __init__(self, records, questions, lost=(), rule=""):
        self.records, self.lost, self.rule = records, list(lost), rule
        found = [origin(record.student) for record in records]
        times = Counter(who.name for who in found)
        self.names = [
            f"{who.name} ({number})" if times[who.name] > 1 and number else who.name
            for who, number in ((who, who.canvas or who.moodle) for who in found)
        ]
        self.read = [record for record in records if not unread(record)]
        self.questions = [self._asked(question) for question in questions.values()]
        self.files = defaultdict(list)
        for record, name in zip(records, self.names, strict=True):
            self.files[record.sha256].append(name)
        self.alike = alike.groups(records, questions.lab)
        self.to_look_at = [(i, why) for i, r in enumerate(records) for why in self._reasons(i, r)]

    def _asked(self, question):
        answers = [
            (place, answer)
            for place, record in enumerate(self.records)
            for answer in record.questions
            if answer.question == question.name and not unread(record)
        ]
        states = Counter(answer.state for _, answer in answers)
        asked = Asked(question.number, question.name, question.title)
        asked.right, asked.wrong, asked.unanswered = (states[state] for state in STATES)
        mistakes = {}
        for place, answer in answers:
            asked.follow += bool(answer.follows)
            asked.hidden += answer.state == "wrong" and answer.hidden
            if answer.state != "wrong" or answer.follows:
                continue
            # By its id; where a lab's mistakes have none, by what is said but for its numbers.
            slip = slip_of(answer)
            same = answer.mistake or re.sub(r"\d[\d.,]*", "0", slip)
            one = mistakes.setdefault(
                (answer.kind, same), Mistake(slip, answer.found, answer.mistake)
            )
            one.by.append(place)
            if answer.source and (not one.source or len(answer.source) < len(one.source)):
                one.source = answer.source
        asked.mistakes = sorted(mistakes.values(), key=lambda m: (-m.count, m.slip))
        return asked

    def _reasons(self, place, record):
        """Why a teacher should look at a submission."""
        yield from record.notes
        others = [name for name in self.files[record.sha256] if name != self.names[place]]
        if others and record.points:
            yield f"the same file to the last byte as {', '.join(others)}"

    def alike_to(self, record):
        """Whose answers are alike, in sentences: (question, other students)."""
        place = self.records.index(record)
        return [
            (name, [self.names[other] for other in places if other != place])
            for name, places in self.alike
            if place in places
        ]

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
        # What follows from an earlier question is gone over with that.
        own = {asked.name: asked.right + asked.follow for asked in self.questions}
        hardest = min(self.questions, key=lambda a: (own[a.name], a.number), default=None)
        if not self.read or hardest is None:
            return "There is nothing to go over yet."
        if all(asked.right == asked.all for asked in self.questions):
            return "Every submission has every answer right."
        told = (
            f"{hardest.title}: {hardest.right} of {hardest.all} have it right, {hardest.wrong} not "
            f"yet, {hardest.unanswered} gave no answer."
        )
        if hardest.follow:
            told += f" {hardest.follow} of these follow from an earlier question."
        if hardest.mistakes and hardest.mistakes[0].count > 1:
            mistake = hardest.mistakes[0]
            told += f" Commonest mistake ({mistake.count} of {hardest.wrong}): {mistake.slip}"
        elif hardest.mistakes:
            told += f" A mistake: {hardest.mistakes[0].slip}"
        also = [a for a in self.questions if a is not hardest and 2 * own[a.name] < a.all]
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
    for record in records:  # a teacher may have given more than all points, or less than none
        counts[min(max(int(record.points), 0) // wide, len(counts) - 1)] += 1
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


def summary_page(lab, found, places):
    """The HTML page about a `Class`; `places` are the names of the files about each student."""
    values = {"class": found, "histogram": histogram(found.read), "share": share, "most": MOST}
    values |= {"title": title_of(lab), "places": places, "solved": solved(lab), "words": WORDS}
    page = _pages().get_template("summary.html")
    return page.render(unsafe=unsafe(found.records), **values)


# --- files --------------------------------------------------------------------------------------


def highlighted(source):
    """Code as markup: what a submission holds is escaped, and marked by the names of its tokens."""
    import markupsafe
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    made = highlight(source, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))
    return markupsafe.Markup(made)


def with_code(text):
    """A sentence as markup, escaped; what stands between backticks becomes code."""
    import markupsafe

    escaped = str(markupsafe.escape(text))
    return markupsafe.Markup(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", escaped))


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
    pages.filters.update(code=highlighted, told=with_code)
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


def _remove_others(out, places):
    """Remove our files, and nothing else, of those who are gone."""
    for page in (out / "answers").glob("*.html"):
        if page.stem not in places and not page.is_symlink():
            page.unlink()
    students = out / "students"
    for folder in students.iterdir() if students.is_dir() else ():
        if folder.name in places or folder.is_symlink() or not folder.is_dir():
            continue
        for name in OURS:
            (folder / name).unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()
