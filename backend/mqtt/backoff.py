"""How long to wait before the next try: growing, capped, and never in step with others."""

from __future__ import annotations

from random import Random


class Backoff:
    """Full jitter over a doubling, capped bound (seconds)."""

    def __init__(self, random: Random, least_s: float = 0.1, most_s: float = 5.0) -> None:
        self._random = random
        self._least_s = least_s
        self._most_s = most_s
        self._failures = 0

    def next_s(self) -> float:
        """The wait after one more failure."""
        bound_s = min(self._most_s, self._least_s * 2.0**self._failures)
        self._failures = min(self._failures + 1, 32)
        return self._random.uniform(self._least_s / 2, bound_s)

    def reset(self) -> None:
        """It works again."""
        self._failures = 0
