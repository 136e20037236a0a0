"""What time it is at least, and how much of that nobody vouches for.

Rules of this file: pure; time comes in as boot clock and, where somebody trusted tells it, UTC.
Without a trusted clock the reckoned time is the last trusted one and every minute run since.
Time without power is not in it, so the truth is never earlier than a few minutes before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from contract.quantities import ClockSource

STORE_EVERY_MS = 300_000
"""At most so much running time is not yet on the disk when the power goes."""
BEHIND_MS = 120_000
"""A clock so far behind what was once trusted is wrong, whoever vouches for it."""

Told = tuple[int, ClockSource]
"""UTC milliseconds and who vouches for them."""


@dataclass(frozen=True, slots=True, order=True)
class KeptTime:
    """What survives a power cut; the greater of two is the later one."""

    trusted_ms: int = 0
    """The latest UTC that somebody vouched for."""
    clockless_ms: int = 0
    """Running time since, over all boots."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, as far as it is known."""

    utc_ms: int
    """Trusted, or reckoned."""
    clock: ClockSource
    """Who vouches for it; `unset` means nobody."""
    clockless_ms: int = 0

    @property
    def is_trusted(self) -> bool:
        """Whether hours of the day and ends of bookings can be judged."""
        return self.clock != "unset"


class TimeKeeper:
    """Keeps the time of one process. Each start without a clock costs STORE_EVERY_MS.

    That is what the last power cut may have taken from the account; so no number of power cuts
    makes running time longer than it is said to be.
    """

    def __init__(self, kept: KeptTime, boot_ms: int) -> None:
        self._trusted_ms = kept.trusted_ms
        self._clockless_ms = kept.clockless_ms + STORE_EVERY_MS
        self._since_boot_ms = boot_ms
        self.fault: Literal["clock_behind"] | None = None
        """A vouched-for time that cannot be, and is not believed."""

    def look(self, boot_ms: int, told: Told | None) -> Moment:
        """The time at `boot_ms` of the boot clock, with what a trusted clock tells of it."""
        self.fault = None
        if told is not None and told[1] != "unset":
            utc_ms, source = told
            if utc_ms >= self._trusted_ms - BEHIND_MS:
                self._trust(max(utc_ms, self._trusted_ms), boot_ms)
                return Moment(utc_ms, source)
            self.fault = "clock_behind"
        kept = self.kept(boot_ms)
        return Moment(kept.trusted_ms + kept.clockless_ms, "unset", kept.clockless_ms)

    def vouched(self, issued_ms: int, boot_ms: int) -> None:
        """The backend signed something new at `issued_ms`: it is not earlier than that."""
        kept = self.kept(boot_ms)
        if issued_ms > kept.trusted_ms + kept.clockless_ms:
            self._trust(issued_ms, boot_ms)

    def kept(self, boot_ms: int) -> KeptTime:
        """What is to be written down now."""
        ran_ms = max(boot_ms - self._since_boot_ms, 0)
        return KeptTime(self._trusted_ms, self._clockless_ms + ran_ms)

    def _trust(self, utc_ms: int, boot_ms: int) -> None:
        self._trusted_ms = utc_ms
        self._clockless_ms = 0
        self._since_boot_ms = boot_ms
