"""What is to be examined: read from the options and from a settings file of either side."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from contract.broker_url import BrokerAddress, InvalidBrokerUrl, parse_broker_url
from contract.clock import Clock, SystemClock
from softplace.doctor.devices import HOSTAPD, Devices, Receiver


class UnreadableSubject(Exception):
    """An option or a file that cannot be used; one sentence."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Files of our side of TLS."""

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Influx:
    """A time-series server and our account on it."""

    url: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """Everything the checks may look at; None where it was not named."""

    data: Path = Path()
    broker: BrokerAddress | None = None
    tls: Tls = Tls()
    influx: Influx | None = None
    embedded_store: Path | None = None
    """Directory of the embedded stores of a backend."""
    receiver: Receiver = field(default_factory=Receiver)
    hostapd: Path = HOSTAPD
    devices: Devices = field(default_factory=Devices)
    outbox: Path | None = None
    identity: Path | None = None
    """Directory of a device's keys."""
    unit: str | None = None
    territory: Path | None = None
    territory_name: str | None = None
    clock: Clock = field(default_factory=SystemClock)
    wait_s: float = 1.0
    """How long to listen where only silence is an answer."""
    root: Path = Path("/")
    """Where /sys and /dev begin."""
    kernel_clock_ms: Callable[[], int | None] | None = None
    """A stand-in for the kernel's word on its clock."""


def subject_of(
    *,
    config: Path | None = None,
    broker: str | None = None,
    influx: str | None = None,
    port: str | None = None,
    baud: int | None = None,
    osdp: str | None = None,
    territory: Path | None = None,
) -> Subject:
    """The subject of a set of options; an option goes before the file. Raises UnreadableSubject."""
    subject = _of_file(config) if config is not None else Subject()
    if broker is not None:
        try:
            subject = replace(subject, broker=parse_broker_url(broker))
        except InvalidBrokerUrl as error:
            raise UnreadableSubject(f"--broker: {error}") from error
    if influx is not None:
        subject = replace(subject, influx=_influx_of(influx))
    if port is not None:
        receiver = replace(subject.receiver, port=port, uses_gpsd=False)
        subject = replace(subject, receiver=receiver)
    if baud is not None:
        subject = replace(subject, receiver=replace(subject.receiver, baud=baud))
    if osdp is not None:
        subject = replace(subject, devices=replace(subject.devices, osdp_port=osdp))
    if territory is not None:
        subject = replace(subject, territory=territory)
    return subject


def _influx_of(url: str) -> Influx:
    try:
        parts = urlsplit(url)
        netloc = parts.hostname or ""
        if parts.port:
            netloc += f":{parts.port}"
    except ValueError as error:
        raise UnreadableSubject(f"--influx: {error}; write http://host:8086") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UnreadableSubject("--influx: write http://host:8086 or https://host:8086")
    return Influx(
        urlunsplit((parts.scheme, netloc, parts.path, "", "")),
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
    )


def _of_file(path: Path) -> Subject:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableSubject(f"--config {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnreadableSubject(f"--config {path} is not TOML: {error}") from error
    return _of_agent(path) if "unit" in content else _of_backend(path)


def _of_agent(path: Path) -> Subject:
    from edge.agent.errors import InvalidConfig  # noqa: PLC0415 - absent on a server
    from softplace.doctor.agents import agent_at  # noqa: PLC0415 - as above

    try:
        agent = agent_at(path)
    except InvalidConfig as error:
        raise UnreadableSubject(str(error)) from error
    config = agent.config
    return Subject(
        data=config.outbox_path.parent,
        broker=config.broker,
        tls=Tls(config.ca_file, config.cert_file, config.key_file),
        receiver=agent.receiver,
        hostapd=agent.hostapd,
        devices=agent.devices,
        outbox=config.outbox_path,
        identity=config.identity_directory,
        unit=str(config.unit),
        territory_name=config.territory,
    )


def _of_backend(path: Path) -> Subject:
    from backend.settings import (  # noqa: PLC0415 - absent on a device
        InvalidSettings,
        load_settings,
        read_secret,
    )

    try:
        settings = load_settings(path)
        broker = settings.broker_address
        store = settings.telemetry
        password, token = read_secret(store.password_file), read_secret(store.token_file)
    except InvalidSettings as error:
        raise UnreadableSubject(str(error)) from error
    influx = None
    if store.url is not None:
        influx = _influx_of(store.url)
        influx = replace(
            influx,
            username=store.username or influx.username,
            password=password or influx.password,
            token=token,
            version=store.version,
        )
    tls = (settings.broker.ca, settings.broker.cert, settings.broker.key)
    return Subject(
        data=settings.data_directory,
        broker=broker,
        tls=Tls(*(Path(name) if name else None for name in tls)),
        influx=influx,
        embedded_store=settings.data_directory,
        territory=Path(settings.territory_file) if settings.territory_file else None,
        territory_name=settings.territory,
    )


__all__ = ["Devices", "Influx", "Receiver", "Subject", "Tls", "UnreadableSubject", "subject_of"]
