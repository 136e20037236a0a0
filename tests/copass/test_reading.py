"""A card opens nothing that it cannot prove; what fails says why, and never anything else."""

from __future__ import annotations

import secrets

import pytest

from contract.card_file import DOOR_KEY_SLOTS
from contract.rights import CardKey
from edge.copass.proof import NotAuthentic, read_card
from edge.copass.proof.session import Scheme
from edge.drivers.card_reader_fake import Answers, FakeCard, FakeCardReader
from edge.drivers.errors import CardGone, ReaderFault
from tests.copass.issued import TERRITORY, UID, Issued, blank, issued

SCHEMES: tuple[Scheme, ...] = ("ev1", "ev2")
either = pytest.mark.parametrize("scheme", SCHEMES)


def held(answers: Answers, exchanges: int | None = None) -> FakeCard:
    return FakeCardReader().put(UID, answers, exchanges)


async def reason_of(channel: FakeCard, card_key: CardKey, territory: str = TERRITORY) -> str:
    with pytest.raises(NotAuthentic) as refused:
        await read_card(channel, card_key, territory, secrets.token_bytes)
    return refused.value.reason


@either
@pytest.mark.parametrize("slot", DOOR_KEY_SLOTS)
async def test_each_key_generation_reads_its_own_file(scheme: Scheme, slot: int):
    co_pass = await issued(scheme)
    channel = held(co_pass.card.exchange)
    read = await read_card(channel, co_pass.card_key(slot), TERRITORY, secrets.token_bytes)
    assert read == co_pass.file


@either
async def test_a_read_takes_four_exchanges_and_no_byte_too_many(scheme: Scheme):
    co_pass = await issued(scheme)
    answered: list[bytes] = []

    def counting(command: bytes) -> bytes | None:
        answer = co_pass.card.exchange(command)
        answered.append(answer or b"")
        return answer

    channel = held(counting)
    await read_card(channel, co_pass.card_key(), TERRITORY, secrets.token_bytes)
    asked, got = sum(map(len, channel.asked)), sum(map(len, answered))
    assert len(channel.asked) == 4
    assert (asked, got) == {"ev1": (47, 68), "ev2": (56, 92)}[scheme]


@either
async def test_a_card_with_other_keys_is_refused(scheme: Scheme):
    co_pass, stranger = await issued(scheme), await issued(scheme)
    channel = held(stranger.card.exchange)
    assert await reason_of(channel, co_pass.card_key()) == "key_refused"


@either
async def test_a_card_of_another_territory_is_refused(scheme: Scheme):
    foreign = await issued(scheme, territory="gers")
    channel = held(foreign.card.exchange)
    # Even somebody who has its key learns that it is not ours.
    assert await reason_of(channel, foreign.card_key()) == "not_a_copass"


@either
async def test_a_copied_uid_on_a_blank_card_is_refused(scheme: Scheme):
    co_pass = await issued(scheme)
    channel = held(blank(scheme).exchange)
    assert await reason_of(channel, co_pass.card_key()) == "no_application"


@either
async def test_a_key_of_another_slot_is_refused(scheme: Scheme):
    co_pass = await issued(scheme)
    other = CardKey(b"tag-of-8", co_pass.keys.keys[2], 1, scheme)
    assert await reason_of(held(co_pass.card.exchange), other) == "key_refused"
    beyond = CardKey(b"tag-of-8", co_pass.keys.keys[2], 9, scheme)
    assert await reason_of(held(co_pass.card.exchange), beyond) == "no_key"


@either
async def test_a_replayed_session_is_refused(scheme: Scheme):
    co_pass = await issued(scheme)
    recorded: list[bytes] = []

    def recording(command: bytes) -> bytes | None:
        answer = co_pass.card.exchange(command)
        recorded.append(answer or b"")
        return answer

    channel = held(recording)
    await read_card(channel, co_pass.card_key(), TERRITORY, secrets.token_bytes)
    replayed = iter(recorded)
    channel = held(lambda _command: next(replayed))
    assert await reason_of(channel, co_pass.card_key()) == "wrong_answer"


async def spoilt(co_pass: Issued, at: int, spoil: Answers) -> str:
    """The reason for refusing a card whose answer number `at` comes as `spoil` makes it."""
    co_pass.card.sleep()
    answers = 0

    def tampering(command: bytes) -> bytes | None:
        nonlocal answers
        answers += 1
        answer = co_pass.card.exchange(command) or b""
        return spoil(answer) if answers == at + 1 else answer

    return await reason_of(held(tampering), co_pass.card_key())


@either
@pytest.mark.parametrize("at", range(4))
async def test_an_answer_cut_short_at_any_byte_is_refused(scheme: Scheme, at: int):
    co_pass = await issued(scheme)
    size = {"ev1": (1, 17, 17, 33), "ev2": (1, 17, 33, 41)}[scheme][at]
    for kept in range(size):
        reason = await spoilt(co_pass, at, lambda answer, kept=kept: answer[:kept])
        assert reason in {"cut_short", "wrong_mac"}


@either
async def test_an_answer_with_any_wrong_byte_is_refused(scheme: Scheme):
    co_pass = await issued(scheme)
    # Byte 0 is the status, which has words of its own; all else is under the key.
    for position in range(1, {"ev1": 33, "ev2": 41}[scheme]):

        def flipped(answer: bytes, position: int = position) -> bytes:
            return answer[:position] + bytes([answer[position] ^ 1]) + answer[position + 1 :]

        assert await spoilt(co_pass, 3, flipped) == "wrong_mac"
        if position < 17:
            assert await spoilt(co_pass, 1, flipped) == "key_refused"
            assert await spoilt(co_pass, 2, flipped) == "wrong_answer"


async def test_an_unknown_status_is_refused_in_words():
    co_pass = await issued()
    for at in range(4):
        assert await spoilt(co_pass, at, lambda _answer: b"\xca") == "unexpected"
    assert await spoilt(co_pass, 3, lambda _answer: b"\x9d") == "not_permitted"
    assert await spoilt(co_pass, 3, lambda _answer: b"\xf0") == "no_file"


async def test_a_card_taken_away_is_gone_at_any_moment_and_reads_afterwards():
    co_pass = await issued()
    for exchanges in range(4):
        channel = held(co_pass.card.exchange, exchanges)
        with pytest.raises(CardGone):
            await read_card(channel, co_pass.card_key(), TERRITORY, secrets.token_bytes)
        co_pass.card.sleep()
    channel = held(co_pass.card.exchange)
    assert await read_card(channel, co_pass.card_key(), TERRITORY, secrets.token_bytes)


async def test_a_reader_that_dies_is_not_the_card_s_fault():
    co_pass = await issued()
    reader = FakeCardReader()
    channel = reader.put(UID, co_pass.card.exchange)
    reader.unplug()
    with pytest.raises(ReaderFault):
        await read_card(channel, co_pass.card_key(), TERRITORY, secrets.token_bytes)
