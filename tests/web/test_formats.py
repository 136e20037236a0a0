"""Times, ages and spacing, by the table that the script of the pages is tested with too."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from backend.web import formats
from backend.web.formats import Language, french

CASES: dict[str, Any] = json.loads((Path(__file__).parent / "format_cases.json").read_text())
ZONE = ZoneInfo(CASES["zone"])


def expected(text: str) -> str:
    """A text of the table: plain spaces beside digits stand for U+202F."""
    return re.sub(r"(?<=\d) (?=(?:s|min|h)\b)|(?<=h) (?=\d)", "\u202f", text)


def _local(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(ZONE)


@pytest.mark.parametrize(("since", "now", "fr", "en"), CASES["age"])
def test_ages(since: str, now: str, fr: str, en: str):
    assert formats.age(_local(since), _local(now), "fr") == expected(fr)
    assert formats.age(_local(since), _local(now), "en") == expected(en)


@pytest.mark.parametrize(("since", "now", "fr", "en"), CASES["lasting"])
def test_how_long_a_state_lasts(since: str, now: str, fr: str, en: str):
    assert formats.lasting(_local(since), _local(now), "fr") == expected(fr)
    assert formats.lasting(_local(since), _local(now), "en") == expected(en)


@pytest.mark.parametrize(("moment", "written"), CASES["clockTime"])
def test_times_of_day(moment: str, written: str):
    assert formats.clock_time(_local(moment)) == expected(written)


@pytest.mark.parametrize(("moment", "fr", "en"), CASES["day"])
def test_dates_in_words(moment: str, fr: str, en: str):
    languages: tuple[tuple[Language, str], ...] = (("fr", fr), ("en", en))
    for language, written in languages:
        assert formats.day(_local(moment).date(), language) == written


@pytest.mark.parametrize(("duration_ms", "written"), CASES["length"])
def test_lengths(duration_ms: int, written: str):
    assert formats.length(duration_ms) == expected(written)


@pytest.mark.parametrize(
    ("plain", "written"),
    [
        ("Données : il y a 12 s", "Données\u202f: il y a 12\u202fs"),
        (
            "Un doute ? Appelez le 04 65 71 00 12.",
            "Un doute\u202f? Appelez le 04\u202f65\u202f71\u202f00\u202f12.",
        ),
        ("« Plus de car ce soir. »", "«\u202fPlus de car ce soir.\u202f»"),
        ("8 h 12 et 17 h 00", "8\u202fh\u202f12 et 17\u202fh\u202f00"),
        ("jusqu'à l'arrêt", "jusqu\u2019à l\u2019arrêt"),
        ("12 % de 1 250 km", "12\u202f% de 1\u202f250\u202fkm"),
        ("jeudi 26 novembre", "jeudi 26 novembre"),
    ],
)
def test_french_spaces_and_apostrophes(plain: str, written: str):
    assert french(plain) == written
    assert french(written) == written


def test_a_timetable_time_may_pass_midnight():
    assert formats.hours(25 * 60 + 5) == expected("1 h 05")
