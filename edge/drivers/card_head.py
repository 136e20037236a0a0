"""How a reader head is named in a configuration file, and the driver that it gets.

```toml
[reader]
kind = "pn532"          # on a serial port; or "pcsc", a USB reader by pcscd
port = "/dev/serial0"
```
"""

from __future__ import annotations

import random
from typing import Annotated, Literal

from msgspec import Meta, Struct

from contract.clock import Clock
from edge.drivers.card_reader import CardReader


class CardHeadSection(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which reader head, and where. One that gives a number only (OSDP) proves no card."""

    kind: Literal["pn532", "pcsc"] = "pn532"
    port: str = "/dev/serial0"
    """Of a PN532."""
    baud: Annotated[int, Meta(ge=9_600, le=1_000_000)] = 115_200
    pcsc_name: Annotated[str, Meta(max_length=100)] = ""
    """Part of the name of a PC/SC reader; empty takes the first."""


def card_reader(told: CardHeadSection, clock: Clock, chance: random.Random) -> CardReader:
    """The reader; where its library is missing it says so once and stays disconnected."""
    if told.kind == "pcsc":
        from edge.drivers.pcsc import PcscReader  # noqa: PLC0415 - memory of the Pi

        return PcscReader(told.pcsc_name, clock, chance)
    from edge.drivers.pn532 import Pn532Reader  # noqa: PLC0415 - as above

    return Pn532Reader(told.port, clock, chance, told.baud)
