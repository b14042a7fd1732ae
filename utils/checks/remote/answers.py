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

from utils.checks.remote import drivers, picture_drivers

# What passes between a check and an answer, see `plain`.
Plain = None | bool | int | float | str | list | tuple | dict | np.ndarray
DRIVERS = drivers.DRIVERS | picture_drivers.DRIVERS
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
    """The answer ended in an error of its own. `where` names the line, `slip` a likely reason.

    `kind` is empty where no exception tells it, and `message` where the exception has no words;
    `missing` is the name that a NameError misses.
    """

    def __init__(self, kind, message, where="", slip="", missing=""):
        super().__init__(": ".join(part for part in (kind, message) if part))
        self.kind, self.message, self.where, self.slip = kind, message, where, slip
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
        """Run a driver with the answer; plain data in and out. See `drivers`, `picture_drivers`."""
        return self._run(lambda answer: DRIVERS[driver](answer, **options), name)

    def _run(self, use, name):
        if name not in self.namespace:
            raise Unanswered(f"`{name}` is not defined: run the cell above that defines it", name)
        if not callable(self.namespace[name]):
            kind = type(self.namespace[name]).__name__
            raise AnswerRaised(
                "TypeError",
                f"`{name}` is of type {kind} and can't be called",
                slip=f"Define it with `def {name}(...)`, and don't use its name for a result.",
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
                raise Unanswered(stub[0] if stub else "") from None
            raise _told(error, name) from None
        except TimeoutError:
            raise AnswerRaised(
                "TimeoutError",
                f"no result after {self.time_limit:g} s",
                slip="Look for a loop that does not end, or for work done again in every step.",
            ) from None
        except (Exception, SystemExit) as error:
            raise _told(error, name) from None


def _told(error, name):
    """The error as plain words, with the line of the notebook that it came from."""
    where = ""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if "ipykernel" in frame.filename or frame.filename.startswith("<"):
            line = linecache.getline(frame.filename, frame.lineno).strip()
            where = f" (line {frame.lineno} of its cell" + (f": {line})" if line else ")")
            break
    slip = _slip_behind(error, name)
    return AnswerRaised(type(error).__name__, message_of(error), where, slip, missing_name(error))


def missing_name(error):
    """The name that a NameError misses, or ""."""
    if not isinstance(error, NameError):
        return ""
    # TensorFlow raises it again from a traced function, with its words alone.
    words = re.search(r"name '(\w+)' is not defined", str(error))
    return error.name or (words[1] if words else "")


def message_of(error):
    """The error's words on one line, without Keras's colours."""
    words = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", str(error)).split())
    words = re.sub(r"\{\{.*?\}\} ?|\[Op:\w+\] name: ?", "", words)  # TensorFlow's names of its own
    words = re.sub(r'File "[^"]*", (line \d+)', r"\1", words)  # a cell is no file to its reader
    # Keras prints the whole input, and the shapes that explain the error would be cut off.
    words = re.sub(r"(Invalid input shape for input) .*(Expected shape)", r"\1. \2", words)
    return words if len(words) < 300 else words[:297] + "..."


def _slip_behind(error, name):  # noqa: C901 - one case after the other
    text = str(error)
    if isinstance(error, NotPlain):
        return "Return an array or a tensor of numbers."
    if isinstance(error, RecursionError):
        return "The function calls itself without end: look for the case in which it stops."
    if isinstance(error, SystemExit):
        return "An answer ends by `return`; exit() and quit() would end the whole notebook."
    if "unhashable type" in text:
        return "Arrays can't be keys: not of a dict or a set, nor of a cache such as lru_cache."
    if isinstance(error, MemoryError):
        return (
            "It wants more memory than there is: look for an axis too many, or a list that grows."
        )
    if isinstance(error, ModuleNotFoundError):
        return "Labs are graded with the course's packages and no others: do without this one."
    if isinstance(error, FileNotFoundError):
        return "Labs are graded without your files: what an answer needs comes by its arguments."
    if shadowed := _shadowed(error):
        kind = type(shadowed[1]).__name__
        return (
            f"`{shadowed[0]}` is of type {kind} here: a cell uses the name for something else. "
            "Rename it there, restart the kernel and run all cells."
        )
    if isinstance(error, NameError):
        return "Check the spelling, and that the cell which defines the name has been run."
    if isinstance(error, TypeError) and "argument" in text and name in text:
        return "Keep the arguments that the question gives, with their names and order."
    if "missing a required argument" in text:
        return "It is called with the arguments that the docstring gives, and with no others."
    if "NoneType" in text and "not callable" in text:
        return "Something that may be None is called: call it only `if ... is not None`."
    if "has no attribute '_id'" in text:
        return (
            "A NumPy value stands where TensorFlow needs a tensor: use keras.ops inside the tape."
        )
    if "cannot be interpreted as an integer" in text and re.search("None|Symbolic", text):
        return (
            "In a compiled training step a batch has no fixed size: use ops.shape(x), and no "
            "NumPy, which can't draw there."
        )
    if "Unknown variable" in text:
        return "An optimizer keeps to the variables of its first step: each network has its own."
    if "No gradients provided" in text:
        return (
            "No gradient gets to these variables: the way from them to the loss has to lie inside "
            "the tape, without stop_gradient or numpy()."
        )
    if "NoneType" in text and isinstance(error, (TypeError, ValueError)):
        return (
            "Something is None, perhaps a gradient: compute the objective inside the tape, from "
            "the variables, with TensorFlow or keras.ops functions."
        )
    if "symbolic" in text and "umpy" in text:
        return (
            "NumPy can't compute inside a compiled training step: use the functions of keras.ops."
        )
    if "SymbolicTensor" in text and ("float()" in text or "int()" in text or "numpy" in text):
        return (
            "Inside a compiled training step a tensor has no value yet: leave float(), int() and "
            "numpy() out, use the functions of keras.ops."
        )
    if "bitwise_xor" in text or "BitwiseXor" in text or "for ^" in text:
        return "In Python a power is written with **; ^ is something else."
    if "singleton tf.Variable" in text:
        return "A variable or a SeedGenerator is made in each call: make it once, in `__init__`."
    if "partially known TensorShape" in text or "convert elements of (None" in text:
        return "In a compiled training step a batch has no fixed size: ops.shape(x), not x.shape."
    if "OptionalFromValue" in text:
        return "A step returns nothing: end it in `return self.track(...)`, which returns a dict."
    if "No loss to compute" in text:
        return "Keras's own step runs here: write train_step and test_step, by these names."
    if "Iterating over a symbolic" in text:
        return (
            "In a compiled training step a batch has no fixed size: leave Python's loop over "
            "examples out, the functions of keras.ops take the whole batch."
        )
    if "as a Python `bool`" in text:
        return (
            "While a step is traced nothing is known yet: no `if` on tensors, but "
            "ops.where(condition, this, that)."
        )
    if "out of scope" in text:
        return (
            "A tensor of one traced step can't be kept for the next: what stays belongs into a "
            "variable, by assign."
        )
    if "KerasTensor is symbolic" in text:
        return "NumPy can't compute with a tensor of a model: use the functions of keras.ops."
    if "addings must be less" in text:
        return "Here the image is smaller than its margin: something before has made it too small."
    if "double tensor" in text:
        return "float32 and float64 meet: give both the same type, such as ops.cast(x, y.dtype)."
    if "SeedSequence expects" in text:
        return "A seed is a whole number: keep the order of the arguments."
    if "size of the tensor must be unchanged" in text:
        return (
            "Reshape keeps the number of values: the layer before it has to make exactly so many."
        )
    if "Cannot convert" in text and "to a shape" in text:
        return "A shape is a tuple: (n,) with its comma, not n."
    if "Kernel shape must have the same length as input" in text:
        return "keras.Input takes the shape of one example, without the axis of examples."
    if "incompatible with the layer" in text or "Invalid input shape" in text:
        return "A layer gets inputs of another shape than it expects: compare with the docstring."
    if "ncompatible shapes" in text or "broadcast" in text or "Matrix size" in text:
        return "Print the shapes on both sides: one of them is not what the docstring says."
    return ""


def _shadowed(error):
    """(name, value) where the line that failed uses a name which a cell has given away, or None.

    Such as np after `np = 3`, or list after `list = [1, 2]`.
    """
    if not isinstance(error, (AttributeError, TypeError)):
        return None
    for frame, _ in list(traceback.walk_tb(error.__traceback__))[-1:]:
        for name in set(frame.f_code.co_names) & set(frame.f_globals):
            value = frame.f_globals[name]
            module = name in ("keras", "math", "np", "ops", "tf")
            builtin = hasattr(builtins, name) and not name.startswith("_")
            if (
                module
                and not isinstance(value, types.ModuleType)
                or builtin
                and not callable(value)
            ):
                return name, value
    return None


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
