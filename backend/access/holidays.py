"""French public holidays by rule (Code du travail, L3133-1; L3134-13 for Alsace-Moselle).

Rules of this file: pure; a day is a local calendar date.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

_FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
_EASTER_MONDAY, _ASCENSION, _WHIT_MONDAY, _GOOD_FRIDAY = 1, 39, 50, -2
_ALSACE_MOSELLE = ("57", "67", "68")


def easter(year: int) -> date:
    """Easter Sunday of a Gregorian year (Meeus, Astronomical Algorithms, chapter 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    (d, e), f = divmod(b, 4), (b + 8) // 25
    h = (19 * a + b - d - (b - f + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1)


def public_holidays(year: int, *, alsace_moselle: bool = False) -> frozenset[date]:
    """The public holidays of a year; ten in the years where two of the eleven coincide."""
    sunday = easter(year)
    moving = [_EASTER_MONDAY, _ASCENSION, _WHIT_MONDAY]
    fixed = list(_FIXED)
    if alsace_moselle:
        moving.append(_GOOD_FRIDAY)
        fixed.append((12, 26))
    return frozenset(
        {date(year, month, day) for month, day in fixed}
        | {sunday + timedelta(days=days) for days in moving}
    )


def is_alsace_moselle(insee_codes: Iterable[str]) -> bool:
    """Whether all communes lie in the three departments with two more holidays."""
    departments = {code[:2] for code in insee_codes}
    return bool(departments) and departments <= set(_ALSACE_MOSELLE)


def observed_holidays(
    today: date, local: Mapping[str, bool], *, alsace_moselle: bool
) -> tuple[str, ...]:
    """ISO dates of this year and the next: the rule, plus and minus what is observed locally.

    Two whole years, so that the list changes with the year and not with every day.
    """
    days = {
        day.isoformat()
        for year in (today.year, today.year + 1)
        for day in public_holidays(year, alsace_moselle=alsace_moselle)
    }
    days |= {day for day, observed in local.items() if observed}
    days -= {day for day, observed in local.items() if not observed}
    return tuple(sorted(days))
