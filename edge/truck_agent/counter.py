"""The passengers at work: doors, ramp, taps and stops in; an `occupancy` at each stop out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from contract.downlink import PlannedStop
from edge.drivers.lines import Edge
from edge.link.reading import Reading
from edge.truck_agent.door import MOVING_M_S, Counted, Door
from edge.truck_agent.load import Load
from edge.truck_agent.memory import Memory
from edge.truck_agent.situation import Situation
from edge.truck_agent.stops import Stopping, metres_to

UNSAID_S = 120.0
"""What was counted and belongs to no departure is said after so long."""


class CountLink(Protocol):
    """What counts ask of the link."""

    def put(self, reading: Reading) -> None: ...

    def trusted_now_ms(self) -> int | None: ...


class PassengerCounter:
    """One vehicle's counts.

    Args:
        load: who is aboard.
        doors: its doors.
        link: where counts go.
        situation: where it is.
        memory: what is kept.
        stops: the stops of the plan as it stands.
        stop_radius_m: how near to a stop is at it.
        depots: where it is surely empty with the key off; latitude and longitude.
        depot_radius_m: how near to a depot is in it.
        hears: whether a line is heard.
    """

    def __init__(
        self,
        load: Load,
        doors: Sequence[Door],
        link: CountLink,
        situation: Situation,
        memory: Memory,
        stops: Callable[[], Sequence[PlannedStop]],
        stop_radius_m: float,
        depots: Sequence[tuple[float, float]] = (),
        depot_radius_m: float = 150.0,
        hears: Callable[[str], bool] = lambda _line: True,
    ) -> None:
        self.load = load
        self.doors = tuple(doors)
        self._link = link
        self._situation = situation
        self._memory = memory
        self._stops = stops
        self._stopping = Stopping(stop_radius_m)
        self._depots = tuple(depots)
        self._depot_radius_m = depot_radius_m
        self._hears = hears
        self._counted_s: float | None = None
        self._looked_s = 0.0
        self._begins = False

    @property
    def stop_id(self) -> str | None:
        """The stop at which the vehicle stands."""
        visit = self._stopping.visit
        return None if visit is None else visit.stop_id

    @property
    def faults(self) -> list[str]:
        """What is wrong, as DOOR.WORD."""
        return [f"{door.name}.{word}" for door in self.doors for word in sorted(door.faults)]

    def edge(self, edge: Edge) -> None:
        """A beam or a contact."""
        now_s = self._situation.now_s
        for door in self.doors:
            self._take(door.take(edge, now_s), door.name)

    def ramp(self, edge: Edge) -> None:
        """The ramp goes out or in."""
        if edge.active:
            self.load.ramp_out()
            self._note()

    def ramp_answered(self, change: int) -> None:
        """The driver says for whom the ramp was."""
        self.load.ramp_answered(change)
        self._note()

    def tap(self, direction: Literal["in", "out"] | None) -> None:
        """A card was granted at the door."""
        self.load.tap(direction)
        self._note()

    def moved(self) -> None:
        """There is a new fix."""
        fix = self._situation.fix
        if self._begins:
            self._begins = False
            if self._in_depot() and not self.load.changed:
                self._empty("depot")
        left = self._stopping.take(fix, self._stops()) if fix is not None else None
        if left is not None and (left.is_planned or self.load.changed):
            self._say(self.load.report(left.stop_id))

    def tick(self, now_s: float) -> None:
        """Look at the doors once a second; say what no departure has said."""
        if now_s - self._looked_s >= 1.0:
            self._looked_s = now_s
            at_ns = int(self._situation.clock.monotonic_s() * 1e9)
            for door in self.doors:
                self._take(door.tick(at_ns, now_s, self._situation.speed_m_s()), door.name)
            self.load.blind(is_blind=self._is_blind())
            self.load.tick(self._link.trusted_now_ms())
        standing = self.stop_id is not None
        if self._counted_s is None or standing or now_s - self._counted_s < UNSAID_S:
            return
        self._say(self.load.report(None))

    def key_on(self) -> None:
        """Somebody comes on duty: in a depot, nobody else is aboard yet."""
        self._begins = True

    def key_off(self) -> None:
        """The day or the shift is over: say what is left, and begin at nought in a depot."""
        if self._in_depot():
            self._empty("depot")
        elif self.load.changed:
            # Off duty, where it stands is said of a stop of the plan and of nothing else.
            visit = self._stopping.visit
            self._say(self.load.report(visit.stop_id if visit and visit.is_planned else None))

    def emptied(self) -> None:
        """Somebody has looked: nobody is aboard."""
        self._empty("by_hand")

    def stop(self) -> None:
        """The agent stops: keep the count."""
        self.load.keep(at_once=True)

    def _empty(self, reason: Literal["depot", "by_hand"]) -> None:
        if self.load.changed:
            self._say(self.load.report(self.stop_id))
        if self.load.persons or self.load.error_persons or self.load.wheelchairs != 0:
            self._say(self.load.empty(reason))

    def _is_blind(self) -> bool:
        """Whether people get on or off uncounted; nobody does while the vehicle drives."""
        speed_m_s = self._situation.speed_m_s()
        if speed_m_s is not None and speed_m_s >= MOVING_M_S:
            return False
        return any(
            door.is_blind or not all(self._hears(line) for line in door.beam_lines)
            for door in self.doors
        )

    def _in_depot(self) -> bool:
        fix = self._situation.fix
        return fix is not None and any(
            metres_to(fix, latitude, longitude) <= self._depot_radius_m
            for latitude, longitude in self._depots
        )

    def _take(self, counted: list[Counted], door: str) -> None:
        for one in counted:
            if one == "unclear":
                self.load.unclear(door)
            else:
                self.load.passage(one, door)
        if counted:
            self._note()

    def _note(self) -> None:
        self._counted_s = self._situation.now_s

    def _say(self, body: dict[str, object]) -> None:
        self._counted_s = None
        self._memory.kept.wheelchairs = self.load.wheelchairs
        self._memory.save()
        self._link.put(Reading("occupancy", body, self._situation.clock.boot_ms()))
