"""Unit, device and duty are different things: who serves what is true at every moment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from backend.devices.addressing import addressee_of
from backend.devices.assignments import (
    device_in,
    devices_assigned,
    duties_assigned,
    end_unit,
    put_device_in,
    put_unit_on,
    unit_of,
    unit_on,
)
from backend.devices.registry import Device, end_service, put_device, read_device
from backend.records.open import open_records
from backend.records.transaction import writing
from contract.topics import Unit

MORNING = 1_790_000_000_000
BUS = Unit("bus", "b1")


@pytest.fixture
def connection() -> Iterator[Connection]:
    with writing(open_records("sqlite://")) as connection:
        yield connection


def test_a_vehicle_is_swapped_in_the_morning_and_the_duty_knows_both(connection):
    put_unit_on(connection, "bus/b1", "ligne-3", MORNING - 86_400_000)
    put_unit_on(connection, "bus/b2", "ligne-3", MORNING)
    assert unit_on(connection, "ligne-3", MORNING - 1) == "bus/b1"
    assert unit_on(connection, "ligne-3", MORNING) == "bus/b2"
    assert [row.until_ms for row in duties_assigned(connection)] == [MORNING, None]


def test_a_swap_can_be_planned_and_what_stands_today_is_left_alone(connection):
    put_unit_on(connection, "bus/b2", "ligne-3", MORNING)
    put_unit_on(connection, "bus/b1", "ligne-3", MORNING - 1_000)
    assert unit_on(connection, "ligne-3", MORNING - 1) == "bus/b1"
    assert unit_on(connection, "ligne-3", MORNING) == "bus/b2"


def test_what_is_sealed_goes_to_the_device_that_serves_the_unit_now(connection):
    for number in (1, 2):
        put_device(connection, Device(f"d{number}", "serial", bytes([number]) * 32, MORNING))
    put_device_in(connection, "d1", "bus/b1", MORNING)
    put_device_in(connection, "d2", "bus/b1", MORNING + 10)
    now = addressee_of(connection, "lozere", BUS, MORNING)
    assert now is not None
    assert (now.territory, now.unit, now.box_public) == ("lozere", BUS, b"\x01" * 32)
    later = addressee_of(connection, "lozere", BUS, MORNING + 10)
    assert later is not None
    assert later.box_public == b"\x02" * 32
    end_service(connection, "d2", "lost", MORNING + 20)
    assert addressee_of(connection, "lozere", BUS, MORNING + 20) is None
    ended = read_device(connection, "d2")
    assert ended is not None
    assert (ended.ended_ms, ended.end_reason) == (MORNING + 20, "lost")


def test_a_retired_unit_has_neither_device_nor_duty_nor_plan(connection):
    put_device_in(connection, "d1", "bus/b1", 0)
    put_unit_on(connection, "bus/b1", "ligne-3", 0)
    put_unit_on(connection, "bus/b1", "marche", 50)
    end_unit(connection, "bus/b1", 10)
    assert device_in(connection, "bus/b1", 10) is None
    assert unit_on(connection, "ligne-3", 10) is None
    assert unit_on(connection, "marche", 50) is None
    assert device_in(connection, "bus/b1", 9) == "d1"


@pytest.fixture(scope="module")
def store() -> Engine:
    """For many examples: each is undone."""
    return open_records("sqlite://")


@given(
    moves=st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(("u", "v", "w")), st.integers(0, 12)),
        max_size=12,
    )
)
def test_no_unit_has_two_devices_and_no_device_two_units_ever(store, moves):
    with store.connect() as connection, connection.begin() as undone:
        for device, unit, at in moves:
            put_device_in(connection, device, unit, at)
            assert device_in(connection, unit, at) == device
            assert unit_of(connection, device, at) == unit
        rows = devices_assigned(connection)
        undone.rollback()
    for moment in range(14):
        standing = [
            row
            for row in rows
            if row.from_ms <= moment and (row.until_ms is None or moment < row.until_ms)
        ]
        assert len({row.subject for row in standing}) == len(standing)
        assert len({row.unit for row in standing}) == len(standing)
    assert all(row.until_ms is None or row.from_ms < row.until_ms for row in rows)
