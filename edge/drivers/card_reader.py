"""What every reader of cards offers, whatever the bus: PN532, PC/SC, OSDP."""

from __future__ import annotations

from typing import Literal, Protocol


class CardChannel(Protocol):
    """One card in the field, from its arrival until it is gone."""

    @property
    def uid(self) -> bytes:
        """4, 7 or 10 bytes; identifies and proves nothing."""
        ...

    @property
    def speaks(self) -> Literal["iso14443_4", "uid_only"]:
        """Whether commands can be exchanged at all; a memory card or a fob only has a UID."""
        ...

    async def native(self, command: bytes) -> bytes:
        """Send a native DESFire command (INS, data), return status byte and data.

        Drivers whose bus takes only ISO 7816-4 wrap it as 90 INS 00 00 Lc data 00 and unwrap
        91 status. Raises CardGone (pulled away, torn) and ReaderFault (the reader itself).
        """
        ...


class CardReader(Protocol):
    """A reader head. Survives unplugging and replugging; says each once in the log."""

    async def next_card(self) -> CardChannel:
        """Wait until a card enters the field that was not there before, for ever if need be."""
        ...

    async def removed(self, card: CardChannel) -> None:
        """Wait until `card` has left the field."""
        ...

    @property
    def connected(self) -> bool:
        """Whether the reader answers."""
        ...

    async def close(self) -> None:
        """Switch the field off and give the port back."""
        ...
