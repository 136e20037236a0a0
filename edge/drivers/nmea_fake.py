"""A GPS receiver made of a pseudo-terminal: the fake beside `nmea_serial`.

It is a driver's other half and nothing of it is pretended to the driver: real bytes through a
real tty. Like a real receiver it does not wait for anybody: what nobody reads is lost.
"""

from __future__ import annotations

import asyncio
import json
import os
import tty
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Self

from contract.clock import Clock, SystemClock
from edge.drivers.nmea_render import rendered
from edge.drivers.position_source import Fix

BITS_PER_BYTE = 10
"""Eight data bits, a start and a stop bit."""
PACED_BYTES = 32


class Fault(Enum):
    """What can be wrong with one burst."""

    BAD_CHECKSUM = "bad_checksum"
    JUNK = "junk"
    CUT = "cut"


class FakeReceiver:
    """Owns a pty; `port` is what the driver opens.

    `journal` gets one JSON line per sound epoch before its first byte is written. `baud` paces
    the bytes. `link` is a path that always leads to the present pty, so that a receiver pulled
    out and plugged in again is found under its old name.
    """

    def __init__(
        self,
        *,
        journal: Path | None = None,
        link: Path | None = None,
        baud: int | None = None,
        clock: Clock | None = None,
        talker: str = "GP",
    ) -> None:
        self.bytes_sent = 0
        self._link = link
        self._baud = baud
        self._clock = clock or SystemClock()
        self._talker = talker
        self._journal_fd = _opened_for_appending(journal) if journal else None
        self._master = self._slave = -1
        self.port = ""
        self.plug()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def plug(self) -> None:
        """Appear: a new tty, under the old name where there is a `link`."""
        if self._master >= 0:
            return
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.port = os.ttyname(self._slave)
        if self._link is not None:
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(self.port)
            self.port = str(self._link)

    def unplug(self) -> None:
        """Disappear, as a USB receiver does: the driver's next read fails."""
        if self._master < 0:
            return
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1
        if self._link is not None:
            self._link.unlink(missing_ok=True)

    def close(self) -> None:
        """Disappear for good."""
        self.unplug()
        if self._journal_fd is not None:
            os.close(self._journal_fd)
            self._journal_fd = None

    async def emit(self, fix: Fix, fault: Fault | None = None) -> None:
        """One epoch: the journal first, then the burst; what does not fit is lost."""
        burst = rendered(fix, self._talker)
        if fault is Fault.BAD_CHECKSUM:
            burst = burst.replace(b"*", b"0*")
        elif fault is Fault.CUT:
            burst = burst[: len(burst) // 3] + b"\r\n"
        elif fault is Fault.JUNK:
            burst = bytes(range(256)) + burst
        if fault in {None, Fault.JUNK} and self._master >= 0:
            self._write_journal(fix)
        await self._paced(burst)

    async def send(self, data: bytes) -> None:
        """These bytes, all of them, waiting for the reader where it is slower."""
        while data:
            try:
                sent = os.write(self._master, data)
            except BlockingIOError:
                await self._room()
                continue
            self.bytes_sent += sent
            data = data[sent:]

    async def _paced(self, burst: bytes) -> None:
        if self._baud is None:
            self._write(burst)
            return
        for at in range(0, len(burst), PACED_BYTES):
            piece = burst[at : at + PACED_BYTES]
            self._write(piece)
            await self._clock.sleep(len(piece) * BITS_PER_BYTE / self._baud)

    def _write(self, data: bytes) -> None:
        if self._master < 0:
            return
        try:
            self.bytes_sent += os.write(self._master, data)
        except BlockingIOError:
            return  # nobody reads and the buffer is full: a wire forgets

    async def _room(self) -> None:
        loop = asyncio.get_running_loop()
        there_is_room = asyncio.Event()
        loop.add_writer(self._master, there_is_room.set)
        try:
            await there_is_room.wait()
        finally:
            loop.remove_writer(self._master)

    def _write_journal(self, fix: Fix) -> None:
        if self._journal_fd is None:
            return
        line = {
            "observed_ms": fix.observed_ms,
            "latitude": round(fix.latitude, 9),
            "longitude": round(fix.longitude, 9),
            "speed_m_s": fix.speed_m_s,
        }
        os.write(self._journal_fd, json.dumps(line).encode() + b"\n")


def _opened_for_appending(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
