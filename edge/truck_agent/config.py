"""The configuration file of a vehicle's agent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from edge.agent.config import AgentConfig, AgentFile, Seconds, common_of, read_file
from edge.agent.errors import InvalidConfig

VEHICLES = ("truck", "bus")

SourceName = Literal["nmea", "gpsd"]


class _Position(Struct, forbid_unknown_fields=True):
    source: SourceName = "nmea"
    port: str = "/dev/serial0"
    baud: Annotated[int, Meta(ge=300, le=4_000_000)] = 9600
    host: str = "127.0.0.1:2947"


class _File(AgentFile, forbid_unknown_fields=True, kw_only=True):
    position: _Position = msgspec.field(default_factory=_Position)
    interval_s: Seconds = 1.0
    parked_interval_s: Seconds = 60.0


@dataclass(frozen=True, slots=True)
class PositionConfig:
    """Which receiver, and where."""

    source: SourceName = "nmea"
    port: str = "/dev/serial0"
    baud: int = 9600
    host: str = "127.0.0.1"
    host_port: int = 2947


@dataclass(frozen=True, slots=True, kw_only=True)
class TruckAgentConfig(AgentConfig):
    """Everything a vehicle's agent is told; durations in seconds."""

    position: PositionConfig = PositionConfig()
    interval_s: float = 1.0
    """Between positions while moving; 0 sends every fix, moving or not."""
    parked_interval_s: float = 60.0


def load_config(path: Path) -> TruckAgentConfig:
    """The configuration in `path`. Raises InvalidConfig with one sentence: file, key, remedy."""
    told = read_file(path, _File)
    return TruckAgentConfig(
        **common_of(path, told, VEHICLES, "vehicle"),
        position=_position(path, told.position),
        interval_s=told.interval_s,
        parked_interval_s=told.parked_interval_s,
    )


def _position(path: Path, told: _Position) -> PositionConfig:
    host, _, port = told.host.rpartition(":") if ":" in told.host else (told.host, "", "2947")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise InvalidConfig(path, f"[position] host = {told.host!r} must be HOST or HOST:PORT")
    return PositionConfig(told.source, told.port, told.baud, host, int(port))
