"""The patience of a reader with cards that are not what they claim.

Rules of this file: pure; seconds are of a clock that never goes back. The third strike makes the
reader wait 5 s, each further one 10, 20, 40, 60 s. A card that opens, or ten quiet minutes,
makes it forget.
"""

from __future__ import annotations

STRIKES = frozenset({"unknown_card", "not_authentic"})
FREE_STRIKES = 2
WAITS_S = (5.0, 10.0, 20.0, 40.0, 60.0)
FORGETS_AFTER_S = 600.0


class Tries:
    """One reader's."""

    def __init__(self) -> None:
        self._strikes = 0
        self._struck_s = 0.0
        self._until_s = float("-inf")

    def barred_s(self, now_s: float) -> float:
        """How long the reader takes no card yet; 0 where it takes one."""
        return max(self._until_s - now_s, 0.0)

    def note(self, reason: str, now_s: float) -> None:
        """A tap was decided."""
        if reason == "granted":
            self._strikes = 0
        if reason not in STRIKES:
            return
        if now_s - self._struck_s > FORGETS_AFTER_S:
            self._strikes = 0
        self._strikes += 1
        self._struck_s = now_s
        beyond = self._strikes - FREE_STRIKES
        if beyond > 0:
            self._until_s = now_s + WAITS_S[min(beyond, len(WAITS_S)) - 1]
