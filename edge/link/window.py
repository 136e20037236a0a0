"""How much may be under way: as much as the link drains soon, learnt from its own answers.

Rules of this file: pure. The shortest round trip of the last minute or two is taken as the
bare link; what a round trip takes beyond it is queue. The window is steered so that the queue
stays near its target, and an alarm never finds more than that before it.
"""

from __future__ import annotations

MAX_BYTES = 8_000.0
MIN_BYTES = 700.0
"""Two ordinary messages: the least that keeps a slow link busy."""
TARGET_S = 0.35
"""Queueing delay aimed at; half a second is the promise."""
EPOCH_S = 60.0


class BacklogWindow:
    """The bytes that may be unacknowledged."""

    def __init__(self) -> None:
        self.size_bytes = 2 * MIN_BYTES
        self.round_trip_s: float | None = None
        """Smoothed time from a publish to its PUBACK."""
        self._lowest_s: list[float] = []
        """The shortest round trip of this minute and of the one before."""
        self._epoch_began_s = 0.0

    def acknowledged(self, round_trip_s: float, message_bytes: int, now_s: float) -> None:
        """One message came back after `round_trip_s`; `now_s` is monotonic."""
        smoothed = self.round_trip_s if self.round_trip_s is not None else round_trip_s
        self.round_trip_s = smoothed + (round_trip_s - smoothed) / 8
        base_s = self._base(round_trip_s, now_s)
        error = (TARGET_S - (round_trip_s - base_s)) / TARGET_S
        # Steered once a round trip later: this gain keeps the loop from swinging.
        gain = 0.5 * TARGET_S / (base_s + TARGET_S)
        share = min(message_bytes / self.size_bytes, 1.0)
        self.size_bytes *= 1 + gain * share * min(max(error, -1.0), 1.0)
        self.size_bytes = min(max(self.size_bytes, MIN_BYTES), MAX_BYTES)

    def _base(self, round_trip_s: float, now_s: float) -> float:
        if not self._lowest_s or now_s - self._epoch_began_s > EPOCH_S:
            self._lowest_s = [round_trip_s, *self._lowest_s[:1]]
            self._epoch_began_s = now_s
        self._lowest_s[0] = min(self._lowest_s[0], round_trip_s)
        return min(self._lowest_s)
