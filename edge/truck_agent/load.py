"""Who is aboard: the headcount of the doors, set against cards, wheelchairs and seats, by stop.

Rules of this file: no I/O but that of the headcount's own file. Beams count bodies and miss some;
cards count riders and miss those without one. Who tapped in surely got on: cards that outnumber
the beams at a stop are people whom the beams missed. A ramp is for somebody, and until it is said
for whom, how many wheelchairs are aboard is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from contract.clock import Clock
from edge.counting.headcount import Headcount, Place
from edge.counting.state_file import StateFile
from edge.counting.tracker import Way
from edge.counting.zeroing import ZeroRules

BEAMS = "beams"
MOST_ABOARD = 120
"""Of a vehicle whose seats nobody has told."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """What the vehicle holds."""

    seats: int | None = None
    wheelchair_places: int | None = None


def open_headcount(
    capacity: Capacity, miscount: float, path: Path, machine: str, clock: Clock
) -> Headcount:
    """The count of one vehicle: its night is when its key is off in its depot."""
    place = Place(
        capacity=MOST_ABOARD if capacity.seats is None else capacity.seats,
        ways=(Way(BEAMS, miscount),),
        rules=ZeroRules(night_hour=None, empty_after_s=None),
    )
    return Headcount(place, StateFile(path, machine), clock)


class Load:
    """The people aboard one vehicle.

    Args:
        headcount: of its doors.
        capacity: of the vehicle.
        wheelchairs: aboard so far; None where that is not known until it is empty again.
    """

    def __init__(
        self, headcount: Headcount, capacity: Capacity, wheelchairs: int | None = 0
    ) -> None:
        self._wheelchairs = wheelchairs
        self.entered = 0
        self.left = 0
        self.taps = 0
        self.ramp_unanswered = 0
        """How often the ramp was out and nobody has yet said for whom."""
        self._headcount = headcount
        self._capacity = capacity
        self._taps_in = 0
        self._doubted = False
        self._ramped = False

    @property
    def wheelchairs(self) -> int | None:
        """Aboard, None while that is not known."""
        return None if self.ramp_unanswered else self._wheelchairs

    @property
    def persons(self) -> int:
        """The best guess."""
        return self._headcount.estimate().persons

    @property
    def error_persons(self) -> int:
        """The true number lies within this of `persons`."""
        return self._headcount.estimate().error_persons

    @property
    def changed(self) -> bool:
        """Whether anything happened since the last report."""
        counted = self.entered or self.left or self.taps
        return bool(counted or self._ramped or self._doubted)

    def passage(self, direction: Literal["in", "out"], door: str) -> None:
        """Somebody went through a door."""
        self._headcount.passed(BEAMS, door, direction)
        if direction == "in":
            self.entered += 1
        else:
            self.left += 1

    def unclear(self, door: str) -> None:
        """One or nobody went in or out."""
        self._headcount.unclear(BEAMS, door)
        self._doubted = True

    def tap(self, direction: Literal["in", "out"] | None) -> None:
        """A card was granted."""
        self.taps += 1
        self._taps_in += direction != "out"

    def ramp_out(self) -> None:
        """The ramp is out: somebody in a wheelchair gets on or off."""
        self.ramp_unanswered += 1
        self._ramped = True

    def ramp_answered(self, change: int) -> None:
        """The driver says how many wheelchairs more (or fewer) are aboard since one ramp."""
        self.ramp_unanswered = max(self.ramp_unanswered - 1, 0)
        self._ramped = True
        if self._wheelchairs is not None:
            self._wheelchairs = max(self._wheelchairs + change, 0)

    def empty(self, reason: Literal["depot", "by_hand"]) -> dict[str, object]:
        """The vehicle is surely empty: the body of the report that says so."""
        self._headcount.zero(reason)
        self._wheelchairs, self.ramp_unanswered = 0, 0
        return self.report(None)

    def report(self, stop_id: str | None) -> dict[str, object]:
        """The body of an `occupancy` for what happened since the last; counts anew after it."""
        for missed in range(self._taps_in - self.entered):
            # Each under its own name: two that pass at one moment are two.
            self._headcount.passed(BEAMS, f"card-{missed}", "in")
        body = self._headcount.report()
        body |= {"entered": self.entered, "left": self.left, "taps": self.taps}
        if not body["over_capacity"]:
            del body["over_capacity"]
        optional = {
            "seats": self._capacity.seats,
            "wheelchair_places": self._capacity.wheelchair_places,
            "wheelchairs": self.wheelchairs,
            "stop_id": stop_id,
        }
        body |= {name: value for name, value in optional.items() if value is not None}
        self.entered = self.left = self.taps = self._taps_in = 0
        self._ramped = self._doubted = False
        return body

    def blind(self, *, is_blind: bool) -> None:
        """Whether people may get on or off and no beam counts them; at every look."""
        self._headcount.blind(is_blind=is_blind)

    def tick(self, utc_ms: int | None) -> None:
        """What time brings to the count; `utc_ms` by a trusted clock, None where there is none."""
        self._headcount.tick(utc_ms)

    def keep(self, *, at_once: bool = False) -> None:
        """Write the count where it is time, or `at_once`."""
        self._headcount.keep(at_once=at_once)
