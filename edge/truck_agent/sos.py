"""An SOS: from the finger on the button to the word of somebody who has seen it.

Rules of this file: pure; `now_s` are seconds of the boot clock. A press counts when it was held.
An alarm is repeated until it is acknowledged, over restarts too. "Received" is said on the
backend's confirmation and on nothing less.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

HOLD_S = 2.0
REPEAT_S = 60.0

SosState = Literal["idle", "held", "sending", "received", "acknowledged"]


class OpenSos(Struct):
    """An SOS that is not yet over; what is kept on the disk."""

    reference: str
    raised_ms: int
    """By the wall clock, for the screen."""
    received_ms: int | None = None
    acknowledged_ms: int | None = None


class Sos:
    """The button of one vehicle.

    Args:
        draw: makes a new reference.
        kept: what the program before this one left open.
        hold_s: how long the button must be held.
        repeat_s: between repetitions.
    """

    def __init__(
        self,
        draw: Callable[[], str],
        kept: OpenSos | None = None,
        hold_s: float = HOLD_S,
        repeat_s: float = REPEAT_S,
    ) -> None:
        self.open = kept
        self._draw = draw
        self._hold_s = hold_s
        self._repeat_s = repeat_s
        self._pressed_s: float | None = None
        self._said_s: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody has still to see it."""
        return self.open is not None and self.open.acknowledged_ms is None

    @property
    def state(self) -> SosState:
        """What the cab may claim."""
        if self._pressed_s is not None:
            return "held"
        if self.open is None:
            return "idle"
        if self.open.acknowledged_ms is not None:
            return "acknowledged"
        return "received" if self.open.received_ms is not None else "sending"

    def press(self, now_s: float) -> None:
        """The button goes down."""
        if self._pressed_s is None:
            self._pressed_s = now_s

    def release(self) -> None:
        """The button comes up."""
        self._pressed_s = None

    def due_s(self) -> float | None:
        """When a press that is held becomes an SOS."""
        return None if self._pressed_s is None else self._pressed_s + self._hold_s

    def tick(self, now_s: float, now_ms: int) -> OpenSos | None:
        """The alarm to say now, if any."""
        due_s = self.due_s()
        if due_s is not None and now_s >= due_s:
            # One press is one alarm, however long the finger stays.
            self._pressed_s = None
            return self.trigger(now_s, now_ms)
        if not self.is_open:
            return None
        if self._said_s is not None and now_s - self._said_s < self._repeat_s:
            return None
        self._said_s = now_s
        return self.open

    def trigger(self, now_s: float, now_ms: int) -> OpenSos:
        """The alarm to say at once: a new one, or the open one again."""
        if self.open is None or self.open.acknowledged_ms is not None:
            self.open = OpenSos(self._draw(), now_ms)
        self._said_s = now_s
        return self.open

    def confirmed(self, reference: str, now_ms: int) -> bool:
        """The backend has it; True where that is news."""
        if self.open is None or self.open.reference != reference or self.open.received_ms:
            return False
        self.open.received_ms = now_ms
        return True

    def acknowledge(self, reference: str, now_ms: int) -> OpenSos | None:
        """Somebody has seen it; the alarm as it stands, None where none of that name is open."""
        if self.open is None or not self.is_open or self.open.reference != reference:
            return None
        self.open.acknowledged_ms = now_ms
        return self.open
