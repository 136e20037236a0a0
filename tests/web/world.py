"""A territory in which every vehicle runs by its timetable, unless a test says otherwise."""

from __future__ import annotations

import math
from pathlib import Path

from backend.arrivals.plans import Plans
from backend.arrivals.settings import ArrivalSettings
from backend.live.model import LivePosition
from contract.clock import ManualClock
from contract.territory_file import Territory, load_territory
from tests.arrivals.scene import FakeLive

LOZERE_FILE = Path(__file__).parents[2] / "simulator" / "territories" / "lozere.json"
LOZERE = load_territory(LOZERE_FILE)


class World:
    """Vehicles of `territory`, seen where the timetable puts them `late_s` seconds ago."""

    def __init__(self, territory: Territory, clock: ManualClock) -> None:
        self.territory = territory
        self.clock = clock
        self.live = FakeLive()
        self._plans = Plans(territory, ArrivalSettings())

    def see(self, unit: str, age_s: float = 10.0, late_s: float = 0.0) -> None:
        """Put a vehicle where it was `age_s` ago, running `late_s` behind its timetable."""
        observed_ms = self.clock.now_ms() - round(age_s * 1_000)
        planned_ms = observed_ms - round(late_s * 1_000)
        for journey in self._plans.journeys_of(unit, observed_ms):
            if journey.dated.start_ms <= planned_ms <= journey.dated.end_ms:
                along_m = journey.scheduled_along_m(planned_ms)
                here, ahead = journey.track.at(along_m), journey.track.at(along_m + 30.0)
                course = math.degrees(math.atan2(ahead[1] - here[1], ahead[0] - here[0])) % 360.0
                position = LivePosition(*here, 12.0, course, along_m, observed_ms)
                self.live.put(unit, position)
                return
        self.live.put(unit, None, "asleep")

    def see_all(self, age_s: float = 10.0) -> None:
        """Every vehicle, on time, and every space online."""
        for vehicle in self.territory.vehicles:
            self.see(vehicle.unit, age_s)
        for space in self.territory.spaces:
            self.live.put(space.unit, None)
