"""Fixes as a receiver would say them: the NMEA of the fake and of the simulator."""

from __future__ import annotations

from datetime import UTC, datetime

from edge.drivers.nmea_fields import KNOT_M_S
from edge.drivers.nmea_sentence import sealed
from edge.drivers.position_source import Fix

MINUTE_DECIMALS = 6
"""1.7e-8 degrees, two millimetres: rounding never shows at 1e-6 degrees."""


def rendered(fix: Fix, talker: str = "GP") -> bytes:
    """RMC and GGA of one epoch, with checksums."""
    at = datetime.fromtimestamp(fix.observed_ms // 1_000, UTC)
    time = f"{at:%H%M%S}.{fix.observed_ms % 1_000:03d}"
    place = f"{_angle(fix.latitude, 2, 'NS')},{_angle(fix.longitude, 3, 'EW')}"
    knots = "" if fix.speed_m_s is None else f"{fix.speed_m_s / KNOT_M_S:.3f}"
    course = "" if fix.course_deg is None else f"{fix.course_deg:.2f}"
    satellites = "" if fix.satellites is None else f"{fix.satellites:02d}"
    mode = {2: "D", 4: "R", 5: "F", 6: "E", 7: "M", 8: "S"}.get(fix.fix_quality, "A")
    rmc = f"{talker}RMC,{time},A,{place},{knots},{course},{at:%d%m%y},,,{mode}"
    gga = f"{talker}GGA,{time},{place},{fix.fix_quality},{satellites},0.9,900.0,M,50.0,M,,"
    return sealed(rmc) + sealed(gga)


def void(observed_ms: int, talker: str = "GP") -> bytes:
    """What a receiver says that sees no satellite."""
    at = datetime.fromtimestamp(observed_ms // 1_000, UTC)
    return sealed(f"{talker}RMC,{at:%H%M%S}.000,V,,,,,,,{at:%d%m%y},,,N") + sealed(
        f"{talker}GGA,{at:%H%M%S}.000,,,,,0,00,99.9,,,,,,"
    )


def _angle(degrees: float, width: int, hemispheres: str) -> str:
    whole_minutes = round(abs(degrees) * 60 * 10**MINUTE_DECIMALS)
    whole, minutes = divmod(whole_minutes, 60 * 10**MINUTE_DECIMALS)
    text = f"{minutes / 10**MINUTE_DECIMALS:0{3 + MINUTE_DECIMALS}.{MINUTE_DECIMALS}f}"
    return f"{whole:0{width}d}{text},{hemispheres[degrees < 0]}"
