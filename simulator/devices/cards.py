"""Cards named on a command line: `fob=uid:04a1b2c3d4e5f6`, `alice=desfire:alice.card`."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from simulator.devices.contactless import Contactless, UidCard
from simulator.devices.desfire import DesfireCard
from simulator.devices.errors import UnknownCard

UID_SIZES = (4, 7, 10)


class CardOnDisk(DesfireCard):
    """A DESFire card that lies in a file between two runs."""

    path: Path

    @classmethod
    def read(cls, path: Path) -> CardOnDisk:
        """Raises OSError, msgspec.DecodeError."""
        card = cls.from_bytes(path.read_bytes(), secrets.token_bytes)
        card.path = path
        return card

    def write(self) -> None:
        """Keep what the card has become."""
        self.path.write_bytes(self.to_bytes())


def cards_named(texts: Sequence[str]) -> dict[str, Contactless]:
    """The cards by their names. Raises UnknownCard."""
    cards = {}
    for text in texts:
        name, _, rest = text.partition("=")
        kind, _, what = rest.partition(":")
        if not name or kind not in KINDS:
            raise UnknownCard(text, f"give NAME=KIND:WHAT, KIND one of {', '.join(KINDS)}")
        cards[name] = KINDS[kind](what)
    return cards


def keep(cards: Mapping[str, Contactless]) -> None:
    """Write down those that lie in files."""
    for card in cards.values():
        if isinstance(card, CardOnDisk):
            card.write()


def _uid_card(what: str) -> Contactless:
    try:
        uid = bytes.fromhex(what)
    except ValueError as error:
        raise UnknownCard(what, "a UID is written in hexadecimal") from error
    if len(uid) not in UID_SIZES:
        raise UnknownCard(what, f"a UID has {', '.join(map(str, UID_SIZES))} bytes")
    return UidCard(uid)


def _card_on_disk(what: str) -> Contactless:
    try:
        return CardOnDisk.read(Path(what))
    except (OSError, msgspec.DecodeError) as error:
        raise UnknownCard(what, f"no card can be read from that file: {error}") from error


KINDS: dict[str, Callable[[str], Contactless]] = {"uid": _uid_card, "desfire": _card_on_disk}
