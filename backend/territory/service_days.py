"""Which trips run on a date, and when: service days, cancellations and the time zone.

Rules of this file: pure; a day is a local calendar date; moments are UTC milliseconds. The
origin of a service day is twelve hours before its local noon (GTFS, `stop_times.txt`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from backend.territory.errors import UnknownTimezone
from contract.territory_file import Cancellation, Market, Territory, Trip

_HALF_DAY = dt.timedelta(hours=12)
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class StopVisit:
    """Promised arrival and departure at one stop, as moments."""

    stop_id: str
    arrival_ms: int
    departure_ms: int


@dataclass(frozen=True, slots=True)
class DatedTrip:
    """A trip on one service day; `cancellation` says why it does not run, if so."""

    trip: Trip
    date: dt.date
    visits: tuple[StopVisit, ...]
    cancellation: Cancellation | None

    @property
    def key(self) -> str:
        """Names this journey among all days."""
        return f"{self.trip.trip_id}-{self.date:%Y%m%d}"

    @property
    def start_ms(self) -> int:
        """Promised departure from the first stop."""
        return self.visits[0].departure_ms

    @property
    def end_ms(self) -> int:
        """Promised arrival at the last stop."""
        return self.visits[-1].arrival_ms


class Calendar:
    """The service days of one territory. Raises UnknownTimezone at construction."""

    def __init__(self, territory: Territory) -> None:
        try:
            self.zone = ZoneInfo(territory.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise UnknownTimezone(territory.territory, territory.timezone) from error
        self._trips = territory.trips
        self._cancellations: Mapping[tuple[str, str], Cancellation] = {
            (c.trip_id, c.date): c for c in territory.cancellations
        }
        self.trips_of = lru_cache(maxsize=32)(self._trips_of)

    def local(self, now_ms: int) -> dt.datetime:
        """The local civil time of a moment."""
        return dt.datetime.fromtimestamp(now_ms / 1_000, dt.UTC).astimezone(self.zone)

    def date(self, now_ms: int) -> dt.date:
        """The local calendar date of a moment."""
        return self.local(now_ms).date()

    def moment_ms(self, date: dt.date, minute_of_day: int) -> int:
        """The moment of a GTFS time of day (may pass 24 h) of service day `date`."""
        noon = dt.datetime.combine(date, dt.time(12), self.zone)
        origin = noon.astimezone(dt.UTC) - _HALF_DAY
        return round(origin.timestamp() * 1_000) + minute_of_day * _MINUTE_MS

    def days_around(self, now_ms: int, ahead: int = 1) -> Iterator[dt.date]:
        """Yesterday (its trips may pass midnight), today, and `ahead` days more."""
        today = self.date(now_ms)
        for shift in range(-1, ahead + 1):
            yield today + dt.timedelta(days=shift)

    def is_market_day(self, market: Market, date: dt.date) -> bool:
        """Whether `market` is held on `date`."""
        return date.isoweekday() in market.weekdays

    def _trips_of(self, date: dt.date) -> tuple[DatedTrip, ...]:
        """The trips of service day `date`, cancelled ones included, by promised departure."""
        found = [
            DatedTrip(
                trip=trip,
                date=date,
                visits=tuple(
                    StopVisit(
                        stop_id=time.stop_id,
                        arrival_ms=self.moment_ms(date, time.arrival_min),
                        departure_ms=self.moment_ms(date, time.departure_min),
                    )
                    for time in trip.stop_times
                ),
                cancellation=self._cancellations.get((trip.trip_id, date.isoformat())),
            )
            for trip in self._trips
            if trip.stop_times and date.isoweekday() in trip.weekdays
        ]
        return tuple(sorted(found, key=lambda dated: (dated.start_ms, dated.trip.trip_id)))
