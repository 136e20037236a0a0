"""A Thursday morning on the sample road: positions by distance, moments by local time."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

from backend.arrivals.service import Arrivals
from backend.arrivals.settings import ArrivalSettings
from backend.live.model import LivePosition, Presence, UnitState
from contract.topics import Unit, parse_unit
from contract.uplink import Envelope, Occupancy
from tests.territory.sample import LATITUDE, SAMPLE

PARIS = ZoneInfo("Europe/Paris")
THURSDAY = dt.date(2026, 11, 26)
SETTINGS = ArrivalSettings()


def at(hour: int, minute: int = 0, second: int = 0, day: dt.date = THURSDAY) -> int:
    """UTC milliseconds of a local time."""
    return round(dt.datetime.combine(day, dt.time(hour, minute, second), PARIS).timestamp() * 1_000)


def seen(
    longitude: float,
    observed_ms: int,
    speed_m_s: float | None = 12.0,
    course_deg: float | None = None,
    latitude: float = LATITUDE,
) -> LivePosition:
    """A position on the road."""
    return LivePosition(latitude, longitude, speed_m_s, course_deg, 0.0, observed_ms)


def occupancy(persons: int, observed_ms: int, error: int = 0) -> Occupancy:
    """A count of a space."""
    return Occupancy(
        outbox="0" * 16,
        seq=1,
        boot="0" * 8 + "-" + "0" * 8,
        observed_ms=observed_ms,
        clock="ntp",
        persons=persons,
        error_persons=error,
    )


class FakeLive:
    """What is live, as a test says it."""

    def __init__(self) -> None:
        self._states: dict[Unit, UnitState] = {}

    def put(self, unit: str, position: LivePosition | None, presence: Presence = "online") -> None:
        parsed = parse_unit(unit)
        observed_ms = None if position is None else position.observed_ms
        self._states[parsed] = UnitState(parsed, presence, observed_ms, position, {}, observed_ms)

    def say(self, unit: str, stream: str, message: Envelope) -> None:
        """What a unit that is online said last on a stream."""
        state = self.state(parse_unit(unit))
        newest = {**state.newest, stream: (message.observed_ms, message)}
        self._states[state.unit] = replace(state, presence="online", newest=newest)

    def state(self, unit: Unit) -> UnitState:
        return self._states.get(unit, UnitState(unit, "unknown", None, None, {}, None))

    def units(self) -> list[Unit]:
        return sorted(self._states)


def arrivals_with(live: FakeLive) -> Arrivals:
    """Arrivals of the sample, with `live` taken in."""
    arrivals = Arrivals(SAMPLE, live, SETTINGS)
    arrivals.refresh()
    return arrivals
