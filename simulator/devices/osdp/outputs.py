"""What a panel can switch at a reader: its relay, its LED, its buzzer.

Rules of this file: no clock is read; times are seconds handed in. Timed states end by
themselves, whatever becomes of the panel: that is what a door relies on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Colour(IntEnum):
    """LED colours by their OSDP number."""

    DARK = 0
    RED = 1
    GREEN = 2
    AMBER = 3
    BLUE = 4
    MAGENTA = 5
    CYAN = 6
    WHITE = 7


class Relay:
    """An output with a permanent state and a timed one over it (OSDP_OUT control codes)."""

    def __init__(self) -> None:
        self._permanent = False
        self._timed: bool | None = None
        self._until_s = 0.0

    def active(self, now_s: float) -> bool:
        """Whether it is drawn now."""
        if self._timed is not None and now_s < self._until_s:
            return self._timed
        return self._permanent

    def command(self, code: int, seconds: float, now_s: float) -> bool:
        """Obey; False where there is no such code."""
        if code not in range(7):
            return False
        if code in {1, 2, 3, 4}:
            self._permanent = code in {2, 4}
        if code in {1, 2}:
            self._timed = None
        if code in {5, 6}:
            self._timed = code == 5
            self._until_s = now_s + seconds
        return True


@dataclass(slots=True)
class Led:
    """One LED: a permanent colour and a timed one over it. Blinking shows as its "on" colour."""

    permanent: Colour = Colour.RED
    timed: Colour | None = None
    until_s: float = 0.0

    def colour(self, now_s: float) -> Colour:
        """What is seen now."""
        if self.timed is not None and now_s < self.until_s:
            return self.timed
        return self.permanent

    def command(self, record: bytes, now_s: float) -> bool:
        """Obey the 12 bytes after reader and LED number; False where they make no sense."""
        timed, timed_on, permanent, permanent_on = record[0], record[3], record[7], record[10]
        if timed > 2 or permanent > 1 or max(timed_on, permanent_on) > max(Colour):
            return False
        if permanent == 1:
            self.permanent = Colour(permanent_on)
        if timed == 1:
            self.timed = None
        if timed == 2:
            self.timed = Colour(timed_on)
            self.until_s = now_s + int.from_bytes(record[5:7], "little") / 10
        return True


@dataclass(slots=True)
class Buzzer:
    """How often it was told to sound, and the last pattern."""

    sounded: int = 0
    on_s: float = 0.0
    off_s: float = 0.0
    times: int = 0

    def command(self, record: bytes) -> bool:
        """Obey tone, on, off, count; False where there is no such tone."""
        tone, on, off, times = record
        if tone not in {0, 1, 2}:
            return False
        if tone == 2:
            self.sounded += 1
            self.on_s, self.off_s, self.times = on / 10, off / 10, times
        return True
