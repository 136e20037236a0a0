"""Which devices a space has; only the drivers that are named are loaded."""

from __future__ import annotations

import random

from contract.clock import Clock
from edge.drivers.gpio import GpioInputs, GpioOutputs
from edge.drivers.lines import InputLines
from edge.drivers.presence_source import PresenceSource
from edge.space_agent.config import PresenceSection, SpaceConfig


def inputs(config: SpaceConfig, clock: Clock, chance: random.Random) -> InputLines | None:
    """The wires of doors and lockers; None where none is wired."""
    used = {name: config.lines.inputs[name] for name in config.used_inputs()}
    return GpioInputs(config.lines.chip, used, clock, chance) if used else None


def outputs(config: SpaceConfig) -> GpioOutputs | None:
    """Strikes, LEDs and buzzer; None where none is wired."""
    wired = config.lines.outputs
    return GpioOutputs(config.lines.chip, wired) if wired else None


def presence_source(
    told: PresenceSection, config: SpaceConfig, clock: Clock, chance: random.Random
) -> PresenceSource:
    """The sensor that `told` names."""
    if told.kind == "pir":
        from edge.drivers.pir import PirSource  # noqa: PLC0415 - memory of the Pi

        line = config.lines.inputs[told.line or ""]
        return PirSource(told.name, config.lines.chip, line, clock, chance)
    if told.kind == "ld2450":
        from edge.drivers.ld2450 import ld2450_source  # noqa: PLC0415 - as above

        return ld2450_source(told.name, told.port or "", clock, chance)
    from edge.drivers.ld2410 import ld2410_source  # noqa: PLC0415 - as above

    return ld2410_source(told.name, told.port or "", clock, chance)
