"""A relay that is energised for a moment: the strike of a locker, a lamp.

Wiring: a relay board with optocoupler and its own 5 V, IN to the output; a pull (10 kOhm) to the
side where the relay rests, for the pins float until the program runs. A free-wheeling diode
(1N4007) across every solenoid. Where a strike must not stay energised whatever happens, a pulse
relay (time-limited by its own hardware) behind it: a killed program may leave an output as it was.

The lock of a door is not driven from here: it belongs to a process of its own, the guard.
"""

from __future__ import annotations

import asyncio
import logging

from contract.clock import Clock
from edge.drivers.errors import LineFault
from edge.drivers.lines import OutputLines
from edge.drivers.waiting import Trouble

LONGEST_S = 10.0
"""A solenoid strike for intermittent duty burns beyond."""
TRY_AGAIN_S = 0.25

_log = logging.getLogger(__name__)


class Relay:
    """One relay on an output. Pulses do not add up: the last one decides when it ends."""

    def __init__(self, lines: OutputLines, line: str, clock: Clock) -> None:
        self._lines = lines
        self._line = line
        self._clock = clock
        self._pulse: asyncio.Task[None] | None = None
        self._trouble = Trouble(_log, line, "relay")

    def pulse(self, seconds: float) -> None:
        """Energise it now and let it go after `seconds`, at most `LONGEST_S`.

        Raises LineFault where it cannot be energised; letting go is tried until it succeeds.
        """
        if self._pulse is not None:
            self._pulse.cancel()
        try:
            self._lines.set(self._line, active=True)
        finally:
            self._pulse = asyncio.create_task(self._let_go_after(min(seconds, LONGEST_S)))

    async def _let_go_after(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        while True:
            try:
                self._lines.set(self._line, active=False)
            except LineFault as fault:
                self._trouble.say("held", f"{fault}; {self._line} cannot be let go, trying again")
                await self._clock.sleep(TRY_AGAIN_S)
            else:
                self._trouble.healed()
                return
