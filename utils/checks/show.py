"""How results look: a calm box in a notebook, the same words as plain text elsewhere."""

import html
from dataclasses import dataclass
from typing import Any

from utils import cells
from utils.checks.remote.answers import message_of, missing_name
from utils.checks.sentences import word

# The words carry the meaning; the colour of the bar only repeats it.
_BAR = {"right": "#009E73", "wrong": "#D55E00", "unanswered": "#888888", "unchecked": "#888888"}
IN_WORDS = {
    "right": "right",
    "wrong": "not right yet",
    "unanswered": "not answered yet",
    "unchecked": "not checked yet",
}
WAITED = "has waited for an answer"  # how a cell ends that `Waiting` is shown for
MADE_WRONGLY = "has used an answer that was not right yet"  # or `Doubtful`


def _box(colour, lines):
    """`lines`: pairs of (label, text); HTML for a box with a bar of this colour."""
    body = "".join(
        f'<div style="margin:2px 0">{f"<b>{html.escape(label)}</b> " if label else ""}'
        f'<span style="white-space:pre-wrap">{html.escape(text)}</span></div>'
        for label, text in lines
    )
    style = f"border-left:4px solid {colour};padding:4px 12px;margin:4px 0;overflow-wrap:anywhere"
    return f'<div style="{style}">{body}</div>'


class _Told:
    """Something with `lines()` and a colour, shown as a box or as text."""

    def _repr_html_(self):
        return _box(self.colour, self.lines())

    def __repr__(self):
        return "\n".join(f"{label} {text}".strip() for label, text in self.lines())


@dataclass(repr=False)
class Result(_Told):
    """What came of a check. `state` is "unchecked", "unanswered", "wrong" or "right".

    `kind` is that of the error which the answer ended in, `missing` a name that was not there,
    `mistake` the id of what `slip` says, `hidden` whether the check that students see was passed,
    `language` what it is said in.
    """

    question: Any
    state: str
    expected: str = ""
    found: str = ""
    slip: str = ""
    verified: str = ""
    kind: str = ""
    missing: str = ""
    mistake: str = ""
    hidden: bool = False
    language: str | None = None

    @property
    def points(self):
        return self.question.points if self.state == "right" else 0

    @property
    def colour(self):
        return _BAR[self.state]

    def lines(self):
        def words(key, **values):
            return word(key, self.language).format(**values)

        asked = self.question
        title = words("question", number=asked.number, name=asked.name) + ":"
        of = words("points", points=self.points, out_of=asked.points)
        state = f"{words(self.state)} ({of})"
        if self.state == "unchecked":
            return [(title, f"{state}: {words('run_it')}.")]
        if self.state == "unanswered":
            return [(title, f"{state}{f': {self.found}' if self.found else ''}.")]
        if self.state == "right":
            return [(title, f"{state}."), (words("verified"), self.verified + ".")]
        return [
            (title, f"{state}."),
            (words("expected"), self.expected),
            (words("found"), self.found),
            (words("slip"), self.slip),
            (words("hint"), asked.say("hint", {"number": asked.number}, self.language)),
        ]

    def plain(self):
        """The result as a dict of text and numbers, for files and other processes."""
        return {
            "number": self.question.number,
            "question": self.question.name,
            "state": self.state,
            "points": self.points,
            "out_of": self.question.points,
            "message": repr(self),
            "mistake": self.mistake,
        }


class Waiting(_Told):
    """A cell that can't run yet, and the questions it waits for."""

    colour = _BAR["unanswered"]

    def __init__(self, waiting, error):
        self.waiting, self.error = waiting, error

    def lines(self):
        how = {"wrong": "not right yet, see its check", "unchecked": "not checked yet"}
        states = [result.state if result else "unchecked" for _, result in self.waiting]
        waited = (
            f"{question.title} ({how.get(state, 'not answered yet')})"
            for (question, _), state in zip(self.waiting, states, strict=True)
        )
        lines = [("This cell waits for:", "; ".join(waited) + ".")]
        missing = missing_name(self.error)
        maker = cells.failed(missing) if missing else None
        if maker and maker.ended != WAITED:
            lines.append(("Also:", cells.why_missing(missing)))
        # Where nothing is answered, the error only says so again; else it is the student's to see.
        if "wrong" in states:
            told = f"{type(self.error).__name__}: {message_of(self.error)}"
            lines.append(("It ended with", told))
        return lines


class Note(_Told):
    """What there is to know about a cell besides: pairs of (label, text)."""

    def __init__(self, *lines, colour=_BAR["unanswered"]):
        self.told, self.colour = lines, colour

    def lines(self):
        return self.told


class Doubtful(_Told):
    """What a cell has just shown rests on an answer that is not right yet."""

    colour = _BAR["wrong"]

    def __init__(self, wrong):
        self.wrong = wrong

    def lines(self):
        names = "; ".join(question.title for question, _ in self.wrong)
        told = f"{names}. Titles and text may not fit what is shown."
        return [("Made with an answer that is not right yet:", told)]


class Score(_Told):
    """The points of a lab."""

    def __init__(self, results):
        self.results = results
        self.points = sum(result.points for result in results)
        self.out_of = sum(result.question.points for result in results)

    @property
    def colour(self):
        return _BAR["right" if self.points == self.out_of else "unanswered"]

    def lines(self):
        rows = [
            (f"{r.points} of {r.question.points}", f"{r.question.title}: {IN_WORDS[r.state]}")
            for r in self.results
        ]
        return [*rows, (f"Score: {self.points} of {self.out_of} points.", "")]
