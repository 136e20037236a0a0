"""InfluxQL questions and the reading of answers. Rules of this file: pure."""

from __future__ import annotations

from typing import Any

import msgspec

from backend.telemetry.errors import TelemetryUnavailable
from contract.topics import Unit

MARK = "softplace_mark"
"""Measurement of the mark; one point of it is the newest in each database."""


def count(stream: str, unit: Unit) -> str:
    """How many rows; `seq` is a field of every message."""
    return f'SELECT count("seq") FROM {name(stream)} WHERE {_of(unit)}'  # noqa: S608 - quoted


def newest(stream: str, unit: Unit) -> str:
    """The row with the latest time."""
    return f"SELECT * FROM {name(stream)} WHERE {_of(unit)} ORDER BY time DESC LIMIT 1"  # noqa: S608 - quoted


def track(unit: Unit, start_ms: int, end_ms: int) -> str:
    """Positions of [start_ms, end_ms)."""
    return (
        f'SELECT * FROM "position" WHERE {_of(unit)} '  # noqa: S608 - quoted
        f"AND time >= {start_ms * 1_000_000} AND time < {end_ms * 1_000_000} ORDER BY time"
    )


def last_mark() -> str:
    """The mark written last."""
    return f'SELECT "number", "epoch" FROM {name(MARK)} ORDER BY time DESC LIMIT 1'  # noqa: S608 - quoted


def mark_line(number: int, epoch: str, at_ms: int, time_ns: int) -> bytes:
    """Line protocol of a mark."""
    return f'{MARK},only=mark number={number}i,epoch="{epoch}",at_ms={at_ms}i {time_ns}'.encode()


def name(identifier: str) -> str:
    """A quoted identifier."""
    return '"' + identifier.replace("\\", "\\\\").replace('"', '\\"') + '"'


def text(value: str) -> str:
    """A quoted value."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def rows_of(shown: str, body: bytes) -> list[dict[str, Any]]:
    """Rows of all series of an answer, tags folded in. Raises TelemetryUnavailable."""
    try:
        results = msgspec.json.decode(body)["results"]
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        raise TelemetryUnavailable(f"{shown} gave an answer that is not InfluxQL's") from error
    found: list[dict[str, Any]] = []
    for result in results:
        if "error" in result:
            raise TelemetryUnavailable(f"{shown} cannot answer: {result['error']}")
        for series in result.get("series", ()):
            tags = series.get("tags", {})
            columns = series["columns"]
            found.extend(
                tags | dict(zip(columns, values, strict=True))
                for values in series.get("values", ())
            )
    return found


def _of(unit: Unit) -> str:
    return f'"kind" = {text(unit.kind)} AND "unit" = {text(unit.name)}'
