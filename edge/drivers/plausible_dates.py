"""Which dates a receiver may be believed.

GPS counts weeks modulo 1024: a receiver older than 19.6 years, or one with a firmware fault,
tells a date 1024 weeks off, and one that has not heard the sky tells the day its counter began.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

BUILD_DATE = date(2026, 1, 1)
"""Not after this program was made; moved forward with releases."""

ROLLOVER_DAYS = 1024 * 7
"""After this many days a GPS week number means another week."""

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class DateWindow:
    """Dates from `first` to `last`, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


LIVE_DATES = DateWindow(BUILD_DATE, date.fromordinal(BUILD_DATE.toordinal() + ROLLOVER_DAYS))
"""For a receiver that is here now: after we were built, before its week number is ambiguous."""

REPLAY_DATES = DateWindow(date(1980, 1, 8), date(2079, 12, 31))
"""For a recording: its own date, whatever it is, but for the first two days of GPS time
(6 January 1980, or the day before in some chips), which mean "I have not heard the date"."""


def midnight_ms(day: date) -> int:
    """UTC milliseconds at the start of `day`."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return int(start.timestamp()) * 1_000
