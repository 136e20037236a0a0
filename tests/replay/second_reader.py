"""An NMEA reader written for the tests alone, to disagree with ours where ours is wrong.

Plain Python; it shares no code with `edge` and was written from the definition: a fix is one
distinct UTC epoch with status A (RMC) or quality above 0 (GGA) and a known date, coordinates in
range and every used checksum right. It reads a whole recording at once, sentence by sentence.
"""

from __future__ import annotations

import calendar
import functools
import operator
import re
from dataclasses import dataclass
from pathlib import Path

SENTENCE = re.compile(
    rb"\$([A-Z]{2}(RMC|GGA|ZDA),[\x20-\x23\x25-\x29\x2b-\x7e]*)\*([0-9A-Fa-f]{2})"
)
FIRST_DAY = (1980, 1, 8)
"""GPS time began two days before; a receiver that has heard nothing starts counting there."""


@dataclass(frozen=True)
class Seen:
    """One epoch: milliseconds of UTC and every position told of it, degrees."""

    observed_ms: int
    positions: tuple[tuple[float, float], ...]


def recording_bytes(path: Path) -> bytes:
    """What the receiver sent: without the comments of the log and without its pause marks."""
    data = path.read_bytes()
    kept = []
    pause_mark = None
    for line in data.splitlines(keepends=True):
        if line.startswith(b"#"):
            if b"Delay-Cookie:" in line:
                pause_mark = line.split(b"Delay-Cookie:")[1].split()[0]
            continue
        kept.append(line.replace(pause_mark, b"") if pause_mark else line)
    return b"".join(kept)


def read_recording(path: Path) -> list[Seen]:
    """The fixes of a recording, in the order in which they were first told."""
    told: dict[int, list[tuple[float, float]]] = {}
    sound = [sentence for sentence in _sentences(recording_bytes(path)) if sentence]
    date = None
    for at, (kind, fields) in enumerate(sound):
        told_date = _date(kind, fields)
        place = _place(kind, fields)
        if place is not None:
            day = told_date or _date_of_same_epoch(sound, at) or date
            if day is not None:
                told.setdefault(_ms(day, fields[1]), []).append(place)
        date = told_date or date
    return [Seen(moment, tuple(places)) for moment, places in told.items()]


def _sentences(data: bytes):
    for match in SENTENCE.finditer(data):
        body, kind, checksum = match.groups()
        if functools.reduce(operator.xor, body) == int(checksum, 16):
            yield kind.decode(), body.decode().split(",")


def _date_of_same_epoch(sound, at):
    """The date that an RMC of the same moment will tell, in the lines that follow."""
    moment = _clean(sound[at][1][1])
    for kind, fields in sound[at + 1 :]:
        if len(fields) > 1 and fields[1] and _clean(fields[1]) != moment:
            return None
        if kind == "RMC" and _date(kind, fields):
            return _date(kind, fields)
    return None


def _date(kind, fields):
    if kind == "RMC" and len(fields) > 9 and re.fullmatch(r"\d{6}", fields[9]):
        day, month, year = (int(fields[9][i : i + 2]) for i in (0, 2, 4))
        year += 1900 if year >= 80 else 2000
    elif kind == "ZDA" and len(fields) > 4 and all(f.isdecimal() for f in fields[2:5]):
        day, month, year = (int(field) for field in fields[2:5])
    else:
        return None
    if not (1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]):
        return None
    return (year, month, day) if (year, month, day) >= FIRST_DAY else None


def _place(kind, fields):  # noqa: PLR0911 - one return a rule, as they stand in the definition
    if kind == "RMC" and len(fields) > 9 and fields[2] == "A":
        date_field, (lat, ns, lon, ew) = fields[9], fields[3:7]
        if date_field and _date(kind, fields) is None:
            return None
    elif kind == "GGA" and len(fields) > 6 and fields[6] in set("123456789"):
        lat, ns, lon, ew = fields[2:6]
    else:
        return None
    if not re.fullmatch(r"\d{6}(\.\d*)?", fields[1]):
        return None
    if int(fields[1][:2]) > 23 or int(fields[1][2:4]) > 59 or int(fields[1][4:6]) > 59:
        return None
    if not (re.fullmatch(r"\d{4}(\.\d*)?", lat) and re.fullmatch(r"\d{5}(\.\d*)?", lon)):
        return None
    if ns not in {"N", "S"} or ew not in {"E", "W"}:
        return None
    if float(lat[2:]) >= 60 or float(lon[3:]) >= 60:
        return None
    north = int(lat[:2]) + float(lat[2:]) / 60
    east = int(lon[:3]) + float(lon[3:]) / 60
    if north > 90 or east > 180:
        return None
    return (-north if ns == "S" else north, -east if ew == "W" else east)


def _clean(time: str) -> float:
    return round(float(time), 3) if re.fullmatch(r"\d+(\.\d*)?", time) else -1.0


def _ms(day, time: str) -> int:
    midnight = calendar.timegm((*day, 0, 0, 0))
    seconds = int(time[:2]) * 3600 + int(time[2:4]) * 60
    return (midnight + seconds) * 1000 + round(float(time[4:]) * 1000)
