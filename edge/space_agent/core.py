"""When the occupancy of a room is said: a state machine without I/O.

Rules of this file: pure; `now_s` is of a monotonic clock. A change is said soon and a busy door
does not fill the link; without change it is said at an interval, so that silence means something.
"""

from __future__ import annotations

from edge.counting.estimate import Estimate

SOONEST_S = 5.0
"""A school class at the door is one message, not thirty."""
DOUBT_PERSONS = 3
"""A bound that moved by less is not news by itself."""


class OccupancyPace:
    """Decides for each look whether it is due; `interval_s` is the longest silence."""

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._said: Estimate | None = None
        self._said_s = 0.0

    def is_due(self, estimate: Estimate, now_s: float, *, rezeroed: bool = False) -> bool:
        """Whether to say it now; what is due is taken to be said."""
        said = self._said
        since_s = now_s - self._said_s
        news = (
            said is None
            or rezeroed
            or (since_s >= SOONEST_S and _differs(said, estimate))
            or since_s >= self._interval_s
        )
        if news:
            self._said, self._said_s = estimate, now_s
        return news


def _differs(said: Estimate, estimate: Estimate) -> bool:
    return (
        said.persons != estimate.persons
        or said.over_capacity != estimate.over_capacity
        or abs(said.error_persons - estimate.error_persons) >= DOUBT_PERSONS
    )
