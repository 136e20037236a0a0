"""A card at one of the space's readers: in or out, or a locker opens."""

from __future__ import annotations

import logging
from collections.abc import Callable

from contract.pseudonym import pseudonym_at
from edge.copass.errors import JournalUnwritable
from edge.copass.station import Station
from edge.copass.taps import Outcome, Point
from edge.drivers.card_reader import CardChannel, CardReader
from edge.drivers.signals import Signals
from edge.space_agent.config import ReaderSection
from edge.space_agent.locker_bank import LockerBank
from edge.space_agent.room import Room
from edge.space_agent.tap_point import locker_for

_PROVEN_REFUSALS = frozenset({"expired", "no_right_here", "too_early"})
"""Refused for its rights after the card had proven to be itself."""

_log = logging.getLogger(__name__)


class TapDesk:
    """Serves one reader.

    Args:
        told: the reader as configured.
        reader: its head.
        station: the co-pass of the space.
        room: whose presence taps tell.
        lockers: that its cards open.
        signals: lights and buzzer; None where none is wired.
        changed: called when who is in has changed.
    """

    def __init__(
        self,
        told: ReaderSection,
        reader: CardReader,
        station: Station,
        room: Room,
        lockers: LockerBank,
        signals: Signals | None,
        changed: Callable[[], None],
    ) -> None:
        self._told = told
        self._reader = reader
        self._station = station
        self._room = room
        self._lockers = lockers
        self._signals = signals
        self._changed = changed

    async def run(self) -> None:
        """One card after the other, for ever."""
        try:
            while True:
                card = await self._reader.next_card()
                await self.tap(card)
                await self._reader.removed(card)
        finally:
            if self._signals is not None:
                self._signals.stop()
            await self._reader.close()

    async def tap(self, card: CardChannel) -> Outcome:
        """Decide one card and do what follows from it."""
        table, moment = self._station.store.table, self._station.timepiece.look()
        holder = pseudonym_at(moment.utc_ms, table.pseudonym_keys, card.uid)
        locker = self._locker_of(card, holder)
        if locker is not None:
            outcome = await self._station.desk.tap(card, Point(locker))
            await self._open(locker, outcome)
        elif self._told.room is not None:
            direction = self._room.people.direction_of(holder, self._told.direction)
            outcome = await self._station.desk.tap(card, Point(self._told.room, direction))
            self._note(outcome, direction)
        else:
            # No right to any of its lockers: the co-pass says so, and writes it down.
            outcome = await self._station.desk.tap(card, Point(self._told.lockers[0]))
        return outcome

    def _locker_of(self, card: CardChannel, holder: str) -> str | None:
        table, moment = self._station.store.table, self._station.timepiece.look()
        rights = table.rights_of(table.tag_of(card.uid))
        now_ms = moment.utc_ms if moment.is_trusted else None
        held = self._lockers.holds(holder)
        return locker_for(self._told.lockers, rights, held, now_ms)

    async def _open(self, locker: str, outcome: Outcome) -> None:
        holder = outcome.pseudonym
        puts_back = await self._puts_back(locker, outcome)
        opened = (outcome.opens or puts_back) and self._lockers.open(
            locker, holder, outcome.decision.until_ms
        )
        self._signal(outcome, good=opened)
        if outcome.opens and self._told.room is not None:
            self._present(outcome.pseudonym, "in")

    async def _puts_back(self, locker: str, outcome: Outcome) -> bool:
        """Whether it opens only to receive what this card took out, though its right is over."""
        lending = self._lockers.lending(locker)
        if (
            lending.holder != outcome.pseudonym
            or lending.state not in {"lent", "missing"}
            or outcome.decision.reason not in _PROVEN_REFUSALS
        ):
            return False
        try:
            await self._station.recorder.write("locker_return", {"point": locker})
        except JournalUnwritable as error:
            _log.warning("locker=closed name=%s: %s", locker, error)
            return False
        return True

    def _note(self, outcome: Outcome, direction: str) -> None:
        """A refused card at the way out is not believed to be its holder."""
        good = outcome.decision.is_granted and (
            direction == "in" or outcome.decision.right_id is not None
        )
        self._signal(outcome, good=good)
        if good:
            self._present(outcome.pseudonym, direction)

    def _present(self, holder: str, direction: str) -> None:
        change = self._room.people.tap(holder, "in" if direction == "in" else "out")
        self._room.tapped(self._told.name, direction, is_change=change)
        if change:
            self._changed()

    def _signal(self, outcome: Outcome, *, good: bool) -> None:
        if self._signals is None:
            return
        again = outcome.decision.reason == "read_again"
        self._signals.play("granted" if good else "read_again" if again else "refused")
