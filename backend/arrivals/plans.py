"""The timetable of a territory made ready for arrivals: tracks, journeys, visits of a stop."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache

from backend.arrivals.journey import Journey, stops_along
from backend.arrivals.model import Departure, State
from backend.arrivals.settings import ArrivalSettings
from backend.arrivals.track import Track
from backend.territory.service_days import Calendar, DatedTrip
from contract.territory_file import Route, Territory


class Plans:
    """Everything planned. Raises UnknownTimezone."""

    def __init__(self, territory: Territory, settings: ArrivalSettings) -> None:
        self.territory = territory
        self.calendar = Calendar(territory)
        self.stops = {stop.stop_id: stop for stop in territory.stops}
        self.routes = {route.route_id: route for route in territory.routes}
        self._settings = settings
        self._tracks: dict[tuple[str, bool], Track] = {}
        self._stop_along: dict[str, tuple[float, ...]] = {}
        self._day = lru_cache(maxsize=16)(self._lay_out_day)

    def journeys_of(self, unit: str, around_ms: int) -> Iterator[Journey]:
        """The journeys of a vehicle that could be under way at a moment, cancelled ones not."""
        for date in self.calendar.days_around(around_ms):
            for dated in self.calendar.trips_of(date):
                if dated.trip.vehicle == unit and dated.cancellation is None:
                    yield self._journey(dated)

    def departures(self, stop_id: str, date: dt.date) -> Sequence[Departure]:
        """What the timetable of service day `date` has at a stop, in order."""
        return self._day(date).get(stop_id, ())

    def _journey(self, dated: DatedTrip) -> Journey:
        trip = dated.trip
        route = self.routes[trip.route_id]
        key = (route.route_id, trip.reversed)
        if key not in self._tracks:
            shape = route.shape[::-1] if trip.reversed else route.shape
            self._tracks[key] = Track(shape)
        track = self._tracks[key]
        if trip.trip_id not in self._stop_along:
            stops = [self.stops[visit.stop_id] for visit in dated.visits]
            self._stop_along[trip.trip_id] = stops_along(
                track, [(stop.latitude, stop.longitude) for stop in stops]
            )
        speed_m_s = (
            self._settings.bus_speed_m_s if route.mode == "bus" else self._settings.truck_speed_m_s
        )
        return Journey(dated, track, self._stop_along[trip.trip_id], speed_m_s)

    def _lay_out_day(self, date: dt.date) -> dict[str, tuple[Departure, ...]]:
        found = defaultdict(list)
        for dated in self.calendar.trips_of(date):
            route = self.routes[dated.trip.route_id]
            rows = self._truck_rows(dated, route) if route.mode == "truck" else _rows(dated, route)
            for row in rows:
                found[row.visit.stop_id].append(row)
        return {
            stop_id: tuple(sorted(rows, key=lambda row: (row.scheduled_ms, row.key)))
            for stop_id, rows in found.items()
        }

    def _truck_rows(self, dated: DatedTrip, route: Route) -> Iterator[Departure]:
        """Where a truck stands long enough to receive people."""
        last = len(dated.visits) - 1
        for index, visit in enumerate(dated.visits):
            until_ms = visit.departure_ms
            if index == last:
                until_ms = self._leaves_again_ms(dated, visit.stop_id) or until_ms
            if until_ms - visit.arrival_ms < self._settings.visit_min_s * 1_000:
                continue
            closes_ms = self._market_closes_ms(visit.stop_id, visit.arrival_ms, until_ms)
            yield Departure(
                dated,
                route,
                index,
                State.TIMETABLE,
                scheduled_ms=visit.arrival_ms,
                until_ms=closes_ms or until_ms,
            )

    def _leaves_again_ms(self, arrived: DatedTrip, stop_id: str) -> int | None:
        """When the truck of a trip starts its next one from where it stands, on the same day."""
        trip = arrived.trip
        for other in self.calendar.trips_of(arrived.date):
            same = other.trip.vehicle == trip.vehicle and other.trip.headsign == trip.headsign
            starts_here = other.visits[0].stop_id == stop_id
            if same and starts_here and other.start_ms >= arrived.end_ms:
                return other.start_ms
        return None

    def _market_closes_ms(self, stop_id: str, arrival_ms: int, until_ms: int) -> int | None:
        date = self.calendar.date(arrival_ms)
        for market in self.territory.markets:
            if market.stop_id == stop_id and self.calendar.is_market_day(market, date):
                closes_ms = self.calendar.moment_ms(date, market.closes_min)
                if arrival_ms < closes_ms < until_ms:
                    return closes_ms
        return None


def _rows(dated: DatedTrip, route: Route) -> Iterator[Departure]:
    """Every stop but the last, where nobody gets on."""
    for index, visit in enumerate(dated.visits[:-1]):
        yield Departure(dated, route, index, State.TIMETABLE, visit.departure_ms)
