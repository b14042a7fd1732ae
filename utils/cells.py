"""What the cells of this notebook have done: which one made a name, and how it ended.

`watch()` begins to listen to IPython. `Lab` calls it, and kernels of `course start` do so before
their first cell. Outside of IPython nothing is known and nothing is said.
"""

import builtins
import sys
import types
from dataclasses import dataclass

from utils.names import behind, meant, names_in, trained_in

ABOVE = "run the cells above (Run > Run All Above Selected Cell)"


class Calm:
    """Of an exception that derives from this a notebook shows the message alone."""

    def _render_traceback_(self):  # IPython asks for it
        return str(self).splitlines()


class Interrupted(Calm, KeyboardInterrupt):
    """An interrupt that says what to run again."""


# --- one cell -------------------------------------------------------------------------------


@dataclass
class Run:
    """A cell that was run, by the number in its brackets.

    `ended` says why it did not come to its end, "" where it did; `doubt` whether what it used was
    left by a cell that did not, see `Doubt`.
    """

    number: int
    source: str
    ended: str = ""
    is_python: bool = True
    doubt: "Doubt | None" = None

    def __post_init__(self):
        self.made, self.used = names_in(self.source)

    @property
    def remedy(self):
        if "NameError" in self.ended:
            return "run the cells above it, then this one again"
        return "mend it and run it again" if "error" in self.ended else "run it again"


@dataclass
class Doubt:
    """`name` was made by the cell `maker`, which did not come to its end or rests on `root`."""

    name: str
    maker: Run
    root: Run

    def __str__(self):
        over = f", which rests on cell [{self.root.number}]" if self.root is not self.maker else ""
        return f"`{self.name}` of cell [{self.maker.number}]{over}, which {self.root.ended}"


# --- all cells ------------------------------------------------------------------------------


class Cells:
    """The runs of this kernel's cells, by their numbers, as IPython's events tell them."""

    def __init__(self, shell):
        self.shell = shell
        sources = enumerate(shell.history_manager.input_hist_parsed)
        self.runs = {number: Run(number, source) for number, source in sources if source}
        self.current = None
        shell.events.register("pre_run_cell", self.begins)
        shell.events.register("post_run_cell", self.ends)

    def begins(self, info):
        if not info.store_history:  # what editors run for themselves
            return
        # IPython stores the source after this event, so its number is that of the next one.
        number = len(self.shell.history_manager.input_hist_parsed)
        source = getattr(info, "transformed_cell", None) or info.raw_cell
        self.current = Run(number, source)
        self.current.doubt = self.doubt_about(self.current.used)
        self.runs[number] = self.current

    def ends(self, result):
        run = self.current or self.runs.get(getattr(result, "execution_count", None))
        if run is None or result is None:
            return
        error = result.error_before_exec or result.error_in_exec
        run.is_python = not isinstance(result.error_before_exec, SyntaxError)
        if not run.is_python:
            run.ended = f"has a syntax error in line {error.lineno} ({error.msg})"
        elif isinstance(error, KeyboardInterrupt):
            run.ended = "was interrupted"
        elif error is not None:
            words = " ".join(str(error).split())[:200]
            run.ended = f"ended in an error ({type(error).__name__}{': ' * bool(words)}{words})"
        if run.ended:
            values = self.shell.user_ns
            trained = {name for name in trained_in(run.source) if is_network(values.get(name))}
            run.made = run.made | trained
        if isinstance(error, NameError) and error.name:
            print(self.why_missing(error.name))
        self.current = None

    def latest(self, name, python=False):
        """The last run that makes this name, but for the one that runs; None if there is none."""
        for run in reversed(self.runs.values()):
            if name in run.made and run is not self.current and (run.is_python or not python):
                return run
        return None

    def why_missing(self, name):
        run = self.latest(name)
        if run and run.ended:
            return f"`{name}` is made by cell [{run.number}], which {run.ended}: {run.remedy}."
        other = meant(name, {*self.shell.user_ns, *dir(builtins)})
        if run:
            return f"`{name}` is made by cell [{run.number}], and is not there: run it again."
        first = f"is `{other}` meant? Otherwise" if other else "check its spelling, or"
        return f"No cell that has run since the kernel started makes `{name}`: {first} {ABOVE}."

    def doubt_about(self, names):
        """The first `Doubt` about what these names stand for, or None.

        Functions and classes are whole as soon as they are there, whatever their cell did then.
        """
        used = {each for name in names for each in behind(name, self.shell.user_ns)}
        for name in sorted(used):
            value, run = self.shell.user_ns.get(name), self.latest(name, python=True)
            if run is None or isinstance(value, types.FunctionType | types.ModuleType | type):
                continue
            if run.ended:
                return Doubt(name, run, run)
            if run.doubt:
                return Doubt(name, run, run.doubt.root)
        return None


def is_network(value):
    return hasattr(value, "trainable_variables")


# --- this notebook --------------------------------------------------------------------------

_cells = []  # of this process: one `Cells`, once somebody watches in IPython


def watch():
    """Begin to listen to what cells do, if this is IPython. A second call does nothing."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None and not _cells:
        _cells.append(Cells(shell))


def why_missing(name):
    """A sentence: which cell makes this name, and why it is not there."""
    return _cells[0].why_missing(name) if _cells else f"`{name}` is not there: {ABOVE}."


def failed(name):
    """The last `Run` that makes this name, if it did not come to its end; else None."""
    run = _cells[0].latest(name) if _cells else None
    return run if run and run.ended else None


def doubt():
    """The `Doubt` about what the cell that runs now uses, or None."""
    return _cells[0].current.doubt if _cells and _cells[0].current else None


def has_ended(how):
    """Note why the cell that runs now does not come to its end, although no error shows it."""
    if _cells and _cells[0].current:
        _cells[0].current.ended = how
