"""Keys of what the suite has executed and judged: the exact inputs with which it last passed.

`course test` leaves out what has the key that `tests/keys.json` keeps for it; `course test --all`
leaves out nothing. The inputs of a notebook are its file, the modules of the package that its cells
import (one through the other), the checks of its lab, its spread, and the plugin that compares. A
module of tests that may be left out says in `INPUTS` what it reads beside what it imports, as
patterns of paths; `{lab}` stands for the lab that its tests are about. The lock and Python's minor
version are inputs of all.
"""

import ast
import functools
import hashlib
import json
import re
import sys
from pathlib import Path

from utils import ROOT
from utils.authoring import imports

FILE = Path(__file__).with_name("keys.json")
OF_ALL = "requirements*.txt", "pyproject.toml", "tests/conftest.py"
OF_NOTEBOOKS = "tests/notebook_plugin.py", "tests/sanitize.cfg"
OF_LABS = "utils/checks/labs/{lab}.*", "utils/checks/hidden/{lab}.*", "utils/checks/*.toml"


def key_of(files, *further):
    """A key of these files, in any order, and of further text."""
    digest = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    for path in sorted(set(files)):
        digest.update(f"{path.relative_to(ROOT).as_posix()}\n{_content(path)}\n".encode())
    for text in further:
        digest.update(text.encode())
    return digest.hexdigest()[:16]


@functools.cache
def _content(path):
    """A hash of a file; of Python code without its comments and its layout."""
    content = path.read_bytes()
    if path.suffix == ".py":
        content = ast.dump(ast.parse(content)).encode()
    return hashlib.sha256(content).hexdigest()


def matching(patterns, lab="*"):
    """The files that patterns name, and what those of them that are Python import."""
    found = (path for part in patterns for path in ROOT.glob(part.replace("{lab}", lab)))
    named = [path for path in found if path.is_file() and path.suffix != ".pyc"]
    code = [path for path in named if path.suffix == ".py"]
    return {*named, *imports.closure(*code)}


def of_notebook(path):
    """The key of a notebook that nbval executes."""
    source = path.read_text()
    cells = [cell for cell in json.loads(source)["cells"] if cell["cell_type"] == "code"]
    used = set()
    for cell in cells:
        used |= imports.imports_of("".join(cell["source"]))
    modules = [imports.file_of(name) for name in used if name.split(".")[0] == "utils"]
    files = {path, *imports.closure(*(module for module in modules if module))}
    for lab in re.findall(r"Lab\(\\?\"(\w+)", source):
        files |= matching(OF_LABS, lab)
    files |= matching((*OF_ALL, *OF_NOTEBOOKS))
    spread = json.loads((ROOT / "tests" / "spread.json").read_text())
    return key_of(files, json.dumps(spread.get(f"{path.parent.name}/{path.stem}")))


def of_tests(module, labs):
    """The key of tests in a module that has `INPUTS`, which are about these labs (or about all)."""
    files = set(imports.closure(Path(module.__file__))) | matching(OF_ALL)
    for lab in labs or ["*"]:
        files |= matching(module.INPUTS, lab)
    return key_of(files, *sorted(labs))


def of_scopes(scopes):
    """Keys of the scopes that may be left out, of a dict of scope to its tests: scope to key."""
    keys = {}
    for scope, members in scopes.items():
        first = members[0]
        if first.path.suffix == ".ipynb":
            keys[scope] = of_notebook(first.path)
        elif hasattr(getattr(first, "module", None), "INPUTS"):
            labs = {lab_of(item) for item in members}
            keys[scope] = of_tests(first.module, set() if None in labs else labs)
    return keys


def lab_of(item):
    """The lab that a test is about: of its class, or its parameter; or None."""
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    return getattr(item.cls, "lab", None) or parameters.get("lab")


def stored():
    """Keys with which scopes have passed, as the repository has them."""
    return json.loads(FILE.read_text()) if FILE.exists() else {}


def store(passed):
    """Keep the keys of scopes that have just passed; those of what is no more go."""
    known = {
        scope: key
        for scope, key in (stored() | passed).items()
        if (ROOT / scope.split("::")[0]).exists()
    }
    FILE.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
