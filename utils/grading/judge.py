"""The judge: asks a submission in its jail, compares with its own computation, gives points.

Checks, hidden checks and references live in this process; of a submission only plain data come
here (`pipe.py`), and names are the only thing that is asked of it.
"""

import contextlib
import re
import signal
import time
from pathlib import Path

from utils.checks import questions_of
from utils.checks.answers import AnswerRaised, Unanswered
from utils.checks.show import Result
from utils.grading import pipe, submissions
from utils.grading.jail import DEFAULT_LIMITS, ROOT, Ended, Jail, NoJail, choose

SEED = 1
UNREAD = "nothing could be read from the file"  # is found in every question then
PATIENCE = 3  # times a limit, and this many seconds more, until what does not answer is ended
JUDGING = 60  # seconds that a check may take for its own computations with what it was sent


class OutOfTime(Exception):
    """The submission has used all the time that it has in all."""


class Session:
    """One submission in the jail: runs its cells, and again in a new child where one has died.

    Args:
        jail: a `Jail`.
        limits: `Limits`.
    """

    def __init__(self, jail, limits):
        self.jail, self.limits = jail, limits
        self.began = time.monotonic()
        self.cells = []  # that have been run, in order
        self.left_out = set()  # places of cells that end or block the process
        self.errors = {}  # place of a cell: what it ended with, a dict
        self.jail.fork(fresh=True)

    def run(self, cell):
        """Run a cell in the child; what it ends with is kept in `errors`."""
        self._again()
        self.cells.append(cell)
        self._run(cell)

    def ask(self, **request):
        """Ask the child, made ready before if it must be; its reply, a dict.

        Raises:
            Ended: the child has died of it.
            OutOfTime: nothing more is asked of this submission.
        """
        self._again()
        return self._ask(request, self.limits.call)

    def _again(self):
        """A new child in the state that the last one was in, without what killed it."""
        while not self.jail.alive:
            self._in_time()
            self.jail.fork()
            for cell in self.cells:
                if cell.place not in self.left_out:
                    self._run(cell)
                if not self.jail.alive:
                    break

    def _run(self, cell):
        try:
            reply = self._ask({"cell": cell.source}, self.limits.cell)
            error = reply.get("cell")
            good = isinstance(error, dict) and all(isinstance(v, str) for v in error.values())
            error = {"kind": "", "message": "", "where": ""} | error if good else None
        except (Ended, pipe.Forbidden) as ended:
            reason = getattr(ended, "reason", str(ended))
            time_is_up = reason == "time"
            said = f"no end after {self.limits.cell:g} s" if time_is_up else reason
            error = {"kind": "TimeoutError" if time_is_up else "", "message": said, "where": ""}
            self.jail.kill()
            self.left_out.add(cell.place)
        if error:
            self.errors[cell.place] = error
            if error["kind"] == "TimeoutError":
                self.left_out.add(cell.place)

    def _ask(self, request, limit):
        self._in_time()
        return self.jail.ask(request | {"limit": limit}, PATIENCE * limit + 5)

    def _in_time(self):
        if time.monotonic() - self.began > self.limits.total:
            self.jail.kill()
            raise OutOfTime


class RemoteAnswers:
    """Answers on the other side of a jail, with the methods of `checks.answers.Answers`."""

    def __init__(self, session):
        self.session = session

    def call(self, name, *arguments, **options):
        request = {"call": name, "arguments": tuple(arguments), "options": options}
        return self._value(self.session_ask(request))

    def drive(self, driver, name, **options):
        return self._value(self.session_ask({"drive": driver, "name": name, "options": options}))

    def session_ask(self, request):
        limit = self.session.limits.call
        try:
            return self.session.ask(**request)
        except Ended as ended:
            if ended.reason == "time":
                slip = "Look for a loop that does not end, or for work done again in every step."
                raise AnswerRaised(
                    "TimeoutError", f"no result after {limit:g} s", "", slip
                ) from None
            slip = "Nothing in an answer may end Python; try it on a small input of your own."
            raise AnswerRaised("Ended", ended.reason, "", slip) from None

    @staticmethod
    def _value(reply):
        if "value" in reply:
            return reply["value"]
        if isinstance(reply.get("unanswered"), str):
            raise Unanswered(reply["unanswered"][:500])
        raised = reply.get("raised")
        if isinstance(raised, list) and [type(part) for part in raised] == [str] * 4:
            raise AnswerRaised(*(part[:1000] for part in raised))
        raise AnswerRaised("Ended", "it sent what no answer sends", "", "Keep to the question.")


class Judge:
    """Grades submissions of one lab, one after the other, in one jail.

    Args:
        lab: str, such as "lab3_vae".
        backend: of `jail.BACKENDS`; by default the first that can be had.
        limits: `Limits`.
        seed: int, of the numbers that answers are asked about.
        data: folder of prepared data sets, or None.

    Raises:
        ValueError: there is no such lab.
        NoJail: submissions can't be run safely here.
    """

    def __init__(self, lab, backend=None, limits=DEFAULT_LIMITS, seed=SEED, data=None):
        self.lab, self.limits, self.seed = lab, limits, seed
        self.questions = questions_of(lab)
        path = ROOT / "labs" / f"{lab}.ipynb"
        if not path.is_file():
            raise ValueError(f"There is no lab '{lab}' in labs/.")
        self.released = submissions.Released(path)
        self.jail = Jail(backend or choose(), limits, data)

    def __enter__(self):
        self.jail.__enter__()
        return self

    def __exit__(self, *error):
        self.jail.__exit__(*error)

    def grade(self, submission):
        """The record of a `submissions.Submission`: plain data, the same at every time.

        Returns:
            dict of `lab`, `jail`, `seed`, `sha256`, `points`, `out_of`, `notes` (sentences on the
            file), `cells` (dicts of `cell` and `error`) and `questions`: `Result.plain()` of each
            with `expected`, `found`, `slip` and `verified`.
        """
        results, notes, cells = {}, list(submission.notes), []
        if submission.cells:
            results, cells = self._judged(submission, notes)
        for name, question in self.questions.items():
            reason = UNREAD if not submission.cells else ""
            results.setdefault(name, Result(question, "unanswered", found=reason))
        ordered = [results[name] for name in self.questions]
        return {
            "lab": self.lab,
            "jail": self.jail.backend.name,
            "seed": self.seed,
            "sha256": submission.sha256,
            "points": sum(result.points for result in ordered),
            "out_of": self.questions.points,
            "notes": notes,
            "cells": cells,
            "questions": [_plain(result) for result in ordered],
        }

    def _judged(self, submission, notes):
        session = Session(self.jail, self.limits)
        answers = RemoteAnswers(session)
        results, tokens = {}, {}
        names = list(self.questions)
        try:
            for step in self.released.plan(submission, names):
                if step.cell:
                    session.run(step.cell)
                    continue
                results[step.question] = self._result(step.question, answers, notes)
                tokens[step.question] = self._token(session, step.question)
            # An answer further down than its check, or one that was changed after it, counts too.
            for name, result in list(results.items()):
                if result.state == "right" or self._token(session, name) in (tokens[name], 0):
                    continue
                again = self._result(name, answers, notes)
                if again.points or result.state == "unanswered":
                    results[name] = again
        except OutOfTime:
            spent = f"{self.limits.total:g} s"
            notes.append(f"The submission has used all its time ({spent}) before its end.")
            for name in names:
                results.setdefault(
                    name,
                    Result(
                        self.questions[name],
                        "wrong",
                        expected="an answer that can be reached in time",
                        found=f"all {spent} were used by cells and answers before",
                        slip="Leave out of the notebook what computes for minutes.",
                    ),
                )
        finally:
            self.jail.kill()
        cells = [
            {"cell": place, "error": _sentence(error)}
            for place, error in sorted(session.errors.items())
        ]
        for name, result in results.items():
            self._explain(name, result, submission, session)
        return results, cells

    def _result(self, name, answers, notes):
        """What the checks make of an answer; whatever it sends, this one question pays for it."""
        question = self.questions[name]
        try:
            with _bounded(JUDGING):
                return question.judge(answers, seed=self.seed)
        except (OutOfTime, NoJail):
            raise
        except Exception as error:  # what a check did not foresee is the answer's to lose
            kind = type(error).__name__
        notes.append(
            f"Question {question.number}: the check itself ended in {kind} on what the answer "
            "gave. Teachers: please look at this answer yourselves."
        )
        return Result(
            question,
            "wrong",
            expected="a result that can be compared",
            found=f"one on which the comparison ends in {kind}",
            slip="Compare types and shapes with the docstring.",
        )

    @staticmethod
    def _token(session, name):
        """A number that changes when the name is bound anew; 0 where it is not bound."""
        try:
            reply = session.ask(tokens=[name]).get("value")
        except Ended:
            return 0
        return reply[0] if isinstance(reply, list) and len(reply) == 1 else 0

    def _explain(self, name, result, submission, session):
        """Say why an answer is not there, where the cell that defines it has ended in an error."""
        if result.state != "unanswered" or "not defined" not in result.found:
            return
        defines = re.compile(rf"^[ \t]*(?:def|class)[ \t]+{re.escape(name)}\b", re.M)
        for cell in submission.cells:
            if cell.place in session.errors and defines.search(cell.source):
                error = _sentence(session.errors[cell.place])
                result.state, result.expected = "wrong", "a cell that runs"
                result.found = f"cell {cell.place}, which defines it, ended with {error}"
                result.slip = "Run the cell in a fresh kernel and mend what it says."


def _plain(result):
    told = result.plain()
    told["message"] = readable(told["message"], 4000)
    for part in ("expected", "found", "slip", "verified"):
        told[part] = readable(getattr(result, part), 2000)
    told["hint"] = result.question.hint
    return told


def _sentence(error):
    parts = ": ".join(part for part in (error["kind"], error["message"]) if part)
    return readable(parts + error["where"], 600)


_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


def readable(text, most):
    """Text from a submission without what moves cursors, hides or turns text; cut where long."""
    text = _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", str(text)).encode(errors="replace").decode()
    return text if len(text) <= most else text[: most - 3] + "..."


@contextlib.contextmanager
def _bounded(seconds):
    """TimeoutError after so many seconds of computing here; waiting for answers does not count."""

    def give_up(*_):
        raise TimeoutError

    previous = signal.signal(signal.SIGPROF, give_up)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


def default_data():
    """The folder of the prepared embedded data sets, or None where there is none."""
    from utils.data import embedded_dir

    folder = embedded_dir()
    return folder if folder.is_dir() else None


def grade_file(judge, path):
    """The record of one file."""
    return judge.grade(submissions.read(Path(path)))
