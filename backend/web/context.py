"""What every page is made from: the territory, what is live, the clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from backend.arrivals.service import Arrivals
from backend.live.model import UnitState
from backend.web.formats import Language
from backend.web.moment import Moment
from backend.web.rows import RowWriter
from contract.clock import Clock
from contract.territory_file import Territory
from contract.topics import Unit

BOARD_ROWS = 5


class Live(Protocol):
    """What is true now, as `backend.live` knows it."""

    def state(self, unit: Unit) -> UnitState: ...

    def units(self) -> list[Unit]: ...


@dataclass(frozen=True, slots=True)
class Context:
    """The parts a page may ask."""

    territory: Territory
    live: Live
    arrivals: Arrivals
    clock: Clock

    def moment(self) -> Moment:
        """The present of the territory."""
        return Moment(self.clock.now_ms(), self.arrivals.plans.calendar.zone)

    def writer(self, language: Language, moment: Moment) -> RowWriter:
        """Puts departures into words."""
        trucks = {v.unit: v.service for v in self.territory.vehicles if v.service != "bus"}
        by_name = {v.name: v.service for v in self.territory.vehicles if v.service != "bus"}
        return RowWriter(
            self.arrivals.plans, self.arrivals.settings, language, moment, trucks | by_name
        )
