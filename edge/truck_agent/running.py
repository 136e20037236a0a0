"""The agent as a process: signals, log, clock of the run."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal

from contract.clock import clock_from_text
from edge.truck_agent.config import TruckAgentConfig
from edge.truck_agent.service import build_truck_agent


async def run_until_told(config: TruckAgentConfig, version: str = "0") -> None:
    """Run the agent until SIGTERM or SIGINT. Raises what opening the outbox raises."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    clock = clock_from_text(os.environ.get("SOFTPLACE_CLOCK"))
    agent = build_truck_agent(config, clock, random.SystemRandom(), version)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, agent.stop)
    await agent.run()
