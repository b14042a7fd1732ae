"""What tests of several files use: small notebooks; the jail, or why there is none."""

import collections
import signal

import nbformat
import pytest

from tests.jails import backend_or_skip

# Shells start what runs in the background with interrupts ignored, and every child inherits it:
# the commands under test would not hear the interrupts that the tests send them.
signal.signal(signal.SIGINT, signal.default_int_handler)


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
