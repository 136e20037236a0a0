"""Which devices a door has; only the drivers that are named are loaded."""

from __future__ import annotations

import random
from typing import cast

from contract.clock import Clock
from edge.card_reader.config import INPUTS, DoorConfig, ReaderConfig
from edge.card_reader.relay_guard import RELAY
from edge.drivers.card_reader import CardReader
from edge.drivers.gpio import GpioInputs, GpioOutputs
from edge.drivers.lines import InputLines, OutputLines


def card_reader(config: ReaderConfig, clock: Clock, chance: random.Random) -> CardReader:
    """The reader head. One that gives a number only (OSDP) is never enough for a door.

    A reader is only ever asked about cards that it gave itself, hence the casts.
    """
    if config.kind == "pcsc":
        from edge.drivers.pcsc import PcscReader  # noqa: PLC0415 - memory of the Pi

        return cast("CardReader", PcscReader(config.name, clock, chance))
    from edge.drivers.pn532 import Pn532Reader  # noqa: PLC0415 - memory of the Pi

    return cast("CardReader", Pn532Reader(config.port, clock, chance, config.baud))


def inputs(config: DoorConfig, clock: Clock, chance: random.Random) -> InputLines | None:
    """Contact, exit button, tamper switch; None where none is wired."""
    wired = {name: config.lines.inputs[name] for name in INPUTS if name in config.lines.inputs}
    return GpioInputs(config.lines.chip, wired, clock, chance) if wired else None


def signals(config: DoorConfig) -> OutputLines | None:
    """LEDs and buzzer; the relay belongs to the guard."""
    wired = {name: line for name, line in config.lines.outputs.items() if name != RELAY}
    return GpioOutputs(config.lines.chip, wired) if wired else None
