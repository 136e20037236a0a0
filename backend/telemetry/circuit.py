"""Whether the server is spoken to at all: a dead one is asked ever more rarely, in one place.

Rules of this file: no I/O but the log; one line when it breaks, one when it heals.
"""

from __future__ import annotations

import logging
import threading

from contract.clock import Clock

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.25
LAST_PAUSE_S = 10.0
"""A server that is back is noticed within this; nothing is lost meanwhile."""
MAX_SENTENCES = 3
"""Different reasons said of one outage: refused, then starting, then the wrong password."""


class Circuit:
    """Broken from the first failure until something went through; safe for two threads."""

    def __init__(self, clock: Clock, shown: str) -> None:
        self._clock = clock
        self._shown = shown
        self._lock = threading.Lock()
        self._broken_at_s: float | None = None
        self._retry_at_s = 0.0
        self._pause_s = FIRST_PAUSE_S
        self._said: set[str] = set()

    @property
    def broken(self) -> bool:
        """Whether live rows go to the spool without asking the server."""
        return self._broken_at_s is not None

    def wait_s(self) -> float:
        """Seconds until the server is to be tried again; 0 where it may be now."""
        if self._broken_at_s is None:
            return 0.0
        return max(self._retry_at_s - self._clock.monotonic_s(), 0.0)

    def breaks(self, reason: Exception) -> None:
        """Something did not go through; the next try is twice as far off as the last."""
        with self._lock:
            now_s = self._clock.monotonic_s()
            if self._broken_at_s is None:
                self._broken_at_s = now_s
                self._pause_s = FIRST_PAUSE_S
                self._said = set()
            sentence = str(reason)
            if sentence not in self._said and len(self._said) < MAX_SENTENCES:
                self._said.add(sentence)
                log.warning("telemetry=broken spooling=yes reason=%s", sentence)
            self._retry_at_s = now_s + self._pause_s
            self._pause_s = min(self._pause_s * 2, LAST_PAUSE_S)

    def heals(self, waiting: int) -> None:
        """Something went through while `waiting` rows are still on disk."""
        with self._lock:
            if self._broken_at_s is None:
                return
            out_s = self._clock.monotonic_s() - self._broken_at_s
            self._broken_at_s = None
            log.warning(
                "telemetry=healed server=%s out_s=%.1f rows_to_drain=%d",
                self._shown,
                out_s,
                waiting,
            )
