"""The card's own cryptography: AES-128 CBC, CMAC that chains, the CRC of DESFire, paddings.

Rules of this file: pure, and shared with no driver: an emulator that shares code with what it
tests certifies nothing. The block cipher itself is that of `cryptography`.
"""

from __future__ import annotations

import zlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 16
ZERO = bytes(BLOCK)
_FEEDBACK = 0x87


def encrypt(key: bytes, plain: bytes, iv: bytes = ZERO) -> bytes:
    """AES-128 CBC; `plain` is a multiple of 16 bytes long."""
    worker = Cipher(algorithms.AES128(key), modes.CBC(iv)).encryptor()
    return worker.update(plain) + worker.finalize()


def decrypt(key: bytes, secret: bytes, iv: bytes = ZERO) -> bytes:
    """The inverse of `encrypt`."""
    worker = Cipher(algorithms.AES128(key), modes.CBC(iv)).decryptor()
    return worker.update(secret) + worker.finalize()


def cmac(key: bytes, message: bytes, iv: bytes = ZERO) -> bytes:
    """All 16 bytes of NIST SP 800-38B's CMAC, begun at `iv` instead of 0 where one is given."""
    once = _doubled(encrypt(key, ZERO))
    if message and len(message) % BLOCK == 0:
        body, mask = message, once
    else:
        body, mask = padded(message), _doubled(once)
    masked = body[:-BLOCK] + xor(body[-BLOCK:], mask)
    return encrypt(key, masked, iv)[-BLOCK:]


def crc32(data: bytes) -> bytes:
    """DESFire's CRC, the one called JAMCRC, least significant byte first."""
    return (zlib.crc32(data) ^ 0xFFFFFFFF).to_bytes(4, "little")


def padded(data: bytes) -> bytes:
    """ISO/IEC 9797-1 method 2: 80, then 00 to a whole block; at least one byte is added."""
    return data + b"\x80" + bytes(-(len(data) + 1) % BLOCK)


def unpadded(data: bytes) -> bytes | None:
    """The inverse of `padded`, None where the padding is not one."""
    body = data.rstrip(b"\x00")
    return body[:-1] if body.endswith(b"\x80") and len(data) - len(body) < BLOCK else None


def filled(data: bytes) -> bytes:
    """00 to a whole block; nothing is added to whole blocks."""
    return data + bytes(-len(data) % BLOCK)


def rotated(challenge: bytes) -> bytes:
    """One byte to the left."""
    return challenge[1:] + challenge[:1]


def xor(left: bytes, right: bytes) -> bytes:
    """Bit by bit, as long as the shorter."""
    return bytes(a ^ b for a, b in zip(left, right, strict=False))


def _doubled(block: bytes) -> bytes:
    number = int.from_bytes(block, "big") << 1
    if number >> 128:
        number = (number & (1 << 128) - 1) ^ _FEEDBACK
    return number.to_bytes(BLOCK, "big")
