"""A co-pass is read through every reader that exchanges commands, and what fails says so."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

import pytest

from edge.copass.proof import NotAuthentic, read_card
from edge.drivers.errors import CardGone
from firmware_tests.card_benches import TERRITORY, CardBench, FakeBench, Issued, Pn532Bench, Pulled
from simulator.devices.contactless import UidCard

UID = bytes.fromhex("04782E21801D80")
BENCHES = (
    pytest.param(Pn532Bench, id="pn532"),
    pytest.param(FakeBench, id="fake"),
)


@pytest.fixture(params=BENCHES)
async def bench(request: pytest.FixtureRequest, tmp_path: Path):
    made = request.param(tmp_path)
    yield made
    await made.close()


async def read(bench: CardBench, issued: Issued) -> object:
    card = await bench.reader.next_card()
    return await read_card(card, issued.key, TERRITORY, secrets.token_bytes)


@pytest.mark.parametrize("generation", [1, 2])
async def test_old_and_new_cards_are_read(bench: CardBench, generation: int):
    issued = Issued(UID, generation)
    bench.hold_card(issued.card)
    assert await read(bench, issued) == issued.file


async def test_a_copied_uid_is_not_authentic(bench: CardBench):
    bench.hold_card(Issued(UID).card)
    with pytest.raises(NotAuthentic):
        await read(bench, Issued(UID))


async def test_a_sticker_only_has_a_uid(bench: CardBench):
    bench.hold_card(UidCard(UID[:4]))
    card = await bench.reader.next_card()
    assert (card.uid, card.speaks) == (UID[:4], "uid_only")
    with pytest.raises(CardGone):
        await card.native(b"\x60")


@pytest.mark.parametrize("exchanges", range(4))
async def test_a_card_pulled_at_any_moment_is_gone_and_reads_when_it_is_back(
    bench: CardBench, exchanges: int
):
    issued = Issued(UID)
    bench.hold_card(Pulled(issued.card, exchanges, bench.take_away))
    with pytest.raises(CardGone):
        await read(bench, issued)
    bench.hold_card(issued.card)
    assert await read(bench, issued) == issued.file


async def test_a_card_left_lying_is_told_once(bench: CardBench):
    bench.hold_card(Issued(UID).card)
    card = await bench.reader.next_card()
    leaving = asyncio.create_task(bench.reader.removed(card))
    again = asyncio.create_task(bench.reader.next_card())
    done, _ = await asyncio.wait({leaving, again}, timeout=0.3)
    again.cancel()
    await asyncio.gather(again, return_exceptions=True)
    assert not done
    bench.take_away()
    await leaving


async def test_another_card_put_in_its_place_is_told(bench: CardBench):
    bench.hold_card(Issued(UID).card)
    card = await bench.reader.next_card()
    other = Issued(UID[::-1])
    bench.hold_card(other.card)
    await bench.reader.removed(card)
    assert await read(bench, other) == other.file
