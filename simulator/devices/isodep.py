"""The card's side of the half-duplex block protocol (ISO/IEC 14443-4), for readers that speak it.

Rules of this file: pure; one block in, one block out or silence. Numbers of rules are those of
ISO/IEC 14443-4 section 7.5.4.
"""

from __future__ import annotations

from collections.abc import Callable

FRAME_SIZES = (16, 24, 32, 40, 48, 64, 96, 128, 256)
CRC_BYTES = 2
RATS = 0xE0
DESELECT = 0xC2
CHAINED = 0x10
CID_FOLLOWS = 0x08
CID = b"\x00"
"""The number that readers give to the only card in the field, when they give one."""


class BlockLayer:
    """Blocks of one activated card; `exchange` answers whole commands."""

    def __init__(self, ats: bytes, exchange: Callable[[bytes], bytes | None]) -> None:
        self._ats = ats
        self._exchange = exchange
        self._reader_takes = FRAME_SIZES[2] - CRC_BYTES - 1
        self._number = 1
        self._command = b""
        self._rest = b""
        self._sent: bytes | None = None

    def block(self, block: bytes) -> bytes | None:
        """What the card answers to one block, None where it keeps silent."""
        if not block:
            return None
        if block[0] == RATS and len(block) == 2:
            return self._select(block[1])
        if not block[0] & CID_FOLLOWS:
            return self._plain_block(block)
        if block[1:2] != CID:
            return None  # to another card in the field
        answer = self._plain_block(bytes((block[0] ^ CID_FOLLOWS,)) + block[2:])
        return answer and bytes((answer[0] | CID_FOLLOWS,)) + CID + answer[1:]

    def _plain_block(self, block: bytes) -> bytes | None:
        control = block[0]
        if control == DESELECT:
            self._forget()
            return block
        if control & 0xE6 == 0xA2 and len(block) == 1:
            return self._receipt(control)
        if control & 0xE6 == 0x02:
            return self._information(control, block[1:])
        return None

    def _select(self, parameter: int) -> bytes:
        size = FRAME_SIZES[min(parameter >> 4, len(FRAME_SIZES) - 1)]
        self._reader_takes = size - CRC_BYTES - 1
        self._forget()
        return self._ats

    def _forget(self) -> None:
        self._number = 1
        self._command = self._rest = b""
        self._sent = None

    def _receipt(self, control: int) -> bytes | None:
        if control & 0x01 == self._number and self._sent is not None:
            return self._sent  # rule 11: our last block was not understood
        if control & 0x10:
            return bytes((0xA2 | self._number,))  # rule 12: are you there?
        self._number ^= 1  # rule E
        return self._next_piece()

    def _information(self, control: int, piece: bytes) -> bytes | None:
        self._number ^= 1  # rule D
        self._command += piece
        if control & CHAINED:
            self._sent = bytes((0xA2 | self._number,))
            return self._sent
        command, self._command = self._command, b""
        answer = self._exchange(command)
        if answer is None:
            return None
        self._rest = answer
        return self._next_piece()

    def _next_piece(self) -> bytes:
        piece, self._rest = self._rest[: self._reader_takes], self._rest[self._reader_takes :]
        control = 0x02 | self._number | (CHAINED if self._rest else 0)
        self._sent = bytes((control,)) + piece
        return self._sent
