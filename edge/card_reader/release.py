"""`python -m edge.card_reader.release --config FILE`: let the lock go, after everything ended.

For ExecStopPost of the unit: it runs also where agent and guard were both killed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from contract.clock import Clock, SystemClock
from edge.agent.errors import InvalidConfig
from edge.card_reader.config import DoorConfig, load_config
from edge.card_reader.relay_guard import RELAY
from edge.drivers.errors import LineFault
from edge.drivers.gpio import GpioOutputs

TRIES = 20
TRY_AGAIN_S = 0.1
"""A guard that is just ending holds the line a moment longer, and lets the lock go itself."""


async def release(config: DoorConfig, clock: Clock) -> None:
    """Take the relay's line inactive and give it back. Raises LineFault."""
    line = config.lines.outputs.get(RELAY)
    if line is None:
        return
    for attempt in range(1, TRIES + 1):
        relay = GpioOutputs(config.lines.chip, {RELAY: line})
        try:
            relay.open()
        except LineFault:
            if attempt == TRIES:
                raise
            await clock.sleep(TRY_AGAIN_S)
        else:
            relay.close()
            return


def main(arguments: list[str]) -> int:
    """0 when the lock is let go, 1 with one sentence where it is not."""
    parser = argparse.ArgumentParser(prog="python -m edge.card_reader.release")
    parser.add_argument("--config", type=Path, required=True, metavar="FILE")
    told = parser.parse_args(arguments)
    try:
        asyncio.run(release(load_config(told.config), SystemClock()))
    except (InvalidConfig, LineFault) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
