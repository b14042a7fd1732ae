"""What grading finds of a submission: one type for judge, files, reports and nbgrader."""

import dataclasses
from dataclasses import dataclass, field


@dataclass
class Answered:
    """What became of a question.

    Texts may come from the submission. `state` is one of "right", "wrong" and "unanswered", or
    "judged" of what a teacher has added, which has the number 0. `kind` is that of the error which
    the answer ended in, `mistake` the id of what `slip` says, `source` the code that was judged,
    `follows` the title of an earlier question that it uses and that is not right either, `hidden`
    whether a hidden check alone found something, `comment` what a teacher says about the points.
    """

    number: int
    question: str
    state: str
    points: float
    out_of: float
    message: str = ""
    expected: str = ""
    found: str = ""
    slip: str = ""
    verified: str = ""
    hint: str = ""
    kind: str = ""
    mistake: str = ""
    source: str = ""
    follows: str = ""
    hidden: bool = False
    comment: str = ""

    @property
    def title(self) -> str:
        return f"Question {self.number}, {self.question}" if self.number else self.question


@dataclass
class FailedCell:
    """A cell, by its place in the notebook, and what it ended with."""

    cell: int
    error: str


@dataclass
class Written:
    """A text cell that is not the lab's own, by its place in the notebook."""

    cell: int
    text: str


@dataclass
class Record:
    """A submission, graded: plain data, the same at every time.

    `jail` is the name of what it ran in, `sha256` that of the file, `notes` are sentences on the
    file, `texts` what was written beside the code; `student` and `file` are known where a folder of
    submissions is graded, and `handed_in` (ISO 8601) where a deadline was named.
    """

    lab: str
    jail: str
    seed: int
    sha256: str
    points: float
    out_of: float
    notes: list[str] = field(default_factory=list)
    cells: list[FailedCell] = field(default_factory=list)
    questions: list[Answered] = field(default_factory=list)
    texts: list[Written] = field(default_factory=list)
    student: str = ""
    file: str = ""
    handed_in: str = ""

    def plain(self) -> dict:
        """As JSON takes it."""
        return dataclasses.asdict(self)

    @classmethod
    def of(cls, plain: dict) -> "Record":
        """From what `plain` gave.

        Raises:
            TypeError: it has other entries than a record.
        """
        cells = [FailedCell(**cell) for cell in plain["cells"]]
        questions = [Answered(**question) for question in plain["questions"]]
        texts = [Written(**text) for text in plain.get("texts", ())]
        return cls(**(plain | {"cells": cells, "questions": questions, "texts": texts}))
