"""One live line below a cell that takes long: what runs, how far it is, how long it still takes.

    for name, make in progress(kinds.items(), "trainings"):
        training.fit(make(), ...)

shows "2 of 6 trainings: saturated loss, epoch 3 of 15, about 40 s left"; the epochs are told by
`training.fit` itself. A thread draws the line over in place once a second, so it moves while a
training step is traced, too. It appears after a second, or two where nothing tells how far a cell
is, so short work shows none, and says in the end how long the cell took.

Only a notebook that somebody looks at has it: nothing is shown outside of Jupyter's kernels, or
where COURSE_UNATTENDED is set, as it is by all that executes notebooks to store or compare what
they show. (The first stage of a notebook, in `runtime.start`, sets it up for all cells after it.)

Keras's and tqdm's bars print to a stream, which stays in the notebook and breaks up beside figures,
stand still while a step is traced, and know nothing of each other when nested; tqdm's other bar
needs widgets.
"""

import html
import os
import sys
import threading
import time
import uuid
from contextlib import contextmanager

EVERY = 1.0  # seconds between updates, and before the first one

_line = None  # of the cell that runs


def progress(items, what):
    """The items one after the other, while the line says which one is at work.

    Args:
        items: iterable. The name of an item is the item, or its first part, if that is a text or
            a number; those of a range have none.
        what: str, what the items are, in the plural.
    """
    counted, items = isinstance(items, range), list(items)
    with stage(len(items)) as here:
        for done, item in enumerate(items):
            first = item[0] if isinstance(item, tuple) and item else item
            name = f": {first}" if isinstance(first, (str, int, float)) and not counted else ""
            here.advance(done, f"{done + 1} of {len(items)} {what}{name}")
            yield item


@contextmanager
def stage(steps, *, done=0, first=""):
    """A part of the work as long as the block lasts, within those that are open: gives a `Stage`.

    Args:
        steps: int, its steps, each about as long as the others.
        done: int, steps that were done before.
        first: str, what the first step also does, such as "compiling"; how long it takes tells
            nothing of the others then.
    """
    here = Stage(steps, done, first)
    line = _line_of_this_cell()
    if line is None:
        yield here
        return
    line.open(here)
    try:
        yield here
    except BaseException:
        line.close(here, cut=True)
        raise
    line.close(here)


class Stage:
    """What the line knows of a part of the work; `advance` tells how far it is."""

    def __init__(self, steps, done=0, first=""):
        self.steps, self.done, self.first = steps, done, first
        self.text, self.opened = "", time.monotonic()
        self._since = self.opened  # the step at work
        self._from, self._began = done, self.opened  # the steps whose pace is taken

    def advance(self, done, text=None):
        """So many steps are done; `text` is what the line says of the stage from now on."""
        self.text = self.text if text is None else text
        if done > self.done:
            self.done, self._since = done, time.monotonic()
            if self.first:
                self.first, self._from, self._began = "", done, self._since

    def left(self, inner, now):
        """Seconds that it still takes, or None if its pace is not known yet.

        Args:
            inner: seconds that the stage within it still takes, or None.
            now: float, of `time.monotonic`.
        """
        counted, here = self.done - self._from, now - self._since
        if counted and self._since - self._began >= EVERY:
            step = (self._since - self._began) / counted
        elif inner is not None:
            step = here + inner
        else:
            return None
        rest = max(step - here, 0) if inner is None else inner
        return rest + max(self.steps - self.done - 1, 0) * step

    def __str__(self):
        return ", ".join(filter(None, (self.text, self.first)))


def _line_of_this_cell():
    """The line below the cell that runs; None where nobody looks."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    unattended = {"COURSE_UNATTENDED", "NBGRADER_EXECUTION"} & os.environ.keys()
    if unattended or not hasattr(shell, "kernel"):
        return None
    if _line is None:  # the first stage of all: from now on each cell has a line
        _cell_begins()
        shell.events.register("pre_run_cell", _cell_begins)
        shell.events.register("post_run_cell", _cell_ends)
    return _line


def _cell_begins(*_):
    global _line
    if _line:  # a cell within a cell, as %run may make
        _line.end(failed=False)
    _line = Line()


def _cell_ends(result):
    global _line
    line, _line = _line, None
    if line:
        line.end(failed=result.error_in_exec is not None)


class Line:
    """The line below one cell: the stages that are open, from the outermost one inwards."""

    def __init__(self):
        self.stages, self.cut = [], ""  # what it said of a stage that did not run to its end
        self.began, self.place, self.shown = time.monotonic(), f"progress-{uuid.uuid4()}", False
        self.lock, self.ended = threading.Lock(), threading.Event()
        threading.Thread(target=self._follow, daemon=True).start()

    def open(self, stage):
        """Add a stage within the others."""
        with self.lock:
            self.stages.append(stage)
            self.cut = ""

    def close(self, stage, cut=False):
        """Take a stage away, with those within it; `cut`: by an error, or its loop was left."""
        with self.lock:
            if cut and not self.cut:
                self.cut = ", ".join(map(str, self.stages))
            if stage in self.stages:
                del self.stages[self.stages.index(stage) :]

    def end(self, failed):
        """The cell has ended: say how long it took, where the line has said anything."""
        with self.lock:
            self.ended.set()
            took = f"{max(time.monotonic() - self.began, 1):.0f} s"
            at = self.cut or ", ".join(map(str, self.stages))
            if self.shown:
                self.show(f"{at}: stopped after {took}" if failed and at else f"Took {took}")

    def text(self, now):
        """What the line says: each stage, and the time."""
        left = None
        for each in reversed(self.stages):
            left = each.left(left, now)
        began = self.stages[0].opened if self.stages else self.began
        when = f"{about(now - began)} so far" if left is None else f"{about(left)} left"
        return ", ".join([*map(str, self.stages or ["running"]), when])

    def show(self, text):
        """Write the line, or write over it."""
        from IPython.display import display

        data = {
            "text/plain": text,
            "text/html": f'<span style="opacity:0.7">{html.escape(text)}</span>',
        }
        display(data, raw=True, display_id=self.place, update=self.shown)
        self.shown = True

    def _follow(self):
        while not self.ended.wait(EVERY):
            with self.lock:
                now = time.monotonic()
                due = self.stages or self.shown or now - self.began >= 2 * EVERY
                if due and not self.ended.is_set():
                    self.show(self.text(now))


def about(seconds):
    """A time as one says it: "about 4 s", "about 40 s", "about 3 min"."""
    if seconds < 10:
        return f"about {max(round(seconds), 1)} s"
    return f"about {5 * round(seconds / 5)} s" if seconds < 90 else f"about {seconds / 60:.0f} min"
