"""Which modules of the package a piece of code rests on, read from the code without running it.

Marks of grades, keys of notebooks and banks, and the order of floors all follow from this.
"""

import ast
import functools

from utils import ROOT


def imports_of(code, packages=True):
    """Names of the modules that Python code imports anywhere in it, of any package.

    `from a import b` gives "a.b", since b may be a module, and "a"; without `packages` only one of
    them, "a.b" where it is a module of the course.
    """
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for full in (f"{node.module}.{alias.name}" for alias in node.names):
                names |= (
                    {full, node.module} if packages else {full if file_of(full) else node.module}
                )
    return names


def file_of(module):
    """Path of a module of the course such as "utils.data", or None: it is none of its modules."""
    place = ROOT.joinpath(*module.split("."))
    for path in (place / "__init__.py", place.with_suffix(".py")):
        if path.is_file():
            return path
    return None


@functools.cache
def _direct(path):
    """Files of the course that a file imports, with the `__init__.py` above each of them."""
    files = set()
    for module in imports_of(path.read_text()):
        parts = module.split(".")
        if parts[0] in ("utils", "tests") and file_of(module):
            files |= {file_of(".".join(parts[:n])) for n in range(1, len(parts) + 1)}
    return files - {None}


def closure(*paths):
    """These files and all files of the course that they import, one through the other; sorted."""
    known, waiting = set(), list(paths)
    while waiting:
        path = waiting.pop()
        if path not in known:
            known.add(path)
            waiting += _direct(path)
    return sorted(known)
