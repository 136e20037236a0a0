"""Buzzer and LEDs: patterns by name, played while everything else goes on.

Wiring: an LED with 330 Ohm from the output to 0 V; an active buzzer (3.3 to 5 V) over an NPN
transistor with 1 kOhm at its base, because a pin gives 8 mA. Lines are named `green`, `red` and
`buzzer`; one that is not wired is left out of every pattern.

Patterns differ in rhythm and not in colour alone, so that who does not see or does not hear can
tell them apart.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Literal, NamedTuple

from contract.clock import Clock
from edge.drivers.errors import LineFault
from edge.drivers.lines import OutputLines
from edge.drivers.waiting import Trouble

LINES = ("green", "red", "buzzer")

_log = logging.getLogger(__name__)


class Step(NamedTuple):
    """For so long these lines are on, and no others."""

    seconds: float
    lines: frozenset[str]


def steps(*told: tuple[float, str]) -> tuple[Step, ...]:
    """Steps from (seconds, "line line")."""
    return tuple(Step(seconds, frozenset(lines.split())) for seconds, lines in told)


SignalName = Literal["granted", "refused", "unknown", "read_again"]
PATTERNS: Mapping[SignalName, tuple[Step, ...]] = {
    "granted": steps(
        (0.08, "green buzzer"), (0.06, "green"), (0.08, "green buzzer"), (2.0, "green")
    ),
    "refused": steps((0.6, "red buzzer"), (2.0, "red")),
    "unknown": steps(*[(0.15, "red buzzer"), (0.15, "")] * 3, (2.0, "red")),
    "read_again": steps(*[(0.12, "red green"), (0.12, "")] * 3),
}
"""Two short; one long; three even; three blinks without a sound. A buzzer has one pitch, so its
rhythm speaks; a screen beside the door plays notes of the same rhythm."""


class Signals:
    """Plays one pattern at a time; a new one ends the one before."""

    def __init__(self, lines: OutputLines, wired: frozenset[str], clock: Clock) -> None:
        self._lines = lines
        self._wired = wired
        self._clock = clock
        self._playing: asyncio.Task[None] | None = None
        self._on: frozenset[str] | None = None
        self._trouble = Trouble(_log, "leds and buzzer", "signals")

    def play(self, name: SignalName) -> None:
        """Begin it now."""
        if self._playing is not None:
            self._playing.cancel()
        self._playing = asyncio.create_task(self._play(PATTERNS[name]))

    def stop(self) -> None:
        """Be dark and silent."""
        if self._playing is not None:
            self._playing.cancel()
        self._show(frozenset())

    async def _play(self, pattern: tuple[Step, ...]) -> None:
        for step in pattern:
            self._show(step.lines)
            await self._clock.sleep(step.seconds)
        self._show(frozenset())

    def _show(self, lines: frozenset[str]) -> None:
        wanted = lines & self._wired
        changed = self._wired if self._on is None else wanted ^ self._on
        try:
            for line in sorted(changed):
                self._lines.set(line, active=line in wanted)
        except LineFault as fault:
            self._on = None
            self._trouble.say("lost", f"{fault}")
            return
        self._on = wanted
        self._trouble.healed()
