"""Answers that are alike but for names, layout and comments: places to look at, never a verdict."""

import ast
import functools
import hashlib

from utils import ROOT
from utils.grading import submissions

FEWEST = 100  # parts of a tree; what is shorter is written alike by many who have not talked
COMMON = 0.2  # share of a class from which on the same answer is simply the usual one


def groups(records, lab):
    """Who has answers that are alike, a list of (question, places of records), larger ones first.

    Left out are answers that are short, that many have, or that the released lab or the course's
    own solution contains.

    Args:
        records: list of `Record`.
        lab: str, the lab's name.
    """
    found = {}
    for place, record in enumerate(records):
        for answer in record.questions:
            if mark := fingerprint(answer.source):
                found.setdefault((answer.question, mark), []).append(place)
    ours = _released(lab)
    most = max(3, COMMON * len(records))
    result = [
        (name, places)
        for (name, mark), places in found.items()
        if 1 < len(places) <= most and mark not in ours
    ]
    return sorted(result, key=lambda each: (-len(each[1]), each[0], each[1]))


@functools.lru_cache(10_000)
def fingerprint(source):
    """A mark of code that is the same after renaming, formatting and commenting; "" of too little.

    Names that the code itself binds get numbers, in the order in which they occur; docstrings go.
    """
    try:
        tree = ast.parse(source[: submissions.LONGEST])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    for node in ast.walk(tree):
        if _begins_with_text(node):
            node.body = node.body[1:]
    own, numbers, parts = _bound(tree), {}, []
    stack = [tree]
    while stack:
        node = stack.pop()
        parts.append(type(node).__name__)
        for _, value in reversed(list(ast.iter_fields(node))):
            values = value if isinstance(value, list) else [value]
            stack += [each for each in reversed(values) if isinstance(each, ast.AST)]
            for each in values:
                if isinstance(each, str) and each in own:
                    parts.append(f"name {numbers.setdefault(each, len(numbers))}")
                elif not isinstance(each, (ast.AST, type(None))):
                    parts.append(repr(each))
    if len(parts) < FEWEST:
        return ""
    return hashlib.sha256("\n".join(parts).encode(errors="replace")).hexdigest()[:16]


def _begins_with_text(node):
    first = getattr(node, "body", None)
    first = first[0] if isinstance(first, list) and first else None
    return (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )


def _bound(tree):
    """The names that code binds itself: variables, arguments, functions, classes."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
    return names


@functools.cache
def _released(lab):
    """The marks of the cells of the lab as it was given out, and of its solution."""
    marks = set()
    for folder in ("labs", "solutions"):
        path = ROOT / folder / f"{lab}.ipynb"
        if path.is_file():
            marks |= {fingerprint(cell.source) for cell in submissions.read(path).cells}
    return marks
