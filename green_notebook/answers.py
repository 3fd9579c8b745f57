"""The channel of a meter that is asked in the background: its answers come with their own instants."""

from __future__ import annotations

import math
from contextlib import suppress

from green_notebook.channel import Channel
from green_notebook.clock import Clock
from green_notebook.model import Trace
from green_notebook.sensors import Answering, Sensor


def channel_of(sensor: Sensor, trace: Trace, clock: Clock) -> Channel:
    """The channel that suits a sensor."""
    if isinstance(sensor, Answering):
        return AnswerChannel(sensor, trace, clock)
    return Channel(sensor, trace, clock)


class AnswerChannel(Channel):
    """Takes over what was answered; a span's edges are told to the meter."""

    def __init__(self, sensor: Sensor, trace: Trace, clock: Clock) -> None:
        super().__init__(sensor, trace, clock)
        self._answering = sensor if isinstance(sensor, Answering) else None
        self._plan, self.foretells = None, False
        self._answered_s = -math.inf

    def take(self) -> None:
        """All answers since the last time; two threads may take one twice."""
        self._read_s = self._monotonic()
        if self._answering is None:
            return
        with suppress(Exception):
            for reading, power in self._answering.answers(self._answered_s):
                self._answered_s = reading.at_s
                self.trace.readings.append(reading)
                if power is not None:
                    self.trace.power.append(power)

    def edge(self, at_s: float) -> None:
        """A span begins or ends now: a counter is asked about it."""
        super().edge(at_s)
        if self._answering is not None:
            with suppress(Exception):
                self._answering.edge()
