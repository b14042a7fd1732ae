"""The judge: asks a submission in its jail, compares with its own computation, gives points.

Checks, hidden checks and references live in this process; of a submission only plain data come
here (`pipe.py`), and names are the only thing that is asked of it.
"""

import contextlib
import re
import signal
import time
from pathlib import Path

from utils import ROOT
from utils.checks import questions_of
from utils.checks.remote.answers import AnswerRaised, Plain, Unanswered
from utils.checks.sentences import of_error
from utils.checks.show import Result
from utils.grading import submissions
from utils.grading.inside import pipe
from utils.grading.inside.process import ERROR
from utils.grading.jail import BUSY, DEFAULT_LIMITS, Ended, Jail, NoJail, choose
from utils.grading.records import Answered, FailedCell, Record, Written
from utils.grading.submissions import LONGEST

SEED = 1
UNREAD = "no answer could be read from the file"  # is found in every question then
PATIENCE = 3  # times a limit, and this many seconds more, until what does not answer is ended
MOST_TEXTS = 50  # text cells of a submission that are shown
JUDGING = 60  # seconds that a check may take for its own computations with what it was sent
NOTHING_SAID = dict.fromkeys(ERROR, "")  # of an error in a cell


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
        self.began, self.spent = time.monotonic(), jail.spent
        self.cells = []  # that have been run, in order
        self.late = set()  # places of cells that did not end in time once, which is forgiven
        self.halved = set()  # places of cells of which only imports and definitions are run again
        self.left_out = set()  # places of cells that even then end or block the process
        self.errors = {}  # place of a cell: what it ended with at first, a dict
        self.jail.fork(fresh=True)

    def run(self, cell):
        """Run a cell in the child; what it ends with is kept in `errors`."""
        error, forgiven = None, True
        while forgiven:
            self._again()
            error, forgiven = self._run(cell)
        if self.jail.alive and cell.place in self.halved:
            self._run(cell)  # its definitions, which may stand below what did not end
        self.cells.append(cell)
        if error:
            self.errors[cell.place] = error

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
        """What a cell has ended with, a dict or None, and whether it gets another try.

        It gets one where it did not end in time at first, in a new child: where other work holds
        the processor, caches and memory, the same computation takes longer.
        """
        request = {"cell": cell.source, "whole": cell.place not in self.halved}
        try:
            reply = self._ask(request, self.limits.cell)
            error = reply.get("cell")
            good = isinstance(error, dict) and all(isinstance(v, str) for v in error.values())
            error = NOTHING_SAID | error if good else None
            blocked = bool(error) and error["kind"] == "TimeoutError"
        except (Ended, pipe.Forbidden) as ended:
            reason = getattr(ended, "reason", str(ended))
            kind, said = "", reason
            if reason == "time":
                kind, said = "TimeoutError", f"no end after {self.limits.cell:g} s"
            error, blocked = NOTHING_SAID | {"kind": kind, "message": said}, True
            self.jail.kill()
        if error and error["kind"] == "TimeoutError" and cell.place not in self.late:
            self.late.add(cell.place)
            self.jail.kill()
            return error, True
        if blocked:
            (self.halved if request["whole"] else self.left_out).add(cell.place)
        return error, False

    def _ask(self, request, limit):
        self._in_time()
        return self.jail.ask(request | {"limit": limit}, PATIENCE * limit + 5)

    def _in_time(self):
        spent, total = self.jail.spent - self.spent, self.limits.total
        if spent > total or time.monotonic() - self.began > BUSY * total:
            self.jail.kill()
            raise OutOfTime


class RemoteAnswers:
    """Answers on the other side of a jail, with the methods of `checks.answers.Answers`.

    `late` tells whether one has used up its time.
    """

    def __init__(self, session):
        self.session, self.late = session, False
        self.no_end = f"no result after {session.limits.call:g} s"

    def call(self, name: str, *arguments: Plain, **options: Plain) -> Plain:
        request = {"call": name, "arguments": tuple(arguments), "options": options}
        return self._value(self._asked(request))

    def drive(self, driver: str, name: str, **options: Plain) -> Plain:
        return self._value(self._asked({"drive": driver, "name": name, "options": options}))

    def _asked(self, request):
        try:
            return self.session.ask(**request)
        except Ended as ended:
            if ended.reason == "time":
                self.late = True
                raise AnswerRaised("TimeoutError", self.no_end, "", "too_long") from None
            raise AnswerRaised("", ended.reason, "", "ends_python") from None

    def _value(self, reply):
        if "value" in reply:
            return reply["value"]
        unanswered, raised = reply.get("unanswered"), reply.get("raised")
        if _texts(unanswered, 2):
            raise Unanswered(unanswered[0][:500], _name(unanswered[1]))
        if _texts(raised, 5):
            self.late = self.late or raised[:2] == ["TimeoutError", self.no_end]
            raise AnswerRaised(*(part[:1000] for part in raised[:4]), _name(raised[4]))
        raise AnswerRaised("", "it sent what no answer sends", "", "not_plain")


def _texts(value, count):
    """Whether a submission has sent a list of so many texts."""
    return isinstance(value, list) and [type(part) for part in value] == [str] * count


def _name(text):
    """A name of Python that a submission has sent, or ""."""
    return text if text.isidentifier() and len(text) < 200 else ""


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

    def grade(self, submission: submissions.Submission) -> Record:
        """The `Record` of a `submissions.Submission`.

        What counts: a question is judged where its last check stands, by the definition that holds
        there; of two copies the later. One that is right there stays right, whatever cells do
        after it. One that is not is judged again at the end, if a later cell binds its name or one
        that it lacked. A question or a cell that is lost to time alone gets one more try, in a new
        child. A cell that fails costs what it has not bound by then. One that ends Python or does
        not end is not run again: its imports, functions and classes alone are. Cells of the lab
        that are missing are run before what follows them there; experiments are not run. The
        notebook of another lab gets no points, and says so.
        """
        results, notes, cells = {}, list(submission.notes), []
        other = self.released.other(submission)
        if other:
            notes.append(f"The notebook is of {other}. Hand in the notebook of {self.lab}.")
        elif submission.cells:
            results, cells = self._judged(submission, notes)
        for name, question in self.questions.items():
            results.setdefault(name, Result(question, "unanswered", found=UNREAD))
        ordered = [results[name] for name in self.questions]
        texts = self.released.written(submission)[:MOST_TEXTS]
        return Record(
            lab=self.lab,
            jail=self.jail.backend.name,
            seed=self.seed,
            sha256=submission.sha256,
            points=sum(result.points for result in ordered),
            out_of=self.questions.points,
            notes=notes,
            cells=cells,
            questions=[_answered(result, ordered, submission) for result in ordered],
            texts=[Written(cell.place, readable(cell.source, 4000)) for cell in texts],
        )

    def _judged(self, submission, notes):
        notes += self._oddities(submission)
        session = Session(self.jail, self.limits)
        answers = RemoteAnswers(session)
        results, places = {}, {}
        names = list(self.questions)
        steps = self.released.plan(submission, names)
        try:
            for place, step in enumerate(steps):
                if step.cell:
                    session.run(step.cell)
                    continue
                results[step.question] = self._result(step.question, answers, notes)
                places[step.question] = place
            # An answer further down than its check counts too, and one that was changed after it,
            # or that uses what is made further down.
            for name, result in list(results.items()):
                bound = [submissions.binding(each) for each in {name, result.missing} if each]
                sources = [step.cell.source for step in steps[places[name] :] if step.cell]
                late = any(each.search(source) for each in bound for source in sources)
                if late and result.state != "right":
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
        run = {step.cell.place for step in steps if step.cell}
        reasons = Reasons(submission, session.errors, run, self.released.given)
        for result in results.values():
            reasons.explain(result)
        return results, reasons.cells()

    def _oddities(self, submission):
        """What is odd about the cells, in sentences."""
        missing = self.released.missing(submission)
        if missing:
            named = ", ".join(f"{-cell.place} ({cell.source.splitlines()[0]})" for cell in missing)
            told = "Cells of the lab are not in the notebook; the lab's were run in their places"
            yield f"{told}: {named}."
        low = re.compile(r"\bmixed_b?float16\b")
        own = set(low.findall(submission.text)) - set(low.findall(self.released.text))
        for policy in sorted(own):
            yield f"The notebook sets `{policy}`: checks may find its numbers too far from theirs."

    def _result(self, name, answers, notes):
        """What the checks make of an answer, asked once more where its time did not suffice."""
        answers.late = False
        result = self._once(name, answers, notes)
        if not answers.late or result.state == "right":
            return result
        answers.session.jail.kill()
        try:
            return self._once(name, answers, notes)
        except OutOfTime:  # the next question says so, too
            return result

    def _once(self, name, answers, notes):
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


class Reasons:
    """Why names are not there, as far as a notebook tells.

    Args:
        submission: a `submissions.Submission`.
        errors: dict, place of a cell that failed -> its error, a dict.
        run: set of the places of cells that were run.
        given: list of the lab's own cells.
    """

    def __init__(self, submission, errors, run, given):
        self.submission, self.errors, self.run, self.given = submission, errors, run, given

    def cells(self):
        """What the cells that failed say, a list of `FailedCell`."""
        told = []
        for place, error in sorted(self.errors.items()):
            why, _ = self.lacking(_name(error["missing"]))
            told.append(FailedCell(place, _sentence(error) + (f"; {why}" if why else "")))
        return told

    def lacking(self, name):
        """(why a name is not there, what to do); two empty texts where nothing tells."""
        binding = submissions.binding(name)
        for cell in self.submission.cells if name else ():
            here = f"cell {cell.place}"
            if not binding.search(cell.source):
                continue
            if cell.kind != "code":
                why = f"`{name}` stands in {here}, a {cell.kind} cell, which is not run"
                return why, "Make it a code cell: select it, press Escape, then Y."
            if cell.place in self.errors:
                error = self.errors[cell.place]
                slip = "Restart the kernel, run all cells, and mend what this cell says."
                why = f"{here}, which should define `{name}`, fails: {_sentence(error)}"
                known, said = of_error(error["mistake"], name)
                return why, slip if known == "error" else said
            if cell.place not in self.run:
                why = f"`{name}` is made in {here}, an experiment, which is not run for grading"
                slip = "Give an answer all it needs: by its arguments, or in cells of its own."
                return why, slip
        for cell in self.given if name else ():
            line = binding.search(cell.source)
            if line:
                return f"the lab as given has `{line[0]}` in cell {-cell.place}", "Put it back."
        return "", ""

    def explain(self, result):
        """Say in a result why a name that it lacks is not there."""
        name = result.missing
        why, slip = self.lacking(name)
        if name != result.question.name:
            if why:
                result.found, result.slip = f"{result.found}; {why}", slip
        elif why:
            result.state, result.found, result.slip = "wrong", why, slip
            result.expected = f"a code cell that defines `{name}` when it is run"
        elif submissions.binding(name).search(self.submission.text):
            result.found = (
                f"no cell has left `{name}` behind; it has to be defined at the top level"
            )
        else:
            result.found = f"no cell of the notebook defines `{name}`"


def _answered(result, results, submission):
    """An `Answered` of a check's result, in which no text is long or moves a cursor.

    Args:
        results: of all questions, in their order.
        submission: the `submissions.Submission`.
    """
    told = result.plain()
    source = submission.answer(result.question.name)
    if result.state != "right":
        used = submissions.names_used(source) | {result.missing}
        earlier = (r.question for r in results[: results.index(result)] if r.state != "right")
        told["follows"] = next((asked.title for asked in earlier if asked.name in used), "")
    told["hidden"] = result.hidden
    told["source"] = readable(source.expandtabs(4), LONGEST)
    told["message"] = readable(told["message"], 4000)
    for part in ("expected", "found", "slip", "verified", "kind"):
        told[part] = readable(getattr(result, part), 2000)
    return Answered(**told, hint=result.question.hint)


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
