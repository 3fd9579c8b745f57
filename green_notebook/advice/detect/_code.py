"""What a cell's source says that it did: names, calls, keywords, loops. Nothing is run.

Functions that the cell calls are followed one after the other into their compiled code, for the
names that they use: `train_model(model)` tells nothing of `backward`, its code object does.
"""

from __future__ import annotations

import ast
import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from green_notebook.advice.detect import _probe as probe

MAGIC = re.compile(r"^(\s*)([%!?]|.*\?$)")
ASSIGNED_MAGIC = re.compile(r"^(\s*)([\w, ]+?)\s*=\s*[%!].*$")
FOLLOWED = 100  # code objects looked into, at most
DEPTH = 4


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
    code.reached = _follow(code, namespace)
    return code


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


def value(node: ast.expr | None, namespace: Mapping[str, Any]) -> Any:
    """A constant, or a name's plain value: a bool, int, float or str; else None."""
    if isinstance(node, ast.Constant):
        return probe.plain(node.value)
    if isinstance(node, ast.Name):
        return probe.plain(namespace.get(node.id))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = probe.number(value(node.operand, namespace))
        return None if inner is None else -inner
    return None


def count(node: ast.expr | None, namespace: Mapping[str, Any]) -> int | None:
    """How many times a loop over this runs, where metadata tell it; else None."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return len(node.elts)
    if isinstance(node, ast.Name):
        return probe.length(namespace.get(node.id))
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        return _slice_count(node, namespace)
    if isinstance(node, ast.Call):
        return _call_count(node, namespace)
    if isinstance(node, (ast.Subscript, ast.Attribute)):
        # A column of a frame has as many rows as the frame.
        owner = namespace.get(path(node.value)[0])
        return probe.length(owner) if probe.is_a(owner, "pandas", "DataFrame") else None
    return None


def _slice_count(node: ast.Subscript, namespace: Mapping[str, Any]) -> int | None:
    cut = node.slice
    whole = count(node.value, namespace)
    if not isinstance(cut, ast.Slice) or cut.step is not None or whole is None:
        return None
    ends = [value(one, namespace) for one in (cut.lower, cut.upper)]
    if any(one is not None and type(one) is not int for one in ends):
        return None
    return len(range(*slice(*ends).indices(whole)))


def _call_count(node: ast.Call, namespace: Mapping[str, Any]) -> int | None:
    where = path(node.func)
    if where == ("range",) and not node.keywords:
        ends = [_end(one, namespace) for one in node.args]
        if ends and all(type(one) is int for one in ends) and 0 not in ends[2:]:
            return len(range(*ends))
        return None
    if where[-1] in ("tqdm", "trange", "enumerate", "list", "iter", "reversed", "sorted", "zip"):
        if where[-1] == "trange" and node.args:
            found = value(node.args[0], namespace)
            return found if type(found) is int else None
        return count(node.args[0], namespace) if node.args else None
    if where[-1] in ("iterrows", "itertuples", "items", "values", "keys") and len(where) == 2:
        return probe.length(namespace.get(where[0]))
    return None


def _end(node: ast.expr, namespace: Mapping[str, Any]) -> Any:
    """An argument of range: a number, or len(..) of something known."""
    if isinstance(node, ast.Call) and path(node.func) == ("len",) and node.args:
        return count(node.args[0], namespace)
    return value(node, namespace)


def repeats(call: Call, namespace: Mapping[str, Any]) -> int | None:
    """How many times a call ran by its loops; 1 outside of loops, None where one is unknown."""
    total = 1
    for loop in call.loops:
        one = count(loop.over, namespace)
        if one is None:
            return None
        total *= one
    return total


def _follow(code: Code, namespace: Mapping[str, Any]) -> set[str]:
    """The names in the compiled code of the user's functions that the cell reaches."""
    reached: set[str] = set()
    seen: set[int] = set()
    waiting = [(one, 0) for one in _functions(set(code.names), namespace)]
    for call in code.calls:
        waiting += [(one, 0) for one in _methods(call, namespace)]
    while waiting and len(seen) < FOLLOWED:
        compiled, depth = waiting.pop()
        if id(compiled) in seen:
            continue
        seen.add(id(compiled))
        reached.update(compiled.co_names)
        inner = [(one, depth) for one in compiled.co_consts if type(one) is types.CodeType]
        waiting += inner
        if depth < DEPTH:
            waiting += [(one, depth + 1) for one in _functions(set(compiled.co_names), namespace)]
    return reached


def _functions(names: set[str], namespace: Mapping[str, Any]) -> Iterator[types.CodeType]:
    for name in names:
        found = namespace.get(name)
        if type(found) is types.FunctionType:
            if _users(found.__module__):
                yield found.__code__
        elif found is not None and probe.is_class(found) and _users(probe.module_of(found)):
            yield from _class_code(found)


def _methods(call: Call, namespace: Mapping[str, Any]) -> Iterator[types.CodeType]:
    if len(call.path) != 2:
        return
    owner = namespace.get(call.root)
    cls = type(owner)
    if owner is None or not _users(probe.module_of(cls)):
        return
    yield from _class_code(cls)


def _class_code(cls: type) -> Iterator[types.CodeType]:
    for found in list(probe.class_dict(cls).values()):
        if type(found) is types.FunctionType:
            yield found.__code__


def _users(module: Any) -> bool:
    """Whether a function or class was written in the notebook itself."""
    return type(module) is str and module in ("__main__", "__mp_main__", "builtins", "")
