"""An LD2450 (24 GHz radar) on a serial port: how many move in front of it, three at most.

Wiring: as `ld2410`: 5 V, TX to the Pi's RXD, 256,000 baud. On the wall at 1.5 m, looking along
the room; 120 degrees wide, 6 m deep.

What it tells: how many bodies are in sight, up to three, each after two seconds: so many are in
the room at least. What it cannot: who sits still for long drops out of sight, so it is a second
way to count and never the only one; who stands behind another; more than three; a fan is a body.
"""

from __future__ import annotations

import random

from contract.clock import Clock
from edge.drivers.ld2450_frames import TargetFramer
from edge.drivers.serial_radar import HOLD_S, SerialRadar


def ld2450_source(
    name: str, port: str, clock: Clock, chance: random.Random, hold_s: float = HOLD_S
) -> SerialRadar:
    """One LD2450 (`PresenceSource`)."""
    return SerialRadar(name, port, TargetFramer(), clock, chance, hold_s)
