"""The co-pass of a door, a space or a bus, from its settings; loaded where there is a reader."""

from __future__ import annotations

import secrets
from pathlib import Path

from contract.clock import Clock
from edge.agent.config import AgentConfig
from edge.agent.identity import load_identity
from edge.copass.at_rest import at_rest_key, board_secret
from edge.copass.decision import Policy
from edge.copass.durable_files import RealFiles
from edge.copass.station import Station, StationSettings
from edge.link.identity import machine_of
from edge.link.sealed import SealOpener
from edge.link.service import Link


def build_station(
    config: AgentConfig, directory: Path, link: Link, clock: Clock, policy: Policy | None = None
) -> Station:
    """Rights, journal and desk in `directory`; raises what identity or files at rest raise.

    A device without an identity takes no rights.
    """
    board = board_secret(configured=config.machine_serial)
    key = at_rest_key(board, directory / "secret", RealFiles(), secrets.token_bytes)
    opener: SealOpener | None = None
    if config.identity_directory is not None:
        identity = load_identity(config.identity_directory)
        opener = identity.seal_opener(config.territory, config.unit)
    machine = machine_of(link.outbox.boot)
    settings = StationSettings(directory, config.territory, machine, key, policy or Policy())
    return Station(settings, link, opener, clock)
