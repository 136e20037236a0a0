"""A process with nothing but a link and remote help: what every agent is made of.

`python -m tests.devices.helped_agent CONFIG`
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from contract.clock import Clock
from edge.agent.config import AgentConfig, AgentFile, common_of, read_file
from edge.agent.remote import open_commands
from edge.agent.running import main
from edge.agent.service import Agent, Work
from edge.link.service import Link


def load_config(path: Path) -> AgentConfig:
    kinds = ("bus", "truck", "reader", "space")
    return AgentConfig(**common_of(path, read_file(path, AgentFile), kinds, "unit"))


def build(config: AgentConfig, clock: Clock, chance: random.Random, version: str) -> Agent:
    settings = config.link_settings()
    link = Link(settings, config.territory, config.unit, clock, chance, version)
    # As on a machine whose clock NTP holds.
    link.anchor("ntp", clock.now_ms(), clock.boot_ms())
    commands = open_commands(config, link, clock)
    work = [] if commands is None else [Work("commands", commands.run)]
    return Agent(link, clock, work)


if __name__ == "__main__":
    sys.exit(main("tests.devices.helped_agent", load_config, build, sys.argv[1:]))
