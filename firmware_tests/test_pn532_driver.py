"""Our PN532 driver mends what goes wrong on the wire, and blames a card for none of it."""

from __future__ import annotations

import asyncio
import logging
import os
import pty
import secrets
import tty
from pathlib import Path

import pytest

from contract.clock import SystemClock
from edge.copass.proof import read_card
from edge.drivers.errors import CardGone
from edge.drivers.pn532 import Pn532Reader
from firmware_tests.card_benches import TERRITORY, Issued, Pn532Bench
from firmware_tests.waiting import repeatable, until
from simulator.devices.pn532 import Fault

UID = bytes.fromhex("04782E21801D80")
MENDED = (
    Fault.LOST_ACK,
    Fault.LOST_REPLY,
    Fault.BAD_CHECKSUM,
    Fault.BAD_LENGTH,
    Fault.WRONG_REPLY,
    Fault.JUNK,
    Fault.PARTIAL,
)
ON_THE_AIR = (Fault.RF_ERROR, Fault.CARD_PULLED)
LAST = 3


@pytest.fixture
async def bench(tmp_path: Path):
    made = Pn532Bench(tmp_path)
    yield made
    await made.close()


@pytest.mark.parametrize("fault", MENDED, ids=lambda fault: fault.value)
@pytest.mark.parametrize("exchange", range(LAST + 1))
async def test_a_fault_on_the_wire_is_mended_in_mid_proof(
    bench: Pn532Bench, fault: Fault, exchange: int
):
    issued = Issued(UID)
    bench.hold_card(issued.card)
    card = await bench.reader.next_card()
    bench.device.fault(fault, exchange)
    assert await read_card(card, issued.key, TERRITORY, secrets.token_bytes) == issued.file


@pytest.mark.parametrize("fault", ON_THE_AIR, ids=lambda fault: fault.value)
@pytest.mark.parametrize("exchange", range(LAST))
async def test_a_fault_on_the_air_asks_to_read_again(
    bench: Pn532Bench, fault: Fault, exchange: int
):
    issued = Issued(UID)
    bench.hold_card(issued.card)
    card = await bench.reader.next_card()
    bench.device.fault(fault, exchange)
    with pytest.raises(CardGone):
        await read_card(card, issued.key, TERRITORY, secrets.token_bytes)
    bench.hold_card(issued.card)
    card = await bench.reader.next_card()
    assert await read_card(card, issued.key, TERRITORY, secrets.token_bytes) == issued.file


@pytest.mark.parametrize("fault", MENDED, ids=lambda fault: fault.value)
@pytest.mark.parametrize("command", range(6))
async def test_a_fault_while_it_starts_is_mended(
    bench: Pn532Bench, fault: Fault, command: int, caplog: pytest.LogCaptureFixture
):
    bench.device.fault(fault, command)
    looking = asyncio.create_task(bench.reader.next_card())
    await until(lambda: bench.reader.connected, "the reader answers")
    bench.hold(UID)
    assert (await looking).uid == UID
    assert "reader=down" not in caplog.text


async def test_a_reader_pulled_in_mid_proof_is_said_once_and_healed_once(
    bench: Pn532Bench, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    issued = Issued(UID)
    for _ in range(2):
        bench.hold_card(issued.card)
        card = await bench.reader.next_card()
        bench.unplug()
        with pytest.raises(OSError, match="unplugged"):
            await read_card(card, issued.key, TERRITORY, secrets.token_bytes)
        looking = asyncio.create_task(bench.reader.next_card())
        await until(lambda: not bench.reader.connected, "the loss is noticed")
        bench.plug()
        # The card lies there still: a reader that lost power sees it anew.
        card = await looking
        assert await read_card(card, issued.key, TERRITORY, secrets.token_bytes) == issued.file
        bench.take_away()
        await bench.reader.removed(card)
    lines = [record.getMessage() for record in caplog.records]
    assert sum("reader=down" in line and "lost" not in line for line in lines) >= 2
    assert sum("reader=up" in line for line in lines) == 2


async def test_a_port_with_nobody_behind_it_says_what_to_check(
    caplog: pytest.LogCaptureFixture,
):
    near, far = pty.openpty()
    tty.setraw(far)
    reader = Pn532Reader(os.ttyname(far), SystemClock(), repeatable())
    looking = asyncio.create_task(reader.next_card())
    await until(lambda: "reader=down" in caplog.text, "it is said")
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    await reader.close()
    assert "check its power, TX and RX" in caplog.text
    os.close(near)
    os.close(far)


async def test_a_missing_port_names_the_setting(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    reader = Pn532Reader(str(tmp_path / "none"), SystemClock(), repeatable())
    looking = asyncio.create_task(reader.next_card())
    await until(lambda: "reader=down" in caplog.text, "it is said")
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    assert "plug the card reader in or correct [reader] port" in caplog.text
