"""Which answers each cell of a lab needs, by the names in its code. Nothing is run.

A cell under `with lab.needs("train"):` needs an answer where its lines use it, or a function that
uses it, or a variable that another cell made with it. `lab.needs` turns an error into one calm line
as long as a question that is named, or one before it, is not right yet; so the last of the
questions named has to be no earlier than the last that the cell needs. This holds for all subsets
of answers at once: it does not depend on which of them are there.

Every name counts, also in branches that a run would not take: a cell may need less than is said
here, never more. A variable that is made again is that of the last cell before.
"""

import ast
import copy
import functools
import symtable
from dataclasses import dataclass, field

CHANGING = {"append", "extend", "update", "insert", "setdefault"}  # methods that change an object
TABLE = "claims.table"  # stands for the claims: what has to be there before they are shown


@dataclass
class Block:
    """What stands under one `lab.needs`, or between them (`named` is None).

    called: answers that its own lines use; needed: {answer: the name through which it is needed};
    sure: those without which it can't run to its end, if no branch leaves them out. An object that
    a cell needing an answer has only changed is there without it, too, and one of a class can be
    there although a method of it is not written yet.
    """

    cell: int
    line: int
    named: tuple | None
    called: set = field(default_factory=set)
    needed: dict = field(default_factory=dict)
    sure: set = field(default_factory=set)


class Lab:
    """The needs of a lab.

    Args:
        sources: {number of the cell: source}, without the cells that hold answers.
        numbers: {answer: number of its question}.
        uses: {answer: others that it uses}.
        classes: answers that are classes.
    """

    def __init__(self, sources, numbers, uses, classes=()):
        self.numbers, self.uses, self.classes = numbers, uses, set(classes)
        self.made = {}  # name of a variable: answers that are needed to make it as it is
        self.there = {}  # the same for it to be there at all
        self.inside = {}  # name of a function or class: names that its body uses
        self.blocks = []
        for cell, source in sources.items():
            self._statements(ast.parse(source).body, Block(cell, 1, None))

    def faults(self):
        """What is wrong, a line for each (cell, line of code, answers)."""
        return [
            f"cell {block.cell}, line {block.line}: {fault}"
            for block in self.blocks
            for fault in self._faults_of(block)
        ]

    def _faults_of(self, block):
        if block.named is None:
            for name, through in block.needed.items():
                yield f"needs {name} ({through}) and does not stand under lab.needs"
            return
        last = max((self.numbers[name] for name in block.named), default=0)
        for name, through in block.needed.items():
            if self.numbers[name] > last:
                yield f"needs {name} ({through}), which comes after all that lab.needs names"
        for name in block.called - set(block.named):
            yield f"uses {name}, which lab.needs does not name"

    # --- names ---

    def _answers_behind(self, name, made, seen):
        """The answers that code needs which uses this name; made: `self.made` or `self.there`."""
        if name in seen or (made is self.there and name in self.classes):
            return set()
        seen.add(name)
        inside = self.uses.get(name, ()) if name in self.numbers else self.inside.get(name, ())
        behind = made.get(name, set()) | ({name} & set(self.numbers))
        return behind.union(*(self._answers_behind(other, made, seen) for other in inside))

    def _use(self, names, block):
        block.called |= names & set(self.numbers)
        for name in sorted(names):
            for answer in self._answers_behind(name, self.made, set()):
                block.needed.setdefault(answer, name)
            block.sure |= self._answers_behind(name, self.there, set())

    def _make(self, names, block):
        """What the block needs up to here, it needs to make these."""
        for name in names:
            self.inside.pop(name, None)
            self.made[name] = set() if block.named is None else set(block.needed)
            self.there[name] = set() if block.named is None else set(block.sure)

    # --- statements ---

    def _statements(self, statements, block):
        if block.named is None:
            for statement in statements:  # a block each, so that faults have a line
                plain = Block(block.cell, statement.lineno, None)
                self._statement(statement, plain)
                if plain.needed:
                    self.blocks.append(plain)
        else:
            for statement in statements:
                self._statement(statement, block)

    def _statement(self, statement, block):
        match statement:
            case ast.FunctionDef(name=name, args=args, decorator_list=at_once):
                defaults = [*args.defaults, *filter(None, args.kw_defaults)]
                self._define(name, statement, [*at_once, *defaults], block)
            case ast.ClassDef(name=name, bases=bases, decorator_list=at_once):
                self._define(name, statement, [*at_once, *bases], block)
                self.classes.add(name)
            case ast.With(items=[ast.withitem(call)]) if is_needs(call):
                named = tuple(argument.value for argument in call.args)
                inner = Block(block.cell, statement.lineno, named)
                self._statements(statement.body, inner)
                self.blocks.append(inner)
            case ast.With(items=items, body=body):
                for item in items:
                    self._use(names_in(ast.unparse(item.context_expr))[0], block)
                    if item.optional_vars is not None:
                        self._make(targets(item.optional_vars), block)
                self._statements(body, block)
            case ast.For(target=target, iter=values, body=body):
                self._use(names_in(ast.unparse(values))[0], block)
                self._make(targets(target), block)
                self._statements(body + statement.orelse, block)
            case ast.If(test=test, body=body) | ast.While(test=test, body=body):
                self._use(names_in(ast.unparse(test))[0], block)
                self._statements(body + statement.orelse, block)
            case _:
                self._plain(statement, block)

    def _define(self, name, statement, at_once, block):
        """A function or class: some of its names are used now, those of its body later."""
        for expression in at_once:
            self._use(names_in(ast.unparse(expression))[0], block)
        self._make([name], block)
        self.inside[name] = names_in(ast.unparse(statement))[0] - {name}

    def _plain(self, statement, block):
        source = ast.unparse(statement)
        used, made = names_in(source)
        # Adding a claim needs no other one; showing them needs all.
        self._use(used - {"claims"} | ({TABLE} if "claims.table(" in source else set()), block)
        self._make(made, block)
        if block.named is not None:
            for name in changed(statement) - made:
                self.made[name] = self.made.get(name, set()) | set(block.needed)
            if "claims.add(" in source:
                self.made[TABLE] = self.made.get(TABLE, set()) | set(block.needed)


def is_needs(node):
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "lab.needs"


@functools.cache
def names_in(source):
    """Names that code uses from outside itself, and those that it makes there."""
    used, made = set(), set()

    def look(table, top):
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (top or symbol.is_global()):
                used.add(symbol.get_name())
            if top and (symbol.is_assigned() or symbol.is_imported()):
                made.add(symbol.get_name())
        for child in table.get_children():
            look(child, False)

    look(symtable.symtable(source, "<cell>", "exec"), True)
    return used, made


def targets(node):
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def changed(statement):
    """Names of objects that a statement changes: `x[0] = ...`, `x.a = ...`, `x.append(...)`."""
    names = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            place = node.func.value if node.func.attr in CHANGING else None
        elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            place = node.value
        else:
            continue
        while isinstance(place, ast.Subscript | ast.Attribute):
            place = place.value
        if isinstance(place, ast.Name):
            names.add(place.id)
    return names


# --- breaking a lab on purpose --------------------------------------------------------------------


class Breaker(ast.NodeTransformer):
    """Takes away the `lab.needs` at a line, or one of its names."""

    def __init__(self, line, name=None):
        self.line, self.name = line, name

    def visit_With(self, node):
        self.generic_visit(node)
        if node.lineno != self.line or not is_needs(node.items[0].context_expr):
            return node
        if self.name is None:
            return node.body
        call = node.items[0].context_expr
        call.args = [argument for argument in call.args if argument.value != self.name]
        return node


def broken(source, line, name=None):
    """A cell's source without the `lab.needs` at that line, or with all of its names but one."""
    tree = Breaker(line, name).visit(copy.deepcopy(ast.parse(source)))
    return ast.unparse(ast.fix_missing_locations(tree))
