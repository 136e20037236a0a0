"""The card that every client of the DESFire emulator gets, fresh, and what each must find on it.

Keys are made up here and open nothing anywhere.
"""

from __future__ import annotations

import hashlib
import secrets

from simulator.devices.desfire import Application, CardMemory, DataFile, DesfireCard, Key

UID = bytes.fromhex("04782E21801D80")
AID = bytes.fromhex("f55001")
WIRE_AID = AID[::-1]
DF_NAME = bytes.fromhex("d2760000850101")
PLAIN, MACED, ENCIPHERED = 0, 1, 3
SECRET_FILE, MACED_FILE, FREE_FILE = 1, 2, 3
SECRET = b"co-pass of a made-up person, 32B"
LONG = bytes(range(248))
"""With its MAC 256 bytes: as much as one APDU answers, more than one block holds."""
PUBLIC = b"anyone may read "
FREE = 0xE


def key(number: int, what: str = "present") -> bytes:
    """The key of a slot, or another one of that name."""
    return hashlib.sha256(f"{what} {number}".encode()).digest()[:16]


def memory(generation: int = 2) -> CardMemory:
    """Keys 0, 1 and 2; what key 1 reads and key 0 writes; a file for anyone."""
    made = CardMemory(UID, generation)
    rights = 0x1000
    made.applications[WIRE_AID.hex()] = Application(
        0x0B,
        [Key(key(number), 0x10 + number) for number in range(3)],
        {
            SECRET_FILE: DataFile(ENCIPHERED, rights, bytearray(SECRET)),
            MACED_FILE: DataFile(MACED, rights, bytearray(LONG)),
            FREE_FILE: DataFile(PLAIN, FREE << 12, bytearray(PUBLIC)),
        },
        DF_NAME,
    )
    return made


def card(generation: int = 2) -> DesfireCard:
    """That card, in the hand."""
    return DesfireCard(memory(generation), secrets.token_bytes)
