"""When a vehicle says where it is. A state machine without I/O.

Rules of this file: pure; time is the fix's own. Each second moving, each minute parked, and at
once when it starts or stops.
"""

from __future__ import annotations

from enum import Enum

from edge.drivers.odometer import distance
from edge.drivers.position_source import Fix

DRIVES_M_S = 1.5
STANDS_M_S = 0.5
"""Between the two nothing changes, so that a creeping vehicle does not flicker."""
PARKED_AFTER_S = 30.0
"""A bus at a stop or a light is still driving."""
LEFT_M = 30.0
"""This far from where it parked it moves, whatever speed the receiver tells, if any."""
SLACK_MS = 100
"""A fix this little early is on time: receivers' seconds are not all equal."""


class Motion(Enum):
    """What the vehicle does."""

    MOVING = "moving"
    PARKED = "parked"


class TruckCore:
    """Decides for each fix whether it is said."""

    def __init__(self, interval_s: float, parked_interval_s: float) -> None:
        self.motion = Motion.MOVING
        self._interval_s = {Motion.MOVING: interval_s, Motion.PARKED: parked_interval_s}
        self._said_ms: int | None = None
        self._last: Fix | None = None
        self._standing_since: Fix | None = None

    def take(self, fix: Fix) -> bool:
        """Whether `fix` is to be published now."""
        before = self.motion
        self.motion = self._judge(fix)
        self._last = fix
        if self.motion is before and not self._due(fix):
            return False
        self._said_ms = fix.observed_ms
        return True

    def _due(self, fix: Fix) -> bool:
        if self._interval_s[Motion.MOVING] == 0 or self._said_ms is None:
            return True
        since_ms = fix.observed_ms - self._said_ms
        return since_ms < 0 or since_ms >= self._interval_s[self.motion] * 1_000 - SLACK_MS

    def _judge(self, fix: Fix) -> Motion:
        speed_m_s = self._speed(fix)
        rest = self._standing_since
        if speed_m_s >= DRIVES_M_S or (rest and distance(rest, fix) > LEFT_M):
            self._standing_since = None
            return Motion.MOVING
        if rest is None or fix.observed_ms < rest.observed_ms:
            self._standing_since = fix if speed_m_s <= STANDS_M_S else None
            return self.motion
        stood_s = (fix.observed_ms - rest.observed_ms) / 1_000
        return Motion.PARKED if stood_s >= PARKED_AFTER_S else self.motion

    def _speed(self, fix: Fix) -> float:
        """What the receiver says, or what the last two fixes say."""
        if fix.speed_m_s is not None:
            return fix.speed_m_s
        if self._last is None or fix.observed_ms <= self._last.observed_ms:
            return 0.0
        return distance(self._last, fix) * 1_000 / (fix.observed_ms - self._last.observed_ms)
