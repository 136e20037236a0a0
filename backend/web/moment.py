"""The present of a page: what time it is for its reader, and how fast it runs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from contract.clock import Clock, SimulatedClock

UNSET_BEFORE_MS = 1_704_067_200_000
"""2024-01-01: a clock that shows less was never set."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A reading of the territory's clock."""

    now_ms: int
    zone: ZoneInfo

    @property
    def is_set(self) -> bool:
        """Whether the clock can be believed."""
        return self.now_ms >= UNSET_BEFORE_MS

    @property
    def local(self) -> dt.datetime:
        """The local civil time."""
        return self.at(self.now_ms)

    def at(self, moment_ms: int) -> dt.datetime:
        """The local civil time of another moment."""
        return dt.datetime.fromtimestamp(moment_ms / 1_000, dt.UTC).astimezone(self.zone)


def rate_of(clock: Clock) -> float:
    """How fast the clock runs now: 1, or the rate of a simulation."""
    if not isinstance(clock, SimulatedClock):
        return 1.0
    # A simulation that has caught up with the present goes on with it.
    real_ms = clock.real_start_ms + (clock.now_ms() - clock.simulated_start_ms) / clock.rate
    return clock.rate if clock.now_ms() < real_ms else 1.0
