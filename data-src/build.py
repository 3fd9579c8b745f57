"""Build every table of green_notebook/data from the raw rows beside this file.

``python data-src/build.py``: runs each ``build_*.py``, in the order of their names. The same rows
give the same bytes.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    here = Path(__file__).parent
    sys.path.insert(0, str(here))
    for script in sorted(here.glob("build_*.py")):
        runpy.run_path(str(script), run_name="__main__")
