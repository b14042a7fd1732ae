"""What tests of several files use: small notebooks; the jail, or why there is none."""

import collections
import ctypes
import gc
import signal
import sys
import time
import tracemalloc

import nbformat
import psutil
import pytest

from tests.jails import backend_or_skip

# Shells start what runs in the background with interrupts ignored, and every child inherits it:
# the commands under test would not hear the interrupts that the tests send them.
signal.signal(signal.SIGINT, signal.default_int_handler)

HANGS = 1200  # seconds after which a test gives up; nothing but a hanging test takes so long


def until(holds):
    """Wait until `holds()`, however slow the machine is."""
    end = time.monotonic() + HANGS
    while not holds():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.05)


def peak_of(stream):
    """The most bytes that Python held while it ran through a stream."""
    tracemalloc.start()
    try:
        for _ in stream:
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture
def notebook(tmp_path):
    """Writes a notebook of code cells (or '# heading' texts) and returns its path."""

    def write(name, *cells, **course):
        made = nbformat.v4.new_notebook()
        made.metadata["course"] = course
        for index, source in enumerate(cells):
            kind = "markdown" if source.startswith("# ") else "code"
            cell = getattr(nbformat.v4, f"new_{kind}_cell")(source)
            cell.id = f"cell-{index}"
            made.cells.append(cell)
        path = tmp_path / f"{name}.ipynb"
        nbformat.write(made, path)
        return path

    return write


@pytest.fixture(scope="session")
def bubblewrap():
    """The jail that submissions are run in; without one the test is skipped with the reason."""
    return backend_or_skip("bubblewrap")


def pytest_terminal_summary(terminalreporter):
    """Why tests were skipped, a line for each reason."""
    skipped = [report.longrepr for report in terminalreporter.stats.get("skipped", [])]
    reasons = collections.Counter(why[2] for why in skipped if isinstance(why, tuple))
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count} skipped: {reason.removeprefix('Skipped: ')}")


GROWTH = 5 * 10**7  # bytes that a process may grow by before what is not used any more is freed
after_freeing = 0  # bytes of this process


@pytest.fixture
def frees_graphs():
    """For tests that trace hundreds of training steps, whose graphs would take gigabytes."""
    yield
    free_graphs()


@pytest.fixture(scope="module", autouse=True)
def frees_graphs_of_a_module():
    yield
    if "tensorflow" in sys.modules:
        free_graphs()


def free_graphs():
    """Let go of everything that was traced so far; it can't be differentiated any more.

    TensorFlow keeps the gradient of each `custom_gradient` that was ever traced, and with it the
    graph around it, for a gradient that could still be asked for.
    """
    from tensorflow.python.framework.ops import gradient_registry

    global after_freeing
    gradients = gradient_registry._registry
    for name in [name for name in gradients if name.startswith("CustomGradient-")]:
        del gradients[name]
    memory = psutil.Process().memory_info
    if memory().rss > after_freeing + GROWTH:
        gc.collect()
        if sys.platform == "linux":
            ctypes.CDLL(None).malloc_trim(0)  # gives back what is free within the heap
        after_freeing = memory().rss
