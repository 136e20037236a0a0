"""What stays on a card without power: keys, applications, files.

Rules of this file: pure data, to bytes and back.
"""

from __future__ import annotations

import msgspec

KEY_BYTES = 16
PICC = b"\x00\x00\x00"
"""The card level, which is selected like an application."""
MOST_FILES = 32
MOST_KEYS = 14
FREE, NEVER = 0xE, 0xF
"""Access rights that are no key's number."""


class Key(msgspec.Struct, omit_defaults=True):
    """An AES-128 key in its slot."""

    value: bytes = bytes(KEY_BYTES)
    version: int = 0


class DataFile(msgspec.Struct):
    """A standard data file."""

    communication: int
    """0 plain, 1 with MAC, 3 enciphered."""
    rights: int
    """Four nibbles: read, write, read and write, change; each a key's number, FREE or NEVER."""
    content: bytearray

    @property
    def read_rights(self) -> tuple[int, int]:
        """Whose key may read."""
        return self.rights >> 12 & 0xF, self.rights >> 4 & 0xF

    @property
    def write_rights(self) -> tuple[int, int]:
        """Whose key may write."""
        return self.rights >> 8 & 0xF, self.rights >> 4 & 0xF


class Application(msgspec.Struct):
    """Keys and files under one identifier; the card level is one without files."""

    settings: int = 0x0F
    keys: list[Key] = msgspec.field(default_factory=lambda: [Key()])
    files: dict[int, DataFile] = msgspec.field(default_factory=dict)
    df_name: bytes = b""
    """By which ISO/IEC 7816-4 readers select it, where it has one."""

    @property
    def can_change_master(self) -> bool:
        """Bit 0."""
        return bool(self.settings & 0x01)

    @property
    def lists_freely(self) -> bool:
        """Bit 1: what is there may be listed without the master key."""
        return bool(self.settings & 0x02)

    @property
    def creates_freely(self) -> bool:
        """Bit 2: things may be made (and in an application deleted) without the master key."""
        return bool(self.settings & 0x04)

    @property
    def can_change_settings(self) -> bool:
        """Bit 3."""
        return bool(self.settings & 0x08)

    @property
    def key_changer(self) -> int:
        """Which key changes others: a number, FREE for each itself, NEVER."""
        return self.settings >> 4


class CardMemory(msgspec.Struct):
    """One card. `generation` 1 is EV1, 2 is EV2."""

    uid: bytes
    generation: int = 2
    random_uid: bool = False
    """Shows another UID at each activation, and its own only to who is authenticated."""
    size_bytes: int = 2048
    applications: dict[str, Application] = msgspec.field(
        default_factory=lambda: {PICC.hex(): Application()}
    )
    """By identifier in hexadecimal, in the byte order of the card's own commands."""

    @property
    def free_bytes(self) -> int:
        """What files and applications leave, in the card's blocks of 32 bytes."""
        used = 0
        for identifier, application in self.applications.items():
            used += 0 if identifier == PICC.hex() else 32 * (1 + len(application.keys))
            used += sum(-(-len(file.content) // 32) * 32 for file in application.files.values())
        return max(self.size_bytes - used, 0)


def stored(memory: CardMemory) -> bytes:
    """Everything, keys included: a card on a disk is as secret as its keys."""
    return msgspec.json.encode(memory)


def restored(data: bytes) -> CardMemory:
    """The inverse of `stored`. Raises msgspec.ValidationError."""
    return msgspec.json.decode(data, type=CardMemory)
