"""Keys of services: from the environment or the system's keyring, and shown nowhere."""

from __future__ import annotations

import os
from collections.abc import Mapping

from green_notebook.errors import Unavailable

SERVICE = "green-notebook"


class Secret:
    """A key whose ``str`` and ``repr`` do not show it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The key itself, for the request alone."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        return (Secret, ("",))  # nor does a pickle take it along


def secret(name: str, environ: Mapping[str, str] | None = None) -> Secret:
    """The key called ``name``: ``GREEN_NOTEBOOK_<NAME>``, else the keyring's.

    Raises Unavailable with the line that sets it.
    """
    variable = f"GREEN_NOTEBOOK_{name.upper().replace('-', '_')}"
    text = (os.environ if environ is None else environ).get(variable, "").strip()
    text = text or _from_keyring(name)
    if not text:
        raise Unavailable(
            f"{name} is not set",
            f"set {variable} in the environment, or: keyring set {SERVICE} {name}",
        )
    if not text.isprintable() or not text.isascii():
        raise Unavailable(f"{name} holds characters that no key has", f"look at {variable}")
    return Secret(text)


def _from_keyring(name: str) -> str:
    try:
        import keyring  # type: ignore[import-not-found,unused-ignore]  # only where it is installed

        return (keyring.get_password(SERVICE, name) or "").strip()
    except Exception:  # noqa: BLE001 - no keyring here, or it is locked: the environment remains
        return ""
