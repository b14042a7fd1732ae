"""Every cell of a lab that uses an answer stands under `lab.needs` with names that cover it.

This is a property of the code (`tests/needs.py`), so it is tested for all subsets of answers at
once. Each `lab.needs` of each lab is broken on purpose, to see that it is found.
"""

import pytest

from tests import needs
from tests.cases import LABS
from tests.labs import analysed, blocks_of, numbers_of, sources_of

# Answers that no other cell of the lab needs.
IDLE = {"lab1_identity_838": {"smallest_width"}}


@pytest.mark.parametrize("lab", LABS)
def test_every_cell_names_what_it_needs(lab):
    assert analysed(lab).faults() == []
    needed = set().union(*(block.needed for block in blocks_of(lab)))
    assert set(numbers_of(lab)) - needed == IDLE.get(lab, set())


def breaks():
    """Each `lab.needs` that a cell needs; and each of its names without which there is a fault.

    Those are the answers that its own lines use, and the last of all that it needs. Without one of
    the others the earlier questions still count, as `lab.needs` has it.
    """
    for lab in LABS:
        number = numbers_of(lab).get
        for block in blocks_of(lab):
            if not block.needed:  # defines functions for other cells
                continue
            last = max(block.needed, key=number)
            covered = any(number(name) > number(last) for name in block.named)
            for name in [None, *sorted(block.called | (set() if covered else {last}))]:
                broken = f"{lab}-cell {block.cell}-{name or 'no needs'}"
                yield pytest.param(lab, block, name, id=broken)


@pytest.mark.parametrize("lab, block, name", list(breaks()))
def test_a_broken_cell_is_found(lab, block, name):
    source = needs.broken(sources_of(lab)[block.cell], block.line, name)
    faults = analysed(lab, changes={block.cell: source}).faults()
    assert faults and all(fault.startswith(f"cell {block.cell}, ") for fault in faults)
    if name is None:
        assert all("does not stand under lab.needs" in fault for fault in faults)
    else:
        assert any(f" {name} " in f or f" {name}," in f for f in faults)


# --- what counts as a need, in small --------------------------------------------------------------

NUMBERS = {"first": 1, "second": 2, "third": 3}


def faults(*cells, **uses):
    return needs.Lab(dict(enumerate(cells)), NUMBERS, uses).faults()


def guarded(names, *lines):
    body = "".join(f"    {line}\n" for line in lines)
    return f"with lab.needs({', '.join(map(repr, names.split()))}):\n{body}"


@pytest.mark.parametrize(
    "cells, fault",
    [
        # A line of its own, with and without lab.needs.
        ([guarded("first", "x = first()")], ""),
        (["x = first()"], "cell 0, line 1: needs first (first) and does not stand"),
        (["y = 1\nx = map(first, y)"], "cell 0, line 2: needs first"),
        ([guarded("second", "x = first()")], "uses first, which lab.needs does not name"),
        ([guarded("first", "x = second()")], "needs second (second), which comes after all"),
        (['lab.check("first")\nlab.score()'], ""),
        # A variable of another cell.
        ([guarded("first", "x = first()"), "print(x)"], "cell 1, line 1: needs first (x)"),
        ([guarded("first", "x = first()"), guarded("first", "print(x)")], ""),
        ([guarded("first", "x = first()"), guarded("second", "print(x)", "second()")], ""),
        ([guarded("second", "x = second()"), guarded("first", "y = x")], "needs second (x)"),
        (
            [guarded("third", "x = third()"), guarded("third", "y = x"), guarded("first", "y + 1")],
            "cell 2, line 1: needs third (y)",
        ),
        # Made before the answer is used, or made again without it.
        ([guarded("first second", "x = first()", "y = second(x)"), guarded("first", "x")], ""),
        ([guarded("first", "x = first()"), "x = 2\nprint(x)"], ""),
        # Objects that a cell changes.
        (["x = []", guarded("first", "x.append(first())"), "print(x)"], "cell 2, line 1"),
        (["x = {}", guarded("first", "x['a'] = first()"), "print(x)"], "cell 2, line 1"),
        # Functions and classes use names when they are called; defaults when they are defined.
        (["def f():\n    return second()", guarded("second", "f()")], ""),
        (["def f():\n    return second()", guarded("first", "f()")], "needs second (f)"),
        (["def f():\n    return second()\n\ndef g():\n    f()", "g()"], "cell 1, line 1"),
        (["class C:\n    def f(self):\n        second()", "C().f()"], "cell 1, line 1"),
        (["def f(x=first()):\n    pass"], "cell 0, line 1"),
        (["class C(first):\n    pass"], "cell 0, line 1"),
        (["def f(first):\n    return first", "f(1)"], ""),
        # Branches, loops, comprehensions, nested contexts.
        (["for i in range(3):\n    first(i)"], "cell 0, line 2"),
        (["for i in first():\n    pass"], "cell 0, line 1"),
        (["for i in 'ab':\n    " + guarded("first", "    first(i)").replace("\n ", "\n     ")], ""),
        (["if x:\n    pass\nelse:\n    first()"], "cell 0, line 4"),
        (["[first(i) for i in range(3)]"], "cell 0, line 1"),
        (["[first for first in range(3)]"], ""),
        (["with open(x) as file:\n    first(file)"], "cell 0, line 2"),
        (["try:\n    first()\nexcept ValueError:\n    pass"], "cell 0, line 1"),
        # Claims: one needs no other, the table needs all.
        ([guarded("first", "claims.add('', first())"), guarded("first", "claims.table()")], ""),
        ([guarded("second", "claims.add('', second())"), "claims.add('', 1)"], ""),
        (
            [guarded("second", "claims.add('', second())"), guarded("first", "claims.table()")],
            "cell 1, line 1: needs second (claims.table)",
        ),
    ],
)
def test_what_a_cell_needs(cells, fault):
    found = faults(*cells)
    assert (fault in found[0]) if fault else not found, found


def test_an_answer_needs_what_it_uses():
    cell = guarded("first", "first()")
    assert faults(cell) == []
    assert faults(cell, first={"third"}) == [
        "cell 0, line 1: needs third (first), which comes after all that lab.needs names"
    ]


@pytest.mark.parametrize(
    "cells, sure",
    [
        (["", guarded("first", "x = first()")], {"first"}),
        ([guarded("first", "x = first()"), guarded("first", "print(x)")], {"first"}),
        (["def f():\n    first()", guarded("first", "f()")], {"first"}),
        (["x = []\n" + guarded("first", "x.append(first())"), guarded("first", "x")], set()),
        (["class C:\n    def f(self):\n        first()", guarded("first", "C()")], set()),
        (["", guarded("first third", "third()", "first()")], {"first"}),
    ],
)
def test_what_a_cell_can_not_do_without(cells, sure):
    """In a small lab whose third answer is a class that uses the second."""
    lab = needs.Lab(dict(enumerate(cells)), NUMBERS, {"third": {"second"}}, ["third"])
    assert lab.blocks[-1].sure == sure and "first" in lab.blocks[-1].needed
