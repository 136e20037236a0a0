"""Vehicles stay on their way, go forward only, and live the same day again from the same seed."""

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.territory_file import load_territory
from simulator.duty import (
    midnight_ms,
    plan_duty,
    service_date,
    stop_marks_m,
    trip_way,
    trips_of,
)
from simulator.geometry import distance_m, distance_to_way_m
from simulator.motion import Duties, Receiver, motion_in
from simulator.speed_profile import TOP_SPEED_M_S, SpeedProfile, shortest_s
from simulator.territories import build

TERRITORY = load_territory(Path(build.__file__).with_name("lozere.json"))
UNITS = [vehicle.unit for vehicle in TERRITORY.vehicles]
THURSDAY = date(2026, 11, 12)
SUNDAY = date(2026, 11, 15)

units = st.sampled_from(UNITS)
seeds = st.integers(0, 2**32)
days = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@given(
    distance=st.floats(1, 50_000),
    slack=st.floats(1.0, 3.0),
    parts=st.lists(st.floats(-0.13, 0.13), max_size=3),
)
def test_a_drive_never_goes_backwards_and_ends_where_it_should(distance, slack, parts):
    profile = SpeedProfile(distance, shortest_s(distance) * slack, tuple(parts))
    covered = [profile.at(profile.duration_s * step / 100) for step in range(-5, 106)]
    assert all(a[0] <= b[0] + 1e-6 for a, b in pairwise(covered))
    assert all(speed >= 0 for _, speed in covered)
    assert covered[0] == (0.0, 0.0)
    assert covered[-1] == (distance, 0.0)


@settings(max_examples=40, deadline=None)
@given(unit=units, seed=seeds, day=days)
def test_drives_follow_each_other_and_never_leave_before_the_timetable(unit, seed, day):
    duty = plan_duty(TERRITORY, unit, day, seed)
    for before, after in pairwise(duty.drives):
        assert before.end_ms <= after.start_ms
        here, there = before.way.at(before.to_m)[0], after.way.at(after.from_m)[0]
        assert distance_m(here, there) < 1.0
    midnight = midnight_ms(day, TERRITORY.timezone)
    first_drives = {}
    for drive in duty.drives:
        first_drives.setdefault(drive.trip_id, drive)
    for trip in trips_of(TERRITORY, unit, day):
        departs_ms = midnight + trip.stop_times[0].departure_min * 60_000
        late_s = (first_drives[trip.trip_id].start_ms - departs_ms) / 1_000
        assert 0 <= late_s < 30 * 60


@settings(max_examples=30, deadline=None)
@given(unit=units, seed=seeds, day=days, shares=st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_a_vehicle_never_leaves_its_shape_and_goes_along_it_forward(unit, seed, day, shares):
    duty = plan_duty(TERRITORY, unit, day, seed)
    reached: dict[str, float] = {}
    for share in sorted(shares) if duty.drives else []:
        at_ms = duty.key_on_ms + share * (duty.key_off_ms - duty.key_on_ms - 1)
        motion = motion_in(duty, at_ms)
        assert motion is not None
        assert motion.speed_m_s < TOP_SPEED_M_S * 1.45
        if motion.trip_id is None:
            continue
        trip = next(t for t in TERRITORY.trips if t.trip_id == motion.trip_id)
        route = next(r for r in TERRITORY.routes if r.route_id == trip.route_id)
        assert distance_to_way_m(motion.point, trip_way(trip, route)) < 1.0
        assert motion.along_m >= reached.get(motion.trip_id, 0.0)
        reached[motion.trip_id] = motion.along_m


@settings(max_examples=20, deadline=None)
@given(seed=seeds, day=days)
def test_the_same_seed_gives_the_same_day(seed, day):
    for unit in ("bus/b1", "truck/emploi"):
        assert plan_duty(TERRITORY, unit, day, seed) == plan_duty(TERRITORY, unit, day, seed)


def test_another_seed_gives_another_day():
    assert plan_duty(TERRITORY, "bus/b1", THURSDAY, 1) != plan_duty(
        TERRITORY, "bus/b1", THURSDAY, 2
    )


def test_speed_is_the_slope_of_the_way_covered():
    duty = plan_duty(TERRITORY, "bus/b4", THURSDAY, 7)
    drive = duty.drives[3]
    for share in (0.1, 0.35, 0.6, 0.9):
        at_ms = drive.start_ms + share * (drive.end_ms - drive.start_ms)
        before, now, after = (motion_in(duty, at_ms + d) for d in (-50, 0, 50))
        assert before is not None
        assert now is not None
        assert after is not None
        assert now.speed_m_s == pytest.approx((after.along_m - before.along_m) / 0.1, rel=0.02)


def test_the_key_is_off_at_night_and_on_sundays():
    duties = Duties(TERRITORY, seed=1)
    thursday, sunday = (midnight_ms(d, TERRITORY.timezone) for d in (THURSDAY, SUNDAY))
    for unit in UNITS:
        assert duties.motion(unit, thursday + 2 * 3_600_000) is None
        assert duties.motion(unit, sunday + 12 * 3_600_000) is None
    assert duties.motion("bus/b1", thursday + 8.2 * 3_600_000) is not None


def test_a_cancelled_trip_is_not_driven():
    trip = next(t for t in TERRITORY.trips if t.vehicle == "bus/b1")
    import msgspec

    from contract.territory_file import Cancellation

    cancelled = msgspec.structs.replace(
        TERRITORY,
        cancellations=(Cancellation(trip_id=trip.trip_id, date="2026-11-12", reason="breakdown"),),
    )
    duty = plan_duty(cancelled, "bus/b1", THURSDAY, 1)
    assert trip.trip_id not in {d.trip_id for d in duty.drives}
    # The next trip starts elsewhere: the bus gets there empty, in time or a little late.
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(duty.drives))


def test_a_vehicle_that_stands_elsewhere_runs_empty_to_its_next_trip():
    import msgspec

    trips = [t for t in TERRITORY.trips if t.trip_id in {"b1-0705", "b2-0915"}]
    moved = msgspec.structs.replace(
        TERRITORY, trips=tuple(msgspec.structs.replace(t, vehicle="bus/b1") for t in trips)
    )
    duty = plan_duty(moved, "bus/b1", THURSDAY, 1)
    empty = [d for d in duty.drives if d.trip_id is None]
    assert len(empty) == 1
    assert motion_in(duty, (empty[0].start_ms + empty[0].end_ms) / 2).trip_id is None  # type: ignore[union-attr]


@given(at_s=st.integers(0, 86_400))
def test_a_receiver_is_wrong_by_a_few_metres_and_does_not_jump(at_s):
    duty = plan_duty(TERRITORY, "bus/b1", THURSDAY, 1)
    receiver = Receiver(1, "bus/b1")
    motion = motion_in(duty, duty.key_on_ms)
    assert motion is not None
    at_ms = duty.key_on_ms + at_s * 1_000
    now, later = receiver.measured(motion, at_ms), receiver.measured(motion, at_ms + 1_000)
    assert distance_m(now.point, motion.point) < 6.0
    assert distance_m(now.point, later.point) < 1.0


def test_days_of_summer_time_changes_keep_their_minutes():
    for day in (date(2026, 3, 29), date(2026, 10, 25)):
        noon_ms = midnight_ms(day, "Europe/Paris") + 12 * 3_600_000
        assert service_date(noon_ms, "Europe/Paris") == day


def test_stops_are_found_in_order_on_a_way_that_passes_twice():
    from simulator.geometry import way_of

    way = way_of([(44.0, 3.0), (44.0, 3.1), (44.1, 3.1), (44.0, 3.1), (44.0, 3.2)])
    marks = stop_marks_m(way, [(44.0, 3.1), (44.1, 3.1), (44.0, 3.1)])
    assert marks == [way.reached_m[1], way.reached_m[2], way.reached_m[3]]
