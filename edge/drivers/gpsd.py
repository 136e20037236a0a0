"""Positions from gpsd, over its JSON socket.

Prefer it to the serial port where several programs need the receiver (chrony), where it speaks
a binary protocol or an unknown speed, or where it is plugged and unplugged as USB.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator

from contract.clock import Clock
from edge.drivers.errors import GpsdUnavailable
from edge.drivers.gpsd_reports import GpsdReports
from edge.drivers.nmea_epoch import REMEMBERED_EPOCHS
from edge.drivers.plausible_dates import LIVE_DATES, DateWindow
from edge.drivers.position_source import Fix, SourceCounters
from edge.drivers.waiting import Backoff, Trouble

GPSD_PORT = 2947
WATCH = b'?WATCH={"enable":true,"json":true};\n'
MAX_LINE_BYTES = 65_536
"""A SKY report with every satellite in view is some 8 KB."""

_log = logging.getLogger(__name__)


class GpsdSource:
    """Fixes from a gpsd; survives its restart and its absence."""

    def __init__(
        self,
        host: str,
        port: int,
        clock: Clock,
        chance: random.Random,
        dates: DateWindow = LIVE_DATES,
        remember: int = REMEMBERED_EPOCHS,
    ) -> None:
        self._host = host
        self._port = port
        self._clock = clock
        self._reports = GpsdReports(dates, remember)
        self._backoff = Backoff(chance)
        self._trouble = Trouble(_log, f"gpsd://{host}:{port}")
        self._is_open = False

    async def fixes(self) -> AsyncIterator[Fix]:
        """Fixes until the consumer stops; gpsd may come and go."""
        while True:
            try:
                reader, writer = await self._connected()
            except GpsdUnavailable as error:
                self._trouble.say("absent", f"{error}; trying again")
                await self._clock.sleep(self._backoff.next_s())
                continue
            try:
                while line := await _line(reader):
                    fix = self._reports.take(line, self._clock.boot_ms())
                    self._judge_devices()
                    if fix is not None:
                        self._backoff.reset()
                        yield fix
                self._trouble.say("ended", f"gpsd at {self._where} hung up; trying again")
            finally:
                self._is_open = False
                writer.close()
            await self._clock.sleep(self._backoff.next_s())

    def counters(self) -> SourceCounters:
        """The account of every report since the program started."""
        return self._reports.counters(connected=self._is_open)

    @property
    def _where(self) -> str:
        return f"{self._host}:{self._port}"

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            reader, writer = await asyncio.open_connection(
                self._host, self._port, limit=MAX_LINE_BYTES
            )
        except OSError as error:
            raise GpsdUnavailable(self._where, error.strerror or str(error)) from error
        writer.write(WATCH)
        self._is_open = True
        self._trouble.healed("absent", "ended")
        return reader, writer

    def _judge_devices(self) -> None:
        if self._reports.has_device:
            self._trouble.healed("no device")
        else:
            self._trouble.say(
                "no device",
                f"gpsd at {self._where} has no receiver: plug it in, "
                "or name it in DEVICES of /etc/default/gpsd",
            )


async def _line(reader: asyncio.StreamReader) -> bytes:
    """One line; empty where the connection is over, or speaks in lines no gpsd writes."""
    with contextlib.suppress(OSError, ValueError):
        return await reader.readline()
    return b""
