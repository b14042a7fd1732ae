"""A judge in a process of its own, and the same from outside: JSON lines in, JSON lines out.

`Worker` starts `python -m utils.grading.worker`, which judges one submission after the other. Where
it dies, the next call starts another. Before its first submission it grades the lab's own solution:
that must get full marks, or a machine that computes otherwise would cost a whole class points.
"""

import contextlib
import dataclasses
import os
import resource
import tempfile
import threading

from utils import ROOT
from utils.grading import jail, submissions
from utils.grading.jail import NoJail
from utils.grading.records import Record
from utils.notebooks.lines import Ended, LineProcess, served

MOST_MEMORY = 8 * 2**30  # bytes that a judge may take for comparing what answers give


@dataclasses.dataclass(frozen=True)
class Settings:
    """How a class is graded: the same for all its submissions."""

    lab: str
    seed: int = 1
    backend: str | None = None  # the name of a backend, None for the first that can be had
    memory: int = jail.DEFAULT_LIMITS.memory


class Died(RuntimeError):
    """The worker ended while it judged."""


class Worker:
    """A judge in a process of its own; starts when it is first needed.

    Args:
        settings: `Settings`.
    """

    def __init__(self, settings):
        self.settings, self.process, self.folder = settings, None, None
        self.lock, self.closed = threading.Lock(), False

    def grade(self, submission: submissions.Submission) -> Record:
        """The `Record` of a `submissions.Submission`.

        Raises:
            NoJail: submissions can't be run here, or the solution does not get full marks.
            Died: the process ended; the next call starts another.
        """
        if self.process is None:
            self._start()
        return Record.of(self._asked(dataclasses.asdict(submission)))

    def _start(self):
        with self.lock:
            if self.closed:  # from another thread, which ended the process that this one asked
                raise Died("grading was stopped.")
            # For all that it leaves, as it is killed.
            self.folder = tempfile.TemporaryDirectory(
                prefix="course-grade-", ignore_cleanup_errors=True
            )
            environment = os.environ | {"TMPDIR": self.folder.name}
            options = {"env": environment, "start_new_session": True}  # Ctrl+C is ours to deal with
            self.process = LineProcess("utils.grading.worker", **options)
        said = self._asked(dataclasses.asdict(self.settings))
        if said["problem"]:
            self.stop()
            raise NoJail(said["problem"])

    def _asked(self, request):
        try:
            return self.process.ask(request)
        except Ended:
            self.stop()
            raise Died("a grading process ended; is there enough memory?") from None

    def stop(self):
        """End the process and its jail, and remove its temporary files."""
        with self.lock:
            if self.process:
                self.process.stop()  # bubblewrap ends with its parent
                self.process = None
                self.folder.cleanup()

    def close(self):
        """Stop, and start no other process, whatever thread still asks for one."""
        self.closed = True
        self.stop()


def main():
    """The process: settings on the first line, a submission on each further one."""
    from utils.grading.judge import Judge, default_data

    requests, reply = served()
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    first = next(requests, None)
    if first is None:
        return  # whoever asked is gone, as after Ctrl+C
    settings = Settings(**first)
    try:
        backend = jail.choose(settings.backend)
        limits = dataclasses.replace(jail.DEFAULT_LIMITS, memory=settings.memory)
        options = {"backend": backend, "limits": limits, "seed": settings.seed}
        with Judge(settings.lab, data=default_data(), **options) as judge:
            reply({"problem": trial(judge)})
            for request in requests:
                record = judge.grade(submissions.Submission(**_typed(request)))
                reply(record.plain())
    except NoJail as problem:
        reply({"problem": str(problem)})


def _typed(submission):
    return submission | {"cells": [submissions.Cell(**cell) for cell in submission["cells"]]}


def trial(judge):
    """Grade the lab's own solution; where it loses a point, what is wrong here, else ""."""
    solution = submissions.read(ROOT / "solutions" / f"{judge.lab}.ipynb")
    record = judge.grade(solution)
    if record.cells:  # perhaps data sets that are not prepared yet
        prepare(judge)
        record = judge.grade(solution)
    lost = [f"{q.question}: {q.found}" for q in record.questions if q.state != "right"]
    lost += [f"cell {cell.cell}: {cell.error}" for cell in record.cells]
    if not lost:
        return ""
    return f"the solution of {judge.lab} itself does not get full marks on this machine ({lost[0]})"


def prepare(judge):
    """Run the cells of the released lab that load data, out of the jail: then they lie ready."""
    from utils.grading.judge import default_data
    from utils.notebooks import running

    lab = ROOT / "labs" / f"{judge.lab}.ipynb"
    # Its own bound is for a machine that has nothing else to do.
    options = {"jobs": 1, "time_limit": 3600}
    running.run_many([lab], skip=("experiment",), go_on=True, **options)
    judge.jail.stop()
    judge.jail.data = default_data()


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):  # whoever asked is gone
        main()
