"""Cards at the door of a bus: who rides today, decided without network.

Nobody is kept out: a refused card is told to the driver, who lets people on all the same. What
the cards then do not tell, the beams do, and the count says both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from contract.clock import Clock
from contract.downlink import PlannedStop
from edge.copass.station import Station
from edge.copass.taps import Outcome, Point
from edge.drivers.card_reader import CardReader
from edge.truck_agent.counter import PassengerCounter
from edge.truck_agent.rides import ride_of


@dataclass(frozen=True, slots=True)
class LastTap:
    """What the cab is shown of the last card."""

    decision: Literal["granted", "refused"]
    reason: str
    warning: str | None
    at_ms: int


class Boarding:
    """The reader of one vehicle.

    Args:
        reader: its head.
        station: the co-pass of the vehicle.
        place: the name of its door.
        stops: the plan as it stands.
        counter: told of each card that was granted; None where nobody counts.
        clock: of the run.
    """

    def __init__(
        self,
        reader: CardReader,
        station: Station,
        place: str,
        stops: Callable[[], Sequence[PlannedStop]],
        counter: PassengerCounter | None,
        clock: Clock,
    ) -> None:
        self.last: LastTap | None = None
        self._reader = reader
        self._station = station
        self._place = place
        self._stops = stops
        self._counter = counter
        self._clock = clock

    @property
    def is_faulty(self) -> bool:
        """Whether the reader does not answer."""
        return not self._reader.connected

    async def run(self) -> None:
        """One card after the other, until cancelled."""
        while True:
            card = await self._reader.next_card()
            stop_id = None if self._counter is None else self._counter.stop_id
            point = Point(self._ride(card.uid, stop_id), "in", at=self._place)
            outcome = await self._station.desk.tap(card, point, stop_id=stop_id)
            self._took(outcome)
            await self._reader.removed(card)

    def _ride(self, uid: bytes, stop_id: str | None) -> str:
        """The ride that the card has a right to, by the plan if there is one, else the door."""
        table = self._station.store.table
        rights = sorted(table.rights_of(table.tag_of(uid)), key=lambda right: right.starts_ms)
        stops = self._stops()
        if stops:
            handles = {handle for right in rights for handle in right.points}
            return ride_of(handles, stops, stop_id) or self._place
        now_ms = self._station.timepiece.look().utc_ms
        due = [right for right in rights if right.ends_ms is None or right.ends_ms > now_ms]
        return next((right.points[0] for right in due if right.points), self._place)

    def _took(self, outcome: Outcome) -> None:
        decided = outcome.decision
        self.last = LastTap(decided.word, decided.reason, decided.warning, self._clock.now_ms())
        if decided.is_granted and self._counter is not None:
            self._counter.tap("in")
