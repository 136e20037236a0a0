"""How this room opens SQLite files: durable at each commit, readable by other processes.

Rules of this file: nothing but `execute`, `executemany`, `close` and explicit BEGIN and COMMIT
is asked of a connection, so that another file layer can stand in and tear the writes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

BUSY_TIMEOUT_S = 20.0
"""How long a writer waits for another process's transaction before it gives up."""

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
)


class Cursor(Protocol):
    """The answer to a statement."""

    def fetchall(self) -> list[Any]: ...
    def fetchone(self) -> Any: ...


class Connection(Protocol):
    """The part of a SQLite connection that this room uses."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Cursor: ...
    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any: ...
    def close(self) -> None: ...


Connect = Callable[[Path], Connection]


def connect_sqlite(path: Path) -> Connection:
    """A connection any thread may use, one at a time; its directory is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )


def make_durable(connection: Connection) -> None:
    """Set a fresh or existing file so that a commit survives a power cut."""
    for pragma in PRAGMAS:
        connection.execute(pragma).fetchall()


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """All or nothing, synced at the end."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # SQLite rolls back by itself when the disk is full
            connection.execute("ROLLBACK")
        raise
