"""What protects a command and its answer once a key is authenticated.

Rules of this file: words shared by the two kinds of secure messaging; pure.
"""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from simulator.devices.desfire.status import Status


class Mode(Enum):
    """How a command is protected."""

    MANAGED = "managed"
    """Commands about keys, files and applications: with a MAC from EV2 on, from the card in EV1."""
    PLAIN = "plain"
    MAC = "mac"
    FULL = "full"


class Session(Protocol):
    """An authenticated key. `key_number` is its slot."""

    key_number: int
    denied: Status
    """The status of a command that this key does not permit."""

    def sent_bytes(self, mode: Mode, data_bytes: int) -> int:
        """How many bytes `data_bytes` become on the way to the card."""
        ...

    def opened(self, mode: Mode, head: bytes, sent: bytes, data_bytes: int) -> bytes:
        """The data of a command; `head` is the command code and what is never enciphered.

        Raises Refused where a MAC, a CRC or a padding is wrong.
        """
        ...

    def closed(self, mode: Mode, data: bytes, *, padded_end: bool = False) -> bytes:
        """The answer's data as it is sent with status OK."""
        ...
