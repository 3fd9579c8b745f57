"""``%load_ext green_notebook``, ``%%carbon`` and ``%carbon``: wired into one IPython shell."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any
from weakref import WeakKeyDictionary

from green_notebook import arguments, transformer, verbs
from green_notebook.cellcode import prepared
from green_notebook.errors import GreenNotebookError
from green_notebook.frontend import say, screen_of
from green_notebook.hooks import Hooks
from green_notebook.repeating import carbonit_cell, repeated
from green_notebook.settings import GreenNotebook

_COMMANDS = ("%carbon", "%%carbon", "%%carbonit")


def carbon_cell(line: str, cell: str) -> None:
    """Measure this cell: how much energy and CO2e it takes, and how sure that is.

    The cell runs exactly as without this line. A live view shows while it runs, a summary stays.

    Examples::

        %%carbon
        model.fit(X, y)

        %%carbon large forest --zone FR
        RandomForestClassifier(n_estimators=2000).fit(X, y)

        %%carbon --quiet --pue 1.1
        train()

    ``%carbon on`` measures every cell, ``%%carbonit`` repeats a short one until its energy is
    known; ``%carbon?`` lists what else there is.
    """


def carbon_line(line: str) -> None:
    """Ask or tell green_notebook something."""


class Extension:
    """What is put into one shell, and taken out again by `close`."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.settings = GreenNotebook(parent=shell)
        self._carbon = arguments.documented(_renamed(carbon_cell, self._run_cell), arguments.CARBON)
        self._carbonit = arguments.documented(
            _renamed(carbonit_cell, self._repeat_cell), arguments.CARBONIT
        )
        self.hooks = Hooks(shell, self.session, self._parse, _live_widget)
        self.hooks.always = self.settings.always

    # --- what verbs need ----------------------------------------------------

    @property
    def always(self) -> bool:
        """Whether every cell is measured."""
        return self.hooks.always

    @always.setter
    def always(self, value: bool) -> None:
        self.hooks.always = value

    @property
    def problems(self) -> list[str]:
        """What went wrong in us so far, one line each."""
        return self.hooks.problems

    def running(self) -> int:
        """How many cells are being measured now."""
        return self.hooks.running()

    def session(self) -> Any:
        """The kernel's session, with this shell's settings; made when it is first needed."""
        from green_notebook.kernel_session import current

        return current(self.settings)

    # --- loading and unloading ----------------------------------------------

    def open(self) -> None:
        """Put everything in place. Imports and starts nothing heavy."""
        shell = self.shell
        shell.input_transformers_cleanup.append(transformer.transform)
        shell.events.register("pre_run_cell", self.hooks.pre_run_cell)
        shell.events.register("post_run_cell", self.hooks.post_run_cell)
        shell.register_magic_function(self._carbon, "cell", "carbon")
        shell.register_magic_function(self._carbonit, "cell", "carbonit")
        line = _renamed(carbon_line, self._run_line)
        line.__doc__ = _line_help()
        shell.register_magic_function(line, "line", "carbon")
        for command in _COMMANDS:
            shell.set_hook("complete_command", _complete, str_key=command)
        shell.configurables.append(self.settings)

    def close(self) -> None:
        """Take everything out; open spans end here, say so and show what they have come to."""
        shell = self.shell
        _say_unloaded()
        for event, callback in (
            ("pre_run_cell", self.hooks.pre_run_cell),
            ("post_run_cell", self.hooks.post_run_cell),
        ):
            with suppress(ValueError):
                shell.events.unregister(event, callback)
        with suppress(ValueError):
            shell.input_transformers_cleanup.remove(transformer.transform)
        for kind, name in (("cell", "carbon"), ("cell", "carbonit"), ("line", "carbon")):
            shell.magics_manager.magics[kind].pop(name, None)
        for command in _COMMANDS:
            shell.strdispatchers["complete_command"].strs.pop(command, None)
        with suppress(ValueError):
            shell.configurables.remove(self.settings)
        self.hooks.close()
        _close_session()

    # --- the magics ---------------------------------------------------------

    def _parse(self, line: str) -> arguments.Options:
        return arguments.parse(self._carbon, line)

    def _run_line(self, line: str) -> None:
        screen = screen_of(self.shell)
        try:
            shown = verbs.dispatch(self, line)
        except GreenNotebookError as error:
            shown = str(error)
        for one in shown if isinstance(shown, list) else [shown]:
            self._show(screen, one)

    def _show(self, screen: Any, shown: Any) -> None:
        if shown is not None:
            state = getattr(shown, "state", "message")  # a report's: provisional or final
            screen.publish(self._forms(screen, shown), state, update=False)

    @staticmethod
    def _forms(screen: Any, shown: Any) -> dict[str, Any]:
        """A terminal has room for all that a saved notebook leaves out."""
        return _forms(shown) if screen.updatable else {"text/plain": str(shown)}

    def _run_cell(self, line: str, cell: str) -> Any:
        """``run_cell_magic("carbon", ...)``, as scripts made from notebooks say.

        Typed cells never come here: the transformer has taken the line out.
        """
        __tracebackhide__ = True
        screen = screen_of(self.shell)
        try:
            options = self._parse(line)
        except GreenNotebookError as error:
            say(screen, f"{error} (the cell is measured without its options)")
            options = arguments.Options()
        with self.hooks.measuring(options, screen, cell):
            return self._execute(cell)

    def _execute(self, cell: str) -> Any:
        __tracebackhide__ = True
        run = prepared(self.shell, cell)
        if run is not None:
            return run()
        self.shell.run_cell(cell).raise_error()
        return None

    def _repeat_cell(self, line: str, cell: str) -> None:
        __tracebackhide__ = True
        screen = screen_of(self.shell)
        try:
            found = arguments.read(self._carbonit, arguments.CARBONIT, line)
            shown = repeated(self.session(), self.shell, found, cell)
        except GreenNotebookError as error:
            say(screen, str(error))
        else:
            forms = _forms(shown)
            forms["application/vnd.green-notebook.v1+json"] = shown.report.to_notebook()
            screen.publish(forms, shown.report.state, update=False)


def _renamed(like: Callable[..., Any], method: Callable[..., Any]) -> Callable[..., Any]:
    """``method`` as a plain function with the first name and the docstring of ``like``."""

    def magic(*args: Any) -> Any:
        __tracebackhide__ = True  # the user's errors are the user's lines
        return method(*args)

    magic.__name__ = like.__name__.partition("_")[0]
    magic.__doc__ = like.__doc__
    return magic


def _line_help() -> str:
    return f"""What was measured, and how.

    %carbon {" | ".join(verbs.names())}

``%carbon help`` says what each does. Begin a cell with %%carbon to measure it; %%carbon? tells more.
"""


def _forms(shown: Any) -> dict[str, Any]:
    """A verb's answer as a display: text, and HTML where it has any."""
    if isinstance(shown, str):
        return {"text/plain": shown}
    if hasattr(shown, "_repr_mimebundle_"):
        forms = shown._repr_mimebundle_()
        return dict(forms[0] if isinstance(forms, tuple) else forms)
    forms = {"text/plain": str(shown)}
    if hasattr(shown, "_repr_html_"):
        forms["text/html"] = shown._repr_html_()
    return forms


def _complete(_shell: Any, event: Any) -> list[str]:
    """What may follow: options behind ``%%carbon``, verbs and what they take behind ``%carbon``."""
    text = event.text_until_cursor
    if not text.startswith(event.command):
        text = event.line  # asked without a cursor
    words = text.split()
    begun = "" if text.endswith((" ", "\t")) else words[-1]
    if words[-1 - bool(begun)] in ("-z", "--zone"):
        from green_notebook.grids import completions

        # A name of several words would need quotes: its code does as well.
        return [one for one in completions(begun) if " " not in one]
    if event.command.startswith("%%"):
        table = arguments.CARBONIT if event.command.endswith("it") else arguments.CARBON
        return arguments.flags(table)
    done = words[1 : -1 if begun else None]
    if not done:
        return verbs.names()
    named = [one for one in verbs.measured(done[0], _reports()) if " " not in one]
    return [*verbs.options(done[0]), *named]


def _reports() -> list[Any]:
    """What was measured so far; no session is made for it."""
    session = _session()
    return [] if session is None else list(session.reports)


def _session() -> Any:
    """The kernel's session, if there is one; nothing is imported for it."""
    module = sys.modules.get("green_notebook.kernel_session")
    return None if module is None else module.existing()


def _live_widget() -> Any:
    return import_module("green_notebook.show.widget").LiveWidget()


def _say_unloaded() -> None:
    """Note in whatever is being measured that it ends with the extension, not by itself."""
    session = _session()
    if session is not None:
        from green_notebook.model import Note

        note = Note("unloaded", "green_notebook was unloaded while this ran: the figure ends there")
        for span in session.recorder.spans:
            span.notes["unloaded"] = note


def _close_session() -> None:
    # Not imported for this: a session that was never made need not be closed.
    module = sys.modules.get("green_notebook.kernel_session")
    if module is not None:
        module.close_current()


_loaded: WeakKeyDictionary[Any, Extension] = WeakKeyDictionary()


def load(shell: Any) -> None:
    """Wire the extension into a shell; a second time does nothing."""
    if shell not in _loaded:
        extension = Extension(shell)
        extension.open()
        _loaded[shell] = extension


def unload(shell: Any) -> None:
    """Take everything out of the shell again; where nothing is loaded, does nothing."""
    extension = _loaded.pop(shell, None)
    if extension is not None:
        extension.close()
