"""`softplace agent`: the program of a vehicle, as the unit of deploy/systemd starts it."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from softplace import __version__
from softplace.failure import CommandFailed

if TYPE_CHECKING:
    from edge.truck_agent.config import TruckAgentConfig

KINDS = ("truck", "bus", "space", "reader")
VEHICLES = ("truck", "bus")


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("kind", choices=KINDS, help="what the agent runs in")
    parser.add_argument(
        "--config", type=Path, required=True, metavar="FILE", help="settings (TOML)"
    )
    parser.epilog = "example:\n  softplace agent bus --config /etc/softplace/agent.toml"
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the agent until SIGTERM or Ctrl-C."""
    kind = arguments.kind
    if kind not in VEHICLES:
        raise CommandFailed(f"the agent of a {kind} is not part of this version; run truck or bus")
    # Imported here, and nothing of the backend ever: a Pi has little memory.
    from edge.agent.running import run_until_told  # noqa: PLC0415
    from edge.truck_agent.service import build_truck_agent  # noqa: PLC0415
    from softplace.sentences import sentence_of  # noqa: PLC0415

    try:
        asyncio.run(run_until_told(build_truck_agent, _config(arguments.config, kind), __version__))
    except CommandFailed:
        raise
    except Exception as error:
        sentence = sentence_of(error)
        if sentence is None:
            raise
        raise CommandFailed(sentence) from error
    return 0


def _config(path: Path, kind: str) -> TruckAgentConfig:
    from edge.truck_agent.config import load_config  # noqa: PLC0415 - as above

    config = load_config(path)
    if config.unit.kind != kind:
        raise CommandFailed(
            f"{path}: unit = {str(config.unit)!r} is a {config.unit.kind}; "
            f"run: softplace agent {config.unit.kind} --config {path}"
        )
    return config
