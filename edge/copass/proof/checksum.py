"""The CRC-32 of DESFire cards."""

from __future__ import annotations

import zlib


def jamcrc(data: bytes) -> bytes:
    """CRC-32 without its last inversion (JAMCRC), four bytes, least first."""
    return (zlib.crc32(data) ^ 0xFFFF_FFFF).to_bytes(4, "little")
