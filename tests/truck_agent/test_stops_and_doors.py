"""Where the vehicle stands, who may be believed at its doors."""

from __future__ import annotations

import pytest

from contract.downlink import PlannedStop
from edge.drivers.beam_pair import BeamPair
from edge.drivers.lines import Edge
from edge.truck_agent.door import Door
from edge.truck_agent.stops import Stopping, coarse_place
from tests.drivers.listening import fix_at

GARE = PlannedStop(stop_id="gare", arrival_ms=0, departure_ms=0, latitude=44.5, longitude=3.5)
PLACE = PlannedStop(stop_id="place", arrival_ms=0, departure_ms=0, latitude=44.5005, longitude=3.5)


def drive(stopping: Stopping, stops, *steps: tuple[float, float]) -> list[str]:
    left = [
        stopping.take(fix_at(0, latitude=latitude, speed_m_s=speed_m_s), stops)
        for latitude, speed_m_s in steps
    ]
    return [visit.stop_id for visit in left if visit is not None]


def test_a_stop_is_left_once_and_the_nearest_one_counts():
    stops = [GARE, PLACE]
    stood = (44.50038, 0.0)
    assert drive(Stopping(80), stops, (44.49, 9.0), stood, stood, (44.5006, 4.0), (44.51, 9.0)) == [
        "place"
    ]


def test_creeping_at_a_stop_is_no_departure_and_a_red_light_elsewhere_is_a_coarse_place():
    stopping = Stopping(80)
    assert drive(stopping, [GARE], (44.5, 0.5), (44.5001, 2.0), (44.5, 0.0)) == []
    assert stopping.visit.stop_id == "gare"
    assert drive(stopping, [GARE], (44.501, 9.0)) == ["gare"]
    assert drive(stopping, [GARE], (44.5234567, 0.0), (44.53, 9.0)) == ["place 44.52 3.50"]


def test_a_plan_that_comes_while_the_vehicle_stands_names_the_stop():
    stopping = Stopping(80)
    drive(stopping, [], (44.5, 0.0))
    assert drive(stopping, [GARE], (44.5, 0.0), (44.51, 9.0)) == ["gare"]


def test_a_stop_without_a_place_and_a_receiver_without_a_speed_match_nothing():
    nowhere = PlannedStop(stop_id="x", arrival_ms=0, departure_ms=0)
    assert drive(Stopping(80), [nowhere], (44.5, 0.0), (44.51, 9.0)) == ["place 44.50 3.50"]
    assert drive(Stopping(80), [GARE], (44.5, None), (44.51, None)) == []


@pytest.mark.parametrize(("latitude", "longitude"), [(44.5199, 3.5), (-44.5199, -3.5)])
def test_a_coarse_place_tells_no_house(latitude, longitude):
    name = coarse_place(fix_at(0, latitude=latitude, longitude=longitude))
    north, east = name.split()[1:]
    assert len(north.split(".")[1]) == len(east.split(".")[1]) == 2
    assert float(north) <= latitude < float(north) + 0.0101


def through(door: Door, at_s: float) -> list[str]:
    counted = []
    for line, active, after in (("o", 1, 0), ("i", 1, 0.1), ("o", 0, 0.2), ("i", 0, 0.3)):
        edge = Edge(line, bool(active), int((at_s + after) * 1e9))
        counted += door.take(edge, at_s + after)
    return counted


def beams() -> Door:
    door = Door("front", BeamPair("o", "i"), "c")
    for line in "oi":
        door.take(Edge(line, active=False, at_ns=0), 0)
    return door


def test_a_closed_door_lets_nobody_through_and_beams_that_say_so_are_faulty():
    door = beams()
    door.take(Edge("c", active=True, at_ns=0), 0)
    assert through(door, 10) == ["in"]
    door.take(Edge("c", active=False, at_ns=0), 11)
    assert through(door, 12) == ["in"], "the last one, before it fell shut"
    assert [through(door, at_s) for at_s in range(20, 30, 2)] == [[], [], [], [], []]
    assert door.faults == {"ghosts"}
    door.take(Edge("c", active=True, at_ns=0), 40)
    assert through(door, 41) == ["in"]
    assert door.faults == set()


def test_a_door_that_is_open_while_the_vehicle_drives_is_a_fault_and_no_alarm():
    door = beams()
    door.take(Edge("c", active=True, at_ns=0), 0)
    for second in range(20):
        door.tick(second * 10**9, second, 1.0 if second < 5 else None)
    assert door.faults == set(), "creeping, or unknown"
    for second in range(20, 30):
        door.tick(second * 10**9, second, 9.0)
    assert door.faults == {"contact"}
    door.take(Edge("c", active=False, at_ns=0), 31)
    door.tick(31 * 10**9, 31, 9.0)
    assert door.faults == set()


def test_a_beam_that_stays_dark_is_a_fault_until_it_is_clear():
    door = beams()
    door.take(Edge("o", active=True, at_ns=10**9), 1)
    door.tick(30 * 10**9, 30, None)
    assert door.faults == {"blocked"}
    assert door.is_blind
    door.take(Edge("c", active=False, at_ns=30 * 10**9), 30)
    assert not door.is_blind, "nobody passes a closed door"
    door.take(Edge("c", active=True, at_ns=30 * 10**9), 30)
    door.take(Edge("o", active=False, at_ns=31 * 10**9), 31)
    assert door.faults == set()
