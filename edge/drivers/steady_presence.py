"""How many a radar sees for certain, out of reports that flicker.

Rules of this file: pure; `now_s` is of a monotonic clock. The first body is believed at once; a
further one when it has been in sight for `rise_s`, for reflections come and go; and nobody is
gone before `hold_s`, for a breath between two reports is nobody for a moment.
"""

from __future__ import annotations

from collections import deque


class SteadyPresence:
    """Reports of one radar."""

    def __init__(self, rise_s: float, hold_s: float) -> None:
        self.persons = 0
        self._rise_s = rise_s
        self._hold_s = hold_s
        self._reports: deque[tuple[float, int]] = deque()

    def take(self, persons: int, now_s: float) -> int:
        """The persons that are seen for certain, after one more report."""
        self._reports.append((now_s, persons))
        while self._reports[0][0] < now_s - max(self._rise_s, self._hold_s):
            self._reports.popleft()
        first_s = self._reports[0][0]
        sustained = min(n for at_s, n in self._reports if at_s >= now_s - self._rise_s)
        if now_s - first_s < self._rise_s:
            sustained = min(sustained, 1)
        lasting = max(n for at_s, n in self._reports if at_s >= now_s - self._hold_s)
        believed = max(self.persons, sustained, min(persons, 1))
        self.persons = min(believed, lasting)
        return self.persons
