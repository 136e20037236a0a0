"""What the configuration file of every agent holds: TOML, every key known, every fault named.

An agent's own file adds its sections: a `Struct` that inherits `AgentFile`, and a dataclass that
inherits `AgentConfig`.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from contract.broker_url import BrokerAddress, InvalidBrokerUrl, parse_broker_url
from contract.errors import InvalidUnit
from contract.topics import Unit, is_slug, parse_unit
from edge.agent.errors import InvalidConfig
from edge.drivers.plausible_dates import BUILD_DATE, midnight_ms
from edge.link.rtc import Rtc
from edge.link.settings import LinkSettings

MIB = 1024 * 1024

Seconds = Annotated[float, Meta(ge=0, le=86_400)]
F = TypeVar("F", bound="AgentFile")


class BrokerSection(Struct, forbid_unknown_fields=True):
    """[broker]: how the agent reaches it."""

    url: str
    username: str | None = None
    password_file: str | None = None
    ca: str | None = None
    cert: str | None = None
    key: str | None = None


class OutboxSection(Struct, forbid_unknown_fields=True):
    """[outbox]: where what is not yet confirmed lies."""

    path: str
    max_mb: Annotated[float, Meta(gt=0, le=1_000_000)] = 512.0


class LinkSection(Struct, forbid_unknown_fields=True):
    """[link]: for machines that cannot tell who they are."""

    machine_serial: str | None = None
    batch_s: Seconds = 1.0
    rtc: str | None = None
    """The board's battery-backed clock, "/sys/class/rtc/rtc0/since_epoch", where it has one."""


class IdentitySection(Struct, forbid_unknown_fields=True):
    """[identity]: what `softplace device enrol` wrote."""

    directory: str


class AgentFile(Struct, forbid_unknown_fields=True, kw_only=True):
    """The sections that every agent's file has."""

    territory: str
    unit: str
    broker: BrokerSection
    outbox: OutboxSection
    link: LinkSection = msgspec.field(default_factory=LinkSection)
    identity: IdentitySection | None = None
    health_interval_s: Seconds = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentConfig:
    """Everything that every agent is told; durations in seconds."""

    territory: str
    unit: Unit
    broker: BrokerAddress
    outbox_path: Path
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    outbox_max_bytes: int = 512 * MIB
    machine_serial: str | None = None
    batch_s: float = 1.0
    rtc: Path | None = None
    health_interval_s: float = 300.0
    """0 sends no health."""
    identity_directory: Path | None = None
    """Without one the agent takes nothing sealed: no plan, no rights, no commands."""
    file: Path | None = None
    """Where all this was read from."""

    def link_settings(self) -> LinkSettings:
        """The link's part."""
        return LinkSettings(
            broker=self.broker,
            outbox_path=self.outbox_path,
            ca_file=self.ca_file,
            cert_file=self.cert_file,
            key_file=self.key_file,
            outbox_max_bytes=self.outbox_max_bytes,
            batch_s=self.batch_s,
            heartbeat_s=self.health_interval_s,
            machine_serial=self.machine_serial,
            rtc=Rtc(self.rtc, midnight_ms(BUILD_DATE)) if self.rtc else None,
        )


def read_file(path: Path, form: type[F]) -> F:
    """The file as its Struct. Raises InvalidConfig with one sentence: file, key, remedy."""
    try:
        with path.open("rb") as opened:
            tables = tomllib.load(opened)
    except OSError as error:
        raise InvalidConfig(path, f"cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidConfig(path, f"is not TOML: {error}") from error
    try:
        return msgspec.convert(tables, form)
    except msgspec.ValidationError as error:
        raise InvalidConfig(path, _in_words(str(error))) from error


def common_of(path: Path, told: AgentFile, kinds: tuple[str, ...], noun: str) -> dict[str, Any]:
    """The fields of `AgentConfig`, checked; `noun` names what `kinds` are.

    Raises InvalidConfig.
    """
    if not is_slug(told.territory):
        raise InvalidConfig(
            path, f"territory = {told.territory!r} must be 1 to 40 of a-z, 0-9 and inner dashes"
        )
    identity = told.identity.directory if told.identity is not None else None
    return {
        "territory": told.territory,
        "unit": _unit(path, told.unit, kinds, noun),
        "broker": _broker(path, told.broker),
        "outbox_path": beside(path, told.outbox.path),
        "ca_file": optional_beside(path, told.broker.ca),
        "cert_file": optional_beside(path, told.broker.cert),
        "key_file": optional_beside(path, told.broker.key),
        "outbox_max_bytes": int(told.outbox.max_mb * MIB),
        "machine_serial": told.link.machine_serial,
        "batch_s": told.link.batch_s,
        "rtc": optional_beside(path, told.link.rtc),
        "health_interval_s": told.health_interval_s,
        "identity_directory": optional_beside(path, identity),
        "file": path,
    }


def beside(path: Path, name: str) -> Path:
    """Relative paths count from the configuration file."""
    return path.parent / Path(name).expanduser()


def optional_beside(path: Path, name: str | None) -> Path | None:
    """As `beside`, where there is a name."""
    return None if name is None else beside(path, name)


def _unit(path: Path, text: str, kinds: tuple[str, ...], noun: str) -> Unit:
    try:
        unit = parse_unit(text)
    except InvalidUnit as error:
        raise InvalidConfig(path, str(error)) from error
    if unit.kind not in kinds:
        served = " and ".join(f"{kind}/ID" for kind in kinds)
        raise InvalidConfig(path, f"unit = {text!r} is no {noun}; this agent serves {served}")
    return unit


def _broker(path: Path, told: BrokerSection) -> BrokerAddress:
    try:
        address = parse_broker_url(told.url)
    except InvalidBrokerUrl as error:
        raise InvalidConfig(path, f"[broker] url: {error}") from error
    if told.username is not None:
        address = replace(address, username=told.username)
    if told.password_file is None:
        return address
    secret = beside(path, told.password_file)
    try:
        return replace(address, password=secret.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfig(
            path, f"[broker] password_file {secret} cannot be read ({error})"
        ) from error


_UNKNOWN = re.compile(r"Object contains unknown field `(\w+)`")
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_WHERE = re.compile(r" - at `\$\.?([\w.\[\]]*)`")


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
