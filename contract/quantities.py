"""Quantities with their unit in the name and their range in the type.

The ranges are what a sound device can report; a value outside is a fault of the sender and is
quarantined, never clipped. JSON cannot carry NaN or infinity, so they need no rule here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

MAX_SAFE_INTEGER = 2**53 - 1
"""The largest integer that every JSON reader keeps exact (RFC 8259, section 6)."""

# `$` alone would also match before a line break at the end, which would then be part of the id.
Slug = Annotated[str, Meta(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?(?!\n)$")]
OutboxId = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}(?!\n)$")]
BootId = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}-[0-9a-f]{8}(?!\n)$")]
"""First half: the machine's boot; second half: the run of the program in that boot."""
Epoch = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}(?!\n)$")]
Nonce = Annotated[str, Meta(pattern=r"^[0-9a-f]{16,64}(?!\n)$")]

Seq = Annotated[int, Meta(ge=1, le=2**48 - 1)]
NextSeq = Annotated[int, Meta(ge=1, le=2**48)]
SessionNumber = Annotated[int, Meta(ge=0, le=MAX_SAFE_INTEGER)]
EpochMs = Annotated[int, Meta(ge=0, le=4_102_444_800_000)]
"""UTC milliseconds since 1970; the upper end is the year 2100."""
BootMs = Annotated[int, Meta(ge=0, le=MAX_SAFE_INTEGER)]
"""Milliseconds of CLOCK_BOOTTIME: since the machine booted, sleep included."""

Latitude = Annotated[float, Meta(ge=-90.0, le=90.0)]
"""Degrees north, WGS 84."""
Longitude = Annotated[float, Meta(ge=-180.0, le=180.0)]
"""Degrees east, WGS 84."""
SpeedMS = Annotated[float, Meta(ge=0.0, le=150.0)]
"""Metres a second over ground; a TGV at full speed is 89."""
CourseDeg = Annotated[float, Meta(ge=0.0, le=360.0)]
"""Degrees clockwise from true north."""
AccuracyM = Annotated[float, Meta(ge=0.0, le=100_000.0)]
OdometerM = Annotated[float, Meta(ge=0.0, le=1e10)]
FixQuality = Annotated[int, Meta(ge=0, le=8)]
"""NMEA 0183 GGA quality indicator: 1 GNSS, 2 differential, 4 RTK, 5 float RTK, 6 dead reckoning."""
Satellites = Annotated[int, Meta(ge=0, le=99)]

Persons = Annotated[int, Meta(ge=0, le=2_000)]
Change = Annotated[int, Meta(ge=-2_000, le=2_000)]
"""A difference of persons."""
Stations = Annotated[int, Meta(ge=0, le=10_000)]
ByteCount = Annotated[int, Meta(ge=0, le=MAX_SAFE_INTEGER)]
DurationS = Annotated[float, Meta(ge=0.0, le=31_622_400.0)]
TemperatureC = Annotated[float, Meta(ge=-60.0, le=150.0)]
Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
SignalDbm = Annotated[float, Meta(ge=-200.0, le=50.0)]
MessageCount = Annotated[int, Meta(ge=0, le=2**48)]

Version = Annotated[int, Meta(ge=0, le=2**48)]
ChainHash = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}(?!\n)$")]
"""Half of a SHA-256, in hex."""

ShortText = Annotated[str, Meta(max_length=64)]
Sentence = Annotated[str, Meta(max_length=280)]
Page = Annotated[str, Meta(max_length=3_000)]
"""Several lines of text."""

ClockSource = Literal["gnss", "ntp", "rtc", "unset"]
"""Who set the clock that dated the message; `unset` means nobody that can be trusted."""
