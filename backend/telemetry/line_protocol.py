"""Rows to InfluxDB line protocol, written by hand because it is the hot path.

Rules of this file: pure; one %-template per message class and pattern of absent fields, so that
a line costs one formatting; floats are written with every digit they have and integers end in
`i`, so no field ever changes its type.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import astuple

from backend.telemetry.columns import OUTBOX_INDEX, Column, ColumnType, as_json, columns_of
from backend.telemetry.model import Row
from contract.uplink import Envelope

MAX_HEADS = 100_000
"""Measurement and tags of one stream of one outbox, kept ready; far above any fleet."""

_SPECIFIERS: dict[ColumnType, str] = {
    "integer": "%si",
    "real": "%r",
    "boolean": "%s",
    "word": '"%s"',
    "text": '"%s"',
    "json": '"%s"',
}
_SWALLOW = "%.0s"
"""Takes a value and writes nothing, so that an absent field needs no other tuple."""

_MEASUREMENT = str.maketrans({",": "\\,", " ": "\\ ", "\n": " ", "\r": " "})
_TAG = str.maketrans({",": "\\,", "=": "\\=", " ": "\\ ", "\n": "\\ ", "\r": "\\ ", "\\": "/"})
"""Line breaks and backslashes have no form in a tag; the contract allows neither there."""
_TEXT = str.maketrans({'"': '\\"', "\\": "\\\\"})

_heads: dict[tuple[str, str, str, str], str] = {}
_shapes: dict[type[Envelope], _Shape] = {}


class _Shape:
    """How the fields of one message class are written.

    The absent fields of the last odd message are taken to be those of the next: looking at
    each of fifteen values for None costs a sixth of the whole line.
    """

    def __init__(self, message: type[Envelope]) -> None:
        self.columns = columns_of(message)
        self.rewrites = tuple(
            (index, column.type)
            for index, column in enumerate(self.columns)
            if column.type in {"text", "json"}
        )
        self.absent: tuple[int, ...] = ()
        self.template = ""
        self.templates: dict[tuple[int, ...], str] = {}

    def fields(self, values: tuple[Any, ...]) -> str:
        """The fields of `values`, absent ones left out."""
        if self.rewrites:
            return self._slow_fields(_rewritten(values, self.rewrites))
        for index in self.absent:
            if values[index] is not None:
                return self._slow_fields(values)
        fields = self.template % values if self.template else "=None"
        return self._slow_fields(values) if "=None" in fields else fields

    def _slow_fields(self, values: tuple[Any, ...]) -> str:
        absent = tuple(index for index, value in enumerate(values) if value is None)
        if absent not in self.templates:
            self.templates[absent] = _template(self.columns, absent)
        self.absent, self.template = absent, self.templates[absent]
        return self.template % values


def lines_by_database(rows: Sequence[Row]) -> dict[str, list[str]]:
    """The lines of each database, without line ends, in the order of the rows."""
    found: dict[str, list[str]] = {}
    database = ""
    lines: list[str] = []
    for row in rows:
        if row.database != database:
            database = row.database
            lines = found.setdefault(database, [])
        lines.append(line_of(row))
    return found


def line_of(row: Row) -> str:
    """One line: measurement and tags, fields, time in nanoseconds."""
    kind, unit, stream, _, time_ns, message = row
    values = astuple(message)
    try:
        head = _heads[kind, unit, stream, values[OUTBOX_INDEX]]
    except KeyError:
        head = _remember_head(kind, unit, stream, values[OUTBOX_INDEX])
    try:
        shape = _shapes[message.__class__]
    except KeyError:
        shape = _shapes[message.__class__] = _Shape(message.__class__)
    return f"{head}{shape.fields(values)} {time_ns}"


def _remember_head(kind: str, unit: str, stream: str, outbox: str) -> str:
    if len(_heads) >= MAX_HEADS:
        _heads.clear()
    tags = ((name, value.translate(_TAG)) for name, value in _tags(kind, outbox, unit))
    head = stream.translate(_MEASUREMENT) + "".join(f",{name}={tag}" for name, tag in tags) + " "
    _heads[kind, unit, stream, outbox] = head
    return head


def _tags(kind: str, outbox: str, unit: str) -> tuple[tuple[str, str], ...]:
    """Sorted by name: the server need not sort them again."""
    return (("kind", kind), ("outbox", outbox), ("unit", unit))


def _rewritten(
    values: tuple[Any, ...], rewrites: tuple[tuple[int, ColumnType], ...]
) -> tuple[Any, ...]:
    """The values with text escaped and structured values as escaped JSON, absent when empty."""
    changed = list(values)
    for index, column_type in rewrites:
        value = changed[index]
        if column_type == "json":
            value = as_json(value) if value else None
        changed[index] = None if value is None else value.translate(_TEXT)
    return tuple(changed)


def _template(columns: tuple[Column, ...], absent: tuple[int, ...]) -> str:
    template, separator = "", ""
    for index, column in enumerate(columns):
        if index == OUTBOX_INDEX or index in absent:
            template += _SWALLOW
        else:
            template += f"{separator}{column.name}={_SPECIFIERS[column.type]}"
            separator = ","
    return template
