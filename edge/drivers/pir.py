"""A passive infrared motion sensor: somebody moves.

Wiring (HC-SR501 and its like): VCC to 5 V (pin 2), GND, OUT (3.3 V) to an input without pull;
jumper on H (retrigger), hold time at its least (3 s). On the wall opposite to no window and no
heater. AM312: VCC to 3.3 V.

What it tells: a warm body moved across its fields, up to some 5 m. What it cannot: a person who
sits still is not seen, so a quiet PIR empties no room before half an hour (`edge/counting`); how
many they are; a draught of warm air or a cat is somebody. It is blind and restless in its first
minute of power.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

from contract.clock import Clock
from edge.drivers.gpio import GpioInputs
from edge.drivers.line_config import InputLine
from edge.drivers.waiting import happens_within

WARM_UP_MS = 60_000
"""Of power, which comes with that of the board: the data sheet's minute."""
LOOK_S = 1.0


class PirSource:
    """One PIR on one input (`PresenceSource`)."""

    def __init__(
        self, name: str, chip: str, line: InputLine, clock: Clock, chance: random.Random
    ) -> None:
        self.name = name
        self._inputs = GpioInputs(chip, {name: line}, clock, chance)
        self._clock = clock
        self._changed = asyncio.Event()

    async def presences(self) -> AsyncIterator[int | None]:
        """Changes, until the consumer stops; the chip may come and go."""
        listening = asyncio.create_task(self._listen())
        said: int | None = None
        try:
            while True:
                await happens_within(self._changed, LOOK_S, self._clock)
                self._changed.clear()
                if self._clock.boot_ms() < WARM_UP_MS:
                    continue
                active = self._inputs.active(self.name)
                seen = None if active is None else int(active)
                if seen != said:
                    said = seen
                    yield seen
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self) -> None:
        async for _edge in self._inputs.edges():
            self._changed.set()
