"""The configuration file of a vehicle's agent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from edge.agent.config import AgentConfig, AgentFile, Seconds, beside, common_of, read_file
from edge.agent.errors import InvalidConfig
from edge.drivers.line_config import LinesSection
from edge.drivers.wifi_config import WifiSection
from edge.truck_agent.sections import (
    CabSection,
    DoorSection,
    IgnitionSection,
    LoneWorkerSection,
    PassengersSection,
    ReaderSection,
    SosSection,
)

VEHICLES = ("truck", "bus")

SourceName = Literal["nmea", "gpsd"]


class _Position(Struct, forbid_unknown_fields=True):
    source: SourceName = "nmea"
    port: str = "/dev/serial0"
    baud: Annotated[int, Meta(ge=300, le=4_000_000)] = 9600
    host: str = "127.0.0.1:2947"


class _File(AgentFile, forbid_unknown_fields=True, kw_only=True):
    position: _Position = msgspec.field(default_factory=_Position)
    lines: LinesSection | None = None
    ignition: IgnitionSection | None = None
    sos: SosSection | None = None
    lone_worker: LoneWorkerSection | None = None
    doors: tuple[DoorSection, ...] = ()
    passengers: PassengersSection | None = None
    cab: CabSection | None = None
    reader: ReaderSection | None = None
    wifi: WifiSection | None = None
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
    lines: LinesSection | None = None
    ignition: IgnitionSection | None = None
    sos: SosSection | None = None
    lone_worker: LoneWorkerSection | None = None
    doors: tuple[DoorSection, ...] = ()
    passengers: PassengersSection | None = None
    cab: CabSection | None = None
    reader: ReaderSection | None = None
    copass_directory: Path | None = None
    wifi: WifiSection | None = None

    @property
    def has_parts(self) -> bool:
        """Whether there is anything aboard beside the receiver."""
        parts = (self.ignition, self.sos, self.lone_worker, self.passengers, self.cab, self.reader)
        named = (*parts, self.wifi)
        return any(part is not None for part in named) or bool(self.doors)


def load_config(path: Path) -> TruckAgentConfig:
    """The configuration in `path`. Raises InvalidConfig with one sentence: file, key, remedy."""
    told = read_file(path, _File)
    _check_lines(path, told)
    return TruckAgentConfig(
        **common_of(path, told, VEHICLES, "vehicle"),
        position=_position(path, told.position),
        interval_s=told.interval_s,
        parked_interval_s=told.parked_interval_s,
        lines=told.lines,
        ignition=told.ignition,
        sos=told.sos,
        lone_worker=told.lone_worker,
        doors=told.doors,
        passengers=told.passengers,
        cab=told.cab,
        reader=told.reader,
        wifi=told.wifi,
        copass_directory=beside(path, told.reader.directory) if told.reader else None,
    )


def _check_lines(path: Path, told: _File) -> None:
    """Every line that a section names stands in [lines]."""
    inputs = told.lines.inputs if told.lines is not None else {}
    outputs = told.lines.outputs if told.lines is not None else {}
    ignition, sos, lone, passengers = told.ignition, told.sos, told.lone_worker, told.passengers
    wanted: tuple[tuple[str, str | None, Collection[str], str], ...] = (
        ("[ignition] line", ignition.line if ignition else None, inputs, "inputs"),
        ("[sos] line", sos.line if sos else None, inputs, "inputs"),
        ("[lone_worker] line", lone.line if lone else None, inputs, "inputs"),
        ("[lone_worker] buzzer", lone.buzzer if lone else None, outputs, "outputs"),
        ("[passengers] ramp", passengers.ramp if passengers else None, inputs, "inputs"),
        *(("[[doors]]", line, inputs, "inputs") for door in told.doors for line in door.lines),
    )
    for key, line, known, table in wanted:
        if line is not None and line not in known:
            raise InvalidConfig(
                path, f"{key}: no line is named {line!r}; add [lines.{table}.{line}]"
            )
    if told.reader is not None and told.identity is None:
        raise InvalidConfig(path, "[reader] takes rights, so [identity] directory is missing")
    for door in told.doors:
        if (door.outer is None) != (door.inner is None):
            raise InvalidConfig(path, f"[[doors]] {door.name}: outer and inner go together")


def _position(path: Path, told: _Position) -> PositionConfig:
    host, _, port = told.host.rpartition(":") if ":" in told.host else (told.host, "", "2947")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise InvalidConfig(path, f"[position] host = {told.host!r} must be HOST or HOST:PORT")
    return PositionConfig(told.source, told.port, told.baud, host, int(port))
