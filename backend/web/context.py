"""What every page is made from: the territory, what is live, the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
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
_KEPT_MOST = 20_000


class Live(Protocol):
    """What is true now, as `backend.live` knows it."""

    def state(self, unit: Unit) -> UnitState: ...

    def units(self) -> list[Unit]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """The parts a page may ask; one object for the life of the application."""

    territory: Territory
    live: Live
    arrivals: Arrivals
    clock: Clock
    kept: dict[tuple[object, ...], str] = field(default_factory=dict)
    """Parts of the day that do not change until tomorrow; see `keep`."""

    def keep(self, key: tuple[object, ...], make: Callable[[], str]) -> str:
        """The part that `make` made first under `key`; `key` names the day among the rest."""
        if key not in self.kept:
            if len(self.kept) >= _KEPT_MOST:
                self.kept.clear()
            self.kept[key] = make()
        return self.kept[key]

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
