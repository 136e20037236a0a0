"""The store in memory: for tests and for trying things out. Forgets everything at its end.

It can be told to be away (`available = False`), and then behaves as a store whose server is
down: with a spool it keeps rows there, without one it refuses them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backend.telemetry.errors import TelemetryUnavailable
from backend.telemetry.model import Row, TrackPoint
from backend.telemetry.points import Point, point_of, track_point
from contract.topics import Unit

Key = tuple[str, str, str, str, str, int]
"""Database, stream, kind, unit, outbox, time in nanoseconds."""


class FakeTelemetry:
    """Points by key; `written` counts every row ever handed in, repeats too."""

    def __init__(self, *, has_spool: bool = True) -> None:
        self.available = True
        self.written = 0
        self.points: dict[Key, Point] = {}
        self._has_spool = has_spool
        self._spool: list[Row] = []
        self._mark: tuple[int, str, int] | None = None

    def prepare(self) -> None:
        """Nothing to create."""

    def write(self, rows: Sequence[Row]) -> None:
        if self.available:
            self._drain()
            self._keep(rows)
        elif self._has_spool:
            self._spool.extend(rows)
        else:
            raise TelemetryUnavailable("the fake store is away and has no spool")
        self.written += len(rows)

    def mark(self, number: int, epoch: str, at_ms: int) -> None:
        self._require()
        self._mark = (number, epoch, at_ms)

    def last_mark(self) -> tuple[int, str] | None:
        self._require()
        return self._mark[:2] if self._mark else None

    def count(self, database: str, stream: str, unit: Unit) -> int:
        self._require()
        return len(self._of(database, stream, unit))

    def newest(self, database: str, stream: str, unit: Unit) -> Mapping[str, object] | None:
        self._require()
        points = self._of(database, stream, unit)
        return points[-1] if points else None

    def track(self, database: str, unit: Unit, start_ms: int, end_ms: int) -> list[TrackPoint]:
        self._require()
        return [
            track_point(point)
            for point in self._of(database, "position", unit)
            if start_ms * 1_000_000 <= point["time_ns"] < end_ms * 1_000_000
        ]

    def spooled(self) -> int:
        return len(self._spool)

    def close(self) -> None:
        """Nothing to let go of."""

    def heal(self) -> None:
        """The server is back and takes what waited."""
        self.available = True
        self._drain()

    def lose_everything(self) -> None:
        """The server was replaced by an empty one."""
        self.points.clear()
        self._mark = None

    def _require(self) -> None:
        if not self.available:
            raise TelemetryUnavailable("the fake store is away")
        self._drain()

    def _drain(self) -> None:
        waiting, self._spool = self._spool, []
        self._keep(waiting)

    def _keep(self, rows: Sequence[Row]) -> None:
        for row in rows:
            point = point_of(row)
            key = (row.database, row.stream, row.kind, row.unit, row.message.outbox, row.time_ns)
            self.points[key] = point

    def _of(self, database: str, stream: str, unit: Unit) -> list[Point]:
        wanted = (database, stream, unit.kind, unit.name)
        found = [point for key, point in self.points.items() if key[:4] == wanted]
        return sorted(found, key=lambda point: point["time_ns"])
