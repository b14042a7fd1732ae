"""Names in a notebook: those in a cell's source, what stands behind one, which one was meant."""

import ast
import difflib
import dis
import functools
import inspect
import re
import symtable
import types


def meant(name, names):
    """The one of these names that is nearly `name`, or ""."""
    near = {
        each.lower(): each
        for each in names
        if isinstance(each, str) and each != name and each[:1] != "_"
        if abs(len(each) - len(name)) < 4
    }
    close = difflib.get_close_matches(name.lower(), near, n=1, cutoff=0.75)
    return near[close[0]] if close and len(name) > 2 else ""


def names_in(source):
    """(names that a cell makes, names that it uses and does not make); two sets."""
    try:
        top = symtable.symtable(source, "<cell>", "exec")
    except (SyntaxError, ValueError):  # the latter for null bytes
        made = re.findall(r"^\s*(?:(?:async )?def|class)\s+(\w+)|^\s*(\w+)\s*=[^=]", source, re.M)
        return {function or variable for function, variable in made}, set()
    made = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    used = {s.get_name() for s in top.get_symbols() if s.is_referenced()}
    tables = top.get_children()
    while tables:
        table = tables.pop()
        used |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and s.is_global()}
        tables += table.get_children()
    return made, used - made


def trained_in(source):
    """Names on which, or with which, a cell calls `fit` or `train`."""
    names = set()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return names
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] in ("fit", "train"):
            names |= {each.id for each in ast.walk(call) if isinstance(each, ast.Name)}
    return names


def behind(name, namespace):
    """The objects that an answer consists of: {name: object}, its own first.

    Those are what its name stands for and, through functions and classes that the notebook defines,
    all else that their code takes from the notebook. While each is the same, so is the answer.
    """
    objects, names = {}, [name]
    while names:
        name = names.pop()
        if name in namespace and name not in objects:
            objects[name] = namespace[name]
            for code in codes_of(namespace[name], namespace):
                names += globals_of(code)
    return objects


def codes_of(value, namespace):
    """The code objects of a function or class, as far as the notebook defines it."""
    if isinstance(value, type):
        own = value.__module__ == namespace.get("__name__", "__main__")
        return [c for part in vars(value).values() for c in codes_of(part, namespace) if own]
    if isinstance(value, property):
        parts = (value.fget, value.fset)
    elif isinstance(value, functools.partial):
        parts = (value.func, *value.args)
    elif isinstance(value, staticmethod | classmethod):
        parts = (value.__func__,)
    elif hasattr(type(value), "python_function"):  # tf.function
        parts = (value.python_function,)
    else:  # static: some objects have an attribute of any name
        parts = (inspect.getattr_static(value, "__wrapped__", None),)
    codes = [c for part in parts if part is not None for c in codes_of(part, namespace)]
    if isinstance(value, types.FunctionType) and value.__globals__ is namespace:
        codes.append(value.__code__)
    return codes


def globals_of(code):
    """Names that code takes from its module, also inside of functions that it defines."""
    names = {each.argval for each in dis.get_instructions(code) if each.opname == "LOAD_GLOBAL"}
    return names.union(*(globals_of(c) for c in code.co_consts if inspect.iscode(c)))


def misnamed(name, questions, namespace):
    """A function or class of the notebook that seems meant to be the answer `name`, or ""."""
    own = [
        each
        for each, value in namespace.items()
        if callable(value)
        and getattr(value, "__module__", None) == namespace.get("__name__", "__main__")
        and each not in questions
    ]
    return meant(name, own)
