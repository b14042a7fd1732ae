"""The case banks of the labs, a module a lab, and the way through all of them."""

import functools
import importlib
import re
import textwrap

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


class Texts:
    """Answers that stand in tables and bodies of text, each with what becomes of it.

    That is "right", the id of the mistake, or "hidden" and the id of one that only a hidden check
    catches.

    Attributes:
        right, wrong, hidden_wrong: what a bank has as RIGHT, WRONG and HIDDEN_WRONG.
    """

    def __init__(self, imports=None):
        """imports: source that goes before each answer to a question, a dict by question."""
        self.right, self.wrong, self.hidden_wrong = {}, {}, {}
        self.imports = imports or {}

    def add(self, question, name, source, verdict):
        *hidden, mistake = verdict.split()
        source = self.imports.get(question, "") + source
        bank = self.right if verdict == "right" else self.hidden_wrong if hidden else self.wrong
        case = source if verdict == "right" else (source, mistake)
        bank.setdefault(question, {})[name] = case

    def table(self, question, way):
        """Adds answers from lines "name | argument of `way` | ... | verdict"."""

        def add_lines(text):
            for line in text.strip().splitlines():
                name, *parts, verdict = (cell.strip() for cell in line.split(" | "))
                self.add(question, name, way(*parts), verdict)

        return add_lines

    def bodies(self, question, arguments):
        """Adds answers from bodies of the function, each below its "# name: verdict"."""

        def add_bodies(text):
            for part in text.split("\n# ")[1:]:
                title, body = part.split("\n", 1)
                name, verdict = title.split(": ")
                source = f"def {question}({arguments}):\n{textwrap.indent(body, '    ')}\n"
                self.add(question, name, source, verdict)

        return add_bodies


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
