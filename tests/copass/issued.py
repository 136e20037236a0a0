"""Cards for the tests of the co-pass, each with keys of its own."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from contract.card_file import NUMBER_BYTES, CardFile, territory_mark
from contract.rights import CardKey
from edge.copass.proof.card_keys import CardKeys, derived_keys
from edge.copass.proof.personalising import personalise
from edge.copass.proof.session import Scheme
from edge.drivers.card_reader_fake import FakeCardReader
from simulator.devices.desfire import CardMemory, DesfireCard

TERRITORY = "lozere"
UID = bytes.fromhex("04782e21801d80")


@dataclass(frozen=True, slots=True)
class Issued:
    """A co-pass, and what the desk knows about it."""

    card: DesfireCard
    keys: CardKeys
    file: CardFile
    scheme: Scheme

    def card_key(self, slot: int = 1) -> CardKey:
        """What a door holds about it."""
        return CardKey(b"tag-of-8", self.keys.keys[slot], slot, self.scheme)


def masters() -> tuple[bytes, ...]:
    """A master key for each slot."""
    return tuple(secrets.token_bytes(16) for _ in range(5))


def blank(scheme: Scheme = "ev2", uid: bytes = UID) -> DesfireCard:
    """As delivered."""
    memory = CardMemory(uid=uid, generation=1 if scheme == "ev1" else 2)
    return DesfireCard(memory, secrets.token_bytes)


async def issued(scheme: Scheme = "ev2", uid: bytes = UID, territory: str = TERRITORY) -> Issued:
    """A blank card personalised by our own desk."""
    card = blank(scheme, uid)
    keys = derived_keys(masters(), uid, territory, 1)
    file = CardFile(territory_mark(territory), secrets.token_bytes(NUMBER_BYTES))
    channel = FakeCardReader().put(uid, card.exchange)
    await personalise(channel, keys, file, secrets.token_bytes, scheme)
    card.sleep()
    return Issued(card, keys, file, scheme)
