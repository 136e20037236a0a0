"""What gpsd says, line by line: JSON objects of class TPV, SKY, DEVICES.

Rules of this file: pure. gpsd's first TPVs of a receiver carry a mode and no time, and one
epoch may be reported several times; neither makes a fix here.
"""

from __future__ import annotations

from collections import Counter, deque
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from edge.drivers.nmea_epoch import (
    DATE_IMPLAUSIBLE,
    MIN_SATELLITES,
    REMEMBERED_EPOCHS,
    REPEATED_EPOCH,
)
from edge.drivers.nmea_fields import MALFORMED, MAX_SPEED_M_S, TIME_MISSING, VOID
from edge.drivers.plausible_dates import DateWindow
from edge.drivers.position_source import Fix, SourceCounters

_QUALITY_OF_STATUS = {0: 1, 1: 1, 2: 2, 3: 4, 4: 5, 5: 6, 6: 6, 7: 7, 8: 8, 9: 3}
"""gpsd's STATUS_ codes to GGA qualities."""
_DILUTION_M = 5.0


class _Tpv(Struct, frozen=True):
    mode: int = 0
    time: str | None = None
    lat: Annotated[float, Meta(ge=-90, le=90)] | None = None
    lon: Annotated[float, Meta(ge=-180, le=180)] | None = None
    speed: float | None = None
    track: float | None = None
    eph: float | None = None
    status: int = 1


class _Sky(Struct, frozen=True, rename={"used_satellites": "uSat"}):
    used_satellites: int | None = None
    hdop: float | None = None


class _Devices(Struct, frozen=True):
    devices: tuple[dict[str, object], ...] = ()


class _Named(Struct, frozen=True, rename={"name": "class"}):
    name: str


class GpsdReports:
    """Reports of one gpsd to fixes, with the account of each report."""

    def __init__(self, dates: DateWindow, remember: int = REMEMBERED_EPOCHS) -> None:
        self.has_device = True
        self._dates = dates
        self._remember = remember
        self._rejected: Counter[str] = Counter()
        self._told: set[int] = set()
        self._order: deque[int] = deque()
        self._used = self._ignored = self._bytes = self._fixes = 0
        self._satellites: int | None = None
        self._hdop: float | None = None

    def take(self, line: bytes, boot_ms: int) -> Fix | None:
        """The fix in one line of gpsd, if it has a new one."""
        self._bytes += len(line)
        try:
            name = msgspec.json.decode(line, type=_Named).name
            if name == "TPV":
                return self._tpv(msgspec.json.decode(line, type=_Tpv), boot_ms)
            if name == "SKY":
                self._sky(msgspec.json.decode(line, type=_Sky))
            elif name == "DEVICES":
                self.has_device = bool(msgspec.json.decode(line, type=_Devices).devices)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._rejected[MALFORMED] += 1
            return None
        self._ignored += 1
        return None

    def counters(self, *, connected: bool) -> SourceCounters:
        """The account so far; a sentence is a report here."""
        return SourceCounters(
            sentences=self._used + self._ignored + self._rejected.total(),
            used=self._used,
            ignored=self._ignored,
            rejected=dict(sorted(self._rejected.items())),
            bytes_received=self._bytes,
            fixes=self._fixes,
            connected=connected,
        )

    def _sky(self, sky: _Sky) -> None:
        if sky.used_satellites is not None:
            self._satellites = min(max(sky.used_satellites, 0), 99)
        self._hdop = sky.hdop or self._hdop

    def _tpv(self, tpv: _Tpv, boot_ms: int) -> Fix | None:
        if tpv.mode < 2 or tpv.lat is None or tpv.lon is None:
            self._rejected[VOID] += 1
            return None
        if tpv.time is None:
            self._rejected[TIME_MISSING] += 1
            return None
        try:
            at = datetime.fromisoformat(tpv.time).astimezone(UTC)
        except ValueError:
            self._rejected[MALFORMED] += 1
            return None
        if at.date() not in self._dates:
            self._rejected[DATE_IMPLAUSIBLE] += 1
            return None
        observed_ms = round(at.timestamp() * 1_000)
        if observed_ms in self._told:
            self._rejected[REPEATED_EPOCH] += 1
            return None
        self._note(observed_ms)
        return self._fix(tpv, tpv.lat, tpv.lon, observed_ms, boot_ms)

    def _fix(
        self, tpv: _Tpv, latitude: float, longitude: float, observed_ms: int, boot_ms: int
    ) -> Fix:
        satellites = self._satellites
        return Fix(
            observed_ms=observed_ms,
            latitude=latitude,
            longitude=longitude,
            speed_m_s=_within(tpv.speed, MAX_SPEED_M_S),
            course_deg=_within(tpv.track, 360.0),
            accuracy_m=_within(tpv.eph, 100_000.0) or (self._hdop and self._hdop * _DILUTION_M),
            fix_quality=_QUALITY_OF_STATUS.get(tpv.status, 1),
            satellites=satellites,
            boot_ms=boot_ms,
            dates_the_clock=satellites is None or satellites >= MIN_SATELLITES,
        )

    def _note(self, observed_ms: int) -> None:
        self._used += 1
        self._fixes += 1
        self._told.add(observed_ms)
        self._order.append(observed_ms)
        if len(self._order) > self._remember:
            self._told.discard(self._order.popleft())


def _within(value: float | None, limit: float) -> float | None:
    return value if value is not None and 0 <= value <= limit else None
