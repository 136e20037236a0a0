"""Rows of every stream for the tests, and Hypothesis strategies of any message."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st

from backend.telemetry.model import Row
from contract.clock import SystemClock
from contract.retention import RETENTION_CLASSES, RetentionClass
from contract.streams import BY_MESSAGE, BY_NAME
from contract.topics import Unit
from contract.uplink import (
    Ack,
    Alarm,
    Envelope,
    Health,
    LostRange,
    Occupancy,
    Position,
    Status,
    Tap,
    Wifi,
)

B1 = Unit("bus", "b1")
OUTBOX = "0123456789abcdef"
BOOT = "01234567-89abcdef"
START_MS = SystemClock().now_ms() // 1_000 * 1_000 - 3_600_000
"""An hour ago: a real store drops what is older than its retention."""


def envelope(seq: int, observed_ms: int | None = None, outbox: str = OUTBOX) -> dict[str, Any]:
    """The part every message has."""
    return {
        "outbox": outbox,
        "seq": seq,
        "boot": BOOT,
        "observed_ms": START_MS + seq * 1_000 if observed_ms is None else observed_ms,
        "clock": "gnss",
    }


def position(
    seq: int, observed_ms: int | None = None, outbox: str = OUTBOX, **given: Any
) -> Position:
    """A position of a bus that drives north from Mende."""
    fields: dict[str, Any] = {
        "latitude": 44.5181234 + seq * 1e-6,
        "longitude": 3.5,
        "speed_m_s": 12.0,
        "course_deg": 0.0,
        "accuracy_m": 3.5,
        "satellites": 9,
        "odometer_m": 12.0 * seq,
    }
    return Position(**envelope(seq, observed_ms, outbox), **(fields | given))


def row(message: Envelope, unit: Unit = B1, retention: RetentionClass | None = None) -> Row:
    """The row the ingest makes of `message`."""
    stream = BY_MESSAGE[type(message)]
    time_ns = message.observed_ms * 1_000_000 + message.seq % 1_000_000
    database = (retention or stream.retention).database
    return Row(unit.kind, unit.name, stream.name, database, time_ns, message)


def one_of_each(seq: int, observed_ms: int | None = None) -> list[Envelope]:
    """A message of every stream, with text that is hard to quote."""
    head = envelope(seq, observed_ms)
    return [
        position(seq, observed_ms),
        Occupancy(**head, persons=7, error_persons=1, seats=20, entered=2, left=1),
        Wifi(**head, interval_s=60.0, stations=4, received_bytes=2**53 - 1, sent_bytes=0),
        Health(
            **head, temperature_c=51.0, undervoltage=False, disk_free_bytes=10**10, outbox_depth=3
        ),
        Tap(**head, decision="granted", reason="granted", place="front door", pseudonym="p-1"),
        Alarm(**head, alarm="sos", detail='says "help"\\ and, = more\non two lines; é €'),
        Ack(**head, subject="plan", reference="3", answer="refused", reason="route barrée"),
        Status(
            **head,
            state="online",
            session=4,
            version="0.1.0",
            lost=(LostRange(outbox=OUTBOX, stream="position", start=3, end=9, cause="dropped"),),
        ),
    ]


_TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=64)


def messages() -> st.SearchStrategy[Envelope]:
    """Any message of any stream, drawn from the classes of the contract."""
    return st.one_of([_messages_of(stream.message) for stream in BY_NAME.values()])


def any_rows() -> st.SearchStrategy[list[Row]]:
    """Rows as the ingest may make them."""
    units = st.sampled_from([B1, Unit("truck", "dentist-2"), Unit("space", "b1")])
    retention = st.sampled_from([None, RETENTION_CLASSES[-1]])
    return st.lists(st.builds(row, messages(), units, retention), max_size=20)


def _messages_of(message: type[Any]) -> st.SearchStrategy[Envelope]:
    described = msgspec.inspect.type_info(message)
    assert isinstance(described, msgspec.inspect.StructType)
    return st.builds(message, **{f.name: _values(f.type) for f in described.fields})


def _values(  # noqa: PLR0911 - one row per type of the schema library
    described: Any,
) -> st.SearchStrategy[Any]:
    match described:
        case msgspec.inspect.UnionType(types=types):
            return st.one_of([_values(option) for option in types])
        case msgspec.inspect.NoneType():
            return st.none()
        case msgspec.inspect.BoolType():
            return st.booleans()
        case msgspec.inspect.IntType(ge=low, le=high):
            return st.integers(low, high)
        case msgspec.inspect.FloatType(ge=low, le=high):
            return st.floats(low, high)
        case msgspec.inspect.LiteralType(values=values):
            return st.sampled_from(values)
        case msgspec.inspect.StrType(pattern=str(pattern)):
            return st.from_regex(pattern.removesuffix(r"(?!\n)$"), fullmatch=True)
        case msgspec.inspect.StrType():
            return _TEXT
        case msgspec.inspect.VarTupleType():
            lost = LostRange(outbox=OUTBOX, stream="tap", start=1, end=2, cause="corrupt")
            return st.lists(st.just(lost), max_size=2).map(tuple)
    raise AssertionError(described)
