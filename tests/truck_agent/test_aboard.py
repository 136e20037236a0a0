"""The parts aboard, by their wires: key, SOS, lone worker, doors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.clock import SystemClock
from edge.drivers.gpio_fake import FakeChip
from edge.truck_agent.cab.view import view_of
from edge.truck_agent.dead_zones import cell_of
from edge.truck_agent.hardware import KEPT_SUFFIXES, forget_files
from edge.truck_agent.sections import IgnitionSection
from tests.drivers.listening import fix_at, until
from tests.truck_agent.vehicle import (
    ALONE,
    BUZZER,
    CONTACT,
    INNER,
    KEY,
    OUTER,
    RAMP,
    SOS,
    Vehicle,
    driving,
)


@pytest.fixture
def chip(tmp_path: Path) -> Iterator[FakeChip]:
    with FakeChip(tmp_path / "chip") as fake:
        yield fake


async def drive(vehicle: Vehicle, second: int, **changed: object) -> None:
    taken = vehicle.agent.taken
    await vehicle.receiver.queue.put(fix_at(second, **changed))
    await until(lambda: vehicle.agent.taken > taken, "the fix")


async def held(chip: FakeChip, line: int, seconds: float) -> None:
    chip.drive(line, 1)
    await SystemClock().sleep(seconds)
    chip.drive(line, 0)


async def test_with_the_key_off_no_position_is_said_and_what_was_said_is_taken_back(
    tmp_path: Path, chip: FakeChip
):
    chip.drive(KEY, 1)
    async with driving(tmp_path, chip) as vehicle:
        await until(lambda: vehicle.aboard.may_say_position, "the key is on")
        await drive(vehicle, 0)
        chip.drive(KEY, 0)
        await until(lambda: vehicle.link.cleared == ["position"], "the position is cleared")
        await drive(vehicle, 1)
        assert vehicle.link.states[-1] == "asleep"
        assert len(vehicle.link.of("position")) == 1
        await until(lambda: vehicle.ran == [("switch-off",)], "the computer is switched off")
        chip.drive(KEY, 1)
        await until(lambda: vehicle.aboard.may_say_position, "the key is on again")
        await drive(vehicle, 2)
        assert vehicle.link.states[-1] == "online"
        assert len(vehicle.link.of("position")) == 2
        vehicle.agent.stop()
        await until(lambda: vehicle.link.closed, "the end")
    assert vehicle.link.states[-1] == "offline"


async def test_before_the_key_is_known_nothing_is_said_of_where_it_is(tmp_path, chip):
    chip.unplug()
    async with driving(tmp_path, chip) as vehicle:
        await drive(vehicle, 0)
        assert vehicle.link.of("position") == []
        chip.drive(KEY, 1)
        chip.plug()
        await until(lambda: vehicle.aboard.may_say_position, "the chip is back")
        await drive(vehicle, 1)
        assert len(vehicle.link.of("position")) == 1


async def test_killed_asleep_it_wakes_asleep_and_switches_off_all_the_same(tmp_path, chip):
    chip.drive(KEY, 1)
    long_hold = IgnitionSection(off_after_s=0.2, crank_s=0.2, hold_s=60)
    async with driving(tmp_path, chip, ignition=long_hold) as vehicle:
        await until(lambda: vehicle.aboard.may_say_position, "the key is on")
        chip.drive(KEY, 0)
        await until(lambda: vehicle.aboard.asleep, "the key is off")
    async with driving(tmp_path, chip) as vehicle:
        await until(lambda: vehicle.link.states == ["asleep"], "asleep, before anything else")
        await until(lambda: bool(vehicle.ran), "the computer is switched off")
        vehicle.agent.stop()
        await until(lambda: vehicle.link.closed, "the end")
        assert vehicle.link.states == ["asleep"], "the last word of who sleeps is no other"
    chip.drive(KEY, 1)
    async with driving(tmp_path, chip) as vehicle:
        await until(lambda: vehicle.link.states == ["asleep", "online"], "key on after a kill")


async def test_a_switching_off_that_fails_is_said_once(tmp_path, chip, caplog):
    async with driving(tmp_path, chip, runner_code=1) as vehicle:
        await until(lambda: bool(vehicle.ran), "the computer is asked to go")
        await until(lambda: "ended with 1: the Pi stays on" in caplog.text, "the log")


async def test_an_sos_goes_at_once_without_a_clock_and_is_received_only_when_stored(tmp_path, chip):
    async with driving(tmp_path, chip) as vehicle:
        vehicle.link.withheld.add("alarm")
        sos = vehicle.aboard.parts.sos
        await held(chip, SOS, 0.05)
        await drive(vehicle, 0)
        chip.drive(SOS, 1)
        await until(lambda: sos.state == "held", "the finger is on it")
        await until(lambda: sos.state == "sending", "long enough")
        [alarm] = vehicle.alarms("sos")
        assert (alarm["state"], round(alarm["latitude"], 1)) == ("raised", 44.5)
        assert vehicle.link.of("alarm")[0].clock == "unset"
        assert sos.open.received_ms is None
        vehicle.link.confirm()
        await until(lambda: sos.state == "received", "the backend has it")
        chip.drive(SOS, 0)
    async with driving(tmp_path, chip) as vehicle:
        await until(lambda: len(vehicle.alarms("sos")) == 1, "said again after the restart")
        again = vehicle.alarms("sos")[0]
        assert again["reference"] == alarm["reference"]
        assert vehicle.aboard.parts.sos.acknowledge(alarm["reference"])
        assert vehicle.alarms("sos")[-1]["state"] == "acknowledged"


async def test_a_second_sos_is_waited_for_on_its_own(tmp_path, chip):
    async with driving(tmp_path, chip) as vehicle:
        vehicle.link.withheld.add("alarm")
        sos = vehicle.aboard.parts.sos
        sos.trigger()
        sos.acknowledge(sos.open.reference)
        sos.trigger()
        assert sos.state == "sending"
        vehicle.link.confirm()
        await until(lambda: sos.state == "received", "the second one is confirmed")


async def test_an_open_sos_keeps_the_computer_on_after_the_key(tmp_path, chip):
    chip.drive(KEY, 1)
    async with driving(tmp_path, chip) as vehicle:
        await until(lambda: vehicle.aboard.may_say_position, "the key is on")
        sos = vehicle.aboard.parts.sos
        sos.trigger()
        chip.drive(KEY, 0)
        await until(lambda: vehicle.aboard.asleep, "the key is off")
        await SystemClock().sleep(1.2)
        assert vehicle.ran == []
        sos.acknowledge(sos.open.reference)
        await until(lambda: bool(vehicle.ran), "now it may go")


async def test_the_ladder_is_climbed_aloud_and_ends_with_whoever_takes_it(tmp_path, chip):
    async with driving(tmp_path, chip) as vehicle:
        desk = vehicle.aboard.parts.lone_worker
        await drive(vehicle, 0, speed_m_s=0.0)
        desk.start()
        await until(lambda: len(vehicle.alarms("lone_worker_silent")) == 4, "three steps")
        words = vehicle.alarms("lone_worker_silent")
        assert [(w["state"], w.get("step")) for w in words] == [
            ("cleared", None),
            ("cleared", "cab"),
            ("raised", "supervisor"),
            ("escalated", "second-person"),
        ]
        assert "latitude" not in words[0] | words[1], "nobody asks where they are yet"
        assert "latitude" in words[2]
        assert words[0]["silent_after_s"] > 0.6
        assert vehicle.chip.history(BUZZER)[-1].at_ns
        assert not desk.acknowledge("lw-other")
        assert desk.acknowledge(words[0]["reference"])
        chip.drive(ALONE, 1)
        chip.drive(ALONE, 0)
        await until(lambda: vehicle.alarms("lone_worker_silent")[-1]["state"] == "cleared", "alive")
        desk.end()
        last = vehicle.alarms("lone_worker_silent")[-1]
        assert (last["state"], "silent_after_s" in last) == ("cleared", False)
    assert vehicle.chip.level(BUZZER) == 0


async def test_in_a_known_dead_zone_the_backend_is_told_to_wait_longer_and_the_cab_to_know(
    tmp_path, chip
):
    zones = {cell_of(44.5, 3.5): [700, 720, 740]}
    (tmp_path / "outbox.zones").write_text(json.dumps(zones))
    async with driving(tmp_path, chip) as vehicle:
        desk = vehicle.aboard.parts.lone_worker
        desk.start()
        [word] = vehicle.alarms("lone_worker_silent")
        await drive(vehicle, 0, speed_m_s=0.0)
        longer = vehicle.alarms("lone_worker_silent")[-1]
        assert longer["silent_after_s"] - word["silent_after_s"] == pytest.approx(1_020, abs=2)
        seen = view_of("bus/b1", vehicle.aboard, vehicle.link.health(), 0)
        assert seen["lone_worker"]["zone_min"] == 17
        await drive(vehicle, 1, latitude=45.0, speed_m_s=0.0)
        back = vehicle.alarms("lone_worker_silent")[-1]
        assert back["silent_after_s"] < word["silent_after_s"] + 1


async def test_a_session_goes_on_over_a_kill(tmp_path, chip):
    async with driving(tmp_path, chip) as vehicle:
        vehicle.aboard.parts.lone_worker.start()
        reference = vehicle.aboard.parts.lone_worker.session.reference
    async with driving(tmp_path, chip) as vehicle:
        await until(lambda: len(vehicle.alarms("lone_worker_silent")) >= 2, "it climbs on")
        assert {w["reference"] for w in vehicle.alarms("lone_worker_silent")} == {reference}


def through(chip: FakeChip, *, inwards: bool) -> None:
    first, second = (OUTER, INNER) if inwards else (INNER, OUTER)
    for line, level in ((first, 1), (second, 1), (first, 0), (second, 0)):
        chip.drive(line, level)


async def test_who_went_through_the_door_is_said_when_the_stop_is_left(tmp_path, chip):
    chip.drive(CONTACT, 1)
    async with driving(tmp_path, chip) as vehicle:
        counter = vehicle.aboard.parts.counter
        await until(lambda: chip.is_held(INNER), "the lines are listened to")
        await until(lambda: counter.doors[0].is_open is True, "the door is open")
        await drive(vehicle, 0, speed_m_s=0.0)
        counter.emptied()
        for number in (1, 2, 3):
            through(chip, inwards=True)
            await until(lambda n=number: counter.load.entered == n, "somebody gets on")
        through(chip, inwards=False)
        chip.drive(RAMP, 1)
        counter.tap("in")
        await until(lambda: counter.load.ramp_unanswered and counter.load.left == 1, "counted")
        await drive(vehicle, 20, speed_m_s=10.0)
        emptied, said = [reading.body for reading in vehicle.link.of("occupancy")]
        assert (emptied["persons"], emptied["rezeroed"]) == (0, True)
        assert "wheelchairs" not in said, "nobody has said for whom the ramp was"
        assert said.pop("error_persons") <= 3
        assert said == {
            "persons": 2,
            "entered": 3,
            "left": 1,
            "taps": 1,
            "seats": 2,
            "stop_id": "place 44.50 3.50",
        }
    async with driving(tmp_path, chip) as vehicle:
        assert vehicle.aboard.parts.counter.load.persons == 2, "a restart forgets nobody"


async def test_in_its_depot_a_vehicle_begins_and_ends_with_nobody_aboard(tmp_path, chip):
    async with driving(tmp_path, chip) as vehicle:
        counter = vehicle.aboard.parts.counter
        assert counter.load.error_persons > 0, "nobody knows who is aboard"
        await until(lambda: vehicle.aboard.asleep, "the night")
        chip.drive(KEY, 1)
        await until(lambda: vehicle.aboard.may_say_position, "the key is on")
        await drive(vehicle, 0, latitude=44.9, longitude=3.9, speed_m_s=0.0)
        said = vehicle.link.of("occupancy")[-1].body
        assert (said["persons"], said["rezeroed"]) == (0, True)
        for number in (1, 2, 3):
            counter.load.passage("in", f"door {number}")
        chip.drive(KEY, 0)
        await until(lambda: vehicle.aboard.asleep, "the key is off")
        left, zero = [reading.body for reading in vehicle.link.of("occupancy")][-2:]
        assert (left["entered"], zero["persons"], zero["drift_persons"]) == (3, 0, 3)


async def test_a_retired_vehicle_leaves_nothing_of_its_people(tmp_path, chip):
    chip.drive(KEY, 1)
    async with driving(tmp_path, chip) as vehicle:
        await until(lambda: vehicle.aboard.may_say_position, "the key is on")
        vehicle.aboard.parts.lone_worker.start()
    kept = {path.suffix for path in tmp_path.iterdir() if path.stem == "outbox"}
    assert {".aboard", ".count"} <= kept <= set(KEPT_SUFFIXES)
    copass = tmp_path / "copass"
    copass.mkdir()
    for name in ("rights", "floor", "time"):
        (copass / f"{name}.sealed").touch()
    (copass / "journal").mkdir()
    forget_files(tmp_path / "outbox.db", copass)
    assert [path.name for path in copass.iterdir()] == ["journal"], "no key of any card"
    assert not [path for path in tmp_path.iterdir() if path.stem == "outbox"]
