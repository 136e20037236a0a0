"""The co-pass application on a card, and the file in it that a reader checks.

Rules of this file: pure; what both the issuing desk and every reader must agree on. Key slot 0
is the application's own; slots 1 to 4 carry the door keys of four key generations, each made
from another master key, and file n is read with key n: a rotation needs no card recalled.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from contract.errors import ContractError

APPLICATION_ID = bytes.fromhex("f55001")
"""As it stands in an AN10922 diversification input; on the wire to a card least byte first."""
DOOR_KEY_SLOTS = (1, 2, 3, 4)
FILE_BYTES = 32
FORMAT = 1
NUMBER_BYTES = 8
_LAYOUT = struct.Struct(">B8s8s")
SAID_BYTES = _LAYOUT.size
"""What a reader fetches: the rest is reserved, and a cipher block less is 1.4 ms less of a tap."""


class NotACoPass(ContractError, ValueError):
    """A file that authenticated and yet is not a co-pass of this territory."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"not a co-pass of this territory: {why}")


@dataclass(frozen=True, slots=True)
class CardFile:
    """What the file says."""

    territory: bytes
    """`territory_mark` of where the card was issued."""
    number: bytes
    """The card's own random number, NUMBER_BYTES long; stands for no person."""

    def encode(self) -> bytes:
        """FILE_BYTES bytes."""
        return _LAYOUT.pack(FORMAT, self.territory, self.number).ljust(FILE_BYTES, b"\0")


def decode_card_file(data: bytes, territory: str) -> CardFile:
    """The file of a card of `territory`, or its first SAID_BYTES. Raises NotACoPass."""
    if len(data) not in {SAID_BYTES, FILE_BYTES}:
        raise NotACoPass(f"{len(data)} bytes instead of {SAID_BYTES} or {FILE_BYTES}")
    form, mark, number = _LAYOUT.unpack_from(data)
    if form != FORMAT:
        raise NotACoPass(f"format {form} is unknown")
    if mark != territory_mark(territory):
        raise NotACoPass("issued by another territory")
    return CardFile(mark, number)


def territory_mark(territory: str) -> bytes:
    """Eight bytes that stand for a territory on its cards."""
    return hashlib.sha256(b"softplace-territory\0" + territory.encode()).digest()[:8]


def diversification_input(uid: bytes, territory: str) -> bytes:
    """M of NXP AN10922: UID, application id, system identifier; at most 31 bytes."""
    return uid + APPLICATION_ID + b"SP1" + territory_mark(territory)
