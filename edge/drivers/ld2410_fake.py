"""A radar made of a pseudo-terminal: the fake beside `ld2410` and `ld2450`."""

from __future__ import annotations

import contextlib
import os
import tty
from pathlib import Path
from typing import Self

from edge.drivers import ld2410_frames, ld2450_frames
from edge.drivers.ld2410_frames import Report
from edge.drivers.ld2450_frames import Sighting

NOBODY = Report("nobody", 0, 0, 0, 0)
SITTING = Report("still", 0, 0, 180, 40)
WALKING = Report("moving", 220, 70, 0, 0)


class FakeRadar:
    """Owns a pty, found at `link` whatever its number. Like a radar it waits for no reader."""

    def __init__(self, link: Path) -> None:
        self.port = str(link)
        self._link = link
        self._ends: tuple[int, int] | None = None
        self.plug()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.unplug()

    def plug(self) -> None:
        """Appear."""
        if self._ends is not None:
            return
        master, slave = self._ends = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(os.ttyname(slave))

    def unplug(self) -> None:
        """Vanish."""
        if self._ends is None:
            return
        self._link.unlink(missing_ok=True)
        for end in self._ends:
            os.close(end)
        self._ends = None

    def report(self, report: Report | Sighting) -> None:
        """One report of either kind, as it comes ten times a second."""
        if isinstance(report, Sighting):
            self.send(ld2450_frames.render(report))
        else:
            self.send(ld2410_frames.render(report))

    def send(self, data: bytes) -> None:
        """Bytes as they are; lost where nobody reads for long, or while unplugged."""
        if self._ends is not None:
            with contextlib.suppress(BlockingIOError):
                os.write(self._ends[0], data)
