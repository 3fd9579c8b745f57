"""Which graphics card this process works on, as the kernel's DRM drivers tell for each open file.

Documentation/gpu/drm-usage-stats.rst: ``drm-pdev`` names the card, ``drm-engine-...`` the
nanoseconds that the file's work took on an engine so far, ``drm-cycles-...`` its cycles.
"""

from __future__ import annotations

import os

from green_notebook.host import Host

FOLDER = "/proc/self/fdinfo"
_USED = ("drm-engine-", "drm-cycles-")


def works_on(host: Host, slot: str) -> bool | None:
    """Whether this process has done work on the card at a PCI address; None where nobody tells."""
    try:
        files = os.listdir(host.path(FOLDER))
    except OSError:
        return None
    return any(_busy(host.read(f"{FOLDER}/{name}") or "", slot) for name in files)


def _busy(text: str, slot: str) -> bool:
    if "drm-pdev" not in text:
        return False
    fields = {
        key.strip(): value.split()
        for key, _, value in (line.partition(":") for line in text.splitlines())
    }
    # The address itself has colons: only the first one divides.
    if fields.get("drm-pdev", [""])[0] != slot:
        return False
    return any(
        key.startswith(_USED) and value and value[0].isdigit() and int(value[0]) > 0
        for key, value in fields.items()
        if not key.startswith("drm-engine-capacity-")
    )
