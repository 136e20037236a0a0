"""How long to wait before the next attempt: doubling, capped, jittered."""

from __future__ import annotations

from random import Random

from edge.link.settings import BackoffSettings


class Backoff:
    """Waits of one connection. A whole fleet that lost its broker must not return as one."""

    def __init__(self, settings: BackoffSettings, random: Random) -> None:
        self._settings = settings
        self._random = random
        self._attempts = 0

    def next_s(self) -> float:
        """Seconds to wait now: between half and all of the doubled, capped interval."""
        interval_s = min(self._settings.min_s * 2.0**self._attempts, self._settings.max_s)
        self._attempts = min(self._attempts + 1, 32)
        return interval_s * self._random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """The other side has answered."""
        self._attempts = 0
