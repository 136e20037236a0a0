"""What the backend may tell people aboard, and what it hears when that makes no sense."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contract.clock import SystemClock
from edge.drivers.gpio_fake import FakeChip
from edge.truck_agent.orders import Orders
from tests.truck_agent.vehicle import Vehicle, driving


@pytest.fixture
async def vehicle(tmp_path: Path) -> AsyncIterator[Vehicle]:
    with FakeChip(tmp_path / "chip") as chip:
        async with driving(tmp_path, chip) as at_work:
            yield at_work


def orders(vehicle: Vehicle) -> Orders:
    parts = vehicle.aboard.parts
    return Orders(SystemClock(), parts.messages, parts.sos, parts.lone_worker)


async def test_an_alarm_is_acknowledged_by_its_reference_once(vehicle: Vehicle):
    sos = vehicle.aboard.parts.sos
    sos.trigger()
    told = orders(vehicle)
    assert (await told.alarm_ack({"reference": "sos-other"})).answer == "refused"
    assert (await told.alarm_ack({"reference": sos.open.reference})).answer == "done"
    assert (await told.alarm_ack({"reference": sos.open.reference})).answer == "refused"
    assert sos.state == "acknowledged"


async def test_a_session_is_ended_by_its_reference_and_by_no_other_word(vehicle: Vehicle):
    desk, told = vehicle.aboard.parts.lone_worker, orders(vehicle)
    desk.start()
    reference = desk.session.reference
    for arguments in ({}, {"action": "end"}, {"action": "sing", "reference": reference}):
        assert (await told.lone_worker(arguments)).answer == "refused"
    early = await told.lone_worker({"action": "acknowledge", "reference": reference})
    assert early.answer == "refused", "nobody was asked yet"
    assert (await told.lone_worker({"action": "end", "reference": reference})).answer == "done"
    assert desk.session is None


async def test_messages_reach_the_cab_newest_first_clean_and_bounded(vehicle: Vehicle):
    told = orders(vehicle)
    assert (await told.message({"text": "  "})).answer == "refused"
    for number in range(20):
        assert (await told.message({"text": f"n\x1b° {number}" + "x" * 900})).answer == "done"
    shown = list(vehicle.aboard.parts.messages)
    assert [message.text[:6] for message in shown][:2] == ["n ° 19", "n ° 18"]
    assert len(shown) == 8
    assert len(shown[0].text) == 280
