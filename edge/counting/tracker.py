"""One way of counting: in minus out, and between which bounds the truth lies.

The model of errors: in any run of m passages the count goes wrong by at most
`slack + share * m` persons. So with N the count after n passages, truth T = N + e, and of any
earlier moment s: |e - e(s)| <= slack + share * (n - n(s)). Whatever was known of T(s), such as
T(s) >= 0, bounds T for ever after, and only the best of these bounds need be kept:

    T >= N + max over s of (least T(s) - N(s) + share * n(s)) - slack - share * n
    T <= N + min over s of (most  T(s) - N(s) - share * n(s)) + slack + share * n

Even an empty place is so within the slack: whom no beam saw is counted by nobody.

Rules of this file: pure; events come in order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Way:
    """How a way of counting errs, and whether everybody passes it.

    The slack is for a bad beginning, a family abreast: with 2 persons one of 12,000 simulated
    moments lay outside the bound, with 3 none of 60,000.

    `covers_all`: beams at every door do, taps of cards do not; those only tell who is in at
    least.
    """

    name: str
    error_share: float
    slack_persons: int = 3
    covers_all: bool = True


class TrackerState(Struct, frozen=True):
    """All a tracker knows, for a file."""

    net: int = 0
    passages: int = 0
    low: float = 0.0
    high: float = 0.0


class Tracker:
    """In minus out since the last zero, with the bounds of the truth."""

    def __init__(self, way: Way, share: float, state: TrackerState | None = None) -> None:
        """`share`: as learned, at least the way's own."""
        told = state or TrackerState()
        self.way = way
        self.share = share
        self.net = told.net
        self.passages = told.passages
        self._low = told.low
        self._high = told.high

    def state(self) -> TrackerState:
        """To be kept."""
        return TrackerState(self.net, self.passages, self._low, self._high)

    def is_fresh(self) -> bool:
        """Whether nothing happened since the zero."""
        return self.state() == TrackerState()

    def copy(self) -> Tracker:
        """Another one that knows the same."""
        return Tracker(self.way, self.share, self.state())

    def count(self, direction: Literal["in", "out"]) -> None:
        """One more passage; nobody can leave who is not there."""
        self.net += 1 if direction == "in" else -1
        self.passages += 1
        self.at_least(0)

    def at_least(self, persons: int) -> None:
        """So many are inside now, if not more."""
        self._low = max(self._low, persons - self.net + self.share * self.passages)

    def widen(self, persons: float) -> None:
        """So many may have come or gone without having been counted at all."""
        self._low -= persons
        self._high += persons
        self.at_least(0)

    def bounds(self) -> tuple[int, int]:
        """The least and the most persons inside; never negative.

        Where the errors were worse than the model allows, the two cross, and the truth is taken
        to lie between them.
        """
        spread = self.way.slack_persons + self.share * self.passages
        low = math.ceil(self.net + self._low - spread - _ROUNDING)
        high = math.floor(self.net + self._high + spread + _ROUNDING)
        return max(0, min(low, high)), max(0, low, high)
