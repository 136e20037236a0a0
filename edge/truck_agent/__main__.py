"""`python -m edge.truck_agent CONFIG`: the agent where only the edge is installed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from edge.truck_agent.config import load_config
from edge.truck_agent.errors import InvalidConfig
from edge.truck_agent.running import run_until_told


def main(arguments: list[str]) -> int:
    """0 when told to stop, 1 with one sentence where the configuration is wrong, 2 misused."""
    if len(arguments) != 1:
        sys.stderr.write("write: python -m edge.truck_agent /etc/softplace/agent.toml\n")
        return 2
    try:
        config = load_config(Path(arguments[0]))
    except InvalidConfig as error:
        sys.stderr.write(f"{error}\n")
        return 1
    asyncio.run(run_until_told(config))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
