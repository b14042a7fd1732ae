"""Claims: what a notebook has just measured, each number beside the bound that it must keep.

    claims = Claims("lab1_identity_838")
    claims.add("patterns recovered", 8, at_least=8, published=8, source="Mitchell 1997, fig. 4.7")
    claims.table()

`add` shows the number where it was measured, in a line; `table()` shows all of them and raises
`ClaimFailed` if one does not hold; in a student's lab that is a note (`Lab.needs`), since another
right answer may give other numbers. Where COURSE_RESULTS names a
file, the claims are also written there (`course run` reads them). A number may move a little on
another processor: comparisons between runs take text and verdict exactly, the number within the
spread that was measured (`spread.py`).
"""

import html
import json
import math
import os
import sys
from dataclasses import asdict, dataclass, field
from numbers import Real

resting_on = []  # the questions whose answers the code that now runs uses: `Lab.needs` sets it


class ClaimFailed(AssertionError):
    """A claim of the notebook does not hold; the message names the claim, its value and bound.

    `claims` are those that failed.
    """

    def __init__(self, message, claims=()):
        super().__init__(message)
        self.claims = claims


@dataclass
class Claim:
    """One measured number, its bound and the number it is compared with."""

    text: str
    value: float
    at_least: float | None = None
    at_most: float | None = None
    unit: str = ""
    published: float | str | None = None
    source: str = ""
    tolerance: float = 0.1
    of: int | None = None
    rests_on: list = field(default_factory=resting_on.copy)  # names of questions

    @property
    def held(self):
        above = self.at_least is None or self.value >= self.at_least
        below = self.at_most is None or self.value <= self.at_most
        return math.isfinite(self.value) and above and below

    @property
    def bound(self):
        if self.at_most is None:
            return f"at least {self.at_least:g}"
        if self.at_least is None:
            return f"at most {self.at_most:g}"
        if self.at_least == self.at_most:
            return f"exactly {self.at_least:g}"
        return f"{self.at_least:g} to {self.at_most:g}"

    @property
    def outcome(self):
        return f"measured {number(self.value, self.unit)}, claimed {self.bound}"

    @property
    def verdict(self):
        return "held" if self.held else "FAILED"

    @property
    def mark(self):
        return "&#10003;" if self.held else "&#10007;"


class Claims:
    """The claims of one notebook, in the order in which they were measured."""

    def __init__(self, notebook):
        self.notebook = notebook
        self.claims = {}

    def add(
        self,
        text,
        value,
        *,
        at_least=None,
        at_most=None,
        unit="",
        published=None,
        source="",
        tolerance=0.1,
        of=None,
    ):
        """Record a measured number beside its bound, and show it in a notebook, in a line.

        The same text again replaces the first.

        Args:
            text: str, what is claimed, readable on its own.
            value: number, measured just now. NaN and infinity never hold.
            at_least, at_most: number, the bound; one of the two at least. Both the same: exact.
            unit: str, such as "nats", "dB", "degrees".
            published: number or str that somebody else reported, with its `source`.
            tolerance: relative change (of the larger of value and bounds) that a re-run may show
                as long as its spread over processors was not measured (`course test --machines`).
                For tiny values bounded by 0, such as rounding errors, give a bound of their size.
            of: int, where the value is a share of so many things that were counted, or a difference
                of such shares. A few of them may always fall otherwise on another processor, even
                where none did on those that were tried.

        Raises:
            ValueError: no bound, a bound that is not a finite number, or a published number
                without its source. TypeError: a value that is not one number.
        """
        if at_least is None and at_most is None:
            raise ValueError(f"The claim '{text}' can't fail: give it at_least or at_most.")
        for bound in (at_least, at_most):
            if bound is not None and not math.isfinite(bound):
                raise ValueError(f"The claim '{text}' needs a finite bound, not {bound}.")
        if published is not None and not source:
            raise ValueError(f"The claim '{text}' quotes a published number: name its source.")
        value = value.numpy() if hasattr(value, "numpy") else value  # TensorFlow
        if hasattr(value, "item"):  # NumPy
            value = value.item() if getattr(value, "size", 1) == 1 else value
        if not isinstance(value, Real):
            raise TypeError(f"The claim '{text}' needs one number, not {type(value).__name__}.")
        claim = Claim(text, float(value), at_least, at_most, unit, published, source, tolerance, of)
        self.claims[text] = claim
        if "IPython" in sys.modules and sys.modules["IPython"].get_ipython():
            from IPython.display import display

            display(Line(claim))

    def table(self):
        """Show every claim; raise `ClaimFailed` if there is none or one does not hold."""
        from IPython.display import display

        rows = list(self.claims.values())
        if not rows:
            raise ClaimFailed(f"{self.notebook} claims nothing yet: run the cells above.")
        record(claims=[asdict(row) | {"held": row.held} for row in rows])
        display(Table(rows))
        failed = [row for row in rows if not row.held]
        if failed:
            told = "; ".join(f"{row.text}: {row.outcome}" for row in failed)
            raise ClaimFailed(f"{len(failed)} of {len(rows)} claims failed. {told}", failed)


def record(**facts):
    """Add facts to the results file that COURSE_RESULTS names, if there is one."""
    path = os.environ.get("COURSE_RESULTS")
    if not path:
        return
    known = {}
    if os.path.exists(path):
        with open(path) as file:
            known = json.load(file)
    with open(f"{path}.new", "w") as file:
        json.dump(known | facts, file, indent=1)
    os.replace(f"{path}.new", path)


def number(value, unit=""):
    """A number as the tables print it: three digits that count, whole numbers whole."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    whole = float(value).is_integer() and abs(value) < 1e6
    return (f"{value:.0f}" if whole else f"{value:.3g}") + (f" {unit}" if unit else "")


def show_numbers(rows, columns, *, first="", tolerance=0.1):
    """Show measured numbers that nothing is claimed of; never `print` them.

    What is printed is compared between runs to the letter, and these move a little from one CPU to
    another: here each may, by its measured spread, or else by `tolerance` of the largest in its
    column.

    Args:
        rows: dict of a row's name to its numbers, one for each column.
        columns: list of str, with units.
        first: str, what the rows' names are.
    """
    from IPython.display import display

    display(Numbers(rows, columns, first, tolerance))


def measured_cell(text, value, scale, of=None):
    """A cell whose attributes are compared between runs (`spread.py`)."""
    facts = f'data-value="{float(value)!r}" data-scale="{float(scale)!r}"'
    facts += f' data-of="{of}"' if of else ""
    return f'<td class="measured" {facts} style="text-align:right">{html.escape(text)}</td>'


class Numbers:
    """See `show_numbers`."""

    def __init__(self, rows, columns, first, tolerance):
        self.rows = {str(name): [float(each) for each in values] for name, values in rows.items()}
        self.columns, self.first = columns, first
        largest = [max(map(abs, column)) for column in zip(*self.rows.values(), strict=True)]
        self.scales = [tolerance * each for each in largest]

    def __repr__(self):
        lines = [f"{self.first}: {', '.join(self.columns)}"]
        for name, values in self.rows.items():
            lines.append(f"{name}: measured {', '.join(map(number, values))}")
        return "\n".join(lines)

    def _repr_html_(self):
        style = "text-align:left;white-space:normal"
        head = f'<th scope="col" style="{style}">{html.escape(self.first)}</th>'
        for name in self.columns:
            head += f'<th scope="col" style="text-align:right">{html.escape(name)}</th>'
        body = ""
        for name, values in self.rows.items():
            cells = zip(values, self.scales, strict=True)
            body += f'<tr><td style="{style}">{html.escape(name)}</td>'
            body += "".join(measured_cell(number(value), value, scale) for value, scale in cells)
            body += "</tr>"
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


class Line:
    """A claim where it is measured. Comparisons between runs take the number from the table."""

    def __init__(self, claim):
        self.claim = claim

    def __repr__(self):
        row = self.claim
        published = "" if row.published is None else f"; published {number(row.published)}"
        return f"{row.text}: claimed {row.bound}{published}; measured {number(row.value, row.unit)}"

    def _repr_html_(self):
        row = self.claim
        value = f'<b class="measured">{html.escape(number(row.value, row.unit))}</b>'
        told = [f"claimed: {row.bound}"]
        if row.published is not None:
            told.append(f"published: {number(row.published)}, {row.source}")
        style = "border-left:2px solid #999;padding:0 12px;margin:2px 0"
        return (
            f'<div style="{style}">{html.escape(row.text)}: {value} '
            f"<small>({html.escape('; '.join(told))})</small> {row.mark}</div>"
        )


class Table:
    """Shown as HTML in a notebook; its plain text is what terminals and screen readers get."""

    def __init__(self, rows):
        self.rows = rows

    def __repr__(self):
        lines = []
        for row in self.rows:
            lines.append(f"[{row.verdict}] {row.text}")
            line = f"    claimed {row.bound}, measured {number(row.value, row.unit)}"
            if row.published is not None:
                line += f"; published {number(row.published)} ({row.source})"
            lines.append(line)
        return "\n".join(lines)

    def _repr_html_(self):
        columns = ["Claim", "Measured", "Bound", "Published", "Verdict"]
        if not any(row.published is not None for row in self.rows):
            columns.remove("Published")
        left, right = "text-align:left;white-space:normal", "text-align:right"
        head = "".join(
            f'<th scope="col" style="{right if name == "Measured" else left}">{name}</th>'
            for name in columns
        )
        body = ""
        for row in self.rows:
            published = html.escape(number(row.published))
            if row.source:
                published += f"<br><small>{html.escape(row.source)}</small>"
            cells = {
                "Claim": f'<td style="{left}">{html.escape(row.text)}</td>',
                "Measured": measured_cell(
                    number(row.value, row.unit), row.value, self._scale(row), row.of
                ),
                "Bound": f'<td style="{left}">{html.escape(row.bound)}</td>',
                "Published": f'<td style="{left}">{published}</td>',
                "Verdict": f'<td style="{left}">{row.mark} {row.verdict}</td>',
            }
            body += "<tr>" + "".join(cells[name] for name in columns) + "</tr>"
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    @staticmethod
    def _scale(row):
        """How far the number may move on another machine, in its own unit."""
        bounds = [abs(b) for b in (row.at_least, row.at_most) if b is not None]
        return row.tolerance * max(abs(row.value), *bounds)
