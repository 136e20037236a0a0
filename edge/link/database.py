"""The connection to the outbox file, with every failure named.

Rules of this file: only `execute`, `executemany` and `close` are asked of a connection, and
transactions are spelled out, so that a connection over a faulty disk can stand in.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from edge.link.errors import StorageFailed, StorageFault


class Cursor(Protocol):
    """What a statement gives back."""

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...


class Connection(Protocol):
    """What the outbox needs of SQLite."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Cursor: ...

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Cursor: ...

    def close(self) -> None: ...


Connect = Callable[[Path], Connection]


def connect_sqlite(path: Path) -> Connection:
    """A connection of the standard library, transactions by hand.

    A file that is new is its owner's alone: it holds taps and positions.
    """
    with suppress(OSError):
        path.touch(mode=0o600)
    return sqlite3.connect(path, isolation_level=None, timeout=2.0)


class Database:
    """One open file. Every method raises StorageFailed."""

    def __init__(self, path: Path, connect: Connect) -> None:
        self._path = path
        with self._named():
            self._connection = connect(path)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._named():
            return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...]:
        """The first row of a query that always has one."""
        with self._named():
            found: tuple[Any, ...] = self._connection.execute(sql, parameters).fetchone()
            return found

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Execute one statement."""
        with self._named():
            self._connection.execute(sql, parameters).fetchall()

    def run_many(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Execute one statement for each of `parameters`."""
        with self._named():
            self._connection.executemany(sql, parameters)

    @contextmanager
    def transaction(self, before_commit: Callable[[], None] | None = None) -> Iterator[None]:
        """All or nothing, synced to the disk on return."""
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            if before_commit is not None:
                before_commit()
            self.run("COMMIT")
        except BaseException:
            # SQLite may have rolled back by itself (a full disk does that).
            with suppress(StorageFailed):
                self.run("ROLLBACK")
            raise

    def close(self) -> None:
        """Checkpoint and close."""
        with self._named():
            self._connection.close()

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            # Not `sqlite3.Error`: a stand-in for its connection has error classes of its own.
            raise StorageFailed(self._path, _fault(str(error)), str(error)) from error


def _fault(why: str) -> StorageFault:
    text = why.lower()
    if "full" in text:
        return "full"
    if "malformed" in text or "not a database" in text or "corrupt" in text:
        return "corrupt"
    if "locked" in text or "busy" in text:
        return "in use"
    return "unwritable"
