"""Rows as stores give them back: the same words and types whatever the store.

A point is a mapping of tags, of the message's fields that were given, and of `time_ns`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import to_builtins

from backend.telemetry.columns import TAGS, Column, columns_of
from backend.telemetry.model import Row, TrackPoint
from contract.streams import BY_NAME

Point = dict[str, Any]


def point_of(row: Row) -> Point:
    """What every store gives back of `row`."""
    columns = columns_of(type(row.message))
    point: Point = {"kind": row.kind, "unit": row.unit}
    for column in columns:
        value = getattr(row.message, column.name)
        if value is not None and value != ():
            point[column.name] = to_builtins(list(value)) if column.type == "json" else value
    return point | {"time_ns": row.time_ns}


def point_from_store(stream: str, stored: Mapping[str, Any], time_ns: int) -> Point:
    """The point of what a store answered: nothing for absent fields, each value in its type.

    JSON of InfluxQL writes 5.0 as 5, and SQLite true as 1; the message's class knows better.
    """
    point: Point = {tag: stored[tag] for tag in TAGS if tag in stored}
    for column in columns_of(BY_NAME[stream].message):
        value = stored.get(column.name)
        if value is not None:
            point[column.name] = _typed(column, value)
    return point | {"time_ns": time_ns}


def track_point(point: Mapping[str, Any]) -> TrackPoint:
    """A position as pages need it."""
    return TrackPoint(
        observed_ms=point["observed_ms"],
        latitude=point["latitude"],
        longitude=point["longitude"],
        speed_m_s=point.get("speed_m_s"),
        course_deg=point.get("course_deg"),
        odometer_m=point["odometer_m"],
    )


def _typed(column: Column, value: Any) -> object:
    match column.type:
        case "real":
            return float(value)
        case "boolean":
            return bool(value)
        case "integer":
            return int(value)
        case "json":
            return msgspec.json.decode(value)
    return value
