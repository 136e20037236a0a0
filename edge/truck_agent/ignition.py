"""What turning the key means: duty, sleep, and when the computer may be switched off.

Rules of this file: pure; `now_s` are seconds of the boot clock. The line speaks first: until it
has, nobody is known to be on duty. An off that does not last is a flicker, or the starter motor
pulling the battery down. Once off, the computer stays on as long as it was told to, as long as
its words are on their way (bounded), and as long as somebody may need it (bounded by the battery).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

ON_AFTER_S = 0.2
ASK_AGAIN_S = 60.0
"""A computer that still runs so long after it was to be switched off asks once more."""


@dataclass(frozen=True, slots=True)
class IgnitionRules:
    """How long is long; seconds."""

    off_after_s: float = 3.0
    """The key is off when its line has been so long."""
    crank_s: float = 15.0
    """So soon after the key was turned on, the line may be down for as long as this."""
    hold_s: float = 300.0
    """The computer stays on so long after the key is off: children board a standing bus."""
    settle_s: float = 60.0
    """Then it waits at most so long for its last words to be confirmed."""
    needed_s: float = 14_400.0
    """With an SOS or a lone worker it stays on, but no longer than this: the battery."""


class Do(Enum):
    """What is to be done now."""

    WAKE = "wake"
    FALL_ASLEEP = "fall_asleep"
    SWITCH_OFF = "switch_off"


class Ignition:
    """The key of one vehicle. `was_asleep`: how the program before this one left it."""

    def __init__(self, rules: IgnitionRules, *, was_asleep: bool = False) -> None:
        self._rules = rules
        self._on_duty: bool | None = False if was_asleep else None
        self._line: bool | None = None
        self._line_s = 0.0
        self._needs_s = 0.0
        """How long the line must stand as it is before it is believed."""
        self._on_s: float | None = None
        self._off_s: float | None = None
        self._asked_s: float | None = None

    @property
    def on_duty(self) -> bool:
        """Whether the key is known to be on."""
        return self._on_duty is True

    @property
    def asleep(self) -> bool:
        """Whether the key is known to be off."""
        return self._on_duty is False

    def line(self, *, active: bool, now_s: float) -> None:
        """The line of the key stands so from now on."""
        if active == self._line:
            return
        self._line, self._line_s = active, now_s
        if active:
            if not self.on_duty:
                self._on_s = now_s
            self._needs_s = ON_AFTER_S
            return
        cranking = self._on_s is not None and now_s - self._on_s < self._rules.crank_s
        self._needs_s = self._rules.crank_s if cranking else self._rules.off_after_s

    def tick(self, now_s: float, *, settled: bool, needed: bool) -> Do | None:
        """What is due at `now_s`; at most one thing, ask again.

        `settled`: all that was said is confirmed. `needed`: an SOS or a lone worker is open.
        """
        if self._line is not None and now_s - self._line_s >= self._needs_s:
            if self._line and not self.on_duty:
                self._on_duty, self._off_s, self._asked_s = True, None, None
                return Do.WAKE
            if not self._line and (self._on_duty is not False or self._off_s is None):
                news = self._on_duty is not False
                self._on_duty, self._off_s = False, now_s
                return Do.FALL_ASLEEP if news else None
        return self._switch_off(now_s, settled=settled, needed=needed)

    def _switch_off(self, now_s: float, *, settled: bool, needed: bool) -> Do | None:
        if not self.asleep or self._off_s is None or self._line:
            return None
        off_s, rules = now_s - self._off_s, self._rules
        if off_s < rules.hold_s or (needed and off_s < rules.needed_s):
            return None
        if not settled and off_s < rules.hold_s + rules.settle_s:
            return None
        if self._asked_s is not None and now_s - self._asked_s < ASK_AGAIN_S:
            return None
        self._asked_s = now_s
        return Do.SWITCH_OFF
