"""AuthenticateEV2First and NonFirst, and the session they open (DESFire EV2 and EV3, NTAG 424).

Rules of this file: pure, bytes in and bytes out; one instance is one session. The counter runs
with every command, so a message lost, repeated or moved breaks all that follow.
Source: NXP AN12343 section 7 and AN12196 section 5; their vectors are in tests/copass.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from edge.copass.proof.aes import BLOCK_BYTES, AesKey, padded, xor
from edge.copass.proof.checksum import jamcrc
from edge.copass.proof.errors import NotAuthentic
from edge.copass.proof.ev1_session import rotated
from edge.copass.proof.status import CHANGE_KEY, DONE, MORE, expect

AUTHENTICATE_EV2_FIRST = 0x71
AUTHENTICATE_EV2_NON_FIRST = 0x77
TRANSACTION_BYTES = 4
MAC_BYTES = 8
_CAPABILITY_BYTES = 6
_TO_CARD, _FROM_CARD = b"\xa5\x5a", b"\x5a\xa5"
_DERIVATION = b"\x00\x01\x00\x80"
"""Counter 1, 128 bits: the key derivation of NIST SP 800-108 as AN12343 uses it."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """What a session keeps when another key takes it over."""

    identifier: bytes
    counter: int


class Ev2Authentication:
    """The reader's half of AuthenticateEV2First with the key of one slot.

    `challenge` is RndA: 16 bytes, fresh from a good source for each card. With `within`, a
    transaction under way, it is AuthenticateEV2NonFirst and goes on with its counter.
    """

    def __init__(
        self, key: bytes, slot: int, challenge: bytes, within: Transaction | None = None
    ) -> None:
        self._key = AesKey(key)
        self._slot = slot
        self._rnd_a = challenge
        self._rnd_b = b""
        self._within = within

    def start(self) -> bytes:
        """The first command; no capabilities of the reader are told, which saves their bytes."""
        if self._within is None:
            return bytes([AUTHENTICATE_EV2_FIRST, self._slot, 0])
        return bytes([AUTHENTICATE_EV2_NON_FIRST, self._slot])

    def challenged(self, answer: bytes) -> bytes:
        """The second command, to the card's challenge. Raises NotAuthentic."""
        self._rnd_b = self._key.decrypt(expect(answer, MORE, BLOCK_BYTES))
        return bytes([MORE]) + self._key.encrypt(self._rnd_a + rotated(self._rnd_b))

    def finished(self, answer: bytes) -> Ev2Session:
        """The session, where the card has answered our challenge. Raises NotAuthentic."""
        before, after = 0, 0
        if self._within is None:
            before, after = TRANSACTION_BYTES, 2 * _CAPABILITY_BYTES
        size = before + BLOCK_BYTES + after
        body = self._key.decrypt(expect(answer, DONE, size))
        if not hmac.compare_digest(body[before : before + BLOCK_BYTES], rotated(self._rnd_a)):
            raise NotAuthentic("wrong_answer")
        transaction = self._within or Transaction(body[:before], 0)
        enc, mac = ev2_session_keys(self._key, self._rnd_a, self._rnd_b)
        return Ev2Session(enc, mac, transaction)


class Ev2Session:
    """Commands and answers after AuthenticateEV2First or NonFirst."""

    def __init__(self, enc_key: bytes, mac_key: bytes, transaction: Transaction) -> None:
        self._enc = AesKey(enc_key)
        self._mac = AesKey(mac_key)
        self._identifier = transaction.identifier
        self._counter = transaction.counter

    @property
    def transaction(self) -> Transaction:
        """What AuthenticateEV2NonFirst goes on with."""
        return Transaction(self._identifier, self._counter)

    def asking(self, command: bytes) -> bytes:
        """A command without secrets, with a MAC behind it."""
        mac = self._mac_of(command[:1], command[1:])
        self._counter += 1
        return command + mac

    def enciphered(self, header: bytes, data: bytes) -> bytes:
        """A command with its data enciphered and a MAC behind it."""
        return self.asking(header + self._enc.encrypt(padded(data), self._start(_TO_CARD)))

    def changing(self, slot: int, new: bytes, version: int, old: bytes | None) -> bytes:
        """ChangeKey; `old` is the present key of another slot, None for the slot of this session.

        Changing its own slot ends the session: the answer is a bare status.
        """
        header = bytes([CHANGE_KEY, slot])
        if old is None:
            return self.enciphered(header, new + bytes([version]))
        return self.enciphered(header, xor(new, old) + bytes([version]) + jamcrc(new))

    def verified(self, answer: bytes) -> bytes:
        """The data of an answer with its MAC. Raises NotAuthentic."""
        body = expect(answer, DONE)
        data, mac = body[:-MAC_BYTES], body[-MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac_of(answer[:1], data)):
            raise NotAuthentic("wrong_mac")
        return data

    def deciphered(self, answer: bytes, size: int) -> bytes:
        """`size` bytes out of an enciphered answer with its MAC. Raises NotAuthentic."""
        sealed = self.verified(answer)
        if len(sealed) != len(padded(bytes(size))):
            raise NotAuthentic("cut_short", f"{len(sealed)} enciphered bytes for {size}")
        body = self._enc.decrypt(sealed, self._start(_FROM_CARD))
        if body[size:] != padded(bytes(size))[size:]:
            raise NotAuthentic("wrong_mac", "padding")
        return body[:size]

    def _mac_of(self, code: bytes, data: bytes) -> bytes:
        return truncated(self._mac.cmac(code + self._count() + self._identifier + data))

    def _start(self, direction: bytes) -> bytes:
        return self._enc.encrypt(direction + self._identifier + self._count() + bytes(8))

    def _count(self) -> bytes:
        return self._counter.to_bytes(2, "little")


def ev2_session_keys(key: AesKey, rnd_a: bytes, rnd_b: bytes) -> tuple[bytes, bytes]:
    """SesAuthENC and SesAuthMAC of both challenges."""
    mixed = rnd_a[:2] + xor(rnd_a[2:8], rnd_b[:6]) + rnd_b[6:] + rnd_a[8:]
    enc = key.cmac(_TO_CARD + _DERIVATION + mixed)
    return enc, key.cmac(_FROM_CARD + _DERIVATION + mixed)


def truncated(mac: bytes) -> bytes:
    """Every second byte of a full CMAC, beginning with the second."""
    return mac[1::2]
