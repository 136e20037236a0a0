"""The few ways in which the co-pass changes a disk; each is on the disk when it returns.

Rules of this file: nothing else in the package writes files. A power cut leaves a replaced file
old or new and never between; of a growing file it may leave the last piece torn.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Protocol

PRIVATE = 0o600


class Growing(Protocol):
    """A file at whose end one writes."""

    def append(self, data: bytes) -> None:
        """Write and sync. Raises OSError; the file then ends where it did, as far as it can."""
        ...

    def close(self) -> None:
        """Write no more."""
        ...


class Files(Protocol):
    """A disk."""

    def create(self, path: Path, data: bytes) -> Growing:
        """A new file that begins with `data`. Raises OSError, also where it exists."""
        ...

    def replace(self, path: Path, data: bytes) -> None:
        """Put `data` in the place of what is there. Raises OSError."""
        ...

    def cut(self, path: Path, size: int) -> None:
        """Shorten a file. Raises OSError."""
        ...

    def rename(self, path: Path, to: Path) -> None:
        """Give a file another name in its directory. Raises OSError."""
        ...

    def remove(self, path: Path) -> None:
        """Take a file away. Raises OSError."""
        ...


class RealFiles:
    """The machine's own disk."""

    def create(self, path: Path, data: bytes) -> Growing:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, PRIVATE)
        growing = _GrowingFile(handle)
        try:
            growing.append(data)
            sync_directory(path.parent)
        except OSError:
            growing.close()
            with contextlib.suppress(OSError):
                path.unlink()
            raise
        return growing

    def replace(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(path.name + ".new")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
        try:
            _write_all(handle, data)
            os.fsync(handle)
        finally:
            os.close(handle)
        beside.replace(path)
        sync_directory(path.parent)

    def cut(self, path: Path, size: int) -> None:
        with path.open("r+b") as opened:
            opened.truncate(size)
            os.fsync(opened.fileno())

    def rename(self, path: Path, to: Path) -> None:
        path.rename(to)
        sync_directory(path.parent)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        sync_directory(path.parent)


class _GrowingFile:
    def __init__(self, handle: int) -> None:
        self._handle = handle

    def append(self, data: bytes) -> None:
        size = os.fstat(self._handle).st_size
        try:
            _write_all(self._handle, data)
            os.fsync(self._handle)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._handle, size)
            raise

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._handle)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_all(handle: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left) :]
