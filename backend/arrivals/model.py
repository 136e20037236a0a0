"""What a board says of a departure, before it is put into words."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Literal

from backend.territory.service_days import DatedTrip, StopVisit
from contract.territory_file import Route

Untracked = Literal["no_tracking", "not_departed", "off_route", "asleep", "to_come"]
"""Why a departure is known from the timetable only."""


class State(enum.Enum):
    """The honest states."""

    LIVE = "live"
    LIVE_AGEING = "live_ageing"
    NO_CONTACT = "no_contact"
    TIMETABLE = "timetable"
    NOT_COMING = "not_coming"

    @property
    def is_measured(self) -> bool:
        """Whether a forecast from a fresh position stands behind it."""
        return self in {State.LIVE, State.LIVE_AGEING}


@dataclass(frozen=True, slots=True)
class Departure:
    """One row of a board."""

    dated: DatedTrip
    route: Route
    index: int
    """Which visit of the trip it is; a loop may pass a stop twice."""
    state: State
    scheduled_ms: int
    """The promised time: departure of a bus, arrival of a truck."""
    until_ms: int | None = None
    """When a truck leaves again, or its market closes."""
    expected_ms: int | None = None
    """When a person must be there; only when measured, never before the promised time."""
    delay_s: float = 0.0
    """Expected passage minus promised; negative when early. Only when measured."""
    observed_ms: int | None = None
    """Measurement behind the row: of the position when measured, of the last one if silent."""
    at_stop: bool = False
    untracked: Untracked | None = None
    last_stop_id: str | None = None
    """The last stop it was seen to pass, where contact is lost."""
    unknown_past: bool = False
    """Nobody knows whether it has passed."""

    @property
    def key(self) -> str:
        """Names the row among all rows of all days of one stop."""
        return f"{self.dated.key}-{self.index}"

    @property
    def visit(self) -> StopVisit:
        """The promised arrival and departure."""
        return self.dated.visits[self.index]

    @property
    def is_truck(self) -> bool:
        """Whether it comes to stay, not to carry."""
        return self.route.mode == "truck"

    @property
    def be_there_ms(self) -> int:
        """When a person must be there: rows stand in this order."""
        if self.at_stop and self.until_ms is not None:
            return self.until_ms
        return self.scheduled_ms if self.expected_ms is None else self.expected_ms


@dataclass(frozen=True, slots=True)
class Board:
    """The next departures at one stop."""

    stop_id: str
    now_ms: int
    rows: tuple[Departure, ...]
    """Of today and of last night, in order."""
    later: tuple[Departure, ...]
    """From the timetable, after today: what a board without network falls back on."""
    served_today: bool

    @property
    def next_later(self) -> Departure | None:
        """The first departure after today that is not cancelled."""
        return next((d for d in self.later if d.state is not State.NOT_COMING), None)
