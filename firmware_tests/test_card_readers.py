"""One suite for every card reader: the claims hold whatever the bus.

A row is a bench: a driver on its emulated device, or the fake beside the driver.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

import pytest

from contract.clock import SystemClock
from edge.drivers.card_reader import CardReader
from edge.drivers.osdp import OsdpReader as OsdpDriver
from edge.drivers.osdp_fake import FakeOsdpReader
from firmware_tests.peers import needs
from firmware_tests.waiting import repeatable, until
from simulator.devices.osdp.emulator import OsdpReader
from simulator.devices.osdp.state import ReaderState

UIDS = (bytes.fromhex("04112233445566"), bytes.fromhex("04AABBCCDDEE01"))


class Bench(Protocol):
    """A reader and the hand that holds cards before it."""

    reader: CardReader

    def hold(self, uid: bytes) -> None: ...

    def take_away(self) -> None: ...

    def unplug(self) -> None: ...

    def plug(self) -> None: ...

    async def close(self) -> None: ...


class OsdpBench:
    def __init__(self, directory: Path) -> None:
        key = os.urandom(16)
        clock = SystemClock()
        self.device = OsdpReader(ReaderState(key), clock, os.urandom, link=directory / "reader")
        self.reader = OsdpDriver(str(directory / "reader"), key, clock, repeatable())
        self.reader.start()

    def hold(self, uid: bytes) -> None:
        self.device.state.read_card(uid)

    def take_away(self) -> None:
        """It tells numbers when they are read, and nothing when a card leaves."""

    def unplug(self) -> None:
        self.device.unplug()

    def plug(self) -> None:
        self.device.plug()

    async def close(self) -> None:
        await self.reader.close()
        await self.device.close()


class FakeOsdpBench:
    def __init__(self, _directory: Path) -> None:
        self.reader = FakeOsdpReader(SystemClock())

    def hold(self, uid: bytes) -> None:
        self.reader.hold(uid)

    def take_away(self) -> None:
        """As a real one: it notices nothing."""

    def unplug(self) -> None:
        self.reader.connected = False

    def plug(self) -> None:
        self.reader.connected = True

    async def close(self) -> None:
        await self.reader.close()


BENCHES = (
    pytest.param(OsdpBench, id="osdp", marks=needs("libosdp")),
    pytest.param(FakeOsdpBench, id="osdp_fake"),
)


@pytest.fixture(params=BENCHES)
async def bench(request: pytest.FixtureRequest, tmp_path: Path):
    made = request.param(tmp_path)
    await until(lambda: made.reader.connected, "the reader answers")
    yield made
    await made.close()


async def test_cards_are_told_one_after_the_other_with_what_they_are(bench: Bench):
    for uid in UIDS:
        bench.hold(uid)
        card = await bench.reader.next_card()
        assert card.uid == uid
        assert card.speaks in {"iso14443_4", "uid_only"}
        bench.take_away()
        await bench.reader.removed(card)


async def test_the_same_card_is_told_again_once_it_was_away(bench: Bench):
    for _ in range(2):
        bench.hold(UIDS[0])
        card = await bench.reader.next_card()
        assert card.uid == UIDS[0]
        bench.take_away()
        await bench.reader.removed(card)


async def test_a_reader_that_was_unplugged_reads_again(bench: Bench):
    bench.unplug()
    await until(lambda: not bench.reader.connected, "the loss is noticed")
    bench.plug()
    await until(lambda: bench.reader.connected, "it is found again")
    bench.hold(UIDS[0])
    assert (await bench.reader.next_card()).uid == UIDS[0]
