"""The vehicles of a map."""

from __future__ import annotations

from backend.arrivals.fleet import VehicleState
from backend.arrivals.model import State
from tests.arrivals.scene import FakeLive, arrivals_with, at, seen


def _vehicle(live: FakeLive, now_ms: int, unit: str = "bus/b1") -> VehicleState:
    return next(v for v in arrivals_with(live).fleet(now_ms) if v.vehicle.unit == unit)


def test_a_vehicle_is_between_the_stop_behind_it_and_the_one_ahead():
    live = FakeLive()
    live.put("bus/b1", seen(3.65, at(8, 24)))
    vehicle = _vehicle(live, at(8, 24))
    assert vehicle.state is State.LIVE
    assert (vehicle.last_stop_id, vehicle.next_stop_id) == ("le-bleymard", "badaroux")


def test_a_silent_vehicle_keeps_its_last_place_and_is_marked():
    live = FakeLive()
    live.put("bus/b1", seen(3.65, at(8, 24)), presence="lost")
    vehicle = _vehicle(live, at(8, 40))
    assert vehicle.state is State.NO_CONTACT
    assert vehicle.position is not None


def test_a_vehicle_at_rest_shows_no_place():
    live = FakeLive()
    live.put("bus/b1", None, presence="asleep")
    vehicle = _vehicle(live, at(12, 0))
    assert (vehicle.state, vehicle.position, vehicle.resting) == (State.TIMETABLE, None, True)


def test_a_vehicle_never_heard_is_known_from_the_timetable():
    vehicle = _vehicle(FakeLive(), at(8, 24))
    assert vehicle.state is State.TIMETABLE
    assert vehicle.dated is not None
    assert vehicle.dated.trip.trip_id == "b1-0800"
