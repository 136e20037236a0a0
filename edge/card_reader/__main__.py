"""`python -m edge.card_reader CONFIG`: the agent where only the edge is installed."""

from __future__ import annotations

import sys

from edge.agent.running import main
from edge.card_reader.building import build_door_agent
from edge.card_reader.config import load_config

if __name__ == "__main__":
    sys.exit(main("edge.card_reader", load_config, build_door_agent, sys.argv[1:]))
