"""An agent as a process: signals, log, clock of the run."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from contract.clock import Clock, SystemClock, clock_from_text
from edge.agent.config import AgentConfig
from edge.agent.errors import InvalidConfig
from edge.agent.lean import grow_lean

C = TypeVar("C", bound=AgentConfig)


class Runnable(Protocol):
    """An agent, ready to run."""

    def stop(self) -> None: ...

    async def run(self) -> None: ...


Build = Callable[[C, Clock, random.Random, str], Runnable]
"""Makes the agent of a configuration, a clock, chance and the program's version."""


async def run_until_told(build: Build[C], config: C, version: str = "0") -> None:
    """Run the agent until SIGTERM or SIGINT. Raises what opening the outbox raises."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    clock = clock_from_text(os.environ.get("SOFTPLACE_CLOCK"))
    agent = build(config, clock, random.SystemRandom(), version)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, agent.stop)
    settling = asyncio.create_task(grow_lean(SystemClock()), name="lean")
    try:
        await agent.run()
    finally:
        settling.cancel()


def main(
    module: str, load_config: Callable[[Path], C], build: Build[C], arguments: list[str]
) -> int:
    """`python -m MODULE CONFIG`, where only the edge is installed.

    0 when told to stop, 1 with one sentence where the configuration is wrong, 2 misused.
    """
    if len(arguments) != 1:
        sys.stderr.write(f"write: python -m {module} /etc/softplace/agent.toml\n")
        return 2
    try:
        config = load_config(Path(arguments[0]))
    except InvalidConfig as error:
        sys.stderr.write(f"{error}\n")
        return 1
    asyncio.run(run_until_told(build, config))
    return 0
