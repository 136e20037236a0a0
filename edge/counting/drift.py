"""How far the count had drifted at each zero, and what is learned from it.

Rules of this file: pure. A way of counting that erred more than it was believed to is believed
to err so for the next `REMEMBERED` zeros; one that erred less is not believed to be better, for
a quiet fortnight says nothing about a school class.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

REMEMBERED = 14
LEAST_PASSAGES = 50
"""Of fewer a share means nothing: one person of three is a third."""


class DriftBook:
    """The drifts of one way of counting, newest last."""

    def __init__(
        self, error_share: float, slack_persons: int, told: Iterable[tuple[int, int]] = ()
    ) -> None:
        self._error_share = error_share
        self._slack_persons = slack_persons
        self._told = deque(told, maxlen=REMEMBERED)

    def add(self, drift_persons: int, passages: int) -> None:
        """What was found at a zero, after so many passages since the zero before it."""
        self._told.append((drift_persons, passages))

    def entries(self) -> tuple[tuple[int, int], ...]:
        """(persons, passages) of each, oldest first."""
        return tuple(self._told)

    def share(self) -> float:
        """The share of passages by which the bound grows from now on."""
        seen = (
            (abs(drift) - self._slack_persons) / passages
            for drift, passages in self._told
            if passages >= LEAST_PASSAGES
        )
        return max(self._error_share, max(seen, default=0.0))
