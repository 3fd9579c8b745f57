"""How much a summary says: what is left out, step by step, so that a notebook stays small."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Detail:
    """What is shown beyond the figures, components, place and intensity, which always are.

    ``picture`` is the sparkline; ``twice`` what both text and HTML would say; ``explained`` the
    advice's reasons; ``beside`` the machine's total, active and idle; ``bars`` the shares drawn, and
    the text's components; ``grounds`` the text's line of what it rests on.
    """

    picture: bool = True
    twice: bool = True
    explained: bool = True
    beside: bool = True
    bars: bool = True
    grounds: bool = True


FULL = Detail()
_plain = replace(FULL, picture=False)
_once = replace(_plain, twice=False)
_terse = replace(_once, explained=False)
_bare = replace(_terse, beside=False)
_words = replace(_bare, bars=False)
# From the richest to the barest, each with how lean its JSON is: 0 whole; 1 without the figures
# that the contract lets be null; 2 also without the words that the HTML says (quiet notes, a third
# comparison); 3 also without the advice's explanations, which `%carbon advice` gives; 4 also without
# `random` where it is 0, as readers take it to be; 5 also without a second comparison in the JSON.
STEPS = (
    (FULL, 0),
    (_plain, 0),
    (_once, 0),
    (_once, 1),
    (_terse, 1),
    (_bare, 1),
    (_words, 2),
    (_words, 3),
    (_words, 4),
    (_words, 5),
    (replace(_words, grounds=False), 5),
)
