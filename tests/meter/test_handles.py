"""A session that was closed holds no file."""

from __future__ import annotations

import gc
import os
from contextlib import suppress
from pathlib import Path

import pytest

from green_notebook.session import Session
from green_notebook.settings import GreenNotebook

FOLDER = Path("/proc/self/fd")


def held():
    """The files that this process has open."""
    found = []
    for one in FOLDER.iterdir():
        with suppress(OSError):  # the listing's own
            found.append(os.readlink(one))
    return sorted(found)


@pytest.mark.skipif(not FOLDER.exists(), reason="no /proc")
def test_closing_gives_every_file_back():
    """%unload_ext leaves no handle behind, not even of /proc, and closing twice does no harm."""
    gc.collect()  # sessions of other tests, lest their files go meanwhile
    before = held()
    session = Session(GreenNotebook(environ={}))
    session.end(session.begin("cell"))
    assert held() != before
    session.close()
    session.close()
    assert held() == before


@pytest.mark.skipif(not FOLDER.exists(), reason="no /proc")
def test_totals_after_closing():
    """Who asks for the totals of a closed session still gets them."""
    session = Session(GreenNotebook(environ={}))
    session.close()
    assert session.sampler.usage.now().memory_bytes > 0
