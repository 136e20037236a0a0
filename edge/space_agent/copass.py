"""The co-pass of a space, loaded where it has a reader."""

from __future__ import annotations

import secrets

from contract.clock import Clock
from edge.agent.identity import load_identity
from edge.copass.at_rest import at_rest_key, board_secret
from edge.copass.decision import Policy
from edge.copass.durable_files import RealFiles
from edge.copass.station import Station, StationSettings
from edge.link.identity import machine_of
from edge.link.sealed import SealOpener
from edge.link.service import Link
from edge.space_agent.config import SpaceConfig


def build_station(config: SpaceConfig, link: Link, clock: Clock) -> Station:
    """Rights, journal and desk. Raises what the identity or the files at rest raise."""
    directory = config.copass_directory
    board = board_secret(configured=config.machine_serial)
    key = at_rest_key(board, directory / "secret", RealFiles(), secrets.token_bytes)
    opener: SealOpener | None = None
    if config.identity_directory is not None:
        identity = load_identity(config.identity_directory)
        opener = identity.seal_opener(config.territory, config.unit)
    settings = StationSettings(
        directory,
        config.territory,
        machine_of(link.outbox.boot),
        key,
        Policy(clockless_limit_ms=config.clockless_ms),
    )
    return Station(settings, link, opener, clock)
