"""Who gets on while no beam counts is doubt, and doubt is said; the wifi aboard is counted."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from contract.clock import ManualClock
from edge.agent.wifi_report import WifiReport
from edge.drivers.beam_pair import BeamPair
from edge.drivers.gpio_fake import FakeChip
from edge.drivers.lines import Edge
from edge.drivers.wifi_config import WifiSection
from edge.drivers.wifi_usage import Usage
from edge.link.link_fake import FakeLink
from edge.truck_agent.counter import PassengerCounter
from edge.truck_agent.door import Door
from edge.truck_agent.hardware import fit_out
from edge.truck_agent.load import Capacity, Load, open_headcount
from edge.truck_agent.memory import Memory
from edge.truck_agent.situation import Situation
from tests.truck_agent.vehicle import config_at

CAPACITY = Capacity(seats=20)


class Bus:
    """A bus with one door, its clock in our hand."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.heard = True
        self.door = Door("front", BeamPair("o", "i"), "c")
        self.situation = Situation(self.clock)
        count = open_headcount(CAPACITY, 0.0, folder / "count", "boot-1", self.clock)
        self.load = Load(count, CAPACITY)
        self.counter = PassengerCounter(
            self.load,
            [self.door],
            FakeLink(),
            self.situation,
            Memory(folder / "aboard", "boot-1"),
            tuple,
            80.0,
            hears=lambda _line: self.heard,
        )
        for line in "oi":
            self.edge(line, active=False)
        self.edge("c", active=True)
        self.load.empty("by_hand")

    def edge(self, line: str, *, active: bool) -> None:
        self.counter.edge(Edge(line, active, int(self.clock.monotonic_s() * 1e9)))

    async def stand(self, seconds: int) -> None:
        for _ in range(seconds):
            await self.clock.advance(1)
            self.counter.tick(self.situation.now_s)


@pytest.fixture
def bus(tmp_path: Path) -> Bus:
    return Bus(tmp_path)


async def test_a_blocked_beam_lets_the_doubt_grow_up_to_all_places_while_the_door_is_open(bus):
    known = bus.load.error_persons
    await bus.stand(60)
    assert bus.load.error_persons == known
    bus.edge("o", active=True)
    await bus.stand(120)
    assert bus.door.is_blind
    assert known + 10 < bus.load.error_persons <= known + 20
    bus.edge("c", active=False)
    before = bus.load.error_persons
    await bus.stand(600)
    assert bus.load.error_persons == before, "nobody passes a closed door"


async def test_lost_wires_let_the_doubt_grow_and_found_ones_end_it(bus):
    known = bus.load.error_persons
    bus.heard = False
    await bus.stand(20)
    doubt = bus.load.error_persons
    assert known + 5 <= doubt <= known + 10
    bus.heard = True
    await bus.stand(60)
    assert bus.load.error_persons == doubt


async def test_the_use_of_the_wifi_is_said_in_counts():
    class Radio:
        present = 3

        async def usage(self):
            yield Usage(900.04, 3, 1_000, 2_000)

    link = FakeLink()
    await WifiReport(Radio(), link, ManualClock()).run()
    (reading,) = link.of("wifi")
    assert reading.body == {
        "interval_s": 900.0,
        "stations": 3,
        "received_bytes": 1_000,
        "sent_bytes": 2_000,
    }


@pytest.mark.parametrize("section", [WifiSection(hostapd=("/run/hostapd/wlan0",)), None])
async def test_a_bus_counts_its_wifi_where_its_file_says_so(tmp_path, section):
    chip = FakeChip(tmp_path / "chip")
    aboard = fit_out(
        config_at(tmp_path, chip, wifi=section),
        FakeLink(),
        ManualClock(),
        random.Random(1),  # noqa: S311 - jitter
    )
    assert ("wifi" in [work.name for work in aboard.works]) == (section is not None)
