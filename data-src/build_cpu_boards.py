"""Build the table of what single-board computers draw.

``cpu_boards``: watts of a board's chips (processor and memory: what a Raspberry Pi 5's rails tell),
idle and with all cores busy, each with its bounds. Rows: published measurements of whole boards at
their input, less what is not chips; modules by their maker's power modes; other boards per core.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable

from _table import Sources, raw, write

# The input of a Raspberry Pi 5 is 1.1451 x its rails + 0.5879 W (jfikar/RPi5-power, 2024: one
# board). A small board's chips take at least a quarter of its input: our assumption (2026).
LOSSES, BASE, LEAST = 1.1451, 0.5879, 0.25
# A board that nobody measured, beyond the boards that were: rows of one board differ by 1.5 x.
ROOM, ROOM_OTHERS = 1.3, 1.5
# The chips of a module with all cores busy and the GPU idle, as parts of its largest power mode: the
# value and bounds, idle and full. Our assumption (2026); the upper bound is the mode itself.
IDLE, FULL = (0.2, 0.05, 0.4), (0.5, 0.2, 1.0)

Bounds = tuple[float, float, float]


def chips_w(board_w: float) -> float:
    """What of a board's power (W) its chips take."""
    return max(LEAST * board_w, (board_w - BASE) / LOSSES)


def bounds(watts: Iterable[float], below: float, above: float) -> Bounds:
    """The middle of some measurements, and how low and high another board may lie."""
    ranked = sorted(watts)
    return statistics.median(ranked), ranked[0] * below, ranked[-1] * above


def measured() -> dict[str, list[dict[str, str]]]:
    """The measured rows of each board, in the order of the file."""
    by_board = defaultdict(list)
    for row in raw("board_power"):
        by_board[row["board"]].append(row)
    return by_board


def levels(rows: list[dict[str, str]], below: float, above: float) -> tuple[Bounds, Bounds]:
    """Idle and full power (W) of one board's chips."""
    idle, full = (
        bounds((chips_w(float(row[f"{key}_w"])) for row in rows), below, above)
        for key in ("idle", "full")
    )
    return idle, full


def per_core() -> tuple[Bounds, Bounds]:
    """Watts of a core's part of the chips: boards of four cores, each once."""
    four = [rows for rows in measured().values() if rows[0]["cores"] == "4"]
    each = [levels(rows, 1.0, 1.0) for rows in four]
    idle, full = (
        bounds((one[place][0] / 4 for one in each), 1 / ROOM_OTHERS, ROOM_OTHERS)
        for place in (0, 1)
    )
    return idle, full


def boards() -> None:
    """The chips of known boards and modules, and of any other board per core."""
    sources = Sources()
    rows = []
    for board, own in measured().items():
        room = ROOM if len(own) > 1 else ROOM_OTHERS
        told = "; ".join(dict.fromkeys(row["source"] for row in own))
        year = max(int(row["year"]) for row in own)
        power = levels(own, 1 / room, room)
        rows.append([board, own[0]["names"].split("|"), power, year, sources.key(told)])
    for row in raw("board_modules"):
        budget = float(row["budget_w"])
        module = tuple(tuple(part * budget for part in parts) for parts in (IDLE, FULL))
        key = sources.key(row["source"])
        rows.append([row["module"], row["names"].split("|"), module, int(row["year"]), key])
    others = sources.key("The boards of four cores above, per core")
    rows.append(["", [], per_core(), 2026, others])
    columns = "board names idle_w idle_low idle_high full_w full_low full_high year source"
    flat = [
        [board, names, *(round(watts, 3) for level in power for watts in level), year, source]
        for board, names, power, year, source in rows
    ]
    write("cpu_boards", columns.split(), flat, sources=sources.table())


if __name__ == "__main__":
    boards()
