"""The store in one SQLite file: nothing to install, other processes read while it writes."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from msgspec.structs import astuple

from backend.telemetry.columns import as_json, columns_of
from backend.telemetry.embedded_reader import EmbeddedReader
from backend.telemetry.errors import TelemetryRefused
from backend.telemetry.model import Row
from backend.telemetry.pruning import prune_table
from backend.telemetry.sqlite_file import (
    Connect,
    Connection,
    connect_sqlite,
    make_durable,
    transaction,
)
from backend.telemetry.tables import MARK_TABLE, Table, all_tables
from contract.clock import Clock
from contract.streams import STREAMS
from contract.uplink import Envelope

log = logging.getLogger(__name__)

PRUNE_EVERY_MS = 3_600_000
CHUNKS_AT_ONCE = 10
"""So that one write never waits for more than some tenths of a second of forgetting."""

REPLACE_MARK = "INSERT OR REPLACE INTO softplace_mark VALUES (1, ?, ?, ?)"


class EmbeddedTelemetry(EmbeddedReader):
    """Writes the file and keeps each class no longer than its retention."""

    def __init__(self, path: Path, clock: Clock, connect: Connect = connect_sqlite) -> None:
        super().__init__(path, connect)
        self._clock = clock
        self._known: set[Table] = set()
        self._next_prune_ms = 0
        self._broken = False

    def prepare(self) -> None:
        try:
            with self._opened() as connection, transaction(connection):
                connection.execute(MARK_TABLE)
                for table in all_tables():
                    self._create(connection, table)
        except (sqlite3.Error, OSError) as error:
            raise TelemetryRefused(
                f"the embedded store {self.path} cannot be opened: {error}; "
                "give a path to a new or sound file on a disk that can be written"
            ) from error

    def write(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        by_table: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
        for row in rows:
            by_table.setdefault((row.database, row.stream), []).append(_values(row))
        with self._writing() as connection:
            for (database, stream), values in by_table.items():
                table = Table(database, stream)
                if table not in self._known:
                    self._create(connection, table)
                connection.executemany(table.insert, values)
        self._prune_when_due()

    def mark(self, number: int, epoch: str, at_ms: int) -> None:
        with self._writing() as connection:
            connection.execute(MARK_TABLE)
            connection.execute(REPLACE_MARK, (number, epoch, at_ms))

    def spooled(self) -> int:
        """Always 0: what is written is in the store."""
        return 0

    def prune(self, now_ms: int, chunks: int | None = None) -> int:
        """Delete expired rows, at most `chunks` transactions of them; returns how many.

        Raises TelemetryUnavailable.
        """
        deleted = done = 0
        try:
            with self._opened() as connection:
                for table in all_tables():
                    self._create(connection, table)
                    for count in prune_table(connection, table, now_ms):
                        deleted, done = deleted + count, done + 1
                        if chunks is not None and done >= chunks:
                            return deleted
        except (sqlite3.Error, OSError) as error:
            raise self._unavailable(error) from error
        return deleted

    def _prune_when_due(self) -> None:
        now_ms = self._clock.now_ms()
        if now_ms < self._next_prune_ms:
            return
        deleted = self.prune(now_ms, CHUNKS_AT_ONCE)
        if not deleted:
            self._next_prune_ms = now_ms + PRUNE_EVERY_MS

    def _open(self) -> Connection:
        connection = self._connect(self.path)
        make_durable(connection)
        return connection

    def _create(self, connection: Connection, table: Table) -> None:
        if table in self._known:
            return
        connection.execute(table.create)
        there = {row[1] for row in connection.execute(table.describe).fetchall()}
        for column in table.columns:
            if column.name not in there:
                connection.execute(table.add_column(column))
        self._known.add(table)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """One synced transaction. Raises TelemetryUnavailable; says once when it breaks."""
        try:
            with self._opened() as connection, transaction(connection):
                yield connection
        except (sqlite3.Error, OSError) as error:
            self._known.clear()
            if not self._broken:
                log.warning("embedded_store=broken path=%s reason=%s", self.path, error)
            self._broken = True
            raise self._unavailable(error) from error
        if self._broken:
            log.warning("embedded_store=healed path=%s", self.path)
        self._broken = False


def _values(row: Row) -> tuple[Any, ...]:
    """In the order of Table.insert; structured values as JSON text, None when empty."""
    values = astuple(row.message)
    if row.message.__class__ in _structured():
        columns = columns_of(row.message.__class__)
        values = tuple(
            (as_json(value) if value else None) if column.type == "json" else value
            for column, value in zip(columns, values, strict=True)
        )
    return (row.kind, row.unit, row.time_ns, *values)


@cache
def _structured() -> frozenset[type[Envelope]]:
    """The message classes with a column of JSON."""
    return frozenset(
        stream.message
        for stream in STREAMS
        if any(column.type == "json" for column in columns_of(stream.message))
    )
