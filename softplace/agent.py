"""`softplace agent`: the program of a unit, as the units of deploy/systemd start it."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from softplace import __version__
from softplace.failure import CommandFailed

KINDS = ("truck", "bus", "space", "reader")

Parts = tuple[Callable[[Path], Any], Callable[..., Any]]
"""How an agent's configuration is loaded, and how the agent is built of it."""


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
    kind, path = arguments.kind, arguments.config
    from edge.agent.running import run_until_told  # noqa: PLC0415 - memory of the Pi
    from softplace.sentences import sentence_of  # noqa: PLC0415 - as above

    load_config, build = _AGENTS[kind]()
    try:
        asyncio.run(run_until_told(build, _config(load_config, path, kind), __version__))
    except CommandFailed:
        raise
    except Exception as error:
        sentence = sentence_of(error)
        if sentence is None:
            raise
        raise CommandFailed(sentence) from error
    return 0


def _config(load_config: Callable[[Path], Any], path: Path, kind: str) -> Any:
    config = load_config(path)
    if config.unit.kind != kind:
        raise CommandFailed(
            f"{path}: unit = {str(config.unit)!r} is a {config.unit.kind}; "
            f"run: softplace agent {config.unit.kind} --config {path}"
        )
    return config


# Each agent is imported only where it runs, and nothing of the backend ever.


def _vehicle() -> Parts:
    from edge.truck_agent.config import load_config  # noqa: PLC0415
    from edge.truck_agent.service import build_truck_agent  # noqa: PLC0415

    return load_config, build_truck_agent


def _door() -> Parts:
    from edge.card_reader.building import build_door_agent  # noqa: PLC0415
    from edge.card_reader.config import load_config  # noqa: PLC0415

    return load_config, build_door_agent


def _space() -> Parts:
    from edge.space_agent.building import build_space_agent  # noqa: PLC0415
    from edge.space_agent.config import load_config  # noqa: PLC0415

    return load_config, build_space_agent


_AGENTS: dict[str, Callable[[], Parts]] = {
    "truck": _vehicle,
    "bus": _vehicle,
    "space": _space,
    "reader": _door,
}
