"""One suite for every card reader: the claims hold whatever the bus.

A row is a bench: a driver on its emulated device, the fake beside the driver, or on a rig a real
reader and a person, who is told on the terminal what to do.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from contract.clock import SystemClock
from edge.drivers.card_reader import CardReader
from edge.drivers.osdp import OsdpReader as OsdpDriver
from edge.drivers.osdp_fake import FakeOsdpReader
from edge.drivers.pn532 import Pn532Reader
from firmware_tests.card_benches import FakeBench, Pn532Bench
from firmware_tests.pcsc_bench import PcscBench
from firmware_tests.peers import needs
from firmware_tests.rig import Rig, section
from firmware_tests.waiting import repeatable, until
from simulator.devices.osdp.emulator import OsdpReader
from simulator.devices.osdp.state import ReaderState
from simulator.devices.pcsc_card import PcscReader

UIDS = (bytes.fromhex("04112233445566"), bytes.fromhex("04AABBCCDDEE01"))
CLOCK = SystemClock()


class Bench(Protocol):
    """A reader and the hand that holds cards before it."""

    reader: CardReader
    uids: tuple[bytes, bytes]
    patience_s: float

    def hold(self, uid: bytes) -> None: ...

    def take_away(self) -> None: ...

    def unplug(self) -> None: ...

    def plug(self) -> None: ...

    async def close(self) -> None: ...


class OsdpBench:
    uids, patience_s = UIDS, 15.0

    def __init__(self, directory: Path, _rig: Rig | None) -> None:
        key = os.urandom(16)
        self.device = OsdpReader(ReaderState(key), CLOCK, os.urandom, link=directory / "reader")
        self.reader = OsdpDriver(str(directory / "reader"), key, CLOCK, repeatable())

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
    uids, patience_s = UIDS, 15.0

    def __init__(self, _directory: Path, _rig: Rig | None) -> None:
        self.reader = FakeOsdpReader(CLOCK)

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


class HandBench:
    """A real reader, and a person who does what the terminal says."""

    patience_s = 60.0

    def __init__(self, reader: CardReader, cards: tuple[str, str]) -> None:
        self.reader = reader
        self.uids = (bytes.fromhex(cards[0]), bytes.fromhex(cards[1]))

    def hold(self, uid: bytes) -> None:
        _say(f"hold card {uid.hex().upper()} before the reader")

    def take_away(self) -> None:
        _say("take the card away")

    def unplug(self) -> None:
        _say("unplug the reader")

    def plug(self) -> None:
        _say("plug the reader in again")

    async def close(self) -> None:
        await self.reader.close()


def osdp_on_rig(_directory: Path, rig: Rig | None) -> Bench:
    wired = section(rig, "osdp")
    key = bytes.fromhex(Path(wired.key_file).read_text().strip())
    reader = OsdpDriver(
        wired.port, key, CLOCK, repeatable(), address=wired.address, baud=wired.baud
    )
    return HandBench(reader, wired.cards)


def pn532_on_rig(_directory: Path, rig: Rig | None) -> Bench:
    wired = section(rig, "pn532")
    reader = Pn532Reader(wired.port, CLOCK, repeatable(), wired.baud)
    return HandBench(reader, wired.cards)


def pcsc_on_rig(_directory: Path, rig: Rig | None) -> Bench:
    wired = section(rig, "pcsc")
    from edge.drivers.pcsc import PcscReader as PcscDriver

    return HandBench(PcscDriver(wired.name, CLOCK, repeatable()), wired.cards)


Made = Callable[[Path, Rig | None], Bench]
BENCHES = (
    pytest.param(Pn532Bench, id="pn532"),
    pytest.param(FakeBench, id="fake"),
    pytest.param(
        PcscBench,
        id="pcsc",
        marks=[
            needs("pcscd with vpcd", "pyscard"),
            pytest.mark.skipif(PcscReader.missing() is not None, reason=PcscReader.missing() or ""),
        ],
    ),
    pytest.param(OsdpBench, id="osdp", marks=needs("libosdp")),
    pytest.param(FakeOsdpBench, id="osdp_fake"),
    pytest.param(osdp_on_rig, id="osdp_on_rig"),
    pytest.param(pn532_on_rig, id="pn532_on_rig"),
    pytest.param(pcsc_on_rig, id="pcsc_on_rig"),
)


def _say(sentence: str) -> None:
    """On the terminal itself: pytest keeps what tests print."""
    Path("/dev/tty").write_text(f"\n>>> {sentence}\n")


@pytest.fixture(params=BENCHES)
async def bench(request: pytest.FixtureRequest, rig: Rig | None, tmp_path: Path):
    make: Made = request.param
    made = make(tmp_path, rig)
    yield made
    await made.close()


async def told(bench: Bench, uid: bytes):
    """Hold a card until the reader tells it; then take it away until it is gone."""
    waiting = asyncio.create_task(bench.reader.next_card())
    await until(lambda: bench.reader.connected, "the reader answers")
    bench.hold(uid)
    card = await asyncio.wait_for(waiting, bench.patience_s)
    bench.take_away()
    await asyncio.wait_for(bench.reader.removed(card), bench.patience_s)
    return card


async def test_cards_are_told_one_after_the_other_with_what_they_are(bench: Bench):
    for uid in bench.uids:
        card = await told(bench, uid)
        assert card.uid == uid
        assert card.speaks in {"iso14443_4", "uid_only"}


async def test_the_same_card_is_told_again_once_it_was_away(bench: Bench):
    for _ in range(2):
        assert (await told(bench, bench.uids[0])).uid == bench.uids[0]


async def test_a_reader_that_was_unplugged_reads_again(bench: Bench):
    waiting = asyncio.create_task(bench.reader.next_card())
    await until(lambda: bench.reader.connected, "the reader answers")
    bench.unplug()
    await until(lambda: not bench.reader.connected, "the loss is noticed", bench.patience_s)
    bench.plug()
    await until(lambda: bench.reader.connected, "it is found again", bench.patience_s)
    bench.hold(bench.uids[0])
    assert (await asyncio.wait_for(waiting, bench.patience_s)).uid == bench.uids[0]


async def test_a_wait_that_was_given_up_loses_no_card(bench: Bench):
    for uid in bench.uids:
        given_up = asyncio.create_task(bench.reader.next_card())
        await until(lambda: bench.reader.connected, "the reader answers")
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        assert (await told(bench, uid)).uid == uid
