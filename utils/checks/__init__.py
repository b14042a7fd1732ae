"""Checks: each question of a lab answers within two seconds, and names the mistake.

`lab = Lab("lab1_identity_838", globals())` at the top of a lab; `lab.check("name")` under each
question; `with lab.needs("name"):` around cells that use an answer; `lab.score()` at the end.

A lab's questions live in `utils/checks/labs/<lab>.py`. A check never touches an answer itself: it
asks `Answers` to call it (arrays and plain data in and out) or to run one of the drivers. Another
transport, such as a pipe to a jailed process, only has to bring its own `Answers`.
"""

import contextlib
import copy
import functools
import importlib.util
import os

import numpy as np

from utils import cells, claims
from utils.cells import Calm, Interrupted
from utils.checks.compare import Wrong, brief
from utils.checks.remote.answers import (
    TIME_LIMIT,
    AnswerRaised,
    Answers,
    Unanswered,
    _told,
    message_of,
    missing_name,
    time_limit,
)
from utils.checks.sentences import language as spoken_language
from utils.checks.sentences import of_error, say, table
from utils.checks.show import IN_WORDS, MADE_WRONGLY, WAITED, Doubtful, Note, Result, Score, Waiting
from utils.checks.values import check_of, with_defaults
from utils.names import behind, meant, misnamed


class Question:
    """A question of a lab, and the check functions that its answer must pass."""

    def __init__(self, lab, number, name, points, check, form=None):
        self.lab = lab
        self.number = number
        self.name = name
        self.points = points
        self.checks = [check]
        self.form = form  # of one that computes a value, see `values.Form`

    @property
    def title(self):
        return f"Question {self.number}, {self.name}"

    @property
    def hint(self):
        return self.say("hint", {"number": self.number})

    def say(self, key, values=None, language=None):
        """The sentence of this id, see `sentences.say`."""
        return say(self.lab, self.name, key, values, language)

    def judge(self, answers, seed=0, language=None):
        """Run every check of the question on `answers`; return a `Result`.

        The checks draw their inputs from `seed`, so an answer that only knows the
        inputs of one seed fails under another. `language` is that of the sentences.
        """
        result = self._judged(answers, seed, language)
        # What ends the process or does not end is not asked anything more.
        if result.state == "wrong" and result.mistake not in (
            "eager_off",
            "too_long",
            "ends_python",
        ):
            told = settings_changed(answers, self.name, language)
            result.slip = " ".join([result.slip, *told])
        return result

    def _judged(self, answers, seed, language):
        said = functools.partial(self.say, language=language)
        verified = []
        try:
            for check in self.checks:
                what = check(answers, np.random.default_rng([self.number, seed]))
                if not isinstance(what, str):
                    raise TypeError(
                        f"The check of '{self.name}' returned {what}: say what it verified."
                    )
                verified.append(said(what))
        except Unanswered as unanswered:
            told = str(unanswered)
            if told.startswith("Question"):
                told = "" if told == self.title else f"it uses {told}, which is not answered yet"
            return Result(
                self, "unanswered", found=told, missing=unanswered.missing, language=language
            )
        except AnswerRaised as raised:
            mistake, slip = of_error(raised.mistake, self.name, language, self.lab)
            return Result(
                self,
                "wrong",
                expected=said("raised_expects"),
                found=f"{raised}{raised.where}",
                slip=slip,
                kind=raised.kind,
                missing=raised.missing,
                mistake=mistake,
                hidden=bool(verified),
                language=language,
            )
        except Wrong as wrong:
            expected = said(wrong.expected, wrong.values)
            if (right := wrong.values.get("right")) is not None:
                expected += f": {right if isinstance(right, str) else brief(right)}"
            return Result(
                self,
                "wrong",
                expected=expected,
                found=wrong.found,
                slip=said(wrong.mistake, wrong.values),
                mistake=wrong.mistake if wrong.mistake.isidentifier() else "",
                hidden=bool(verified),
                language=language,
            )
        return Result(self, "right", verified="; ".join(verified), language=language)


def settings_changed(answers, name, language=None):
    """A sentence for each setting of the whole notebook that a cell has changed, see `drivers`."""
    try:
        changed = answers.drive("settings", name)
    except (Unanswered, AnswerRaised):  # no function, or it ends whatever it is used for
        return []
    known = table("common")["settings"]
    spoken = table("common", spoken_language(language)).get("settings", {})
    return [spoken.get(each, known[each]) for each in list(changed) if each in known]


class Questions(dict):
    """The questions of a lab by name; `value` and `ask` add one.

    Args:
        lab: str, the lab's name, under which its sentences stand.
    """

    def __init__(self, lab):
        super().__init__()
        self.lab = lab

    def value(self, number, name, *, points):
        """Decorator for the class of a question that computes a value, see `values.Form`."""

        def add(form):
            form = with_defaults(form)
            self[name] = Question(self.lab, number, name, points, check_of(form, name), form)
            return form

        return add

    def ask(self, number, name, *, points):
        """Decorator for `check(answers, rng) -> str`, which says what was verified."""

        def add(check):
            self[name] = Question(self.lab, number, name, points, check)
            return check

        return add

    def also(self, name):
        """Decorator for a further check of a question, such as a hidden one."""

        def add(check):
            if name not in self:
                raise ValueError(f"There is no question '{name}'; there are: {', '.join(self)}.")
            self[name].checks.append(check)
            return check

        return add

    def more(self, name):
        """Decorator for further cases of a question that computes a value, see `values.Form`.

        What they verify is said by the sentence that has the name of the function.
        """

        def add(cases):
            question = self[name]
            own = {"cases": cases, "gradients": None, "further": None}
            form = type(question.form.__name__, (question.form,), own)
            question.checks.append(check_of(form, name, cases.__name__))
            return cases

        return add

    @property
    def points(self):
        return sum(question.points for question in self.values())


def questions_of(lab, hidden=True):
    """The `Questions` of a lab, with the hidden checks where they are at hand."""
    if not importlib.util.find_spec(f"utils.checks.labs.{lab}"):
        raise ValueError(f"There are no checks for a lab named '{lab}'.")
    module = importlib.import_module(f"utils.checks.labs.{lab}")
    # Copies, so that hidden checks are added to these alone.
    questions = Questions(lab)
    for name, question in module.questions.items():
        questions[name] = copy.copy(question)
        questions[name].checks = list(question.checks)
    folder = importlib.util.find_spec("utils.checks.hidden")
    if hidden and folder and importlib.util.find_spec(f"utils.checks.hidden.{lab}"):
        importlib.import_module(f"utils.checks.hidden.{lab}").add_to(questions)
    return questions


class UnknownQuestion(Calm, ValueError):
    """A lab has no question of this name."""


class CheckFailed(AssertionError):
    """Raised in strict mode, where graders and tests want an error and not a calm line."""


def strict():
    return os.environ.get("COURSE_STRICT") == "1" or "NBGRADER_EXECUTION" in os.environ


class Lab:
    """A lab as its notebook sees it.

    Args:
        name: str, the notebook's name without ending.
        namespace: dict, the notebook's `globals()`, where the answers are looked up.
        language: str, of what checks say, such as "zh"; by default what COURSE_LANG names.

    Raises:
        ValueError: there is no lab of this name.
    """

    def __init__(self, name, namespace, language=None):
        self.name = name
        self.language = language
        self.questions = questions_of(name, hidden=False)
        self.answers = Answers(namespace)
        self.results = {}
        self.judged = {}  # name of a question: the objects behind the answer that was judged
        self.of_teachers = False  # a solution, where a claim that fails is a mistake of ours
        cells.watch()

    def check(self, name, hidden=False):
        """Check the answer to one question and say what came of it.

        `hidden` judges with other inputs and with the hidden checks, and only speaks where the
        answer is not right; teachers' notebooks and graders use it.
        """
        from IPython.display import display

        self._known(name)
        self.of_teachers |= hidden
        result = self._judge(name, hidden)
        self._record()
        if not hidden or result.state != "right":
            display(result)
            edited = cells.failed(name)
            if name in self.answers.namespace and edited and not edited.is_python:
                told = f"cell [{edited.number}], which defines it anew, {edited.ended}"
                display(Note(("This is the former answer:", f"{told}: {edited.remedy}.")))
        if strict() and result.state != "right":
            raise CheckFailed(repr(result))

    def needs(self, *names):
        """Context for cells that use answers: where one is missing, it says so and goes on."""
        for name in names:
            self._known(name)
        return _Needs(self, names)

    def score(self):
        """Show the points of every question, unanswered ones included."""
        from IPython.display import display

        self.check_again(self.questions)
        results = [
            self.results.get(name) or Result(q, "unchecked") for name, q in self.questions.items()
        ]
        self._record()
        display(Score(results))

    def check_again(self, names):
        """Judge anew the answers that are not what was judged; a line where another result comes.

        An answer is another one if its definition was run again, or that of a function, class or
        value which it takes from the notebook.
        """
        from IPython.display import display

        others = []
        for name in [name for name in names if name in self.judged]:
            now, then = behind(name, self.answers.namespace), self.judged[name]
            if now.keys() == then.keys() and all(now[each] is then[each] for each in now):
                continue
            before = self.results[name].state
            result = self._judge(name)
            if result.state != before:
                others.append(f"{result.question.title} ({IN_WORDS[result.state]})")
        if others:
            told = f"{'; '.join(others)}."
            display(Note(("Changed since the check, and checked again:", told)))

    def _known(self, name):
        if name not in self.questions:
            other = meant(name, self.questions)
            asked = f"is '{other}' meant? Its" if other else "its"
            raise UnknownQuestion(
                f"There is no question '{name}' in this lab; {asked} questions: "
                f"{', '.join(self.questions)}."
            )

    def _judge(self, name, hidden=False):
        """Judge an answer, and keep what came of it."""
        question = (questions_of(self.name) if hidden else self.questions)[name]
        self.results.pop(name, None)
        objects = behind(name, self.answers.namespace)
        try:
            result = question.judge(self.answers, seed=int(hidden), language=self.language)
        except KeyboardInterrupt:
            self.judged.pop(name, None)
            raise Interrupted(
                f"The check of {question.title} was interrupted, so it is not checked: run this "
                "cell again."
            ) from None
        except Exception as error:  # the check itself, on a result that it did not foresee
            if strict() or self.of_teachers:
                raise
            result = Result(
                question,
                "wrong",
                expected="a result that can be compared",
                found=f"one on which the check ends in {type(error).__name__}: {error}",
                slip="Compare types and shapes with the docstring.",
            )
        if result.missing and result.missing not in self.answers.namespace:
            self._explain(result)
        self.results[name], self.judged[name] = result, objects
        return result

    def _explain(self, result):
        """Say in a result why a name is not there, as far as that is known."""
        name = result.missing
        if cells.failed(name):
            why = cells.why_missing(name).rstrip(".")
        elif result.state == "unanswered" and name == result.question.name:
            other = misnamed(name, self.questions, self.answers.namespace)
            why = f"`{name}` is not defined: is `{other}` meant? The name has to be `{name}`"
            if not other:
                return
        else:
            return
        result.found = f"{result.found}; {why}" if result.state == "wrong" else why

    def _record(self):
        claims.record(
            checks=[
                (self.results.get(name) or Result(q, "unchecked")).plain()
                for name, q in self.questions.items()
            ]
        )


class _Needs:
    """Lets a notebook go on behind a cell that ends in an error, and says what the cell rests on.

    It waits as long as an answer it may rest on is not right yet: those are the questions named
    and, since cells build on cells, the ones before them. Where all are right a student's lab goes
    on as well, so that the score is reached; in solutions and strict mode errors stay errors.
    """

    def __init__(self, lab, names):
        self.lab = lab
        self.named = [lab.questions[name] for name in names]
        last = max(question.number for question in self.named)
        earlier = [q for q in lab.questions.values() if q.number <= last and q not in self.named]
        self.rests_on = [*self.named, *earlier]
        self.limit = contextlib.ExitStack()

    def _not_right(self, questions):
        found = [(question, self.lab.results.get(question.name)) for question in questions]
        return [
            (question, result)
            for question, result in found
            if result is None or result.state != "right"
        ]

    def __enter__(self):
        self.lab.check_again([question.name for question in self.rests_on])
        claims.resting_on[:] = [question.name for question in self.named]
        results = (result for _, result in self._not_right(self.named) if result)
        if any(result.found.startswith("TimeoutError") for result in results):
            self.limit.enter_context(time_limit(TIME_LIMIT))  # it would not end here either
        return self

    def __exit__(self, kind, error, trace):
        from IPython.display import display

        self.limit.close()
        claims.resting_on.clear()
        if strict():
            return False
        if isinstance(error, KeyboardInterrupt) and not isinstance(error, Interrupted):
            raise Interrupted("Interrupted: run this cell again before those below it.") from None
        waiting = self._not_right(self.named) or self._not_right(self.rests_on)
        if error is None:
            wrong = [(q, result) for q, result in waiting if result and result.state == "wrong"]
            if wrong:
                display(Doubtful(wrong))
                cells.has_ended(
                    MADE_WRONGLY
                )  # what it made stays doubtful once the answer is right
                return False
        elif not isinstance(error, (Exception, SystemExit)):
            return False
        elif waiting:
            display(Waiting(waiting, error))
            cells.has_ended(WAITED)
            return True
        elif self.lab.of_teachers:
            return False
        else:
            self._note(error)
        if (doubt := cells.doubt()) and not missing_name(error):
            told = "That may be why." if error else "Titles and text may not fit what is shown."
            told += " Run that cell again, then this one."
            display(Note((f"Made with {doubt}:", told), colour=Doubtful.colour))
        return True

    def _note(self, error):
        """Say how the cell ended, though all answers that it uses are right."""
        from IPython.display import display

        if isinstance(error, claims.ClaimFailed):
            lines = [("Does not hold here:", self._about(claim)) for claim in error.claims]
            lines = lines or [("", str(error))]
            points = "do not depend on claims: another right answer may give other numbers."
        else:
            told = _told(error, "")
            lines = [("This cell ended with", f"{told}{told.where}.")]
            if missing := missing_name(error):
                if cells.failed(missing):  # then no other name is meant
                    told = AnswerRaised(told.kind, message_of(error), told.where)
                    lines = [("This cell ended with", f"{told}{told.where}.")]
                lines.append(("", cells.why_missing(missing)))
            points = "do not depend on this cell: all answers that it uses are right."
            cells.has_ended(f"ended in an error ({told})")
        display(Note(*lines, ("Your points", points)))

    def _about(self, claim):
        names = [name for name in self.lab.questions if name in claim.rests_on]
        made = f", with your answers to {', '.join(names)}" if names else ""
        return f"{claim.text}: {claim.outcome}{made}."
