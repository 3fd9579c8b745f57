"""Add up pytest's own counts of several runs: `test_counts.py results/*.xml`.

The last line is alone and plain, for people and for CI.
"""

import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def main(paths: list[str]) -> int:
    total = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for path in sorted(paths):
        suite = ET.parse(path).getroot().find("testsuite")
        counts = {key: int(suite.get(key, 0)) for key in total} if suite is not None else total
        total = {key: total[key] + counts[key] for key in total}
        print(f"{Path(path).stem}: {counts['tests']} tests in {float(suite.get('time', 0)):.0f} s")
    failed = total["failures"] + total["errors"]
    passed = total["tests"] - failed - total["skipped"]
    print(f"{passed} passed, {failed} failed, {total['skipped']} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
