"""Lines that wait on disk for the store: synced before anybody is told that they are kept.

Rules of this file: a batch leaves the file only after the server has it; sending one again
is harmless, so a crash at any point loses nothing. Bounded in bytes, counted in rows.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from backend.telemetry.errors import TelemetryUnavailable
from backend.telemetry.sqlite_file import (
    Connect,
    connect_sqlite,
    make_durable,
    transaction,
)
from backend.telemetry.tables import retention_days
from contract.clock import Clock

SEPARATOR = b"\xff"
"""Between lines on disk: quoted text may hold any character, but UTF-8 never has this byte."""

CANDIDATES = 500
"""Batches looked at when one request is put together."""

FREE_PAGES_KEPT = 256
"""A megabyte for the next hiccup; more is given back to the disk when the spool is empty."""

MAX_REFUSED = 100_000
"""Refused lines kept for people to look at; the oldest go first."""

TABLES = (
    """CREATE TABLE IF NOT EXISTS batch (
        id INTEGER PRIMARY KEY, database TEXT NOT NULL, rows INTEGER NOT NULL,
        lines BLOB NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS refused (
        id INTEGER PRIMARY KEY, database TEXT NOT NULL, line BLOB NOT NULL,
        reason TEXT NOT NULL, at_ms INTEGER NOT NULL)""",
)


class Waiting(NamedTuple):
    """The oldest lines of one database, ready for one request."""

    ids: tuple[int, ...]
    database: str
    lines: list[bytes]


class Refused(NamedTuple):
    """A line the server will never take, and its words."""

    database: str
    line: bytes
    reason: str
    at_ms: int


class Spool:
    """One file of one process. Every method raises TelemetryUnavailable when the disk fails."""

    def __init__(
        self, path: Path, max_bytes: int, clock: Clock, connect: Connect = connect_sqlite
    ) -> None:
        self.path = path
        self._max_bytes = max_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._rows = 0
        self._bytes = 0
        with self._failing_plainly():
            self._connection = connect(path)
            make_durable(self._connection)
            for table in TABLES:
                self._connection.execute(table)
            self._recount()

    @property
    def rows(self) -> int:
        """Rows that wait."""
        return self._rows

    def append(self, batches: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Keep lines per database, synced on return; all of them or none."""
        values = [
            (database, len(lines), SEPARATOR.join(line.encode() for line in lines))
            for database, lines in batches
            if lines
        ]
        added = sum(len(lines) for _, _, lines in values)
        with self._lock, self._failing_plainly():
            if self._bytes + added > self._max_bytes:
                raise TelemetryUnavailable(
                    f"spool {self.path} is full: {self._bytes} of {self._max_bytes} bytes in "
                    f"{self._rows} rows; bring the store back or allow more"
                )
            with transaction(self._connection):
                self._connection.executemany(
                    "INSERT INTO batch (database, rows, lines) VALUES (?, ?, ?)", values
                )
            self._bytes += added
            self._rows += sum(count for _, count, _ in values)

    def oldest(self, max_lines: int) -> Waiting | None:
        """The oldest lines of the database that waits longest; None where nothing waits.

        At least one batch, then as many of the same database as fit in `max_lines`.
        """
        with self._lock, self._failing_plainly():
            first = self._connection.execute(
                "SELECT database FROM batch ORDER BY id LIMIT 1"
            ).fetchone()
            if first is None:
                return None
            candidates = self._connection.execute(
                "SELECT id, rows FROM batch WHERE database = ? ORDER BY id LIMIT ?",
                (first[0], CANDIDATES),
            ).fetchall()
            ids = list(_fitting(candidates, max_lines))
            lines: list[bytes] = []
            for batch_id in ids:
                stored = self._connection.execute(
                    "SELECT lines FROM batch WHERE id = ?", (batch_id,)
                ).fetchone()
                lines.extend(bytes(stored[0]).split(SEPARATOR))
            return Waiting(tuple(ids), first[0], lines)

    def settle(self, waiting: Waiting, refused: Mapping[bytes, str]) -> None:
        """Forget what the server has; keep what it refused, with its reason."""
        now_ms = self._clock.now_ms()
        with self._lock, self._failing_plainly():
            with transaction(self._connection):
                self._connection.executemany(
                    "DELETE FROM batch WHERE id = ?", [(batch_id,) for batch_id in waiting.ids]
                )
                if refused:
                    self._keep_refused(waiting.database, refused, now_ms)
            self._rows -= len(waiting.lines)
            self._bytes -= sum(len(line) for line in waiting.lines)
            self._bytes -= len(waiting.lines) - len(waiting.ids)
            if self._rows == 0:
                self._shrink()

    def refused(self, limit: int = 1_000) -> list[Refused]:
        """The lines refused last, newest first."""
        with self._lock, self._failing_plainly():
            rows = self._connection.execute(
                "SELECT database, line, reason, at_ms FROM refused ORDER BY id DESC LIMIT ?",
                (limit,),
            ).fetchall()
        return [Refused(database, bytes(line), why, at_ms) for database, line, why, at_ms in rows]

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _keep_refused(self, database: str, refused: Mapping[bytes, str], now_ms: int) -> None:
        self._connection.executemany(
            "INSERT INTO refused (database, line, reason, at_ms) VALUES (?, ?, ?, ?)",
            [(database, line, reason, now_ms) for line, reason in refused.items()],
        )
        self._connection.execute(
            "DELETE FROM refused WHERE id <= (SELECT max(id) FROM refused) - ?", (MAX_REFUSED,)
        )
        days = retention_days(database)
        if days is not None:
            self._connection.execute(
                "DELETE FROM refused WHERE database = ? AND at_ms < ?",
                (database, now_ms - days * 86_400_000),
            )

    def _recount(self) -> None:
        counted = self._connection.execute(
            "SELECT coalesce(sum(rows), 0), coalesce(sum(length(lines)), 0) FROM batch"
        ).fetchone()
        self._rows, self._bytes = counted

    def _shrink(self) -> None:
        """Give the disk back after an outage; nothing but refused lines is left to rewrite."""
        with suppress(sqlite3.Error):  # a disk too full for this is told of by the next append
            free_pages = self._connection.execute("PRAGMA freelist_count").fetchone()[0]
            if free_pages > FREE_PAGES_KEPT:
                self._connection.execute("VACUUM").fetchall()
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @contextmanager
    def _failing_plainly(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            if isinstance(error, TelemetryUnavailable):
                raise
            raise TelemetryUnavailable(
                f"spool {self.path} cannot be used: {error}; see to the disk"
            ) from error


def _fitting(candidates: Sequence[tuple[int, int]], max_lines: int) -> Iterator[int]:
    taken = 0
    for batch_id, rows in candidates:
        if taken and taken + rows > max_lines:
            return
        taken += rows
        yield batch_id
