"""A serial line made of a pseudo-terminal: its bytes take the time they take at a baud rate.

Each direction has an absolute schedule: a byte is due when the line was free before it plus ten
bit times, so that a late wake-up delays one piece and never adds up.
"""

from __future__ import annotations

import os
import tty
from collections import deque
from pathlib import Path

BITS_PER_BYTE = 10
"""Eight data bits, a start and a stop bit."""
PIECE_BYTES = 8
"""How many bytes a receiver's FIFO collects before its reader is told."""


class PacedLine:
    """The device's end. `port` is what the host opens; `link` is a path that always leads there.

    `baud` None is as fast as the machine. `came_bytes` and `went_bytes` count what passed.
    """

    def __init__(self, link: Path | None, baud: int | None) -> None:
        self.came_bytes = self.went_bytes = 0
        self.port = ""
        self._link = link
        self._byte_s = _byte_s(baud)
        self._master = self._slave = -1
        self._in_free_s = self._out_free_s = 0.0
        self._leaving: deque[tuple[float, bytes]] = deque()

    @property
    def fd(self) -> int:
        """To wait on; -1 while unplugged."""
        return self._master

    @property
    def due_s(self) -> float | None:
        """When the next piece has to leave."""
        return self._leaving[0][0] if self._leaving else None

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
        """Disappear, as a USB adapter does: the host's next read fails."""
        if self._master < 0:
            return
        if self._link is not None:
            self._link.unlink(missing_ok=True)
        self._leaving.clear()
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1

    def set_baud(self, baud: int) -> None:
        """From now on this fast; a line that is not paced stays so."""
        if self._byte_s:
            self._byte_s = _byte_s(baud)

    def take(self, now_s: float) -> tuple[bytes, float, float]:
        """What the host wrote; when its first bit came, and the seconds each byte then takes."""
        try:
            data = os.read(self._master, 4_096)
        except BlockingIOError:
            data = b""
        self.came_bytes += len(data)
        began_s = max(self._in_free_s, now_s)
        self._in_free_s = began_s + len(data) * self._byte_s
        return data, began_s, self._byte_s

    def send(self, data: bytes, now_s: float) -> None:
        """Queue `data` behind what is still leaving."""
        self.went_bytes += len(data)
        free_s = max(self._out_free_s, now_s)
        for at in range(0, len(data), PIECE_BYTES):
            piece = data[at : at + PIECE_BYTES]
            free_s += len(piece) * self._byte_s
            self._leaving.append((free_s, piece))
        self._out_free_s = free_s

    def deliver(self, now_s: float) -> None:
        """Let leave what is due; a host that never reads loses what does not fit."""
        while self._leaving and self._leaving[0][0] <= now_s:
            _, piece = self._leaving.popleft()
            try:
                os.write(self._master, piece)
            except BlockingIOError:
                continue


def _byte_s(baud: int | None) -> float:
    return BITS_PER_BYTE / baud if baud else 0.0
