"""The least of a host: sends frames to an emulated chip and reads what it says."""

from __future__ import annotations

import os
import select
import tty
from collections.abc import Iterator
from contextlib import contextmanager

from simulator.devices.pn532.framing import ACK, FrameReader, Kind, encode

WAKE_UP = b"\x55\x55" + bytes(14)
PATIENCE_S = 5.0
SHORT_S = 0.05


class ChipHost:
    """An open port. `heard` is every byte so far."""

    def __init__(self, port: str) -> None:
        self.heard = b""
        self._fd = os.open(port, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self._fd)
        self._reader = FrameReader()

    def write(self, data: bytes) -> None:
        os.write(self._fd, data)

    def read(self, patience_s: float = PATIENCE_S) -> bytes:
        """Some bytes; b"" where none come in time."""
        ready, _, _ = select.select([self._fd], [], [], patience_s)
        data = os.read(self._fd, 4_096) if ready else b""
        self.heard += data
        return data

    def next(self, patience_s: float = PATIENCE_S) -> list[str]:
        """The frames of the next bytes that make any: "ack" or the body in hexadecimal."""
        while data := self.read(patience_s):
            frames = self._reader.feed(data)
            if frames:
                return ["ack" if f.kind is Kind.ACK else f.body.hex() for f in frames]
        return []

    def ask(self, command: str, patience_s: float = SHORT_S) -> list[str]:
        """ACK and reply to a command in hexadecimal without its D4; both where both come."""
        self.write(encode(b"\xd4" + bytes.fromhex(command)))
        got: list[str] = []
        while len(got) < 2 and (more := self.next(PATIENCE_S if not got else patience_s)):
            got += more
        return got

    def answer(self, command: str) -> str:
        """The reply to a command, waited for."""
        _, reply = self.ask(command, PATIENCE_S)
        return reply

    def is_cut_off(self) -> bool:
        """Whether the port says that its other end is gone."""
        ready, _, _ = select.select([self._fd], [], [], PATIENCE_S)
        try:
            return bool(ready) and os.read(self._fd, 1) == b""
        except OSError:
            return True

    def abort(self) -> None:
        self.write(ACK)

    def close(self) -> None:
        os.close(self._fd)


@contextmanager
def awake(port: str) -> Iterator[ChipHost]:
    """A host that has woken the chip."""
    host = ChipHost(port)
    try:
        host.write(WAKE_UP)
        assert host.answer("140114" + "01") == "d515"
        yield host
    finally:
        host.close()
