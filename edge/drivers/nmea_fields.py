"""What RMC, GGA, ZDA and GST say, field by field, believed only as far as it is sound.

Rules of this file: pure. pynmea2 knows which field stands where; what a field may contain is
decided here, from the raw text, because pynmea2 lets a latitude of 99 degrees, minutes of 75
and a missing date through, answers 0.0 for a missing position, and calls the good fixes of
NMEA 4.10 receivers invalid (`is_valid`; never used here).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pynmea2
from pynmea2.nmea import ParseError

from edge.drivers.errors import SentenceRefused

VOID = "void"
"""The receiver itself says it has no fix (RMC status not A, GGA quality 0) or no date (ZDA)."""
MALFORMED = "malformed"
OUT_OF_RANGE = "out_of_range"
TIME_MISSING = "time_missing"

KNOT_M_S = 1852 / 3600
MAX_SPEED_M_S = 150.0
WAAS_QUALITY = 9
"""Some receivers (NovAtel) say 9 for a fix with satellite corrections, which NMEA calls 2."""
METRES_PER_HDOP = 5.0
"""User range error of a plain receiver under open sky; turns a dilution into metres."""

_TIME = re.compile(r"(\d{2})(\d{2})(\d{2})(?:\.(\d*))?")
_LATITUDE = re.compile(r"(\d{2})(\d{2}(?:\.(\d*))?)")
_LONGITUDE = re.compile(r"(\d{3})(\d{2}(?:\.(\d*))?)")
_DATE = re.compile(r"(\d{2})(\d{2})(\d{2})")
_NUMBER = re.compile(r"\d+(?:\.\d*)?|\.\d+")
_ZERO_DATES = {"", "000000"}
_QUALITY_OF_MODE = {"A": 1, "D": 2, "P": 3, "R": 4, "F": 5, "E": 6, "M": 7, "S": 8}


@dataclass(frozen=True, slots=True)
class Place:
    """A position; `decimals` are those of its minutes, for choosing the finer of two."""

    latitude: float
    longitude: float
    decimals: int


@dataclass(frozen=True, slots=True)
class Rmc:
    """Recommended minimum: position, motion and date. `place` is None where the status is void."""

    time_ms: int | None
    date: date | None
    place: Place | None
    speed_m_s: float | None = None
    course_deg: float | None = None
    quality: int = 1


@dataclass(frozen=True, slots=True)
class Gga:
    """Fix data: position, quality, satellites. `place` is None where the quality is 0."""

    time_ms: int | None
    place: Place | None
    quality: int = 0
    satellites: int | None = None
    accuracy_m: float | None = None


@dataclass(frozen=True, slots=True)
class Zda:
    """Time and date. The time is not trusted to be that of the position beside it."""

    time_ms: int
    date: date


@dataclass(frozen=True, slots=True)
class Gst:
    """Error statistics: one standard deviation, horizontal."""

    time_ms: int | None
    accuracy_m: float | None


Record = Rmc | Gga | Zda | Gst


def read_fields(line: str) -> Record | None:
    """The record of a sentence whose checksum is right, None for types we do not use.

    Raises SentenceRefused (malformed, out_of_range, time_missing, void).
    """
    address = line[1 : line.index(",")]
    reader = _READERS.get(address[2:]) if line[0] == "$" and len(address) == 5 else None
    if reader is None or address.startswith("P"):
        return None
    try:
        message: Any = pynmea2.parse(line, check=True)  # type: ignore[no-untyped-call]  # no types
    except (ParseError, ValueError) as error:
        raise SentenceRefused(MALFORMED) from error
    return reader(_Raw(message))


class _Raw:
    """Fields by pynmea2's names, as the receiver wrote them; missing ones are empty."""

    def __init__(self, message: Any) -> None:
        self._data = message.data
        self._places = message.name_to_idx

    def __getitem__(self, name: str) -> str:
        at = self._places[name]
        return str(self._data[at]).strip() if at < len(self._data) else ""


def _rmc(raw: _Raw) -> Rmc:
    valid = raw["status"] == "A" and raw["mode_indicator"] != "N"
    if not valid:
        return Rmc(_time_or_none(raw["timestamp"]), _date_or_none(raw["datestamp"]), None)
    return Rmc(
        time_ms=_time(raw["timestamp"]),
        date=_date(raw["datestamp"]),
        place=_place(raw),
        speed_m_s=_speed(raw["spd_over_grnd"]),
        course_deg=_number_up_to(raw["true_course"], 360.0),
        quality=_QUALITY_OF_MODE.get(raw["mode_indicator"], 1),
    )


def _gga(raw: _Raw) -> Gga:
    told = raw["gps_qual"]
    if told in {"", "0"}:
        return Gga(_time_or_none(raw["timestamp"]), None)
    if not (len(told) == 1 and told.isdecimal()):
        raise SentenceRefused(MALFORMED)
    quality = int(told)
    dilution = _number_up_to(raw["horizontal_dil"], 99.0)
    satellites = _number_up_to(raw["num_sats"], 99.0)
    return Gga(
        time_ms=_time(raw["timestamp"]),
        place=_place(raw),
        quality=2 if quality == WAAS_QUALITY else quality,
        satellites=None if satellites is None else int(satellites),
        accuracy_m=dilution * METRES_PER_HDOP if dilution else None,
    )


def _zda(raw: _Raw) -> Zda:
    fields = [raw["day"], raw["month"], raw["year"]]
    if not all(fields):
        raise SentenceRefused(VOID)
    if not all(field.isdecimal() for field in fields):
        raise SentenceRefused(MALFORMED)
    day, month, year = (int(field) for field in fields)
    return Zda(_time(raw["timestamp"]), _calendar(year, month, day))


def _gst(raw: _Raw) -> Gst:
    north = _number_up_to(raw["std_dev_latitude"], 50_000.0)
    east = _number_up_to(raw["std_dev_longitude"], 50_000.0)
    return Gst(
        time_ms=_time_or_none(raw["timestamp"]),
        accuracy_m=math.hypot(north, east) if north and east else None,
    )


_READERS: dict[str, Callable[[_Raw], Record]] = {"RMC": _rmc, "GGA": _gga, "ZDA": _zda, "GST": _gst}


def _time(text: str) -> int:
    """Milliseconds of the day. A leap second (60) has no number in UTC milliseconds: refused."""
    if not text:
        raise SentenceRefused(TIME_MISSING)
    match = _TIME.fullmatch(text)
    if match is None:
        raise SentenceRefused(MALFORMED)
    hour, minute, second = (int(part) for part in match.groups()[:3])
    if hour > 23 or minute > 59 or second > 59:
        raise SentenceRefused(OUT_OF_RANGE)
    fraction = (match[4] or "")[:9].ljust(9, "0")
    thousandths = (int(fraction) + 500_000) // 1_000_000
    return ((hour * 60 + minute) * 60 + second) * 1_000 + thousandths


def _time_or_none(text: str) -> int | None:
    try:
        return _time(text)
    except SentenceRefused:
        return None


def _date(text: str) -> date | None:
    """The date of RMC; two-digit years from 80 on are of the last century, as GPS began in 1980."""
    if text in _ZERO_DATES:
        return None
    match = _DATE.fullmatch(text)
    if match is None:
        raise SentenceRefused(MALFORMED)
    day, month, year = (int(part) for part in match.groups())
    return _calendar(year + (1900 if year >= 80 else 2000), month, day)


def _date_or_none(text: str) -> date | None:
    try:
        return _date(text)
    except SentenceRefused:
        return None


def _calendar(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise SentenceRefused(OUT_OF_RANGE) from error


def _place(raw: _Raw) -> Place:
    north = _LATITUDE.fullmatch(raw["lat"])
    east = _LONGITUDE.fullmatch(raw["lon"])
    hemispheres = raw["lat_dir"], raw["lon_dir"]
    if north is None or east is None or hemispheres[0] not in {"N", "S"}:
        raise SentenceRefused(MALFORMED)
    if hemispheres[1] not in {"E", "W"}:
        raise SentenceRefused(MALFORMED)
    if float(north[2]) >= 60 or float(east[2]) >= 60:
        raise SentenceRefused(OUT_OF_RANGE)
    latitude = int(north[1]) + float(north[2]) / 60
    longitude = int(east[1]) + float(east[2]) / 60
    if latitude > 90 or longitude > 180:
        raise SentenceRefused(OUT_OF_RANGE)
    return Place(
        latitude=-latitude if hemispheres[0] == "S" else latitude,
        longitude=-longitude if hemispheres[1] == "W" else longitude,
        decimals=min(len(north[3] or ""), len(east[3] or "")),
    )


def _speed(knots: str) -> float | None:
    """Metres a second; an impossible speed is dropped, and the position beside it is not."""
    return _number_up_to(knots, MAX_SPEED_M_S, factor=KNOT_M_S)


def _number_up_to(text: str, limit: float, factor: float = 1.0) -> float | None:
    """An optional quantity: None where it is blank, no number or beyond `limit`."""
    if _NUMBER.fullmatch(text) is None:
        return None
    value = float(text) * factor
    return value if value <= limit else None
