"""What tests of several files use of the labs: their cells, the solution's answers, the needs."""

import ast
import functools
import importlib
from types import SimpleNamespace

import nbformat

from tests import needs
from tests.cases import namespace, solution
from utils import ROOT, training
from utils.checks import questions_of

SETTINGS = SimpleNamespace(seed=0)
IMPORTS = "import math\nfrom keras import layers, ops\n"  # that answers of the banks may use


def code_cells(folder, lab):
    cells = nbformat.read(ROOT / folder / f"{lab}.ipynb", 4).cells
    return [cell for cell in cells if cell.cell_type == "code"]


def question_in(cell):
    """The question whose answer a cell holds, if it holds one."""
    about = cell.metadata.get("nbgrader", {})
    return about["grade_id"] if about.get("solution") else None


@functools.cache
def solutions_of(lab):
    cells = code_cells("solutions", lab)
    return {question_in(cell): cell.source for cell in cells if question_in(cell)}


@functools.cache
def numbers_of(lab):
    return {name: question.number for name, question in questions_of(lab, hidden=False).items()}


@functools.cache
def sources_of(lab):
    """{number of the cell: source} of the lab, without the cells of the answers."""
    cells = enumerate(code_cells("labs", lab))
    return {number: cell.source for number, cell in cells if not question_in(cell)}


def uses_of(lab, answers):
    """{question: others that the source of its answer uses}."""
    names = set(numbers_of(lab))
    return {name: needs.names_in(source)[0] & names - {name} for name, source in answers.items()}


def analysed(lab, answers=None, changes=None):
    """The needs of a lab.

    answers: {question: source}, by default the solution's; changes: {cell: other source}.
    """
    uses = uses_of(lab, solutions_of(lab) if answers is None else answers)
    classes = [name for name, source in solutions_of(lab).items() if f"class {name}(" in source]
    return needs.Lab(sources_of(lab) | (changes or {}), numbers_of(lab), uses, classes)


def blocks_of(lab, answers=None):
    """What stands under each `lab.needs`."""
    return [block for block in analysed(lab, answers).blocks if block.named is not None]


def cells_of(lab, *names, answers=(), **given):
    """A namespace with these functions of the lab's cells, the solution's answers, and `given`."""
    bank = importlib.import_module(f"tests.cases.{lab}")
    found = namespace(bank, "\n".join(solution(lab, name) for name in answers))
    found |= {"settings": SETTINGS, "training": training} | given
    tree = ast.parse((ROOT / "content" / "labs" / f"{lab}.py").read_text(encoding="utf-8"))
    parts = [each for each in ast.walk(tree) if getattr(each, "name", "") in names]
    exec(compile(ast.Module(parts, []), lab, "exec"), found)
    return found


def right(lab, question, name):
    """A right network of the bank."""
    bank = importlib.import_module(f"tests.cases.{lab}")
    return namespace(bank, bank.RIGHT[question][name])[question]
