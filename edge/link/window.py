"""How much may be under way: as much as the link drains soon, learnt from its own answers.

Rules of this file: pure. The shortest round trip of late is taken as the bare link; what a
round trip takes beyond it is queue. The window is steered so that the queue stays near its
target, and an alarm never finds more than that before it. Now and then the window closes until
the queue has drained, so that a standing queue is not taken for the bare link.
"""

from __future__ import annotations

MAX_BYTES = 8_000.0
MIN_BYTES = 700.0
"""Two ordinary messages: the least that keeps a slow link busy."""
TARGET_S = 0.35
"""Queueing delay aimed at; half a second is the promise."""
PROBE_EVERY_S = 30.0


class BacklogWindow:
    """The bytes that may be unacknowledged."""

    def __init__(self) -> None:
        self.round_trip_s: float | None = None
        """Smoothed time from a publish to its PUBACK."""
        self._steered_bytes = 2 * MIN_BYTES
        self._lowest_s: list[float] = []
        """The shortest round trip since the last probe, and between it and the one before."""
        self._probe_began_s: float | None = None
        self._probe_next_s = float("-inf")

    @property
    def size_bytes(self) -> float:
        """What may be unacknowledged now."""
        return self._steered_bytes if self._probe_began_s is None else MIN_BYTES

    def acknowledged(self, round_trip_s: float, message_bytes: int, now_s: float) -> None:
        """One message came back after `round_trip_s`; `now_s` is monotonic."""
        smoothed = self.round_trip_s if self.round_trip_s is not None else round_trip_s
        self.round_trip_s = smoothed + (round_trip_s - smoothed) / 8
        self._probe(round_trip_s, now_s)
        base_s = min(self._lowest_s)
        error = (TARGET_S - (round_trip_s - base_s)) / TARGET_S
        # Steered once a round trip later: this gain keeps the loop from swinging.
        gain = 0.5 * TARGET_S / (base_s + TARGET_S)
        share = min(message_bytes / self._steered_bytes, 1.0)
        self._steered_bytes *= 1 + gain * share * min(max(error, -1.0), 1.0)
        self._steered_bytes = min(max(self._steered_bytes, MIN_BYTES), MAX_BYTES)

    def _probe(self, round_trip_s: float, now_s: float) -> None:
        if self._probe_began_s is not None:
            # Only what was sent after the window closed has met an empty queue.
            if now_s - round_trip_s >= self._probe_began_s:
                self._probe_began_s = None
                self._lowest_s = [round_trip_s, *self._lowest_s[:1]]
                # Opened by halves: all at once would be a queue of its own.
                self._steered_bytes = max(self._steered_bytes / 2, MIN_BYTES)
        elif now_s >= self._probe_next_s:
            self._probe_next_s = now_s + PROBE_EVERY_S
            self._probe_began_s = now_s if self._lowest_s else None
        self._lowest_s = self._lowest_s or [round_trip_s]
        self._lowest_s[0] = min(self._lowest_s[0], round_trip_s)
