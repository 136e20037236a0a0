"""Questions to a server in InfluxQL, and the mark that shows whether it was replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.telemetry import influxql
from backend.telemetry.errors import TelemetryRefused, TelemetryUnavailable
from backend.telemetry.line_server import LineServer
from backend.telemetry.model import TrackPoint
from backend.telemetry.points import point_from_store, track_point
from contract.retention import RETENTION_CLASSES
from contract.topics import Unit

Mark = tuple[int, int, str]
"""Time in nanoseconds, number, epoch."""


class ServerReader:
    """Reads a server of any version; also what other processes use."""

    def __init__(self, server: LineServer) -> None:
        self._server = server
        self._mark_ns = 0

    def last_mark(self) -> tuple[int, str] | None:
        """The oldest of the databases' last marks: None where one of them has lost its own."""
        marks = self._marks()
        if not marks or None in marks:
            return None
        found = [mark for mark in marks if mark is not None]
        self._mark_ns = max(found)[0]
        _, number, epoch = min(found)
        return number, epoch

    def write_mark(self, number: int, epoch: str, at_ms: int) -> None:
        """Put the mark into every database, later than the one before whatever the clock says.

        Raises TelemetryUnavailable.
        """
        try:
            if not self._mark_ns:
                self._mark_ns = max((mark[0] for mark in self._marks() if mark), default=0)
            time_ns = max(at_ms * 1_000_000, self._mark_ns + 1)
            line = influxql.mark_line(number, epoch, at_ms, time_ns)
            for retention in RETENTION_CLASSES:
                self._server.write(retention.database, line)
        except (TelemetryRefused, ValueError) as error:
            raise TelemetryUnavailable(f"no mark is set: {error}") from error
        self._mark_ns = time_ns

    def count(self, database: str, stream: str, unit: Unit) -> int:
        rows = self._ask(database, influxql.count(stream, unit))
        return int(rows[0]["count"]) if rows else 0

    def newest(self, database: str, stream: str, unit: Unit) -> Mapping[str, object] | None:
        rows = self._ask(database, influxql.newest(stream, unit))
        return point_from_store(stream, rows[0], rows[0]["time"]) if rows else None

    def track(self, database: str, unit: Unit, start_ms: int, end_ms: int) -> list[TrackPoint]:
        rows = self._ask(database, influxql.track(unit, start_ms, end_ms))
        return [track_point(point_from_store("position", row, row["time"])) for row in rows]

    def close(self) -> None:
        """Let go of connections."""
        self._server.close()

    def _marks(self) -> list[Mark | None]:
        marks: list[Mark | None] = []
        for retention in RETENTION_CLASSES:
            rows = self._ask(retention.database, influxql.last_mark())
            marks.append(
                (int(rows[0]["time"]), int(rows[0]["number"]), str(rows[0]["epoch"]))
                if rows
                else None
            )
        return marks

    def _ask(self, database: str, question: str) -> list[dict[str, Any]]:
        try:
            return self._server.select(database, question)
        except TelemetryRefused as refused:
            raise TelemetryUnavailable(str(refused)) from refused
