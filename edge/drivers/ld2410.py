"""An LD2410 (24 GHz radar) on a serial port: somebody is there, even sitting still.

Wiring: VCC to 5 V (200 mA: not from the 3.3 V rail), GND, TX to the Pi's RXD (3.3 V), RX left
open: this driver only listens. 256,000 baud; on a Pi use a PL011 port (/dev/ttyAMA*) or a USB
adapter, the mini UART does not reach that speed. On the wall at 1.5 to 2 m, or on the ceiling
below 3 m; away from fans, and not behind metal.

What it tells: whether somebody is within some 5 m, breathing suffices. What it cannot: how many;
whether it is a person, a fan or a swaying curtain; through thin walls it sees the neighbours
(lower the sensitivity of the far gates with the maker's program).
"""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncIterator

from contract.clock import Clock
from edge.drivers.errors import PortLost, PortUnavailable, PortUser
from edge.drivers.ld2410_frames import Framer
from edge.drivers.serial_line import SerialLine
from edge.drivers.waiting import Backoff, Trouble, happens_within

BAUD = 256_000
SILENT_S = 5.0
"""The radar reports ten times a second."""
HOLD_S = 5.0
"""A breath between two reports is nobody for a moment; the room is not empty for that."""
USER = PortUser("radar", "[[presence]]")

_log = logging.getLogger(__name__)


class Ld2410Source:
    """One radar (`PresenceSource`)."""

    def __init__(
        self, name: str, port: str, clock: Clock, chance: random.Random, hold_s: float = HOLD_S
    ) -> None:
        self.name = name
        self._hold_s = hold_s
        self.framer = Framer()
        self._port = port
        self._clock = clock
        self._backoff = Backoff(chance)
        self._trouble = Trouble(_log, port, "presence")
        self._seen_s: float | None = None

    async def presences(self) -> AsyncIterator[bool | None]:
        """Changes, until the consumer stops; the port may come and go."""
        said: bool | None = None
        while True:
            line = await self._opened()
            try:
                while True:
                    seen = await self._next(line)
                    if seen != said:
                        said = seen
                        yield seen
            except PortLost as lost:
                self._trouble.say("lost", f"{lost}; waiting for it to come back")
            finally:
                line.close()
            if said is not None:
                said = None
                yield None
            await self._clock.sleep(self._backoff.next_s())

    async def _opened(self) -> SerialLine:
        while True:
            try:
                return SerialLine(self._port, BAUD, USER)
            except PortUnavailable as error:
                self._trouble.say(type(error).__name__, f"{error}; trying again")
                await self._clock.sleep(self._backoff.next_s())

    async def _next(self, line: SerialLine) -> bool | None:
        """Whether somebody is there by the next reports; None where none come."""
        end_s = self._clock.monotonic_s() + SILENT_S
        while (left_s := end_s - self._clock.monotonic_s()) > 0:
            if not await happens_within(line.arrived, left_s, self._clock):
                break
            reports = self.framer.feed(line.take())
            if reports:
                self._backoff.reset()
                self._trouble.healed()
                return self._held(seen=any(report.seen for report in reports))
        self._trouble.say(
            "silent",
            f"no report from {self._port} in {SILENT_S:.0f} s: check the radar's 5 V, that its TX "
            "goes to our RX, and that it speaks at 256,000 baud as it was shipped",
        )
        return None

    def _held(self, *, seen: bool) -> bool:
        now_s = self._clock.monotonic_s()
        if seen:
            self._seen_s = now_s
        return self._seen_s is not None and now_s - self._seen_s <= self._hold_s
