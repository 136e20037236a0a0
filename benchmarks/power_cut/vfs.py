"""An SQLite file layer that notes every write, truncation, deletion and sync.

The database runs on real files; beside them grows the list of events from which
`benchmarks.power_cut.disk` makes what a power cut at any moment could have left.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import apsw

from benchmarks.power_cut.disk import Delete, Event, Said, Sync, Truncate, Write

_BASE = "unix"
_UNTITLED = "temporary file"

Connect = Callable[[Path], Any]
"""How our SQLite code is given its connections."""


class Recorder:
    """Everything that happened to the files of one directory, in order."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def say(self, what: object) -> None:
        """Note what the program under test claims at this moment."""
        self.events.append(Said(what))


class _RecordingFile(apsw.VFSFile):
    def __init__(self, filename: Any, flags: list[int], recorder: Recorder) -> None:
        super().__init__(_BASE, filename, flags)
        path = filename.filename() if isinstance(filename, apsw.URIFilename) else filename
        self._name = Path(path).name if path else _UNTITLED
        self._recorder = recorder

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - apsw's name
        super().xWrite(data, offset)
        self._note(Write(self._name, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - apsw's name
        super().xTruncate(newsize)
        self._note(Truncate(self._name, newsize))

    def xSync(self, flags: int) -> None:  # noqa: N802 - apsw's name
        super().xSync(flags)
        self._note(Sync(self._name))

    def _note(self, event: Event) -> None:
        if self._name != _UNTITLED:
            self._recorder.events.append(event)


class RecordingVfs(apsw.VFS):
    """The file layer itself; register one per recording and `unregister` it afterwards."""

    def __init__(self, name: str, recorder: Recorder) -> None:
        self._recorder = recorder
        self.name = name
        super().__init__(name, _BASE, makedefault=False)

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - apsw's name
        return _RecordingFile(name, flags, self._recorder)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 - apsw's name
        super().xDelete(filename, syncdir)
        self._recorder.events.append(Delete(Path(filename).name, bool(syncdir)))


class RecordedConnection:
    """An apsw connection that our SQLite code takes for one of the sqlite3 module's."""

    def __init__(self, path: Path, vfs: str) -> None:
        self._connection = apsw.Connection(str(path), vfs=vfs)

    def execute(self, sql: str, parameters: Any = ()) -> RecordedCursor:
        """Run one statement. Raises what the sqlite3 module would."""
        return RecordedCursor(self._connection, sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Any]) -> RecordedCursor:
        """Run one statement per row of parameters."""
        try:
            self._connection.executemany(sql, parameters)
        except apsw.Error as error:
            raise as_sqlite3(error) from error
        return RecordedCursor(self._connection, "SELECT 0 WHERE 0", ())

    def executescript(self, sql: str) -> None:
        """Run several statements."""
        self.execute(sql)

    @property
    def total_changes(self) -> int:
        """Rows changed since the connection was opened."""
        return int(self._connection.total_changes())

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return bool(self._connection.in_transaction)

    def commit(self) -> None:
        """End a transaction, if one is open."""
        if self.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        """Undo a transaction, if one is open."""
        if self.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        """Close the files."""
        self._connection.close()


class RecordedCursor:
    """The rows of one statement."""

    def __init__(self, connection: apsw.Connection, sql: str, parameters: Any) -> None:
        try:
            before = connection.total_changes()
            rows = connection.execute(sql, parameters)
            self._rows: list[Sequence[Any]] = list(rows)
            self.rowcount = connection.total_changes() - before
            self.lastrowid = connection.last_insert_rowid()
        except apsw.Error as error:
            raise as_sqlite3(error) from error
        self._next = 0

    def fetchone(self) -> Any:
        """The next row, or None."""
        if self._next >= len(self._rows):
            return None
        self._next += 1
        return self._rows[self._next - 1]

    def fetchall(self) -> list[Any]:
        """All rows not yet fetched."""
        rest = list(self._rows[self._next :])
        self._next = len(self._rows)
        return rest

    def __iter__(self) -> Any:
        while (row := self.fetchone()) is not None:
            yield row


def as_sqlite3(error: apsw.Error) -> sqlite3.Error:
    """The error the sqlite3 module would have raised."""
    if isinstance(error, apsw.ConstraintError):
        return sqlite3.IntegrityError(str(error))
    if isinstance(error, apsw.CorruptError | apsw.NotADBError):
        return sqlite3.DatabaseError(str(error))
    return sqlite3.OperationalError(str(error))
