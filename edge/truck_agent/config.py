"""The configuration file of an agent: TOML, every key known, every fault named."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from contract.broker_url import BrokerAddress, InvalidBrokerUrl, parse_broker_url
from contract.errors import InvalidUnit
from contract.topics import Unit, is_slug, parse_unit
from edge.truck_agent.errors import InvalidConfig

VEHICLES = ("truck", "bus")
MIB = 1024 * 1024

Seconds = Annotated[float, Meta(ge=0, le=86_400)]
SourceName = Literal["nmea", "gpsd"]


class _Broker(Struct, forbid_unknown_fields=True):
    url: str
    username: str | None = None
    password_file: str | None = None
    ca: str | None = None
    cert: str | None = None
    key: str | None = None


class _Position(Struct, forbid_unknown_fields=True):
    source: SourceName = "nmea"
    port: str = "/dev/serial0"
    baud: Annotated[int, Meta(ge=300, le=4_000_000)] = 9600
    host: str = "127.0.0.1:2947"


class _Outbox(Struct, forbid_unknown_fields=True):
    path: str
    max_mb: Annotated[float, Meta(gt=0, le=1_000_000)] = 512.0


class _Link(Struct, forbid_unknown_fields=True):
    machine_serial: str | None = None
    batch_s: Seconds = 1.0


class _File(Struct, forbid_unknown_fields=True):
    territory: str
    unit: str
    broker: _Broker
    outbox: _Outbox
    position: _Position = msgspec.field(default_factory=_Position)
    link: _Link = msgspec.field(default_factory=_Link)
    interval_s: Seconds = 1.0
    parked_interval_s: Seconds = 60.0
    health_interval_s: Seconds = 300.0


@dataclass(frozen=True, slots=True)
class PositionConfig:
    """Which receiver, and where."""

    source: SourceName = "nmea"
    port: str = "/dev/serial0"
    baud: int = 9600
    host: str = "127.0.0.1"
    host_port: int = 2947


@dataclass(frozen=True, slots=True)
class TruckAgentConfig:
    """Everything an agent is told; durations in seconds."""

    territory: str
    unit: Unit
    broker: BrokerAddress
    outbox_path: Path
    position: PositionConfig = PositionConfig()
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    outbox_max_bytes: int = 512 * MIB
    machine_serial: str | None = None
    batch_s: float = 1.0
    interval_s: float = 1.0
    """Between positions while moving; 0 sends every fix, moving or not."""
    parked_interval_s: float = 60.0
    health_interval_s: float = 300.0
    """0 sends no health."""


def load_config(path: Path) -> TruckAgentConfig:
    """The configuration in `path`. Raises InvalidConfig with one sentence: file, key, remedy."""
    try:
        with path.open("rb") as opened:
            tables = tomllib.load(opened)
    except OSError as error:
        raise InvalidConfig(path, f"cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidConfig(path, f"is not TOML: {error}") from error
    try:
        told = msgspec.convert(tables, _File)
    except msgspec.ValidationError as error:
        raise InvalidConfig(path, _in_words(str(error))) from error
    return _checked(path, told)


def _checked(path: Path, told: _File) -> TruckAgentConfig:
    if not is_slug(told.territory):
        raise InvalidConfig(
            path, f"territory = {told.territory!r} must be 1 to 40 of a-z, 0-9 and inner dashes"
        )
    try:
        unit = parse_unit(told.unit)
    except InvalidUnit as error:
        raise InvalidConfig(path, str(error)) from error
    if unit.kind not in VEHICLES:
        raise InvalidConfig(
            path, f"unit = {told.unit!r} is no vehicle; this agent serves truck/ID and bus/ID"
        )
    return TruckAgentConfig(
        territory=told.territory,
        unit=unit,
        broker=_broker(path, told.broker),
        outbox_path=_beside(path, told.outbox.path),
        position=_position(path, told.position),
        ca_file=_optional(path, told.broker.ca),
        cert_file=_optional(path, told.broker.cert),
        key_file=_optional(path, told.broker.key),
        outbox_max_bytes=int(told.outbox.max_mb * MIB),
        machine_serial=told.link.machine_serial,
        batch_s=told.link.batch_s,
        interval_s=told.interval_s,
        parked_interval_s=told.parked_interval_s,
        health_interval_s=told.health_interval_s,
    )


def _broker(path: Path, told: _Broker) -> BrokerAddress:
    try:
        address = parse_broker_url(told.url)
    except InvalidBrokerUrl as error:
        raise InvalidConfig(path, f"[broker] url: {error}") from error
    if told.username is not None:
        address = replace(address, username=told.username)
    if told.password_file is None:
        return address
    secret = _beside(path, told.password_file)
    try:
        return replace(address, password=secret.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfig(
            path, f"[broker] password_file {secret} cannot be read ({error})"
        ) from error


def _position(path: Path, told: _Position) -> PositionConfig:
    host, _, port = told.host.rpartition(":") if ":" in told.host else (told.host, "", "2947")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise InvalidConfig(path, f"[position] host = {told.host!r} must be HOST or HOST:PORT")
    return PositionConfig(told.source, told.port, told.baud, host, int(port))


def _beside(path: Path, name: str) -> Path:
    """Relative paths count from the configuration file."""
    return path.parent / Path(name).expanduser()


def _optional(path: Path, name: str | None) -> Path | None:
    return None if name is None else _beside(path, name)


_UNKNOWN = re.compile(r"Object contains unknown field `(\w+)`")
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_WHERE = re.compile(r" - at `\$\.?([\w.]*)`")


def _in_words(message: str) -> str:
    """The validator's sentence with the key as it stands in the file: [table] key."""
    found = _WHERE.search(message)
    where = found[1] if found else ""
    said = _WHERE.sub("", message)
    if unknown := _UNKNOWN.search(said):
        return f"{_key(where, unknown[1])} is not a key of this file; remove or correct it"
    if missing := _MISSING.search(said):
        return f"{_key(where, missing[1])} is missing; add it"
    table, _, key = where.rpartition(".")
    return f"{_key(table, key)}: {said[:1].lower()}{said[1:]}"


def _key(table: str, key: str) -> str:
    return f"[{table}] {key}" if table else key
