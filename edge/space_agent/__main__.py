"""`python -m edge.space_agent CONFIG`: the agent where only the edge is installed."""

from __future__ import annotations

import sys

from edge.agent.running import main
from edge.space_agent.building import build_space_agent
from edge.space_agent.config import load_config

if __name__ == "__main__":
    sys.exit(main("edge.space_agent", load_config, build_space_agent, sys.argv[1:]))
