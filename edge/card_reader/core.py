"""What a door does at each event: a table of its positions, and who may hold it open.

Rules of this file: pure; milliseconds are of a clock that never goes back. Nothing here can keep
anybody inside: a request to exit releases the lock in every mode and position, and nothing ever
takes a release back but its own time. An alarm that is raised is cleared when its cause is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from contract.uplink import AlarmKind
from edge.copass.decision import Mode

FREE_MODES: tuple[Mode, ...] = ("free_access", "free_egress")
"""The lock stays released; a pulse that is renewed, so that it ends with the agent."""


class Position(Enum):
    """Where the door leaf is, and whether it may be there."""

    UNKNOWN = "unknown"
    """No contact is wired, or it has not spoken yet."""
    CLOSED = "closed"
    SUSPECT = "suspect"
    """Opened by nobody we know; an exit may still be told within SUSPECT_MS."""
    OPEN = "open"
    HELD = "held"
    FORCED = "forced"


class Happening(Enum):
    """What the table knows."""

    OPENED = "opened"
    """While somebody was allowed to."""
    OPENED_UNASKED = "opened_unasked"
    CLOSED = "closed"
    ALLOWED = "allowed"
    DUE = "due"
    """The time of this position is over."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """Release the lock for so long from now."""

    ms: int


@dataclass(frozen=True, slots=True)
class Release:
    """Lock again."""


@dataclass(frozen=True, slots=True)
class Note:
    """To be written into the journal."""

    kind: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something a person must act on, or its end."""

    kind: AlarmKind
    state: Literal["raised", "cleared"]


Effect = Pulse | Release | Note | Alarm


@dataclass(frozen=True, slots=True)
class DoorTimes:
    """Milliseconds."""

    pulse_ms: int = 5_000
    """How long a card releases the lock."""
    longest_ms: int = 10_000
    """No pulse is longer; the guard holds to it by itself."""
    walk_ms: int = 2_000
    """After the pulse, for who has the handle in hand."""
    held_ms: int = 30_000
    """Open longer is an alarm."""
    suspect_ms: int = 500
    """A push bar moves the contact before its switch is debounced."""
    renew_ms: int = 3_000
    """Between two pulses of a lock that stays released."""


_P, _H = Position, Happening
_NOTHING: tuple[Effect, ...] = ()
_FORCED = (Note("forced"), Alarm("door_forced", "raised"))
_HELD = (Note("held_open"), Alarm("door_held_open", "raised"))
_SHUT = Note("closed")
_OVER_FORCED = Alarm("door_forced", "cleared")
_OVER_HELD = Alarm("door_held_open", "cleared")

TABLE: dict[tuple[Position, Happening], tuple[Position, tuple[Effect, ...]]] = {
    (_P.UNKNOWN, _H.OPENED): (_P.OPEN, _NOTHING),
    # Found open at start: whoever opened it is not known, so it is only timed.
    (_P.UNKNOWN, _H.OPENED_UNASKED): (_P.OPEN, _NOTHING),
    # What stood before a restart is over.
    (_P.UNKNOWN, _H.CLOSED): (_P.CLOSED, (_OVER_FORCED, _OVER_HELD)),
    (_P.CLOSED, _H.OPENED): (_P.OPEN, (Note("opened"),)),
    (_P.CLOSED, _H.OPENED_UNASKED): (_P.SUSPECT, _NOTHING),
    (_P.SUSPECT, _H.ALLOWED): (_P.OPEN, (Note("opened"),)),
    (_P.SUSPECT, _H.DUE): (_P.FORCED, _FORCED),
    (_P.SUSPECT, _H.CLOSED): (_P.CLOSED, (*_FORCED, _SHUT, _OVER_FORCED)),
    (_P.OPEN, _H.CLOSED): (_P.CLOSED, (_SHUT,)),
    (_P.OPEN, _H.ALLOWED): (_P.OPEN, _NOTHING),
    (_P.OPEN, _H.DUE): (_P.HELD, _HELD),
    (_P.HELD, _H.CLOSED): (_P.CLOSED, (_SHUT, _OVER_HELD)),
    (_P.FORCED, _H.CLOSED): (_P.CLOSED, (_SHUT, _OVER_FORCED)),
}
"""Where a row is missing nothing changes."""


class DoorCore:
    """One door. Every method returns what is to be done, in that order."""

    def __init__(self, times: DoorTimes, mode: Mode = "normal") -> None:
        self.position = Position.UNKNOWN
        self.mode: Mode = mode
        self._times = times
        self._allowed_until_ms = -1
        self._due_ms: int | None = None
        self._renew_ms: int | None = 0 if mode in FREE_MODES else None
        self._is_exit_held = False
        self._standing: set[AlarmKind] = set()

    @property
    def stays_released(self) -> bool:
        """Whether the lock is held released now."""
        return self._is_exit_held or self.mode in FREE_MODES

    def due_ms(self) -> int | None:
        """When `tick` is wanted next."""
        return min((at for at in (self._due_ms, self._renew_ms) if at is not None), default=None)

    def opens(self, at_ms: int) -> list[Effect]:
        """Somebody may come in; the journal knows who already."""
        return self._pulse(self._times.pulse_ms, at_ms)

    def exit_request(self, at_ms: int, *, active: bool) -> list[Effect]:
        """The exit button or push bar was pressed or let go."""
        was_held, self._is_exit_held = self._is_exit_held, active
        if not active or was_held:
            return []
        self._renew_ms = at_ms + self._times.renew_ms
        return [*self._pulse(self._times.pulse_ms, at_ms), Note("exit_request")]

    def contact(self, at_ms: int, *, is_open: bool) -> list[Effect]:
        """The door leaf moved, or told how it stands."""
        if not is_open:
            return self._step(Happening.CLOSED, at_ms)
        may = self.stays_released or at_ms <= self._allowed_until_ms
        return self._step(Happening.OPENED if may else Happening.OPENED_UNASKED, at_ms)

    def set_mode(self, mode: Mode, at_ms: int) -> list[Effect]:
        """The operator's word."""
        if mode == self.mode:
            return []
        was_released, self.mode = self.stays_released, mode
        effects: list[Effect] = [Note("mode", mode)]
        if mode in FREE_MODES:
            return effects + self._renewed(at_ms)
        if was_released and not self.stays_released:
            self._renew_ms = None
            self._allowed_until_ms = at_ms + self._times.walk_ms
            self._time_position(at_ms)
            effects.append(Release())
        return effects

    def stands(self, kind: AlarmKind, *, present: bool) -> list[Effect]:
        """A condition of its own (`tamper`, `reader_lost`, `relay_stuck` ...) began or ended."""
        if present == (kind in self._standing):
            return []
        if present:
            self._standing.add(kind)
            return [Note(kind), Alarm(kind, "raised")]
        self._standing.discard(kind)
        return [Note(f"{kind}_over"), Alarm(kind, "cleared")]

    def tick(self, at_ms: int) -> list[Effect]:
        """Time has passed."""
        effects: list[Effect] = []
        if self._renew_ms is not None and at_ms >= self._renew_ms:
            effects += self._renewed(at_ms)
        if self._due_ms is not None and at_ms >= self._due_ms:
            self._due_ms = None
            effects += self._step(Happening.DUE, at_ms)
        return effects

    def _renewed(self, at_ms: int) -> list[Effect]:
        if not self.stays_released:
            self._renew_ms = None
            return []
        self._renew_ms = at_ms + self._times.renew_ms
        return self._pulse(self._times.pulse_ms, at_ms)

    def _pulse(self, ms: int, at_ms: int) -> list[Effect]:
        ms = min(ms, self._times.longest_ms)
        until_ms = at_ms + ms + self._times.walk_ms
        self._allowed_until_ms = max(self._allowed_until_ms, until_ms)
        return [Pulse(ms), *self._step(Happening.ALLOWED, at_ms)]

    def _step(self, what: Happening, at_ms: int) -> list[Effect]:
        found = TABLE.get((self.position, what))
        if found is None:
            return []
        self.position, effects = found
        self._time_position(at_ms)
        return list(effects)

    def _time_position(self, at_ms: int) -> None:
        self._due_ms = None
        if self.position is Position.SUSPECT:
            self._due_ms = at_ms + self._times.suspect_ms
        elif self.position is Position.OPEN and self.mode not in FREE_MODES:
            self._due_ms = at_ms + self._times.held_ms
