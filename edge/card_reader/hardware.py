"""Which devices a door has; only the drivers that are named are loaded."""

from __future__ import annotations

import random

from contract.clock import Clock
from edge.card_reader.config import INPUTS, DoorConfig
from edge.card_reader.relay_guard import RELAY
from edge.drivers.gpio import GpioInputs, GpioOutputs
from edge.drivers.lines import InputLines, OutputLines


def inputs(config: DoorConfig, clock: Clock, chance: random.Random) -> InputLines | None:
    """Contact, exit button, tamper switch; None where none is wired."""
    wired = {name: config.lines.inputs[name] for name in INPUTS if name in config.lines.inputs}
    return GpioInputs(config.lines.chip, wired, clock, chance) if wired else None


def signals(config: DoorConfig) -> OutputLines | None:
    """LEDs and buzzer; the relay belongs to the guard."""
    wired = {name: line for name, line in config.lines.outputs.items() if name != RELAY}
    return GpioOutputs(config.lines.chip, wired) if wired else None
