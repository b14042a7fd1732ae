"""What stands behind an answer's name in a notebook, and which name was meant by another."""

import dis
import functools
import inspect
import types

from utils.cells import meant


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
    else:  # a decorated function keeps its own: functools.wraps, tf.function, staticmethod
        parts = [getattr(value, each, None) for each in ("__wrapped__", "python_function")]
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
