"""A space with its co-pass, in the time of a test: cards, lockers, the count, a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contract.clock import ManualClock
from contract.rights import CardKey
from edge.agent.kept_file import KeptFile
from edge.copass.decision import Policy
from edge.copass.proof.errors import NotAuthentic
from edge.copass.station import Station, StationSettings
from edge.counting.headcount import Headcount, Place
from edge.counting.state_file import StateFile
from edge.counting.tracker import Way
from edge.drivers.beam_pair_fake import Walk, edges_of
from edge.drivers.card_reader import CardChannel
from edge.drivers.card_reader_fake import FakeCardReader
from edge.drivers.gpio import GpioOutputs
from edge.drivers.gpio_fake import FakeChip
from edge.drivers.line_config import OutputLine
from edge.drivers.lines import Edge
from edge.drivers.relay import Relay
from edge.drivers.signals import Signals
from edge.link.link_fake import FakeLink
from edge.space_agent.alarms import SpaceAlarms
from edge.space_agent.commands import SpaceOrders
from edge.space_agent.config import DoorSection, LockerSection, ReaderSection
from edge.space_agent.core import OccupancyPace
from edge.space_agent.locker import Lending
from edge.space_agent.locker_bank import Lendings, LockerBank
from edge.space_agent.people import People
from edge.space_agent.reader_watch import ReaderWatch
from edge.space_agent.room import Room
from edge.space_agent.tap_desk import TapDesk
from tests.copass.rights_made import HOUR_MS, NOON_MS, booking, key_of, right, snapshot, uid_of
from tests.copass.territory import TERRITORY, frames, opener

RIGHTS = snapshot(
    right(1, "ada", points=("room",)),
    booking(2, "ada", NOON_MS, NOON_MS + HOUR_MS, points=("drill",)),
    right(3, "bob", points=("room",)),
    cards=("ada", "bob"),
)
DOOR = DoorSection("front", "outer", "inner", "front-contact")
DRILL = LockerSection("drill", "strike", "drill-contact", "drill-there")
READER = ReaderSection(name="hall", lockers=("drill",))
OUTPUTS = {"strike": OutputLine(1), "green": OutputLine(2), "red": OutputLine(3)}


class Link(FakeLink):
    """Its trusted time is the clock's."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self._clock = clock

    def trusted_now(self) -> Any:
        return self._clock.now_ms(), "ntp"


async def prove(channel: CardChannel, card: CardKey) -> None:
    if await channel.native(b"key") != card.key:
        raise NotAuthentic("key_refused")


async def at_once(work: Callable[[], Any]) -> Any:
    return work()


class Space:
    def __init__(self, directory: Path, chip: FakeChip, clock: ManualClock, link: Link) -> None:
        self.clock, self.chip, self.link = clock, chip, link
        self.wires_known = True
        self.outputs = GpioOutputs(chip.name, OUTPUTS)
        settings = StationSettings(
            directory / "copass", TERRITORY, "m", bytes(32), Policy(clockless_limit_ms=HOUR_MS)
        )
        self.station = Station(settings, link, opener(), clock, prove, aside=at_once)
        file = KeptFile(directory / "lockers", Lendings)
        alarms = self.space_alarms = SpaceAlarms(
            link, clock, (file.read() or Lendings()).standing()
        )
        place = Place(3, [Way("beams", 0.1), Way("taps", 0.3, covers_all=False)])
        count = Headcount(place, StateFile(directory / "count", "boot-1"), clock)
        self.people_file = KeptFile(directory / "people", tuple[str, ...])
        people = People(self.people_file.read() or ())
        self.room = Room(
            (DOOR,),
            count,
            people,
            OccupancyPace(300),
            alarms,
            link,
            clock,
            3,
            clock.now_ms,
            lambda: None,
            lambda: self.wires_known,
            self.keep,
        )
        relays = {"drill": Relay(self.outputs, "strike", clock)}
        self.lockers = LockerBank([DRILL], relays, file, alarms, clock, clock.now_ms)
        self.reader = FakeCardReader()
        signals = Signals(self.outputs, frozenset({"green", "red"}), clock)
        self.desk = TapDesk(
            READER, self.reader, self.station, self.room, self.lockers, signals, self.keep
        )
        self.wire("drill-contact", active=True)
        self.wire("drill-there", active=True)

    def keep(self) -> None:
        self.people_file.write(self.room.people.inside() or None)

    async def send_rights(self) -> None:
        for frame in frames(RIGHTS):
            answer = self.station.store.take("rights", frame)
        assert answer is not None
        assert answer.answer == "accepted", answer.reason

    async def tap(self, name: str, key: str | None = None) -> str:
        card = self.reader.put(uid_of(name), lambda _command: key_of(key or name))
        outcome = await self.desk.tap(card)
        self.reader.take()
        return outcome.decision.reason

    def wire(self, line: str, *, active: bool) -> None:
        edge = Edge(line, active, int(self.clock.monotonic_s() * 1e9))
        self.room.edge(edge)
        self.lockers.edge(edge)

    async def walk(self, *directions: str) -> None:
        for direction in directions:
            start_ns = int(self.clock.monotonic_s() * 1e9)
            await self.clock.advance(2)
            walk = Walk(0.5, "in" if direction == "in" else "out")
            for edge in edges_of([walk], start_ns=start_ns):
                self.room.edge(edge)

    async def wait(self, seconds: float) -> None:
        await self.clock.advance(seconds)
        self.room.tick()
        self.lockers.tick()

    @property
    def alarms(self) -> list[tuple[str, str, str]]:
        return [
            (r.body["alarm"], r.body["subject"], r.body.get("state", "raised"))
            for r in self.link.of("alarm")
        ]

    @property
    def said(self) -> dict[str, Any]:
        return dict(self.link.of("occupancy")[-1].body)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON_MS)


@pytest.fixture
def chip(tmp_path: Path, clock: ManualClock):
    with FakeChip(tmp_path / "chip", clock=clock) as made:
        yield made


@pytest.fixture
async def space(tmp_path: Path, chip: FakeChip, clock: ManualClock):
    made = Space(tmp_path, chip, clock, Link(clock))
    await made.send_rights()
    yield made
    made.outputs.close()


async def test_a_locker_opens_by_right_and_its_equipment_is_missed_and_taken_back_late(
    space: Space, chip: FakeChip
):
    assert await space.tap("ada") == "granted"
    assert chip.level(1) == 1
    await space.wait(4)
    assert chip.level(1) == 0
    space.wire("drill-contact", active=False)
    space.wire("drill-there", active=False)
    space.wire("drill-contact", active=True)
    assert space.lockers.lending("drill").state == "lent"
    await space.wait(3_600 + 900)
    assert space.alarms == [("equipment_missing", "drill", "raised")]
    assert await space.tap("ada") == "expired"
    assert chip.level(1) == 1, "it opens to take back what is missing"
    space.wire("drill-contact", active=False)
    space.wire("drill-there", active=True)
    space.wire("drill-contact", active=True)
    assert space.lockers.lending("drill") == Lending()
    assert space.alarms[1:] == [("equipment_missing", "drill", "cleared")]
    references = {reading.body["reference"] for reading in space.link.of("alarm")}
    assert references == {"equipment_missing-drill"}


async def test_a_card_without_the_right_or_without_the_key_opens_no_locker(
    space: Space, chip: FakeChip
):
    assert await space.tap("bob") == "granted", "of the room, which is his"
    assert await space.tap("ada", key="eve") == "not_authentic"
    assert await space.tap("eve") == "unknown_card"
    await space.wait(3)
    assert [change.level for change in chip.history(1)] == [0]


async def test_a_strange_card_gives_nothing_back_and_opens_nothing(space: Space, chip: FakeChip):
    await space.tap("ada")
    space.wire("drill-there", active=False)
    await space.wait(2 * 3_600)
    assert await space.tap("ada", key="eve") == "not_authentic"
    assert chip.level(1) == 0


async def test_taps_tell_who_is_in_and_are_forgotten_when_the_room_is_empty(
    space: Space, tmp_path: Path, chip: FakeChip
):
    assert await space.tap("bob") == "granted"
    assert await space.tap("ada") == "granted"
    assert len(space.room.people) == 2
    [bob, _ada] = space.room.people.inside()
    assert bob.startswith("202610-")
    assert uid_of("bob").hex() not in (tmp_path / "people").read_text()
    assert await space.tap("bob") == "granted"
    assert len(space.room.people) == 1
    await space.wait(10)
    assert space.said["taps"] == 3
    result = await SpaceOrders(space.room, space.station).empty({})
    assert result.text == "drift_persons=0"
    assert len(space.room.people) == 0
    assert not (tmp_path / "people").exists()


async def test_a_strange_card_at_the_way_out_takes_nobody_out(space: Space):
    await space.tap("bob")
    assert len(space.room.people) == 1
    await space.tap("bob", key="eve")
    assert len(space.room.people) == 1


async def test_the_count_goes_out_with_its_bound_and_over_capacity(space: Space):
    space.room.empty_by_hand()
    await space.walk("in", "in", "out", "in", "in", "in")
    await space.wait(10)
    assert space.said["persons"] == 4
    assert space.said["over_capacity"] is True
    assert (space.said["entered"], space.said["left"], space.said["seats"]) == (5, 1, 3)
    assert space.said["error_persons"] <= 3


async def test_blocked_beams_and_lost_sensors_are_alarms_and_counted_in_health(space: Space):
    space.wire("outer", active=False)
    space.wire("inner", active=False)
    space.wire("outer", active=True)
    space.room.presence("radar", None)
    await space.wait(11)
    assert space.room.health() == {"sensor_faults": 2}
    space.wire("outer", active=False)
    space.room.presence("radar", 0)
    assert space.room.health() == {}
    assert space.alarms == [
        ("sensor_fault", "radar", "raised"),
        ("sensor_fault", "front-blocked", "raised"),
        ("sensor_fault", "front-blocked", "cleared"),
        ("sensor_fault", "radar", "cleared"),
    ]


async def test_while_the_wires_are_lost_the_bound_grows_and_it_is_an_alarm(space: Space):
    space.room.empty_by_hand()
    before = space.room.count.estimate().error_persons
    space.wires_known = False
    for _ in range(3):
        await space.wait(1)
    assert space.alarms == []
    grown = space.room.count.estimate().error_persons
    assert before < grown <= before + 2
    for _ in range(600):
        await space.wait(1)
    assert space.alarms == [("sensor_fault", "wires", "raised")]
    assert space.room.count.estimate().error_persons == before + 3, "by the capacity at most"
    space.wires_known = True
    await space.wait(1)
    assert space.alarms[1:] == [("sensor_fault", "wires", "cleared")]


async def test_a_reader_that_stays_away_is_an_alarm(space: Space, clock: ManualClock):
    watch = ReaderWatch("hall", space.reader, space.space_alarms, clock)
    watching = asyncio.create_task(watch.run())
    space.reader.unplug()
    await clock.advance(5)
    space.reader.plug()
    await clock.advance(5)
    space.reader.unplug()
    await clock.advance(9)
    assert space.alarms == []
    await clock.advance(3)
    space.reader.plug()
    await clock.advance(2)
    watching.cancel()
    assert space.alarms == [("reader_lost", "hall", "raised"), ("reader_lost", "hall", "cleared")]


async def test_a_restart_knows_who_has_what_and_who_is_in(
    space: Space, tmp_path: Path, chip: FakeChip, clock: ManualClock
):
    await space.tap("bob")
    await space.tap("ada")
    space.wire("drill-there", active=False)
    await space.wait(2 * 3_600)
    assert space.lockers.lending("drill").state == "missing"
    space.outputs.close()
    space.station.journal.close()
    again = Space(tmp_path, chip, clock, Link(clock))
    assert len(again.room.people) == 2
    assert again.lockers.lending("drill").state == "in", "the wire says that it is back"
    assert again.alarms == [("equipment_missing", "drill", "cleared")]
    again.outputs.close()
