"""The issuing desk makes co-passes and changes their keys, whatever interrupts it."""

from __future__ import annotations

import secrets

import pytest

from contract.card_file import APPLICATION_ID, DOOR_KEY_SLOTS, CardFile, territory_mark
from contract.rights import CardKey
from edge.copass.proof import NotAuthentic, PersonalisingRefused, read_card
from edge.copass.proof.card_keys import BLANK, CardKeys, derived_keys
from edge.copass.proof.diversification import derived_key
from edge.copass.proof.personalising import personalise, rekey
from edge.copass.proof.session import Scheme
from edge.drivers.card_reader_fake import FakeCard, FakeCardReader
from edge.drivers.errors import CardGone
from simulator.devices.desfire import DesfireCard
from tests.copass.issued import TERRITORY, UID, blank, issued, masters

either = pytest.mark.parametrize("scheme", ["ev1", "ev2"])
FILE = CardFile(territory_mark(TERRITORY), b"12345678")


def held(card: DesfireCard, exchanges: int | None = None) -> FakeCard:
    card.sleep()
    return FakeCardReader().put(UID, card.exchange, exchanges)


async def assert_reads(card: DesfireCard, keys: CardKeys, scheme: Scheme) -> None:
    for slot in DOOR_KEY_SLOTS:
        card_key = CardKey(b"tag-of-8", keys.keys[slot], slot, scheme)
        read = await read_card(held(card), card_key, TERRITORY, secrets.token_bytes)
        assert read == FILE


@either
async def test_a_card_taken_away_at_any_moment_is_finished_at_the_next_try(scheme: Scheme):
    keys = derived_keys(masters(), UID, TERRITORY, 1)
    interruptions = 0
    while True:
        card = blank(scheme)
        try:
            channel = held(card, interruptions)
            await personalise(channel, keys, FILE, secrets.token_bytes, scheme)
        except CardGone:
            interruptions += 1
            await personalise(held(card), keys, FILE, secrets.token_bytes, scheme)
            await assert_reads(card, keys, scheme)
            continue
        break
    assert interruptions > 20


@either
async def test_keys_are_rotated_however_often_the_card_is_taken_away(scheme: Scheme):
    co_pass = await issued(scheme)
    card, old = co_pass.card, co_pass.keys
    new = derived_keys(masters(), UID, TERRITORY, 2)
    exchanges = 0
    while True:
        try:
            channel = held(card, exchanges)
            await rekey(channel, old, new, secrets.token_bytes, scheme)
        except CardGone:
            exchanges += 1
            continue
        break
    assert exchanges > 5
    for slot in DOOR_KEY_SLOTS:
        card_key = CardKey(b"tag-of-8", new.keys[slot], slot, scheme)
        channel = held(card)
        assert await read_card(channel, card_key, TERRITORY, secrets.token_bytes) == co_pass.file
    with pytest.raises(NotAuthentic) as refused:
        await read_card(held(card), co_pass.card_key(), TERRITORY, secrets.token_bytes)
    assert refused.value.reason == "key_refused"


@either
async def test_a_file_belongs_to_its_own_key_alone_and_nobody_writes_it_without_slot_0(
    scheme: Scheme,
):
    co_pass = await issued(scheme)
    application = co_pass.card.memory.applications[APPLICATION_ID[::-1].hex()]
    assert application.files.keys() == set(DOOR_KEY_SLOTS)
    for number, file in application.files.items():
        assert (file.communication, file.rights) == (3, number << 12)
    assert (application.settings, len(application.keys)) == (0x09, 5)
    assert all(key.version == 1 for key in application.keys)


async def test_a_co_pass_is_not_made_twice():
    co_pass = await issued()
    keys = derived_keys(masters(), UID, TERRITORY, 1)
    with pytest.raises(PersonalisingRefused, match="already has a co-pass"):
        await personalise(held(co_pass.card), keys, FILE, secrets.token_bytes)


async def test_rotating_with_wrong_old_keys_changes_nothing():
    co_pass = await issued()
    wrong = derived_keys(masters(), UID, TERRITORY, 1)
    new = derived_keys(masters(), UID, TERRITORY, 2)
    with pytest.raises(NotAuthentic):
        await rekey(held(co_pass.card), wrong, new, secrets.token_bytes)
    channel = held(co_pass.card)
    assert await read_card(channel, co_pass.card_key(), TERRITORY, secrets.token_bytes)


async def test_versions_must_differ():
    co_pass = await issued()
    with pytest.raises(PersonalisingRefused, match="version 1"):
        await rekey(held(co_pass.card), co_pass.keys, co_pass.keys, secrets.token_bytes)


async def test_a_card_that_shows_random_uids_is_not_issued():
    channel = FakeCardReader().put(bytes.fromhex("08112233"), blank().exchange)
    with pytest.raises(PersonalisingRefused, match="another UID"):
        await personalise(channel, BLANK, FILE, secrets.token_bytes)


def test_keys_differ_by_slot_card_territory_and_master():
    some = masters()
    keys = derived_keys(some, UID, TERRITORY, 1)
    assert keys.keys[3] == derived_key(some[3], UID, TERRITORY)
    others = (
        derived_keys(some, UID[::-1], TERRITORY, 1),
        derived_keys(some, UID, "gers", 1),
        derived_keys(masters(), UID, TERRITORY, 1),
    )
    every = [key for each in (keys, *others) for key in each.keys]
    assert len(set(every)) == 20


def test_a_card_has_five_keys_and_a_version():
    with pytest.raises(ValueError, match="5 keys"):
        CardKeys((bytes(16),) * 4, 0)
    with pytest.raises(ValueError, match="not a byte"):
        CardKeys((bytes(16),) * 5, 256)
