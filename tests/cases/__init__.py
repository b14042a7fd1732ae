"""The case banks of the labs, a module a lab, and the way through all of them."""

import functools
import importlib
import re

import pytest

from utils import ROOT

LABS = sorted(path.stem for path in (ROOT / "content" / "labs").glob("*.py"))


@functools.cache
def solution(lab, question):
    """The solution's own answer to a question, as it stands in the lab's text, without docstring."""
    cells = (ROOT / "content" / "labs" / f"{lab}.py").read_text(encoding="utf-8").split("# %%")
    starts = re.compile(rf"^(def|class) {question}\b", re.MULTILINE)
    (cell,) = (cell for cell in cells if "### BEGIN SOLUTION" in cell and starts.search(cell))
    source = "\n".join(line for line in cell.splitlines()[1:] if "### " not in line)
    return re.sub(r'\n *"""(.|\n)*?"""', "", source).strip() + "\n"


def changed(source, *changes):
    """The source with each (old text, new text); ValueError unless each old one is there once."""
    for old, new in changes:
        if source.count(old) != 1:
            raise ValueError(f"{source.count(old)} times, not once, there is {old!r} in:\n{source}")
        source = source.replace(old, new)
    return source


def replaced(source, *changes):
    """The source with old text, new text, old, new, ...; each old one everywhere."""
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        if old not in source:
            raise ValueError(f"There is no {old!r} in:\n{source}")
        source = source.replace(old, new)
    return source


def define(name, arguments, *lines):
    """The source of a function with these lines."""
    return f"def {name}({arguments}):\n" + "".join(f"    {line}\n" for line in lines)


def right(make, rows):
    """{name: source} from {name: arguments of `make`}, which may be a single text."""
    return {name: make(*[parts] if isinstance(parts, str) else parts)
            for name, parts in rows.items()}  # fmt: skip


def wrong(make, rows):
    """{name: (source, id)} from {name: (arguments of `make`, the last of them the id)}."""
    return {name: (make(*parts), mistake) for name, (*parts, mistake) in rows.items()}


def namespace(bank, source):
    """What a cell with this answer leaves behind, a dict."""
    names = {"__name__": "answer"}
    exec(bank.PRELUDE, names)
    exec(source, names)
    return names


def cases():
    """Every answer of every bank, with what the visible check and the whole question make of it."""
    for lab in LABS:
        bank = importlib.import_module(f"tests.cases.{lab}")
        kinds = (
            ("right", bank.RIGHT, "right", "right"),
            ("wrong", bank.WRONG, "wrong", "wrong"),
            ("hidden", getattr(bank, "HIDDEN_WRONG", {}), "right", "wrong"),
        )
        for kind, answers, visible, whole in kinds:
            for question, name, case in (
                (q, name, case) for q, named in answers.items() for name, case in named.items()
            ):
                source, words = (case, "") if kind == "right" else case
                yield pytest.param(
                    lab,
                    question,
                    source,
                    words,
                    visible,
                    whole,
                    id=f"{lab}-{question}-{kind}-{name}",
                )
