"""The way from a check to an answer and back: names, arrays and plain data, nothing else."""

import builtins
import contextlib
import copy
import linecache
import re
import signal
import threading
import time
import traceback
import types
import warnings
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np

from utils.checks.remote import errors
from utils.checks.remote.drivers import DRIVERS
from utils.names import meant

# What passes between a check and an answer, see `plain`.
Plain = None | bool | int | float | str | list | tuple | dict | np.ndarray
TIME_LIMIT = 10  # seconds of computing a call may take before its check gives up
BUSY = 10  # times as long by the clock, as other work may hold the processor


class Unanswered(Exception):
    """The answer is still the stub, or its cell has not been run.

    `missing` is the name that is not there: its own, or that of a question that it uses.
    """

    def __init__(self, message="", missing=""):
        super().__init__(message)
        self.missing = missing


class AnswerRaised(Exception):
    """The answer ended in an error of its own. `where` names the line, `mistake` a likely reason.

    `kind` is empty where no exception tells it, and `message` where the exception has no words;
    `missing` is the name that a NameError misses.
    """

    def __init__(self, kind, message, where="", mistake="error", missing=""):
        super().__init__(": ".join(part for part in (kind, message) if part))
        self.kind, self.message, self.where, self.mistake = kind, message, where, mistake
        self.missing = missing


class Answers:
    """Answers in this process, looked up in a notebook's namespace.

    Args:
        namespace: mapping of name to answer.
        time_limit: float, seconds of computing a call may take.
    """

    def __init__(self, namespace: Mapping[str, Any], time_limit: float = TIME_LIMIT):
        self.namespace = namespace
        self.time_limit = time_limit

    def call(self, name: str, *arguments: Plain, **options: Plain) -> Plain:
        """Call the answer `name` on plain data; its result comes back as plain data.

        Raises:
            Unanswered: the stub is still there or the name is not defined.
            AnswerRaised: the answer raised, took too long or returned something that is not plain.
        """
        # Copies: an answer that changes its arguments must not change the check's.
        arguments, options = copy.deepcopy((arguments, options))
        return self._run(lambda answer: answer(*arguments, **options), name)

    def drive(self, driver: str, name: str, **options: Plain) -> Plain:
        """Run a driver with the answer; plain data in and out. See `drivers`."""
        return self._run(lambda answer: DRIVERS[driver](answer, **options), name)

    def _run(self, use, name):
        if name not in self.namespace:
            raise Unanswered(f"`{name}` is not defined: run the cell above that defines it", name)
        if not callable(self.namespace[name]):
            kind = type(self.namespace[name]).__name__
            raise AnswerRaised(
                "TypeError",
                f"`{name}` is of type {kind} and can't be called",
                mistake="no_function",
            )
        try:
            # A notebook may make errors of warnings, and libraries warn of what is not its own.
            with time_limit(self.time_limit), warnings.catch_warnings(action="ignore"):
                return plain(use(self.namespace[name]))
        except NotImplementedError as error:
            # Keras raises this error too, with words of its own; nbgrader's stubs have none.
            stub = re.search(r"Question \d+, (\w+)", str(error))
            if stub and stub[1] != name:
                raise Unanswered(stub[0], stub[1]) from None
            if stub or not str(error):
                frames = traceback.extract_tb(error.__traceback__)
                own = [frame.name for frame in frames if in_notebook(frame.filename)]
                is_method = bool(own) and isinstance(self.namespace[name], type)
                told = f"`{own[-1]}` still raises NotImplementedError" if is_method else ""
                raise Unanswered(told) from None
            raise _told(error, name) from None
        except TimeoutError:
            raise AnswerRaised(
                "TimeoutError",
                f"no result after {self.time_limit:g} s",
                mistake="too_long",
            ) from None
        except (Exception, SystemExit) as error:
            raise _told(error, name) from None


def _told(error, name):
    """The error as plain words, with the line of the notebook that it came from."""
    where = ""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if in_notebook(frame.filename):
            line = linecache.getline(frame.filename, frame.lineno).strip()
            where = f" (line {frame.lineno} of its cell" + (f": {line})" if line else ")")
            break
    message, mistake = message_of(error), errors.mistake_behind(error, name)
    if mistake == "shadowed":
        hidden, value = errors.shadowed(error)
        message += f"; `{hidden}` is of type {type(value).__name__} here"
    missing = missing_name(error)
    known = names_at(error) if missing else set()
    if isinstance(error, AttributeError) and error.name and isinstance(error.obj, types.ModuleType):
        missing_there, known = error.name, {each for each in dir(error.obj) if each[0] != "_"}
    else:
        missing_there = missing
    if missing_there and (other := meant(missing_there, known)):
        message += f": is `{other}` meant?"
    return AnswerRaised(type(error).__name__, message, where, mistake, missing)


def missing_name(error):
    """The name that a NameError misses, or ""."""
    if not isinstance(error, NameError):
        return ""
    # TensorFlow raises it again from a traced function, with its words alone.
    words = re.search(r"name '(\w+)' is not defined", str(error))
    return error.name or (words[1] if words else "")


def in_notebook(file):
    return "ipykernel" in file or file.startswith("<")


def names_at(error):
    """The names that were there where the notebook's code raised an error; empty if it did not."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    own = [frame for frame in frames if in_notebook(frame.f_code.co_filename)]
    return {*own[-1].f_locals, *own[-1].f_globals, *dir(builtins)} if own else set()


def message_of(error):
    """The error's words on one line, without Keras's colours."""
    words = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", str(error)).split())
    words = re.sub(r"\{\{.*?\}\} ?|\[Op:\w+\] name: ?", "", words)  # TensorFlow's names of its own
    words = re.sub(r'File "[^"]*", (line \d+)', r"\1", words)  # a cell is no file to its reader
    words = re.sub(r" Arguments received by .*", "", words)  # of Keras: a list of all it was given
    # Keras prints the whole input, and the shapes that explain the error would be cut off.
    words = re.sub(r"(Invalid input shape for input) .*(Expected shape)", r"\1. \2", words)
    return words if len(words) < 300 else words[:297] + "..."


class NotPlain(TypeError):
    """A result that is neither numbers, text nor a collection of them."""


def plain(value: Any) -> Plain:
    """`value` as NumPy arrays, numbers, text, None, and lists and dicts of these.

    Raises:
        NotPlain: for anything else, naming its type.
    """
    if value is None or isinstance(value, (str, bool, np.bool_)):
        return bool(value) if isinstance(value, np.bool_) else value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = [plain(item) for item in value]
        with contextlib.suppress(ValueError):  # ragged: it stays a list
            array = np.array(items)
            if array.dtype.kind in "biuf":
                return array
        return items
    if hasattr(value, "__array__") or hasattr(value, "numpy"):
        array = np.array(value.numpy() if hasattr(value, "numpy") else value)
        if array.dtype.kind in "biufU":
            return array
        if str(array.dtype) == "bfloat16":
            return array.astype("float32")
    raise NotPlain(f"the result is of type {type(value).__name__}, not numbers")


@contextlib.contextmanager
def time_limit(seconds):
    """Interrupt Python code that computes longer, where the system and the thread allow it.

    What other work on the machine takes does not count; what sleeps ends `BUSY` times as late.
    """
    in_main = threading.current_thread() is threading.main_thread()
    if not hasattr(signal, "setitimer") or not in_main:
        yield
        return

    began, since = time.process_time(), time.monotonic()

    def give_up(*_):
        left = seconds - (time.process_time() - began)
        if left <= 0 or time.monotonic() - since > BUSY * seconds:
            raise TimeoutError
        signal.setitimer(signal.ITIMER_REAL, max(left, seconds / 10))

    previous = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
