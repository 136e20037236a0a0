"""The co-pass's disk, with a note of every write, sync and rename for the power cuts."""

from __future__ import annotations

from pathlib import Path

from benchmarks.power_cut.disk import Delete, Rename, Sync, SyncDirectory, Truncate, Write
from benchmarks.power_cut.vfs import Recorder
from edge.copass.durable_files import Growing, RealFiles

_BESIDE = ".new"
"""As `RealFiles.replace` names what it writes before it takes the place of the old file."""


class RecordedFiles:
    """Does what `RealFiles` does and notes the steps that it takes, in its order."""

    def __init__(self, recorder: Recorder) -> None:
        self._real = RealFiles()
        self._events = recorder.events

    def create(self, path: Path, data: bytes) -> Growing:
        """A new file: its bytes are synced, then its name."""
        growing = self._real.create(path, data)
        self._events += [
            Write(path.name, 0, data),
            Sync(path.name, directory=False),
            SyncDirectory(),
        ]
        return _RecordedGrowing(growing, path.name, len(data), self)

    def replace(self, path: Path, data: bytes) -> None:
        """Written beside, synced, renamed, and the name synced."""
        self._real.replace(path, data)
        beside = path.name + _BESIDE
        self._events += [
            Truncate(beside, 0),
            Write(beside, 0, data),
            Sync(beside, directory=False),
            Rename(beside, path.name),
            SyncDirectory(),
        ]

    def cut(self, path: Path, size: int) -> None:
        """Shortened and synced."""
        self._real.cut(path, size)
        self._events += [Truncate(path.name, size), Sync(path.name, directory=False)]

    def rename(self, path: Path, to: Path) -> None:
        """Renamed, and the name synced."""
        self._real.rename(path, to)
        self._events += [Rename(path.name, to.name), SyncDirectory()]

    def remove(self, path: Path) -> None:
        """Gone, and for good."""
        self._real.remove(path)
        self._events += [Delete(path.name, synced=False), SyncDirectory()]

    def appended(self, name: str, offset: int, data: bytes) -> None:
        """A growing file has grown and was synced."""
        self._events += [Write(name, offset, data), Sync(name, directory=False)]


class _RecordedGrowing:
    def __init__(self, real: Growing, name: str, size: int, files: RecordedFiles) -> None:
        self._real = real
        self._name = name
        self._size = size
        self._files = files

    def append(self, data: bytes) -> None:
        self._real.append(data)
        self._files.appended(self._name, self._size, data)
        self._size += len(data)

    def close(self) -> None:
        self._real.close()
