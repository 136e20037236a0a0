"""Light and sound at the reader: granted, refused, unknown, each told apart by rhythm alone.

A buzzer has one pitch, so its rhythm speaks: two short (granted), one long (refused), three even
(unknown). Where there is a screen it plays the notes: two rising, one low, three even.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Literal, NamedTuple

from contract.clock import Clock
from edge.drivers.errors import LineFault
from edge.drivers.lines import OutputLines
from edge.drivers.waiting import Trouble

Signal = Literal["granted", "refused", "unknown"]
_log = logging.getLogger(__name__)


class Step(NamedTuple):
    """A line switched, so long after the beginning."""

    at_s: float
    line: str
    active: bool


def _beeps(*spans: tuple[float, float]) -> tuple[Step, ...]:
    return tuple(
        step
        for start_s, end_s in spans
        for step in (Step(start_s, "buzzer", True), Step(end_s, "buzzer", False))
    )


def _light(line: str, seconds: float) -> tuple[Step, ...]:
    return (Step(0.0, line, True), Step(seconds, line, False))


PATTERNS: dict[Signal, tuple[Step, ...]] = {
    "granted": (*_light("led-granted", 3.0), *_beeps((0.0, 0.08), (0.14, 0.22))),
    "refused": (*_light("led-refused", 3.0), *_beeps((0.0, 0.6))),
    "unknown": (
        *_light("led-refused", 3.0),
        *_beeps((0.0, 0.15), (0.3, 0.45), (0.6, 0.75)),
    ),
}


class Feedback:
    """Plays one signal at a time; a new one ends the one before.

    `wired` are the names of the lines that there are.
    """

    def __init__(self, lines: OutputLines | None, wired: frozenset[str], clock: Clock) -> None:
        self._lines = lines
        self._wired = wired
        self._clock = clock
        self._next: Signal | None = None
        self._news = asyncio.Event()
        self._trouble = Trouble(_log, "leds and buzzer", "feedback")

    def show(self, signal: Signal) -> None:
        """Play it now."""
        self._next = signal
        self._news.set()

    async def run(self) -> None:
        """Play what is shown, for ever."""
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                if self._next is not None:
                    await self._play(PATTERNS[self._next])
        finally:
            if self._lines is not None:
                self._lines.close()

    async def _play(self, pattern: tuple[Step, ...]) -> None:
        begun_s = self._clock.monotonic_s()
        for line in self._wired:
            self._set(line, active=False)
        for step in sorted(pattern):
            left_s = begun_s + step.at_s - self._clock.monotonic_s()
            if left_s > 0:
                await self._clock.sleep(left_s)
            if self._news.is_set():
                return
            if step.line in self._wired:
                self._set(step.line, active=step.active)

    def _set(self, line: str, *, active: bool) -> None:
        if self._lines is None:
            return
        try:
            self._lines.set(line, active=active)
        except LineFault as fault:
            self._trouble.say("lost", str(fault))
            return
        self._trouble.healed()
