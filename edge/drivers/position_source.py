"""What every source of positions offers, whatever the device."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Fix:
    """One position at one moment of UTC; degrees WGS 84."""

    observed_ms: int
    latitude: float
    longitude: float
    speed_m_s: float | None = None
    course_deg: float | None = None
    accuracy_m: float | None = None
    fix_quality: int = 1
    """NMEA 0183 GGA quality indicator, 1 to 8."""
    satellites: int | None = None
    boot_ms: int = 0
    """When its first byte arrived, on the machine's boot clock."""
    dates_the_clock: bool = False
    """Sound enough to set a clock by: declared valid, four satellites where they are counted."""


@dataclass(frozen=True, slots=True)
class SourceCounters:
    """What became of everything the device said: sentences = used + ignored + sum(rejected)."""

    sentences: int = 0
    used: int = 0
    ignored: int = 0
    """Sound sentences of types that carry no position or date."""
    rejected: Mapping[str, int] = field(default_factory=dict)
    undecided: int = 0
    """Sentences of the epoch still open."""
    noise_bytes: int = 0
    bytes_received: int = 0
    fixes: int = 0
    connected: bool = False


class PositionSource(Protocol):
    """A receiver. Survives unplugging and replugging; says each once in the log."""

    def fixes(self) -> AsyncIterator[Fix]:
        """Fixes for ever, each distinct moment of UTC once."""
        ...

    def counters(self) -> SourceCounters:
        """What has happened since the program started."""
        ...
