"""From one text per notebook to what students and teachers open.

    content/notebooks/NN_topic.py -> notebooks/NN_topic.ipynb          executed, figures kept
    content/labs/labN_topic.py    -> solutions/labN_topic.ipynb        executed, figures kept
                                  -> labs/labN_topic.ipynb             answers blanked, no outputs
    the figure of its cell tagged `cover` -> docs/figures/<name>.png   shown at the notebook's top

The text is jupytext's percent format. In a lab, what stands between `### BEGIN SOLUTION` and
`### END SOLUTION` becomes one line that raises; what stands between `### BEGIN HIDDEN TESTS` and
`### END HIDDEN TESTS`, and markdown cells tagged `answer`, stay out. Building twice gives the
same bytes: cell ids come from content, and nothing of time or place is stored.
"""

import ast
import base64
import copy
import hashlib
import json
import re
from collections import Counter
from pathlib import Path

from yaml import YAMLError

from utils import ROOT

CONTENT = ROOT / "content"

_SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION\n.*?^[ \t]*### END SOLUTION\n?", re.M | re.S)
_HIDDEN = re.compile(
    r"^[ \t]*### BEGIN HIDDEN TESTS\n.*?^[ \t]*### END HIDDEN TESTS\n?", re.M | re.S
)
_MARKER = re.compile(r"### (BEGIN|END) (SOLUTION|HIDDEN TESTS)")
_CHECK = re.compile(r'^lab\.check\("(\w+)"\)', re.M)
_PICTURE = re.compile(r'src="data:image/png;base64,([^"]+)"')
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


class SourceError(ValueError):
    """A source that can't be built; the message names the file and what to change."""


def sources(names=()):
    """The source files of these notebooks (all of them by default), in the course's order.

    Raises:
        SourceError: there is no source of that name, or none at all.
    """
    found = sorted(CONTENT.glob("*/*.py"), key=lambda path: (path.parent.name == "labs", path.name))
    known = {path.stem: path for path in found}
    if not known:
        raise SourceError(f"There are no notebook sources in {CONTENT}: this is a student bundle.")
    chosen = [Path(name).stem for name in names] or list(known)
    for name in chosen:
        if name not in known:
            raise SourceError(f"There is no source named '{name}'; there are: {', '.join(known)}.")
    return [known[name] for name in chosen]


def targets(source):
    """Paths of the notebooks that a source gives: the executed one first, then its lab."""
    if source.parent.name == "labs":
        return [ROOT / "solutions" / f"{source.stem}.ipynb", ROOT / "labs" / f"{source.stem}.ipynb"]
    return [ROOT / "notebooks" / f"{source.stem}.ipynb"]


def read(source):
    """A source as a notebook without outputs, with ids and, in labs, nbgrader's cell metadata."""
    try:
        return _read(source)
    except SourceError:
        raise
    except (ValueError, SyntaxError, YAMLError) as error:
        raise SourceError(f"{source.name}: {' '.join(str(error).split())}") from error


def _read(source):
    import jupytext

    notebook = jupytext.read(source, fmt="py:percent")
    limits = notebook.metadata.get("course", {})
    notebook.metadata.clear()
    notebook.metadata |= {
        "course": limits,
        "kernelspec": dict(_KERNEL),
        "language_info": {"name": "python"},
    }
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for cell in notebook.cells:
        cell.metadata.pop("lines_to_next_cell", None)
    if source.parent.name == "labs":
        _mark_for_nbgrader(source, notebook)
    return _with_ids(notebook)


def _with_ids(notebook):
    seen = Counter()
    for cell in notebook.cells:
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
        seen[digest] += 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
    return notebook


def _mark_for_nbgrader(source, notebook):
    """Cell metadata by which stock nbgrader knows answers and their tests (its schema 3)."""
    from utils.checks import questions_of

    questions, answered, checked = questions_of(source.stem), [], []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        facts = {"schema_version": 3, "task": False}
        if "### BEGIN SOLUTION" in cell.source:
            name = _defined_name(source, cell.source)
            answered.append(name)
            facts |= {"grade_id": name, "solution": True, "grade": False, "locked": False}
        elif found := _CHECK.search(cell.source):
            name = found[1]
            checked.append(name)
            points = questions[name].points if name in questions else 0
            facts |= {
                "grade_id": f"check_{name}",
                "solution": False,
                "grade": True,
                "locked": True,
                "points": points,
            }
        else:
            continue
        cell.metadata["nbgrader"] = facts
    if not answered == checked == list(questions):
        raise SourceError(
            f"{source.name}: every question needs one answer cell and then one check cell, in the "
            f"order of its checks. Checks: {list(questions)}; answers: {answered}; check cells: "
            f"{checked}."
        )

    _agree_with_questions(source, notebook, questions)


def _agree_with_questions(source, notebook, questions):
    """What a lab says of itself in words has to be what its checks say."""
    text = "\n".join(cell.source for cell in notebook.cells)
    said = [
        f'Lab("{source.stem}", globals())',
        f'Claims("{source.stem}")',
        f"| Points | {questions.points}, ",
    ]
    for question in questions.values():
        points = f"{question.points} point{'s' * (question.points != 1)}"
        said.append(f"### Question {question.number} ({points}): write `{question.name}`")
    for words in said:
        if words not in text:
            raise SourceError(f"{source.name}: by its checks it should say: {words}")


def _defined_name(source, code):
    named = [
        node.name
        for node in ast.parse(code).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    ]
    if not named:
        raise SourceError(
            f"{source.name}: an answer cell defines no function or class: {code[:60]!r}"
        )
    return named[-1]


def blank(source, notebook):
    """The lab that students get: answers, hidden tests and model answers taken out.

    Raises:
        SourceError: a marker without its partner, or a blanked cell that does not parse.
    """
    from utils.checks import questions_of

    questions, cells = questions_of(source.stem), []
    for cell in notebook.cells:
        if "answer" in cell.metadata.get("tags", ()):
            continue
        if cell.cell_type == "code":
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            if name in questions:
                stub = f'raise NotImplementedError("{questions[name].title}")'
                cell.source = _SOLUTION.sub(lambda m, stub=stub: f"{m[1]}{stub}\n", cell.source)
            cell.source = _HIDDEN.sub("", cell.source).rstrip("\n")
            if _MARKER.search(cell.source):
                raise SourceError(f"{source.name}: a marker without its partner in {cell.source!r}")
            try:
                ast.parse(cell.source)
            except SyntaxError as error:
                raise SourceError(f"{source.name}: does not parse when blanked: {error}") from None
        cells.append(cell)
    notebook.cells = cells
    return _with_ids(notebook)


def keep_outputs(notebook, stored):
    """Outputs of the stored notebook, where it has the same code; else none."""

    def code(nb):
        return [cell for cell in nb.cells if cell.cell_type == "code"]

    if [c.source for c in code(notebook)] == [c.source for c in code(stored)]:
        for new, old in zip(code(notebook), code(stored), strict=True):
            new.outputs, new.execution_count = old.outputs, old.execution_count
    return notebook


def tidy(notebook):
    """Executed outputs without standard error, times and other traces of the run."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
    return notebook


def complaint_in(notebook):
    """A line that names the first cell which wrote to standard error; "" where none did.

    Nobody's stored outputs may have that: it differs from machine to machine.
    """
    for number, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", ()):
            if output.get("name") == "stderr":
                written = " ".join(output.text.split())[:200]
                return f"cell {number} wrote to standard error, not stored: {written}"
    return ""


def is_executed(notebook):
    """Whether every code cell has been executed, in order, in one go."""
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    return counts == list(range(1, len(counts) + 1))


def as_bytes(notebook):
    """The notebook as the bytes of its file, the same for the same content."""
    import nbformat

    nbformat.validate(notebook)
    text = nbformat.writes(notebook, version=nbformat.NO_CONVERT)
    return (
        json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    ).encode()


def pictures(outputs):
    """The figures among a cell's outputs, as PNG bytes."""
    shown = (output.get("data", {}).get("text/html", "") for output in outputs)
    return [base64.b64decode(found) for html in shown for found in _PICTURE.findall(html)]


def built(source):
    """The files that a source gives, bytes by path, with the outputs stored at hand."""
    import nbformat

    executed, *lab = targets(source)
    fresh = read(source)
    notebook = copy.deepcopy(fresh)
    if executed.exists():
        keep_outputs(notebook, nbformat.read(executed, as_version=4))
    files = {executed: as_bytes(notebook)}
    for path in lab:
        files[path] = as_bytes(blank(source, fresh))
    for cell in notebook.cells:
        shown = pictures(cell.get("outputs", ()))
        if "cover" in cell.metadata.get("tags", ()) and shown:
            files[ROOT / "docs" / "figures" / f"{source.stem}.png"] = shown[-1]
    return files


def write(source):
    for path, content in built(source).items():
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(content)


def build(names=(), *, execute=False, say=print):
    """Write notebooks from their sources; `execute` runs them and stores what they show.

    Returns:
        bool: whether every notebook was executed without an error.

    Raises:
        SourceError: a source that can't be built.
    """
    import nbformat

    good = True
    for source in sources(names):
        write(source)
        executed = targets(source)[0]
        shown = executed.relative_to(ROOT)
        notebook = nbformat.read(executed, as_version=4)
        if execute:
            from utils.notebooks.running import execute as run

            say(f"{shown}: executing")
            notebook, failure = run(notebook, executed.parent)
            if complaint := failure or complaint_in(notebook):
                say(f"{shown}: {complaint}")
                good = False
                continue
            executed.write_bytes(as_bytes(tidy(notebook)))
            write(source)  # its cover comes from what was just executed
        say(
            f"{shown}: "
            + ("built" if is_executed(notebook) else "built; run: course build --execute")
        )
    return good


def as_stored(path):
    """The bytes of a text file as git stores them, which may check it out with CRLF."""
    content = path.read_bytes()
    return content if path.suffix == ".png" else content.replace(b"\r\n", b"\n")


def stale(names=()):
    """What is not as its source gives it: a list of one-line reasons, empty where all is true."""
    import nbformat

    reasons, wanted = [], {source: built(source) for source in sources()}
    for source in sources(names):
        for path, content in wanted[source].items():
            shown = path.relative_to(ROOT)
            if not path.exists():
                reasons.append(f"{shown} is missing.")
            elif as_stored(path) != content:
                reasons.append(f"{shown} is not what its source gives.")
            elif path == targets(source)[0] and not is_executed(
                nbformat.reads(content.decode(), 4)
            ):
                reasons.append(f"{shown} has not been executed since its code changed.")
    known = {path for files in wanted.values() for path in files}
    for kind in ("notebooks/*.ipynb", "solutions/*.ipynb", "labs/*.ipynb", "docs/figures/*.png"):
        for path in sorted(ROOT.glob(kind)):
            if path not in known:
                reasons.append(f"{path.relative_to(ROOT)} has no source in content/.")
    return reasons
