"""AuthenticateAES of DESFire EV1, and the session it opens.

Rules of this file: pure, bytes in and bytes out; one instance is one session. The chained value
runs over every command and every answer, so a message lost or repeated breaks all that follow.
Source: NXP MF3ICD81, and the recorded transcripts in tests/copass.
"""

from __future__ import annotations

import hmac

from edge.copass.proof.aes import BLOCK_BYTES, ZERO_BLOCK, AesKey, xor, zero_filled
from edge.copass.proof.checksum import jamcrc
from edge.copass.proof.errors import NotAuthentic
from edge.copass.proof.status import CHANGE_KEY, DONE, MORE, expect

AUTHENTICATE_AES = 0xAA
CRC_BYTES = 4
MAC_BYTES = 8


class Ev1Authentication:
    """The reader's half of AuthenticateAES with the key of one slot.

    `challenge` is RndA: 16 bytes, fresh from a good source for each card.
    """

    def __init__(self, key: bytes, slot: int, challenge: bytes) -> None:
        self._key = AesKey(key)
        self._slot = slot
        self._rnd_a = challenge
        self._rnd_b = b""
        self._chained = ZERO_BLOCK

    def start(self) -> bytes:
        """The first command."""
        return bytes([AUTHENTICATE_AES, self._slot])

    def challenged(self, answer: bytes) -> bytes:
        """The second command, to the card's challenge. Raises NotAuthentic."""
        theirs = expect(answer, MORE, BLOCK_BYTES)
        self._rnd_b = self._key.decrypt(theirs)
        ours = self._key.encrypt(self._rnd_a + rotated(self._rnd_b), theirs)
        self._chained = ours[-BLOCK_BYTES:]
        return bytes([MORE]) + ours

    def finished(self, answer: bytes) -> Ev1Session:
        """The session, where the card has answered our challenge. Raises NotAuthentic."""
        theirs = self._key.decrypt(expect(answer, DONE, BLOCK_BYTES), self._chained)
        if not hmac.compare_digest(theirs, rotated(self._rnd_a)):
            raise NotAuthentic("wrong_answer")
        return Ev1Session(ev1_session_key(self._rnd_a, self._rnd_b))


class Ev1Session:
    """Commands and answers after AuthenticateAES."""

    def __init__(self, session_key: bytes) -> None:
        self._key = AesKey(session_key)
        self._chained = ZERO_BLOCK

    def asking(self, command: bytes) -> bytes:
        """A command without secrets: it goes as it is, and through the chained value."""
        self._chained = self._key.cmac(command, self._chained)
        return command

    def enciphered(self, header: bytes, data: bytes, extra: bytes = b"") -> bytes:
        """A command whose data is enciphered behind a checksum of the whole command.

        `extra` follows that checksum: the new key's own, in ChangeKey.
        """
        body = zero_filled(data + jamcrc(header + data) + extra)
        sealed = self._key.encrypt(body, self._chained)
        self._chained = sealed[-BLOCK_BYTES:]
        return header + sealed

    def changing(self, slot: int, new: bytes, version: int, old: bytes | None) -> bytes:
        """ChangeKey; `old` is the present key of another slot, None for the slot of this session.

        Changing its own slot ends the session: the answer is a bare status.
        """
        header = bytes([CHANGE_KEY, slot])
        if old is None:
            return self.enciphered(header, new + bytes([version]))
        return self.enciphered(header, xor(new, old) + bytes([version]), jamcrc(new))

    def verified(self, answer: bytes) -> bytes:
        """The data of an answer with its MAC. Raises NotAuthentic."""
        body = expect(answer, DONE)
        data, mac = body[:-MAC_BYTES], body[-MAC_BYTES:]
        self._chained = self._key.cmac(data + answer[:1], self._chained)
        if not hmac.compare_digest(mac, self._chained[:MAC_BYTES]):
            raise NotAuthentic("wrong_mac")
        return data

    def deciphered(self, answer: bytes, size: int) -> bytes:
        """`size` bytes out of an enciphered answer. Raises NotAuthentic."""
        filled = len(zero_filled(bytes(size + CRC_BYTES)))
        sealed = expect(answer, DONE, filled)
        body = self._key.decrypt(sealed, self._chained)
        self._chained = sealed[-BLOCK_BYTES:]
        data, crc = body[:size], body[size : size + CRC_BYTES]
        # EV1 has no MAC here: the checksum inside the cipher is all that vouches for the answer.
        if not hmac.compare_digest(crc, jamcrc(data + answer[:1])) or any(body[size + CRC_BYTES :]):
            raise NotAuthentic("wrong_mac")
        return data


def ev1_session_key(rnd_a: bytes, rnd_b: bytes) -> bytes:
    """The AES session key of both challenges."""
    return rnd_a[:4] + rnd_b[:4] + rnd_a[12:] + rnd_b[12:]


def rotated(value: bytes) -> bytes:
    """One byte to the left: a challenge that was read, not repeated."""
    return value[1:] + value[:1]
