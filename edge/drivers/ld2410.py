"""An LD2410 (24 GHz radar) on a serial port: somebody is there, even sitting still.

Wiring: VCC to 5 V (200 mA: not from the 3.3 V rail), GND, TX to the Pi's RXD (3.3 V), RX left
open: this driver only listens. 256,000 baud; on a Pi use a PL011 port (/dev/ttyAMA*) or a USB
adapter, the mini UART does not reach that speed. On the wall at 1.5 to 2 m, or on the ceiling
below 3 m; away from fans, and not behind metal.

What it tells: whether somebody is within some 5 m, breathing suffices. What it cannot: how many;
whether it is a person, a fan or a swaying curtain; through thin walls it sees the neighbours
(lower the sensitivity of the far gates with the maker's program).
"""

from __future__ import annotations

import random

from contract.clock import Clock
from edge.drivers.ld2410_frames import Framer
from edge.drivers.serial_radar import HOLD_S, SerialRadar


def ld2410_source(
    name: str, port: str, clock: Clock, chance: random.Random, hold_s: float = HOLD_S
) -> SerialRadar:
    """One LD2410 (`PresenceSource`)."""
    return SerialRadar(name, port, Framer(), clock, chance, hold_s)
