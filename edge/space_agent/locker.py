r"""One equipment locker: what is in it, who has it, and when that is an alarm.

    in --taken by right--> lent --put back--> returned --door closed--> in
     \--taken without----> missing <--right over--/         (put back: returned)

Rules of this file: pure. `boot_ms` is of the boot clock; `utc_ms` is None while the clock is not
trusted: then nobody is late. Effects come out in the order in which they are to be done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

from contract.rights import GRACE_MS

LockerState = Literal["in", "lent", "returned", "missing"]
LockerAlarm = Literal["equipment_missing", "door_forced", "door_held_open"]


@dataclass(frozen=True, slots=True)
class LockerTimes:
    """Milliseconds."""

    opens_ms: int = 15_000
    """So long after a tap the door may be opened."""
    held_ms: int = 180_000
    """An open door is said to be after this."""
    lends_ms: int = 24 * 3_600_000
    """How long equipment is lent by a right that has no end of its own."""
    grace_ms: int = GRACE_MS


class Lending(Struct, frozen=True):
    """What is kept over a restart. `holder` is a pseudonym."""

    state: LockerState = "in"
    holder: str | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Raise:
    """An alarm begins; `detail` says why."""

    alarm: LockerAlarm
    detail: str


@dataclass(frozen=True, slots=True)
class Clear:
    """An alarm is over."""

    alarm: LockerAlarm


Effect = Raise | Clear


@dataclass(frozen=True, slots=True)
class _Grant:
    holder: str
    until_ms: int | None
    at_boot_ms: int


class Locker:
    """A locker with the wires that it has. `lending` is what is to be kept.

    Args:
        name: of the point, as rights name it.
        times: how long is long.
        has_contact: whether its door tells that it is closed.
        lending: as it was kept; None at the very first start.
    """

    def __init__(
        self, name: str, times: LockerTimes, *, has_contact: bool, lending: Lending | None = None
    ) -> None:
        self.name = name
        self.lending = lending or Lending()
        self._times = times
        self._has_contact = has_contact
        self._closed: bool | None = None
        self._present: bool | None = None
        self._grant: _Grant | None = None
        self._open_since_ms: int | None = None
        self._is_forced = False
        self._is_held = False

    def granted(self, holder: str, until_ms: int | None, boot_ms: int) -> None:
        """A card opened it: its holder may take out or put back."""
        self._grant = _Grant(holder, until_ms, boot_ms)

    def contact(self, *, closed: bool, boot_ms: int) -> list[Effect]:
        """The door of the locker is closed, or open."""
        was_closed, self._closed = self._closed, closed
        if not closed:
            self._open_since_ms = boot_ms
            if was_closed and not self._may_open(boot_ms):
                self._is_forced = True
                return [Raise("door_forced", "opened without a card")]
            return []
        self._open_since_ms = self._grant = None
        if self.lending.state == "returned":
            self.lending = Lending()
        effects: list[Effect] = [Clear("door_forced")] if self._is_forced else []
        effects += [Clear("door_held_open")] if self._is_held else []
        self._is_forced = self._is_held = False
        return effects

    def equipment(self, *, present: bool, boot_ms: int, utc_ms: int | None) -> list[Effect]:
        """The equipment is in its place, or not; told also at the beginning."""
        was_present, self._present = self._present, present
        if present == was_present:
            return []
        return self._put_back() if present else self._taken(was_present, boot_ms, utc_ms)

    def tick(self, boot_ms: int, utc_ms: int | None) -> list[Effect]:
        """What the time itself brings; once a second."""
        effects: list[Effect] = []
        since_ms = self._open_since_ms
        if since_ms is not None and not self._is_held and boot_ms - since_ms > self._times.held_ms:
            self._is_held = True
            seconds = self._times.held_ms // 1_000
            effects.append(Raise("door_held_open", f"open for over {seconds} s"))
        lent = self.lending
        if lent.state != "lent" or utc_ms is None:
            return effects
        if lent.until_ms is None:
            self.lending = Lending("lent", lent.holder, utc_ms + self._times.lends_ms)
        elif utc_ms > lent.until_ms + self._times.grace_ms:
            self.lending = Lending("missing", lent.holder, lent.until_ms)
            effects.append(Raise("equipment_missing", "not put back when the right was over"))
        return effects

    def _may_open(self, boot_ms: int) -> bool:
        grant = self._grant
        return grant is not None and boot_ms - grant.at_boot_ms <= self._times.opens_ms

    def _taken(self, was_present: bool | None, boot_ms: int, utc_ms: int | None) -> list[Effect]:
        if self.lending.state in {"lent", "missing"}:
            return []
        grant = self._grant
        # The door may stand open for long after the tap; without a contact the tap alone tells.
        by_right = grant is not None and (
            self._may_open(boot_ms) or (self._closed is False and not self._is_forced)
        )
        if grant is None or not by_right:
            self.lending = Lending("missing")
            why = "taken without a card" if was_present else "gone while nobody watched"
            return [Raise("equipment_missing", why)]
        until_ms = grant.until_ms
        if until_ms is None and utc_ms is not None:
            until_ms = utc_ms + self._times.lends_ms
        self.lending = Lending("lent", grant.holder, until_ms)
        return []

    def _put_back(self) -> list[Effect]:
        before = self.lending.state
        if before in {"lent", "missing"}:
            is_done = self._closed is True or not self._has_contact
            self.lending = Lending() if is_done else Lending("returned", self.lending.holder)
        return [Clear("equipment_missing")] if before == "missing" else []
