"""Arrivals of a territory: reads what is live, asks the pure cores, remembers sightings."""

from __future__ import annotations

from typing import Protocol

from backend.arrivals.board import board, next_chance, rows_now
from backend.arrivals.departure_state import Evidence
from backend.arrivals.fleet import VehicleState, fleet
from backend.arrivals.model import Board, Departure
from backend.arrivals.plans import Plans
from backend.arrivals.settings import ArrivalSettings
from backend.arrivals.sighting import Sighting, sight
from backend.live.model import LivePosition, UnitState
from contract.territory_file import Territory
from contract.topics import Unit, parse_unit

_GOODBYES = ("asleep", "offline")


class LiveView(Protocol):
    """What is true now, as `backend.live` knows it."""

    def state(self, unit: Unit) -> UnitState:
        """The state of one unit; an unheard one is unknown."""
        ...


class Arrivals:
    """Boards and fleet of one territory. Raises UnknownTimezone."""

    def __init__(
        self, territory: Territory, live: LiveView, settings: ArrivalSettings | None = None
    ) -> None:
        self.settings = settings or ArrivalSettings()
        self.plans = Plans(territory, self.settings)
        self._live = live
        self._units = {vehicle.unit: parse_unit(vehicle.unit) for vehicle in territory.vehicles}
        self._seen: dict[str, tuple[LivePosition, Sighting | None]] = {}
        self._evidence: dict[str, Evidence] = {}
        self._positions: dict[str, LivePosition] = {}

    def refresh(self) -> None:
        """Take over what is live now; the next boards stand on it."""
        for text, unit in self._units.items():
            state = self._live.state(unit)
            said_goodbye = state.presence in _GOODBYES
            position = state.position
            if position is None:
                self._positions.pop(text, None)
                self._evidence[text] = Evidence(said_goodbye=said_goodbye)
                continue
            self._positions[text] = position
            self._evidence[text] = Evidence(
                self._sighting(text, position), position.observed_ms, said_goodbye
            )

    def board(self, stop_id: str, now_ms: int) -> Board:
        """The board of a known stop."""
        return board(self.plans, stop_id, self._evidence, now_ms, self.settings)

    def rows(self, stop_id: str, now_ms: int) -> tuple[Departure, ...]:
        """The rows of that board alone."""
        return rows_now(self.plans, stop_id, self._evidence, now_ms, self.settings)

    def fleet(self, now_ms: int) -> tuple[VehicleState, ...]:
        """Every vehicle of the territory."""
        return fleet(self.plans, self._evidence, self._positions, now_ms, self.settings)

    def next_chance(self, cancelled: Departure) -> Departure | None:
        """What a person can take instead of a cancelled departure."""
        return next_chance(self.plans, cancelled)

    def _sighting(self, text: str, position: LivePosition) -> Sighting | None:
        known = self._seen.get(text)
        if known is not None and known[0] == position:
            return known[1]
        journeys = self.plans.journeys_of(text, position.observed_ms)
        found = sight(position, journeys, self.settings)
        self._seen[text] = (position, found)
        return found
