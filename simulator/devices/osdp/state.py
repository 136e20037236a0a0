"""What an OSDP reader knows: its key, its switches, and what it has not told yet."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from simulator.devices.osdp.outputs import Buzzer, Led, Relay

LSTATR, ISTATR, OSTATR, RAW = 0x48, 0x49, 0x4A, 0x50
UNTOLD = 8
"""Card reads kept for a panel that does not ask; a real reader's buffer is as small."""


@dataclass(slots=True)
class ReaderState:
    """A reader with one head. `key` is its own secure channel base key."""

    key: bytes
    installing: bool = False
    """Whether the key from the standard is taken, to be given a key of its own."""
    identity: bytes = bytes.fromhex("5AC0DE 01 02 2A000000 010203")
    """Vendor, model, version, serial number, firmware."""
    relay: Relay = field(default_factory=Relay)
    led: Led = field(default_factory=Led)
    buzzer: Buzzer = field(default_factory=Buzzer)
    tampered: bool = False
    input_active: bool = False
    communication: tuple[int, int] | None = None
    """Address and speed to change to once the reply is out."""
    told_in_clear: bool = True
    """Whether the command being obeyed came without a secure channel."""
    _reports: deque[tuple[int, bytes]] = field(default_factory=lambda: deque(maxlen=UNTOLD))
    _relay_told: bool = False

    def read_card(self, number: bytes, bits: int | None = None) -> None:
        """A card has been held before the head."""
        length = len(number) * 8 if bits is None else bits
        self._reports.append((RAW, b"\0\0" + length.to_bytes(2, "little") + number))

    def open_case(self, *, tampered: bool) -> None:
        """The tamper switch has moved."""
        self.tampered = tampered
        self._reports.append((LSTATR, bytes([tampered, 0])))

    def switch_input(self, *, active: bool) -> None:
        """The input has changed."""
        self.input_active = active
        self._reports.append((ISTATR, bytes([active])))

    def next_report(self, now_s: float) -> tuple[int, bytes] | None:
        """What a poll gets to hear, oldest first; a relay that changed by itself last."""
        if self._reports:
            return self._reports.popleft()
        drawn = self.relay.active(now_s)
        if drawn != self._relay_told:
            self._relay_told = drawn
            return OSTATR, bytes([drawn])
        return None

    @property
    def client_uid(self) -> bytes:
        """The eight bytes a panel derives keys from."""
        return self.identity[:3] + self.identity[3:4] + self.identity[5:9]
