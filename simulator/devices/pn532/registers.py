"""The chip's memory that hosts read and write, and its wake-up from sleep.

Rules of this file: pure. Writing a register changes what is read back and nothing else: what the
analog part would do is not emulated.
"""

from __future__ import annotations

import itertools

TX_MODE, RX_MODE, FIFO_DATA = 0x6302, 0x6303, 0x6339
FRAMING = 0x03
"""Bits of TX_MODE and RX_MODE: 0 is type A, others are B, FeliCa and active."""
REQA = 0x26
"""Still in the FIFO where nobody answered it; hosts look for it there."""
WAKING_EDGES = 5
"""Rising edges on the line that wake the chip (UM0701-02 section 7.2.11); one 0x55 has five."""


class Registers:
    """64 KiB of which hosts use some forty bytes."""

    def __init__(self) -> None:
        self._bytes = {FIFO_DATA: REQA}

    @property
    def speaks_type_a(self) -> bool:
        """Whether raw commands go out as a type A card hears them."""
        return not self._bytes.get(TX_MODE, 0) & FRAMING

    def set_type_a(self) -> None:
        """As listing a type A card leaves it."""
        for address in (TX_MODE, RX_MODE):
            self._bytes[address] = self._bytes.get(address, 0) & ~FRAMING

    def read(self, addresses: bytes) -> bytes:
        """The values at big-endian 16-bit `addresses`."""
        return bytes(self._bytes.get(address, 0) for (address,) in _pieces(addresses, 2))

    def write(self, triples: bytes) -> None:
        """Each of `triples` is a big-endian address and a value."""
        for address, value in _pieces(triples, 3):
            self._bytes[address] = value


def rising_edges(byte: int) -> int:
    """Rising edges on the line while `byte` passes: start bit, eight bits, stop bit."""
    levels = [0, *(byte >> bit & 1 for bit in range(8)), 1]
    return sum(1 for before, after in itertools.pairwise(levels) if after > before)


def _pieces(data: bytes, size: int) -> list[tuple[int, ...]]:
    return [
        (int.from_bytes(data[at : at + 2], "big"), *data[at + 2 : at + size])
        for at in range(0, len(data) - size + 1, size)
    ]
