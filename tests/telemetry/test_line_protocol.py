"""Line protocol: what is written can be read back whole by another reader, types for ever."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from backend.telemetry.columns import TAGS, columns_of
from backend.telemetry.line_protocol import line_of, lines_by_database
from backend.telemetry.model import Row
from contract import quantities
from contract.streams import STREAMS
from contract.uplink import Position
from tests.telemetry.line_reader import read_points
from tests.telemetry.rows import any_rows, envelope, one_of_each, position, row

WORD_CHARACTERS = set("0123456789abcdefghijklmnopqrstuvwxyz-")


def expected_fields(message: Any) -> dict[str, Any]:
    found = {
        field: getattr(message, field)
        for field in message.__struct_fields__
        if field != "outbox" and getattr(message, field) is not None
    }
    if "lost" in found:
        lost = found.pop("lost")
        if lost:
            found["lost"] = msgspec.json.encode(lost).decode()
    return found


@settings(max_examples=60, deadline=None)
@given(any_rows())
def test_any_rows_are_read_back_as_they_were(rows: list[Row]) -> None:
    by_database = lines_by_database(rows)
    for database, lines in by_database.items():
        meant = [r for r in rows if r.database == database]
        points = read_points("\n".join(lines))
        assert len(points) == len(meant) == len(lines)
        for r, point in zip(meant, points, strict=True):
            assert point.measurement == r.stream
            assert point.tags == {"kind": r.kind, "unit": r.unit, "outbox": r.message.outbox}
            assert point.time_ns == r.time_ns
            assert point.fields == expected_fields(r.message)
            for name, value in point.fields.items():
                assert type(value) is type(expected_fields(r.message)[name])


@settings(max_examples=40, deadline=None)
@given(any_rows())
def test_no_field_ever_changes_its_type(rows: list[Row]) -> None:
    types = {"integer": int, "real": float, "boolean": bool, "word": str, "text": str, "json": str}
    for r in rows:
        columns = {column.name: column for column in columns_of(type(r.message))}
        (point,) = read_points(line_of(r))
        for name, value in point.fields.items():
            assert type(value) is types[columns[name].type]


def test_a_float_with_the_value_of_an_integer_stays_a_float() -> None:
    whole = Position(**envelope(1), latitude=44, longitude=3, odometer_m=7)
    (point,) = read_points(line_of(row(whole)))
    assert type(point.fields["latitude"]) is float
    assert ",fix_quality=1i," in line_of(row(whole))


def test_every_digit_of_a_coordinate_survives() -> None:
    (point,) = read_points(line_of(row(position(1, latitude=44.51812345678912, longitude=1e-06))))
    assert (point.fields["latitude"], point.fields["longitude"]) == (44.51812345678912, 1e-06)


def test_absent_fields_that_change_from_line_to_line_are_left_out_of_each() -> None:
    mixed = [
        position(1),
        position(2, speed_m_s=None),
        position(3, course_deg=None, satellites=None),
        position(4),
        position(5, boot_ms=77),
        position(6, boot_ms=78, accuracy_m=None),
        position(7),
    ]
    for message in mixed:
        (point,) = read_points(line_of(row(message)))
        assert point.fields == expected_fields(message)


def test_tags_that_the_contract_would_refuse_still_make_one_line() -> None:
    odd = Row("bus", "a b,c=d\\", "po si,tion", "x", 5, position(1, outbox="o\n1\\"))
    (point,) = read_points(line_of(odd))
    assert point.tags == {"kind": "bus", "unit": "a b,c=d/", "outbox": "o 1/"}
    assert point.measurement == "po si,tion"


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_no_field_is_named_like_a_tag_or_the_time(stream: Any) -> None:
    columns = columns_of(stream.message)
    assert columns[0].name == "outbox"
    names = [column.name for column in columns]
    assert len(set(names)) == len(names)
    assert not {"time", "time_ns", *TAGS} & set(names[1:])


def test_words_need_no_quoting() -> None:
    for name in ("Slug", "OutboxId", "BootId", "Epoch", "Nonce", "ChainHash"):
        pattern = msgspec.inspect.type_info(getattr(quantities, name)).pattern  # type: ignore[attr-defined] # all are text
        assert pattern.endswith(r"(?!\n)$")
        characters = pattern.removesuffix(r"(?!\n)$")
        assert not set(characters) & set('".\\')
    for message in one_of_each(1):
        for column in columns_of(type(message)):
            if column.type == "word" and (word := getattr(message, column.name)) is not None:
                assert set(word) <= WORD_CHARACTERS | {"_"}
