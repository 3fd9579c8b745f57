"""What happens between the edges: the sampler's thread settles reports, learns idle, tells views."""

from __future__ import annotations

import math

from green_notebook.baseline import Baseline
from green_notebook.chronicle import Chronicle
from green_notebook.recorder import Recorder
from green_notebook.sampler import Sampler

# Those who look at the totals do so five times a second: of two ticks of the sampler, at one.
LOOK_S = 0.17


class Pulse:
    """Called back by the sampler's thread; see `Listener` in chores.py."""

    def __init__(
        self, sampler: Sampler, recorder: Recorder, baseline: Baseline, chronicle: Chronicle
    ) -> None:
        self._sampler = sampler
        self._recorder = recorder
        self._baseline = baseline
        self._chronicle = chronicle
        self._was_busy = False
        self._looked_s = -math.inf

    def __call__(self, now_s: float) -> float | None:
        """One beat; in how many seconds the next is wanted."""
        self._recorder.tick(now_s)
        spans = self._recorder.spans
        feed = self._recorder.feed
        wait_s = feed.wait_s(spans, now_s)
        if bool(spans) is self._was_busy and now_s - self._looked_s < LOOK_S:
            return wait_s
        self._was_busy, self._looked_s = bool(spans), now_s
        usage = self._sampler.usage.now(edge=False)
        self._chronicle.tick(usage, busy=bool(spans))
        if spans:
            self._recorder.together.roll(usage)
            self._baseline.stir()
            feed.tick(spans, usage)
        else:
            self._baseline.rest(self._sampler, usage)
        return wait_s
