"""How many people are aboard, and how far that may be from the truth.

Rules of this file: pure. Beams count bodies and miss some; cards count riders and miss those
without one. Who tapped in surely got on, so taps are the least that entered. Each passage adds its
share of doubt; only a vehicle that is surely empty takes it away, and what it then takes away is
the drift that is reported. Never below nobody; above the seats is said, not hidden.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

MOST_PERSONS = 2_000


@dataclass(frozen=True, slots=True)
class Capacity:
    """What the vehicle holds."""

    seats: int | None = None
    wheelchair_places: int | None = None


class Load:
    """The people aboard one vehicle.

    Args:
        capacity: of the vehicle.
        miscount: share of passages that are told wrongly.
        persons: aboard as kept by the program before this one.
        error_persons: of that.
        wheelchairs: of that; None where it was not known.
    """

    def __init__(
        self,
        capacity: Capacity,
        miscount: float,
        persons: int = 0,
        error_persons: int = 0,
        wheelchairs: int | None = 0,
    ) -> None:
        self.persons = persons
        self.wheelchairs = wheelchairs
        self.entered = 0
        self.left = 0
        self.taps = 0
        self.ramp_unanswered = False
        """The ramp was out and nobody has yet said for whom."""
        self._capacity = capacity
        self._miscount = miscount
        self._doubt = float(error_persons)
        self._taps_in = 0

    @property
    def error_persons(self) -> int:
        """The true number lies within this of `persons`."""
        return math.ceil(self._doubt - 1e-9)

    @property
    def changed(self) -> bool:
        """Whether anything was counted since the last report."""
        return bool(self.entered or self.left or self.taps or self.ramp_unanswered)

    def passage(self, direction: Literal["in", "out"]) -> None:
        """Somebody went through a door."""
        self._doubt += self._miscount
        if direction == "in":
            self.entered += 1
            self.persons = min(self.persons + 1, MOST_PERSONS)
            return
        self.left += 1
        if self.persons:
            self.persons -= 1
        else:
            # Somebody was aboard who had not been counted.
            self._doubt += 1

    def unclear(self) -> None:
        """Somebody or something stood in the door: one more or less, or nobody."""
        self._doubt += 1

    def tap(self, direction: Literal["in", "out"] | None) -> None:
        """A card was granted."""
        self.taps += 1
        self._taps_in += direction != "out"

    def ramp_out(self) -> None:
        """The ramp is out: somebody in a wheelchair gets on or off."""
        self.ramp_unanswered = True

    def ramp_answered(self, change: int) -> None:
        """The driver says how many wheelchairs more (or fewer) are aboard now."""
        self.ramp_unanswered = False
        self.wheelchairs = max((self.wheelchairs or 0) + change, 0)

    def empty(self) -> dict[str, object]:
        """The vehicle is surely empty: the body of the report that says so."""
        drift = self.persons
        self.persons, self._doubt, self.wheelchairs = 0, 0.0, 0
        self.ramp_unanswered = False
        return self.report(None) | {"rezeroed": True, "drift_persons": drift}

    def report(self, stop_id: str | None) -> dict[str, object]:
        """The body of an `occupancy` for what was counted since the last; counts anew after it."""
        missed = self._taps_in - self.entered
        if missed > 0:
            self.persons = min(self.persons + missed, MOST_PERSONS)
            self._doubt += missed
        if self.ramp_unanswered:
            self.wheelchairs = None
        body: dict[str, object] = {
            "persons": self.persons,
            "error_persons": min(self.error_persons, MOST_PERSONS),
            "entered": self.entered,
            "left": self.left,
            "taps": self.taps,
        }
        optional = {
            "seats": self._capacity.seats,
            "wheelchair_places": self._capacity.wheelchair_places,
            "wheelchairs": self.wheelchairs,
            "stop_id": stop_id,
        }
        body |= {name: value for name, value in optional.items() if value is not None}
        if self._capacity.seats is not None and self.persons > self._capacity.seats:
            body["over_capacity"] = True
        self.entered = self.left = self.taps = self._taps_in = 0
        self.ramp_unanswered = False
        return body
