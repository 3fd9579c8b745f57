"""What a cell's source says that it did: names, calls, keywords, loops. Nothing is run.

Functions of the user that the cell calls are followed, see _follow.py.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from green_notebook.advice.detect import _follow

MAGIC = re.compile(r"^(\s*)([%!?]|.*\?$)")
ASSIGNED_MAGIC = re.compile(r"^(\s*)([\w, ]+?)\s*=\s*[%!].*$")


@dataclass(frozen=True, slots=True)
class Loop:
    """An enclosing loop: what it runs over and the names it binds; None for `while`."""

    over: ast.expr | None
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One call: ``path`` is ("trainer", "train"); it begins with "?" after an expression."""

    path: tuple[str, ...]
    args: tuple[ast.expr, ...]
    keywords: Mapping[str, ast.expr]
    loops: tuple[Loop, ...]
    assigned: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The function's own name."""
        return self.path[-1]

    @property
    def root(self) -> str:
        """The name that the path begins with, "?" where it is no name."""
        return self.path[0]


@dataclass(slots=True)
class Code:
    """A cell's source, taken apart."""

    parsed: bool = False
    names: dict[str, None] = field(default_factory=dict)
    attributes: set[str] = field(default_factory=set)
    calls: list[Call] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    reached: set[str] = field(default_factory=set)
    row_reads_in_loop: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)  # names that loops bind or change
    breaks: bool = False

    @property
    def words(self) -> set[str]:
        """Every name and attribute of the cell and of the functions that it calls."""
        return set(self.names) | self.attributes | self.reached

    def called(self, *names: str) -> list[Call]:
        """The calls of functions with one of these names."""
        return [call for call in self.calls if call.name in names]


def calls(source: str) -> list[Call]:
    """The calls of a source alone; none where it is no Python."""
    code = Code()
    tree = _parse(source)
    if tree is not None:
        _Reader(code).visit(tree)
    return code.calls


def read(source: str, namespace: Mapping[str, Any]) -> Code:
    """Take a cell's source apart; an empty result where it is no Python."""
    code = Code()
    tree = _parse(source)
    if tree is None:
        return code
    code.parsed = True
    _Reader(code).visit(tree)
    code.reached = _follow.names(set(code.names), _owners(code), namespace)
    return code


def _owners(code: Code) -> set[str]:
    """The objects whose methods are called."""
    return {call.root for call in code.calls if len(call.path) == 2}


def _parse(source: str) -> ast.Module | None:
    return _tree(source) or _tree(_without_magics(source))


def _tree(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _without_magics(source: str) -> str:
    lines = []
    for line in source.splitlines():
        assigned = ASSIGNED_MAGIC.match(line)
        if assigned:
            lines.append(f"{assigned[1]}{assigned[2]} = None")
        elif timed := re.match(r"^\s*%%?time(?:it)?\s+(?!-)(.+)$", line):
            lines.append(timed[1])
        else:
            found = MAGIC.match(line)
            lines.append(f"{found[1]}pass" if found else line)
    return "\n".join(lines)


class _Reader(ast.NodeVisitor):
    def __init__(self, code: Code) -> None:
        self.code = code
        self.loops: tuple[Loop, ...] = ()
        self.targets: tuple[str, ...] = ()

    def visit_Name(self, node: ast.Name) -> None:
        self.code.names.setdefault(node.id)
        if self.loops and not isinstance(node.ctx, ast.Load):
            self.code.changed.add(node.id)

    def visit_Break(self, node: ast.Break) -> None:
        self.code.breaks = True

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.code.attributes.add(node.attr)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.targets = tuple(name for one in node.targets for name in bound(one))
        self.generic_visit(node)
        self.targets = ()

    def visit_Import(self, node: ast.Import) -> None:
        for one in node.names:
            self.code.names.setdefault(one.asname or one.name.partition(".")[0])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for one in node.names:
            self.code.names.setdefault(one.asname or one.name)

    def visit_Call(self, node: ast.Call) -> None:
        keywords = {one.arg: one.value for one in node.keywords if one.arg}
        call = Call(path(node.func), tuple(node.args), keywords, self.loops, self.targets)
        self.code.calls.append(call)
        if self.loops and len(call.path) > 1:
            self.code.changed.add(f"{call.root}.")
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        where = path(node.value)
        if self.loops and where[-1] in ("iloc", "loc", "iat", "at"):
            used = {one.id for one in ast.walk(node.slice) if isinstance(one, ast.Name)}
            if used & {name for loop in self.loops for name in loop.targets}:
                self.code.row_reads_in_loop.add(where[0])
        self.generic_visit(node)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self.visit(node.target)
        self._inside(Loop(node.iter, bound(node.target)), [*node.body, *node.orelse])

    visit_AsyncFor = visit_For  # noqa: N815

    def visit_While(self, node: ast.While) -> None:
        self.visit(node.test)
        self._inside(Loop(None, ()), [*node.body, *node.orelse])

    def _inside(self, loop: Loop, body: list[ast.stmt]) -> None:
        self.code.loops.append(loop)
        self.code.changed.update(loop.targets)
        before, self.loops = self.loops, (*self.loops, loop)
        for one in body:
            self.visit(one)
        self.loops = before

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            self._comprehension(node)
        else:
            super().generic_visit(node)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> None:
        before = self.loops
        for one in node.generators:
            self.visit(one.iter)
            self.visit(one.target)
            loop = Loop(one.iter, bound(one.target))
            self.code.loops.append(loop)
            self.code.changed.update(loop.targets)
            self.loops = (*self.loops, loop)
            for condition in one.ifs:
                self.visit(condition)
        elements = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        for element in elements:
            self.visit(element)
        self.loops = before


def bound(target: ast.expr) -> tuple[str, ...]:
    """The names that an assignment or a loop binds."""
    return tuple(one.id for one in ast.walk(target) if isinstance(one, ast.Name))


def path(node: ast.expr) -> tuple[str, ...]:
    """`a.b.c` as ("a", "b", "c"); "?" stands for whatever is no name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "?")
    return tuple(reversed(parts))
