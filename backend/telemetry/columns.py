"""The columns of each message: names and types, read from its class, the same in every store.

Rules of this file: a column keeps its type for ever, whatever the value: InfluxDB refuses a
field that was once a float and is now an integer. Structured values are kept as JSON text.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import msgspec
from msgspec import inspect

from contract.uplink import Envelope

TAGS = ("kind", "unit", "outbox")
OUTBOX_INDEX = 0
"""`outbox` is the first field of every message and a tag, not a field, of every point."""

ColumnType = Literal["integer", "real", "boolean", "word", "text", "json"]
"""A word is text whose class allows no quote, backslash or line break; json is structured."""


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a message; `optional` ones are left out of the point when None."""

    name: str
    type: ColumnType
    optional: bool


@cache
def columns_of(message: type[Envelope]) -> tuple[Column, ...]:
    """All columns in the order of the class, `outbox` first.

    Raises TypeError for a field of a type that no column can hold: a fault of ours, found by
    the first test that touches the message.
    """
    described = inspect.type_info(message)
    if not isinstance(described, inspect.StructType):
        raise TypeError(f"{message.__name__} is not a message")
    return tuple(_column(field) for field in described.fields)


def _column(field: inspect.Field) -> Column:
    options = [field.type]
    if isinstance(field.type, inspect.UnionType):
        options = list(field.type.types)
    solid = [option for option in options if not isinstance(option, inspect.NoneType)]
    if len(solid) != 1:
        raise TypeError(f"field {field.name} has more than one type")
    return Column(field.name, _type(field.name, solid[0]), optional=len(options) > 1)


def _type(name: str, described: inspect.Type) -> ColumnType:
    match described:
        case inspect.BoolType():
            return "boolean"
        case inspect.IntType():
            return "integer"
        case inspect.FloatType():
            return "real"
        case inspect.LiteralType():
            return "word"
        case inspect.StrType(pattern=pattern):
            return "word" if pattern else "text"
        case inspect.VarTupleType():
            return "json"
    raise TypeError(f"field {name} has a type that no column holds: {described}")


def as_json(value: object) -> str:
    """Text of a structured value."""
    return msgspec.json.encode(value).decode()
