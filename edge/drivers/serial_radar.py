"""A radar on a serial port: what an LD2410 and an LD2450 have in common."""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from contract.clock import Clock
from edge.drivers.errors import PortLost, PortUnavailable, PortUser
from edge.drivers.serial_line import SerialLine
from edge.drivers.steady_presence import SteadyPresence
from edge.drivers.waiting import Backoff, Trouble, happens_within

BAUD = 256_000
SILENT_S = 5.0
"""A radar reports ten times a second."""
HOLD_S = 5.0
RISE_S = 2.0
USER = PortUser("radar", "[[presence]]")

_log = logging.getLogger(__name__)


class RadarReport(Protocol):
    """What one report comes to."""

    @property
    def persons(self) -> int: ...


class RadarFramer(Protocol):
    """Bytes to reports."""

    def feed(self, data: bytes) -> Sequence[RadarReport]: ...


class SerialRadar:
    """One radar (`PresenceSource`)."""

    def __init__(
        self,
        name: str,
        port: str,
        framer: RadarFramer,
        clock: Clock,
        chance: random.Random,
        hold_s: float = HOLD_S,
    ) -> None:
        self.name = name
        self._framer = framer
        self._steady = SteadyPresence(RISE_S, hold_s)
        self._port = port
        self._clock = clock
        self._backoff = Backoff(chance)
        self._trouble = Trouble(_log, port, "presence")

    async def presences(self) -> AsyncIterator[int | None]:
        """Changes, until the consumer stops; the port may come and go."""
        said: int | None = None
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

    async def _next(self, line: SerialLine) -> int | None:
        """How many are there by the next reports; None where none come."""
        end_s = self._clock.monotonic_s() + SILENT_S
        while (left_s := end_s - self._clock.monotonic_s()) > 0:
            if not await happens_within(line.arrived, left_s, self._clock):
                break
            reports = self._framer.feed(line.take())
            if reports:
                self._backoff.reset()
                self._trouble.healed()
                now_s = self._clock.monotonic_s()
                return [self._steady.take(report.persons, now_s) for report in reports][-1]
        self._trouble.say(
            "silent",
            f"no report from {self._port} in {SILENT_S:.0f} s: check the radar's 5 V, that its TX "
            "goes to our RX, and that it speaks at 256,000 baud as it was shipped",
        )
        return None
