"""One room at work: doors and sensors in, `occupancy` out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from contract.clock import Clock
from contract.uplink import AlarmKind
from edge.counting.headcount import Headcount
from edge.drivers.beam_pair import BeamEvent, BeamFault, BeamPair, Passage
from edge.drivers.contact import Contact
from edge.drivers.lines import Edge
from edge.link.reading import Reading
from edge.space_agent.alarms import Putting, SpaceAlarms
from edge.space_agent.config import BEAMS, TAPS, DoorSection
from edge.space_agent.core import OccupancyPace
from edge.space_agent.people import People

FAULT: AlarmKind = "sensor_fault"
WIRES = "wires"
LOST_AFTER_S = 10.0
"""What comes back at once raises nothing."""


class _Door:
    def __init__(self, told: DoorSection) -> None:
        self.name = told.name
        self.is_blind = False
        self.contact = None if told.contact is None else Contact(told.contact)
        self.beams: BeamPair | None = None
        if told.outer is not None and told.inner is not None:
            self.beams = BeamPair(told.outer, told.inner)


class Room:
    """Owns the count of one room and says it.

    Args:
        doors: with beams, contact or both.
        count: of the persons inside.
        people: who tapped in.
        pace: when the count is said.
        alarms: where faults of sensors go.
        link: takes the messages.
        clock: of the run.
        seats: as they are told in each message.
        utc_ms: the time by a trusted clock; None where there is none.
        present_stations: stations on the wifi now; None where they are not known.
        wires_known: whether the chip tells how its wires stand.
        emptied: called when the room was found empty: nobody who tapped in is in.
    """

    def __init__(
        self,
        doors: tuple[DoorSection, ...],
        count: Headcount,
        people: People,
        pace: OccupancyPace,
        alarms: SpaceAlarms,
        link: Putting,
        clock: Clock,
        seats: int | None,
        utc_ms: Callable[[], int | None],
        present_stations: Callable[[], int | None],
        wires_known: Callable[[], bool],
        emptied: Callable[[], None],
    ) -> None:
        self.count = count
        self.people = people
        self._doors = [_Door(door) for door in doors]
        self._pace = pace
        self._alarms = alarms
        self._link = link
        self._clock = clock
        self._seats = seats
        self._utc_ms = utc_ms
        self._present_stations = present_stations
        self._wires_known = wires_known
        self._wires_lost_s: float | None = None
        self._emptied = emptied
        self._taps = 0

    def edge(self, edge: Edge) -> None:
        """A beam or a contact."""
        for door in self._doors:
            if door.beams is not None:
                self._hear(door, door.beams.take(edge))
            if door.contact is not None and door.contact.take(edge):
                self._closed_or_open()
                self._chatter(door.name, door.contact)

    def presence(self, sensor: str, persons: int | None) -> None:
        """A sensor sees so many at least, nobody (0), or is lost."""
        if persons is None:
            self.count.sensor_lost(sensor)
            self._alarms.raise_once(FAULT, sensor, "the presence sensor does not answer")
        else:
            self.count.presence(sensor, persons)
            self._alarms.clear(FAULT, sensor)

    def tapped(self, source: str, direction: str, *, is_change: bool) -> None:
        """A card was granted at the room's reader."""
        self._taps += 1
        if is_change:
            self.count.passed(TAPS, source, "in" if direction == "in" else "out")

    def tick(self) -> None:
        """Once a second: what time brings, and the count where it is due."""
        now_ns = int(self._clock.monotonic_s() * 1e9)
        for door in self._doors:
            if door.beams is not None:
                self._hear(door, door.beams.pass_to(now_ns))
        self._judge_sight()
        self.count.stations(self._present_stations())
        zero = self.count.tick(self._utc_ms())
        if zero is not None:
            self._forget_people()
        now_s = self._clock.monotonic_s()
        if self._pace.is_due(self.count.estimate(), now_s, rezeroed=zero is not None):
            self.say()

    def empty_by_hand(self) -> int:
        """Somebody has looked: nobody is inside. The drift that this took away, in persons."""
        zero = self.count.zero("by_hand")
        self._forget_people()
        self.say()
        return zero.drift_persons

    def say(self) -> None:
        """The count, as it is now."""
        body = self.count.report() | {"taps": self._taps}
        if self._seats is not None:
            body["seats"] = self._seats
        self._taps = 0
        self._link.put(Reading("occupancy", body, self._clock.boot_ms()))

    def health(self) -> Mapping[str, object]:
        """What the room adds to `health`."""
        faults = self._alarms.count(FAULT)
        return {"sensor_faults": faults} if faults else {}

    def _hear(self, door: _Door, events: list[BeamEvent]) -> None:
        for event in events:
            if isinstance(event, Passage):
                age_ms = math.ceil(self._clock.monotonic_s() * 1e3 - event.at_ns / 1e6)
                at_ms = self._clock.boot_ms() - max(age_ms, 0)
                self.count.passed(BEAMS, door.name, event.direction, at_ms)
            elif not isinstance(event, BeamFault):
                self.count.unclear(BEAMS, door.name)
            elif event.is_over:
                door.is_blind = False
                self._alarms.clear(FAULT, f"{door.name}-{event.kind}")
            else:
                # Of a beam that is never broken only half of the passages are lost, and told so.
                door.is_blind = event.kind != "one_sided"
                self._alarms.raise_once(FAULT, f"{door.name}-{event.kind}", event.sentence)

    def _judge_sight(self) -> None:
        """Who passes a blocked beam or a lost chip is counted by nobody."""
        now_s = self._clock.monotonic_s()
        if self._wires_known():
            self._wires_lost_s = None
            self._alarms.clear(FAULT, WIRES)
        elif self._wires_lost_s is None:
            self._wires_lost_s = now_s
        elif now_s - self._wires_lost_s >= LOST_AFTER_S:
            self._alarms.raise_once(FAULT, WIRES, "the wires of doors and lockers are not heard")
        lost = self._wires_lost_s is not None and any(door.beams for door in self._doors)
        self.count.blind(is_blind=lost or any(door.is_blind for door in self._doors))

    def _closed_or_open(self) -> None:
        """The room is closed when all doors with a contact are."""
        states = [door.contact.closed for door in self._doors if door.contact is not None]
        if any(state is False for state in states):
            self.count.door(closed=False)
        elif all(states):
            self.count.door(closed=True)

    def _chatter(self, name: str, contact: Contact) -> None:
        if contact.flutters:
            sentence = f"{contact.line} opens and closes ten times in ten seconds: check its wire"
            self._alarms.raise_once(FAULT, f"{name}-contact", sentence)
        else:
            self._alarms.clear(FAULT, f"{name}-contact")

    def _forget_people(self) -> None:
        self.people.clear()
        self._emptied()
