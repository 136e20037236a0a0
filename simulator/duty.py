"""One vehicle's day: which drives it makes and when, delays included.

Rules of this file: pure. Chance comes from the seed, the date and the trip's name alone, so the
same seed gives the same day, whatever was asked before. A vehicle never leaves a stop before its
timetable; it is late when the road is slow, when boarding takes long or when something stands in
the way, and makes the time up where the timetable has slack.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

from contract.territory_file import Route, Territory, Trip
from simulator.geometry import Point, Way, distance_m, way_of
from simulator.speed_profile import MAX_WAVER, SpeedProfile, shortest_s

KEY_BEFORE_S = 8 * 60.0
"""The driver turns the key this long before the first departure, and off this long after."""
KEY_AFTER_S = 6 * 60.0
BOARDING_S = (12.0, 40.0)
SLOWNESS = (0.88, 1.12, 0.96)
"""Running time over the timetable's: least, most, usual."""
INCIDENT_CHANCE = 0.12
INCIDENT_S = (120.0, 480.0)
EMPTY_SPEED_M_S = 12.0
SAME_PLACE_M = 60.0


@dataclass(frozen=True, slots=True)
class Drive:
    """From one rest to the next along `way`; times are UTC milliseconds."""

    trip_id: str | None
    """None where the vehicle runs empty to the start of its next trip."""
    way: Way
    from_m: float
    start_ms: float
    profile: SpeedProfile

    @property
    def end_ms(self) -> float:
        """When the vehicle stands again."""
        return self.start_ms + self.profile.duration_s * 1_000

    @property
    def to_m(self) -> float:
        """Where on the way it stands then."""
        return self.from_m + self.profile.distance_m


@dataclass(frozen=True, slots=True)
class Duty:
    """A vehicle's drives of one service day, in order; without drives the key stays off."""

    drives: tuple[Drive, ...]

    @property
    def key_on_ms(self) -> float:
        """When the key is turned; infinity on a day off."""
        return self.drives[0].start_ms - KEY_BEFORE_S * 1_000 if self.drives else float("inf")

    @property
    def key_off_ms(self) -> float:
        """When it is turned off."""
        return self.drives[-1].end_ms + KEY_AFTER_S * 1_000 if self.drives else float("-inf")


def midnight_ms(day: date, timezone: str) -> int:
    """UTC ms of noon less twelve hours, which GTFS counts from, whatever summer time does."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(timezone))
    return round((noon.timestamp() - 12 * 3_600) * 1_000)


def trips_of(territory: Territory, unit: str, day: date) -> list[Trip]:
    """The tracked trips that `unit` runs on `day`, by departure."""
    cancelled = {c.trip_id for c in territory.cancellations if c.date == day.isoformat()}
    trips = [
        trip
        for trip in territory.trips
        if trip.vehicle == unit
        and day.isoweekday() in trip.weekdays
        and trip.trip_id not in cancelled
    ]
    return sorted(trips, key=lambda trip: trip.stop_times[0].departure_min)


def plan_duty(territory: Territory, unit: str, day: date, seed: int) -> Duty:
    """The drives of `unit` on `day`."""
    routes = {route.route_id: route for route in territory.routes}
    stops = {stop.stop_id: (stop.latitude, stop.longitude) for stop in territory.stops}
    midnight = midnight_ms(day, territory.timezone)
    drives: list[Drive] = []
    for trip in trips_of(territory, unit, day):
        way = trip_way(trip, routes[trip.route_id])
        marks_m = stop_marks_m(way, [stops[s.stop_id] for s in trip.stop_times])
        # S311: delays need no secret.
        random = Random(f"{seed} {day} {trip.trip_id}")  # noqa: S311
        free_ms = float("-inf")
        if drives:
            drives += _empty_run(drives[-1], way.at(marks_m[0])[0], trip, midnight)
            free_ms = drives[-1].end_ms + 30_000
        drives += _trip_drives(trip, way, marks_m, midnight, free_ms, random)
    return Duty(tuple(drives))


def trip_way(trip: Trip, route: Route) -> Way:
    """The way of a trip in the direction of its travel."""
    return way_of(route.shape[::-1] if trip.reversed else route.shape)


def stop_marks_m(way: Way, stops: Sequence[Point]) -> list[float]:
    """Metres along the way of each stop: the first point close to it after the stop before."""
    marks: list[float] = []
    start = 0
    for stop in stops:
        far = [distance_m(point, stop) for point in way.points[start:]]
        close = next((i for i, d in enumerate(far) if d < SAME_PLACE_M), far.index(min(far)))
        start += close
        marks.append(way.reached_m[start])
    return marks


def _trip_drives(
    trip: Trip, way: Way, marks_m: list[float], midnight: int, free_ms: float, random: Random
) -> Iterator[Drive]:
    scheduled = [midnight + s.departure_min * 60_000 for s in trip.stop_times]
    blocked = random.randrange(len(marks_m) - 1) if random.random() < INCIDENT_CHANCE else -1
    leaves_ms = max(scheduled[0], free_ms) + random.uniform(0, 40) * 1_000
    for number, (from_m, to_m) in enumerate(pairwise(marks_m)):
        planned_s = (
            trip.stop_times[number + 1].arrival_min - trip.stop_times[number].departure_min
        ) * 60.0
        running_s = max(planned_s * random.triangular(*SLOWNESS) - sum(BOARDING_S) / 2, 0.0)
        pieces = [(from_m, to_m, running_s, 0.0)]
        if number == blocked:
            pieces = _held_up(from_m, to_m, running_s, random)
        for start_m, end_m, seconds, wait_s in pieces:
            drive = _drive(trip.trip_id, way, (start_m, end_m), leaves_ms, seconds, random)
            yield drive
            leaves_ms = drive.end_ms + wait_s * 1_000
        ready_ms = leaves_ms + random.uniform(*BOARDING_S) * 1_000
        leaves_ms = max(scheduled[number + 1] + random.uniform(0, 8) * 1_000, ready_ms)


def _held_up(
    from_m: float, to_m: float, running_s: float, random: Random
) -> list[tuple[float, float, float, float]]:
    share = random.uniform(0.2, 0.8)
    middle_m = from_m + share * (to_m - from_m)
    wait_s = random.uniform(*INCIDENT_S)
    return [
        (from_m, middle_m, running_s * share, wait_s),
        (middle_m, to_m, running_s * (1 - share), 0.0),
    ]


def _drive(
    trip_id: str | None,
    way: Way,
    span_m: tuple[float, float],
    start_ms: float,
    running_s: float,
    random: Random,
) -> Drive:
    length_m = span_m[1] - span_m[0]
    duration_s = max(running_s, shortest_s(length_m))
    # Little waver where the time is short, or the vehicle would pass its top speed.
    room = min(MAX_WAVER, duration_s / max(shortest_s(length_m), 1.0) - 1.0)
    waver = tuple(random.uniform(-1, 1) * room / 3 for _ in range(3))
    return Drive(trip_id, way, span_m[0], start_ms, SpeedProfile(length_m, duration_s, waver))


def _empty_run(last: Drive, start: Point, trip: Trip, midnight: int) -> list[Drive]:
    """The straight run to where the next trip starts; none where the vehicle is there."""
    here = last.way.at(last.to_m)[0]
    way = way_of((here, start))
    if way.length_m < SAME_PLACE_M:
        return []
    duration_s = max(way.length_m / EMPTY_SPEED_M_S, shortest_s(way.length_m))
    departs_ms = midnight + trip.stop_times[0].departure_min * 60_000
    start_ms = max(last.end_ms + 30_000, departs_ms - (duration_s + 120) * 1_000)
    return [Drive(None, way, 0.0, start_ms, SpeedProfile(way.length_m, duration_s))]


def service_date(at_ms: float, timezone: str) -> date:
    """The service day of a moment: trips may run until 3 in the morning of the next day."""
    local = datetime.fromtimestamp(at_ms / 1_000, ZoneInfo(timezone))
    return (local - timedelta(hours=3)).date()
