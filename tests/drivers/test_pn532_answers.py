"""What a card may say to a PN532 reader, and for how long."""

from __future__ import annotations

import random

import pytest

from contract.clock import ManualClock
from edge.drivers.errors import CardGone
from edge.drivers.pn532 import MOST_ANSWER_BYTES, Pn532Card, Pn532Reader

MORE_FOLLOWS, LAST = b"\x40", b"\x00"


class Chained:
    """A link to a card that answers in pieces; `pieces` None never ends."""

    def __init__(self, pieces: int | None) -> None:
        self.exchanges = 0
        self._pieces = pieces

    async def exchange(self, _data: bytes) -> bytes:
        self.exchanges += 1
        return (LAST if self.exchanges == self._pieces else MORE_FOLLOWS) + bytes(200)


def card_behind(link: Chained) -> Pn532Card:
    reader = Pn532Reader("/dev/null", ManualClock(), random.SystemRandom())
    reader._link = link  # type: ignore[assignment]  # a link without a port
    return Pn532Card(reader, b"\x04" + bytes(6), 0x20)


async def test_an_answer_in_pieces_is_put_together():
    assert await card_behind(Chained(3)).native(b"\xbd") == bytes(600)


async def test_an_answer_that_never_ends_is_a_card_gone_and_does_not_hold_the_door():
    link = Chained(None)
    card = card_behind(link)
    with pytest.raises(CardGone, match="does not end"):
        await card.native(b"\xbd")
    assert link.exchanges <= MOST_ANSWER_BYTES // 200 + 1
    assert not card.answers
