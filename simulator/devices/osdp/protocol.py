"""A reader's half of the conversation: sequence numbers, resending, the secure channel.

Rules of this file: no I/O; frames in, bytes out. A frame seen before (same sequence number) gets
the very same bytes again: its first reply was lost. Without a secure channel a reader tells and
does nothing that opens a door.
"""

from __future__ import annotations

from collections.abc import Callable

from simulator.devices.osdp import commands, framing
from simulator.devices.osdp.commands import Reply, refused
from simulator.devices.osdp.framing import Frame
from simulator.devices.osdp.secure_channel import SCBK_DEFAULT, SecureChannel
from simulator.devices.osdp.state import ReaderState

SESSION_S = 8.0
"""A secure channel without a word for as long is over."""
OWN_KEY, DEFAULT_KEY = 1, 0


class Conversation:
    """One reader at `address`, answering."""

    def __init__(
        self, reader: ReaderState, address: int, random_bytes: Callable[[int], bytes]
    ) -> None:
        self.address = address
        self.resent = 0
        self._reader = reader
        self._random_bytes = random_bytes
        self._sequence: int | None = None
        self._last = b""
        self._channel: SecureChannel | None = None
        self._heard_s = 0.0

    @property
    def secure(self) -> bool:
        """Whether a secure channel is in force."""
        return self._channel is not None and self._channel.in_force

    def answer(self, frame: Frame, now_s: float) -> bytes | None:
        """The bytes to send; None where the frame is not for this reader."""
        if frame.address not in {self.address, framing.BROADCAST}:
            return None
        if now_s - self._heard_s > SESSION_S:
            self._channel = None
        self._heard_s = now_s
        if frame.sequence == 0:
            self._channel, self._sequence = None, None
        elif frame.sequence == self._sequence:
            self.resent += 1
            return self._last
        elif self._sequence is None or frame.sequence != self._sequence % 3 + 1:
            return self._plain(frame, refused(commands.NAK_SEQUENCE))
        self._last = self._fresh(frame, now_s)
        self._sequence = frame.sequence
        return self._last

    def _fresh(self, frame: Frame, now_s: float) -> bytes:
        kind = frame.block[0] if frame.block else None
        if kind in {0x11, 0x13}:
            return self._handshake(frame, frame.block)
        if kind in {0x15, 0x17}:
            return self._secured(frame, now_s, hidden=kind == 0x17)
        if kind is not None or self.secure:
            return self._plain(frame, refused(commands.NAK_SECURITY))
        self._reader.told_in_clear = True
        return self._plain(frame, commands.obey(self._reader, frame.code, frame.data, now_s))

    def _handshake(self, frame: Frame, block: bytes) -> bytes:
        if len(block) != 2:
            return self._plain(frame, refused(commands.NAK_SECURITY))
        if block[1] == DEFAULT_KEY and not self._reader.installing:
            return self._plain(frame, refused(commands.NAK_SECURITY))
        if (block[0], frame.code, len(frame.data)) == (0x11, commands.CHALLENGE, 8):
            return self._challenged(frame, block[1])
        if (block[0], frame.code, len(frame.data)) == (0x13, commands.CRYPTOGRAM, 16):
            first_mac = self._channel.prove(frame.data) if self._channel else None
            if first_mac is not None:
                return self._built(frame, bytes([0x14, 1]), 0x78, first_mac)
            self._channel = None
        return self._plain(frame, refused(commands.NAK_SECURITY))

    def _challenged(self, frame: Frame, which: int) -> bytes:
        key = SCBK_DEFAULT if which == DEFAULT_KEY else self._reader.key
        answer = self._random_bytes(8)
        self._channel = SecureChannel(key, self._reader.client_uid, frame.data, answer)
        return self._built(frame, bytes([0x12, which]), 0x76, self._channel.reply)

    def _secured(self, frame: Frame, now_s: float, *, hidden: bool) -> bytes:
        channel = self._channel
        if channel is None or not channel.in_force:
            return self._plain(frame, refused(commands.NAK_SECURITY))
        data = channel.command(frame.signed, frame.mac, frame.data, hidden=hidden)
        if data is None:
            self._channel = None
            return self._plain(frame, refused(commands.NAK_SECURITY))
        self._reader.told_in_clear = False
        code, told = commands.obey(self._reader, frame.code, data, now_s)
        told = channel.hide(told) if told else b""
        block = bytes([0x18 if told else 0x16])
        head = framing.frame_head(self._named(frame), frame.control, block, 1 + len(told) + 4)
        signed = head + bytes([code]) + told
        return framing.checked(signed + channel.sign(signed))

    def _plain(self, frame: Frame, reply: Reply) -> bytes:
        return self._built(frame, b"", *reply)

    def _built(self, frame: Frame, block: bytes, code: int, data: bytes) -> bytes:
        head = framing.frame_head(self._named(frame), frame.control, block, 1 + len(data))
        return framing.checked(head + bytes([code]) + data)

    def _named(self, frame: Frame) -> int:
        return framing.REPLY | (
            frame.address if frame.address == framing.BROADCAST else self.address
        )
