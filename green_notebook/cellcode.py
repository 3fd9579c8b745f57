"""A cell's code as something to call, for the two cases in which IPython does not run it for us."""

from __future__ import annotations

import ast
from collections.abc import Callable
from types import TracebackType
from typing import Any


def prepared(shell: Any, cell: str) -> Callable[[], Any] | None:
    """A function that runs the cell in the user's namespace and returns its last expression.

    None for a cell with top-level await, which needs IPython's loop. Raises SyntaxError.
    """
    code = shell.transform_cell(cell)
    if shell.should_run_async(cell, transformed_cell=code):
        return None
    # Known to IPython under a name, so that a traceback shows the cell's lines.
    name = shell.compile.cache(code, shell.execution_count)
    tree = ast.parse(code, filename=name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    body = compile(tree, name, "exec")
    value = None if last is None else compile(ast.Expression(last.value), name, "eval")
    space = shell.user_ns

    def run() -> Any:
        __tracebackhide__ = True  # the user's errors are the user's lines
        exec(body, space)  # noqa: S102 - the user's own cell
        return None if value is None else eval(value, space)  # noqa: S307 - the same

    return run


def of_the_cell(traceback: TracebackType | None) -> TracebackType | None:
    """The part of a traceback that begins in the user's own code."""
    found = traceback
    while found is not None and _ours(found):
        found = found.tb_next
    return found or traceback


def _ours(traceback: TracebackType) -> bool:
    return str(traceback.tb_frame.f_globals.get("__name__", "")).startswith("green_notebook")
