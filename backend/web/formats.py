"""Times, ages, lengths and French spacing: the one place where they are written.

Rules of this file: pure. `static/page.js` does the same for ages that grow on the screen; both
are tested against tests/web/format_cases.json. A time is written `8 h 12` in both languages, as
on the paper timetables, never 08:12. U+202F stands inside times, units and before `; ! ? : %`.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Literal

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = ("fr", "en")

NARROW = "\u202f"
_MINUTE_MS, _HOUR_MS = 60_000, 3_600_000

_DAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    "fr": (
        *("janvier", "février", "mars", "avril", "mai", "juin"),
        *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}
_BEFORE_SIGN = re.compile(r"[ \u00a0]+([;!?:%»])")
_AFTER_QUOTE = re.compile(r"«[ \u00a0\u202f]*")
_BETWEEN_DIGITS = re.compile(r"(?<=\d) (?=\d{2,3}(?:\D|$))")
_UNIT = re.compile(r"(?<=\d) (?=(?:min|s|h|km|m)\b)")
_AFTER_HOUR = re.compile(r"(?<=\dh) (?=\d\d\b)|(?<=\d\u202fh) (?=\d\d\b)")


def french(text: str) -> str:
    """The text with the spaces and apostrophes of French typography.

    An apostrophe is U+2019; a space before `; ! ? : %`, inside guillemets and inside times,
    units and phone numbers is U+202F.
    """
    text = text.replace("'", "\u2019")
    text = _BEFORE_SIGN.sub(NARROW + r"\1", text)
    text = _AFTER_QUOTE.sub("«" + NARROW, text)
    return _numbers(text)


@lru_cache(maxsize=4_096)
def spaced(text: str, language: Language) -> str:
    """The text as it is set in the language."""
    return french(text) if language == "fr" else _numbers(text.replace("'", "\u2019"))


def clock_time(moment: dt.datetime) -> str:
    """A local time of day: 8 h 12, 17 h 00."""
    return f"{moment.hour}{NARROW}h{NARROW}{moment.minute:02d}"


def hours(minute_of_day: int) -> str:
    """A timetable time of day; it may pass midnight."""
    hour, minute = divmod(minute_of_day % 1_440, 60)
    return f"{hour}{NARROW}h{NARROW}{minute:02d}"


def length(duration_ms: int) -> str:
    """How long something lasts: 12 s, 45 min, 1 h 05."""
    if duration_ms < _MINUTE_MS:
        return f"{max(duration_ms, 0) // 1_000}{NARROW}s"
    if duration_ms < _HOUR_MS:
        return f"{duration_ms // _MINUTE_MS}{NARROW}min"
    hour, rest_ms = divmod(duration_ms, _HOUR_MS)
    return f"{hour}{NARROW}h{NARROW}{rest_ms // _MINUTE_MS:02d}"


def age(since: dt.datetime, now: dt.datetime, language: Language) -> str:
    """How old a fact is: "il y a 12 s", "il y a 14 min", then "depuis 8 h 03"."""
    passed_ms = _between_ms(since, now)
    if passed_ms >= _HOUR_MS:
        return _since_moment(since, now, language)
    return f"il y a {length(passed_ms)}" if language == "fr" else f"{length(passed_ms)} ago"


def lasting(since: dt.datetime, now: dt.datetime, language: Language) -> str:
    """For how long a state has lasted: "depuis 14 min", then "depuis 8 h 03"."""
    passed_ms = _between_ms(since, now)
    if passed_ms >= _HOUR_MS:
        return _since_moment(since, now, language)
    return f"depuis {length(passed_ms)}" if language == "fr" else f"for {length(passed_ms)}"


def day(date: dt.date, language: Language) -> str:
    """A date in words: mardi 24 novembre, Tuesday 24 November; 1er in French."""
    number = "1er" if date.day == 1 and language == "fr" else str(date.day)
    weekday = _DAYS[language][date.weekday()]
    return f"{weekday} {number} {_MONTHS[language][date.month - 1]}"


def moment(when: dt.datetime, now: dt.datetime, language: Language) -> str:
    """A moment as a reader of today needs it: the time, with the day if it is another one."""
    if when.date() == now.date():
        return clock_time(when)
    joint = " à " if language == "fr" else " at "
    return day(when.date(), language) + joint + clock_time(when)


def span(opens_min: int, closes_min: int, language: Language) -> str:
    """A range of times: 9 h 30 à 12 h 30."""
    return f"{hours(opens_min)} {'à' if language == 'fr' else 'to'} {hours(closes_min)}"


def capital(text: str) -> str:
    """The text with its first letter as a capital."""
    return text[:1].upper() + text[1:]


def _numbers(text: str) -> str:
    """A number stays on one line with its unit and with itself."""
    text = _UNIT.sub(NARROW, text)
    text = _AFTER_HOUR.sub(NARROW, text)
    return _BETWEEN_DIGITS.sub(NARROW, text)


def _since_moment(since: dt.datetime, now: dt.datetime, language: Language) -> str:
    when = clock_time(since) if since.date() == now.date() else day(since.date(), language)
    return ("depuis " if language == "fr" else "since ") + when


def _between_ms(since: dt.datetime, now: dt.datetime) -> int:
    """Never below 0: a fact from a clock a little ahead is fresh, not from the future."""
    return max(round((now - since).total_seconds() * 1_000), 0)
