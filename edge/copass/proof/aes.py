"""AES as cards use it: CBC with a given start, and CMAC that can be chained and padded longer."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

BLOCK_BYTES = 16
ZERO_BLOCK = bytes(BLOCK_BYTES)
_POLYNOMIAL = 0x87
"""x^128 = x^7 + x^2 + x + 1 in the field of RFC 4493."""
_WHOLE = (1 << 128) - 1


class AesKey:
    """One key of 16, 24 or 32 bytes, ready for use. Raises ValueError at another length."""

    __slots__ = ("_algorithm", "_k1", "_k2")

    def __init__(self, key: bytes) -> None:
        self._algorithm = AES(key)
        self._k1: int | None = None
        self._k2 = 0

    def encrypt(self, data: bytes, start: bytes = ZERO_BLOCK) -> bytes:
        """CBC of whole blocks."""
        context = Cipher(self._algorithm, CBC(start)).encryptor()
        return context.update(data) + context.finalize()

    def decrypt(self, data: bytes, start: bytes = ZERO_BLOCK) -> bytes:
        """CBC of whole blocks."""
        context = Cipher(self._algorithm, CBC(start)).decryptor()
        return context.update(data) + context.finalize()

    def subkeys(self) -> tuple[bytes, bytes]:
        """K1 and K2 of RFC 4493 section 2.3."""
        if self._k1 is None:
            self._k1 = _doubled(int.from_bytes(self.encrypt(ZERO_BLOCK)))
            self._k2 = _doubled(self._k1)
        return self._k1.to_bytes(BLOCK_BYTES), self._k2.to_bytes(BLOCK_BYTES)

    def cmac(self, data: bytes, start: bytes = ZERO_BLOCK, least_bytes: int = BLOCK_BYTES) -> bytes:
        """RFC 4493 over `data`, 16 bytes.

        `start` is the chained value of an EV1 session. Data shorter than `least_bytes` is padded
        up to it: AN10922 pads to two blocks where RFC 4493 would stop after one.
        """
        k1, k2 = self.subkeys()
        whole = bool(data) and len(data) % BLOCK_BYTES == 0 and len(data) >= least_bytes
        body = data if whole else padded(data, least_bytes)
        last = xor(body[-BLOCK_BYTES:], k1 if whole else k2)
        return self.encrypt(body[:-BLOCK_BYTES] + last, start)[-BLOCK_BYTES:]


def padded(data: bytes, least_bytes: int = BLOCK_BYTES) -> bytes:
    """ISO/IEC 9797-1 method 2: 80, then zeros to whole blocks, `least_bytes` or more."""
    longer = data + b"\x80"
    return longer.ljust(max(least_bytes, _in_blocks(len(longer))), b"\0")


def zero_filled(data: bytes) -> bytes:
    """Zeros to whole blocks, none where the blocks are whole."""
    return data.ljust(_in_blocks(len(data)), b"\0")


def xor(left: bytes, right: bytes) -> bytes:
    """Two strings of equal length, bit by bit."""
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _in_blocks(size: int) -> int:
    return -(-size // BLOCK_BYTES) * BLOCK_BYTES


def _doubled(value: int) -> int:
    carry = _POLYNOMIAL if value >> 127 else 0
    return ((value << 1) & _WHOLE) ^ carry
