"""The computer aboard for one shift: it boots with the key and says goodnight when it is turned.

A simulated vehicle has no wires: the simulator says `asleep` through the agent's link, as the
agent does where the key is wired.
"""

from __future__ import annotations

import asyncio
from random import Random

from contract.clock import Clock
from edge.drivers.plausible_dates import REPLAY_DATES
from edge.truck_agent.config import TruckAgentConfig
from edge.truck_agent.service import build_truck_agent
from simulator import __version__
from simulator.at_work import AtWork

GOODNIGHT_S = 60.0
"""How long the computer stays on after the key is off, to have its last words confirmed."""


class Aboard(AtWork):
    """Runs the real agent of one vehicle inside `async with`."""

    def __init__(self, config: TruckAgentConfig, clock: Clock, chance: Random) -> None:
        # A simulated day is past, maybe older than the program: a recording's dates are its own.
        self._agent = build_truck_agent(config, clock, chance, __version__, REPLAY_DATES)
        super().__init__(str(config.unit), self._agent)
        self._clock = clock

    async def turn_key_off(self) -> None:
        """Say `asleep`, take the last position off the broker, and have both confirmed.

        Without network the words stay on disk, and are said at the next key.
        """
        link = self._agent.link
        link.announce("asleep")
        link.clear_retained("position")
        settled = asyncio.ensure_future(link.settled())
        tired = asyncio.ensure_future(self._clock.sleep(GOODNIGHT_S))
        try:
            await asyncio.wait({settled, tired}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            settled.cancel()
            tired.cancel()
