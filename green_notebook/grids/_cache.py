"""Answers of services on disk, with their ETag and how long they hold. Keys are in none of them."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Answers of the last days: more would never be asked for again.
FILES = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """A body, until when (s since the epoch) it holds without asking, and its ETag."""

    body: str
    expires: float
    etag: str | None = None


class Cache:
    """One small file an answer; trouble with the disk means that nothing is kept."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def _path(self, address: str) -> Path:
        if self._folder is None:
            import platformdirs

            self._folder = Path(platformdirs.user_cache_dir("green-notebook", False)) / "grids"
        return self._folder / f"{hashlib.sha256(address.encode()).hexdigest()[:32]}.json"

    def get(self, address: str) -> Answer | None:
        """What was kept for an address without its keys; None where nothing, or garbled."""
        try:
            data = json.loads(self._path(address).read_text(encoding="utf-8"))
            return Answer(str(data["body"]), float(data["expires"]), data.get("etag"))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, address: str, answer: Answer) -> None:
        """Keep an answer; other processes see the old file or the new one, never half of it."""
        path = self._path(address)
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(f".{os.getpid()}.tmp")
            fresh.write_text(
                json.dumps({"body": answer.body, "expires": answer.expires, "etag": answer.etag}),
                encoding="utf-8",
            )
            fresh.replace(path)
            self._prune(path.parent)

    def _prune(self, folder: Path) -> None:
        files = sorted(folder.glob("*.json"), key=lambda one: one.stat().st_mtime)
        for old in files[: max(0, len(files) - FILES)]:
            old.unlink(missing_ok=True)
