"""Reports: what gradebooks need stands in them, what a submission says stays text, bytes repeat."""

import base64
import csv
import hashlib
import html
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from utils import ROOT
from utils.checks import Questions
from utils.grading import adjust, alike, folder, gradebooks, reports
from utils.grading.judge import UNREAD
from utils.grading.records import Answered, FailedCell, Record, Written

LAB = "lab9_reports"
QUESTIONS = Questions(LAB)
for _number, _name, _points in ((1, "encode", 2), (2, "decode", 3), (3, "train", 5)):
    QUESTIONS.ask(_number, _name, points=_points)(None)

HOSTILE = [
    "<script>document.title = 'ran'</script>",
    "</style><style>*{display:none}</style>",
    "</title></head><body onload=alert(1)>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>more points</a>",
    '" onmouseover="alert(1)" x=\'',
    "{{ 7 * 7 }} {% include '/etc/passwd' %}",
    "<!-- --><![CDATA[ ]]>&amp;&lt;",
    '=HYPERLINK("http://example.org";"grade")',
    "+1-1",
    "@SUM(1)",
    "-2+3",
    "\t=1",
    "＝1+1",
    "\x1b[31mred\x1b[0m\x1b]8;;http://example.org\x07",
    "\u202eevil\u202c \u2066turned\u2069 \u061c",
    "zero\u200bwidth\ufeff\u00ad \U000e0041",
    "nul\x00 bell\x07 back\x08",
    "lone \ud800 and \udcff",
    "[red]markup[/red] [link=http://example.org]x[/link]",
    "a,b;c\"d'e\nf\r\ng\u2028h",
    "../../etc/passwd",
    "/",
    "..",
    "",
    "long " * 20_000,
]


def record(student, states="right right right", jail="bubblewrap", **more):
    """A record as the judge gives it, with states of its questions."""
    asked = []
    for question, state in zip(QUESTIONS.values(), states.split(), strict=True):
        texts = {}
        if state == "right":
            texts = {"verified": "the shape and the values"}
        if state == "wrong":
            texts = {"expected": "0.5", "found": "-0.5", "slip": "The sign is turned round."}
        asked.append(
            Answered(
                number=question.number,
                question=question.name,
                state=state,
                points=question.points if state == "right" else 0,
                out_of=question.points,
                message=f"{question.title}: {state}\n{texts.get('slip', '')}",
                hint=question.hint,
                **texts,
            )
        )
    facts = {
        "student": student,
        "file": f"{student}.ipynb",
        "lab": LAB,
        "jail": jail,
        "seed": 1,
        "sha256": hashlib.sha256(repr(student).encode()).hexdigest(),
        "points": sum(question.points for question in asked),
        "out_of": 10,
        "questions": asked,
    }
    return Record(**facts | more)


def unread(student):
    made = record(student, "unanswered unanswered unanswered", sha256="")
    for question in made.questions:
        question.found = UNREAD
    made.notes = ["The file is empty. Hand in the notebook itself."]
    return made


def hostile_records():
    """One for each text, which stands wherever a submission or its name can put text."""
    made = []
    for text in HOSTILE:
        one = record(text, "wrong unanswered right", file=text, notes=[text])
        one.cells = [FailedCell(3, text)]
        parts = ("message", "expected", "found", "slip", "verified", "kind", "source", "follows")
        texts = dict.fromkeys((*parts, "comment"), text)
        one.questions = [replace(question, **texts) for question in one.questions]
        one.texts = [Written(5, text)]
        made.append(one)
    return made


def class_of(records):
    return reports.Class([reports._readable(one) for one in records], QUESTIONS)


def write(out, records):
    reports.write(out, LAB, records, QUESTIONS)
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(Path(out).rglob("*"))
        if path.is_file()
    }


def rows(data):
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


class Page(HTMLParser):
    """Tags with attributes, and the text, as a browser would take them."""

    def __init__(self, data):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(data.decode())
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, text):
        self.texts.append(text)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


# --- grades -------------------------------------------------------------------------------------


def test_canvas_finds_its_columns(tmp_path):
    made = [record("doejane_LATE_1234_56789_lab-1", "right wrong right"), record("max")]
    header, possible, jane, other = rows(write(tmp_path, made)["grades.csv"])
    # As Canvas' importer reads a header: five columns on the person, the last of them Section.
    assert header[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    computed = re.compile("(Current|Final) (Score|Points|Grade)|Override")
    assert [name for name in header[5:] if not computed.search(name)] == [LAB]
    assert "Points Possible" in possible[0] and possible[5] == "10"
    assert jane == ["doejane", "1234", "", "", "", "7", "2", "0", "5"]
    assert other == ["max", "", "", "", "", "10", "2", "3", "5"]
    assert {len(row) for row in (header, possible, jane, other)} == {9}


def test_nobody_stands_in_for_the_points_possible(tmp_path):
    table = rows(write(tmp_path, [record("my Points Possible", "wrong wrong wrong")])["grades.csv"])
    assert ["Points Possible" in row[0] for row in table] == [False, True, False]


def test_moodle_finds_its_columns(tmp_path):
    made = [record("Jane Doe_321_assignsubmission_file", "right wrong right"), record("Max")]
    made[0].questions[1].message = "Found: a < b & c"
    header, jane, other = rows(write(tmp_path, made)["grades_moodle.csv"])
    jane, other = (dict(zip(header, row, strict=True)) for row in (jane, other))
    # Without one of these three Moodle refuses a worksheet.
    assert (jane["Identifier"], jane["Grade"]) == ("Participant 321", "7")
    assert "Last modified (grade)" in header
    assert jane["Full name"] == "Jane Doe" and jane["Maximum Grade"] == "10"
    assert "Found: a &lt; b &amp; c" in jane["Feedback comments"], "Moodle takes it for HTML"
    assert jane["Question 2, decode Current Points"] == "0"
    assert (other["Identifier"], other["Grade"]) == ("", "10")


@pytest.mark.parametrize(
    "student, name, canvas, moodle, back",
    [
        ("doejane_1234_56789_lab3", "doejane", "1234", "", "doejane_1234_56789_"),
        ("doejane_LATE_1234_56789_lab3-1", "doejane", "1234", "", "doejane_LATE_1234_56789_"),
        ("müllerjörg_12_34_x_99_98_y", "müllerjörg", "12", "", "müllerjörg_12_34_"),
        (
            *("Jane Mary O'Doe_77_assignsubmission_file_", "Jane Mary O'Doe", "", "77"),
            "Jane Mary O'Doe_77_assignsubmission_file_/",
        ),
        (
            *("Jane Doe_77_assignsubmission_file", "Jane Doe", "", "77"),
            "Jane Doe_77_assignsubmission_file_/",
        ),
        (
            *("Jane_77_assignsubmission_file_x_99_assignsubmission_file", "Jane", "", "77"),
            "Jane_77_assignsubmission_file_/",
        ),
        ("Participant_5_assignsubmission_file", "Participant", "", "5", None),
        ("Jane Doe", "Jane Doe", "", "", ""),
        ("lab3_vae", "lab3_vae", "", "", ""),
        ("jane_lab3_2027", "jane_lab3_2027", "", "", ""),
        ("../x_1_assignsubmission_file", "../x_1_assignsubmission_file", "", "", ""),
        ("", "", "", "", ""),
    ],
)
def test_names_of_downloads(student, name, canvas, moodle, back):
    found = gradebooks.origin(student)
    assert (found.name, found.canvas, found.moodle) == (name, canvas, moodle)
    assert back is None or found.back == back


def test_feedback_goes_back_under_the_names_that_platforms_gave(tmp_path):
    made = [
        record("doejane_1234_56789_lab3"),
        record("Max Roe_77_assignsubmission_file_"),
        record("Somebody"),
    ]
    files = write(tmp_path, made)
    with zipfile.ZipFile(tmp_path / "feedback.zip") as archive:
        names = set(archive.namelist())
        page = archive.read("doejane_1234_56789_feedback.html")
    assert names == {
        "doejane_1234_56789_feedback.html",
        "Max Roe_77_assignsubmission_file_/feedback.html",
    }
    assert page == files["students/doejane_1234_56789_lab3/feedback.html"]


def test_no_cell_is_a_formula(tmp_path):
    files = write(tmp_path, hostile_records())
    for name in ("grades.csv", "grades_moodle.csv"):
        table = rows(files[name])
        assert len(table) == len(HOSTILE) + (2 if name == "grades.csv" else 1)
        assert len({len(row) for row in table}) == 1, "a row has lost or won columns"
        for cell in (cell for row in table for cell in row):
            assert not re.match(r"[=+\-@\t\r＝＋－＠]", cell), cell
        assert files[name].count(b"\n") == len(table), "a cell goes over more than one line"


# --- one student --------------------------------------------------------------------------------


def test_gradescope_format(tmp_path):
    made = record("Ada", "right wrong unanswered", notes=["The file is in UTF-16."])
    made.questions[1].mistake = "negative"
    result = json.loads(write(tmp_path, [made])["students/Ada/results.json"])
    assert result["score"] == 2 and result["output_format"] == "text"
    assert "UTF-16" in result["output"]
    assert sum(test["score"] for test in result["tests"]) == result["score"]
    assert [test["status"] for test in result["tests"]] == ["passed", "failed", "failed"]
    assert [test["max_score"] for test in result["tests"]] == [2, 3, 5]
    assert [test["tags"] for test in result["tests"]] == [[], ["negative"], []]
    first = result["tests"][0]
    assert first["name"] == "Question 1, encode" and first["number"] == "1"
    assert first["output"] == made.questions[0].message
    allowed = {"score", "max_score", "status", "name", "name_format", "number", "output"}
    allowed |= {"output_format", "tags", "visibility", "extra_data"}
    for test in result["tests"]:
        assert set(test) <= allowed
        assert (test["output_format"], test["visibility"]) == ("text", "visible")
    # Students can get at it, and hidden checks draw from the seed.
    assert "seed" not in json.dumps(result)


def test_feedback_says_what_a_student_needs(tmp_path):
    made = record("Ada", "right wrong unanswered")
    made.notes = ["Question 2: the check ended. Teachers: please look at this answer."]
    made.cells = [FailedCell(7, "NameError: name 'keras' is not defined")]
    page = Page(write(tmp_path, [made])["students/Ada/feedback.html"])
    for words in (
        f"{LAB} 2 of 10 points for Ada",
        "Right (2 of 2 points). Verified the shape and the values",
        "Not right yet (0 of 3 points). Expected 0.5 Found -0.5",
        "Likeliest slip The sign is turned round. To open the hints under question 2",
        "Not answered yet (0 of 5 points). To open the hints under question 3",
        "7 NameError: name 'keras' is not defined",
        "the check ended. Your teachers are asked to look at it.",
        "Go on with Question 2, decode",
    ):
        assert words in page.text, words
    assert "please look" not in page.text
    headings = [tag for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == "h1" and headings.count("h1") == 1
    tags = [tag for tag, _ in page.tags]
    assert tags.count("main") == 1 and tags.count("header") == 1
    assert all(attributes.get("scope") for tag, attributes in page.tags if tag == "th")


@pytest.mark.parametrize(
    "made, words",
    [
        (record("Ada"), "Nothing: every answer is right."),
        (unread("Ada"), "No answer could be read."),
        (record("Ada", "right right unanswered"), "Go on with Question 3"),
    ],
)
def test_what_to_do_next(made, words):
    page = Page(reports.feedback_page(LAB, reports._readable(made)).encode())
    assert words in page.text
    assert ("other numbers and sizes" in page.text) == ("wrong" in str(made.questions))


# --- what a teacher adds --------------------------------------------------------------------------


ADJUST = """\
student;question;points;comment;out_of;extension;handed_in
Ada;2;1,5;half of it is right;;;
Max Roe;Text answer;3;well argued;4;;
77;Text answer;2;;4;;
doejane;;;see me;;;
Bob;train;5;accepted by hand;;2;
Bob;bonus;1;found an error in the lab;;;
Nobody;1;2;;;;
"""
CLASS = (
    record("Ada", "right wrong right", handed_in="2027-03-02T00:30"),
    record("doejane_LATE_12_3_a", handed_in="2027-02-01T00:00"),
    record("Max Roe_76_assignsubmission_file", "unanswered right right"),
    record("Zoë_77_assignsubmission_file"),
    record("Bob", "right right wrong", handed_in="2027-03-03T12:00"),
)


def write_adjusted(out, adjusted=ADJUST, percent=10):
    out.mkdir(exist_ok=True)
    (out / "adjust.csv").write_text(adjusted, encoding="utf-8-sig")
    late = {"deadline": "2027-03-01T23:59", "percent": percent}
    (out / "late.json").write_text(json.dumps(late))
    return write(out, [replace(one) for one in CLASS])


def test_adjustments_are_honoured_everywhere_and_at_every_call(tmp_path):
    files = write_adjusted(tmp_path)
    header, possible, *people = rows(files["grades.csv"])
    assert possible[5] == "14", "with the text answer"
    points = {row[0]: float(row[5]) for row in people}
    # Ada: 2 + 1.5 + 5, one day late; Jane: late by Canvas, one day; Bob: extended to the 3rd
    assert points == {"Ada": 7.65, "doejane": 9, "Max Roe": 11, "Zoë": 12, "Bob": 11}
    text = header.index("Text answer Current Points")
    assert [row[text] for row in people] == ["0", "0", "3", "2", "0"]
    ada, jane, bob = (
        Page(files[f"students/{name}/feedback.html"])
        for name in ("Ada", "doejane_LATE_12_3_a", "Bob")
    )
    assert "7.65 of 14 points" in ada.text and "half of it is right" in ada.text
    assert "Handed in 1 day late. Deadline 2027-03-01 23:59; late work: 10 %" in ada.text
    assert "Not judged yet." in ada.text and "see me" in jane.text
    assert "found an error in the lab" in bob.text and "Late work" not in bob.text
    changes = rows(files["changes.csv"])
    assert ["Ada", "decode", "0", "1.5", "half of it is right"] in changes
    page = Page(files["summary.html"]).text
    assert "adjust.csv, line 8: nobody has handed in as 'Nobody'." in page
    assert "late work: 10 %" in page
    assert files == write_adjusted(tmp_path), "the same files give the same bytes"
    result = json.loads(files["students/Bob/results.json"])
    assert result["score"] == 11 and result["tests"][2]["status"] == "passed"
    assert CLASS[4].points == 5, "records stay as the judge found them"


@pytest.mark.parametrize(
    "text, words",
    [
        ("name,points\nAda,1\n", "has a column 'name'"),
        ("question,points\n1,1\n", "no column 'student'"),
        ("student,question,points\nAda,1,many\n", "line 2: points is 'many', no number"),
        ("student,question,points\nAda,1,nan\n", "no number"),
        ("student,question,points\nAda,1,3\n", "line 2: encode has 0 to 2 points, not 3"),
        ("student,question,points\n,1,3\n", "line 2: the student is missing"),
        ("student,points\nAda,3\n", "points of what?"),
        ("student,question,points,mistake\nAda,1,1,mean\n", "is a student and a mistake"),
        ("student,question,points,mistake\n,essay,1,mean\n", "line 2: a row for a mistake needs"),
        ("student,handed_in\nAda,monday\n", "'monday' is no time; write 2027-03-01 23:59"),
    ],
)
def test_a_line_that_is_no_change_is_named_and_nothing_is_written(tmp_path, text, words):
    (tmp_path / "adjust.csv").write_text(text)
    with pytest.raises(adjust.Unreadable, match=re.escape(words)):
        write(tmp_path, [record("Ada")])
    assert [path.name for path in tmp_path.iterdir()] == ["adjust.csv"]


@pytest.mark.parametrize("separator, begins", [(",", ""), (";", "sep=;\r\n"), ("\t", "\ufeff")])
def test_adjustments_as_spreadsheets_write_them(tmp_path, separator, begins):
    """A decimal comma is quoted where commas separate."""
    points = '"1,5"' if separator == "," else "1,5"
    lines = (("Student", "Question", "Points"), ('"Diaz, Rosa"', "2", points))
    text = begins + "".join(separator.join(line) + "\r\n" for line in lines)
    (tmp_path / "adjust.csv").write_text(text, encoding="utf-8", newline="")
    (row,) = adjust.rows_in(tmp_path / "adjust.csv")
    assert (row.student, row.question, row.points) == ("Diaz, Rosa", "2", 1.5)


def test_a_mistake_can_earn_points_for_the_whole_class(tmp_path):
    """But for those with points of their own; a student whose mistake is another one has none."""

    def wrong(student, mistake, follows=""):
        made = record(student, "right wrong right")
        asked = replace(made.questions[1], mistake=mistake, follows=follows)
        return replace(made, questions=[made.questions[0], asked, made.questions[2]])

    (tmp_path / "adjust.csv").write_text(
        "student,question,points,comment,mistake\n,2,1.5,half,mean\nBob,2,0.5,copied,\n"
        "Fay,2,,see me,\n"
        ",decode,1,it follows,follows\n,decode,1,,upside_down\n"
    )
    made = [wrong(name, "mean") for name in ("Ada", "Bob", "Fay")]
    made += [wrong("Cy", "sign"), record("Di")]
    files = write(tmp_path, [*made, wrong("Eve", "sign", "Question 1, encode")])
    points = {row[0]: float(row[5]) for row in rows(files["grades.csv"])[2:]}
    assert points == {"Ada": 8.5, "Bob": 7.5, "Cy": 7, "Di": 10, "Eve": 8, "Fay": 8.5}
    page = Page(files["summary.html"])
    assert "line 6: nobody was told 'upside_down' in decode." in page.text
    assert "mean : Ada , Bob , Fay" in page.text, "the id that such a row needs is in the summary"


def test_a_row_that_fits_two_is_left_out(tmp_path):
    (tmp_path / "adjust.csv").write_text("student,question,points\ndoejane,1,0\n")
    files = write(tmp_path, [record("doejane_1_2_a"), record("doejane_3_4_a")])
    assert "several submissions fit 'doejane'" in files["summary.html"].decode().replace(
        "&#39;", "'"
    )
    assert [row[5] for row in rows(files["grades.csv"])[2:]] == ["10", "10"]


@pytest.mark.parametrize("hours, days", [(0, 0), (-5, 0), (0.1, 1), (24, 1), (24.1, 2), (240, 10)])
def test_days_late(hours, days):
    late = adjust.Late(datetime(2027, 3, 1, 12), 15)
    time = late.deadline + timedelta(hours=hours)
    made = record("Ada", handed_in=time.isoformat(timespec="minutes"))
    (found,), _, _ = adjust.applied([made], [], late, QUESTIONS)
    assert found.points == max(0, 10 - 1.5 * days)


# --- what teachers see of answers -----------------------------------------------------------------

LONG = """
def train(model, data, epochs):
    \"\"\"Trains.\"\"\"
    history = []
    for epoch in range(epochs):
        for batch in data:
            loss = model.step(batch, rate=0.1)
            history.append(float(loss) / len(batch))
        print(epoch, sum(history) / len(history))
    return [value for value in history if value > 0]
"""


def with_sources(student, source, states="right right wrong"):
    made = record(student, states)
    made.questions[2] = replace(made.questions[2], source=source)
    return made


def test_answers_stand_beside_their_verdicts(tmp_path):
    page = Page(write(tmp_path, [with_sources("Ada", LONG)])["answers/Ada.html"])
    assert "".join(LONG.split()) in "".join(page.text.split())
    assert "The sign is turned round." in page.text
    assert {"class": "k"} in [found for tag, found in page.tags if tag == "span"]


def test_who_made_a_mistake_is_linked_with_an_example(tmp_path):
    made = [with_sources("Ada", LONG), with_sources("Bob", "def train(): pass")]
    made.append(record("Cy", "right wrong wrong"))
    made[2].questions[2].follows = "Question 2, decode"
    data = write(tmp_path, made)["summary.html"]
    page = Page(data)
    assert "2 submissions: The sign is turned round. Ada , Bob An example" in page.text
    assert "def train (): pass" in page.text, "the shortest stands as an example"
    assert "In 1 submission it uses an earlier answer that is not right" in page.text
    links = [found["href"] for tag, found in page.tags if tag == "a"]
    assert "answers/Bob.html" in links and "answers/Bob.html#question-3" in links
    assert Page(reports.feedback_page(LAB, made[2]).encode()).text.count("Follows from") == 1


def test_what_follows_from_an_earlier_question_is_not_gone_over():
    made = [record(f"student {i}", "right wrong wrong") for i in range(4)]
    for one in made:
        one.questions[2].follows = "Question 2, decode"
    assert class_of(made).advice.startswith("Question 2, decode: 0 of 4")
    assert "Question 3" not in class_of(made).advice


def test_alike_but_for_names_layout_and_comments():
    renamed = LONG.replace("epoch", "e").replace("batch", "b").replace("loss", "l")
    renamed = "# my own work\n" + renamed.replace("Trains.", "A loop.").replace(
        "len(b)", "len( b )"
    )
    other = LONG.replace("value > 0", "value < 0")
    made = [with_sources(name, source) for name, source in
            (("Ada", LONG), ("Bob", renamed), ("Cy", other), ("Di", "def train(): pass"),
             ("Ed", "def train(): pass"), ("Flo", "no python ("))]  # fmt: skip
    assert alike.groups(made, LAB) == [("train", [0, 1])]
    assert class_of(made).alike_to(made[1]) == [("train", ["Ada"])]
    everybody = [with_sources(f"student {i}", LONG) for i in range(20)]
    assert not alike.groups(everybody, LAB), "what all write alike is the usual answer"


def test_solutions_are_not_alike():
    source = reports.solved("lab3_vae")["VAE"]
    assert alike.fingerprint(source)
    made = [with_sources("Ada", source), with_sources("Bob", source)]
    assert alike.groups(made, LAB) and not alike.groups(made, "lab3_vae")


# --- what a submission says stays text ------------------------------------------------------------


def words(text):
    return set(text.split())


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    return write(tmp_path_factory.mktemp("hostile"), hostile_records())


def test_markup_of_submissions_is_text(hostile):
    tags = words(
        "a article b bdi body code dd details div dl dt h1 h2 h3 head header html li line main "
        "meta ol p pre rect section span style summary svg table tbody td text th thead title tr ul"
    )
    attributes = words(
        "aria-hidden aria-labelledby charset class content height href http-equiv id lang name "
        "preserveaspectratio role scope tabindex title viewbox width x x1 x2 y y1 y2"
    )
    pages = {name: data for name, data in hostile.items() if name.endswith(".html")}
    assert len(pages) == 2 * len(HOSTILE) + 1
    link = re.compile(r"(answers/[\w.-]+\.html|\.\./summary\.html)?(#[\w-]+)?", re.A)
    for name, data in pages.items():
        page = Page(data)
        assert {tag for tag, _ in page.tags} <= tags, name
        assert {key for _, found in page.tags for key in found} <= attributes, name
        assert all(link.fullmatch(found.get("href", "")) for _, found in page.tags), name
        assert [tag for tag, _ in page.tags].count("style") == 1
    whole = Page(pages["summary.html"]).text
    for text in HOSTILE[:8]:
        assert " ".join(text.split()) in whole, "it should be shown as it is"


def test_content_policy_lets_nothing_in_but_our_style(hostile):
    for name, data in hostile.items():
        if not name.endswith(".html"):
            continue
        page = Page(data)
        (policy,) = (found["content"] for _, found in page.tags if found.get("http-equiv"))
        style = re.search("<style>(.*?)</style>", data.decode(), re.S)[1]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert policy == (
            f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        )
        assert "url(" not in style and "@import" not in style


def test_no_report_holds_what_hides_or_turns_text(hostile):
    unseen = re.compile(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
        "\ud800-\udfff\U000e0000-\U000e0fff]"
    )
    for name, data in hostile.items():
        if name.endswith((".html", ".csv", ".json")):
            assert not unseen.search(data.decode("utf-8")), name
            assert len(data) < 400_000, "one long text makes a long report"
        if name.endswith(".json"):
            assert not unseen.search(str(json.loads(data))), name


def test_no_name_leads_out_of_the_folder(hostile, tmp_path):
    out = tmp_path / "deep" / "out"
    files = write(out, hostile_records())
    folders = {Path(name).parts[1] for name in files if name.startswith("students/")}
    assert len(folders) == len(HOSTILE), "two students share a folder"
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in folders)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]


def test_equal_names_have_folders_of_their_own(tmp_path):
    # What a file system does not know as text comes here as "?" from several files.
    twins = [record("a?", "right right right"), record("a?", "wrong wrong wrong")]
    files = write(tmp_path, twins)
    found = sorted(
        json.loads(data)["score"] for name, data in files.items() if "results.json" in name
    )
    assert found == [0, 10]


def test_terminal_shows_markup_as_text(capsys):
    reports.show(LAB, class_of(hostile_records()))
    shown = capsys.readouterr().out
    assert "[red]markup[/red]" in shown and "<script>" in shown
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u200b]", shown)


# --- the class ----------------------------------------------------------------------------------


@pytest.fixture
def klass():
    """Ten submissions: question 2 is the hardest, and one mistake in it the commonest."""
    made = [record(f"student {i}", "right wrong right") for i in range(5)]
    made += [record(f"student {i}", "right right wrong") for i in range(5, 8)]
    for one, slip in zip(made, ("Sum over 3 axes.", "Sum over 28 axes.", "", "", ""), strict=False):
        one.questions[1].slip = slip or one.questions[1].slip
    failed = {"kind": "ValueError", "found": "ValueError: shapes", "slip": "Print the shapes."}
    made[7].questions[2] = replace(made[7].questions[2], **failed)
    return [*made, unread("student 8"), record("student 9", "right unanswered unanswered")]


def test_summary_counts(klass):
    found = class_of(klass)
    counts = [(asked.right, asked.wrong, asked.unanswered) for asked in found.questions]
    assert counts == [(9, 0, 0), (3, 5, 1), (5, 3, 1)], "what could not be read counts nowhere"
    assert [(m.count, m.slip) for m in found.questions[1].mistakes] == [
        (3, "The sign is turned round."),
        (2, "Sum over 3 axes."),
    ]
    assert [m.slip for m in found.questions[2].mistakes][-1] == "ValueError. Print the shapes."
    assert found.questions[1].mistakes[0].found == "-0.5"
    assert found.advice.startswith("Question 2, decode: 3 of 9 have it right")
    assert "(3 of 5): The sign is turned round." in found.advice
    assert found.told.startswith("10 submissions, 1 of which could not be read. Points: median 7")


def test_summary_page_and_terminal_say_the_same(klass, tmp_path, capsys):
    page = Page(write(tmp_path, klass)["summary.html"])
    reports.show(LAB, class_of(klass))
    shown = " ".join(capsys.readouterr().out.split())
    for words in ("Question 2, decode: 3 of 9 have it right", "median 7"):
        assert words in page.text and words in shown, words
    assert "student 8 The file is empty." in page.text
    assert "Please look at student 8: The file is empty." in shown
    assert "3 submissions: The sign is turned round." in page.text
    assert "33 %" in shown and "3 (33 %)" in page.text
    assert "7 points: 5" in page.text, "the histogram's text alternative"


@pytest.mark.parametrize("out_of", [1, 7, 15, 16, 40, 100])
def test_histogram_holds_everybody(out_of):
    points = [0, out_of, out_of // 2, out_of]
    records = [record("Ada", points=p, out_of=out_of) for p in points]
    bars = reports.histogram(records)["bars"]
    assert sum(bar["count"] for bar in bars) == 4 and len(bars) <= 16
    assert all(bar["y"] >= 20 and bar["x"] + bar["width"] <= 350 for bar in bars)


def test_teachers_see_what_is_odd():
    made = [
        record("doejane_1_2_a", sha256="equal"),
        record("roemax_3_4_a", sha256="equal"),
        record("doejane_1_5_b", notes=["Teachers: please look."]),
        record("blank 1", "unanswered unanswered unanswered", sha256="released"),
        record("blank 2", "unanswered unanswered unanswered", sha256="released"),
    ]
    found = class_of(made)
    reasons = [(found.names[i], reason.split(":")[0]) for i, reason in found.to_look_at]
    assert reasons == [
        ("doejane (1)", "the same file to the last byte as roemax"),
        ("roemax", "the same file to the last byte as doejane (1)"),
        ("doejane (1)", "Teachers"),
    ]


def test_small_classes():
    empty = class_of([])
    assert (empty.told, empty.advice) == ("0 submissions.", "There is nothing to go over yet.")
    full = class_of([record("Ada")])
    assert full.advice == "Every submission has every answer right."
    none = class_of([unread("Ada")])
    assert none.told == "1 submission, 1 of which could not be read."
    for made in ([], [unread("Ada")]):
        page = reports.summary_page(LAB, class_of(made), ["Ada"] * len(made))
        assert "No submission could be read." in page


def test_every_report_is_stamped_where_there_was_no_jail(tmp_path, capsys):
    safe, unsafe = record("Ada"), record("Bob", jail="unsafe")
    files = write(tmp_path / "unsafe", [safe, unsafe])
    stamp = "raded without a jail"
    for name in ("grades.csv", "grades_moodle.csv", "summary.html"):
        assert stamp in files[name].decode(), name
    for name in reports.OURS:
        assert stamp in files[f"students/Bob/{name}"].decode()
        assert stamp not in files[f"students/Ada/{name}"].decode()
    header, *people = rows(files["grades_moodle.csv"])
    assert [row[header.index("graded without a jail (Current Grade)")] for row in people] == [
        "",
        "unsafe",
    ]
    reports.show(LAB, class_of([unsafe]))
    assert stamp in capsys.readouterr().out
    clean = b"".join(write(tmp_path / "safe", [safe]).values())
    assert stamp.encode() not in clean


# --- files --------------------------------------------------------------------------------------


def test_same_records_same_bytes(hostile, klass, tmp_path):
    first = write(tmp_path / "first", klass)
    assert first == write(tmp_path / "first", klass) == write(tmp_path / "other", klass[::-1])
    assert hostile == write(tmp_path / "hostile", hostile_records())
    assert all(b"\r" not in data for name, data in first.items() if not name.endswith(".zip"))


def test_reports_of_the_gone_are_removed_and_nothing_else(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "feedback.html").write_text("not ours")
    out = tmp_path / "out"
    write(out, [record("Ada"), record("Bob"), record("Cem")])
    (out / "students" / "Cem" / "remarks.txt").write_text("the teacher's")
    (out / "students" / "link").symlink_to(outside)
    (out / "students" / "list.txt").write_text("the teacher's")
    files = write(out, [record("Ada")])
    assert {name for name in files if name.startswith("students/")} == {
        "students/Ada/results.json",
        "students/Ada/feedback.html",
        "students/Cem/remarks.txt",
        "students/list.txt",
    }
    assert (outside / "feedback.html").read_text() == "not ours"
    assert not (out / "students" / "Bob").exists()
    assert "Bob" not in files["grades.csv"].decode() + files["summary.html"].decode()


def test_an_interrupted_report_leaves_the_last_one_whole(tmp_path, monkeypatch):
    before = write(tmp_path, [record("Ada", "wrong wrong wrong")])
    original, done = folder.os.replace, []

    def fails_later(source, target):
        done.append(target)
        if len(done) > 2:
            raise OSError(28, "No space left on device")
        original(source, target)

    monkeypatch.setattr(folder.os, "replace", fails_later)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path, [record("Ada")])
    monkeypatch.undo()
    kept = (tmp_path / "grades.csv").read_bytes()
    assert kept == before["grades.csv"]
    after = write(tmp_path, [record("Ada")])
    assert json.loads(after["students/Ada/results.json"])["score"] == 10


def test_safe_names_cannot_be_forged():
    victim = folder.safe_name("Zoë Müller")
    assert folder.safe_name("Ada-Lovelace_1234_56_lab3") == "Ada-Lovelace_1234_56_lab3"
    assert folder.safe_name(victim) != victim, "who is named so would write the other's record"
    assert len({folder.safe_name(text) for text in HOSTILE}) == len(HOSTILE)
    assert html.escape(victim) == victim


def test_the_guide_names_every_column_and_file(tmp_path):
    """Of `adjust.csv` and of the folder of results."""
    guide = (ROOT / "docs" / "instructors.md").read_text()
    missing = [column for column in adjust.COLUMNS if f"`{column}`" not in guide]
    assert not missing
    for name in write(tmp_path, [record("NAME")]):
        assert re.search(rf"^    {re.escape(name)} ", guide, re.M), name
