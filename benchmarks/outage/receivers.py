"""GPS receivers on ptys that write down every fix before they send it.

Real time, several fixes a second, and no two places alike: a place is computed from its epoch,
so a point of the store can only have come from the one line of the journal that it matches.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
import tty
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import reduce
from operator import xor
from pathlib import Path

from benchmarks.outage.verdict import JournalledFix

_LEG = 40_000
"""Steps northward before it turns round; a step is 1e-5 degrees, about 1.1 m."""


class Receiver:
    """One receiver; `path` is a symbolic link to its port that outlives the receiver."""

    def __init__(self, directory: Path, number: int, period_ms: int = 200) -> None:
        self.path = directory / "gps"
        self.journal = directory / "journal.jsonl"
        self.period_ms = period_ms
        self.sent = 0
        self.phase_ms = number % period_ms
        """No two receivers speak of the same millisecond."""
        self._number = number
        self._talking = asyncio.Event()
        self._talking.set()
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(self._slave))
        self._file = self.journal.open("a", encoding="utf-8", buffering=1)

    @property
    def last_written_ms(self) -> int | None:
        """When the journal's last line was written, or None of an empty one."""
        return max((fix.written_ms for fix in read_journal(self.journal)), default=None)

    @property
    def device(self) -> str:
        """The port behind the link."""
        return os.ttyname(self._slave)

    def pause(self) -> None:
        """No fix more until `resume`."""
        self._talking.clear()

    def resume(self) -> None:
        """Fixes again."""
        self._talking.set()

    async def run(self) -> None:
        """One burst each period, at the moment it is about, until cancelled."""
        epoch_ms = 0
        while True:
            await self._talking.wait()
            now_ms = time.time_ns() // 1_000_000
            beat_ms = (now_ms - self.phase_ms) // self.period_ms * self.period_ms + self.phase_ms
            epoch_ms = max(beat_ms, epoch_ms + self.period_ms)
            await asyncio.sleep(max(0, epoch_ms - now_ms) / 1_000)
            if self._talking.is_set():
                self.send(epoch_ms)

    def send(self, epoch_ms: int) -> None:
        """Write the fix of this epoch down, then onto the wire."""
        latitude, longitude = place(epoch_ms, self.period_ms, self._number)
        line = [epoch_ms, latitude, longitude, time.time_ns() // 1_000_000]
        self._file.write(json.dumps(line) + "\n")
        self.sent += 1
        # Nobody listens and the buffer is full: a serial line loses bytes, it does not wait.
        with suppress(BlockingIOError):
            os.write(self._master, burst(epoch_ms, latitude, longitude))

    def close(self) -> None:
        """Unplug it."""
        self._file.close()
        os.close(self._master)
        os.close(self._slave)


def read_journal(path: Path) -> list[JournalledFix]:
    """Every whole line; the last one may have been cut off by a kill."""
    return list(_fixes(path)) if path.exists() else []


def _fixes(path: Path) -> Iterator[JournalledFix]:
    text = path.read_text(encoding="utf-8")
    for line in text[: text.rfind("\n") + 1].splitlines():
        yield JournalledFix(*json.loads(line))


def place(epoch_ms: int, period_ms: int, number: int) -> tuple[float, float]:
    """Where receiver `number` is at this epoch: never twice in the same place."""
    leg, step = divmod(epoch_ms // period_ms, _LEG)
    north = step if leg % 2 == 0 else _LEG - 1 - step
    latitude = 44.0 + north * 1e-5
    longitude = 3.0 + number * 0.1 + leg % 10_000 * 1e-5
    return round(latitude, 5), round(longitude, 5)


def burst(epoch_ms: int, latitude: float, longitude: float) -> bytes:
    """GGA and RMC of one epoch, with speed, so that a fix says all it can."""
    moment = datetime.fromtimestamp(epoch_ms / 1_000, UTC)
    hours = f"{moment:%H%M%S}.{epoch_ms % 1_000:03d}"
    where = f"{_degrees(latitude, 2)},N,{_degrees(longitude, 3)},E"
    return _sentence(f"GNGGA,{hours},{where},1,12,0.8,600.0,M,48.0,M,,") + _sentence(
        f"GNRMC,{hours},A,{where},10.8,000.0,{moment:%d%m%y},,,A"
    )


def _degrees(value: float, digits: int) -> str:
    whole, part = divmod(round(value * 60_000_000), 60_000_000)
    return f"{whole:0{digits}d}{part / 1e6:09.6f}"


def _sentence(body: str) -> bytes:
    check = reduce(xor, body.encode())
    return f"${body}*{check:02X}\r\n".encode()
