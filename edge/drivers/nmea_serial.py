"""A GPS receiver that speaks NMEA 0183 on a serial port.

Wiring: receiver TX to the Pi's RXD (GPIO 15, pin 10), 3.3 V logic, or any USB receiver
(/dev/ttyUSB0, /dev/ttyACM0). 9,600 baud or more: at 4,800 the sentences of one second fill
the whole second and the fix arrives a second late.
"""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncIterator

from contract.clock import Clock
from edge.drivers.errors import PortLost, PortUnavailable
from edge.drivers.nmea_epoch import REMEMBERED_EPOCHS
from edge.drivers.nmea_stream import NmeaStream
from edge.drivers.plausible_dates import LIVE_DATES, DateWindow
from edge.drivers.position_source import Fix, SourceCounters
from edge.drivers.serial_line import SerialLine
from edge.drivers.waiting import Backoff, Trouble, happens_within

QUIET_S = 0.25
"""A burst has no gaps as long as this at 4,800 baud and above; after it the epoch is complete."""
NOT_UNDERSTOOD_S = 10.0
SILENT_S = 30.0

_log = logging.getLogger(__name__)


class NmeaSerialSource:
    """Fixes from a serial port. `connected` is set while the port is open."""

    def __init__(
        self,
        port: str,
        baud: int,
        clock: Clock,
        chance: random.Random,
        dates: DateWindow = LIVE_DATES,
        remember: int = REMEMBERED_EPOCHS,
    ) -> None:
        self._port = port
        self._baud = baud
        self._clock = clock
        self._stream = NmeaStream(dates, remember)
        self._backoff = Backoff(chance)
        self._trouble = Trouble(_log, port)
        self._is_open = False
        self._was_quiet = False
        self._understood_s = 0.0
        self._sound_sentences = 0

    async def fixes(self) -> AsyncIterator[Fix]:
        """Fixes until the consumer stops; the port may come and go."""
        while True:
            line = await self._opened()
            try:
                while True:
                    for fix in await self._next(line):
                        yield fix
            except PortLost as lost:
                self._is_open = False
                self._trouble.say("lost", f"{lost}; waiting for it to come back")
                for fix in self._stream.end(self._clock.boot_ms()):
                    yield fix
            finally:
                self._is_open = False
                line.close()
            # A device that opens and is lost at once must not keep the processor busy.
            await self._clock.sleep(self._backoff.next_s())

    def counters(self) -> SourceCounters:
        """The account of every sentence since the program started."""
        return self._stream.counters(connected=self._is_open)

    async def _opened(self) -> SerialLine:
        while True:
            try:
                line = SerialLine(self._port, self._baud)
            except PortUnavailable as error:
                self._trouble.say(type(error).__name__, f"{error}; trying again")
                await self._clock.sleep(self._backoff.next_s())
                continue
            self._is_open = True
            self._understood_s = self._clock.monotonic_s()
            return line

    async def _next(self, line: SerialLine) -> list[Fix]:
        """The fixes of what arrives next, or of the pause before it."""
        may_be_complete = self._stream.waits and not self._was_quiet
        wait_s = QUIET_S if may_be_complete else SILENT_S
        if not await happens_within(line.arrived, wait_s, self._clock):
            self._was_quiet = True
            if may_be_complete:
                return self._stream.pause()
            self._trouble.say("silent", self._silence())
            return []
        self._was_quiet = False
        fixes = self._stream.feed(line.take(), self._clock.boot_ms())
        self._judge_line()
        return fixes

    def _judge_line(self) -> None:
        """Bytes that never make a sentence mean a wrong speed or another language."""
        now_s = self._clock.monotonic_s()
        if self._stream.sound_sentences > self._sound_sentences:
            self._sound_sentences = self._stream.sound_sentences
            self._understood_s = now_s
            self._backoff.reset()
            self._trouble.healed()
        elif now_s - self._understood_s > NOT_UNDERSTOOD_S:
            self._trouble.say("not understood", self._gibberish())

    def _silence(self) -> str:
        return (
            f"not a byte from {self._port} in {SILENT_S:.0f} s: "
            "check the receiver's power and that its TX goes to our RX"
        )

    def _gibberish(self) -> str:
        others = ", ".join(str(b) for b in (4800, 9600, 38400, 115200) if b != self._baud)
        return (
            f"bytes arrive at {self._port} at {self._baud} baud and none is an NMEA sentence: "
            f"set [position] baud to one of {others}, "
            'or where the receiver speaks a binary protocol set source = "gpsd"'
        )
