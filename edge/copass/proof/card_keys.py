"""The five keys of one card, in the order of their slots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contract.card_file import DOOR_KEY_SLOTS
from edge.copass.proof.diversification import derived_key

APPLICATION_SLOT = 0
SLOTS = (APPLICATION_SLOT, *DOOR_KEY_SLOTS)
KEY_BYTES = 16


@dataclass(frozen=True, slots=True)
class CardKeys:
    """Keys of slots 0 to 4 and the version byte that the card shows for them.

    The version tells an interrupted change how far it came, so old and new must differ in it.
    """

    keys: tuple[bytes, ...]
    version: int

    def __post_init__(self) -> None:
        if len(self.keys) != len(SLOTS) or any(len(key) != KEY_BYTES for key in self.keys):
            raise ValueError(f"a card has {len(SLOTS)} keys of {KEY_BYTES} bytes")
        if not 0 <= self.version <= 0xFF:
            raise ValueError(f"key version {self.version} is not a byte")


BLANK = CardKeys((bytes(KEY_BYTES),) * len(SLOTS), 0)
"""The keys of an application just created."""


def derived_keys(masters: Sequence[bytes], uid: bytes, territory: str, version: int) -> CardKeys:
    """The keys of the card `uid`, each slot from its own master key. Raises ValueError."""
    return CardKeys(tuple(derived_key(master, uid, territory) for master in masters), version)
