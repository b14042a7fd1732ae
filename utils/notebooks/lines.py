"""Helper processes that are asked, and answer, a line of JSON at a time.

process = LineProcess("utils.grading.worker", env=...)     here
process.ask({"lab": "lab3_vae"})

requests, reply = served()                                  in the other process
"""

import contextlib
import json
import os
import subprocess
import sys

from utils import ROOT


class Ended(RuntimeError):
    """The process has ended instead of answering."""


class LineProcess:
    """A Python process of the course, seen from here.

    Args:
        module, arguments: str, what it runs: `python -m module *arguments`.
        options: of `subprocess.Popen`.
    """

    def __init__(self, module, *arguments, **options):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
        command = [sys.executable, "-m", module, *arguments]
        self.process = subprocess.Popen(command, **pipes, **options)

    @property
    def pid(self):
        return self.process.pid

    def ask(self, request):
        """Its answer to a request, both plain data.

        Raises:
            Ended: there is none.
        """
        with contextlib.suppress(OSError):  # then there is no answer either
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
        return self.answer()

    def answer(self):
        """The next line that it sends, which may be unasked."""
        line = self.process.stdout.readline()
        if not line.endswith("\n"):
            raise Ended("a helper process ended; what it said is above")
        return json.loads(line)

    def stop(self):
        """End it, whatever it does."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                stream.close()


def served():
    """In the process: (iterator of requests, function that sends an answer).

    What libraries print on standard output goes to standard error: it is no answer.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def reply(value):
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    return map(json.loads, sys.stdin), reply
