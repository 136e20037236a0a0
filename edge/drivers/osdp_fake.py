"""An OSDP reader that exists in memory only: the fake beside `osdp`.

For what happens on the wire there is an emulated reader (simulator/devices/osdp); this one
stands in where only cards and outputs matter.
"""

from __future__ import annotations

from collections.abc import Mapping

from contract.clock import Clock
from edge.drivers.card_reader import CardChannel
from edge.drivers.osdp_cards import NumberCard, NumberDesk
from edge.drivers.osdp_outputs import OsdpOutputs


class FakeOsdpReader:
    """A `CardReader` and its outputs; `switched` are the commands it was given."""

    def __init__(self, clock: Clock, name: str = "fake osdp reader") -> None:
        self.connected = True
        self.switched: list[Mapping[str, object]] = []
        self.outputs = OsdpOutputs(name, self._submit)
        self._desk = NumberDesk(name, clock)

    def hold(self, uid: bytes) -> None:
        """A card is held before it; an unplugged reader sees nothing."""
        if self.connected:
            self._desk.read(uid)

    async def next_card(self) -> NumberCard:
        """Wait for a card that was not there before."""
        return await self._desk.next_card()

    async def removed(self, card: CardChannel) -> None:
        """Wait until `card` has not been told for a second."""
        await self._desk.removed(card)

    async def close(self) -> None:
        """Be gone."""
        self.connected = False

    def _submit(self, command: Mapping[str, object]) -> bool:
        if self.connected:
            self.switched.append(command)
        return self.connected
