"""The secure channel of OSDP, on the reader's side.

Rules of this file: no I/O; random bytes are handed in. Keys, cryptograms and the chain of MACs
are those of SIA OSDP 2.2, annex D: each MAC is the starting value of the next one in the other
direction, and its complement that of the encryption. AES-128 throughout.
"""

from __future__ import annotations

import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SCBK_DEFAULT = bytes(range(0x30, 0x40))
"""The key every reader is sold with; it is in the standard, so it protects nothing."""
BLOCK = 16
_NOTHING = bytes(BLOCK)


class SecureChannel:
    """A session: begun by a challenge, in force once the panel has proved itself."""

    def __init__(self, key: bytes, client_uid: bytes, challenge: bytes, answer: bytes) -> None:
        """`challenge` are the panel's 8 random bytes, `answer` the reader's."""
        self._for_data = _one(key, bytes([1, 0x82]) + challenge[:6] + bytes(8))
        self._for_mac = _one(key, bytes([1, 0x01]) + challenge[:6] + bytes(8))
        self._for_last = _one(key, bytes([1, 0x02]) + challenge[:6] + bytes(8))
        self.reply = client_uid + answer + _one(self._for_data, challenge + answer)
        """The data of CCRYPT."""
        self._expected = _one(self._for_data, answer + challenge)
        self._command_mac = _NOTHING
        self._reply_mac = _NOTHING
        self.in_force = False

    def prove(self, cryptogram: bytes) -> bytes | None:
        """The first MAC for a panel that knows the key, and the session is in force; else None."""
        if not hmac.compare_digest(cryptogram, self._expected):
            return None
        self._reply_mac = _one(self._for_last, _one(self._for_mac, cryptogram))
        self.in_force = True
        return self._reply_mac

    def command(self, signed: bytes, mac: bytes, data: bytes, *, hidden: bool) -> bytes | None:
        """A command's data in clear; None where the MAC or the padding is wrong."""
        self._command_mac = self._signature(self._reply_mac, signed)
        if not hmac.compare_digest(self._command_mac[:4], mac):
            return None
        return self._clear(data) if hidden else data

    def hide(self, data: bytes) -> bytes:
        """A reply's data, enciphered under the MAC of the command it answers."""
        padded = data + b"\x80" + bytes(-(len(data) + 1) % BLOCK)
        encrypt = Cipher(
            algorithms.AES(self._for_data), modes.CBC(_complement(self._command_mac))
        ).encryptor()
        return encrypt.update(padded) + encrypt.finalize()

    def sign(self, frame: bytes) -> bytes:
        """The four bytes of MAC that end a reply."""
        self._reply_mac = self._signature(self._command_mac, frame)
        return self._reply_mac[:4]

    def _clear(self, data: bytes) -> bytes | None:
        if not data or len(data) % BLOCK:
            return None
        decrypt = Cipher(
            algorithms.AES(self._for_data), modes.CBC(_complement(self._reply_mac))
        ).decryptor()
        padded = (decrypt.update(data) + decrypt.finalize()).rstrip(b"\0")
        return padded[:-1] if padded.endswith(b"\x80") else None

    def _signature(self, before: bytes, signed: bytes) -> bytes:
        if len(signed) % BLOCK:
            signed += b"\x80" + bytes(-(len(signed) + 1) % BLOCK)
        for at in range(0, len(signed) - BLOCK, BLOCK):
            before = _one(self._for_mac, signed[at : at + BLOCK], before)
        return _one(self._for_last, signed[-BLOCK:], before)


def _one(key: bytes, block: bytes, before: bytes = _NOTHING) -> bytes:
    """One block of AES-CBC after `before`."""
    encrypt = Cipher(algorithms.AES(key), modes.CBC(before)).encryptor()
    return encrypt.update(block) + encrypt.finalize()


def _complement(block: bytes) -> bytes:
    return bytes(byte ^ 0xFF for byte in block)
