"""A set of master keys: one secret on paper in parts, one master key for each slot of a card.

Rules of this file: pure but for the dice of `draw_set`. The secret is 128 bits, as strong as the
AES keys made of it. Version and secret travel together in the words, so that parts of two sets
are never taken for one. Parts are SLIP-0039 words (shamir-mnemonic).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from contract.card_file import DOOR_KEY_SLOTS
from softplace.failure import CommandFailed

ROOT_BYTES = 16
PARTS, NEEDED = 5, 3
_MARK = 0x53
"""First byte of what is split: these are words of ours."""


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of slots 0 to 4 of every card issued under one version (1 to 255)."""

    version: int
    root: bytes = field(repr=False)

    @property
    def masters(self) -> tuple[bytes, ...]:
        """Master keys by slot: HMAC-SHA256 of the slot under the root, 16 bytes each."""
        return tuple(
            hmac.new(self.root, b"softplace-master\0" + bytes([slot]), hashlib.sha256).digest()[:16]
            for slot in (0, *DOOR_KEY_SLOTS)
        )

    @property
    def fingerprint(self) -> str:
        """Eight hex digits by which the set is known; they say nothing about the keys."""
        known = bytes([self.version])
        digest = hmac.new(self.root, b"softplace-fingerprint\0" + known, hashlib.sha256)
        return digest.hexdigest()[:8]


def draw_set(version: int) -> KeySet:
    """A new set."""
    return KeySet(version, secrets.token_bytes(ROOT_BYTES))


def split(keys: KeySet, needed: int = NEEDED, parts: int = PARTS) -> list[str]:
    """Words of each part; any `needed` of them give the set back, fewer say nothing."""
    from shamir_mnemonic import generate_mnemonics  # noqa: PLC0415 - an extra of the desk

    secret = bytes([_MARK, keys.version]) + keys.root
    return list(generate_mnemonics(1, [(needed, parts)], secret)[0])


def combine(parts: Sequence[str]) -> KeySet:
    """The set of which these are parts; more than are needed may be given. Raises CommandFailed."""
    from shamir_mnemonic import MnemonicError, combine_mnemonics  # noqa: PLC0415 - as above

    words = [" ".join(part.lower().split()) for part in parts]
    needed = needed_of(words[0]) if words else NEEDED
    try:
        secret = combine_mnemonics(words[:needed])
    except (MnemonicError, ValueError) as error:
        raise _no_key(str(error)) from error
    if len(secret) != ROOT_BYTES + 2 or secret[0] != _MARK:
        raise CommandFailed("these are words of something else, not of card keys")
    return KeySet(secret[1], secret[2:])


def needed_of(part: str) -> int:
    """How many parts of its set give the key back, as the part itself says.

    Raises CommandFailed where its words are miswritten: each part carries a checksum.
    """
    from shamir_mnemonic import MnemonicError, Share  # noqa: PLC0415 - as above

    try:
        return int(Share.from_mnemonic(" ".join(part.lower().split())).member_threshold)
    except (MnemonicError, ValueError) as error:
        raise _no_key(str(error)) from error


def _no_key(why: str) -> CommandFailed:
    return CommandFailed(f"these parts do not make a key: {why}; check each word against the paper")
