"""Our PC/SC driver reads a co-pass, and says what is wrong."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

import pytest

from contract.clock import SystemClock
from edge.copass.proof import NotAuthentic, read_card
from edge.drivers.errors import CardGone
from edge.drivers.pcsc import PcscReader as Driver
from firmware_tests.card_benches import TERRITORY, Issued
from firmware_tests.pcsc_bench import PcscBench
from firmware_tests.peers import needs
from firmware_tests.waiting import repeatable, until
from simulator.devices.pcsc_card import PcscReader

pytestmark = [
    needs("pcscd with vpcd", "pyscard"),
    pytest.mark.skipif(PcscReader.missing() is not None, reason=PcscReader.missing() or ""),
]
UID = bytes.fromhex("04782E21801D80")


@pytest.mark.parametrize("generation", [1, 2])
async def test_a_co_pass_is_read_and_a_copy_of_its_uid_is_not(tmp_path: Path, generation: int):
    issued, stranger = Issued(UID, generation), Issued(UID, generation)
    bench = PcscBench(tmp_path, alice=issued.card)
    try:
        bench.device.card_in("alice")
        card = await bench.reader.next_card()
        assert (card.uid, card.speaks) == (UID, "iso14443_4")
        with pytest.raises(NotAuthentic):
            await read_card(card, stranger.key, TERRITORY, secrets.token_bytes)
        read = await read_card(card, issued.key, TERRITORY, secrets.token_bytes)
        assert read == issued.file
        bench.take_away()
        await bench.reader.removed(card)
        with pytest.raises(CardGone):
            await card.native(b"\x60")
        bench.device.card_in("alice")
        card = await bench.reader.next_card()
        read = await read_card(card, issued.key, TERRITORY, secrets.token_bytes)
        assert read == issued.file
    finally:
        await bench.close()


async def test_a_card_pulled_at_any_command_is_gone_and_reads_once_it_is_back(tmp_path: Path):
    issued = Issued(UID, 2)
    bench = PcscBench(tmp_path, alice=issued.card)
    try:
        for commands in range(4):
            bench.device.card_in("alice", stays_for=commands)
            card = await bench.reader.next_card()
            with pytest.raises(CardGone):
                await read_card(card, issued.key, TERRITORY, secrets.token_bytes)
            await bench.reader.removed(card)
        bench.device.card_in("alice")
        card = await bench.reader.next_card()
        assert await read_card(card, issued.key, TERRITORY, secrets.token_bytes) == issued.file
    finally:
        await bench.close()


async def test_a_missing_reader_is_said_with_what_there_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    bench = PcscBench(tmp_path)
    reader = Driver("ACR1252", SystemClock(), repeatable())
    looking = asyncio.create_task(reader.next_card())
    try:
        await until(lambda: "reader=down" in caplog.text, "it is said")
        assert "PC/SC has SoftPlace virtual reader" in caplog.text
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        await reader.close()
        await bench.close()
