"""Questions to the embedded store, from its own process or from any other."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from backend.telemetry.errors import TelemetryUnavailable
from backend.telemetry.model import TrackPoint
from backend.telemetry.points import Point, point_from_store, track_point
from backend.telemetry.sqlite_file import Connect, Connection, connect_sqlite
from backend.telemetry.tables import Table
from contract.topics import Unit


class EmbeddedReader:
    """Reads the file; opens it when first asked, since the writer may start later."""

    def __init__(self, path: Path, connect: Connect = connect_sqlite) -> None:
        self.path = path
        self._connect = connect
        self._connection: Connection | None = None
        self._lock = threading.RLock()

    def last_mark(self) -> tuple[int, str] | None:
        rows = self._ask("SELECT number, epoch FROM softplace_mark", ())
        return (int(rows[0][0]), str(rows[0][1])) if rows else None

    def count(self, database: str, stream: str, unit: Unit) -> int:
        table = Table(database, stream)
        sql = f"SELECT count(*) FROM {table.name} WHERE kind = ? AND unit = ?"  # noqa: S608 - names of Table are checked
        rows = self._ask(sql, (unit.kind, unit.name))
        return int(rows[0][0]) if rows else 0

    def newest(self, database: str, stream: str, unit: Unit) -> Mapping[str, object] | None:
        table = Table(database, stream)
        sql = f"{table.select} ORDER BY time_ns DESC LIMIT 1"
        rows = self._ask(sql, (unit.kind, unit.name))
        return _point(table, rows[0]) if rows else None

    def track(self, database: str, unit: Unit, start_ms: int, end_ms: int) -> list[TrackPoint]:
        table = Table(database, "position")
        sql = f"{table.select} AND time_ns >= ? AND time_ns < ? ORDER BY time_ns"
        span = (unit.kind, unit.name, start_ms * 1_000_000, end_ms * 1_000_000)
        return [track_point(_point(table, row)) for row in self._ask(sql, span)]

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _ask(self, sql: str, parameters: Sequence[Any]) -> list[Any]:
        """Rows, none where the table is not there yet. Raises TelemetryUnavailable."""
        try:
            with self._opened() as connection:
                return connection.execute(sql, parameters).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise self._unavailable(error) from error
        except (sqlite3.Error, OSError) as error:
            raise self._unavailable(error) from error

    @contextmanager
    def _opened(self) -> Iterator[Connection]:
        with self._lock:
            if self._connection is None:
                self._connection = self._open()
            yield self._connection

    def _open(self) -> Connection:
        if not self.path.exists():
            raise FileNotFoundError("no service has written it yet")
        connection = self._connect(self.path)
        connection.execute("PRAGMA query_only=ON").fetchall()
        return connection

    def _unavailable(self, error: Exception) -> TelemetryUnavailable:
        return TelemetryUnavailable(f"embedded store {self.path} cannot be used: {error}")


def _point(table: Table, row: Sequence[Any]) -> Point:
    names = ["kind", "unit", "time_ns", *(column.name for column in table.columns)]
    stored = dict(zip(names, row, strict=True))
    return point_from_store(table.stream, stored, stored["time_ns"])
