"""A disk that can be full, and that loses what was not synced; quick, because it syncs nothing."""

from __future__ import annotations

import errno
from pathlib import Path

from edge.copass.durable_files import Growing


class Disk:
    """`Files` on a directory. `full` refuses; `tears` leaves half of the next line and dies."""

    def __init__(self) -> None:
        self.full = False
        self.tears = False
        self.is_dead = False
        self.written: list[Path] = []

    def create(self, path: Path, data: bytes) -> Growing:
        self.check()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as opened:
            opened.write(data)
        return _Growing(self, path)

    def replace(self, path: Path, data: bytes) -> None:
        self.check()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self.written.append(path)

    def cut(self, path: Path, size: int) -> None:
        with path.open("r+b") as opened:
            opened.truncate(size)

    def rename(self, path: Path, to: Path) -> None:
        path.rename(to)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def power_up(self) -> None:
        """After a power cut."""
        self.tears = self.is_dead = False

    def check(self) -> None:
        if self.is_dead:
            raise PowerCut
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")


class PowerCut(BaseException):
    """Everything ends here."""


class _Growing:
    def __init__(self, disk: Disk, path: Path) -> None:
        self._disk = disk
        self._path = path

    def append(self, data: bytes) -> None:
        self._disk.check()
        with self._path.open("ab") as opened:
            opened.write(data[: len(data) // 2] if self._disk.tears else data)
        if self._disk.tears:
            self._disk.is_dead = True
            raise PowerCut

    def close(self) -> None:
        """Nothing is open."""
