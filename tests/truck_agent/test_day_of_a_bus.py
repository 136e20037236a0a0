"""A day of a bus, end to end: the real program on emulated wires and a receiver, broker, ingest.

Key on, a plan, passengers, an SOS seen by somebody, key off, the computer switched off; then a
lone worker whose vehicle falls silent.
"""

from __future__ import annotations

import asyncio
import secrets
import signal
from pathlib import Path

import pytest

from contract.clock import SystemClock
from contract.codec import encode
from contract.downlink import Plan, PlannedStop
from contract.pseudonym import month_of
from contract.rights import CardKey, Right, Snapshot, card_tag, encode_rights
from contract.topics import rights_topic, uplink_topic
from edge.drivers.gpio_fake import FakeChip
from tests.copass.issued import Issued, issued
from tests.ingest.harness import BUS, TERRITORY
from tests.ingest.serving import until
from tests.link.scripted_backend import retained_on
from tests.truck_agent.bus_day import GARE, Day, a_day
from tests.truck_agent.test_agent_command import resident_kb
from tests.truck_agent.vehicle import CONTACT, INNER, KEY, OUTER, SOS

MOST_RESIDENT_KB = 48_000
"""With everything aboard; the library of cryptography alone maps 6 MB of them."""


async def passes(chip: FakeChip, *, inwards: bool) -> None:
    first, second = (OUTER, INNER) if inwards else (INNER, OUTER)
    for line, level in ((first, 1), (second, 1), (first, 0), (second, 0)):
        chip.drive(line, level)
        await SystemClock().sleep(0.02)


def plan() -> Plan:
    now_ms = SystemClock().now_ms()
    stop = PlannedStop(
        stop_id="mende-gare",
        arrival_ms=now_ms,
        departure_ms=now_ms + 600_000,
        boarding=("h3",),
        latitude=GARE[0],
        longitude=GARE[1],
    )
    return Plan(stops=(stop,))


def rights_of(rider: Issued) -> bytes:
    """What the bus may know of who rides today: a card, and the handle of its ride."""
    now_ms = SystemClock().now_ms()
    lookup_key = secrets.token_bytes(16)
    tag = card_tag(lookup_key, rider.card.memory.uid)
    right = Right(7, tag, "booking", ("h3",), now_ms - 600_000, now_ms + 3_600_000)
    snapshot = Snapshot(
        version=1,
        issued_ms=now_ms,
        timezone="Europe/Paris",
        lookup_key=lookup_key,
        pseudonym_keys={month_of(now_ms): secrets.token_bytes(16)},
        cards=(CardKey(tag, rider.keys.keys[1], 1, rider.scheme),),
        rights=(right,),
    )
    return encode_rights(snapshot)


async def taps(day: Day) -> None:
    """A rider of the plan holds their card to the reader."""
    rider = await issued(uid=b"\x04" + secrets.token_bytes(6))
    day.tell("rights", rights_of(rider), version=1, topic=rights_topic(TERRITORY, BUS, 0))
    await until(lambda: "accepted" in [ack["answer"] for ack in day.stored("ack")])
    day.reader.card_in(rider.card)
    await until(lambda: day.stored("tap"))
    [said] = day.stored("tap")
    assert (said["decision"], said["place"], said["right_id"]) == ("granted", "bus-door", 7)
    assert (said["stop_id"], said["direction"]) == ("mende-gare", "in")
    assert day.seen_in_cab()["tap"]["decision"] == "granted"


async def boards(day: Day) -> None:
    """Two get on at the station, one with a card, one off again; and the bus drives away."""
    day.tell("plan", encode(plan()), version=1)
    await day.drives_until(lambda: (day.seen_in_cab()["plan"] or {}).get("stops"), GARE[0], 0.0)
    await day.drives_until(lambda: day.seen_in_cab()["plan"]["stops"][0]["here"], GARE[0], 0.0)
    await taps(day)
    day.chip.drive(CONTACT, 1)
    for inwards in (True, True, False):
        await passes(day.chip, inwards=inwards)
    await until(lambda: day.seen_in_cab()["counts"]["left"] == 1)
    day.chip.drive(CONTACT, 0)
    await day.drives_until(lambda: day.stored("occupancy"), GARE[0] + 0.01, 12.0)
    [said] = day.stored("occupancy")
    assert (said["stop_id"], said["entered"], said["left"]) == ("mende-gare", 2, 1)
    assert said["taps"] == 1


async def calls_for_help(day: Day) -> None:
    """The button, the supervisor's page, the word back to the cab."""
    day.chip.drive(SOS, 1)
    await until(lambda: day.seen_in_cab()["sos"]["state"] == "received")
    day.chip.drive(SOS, 0)
    [(kind, reference)] = day.alarms()
    assert kind == "sos"
    first = day.stored("alarm")[0]
    assert (first["state"], round(first["latitude"], 2)) == ("raised", round(GARE[0] + 0.01, 2))
    day.acknowledge(reference)
    await until(lambda: day.seen_in_cab()["sos"]["state"] == "acknowledged")
    await until(lambda: day.alarms() == [])
    await until(lambda: [ack["answer"] for ack in day.stored("ack")][-1:] == ["done"])


async def test_from_key_on_to_key_off(tmp_path: Path):
    async with a_day(tmp_path) as day:
        topic = uplink_topic(TERRITORY, BUS, "position")
        day.start()
        await until(lambda: day.chip.is_held(KEY))
        await day.drives_until(lambda: day.state().presence == "asleep", GARE[0], 0.0)
        assert day.stored("position") == [], "nobody is on duty"
        day.chip.drive(KEY, 1)
        await day.drives_until(lambda: day.state().position, GARE[0], 0.0)
        assert day.state().presence == "online"
        assert await asyncio.to_thread(retained_on, day.broker, topic)
        await boards(day)
        assert resident_kb(day.process) < MOST_RESIDENT_KB
        await calls_for_help(day)
        day.chip.drive(KEY, 0)
        await until(lambda: day.state().presence == "asleep")
        said = len(day.stored("position"))
        await until((tmp_path / "switched-off").exists)
        await day.drives(GARE[0], 0.0)
        log = await day.end(signal.SIGTERM)
        assert (day.process.returncode, "Traceback" in log) == (0, False), log
        assert len(day.stored("position")) == said
        assert await asyncio.to_thread(retained_on, day.broker, topic) is None
        state = day.state()
        assert (state.presence, state.position) == ("asleep", None), "asleep, and not lost"
        assert day.alarms() == [], "silence that was announced is no alarm"


@pytest.mark.long
async def test_a_lone_worker_whose_vehicle_dies_is_missed_by_the_backend(tmp_path: Path):
    async with a_day(tmp_path) as day:
        day.chip.drive(KEY, 1)
        day.start()
        await until(lambda: day.seen_in_cab().get("link", {}).get("connected"))
        day.press("/lone-worker/start")
        await until(lambda: day.stored("alarm"))
        await day.end(signal.SIGKILL)
        first = day.stored("alarm")[0]
        assert (first["state"], first["silent_after_s"] > 3) == ("cleared", True)
        assert day.alarms() == [], "so far the silence is in order"
        await until(day.alarms)
        assert day.alarms() == [("lone_worker_silent", first["reference"])]
        day.start()
        await until(lambda: (day.seen_in_cab().get("lone_worker") or {}).get("step"))
        day.press("/lone-worker/alive")
        await until(lambda: day.alarms() == [])
        day.press("/lone-worker/end")
        await until(lambda: "silent_after_s" not in day.stored("alarm")[-1])
