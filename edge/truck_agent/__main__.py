"""`python -m edge.truck_agent CONFIG`: the agent where only the edge is installed."""

from __future__ import annotations

import sys

from edge.agent.running import main
from edge.truck_agent.config import load_config
from edge.truck_agent.service import build_truck_agent

if __name__ == "__main__":
    sys.exit(main("edge.truck_agent", load_config, build_truck_agent, sys.argv[1:]))
