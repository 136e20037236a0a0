"""Settings of the backend: one TOML file, every key known, every fault one sentence."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
from msgspec import Struct

from backend.devices.ladder import LadderRules
from contract.broker_url import BrokerAddress, InvalidBrokerUrl, parse_broker_url
from contract.topics import is_slug


class InvalidSettings(Exception):
    """The settings cannot be used; says which file, which key and what to write."""

    def __init__(self, where: str, why: str) -> None:
        self.where = where
        self.why = why
        super().__init__(f"settings {where}: {why}")


class BrokerSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How the backend reaches the broker."""

    url: str = "mqtt://127.0.0.1:1883"
    username: str | None = None
    password_file: str | None = None
    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    share_group: str | None = None
    """Set on every worker when several ingests share the load ($share of the broker)."""


class TelemetrySection(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where time series go; without `url` an embedded file under `data`."""

    url: str | None = None
    username: str | None = None
    password_file: str | None = None
    token_file: str | None = None
    org: str | None = None
    version: str | None = None
    """Set where a server does not tell its version."""
    spool_max_mb: int = 2_048


class RecordsSection(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The SQL store; without `url` an SQLite file under `data`."""

    url: str | None = None


class WebSection(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where pages are served."""

    host: str = "127.0.0.1"
    port: int = 8440


class DevicesSection(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What devices are told at enrolment."""

    broker_url: str | None = None
    """Where devices reach the broker, mqtts://host:8883; without it nobody can enrol."""


class Settings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Everything a backend process is told."""

    territory: str
    data: str
    territory_file: str | None = None
    qos: int = 1
    """0 only to measure: it gives up the broker's redelivery, not the agents' own."""
    retention: str | None = None
    """"replay" keeps every row for good, whatever its stream."""
    broker: BrokerSettings = BrokerSettings()
    telemetry: TelemetrySection = TelemetrySection()
    records: RecordsSection = RecordsSection()
    web: WebSection = WebSection()
    devices: DevicesSection = DevicesSection()
    distress: LadderRules = LadderRules()

    @property
    def data_directory(self) -> Path:
        """Where the embedded stores, the spool and the secrets live."""
        return Path(self.data)

    @property
    def records_url(self) -> str:
        """The SQL store's address, the default written out."""
        return self.records.url or f"sqlite:///{self.data_directory / 'records.sqlite'}"

    @property
    def broker_address(self) -> BrokerAddress:
        """The broker, with the credentials of the settings. Raises InvalidSettings."""
        try:
            address = parse_broker_url(self.broker.url)
        except InvalidBrokerUrl as error:
            raise InvalidSettings("broker.url", str(error)) from error
        return BrokerAddress(
            host=address.host,
            port=address.port,
            tls=address.tls,
            username=self.broker.username or address.username,
            password=read_secret(self.broker.password_file) or address.password,
        )


def load_settings(path: Path) -> Settings:
    """The settings of a TOML file. Raises InvalidSettings."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidSettings(str(path), f"cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSettings(str(path), f"is not TOML: {error}") from error
    try:
        settings = msgspec.convert(raw, Settings)
    except msgspec.ValidationError as error:
        raise InvalidSettings(str(path), f"{error}") from error
    return _checked(settings, str(path))


def _checked(settings: Settings, where: str) -> Settings:
    if not is_slug(settings.territory):
        raise InvalidSettings(
            where, f"territory {settings.territory!r} must be a lower-case slug, for example lozere"
        )
    if settings.retention not in {None, "replay"}:
        raise InvalidSettings(
            where, f'retention {settings.retention!r} is not "replay"; leave it out'
        )
    if settings.qos not in {0, 1}:
        raise InvalidSettings(where, f"qos {settings.qos} must be 1 (or 0, to measure)")
    return settings


def read_secret(path: str | None) -> str | None:
    """The first line of a secret's file; None without a file. Raises InvalidSettings."""
    if path is None:
        return None
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()[0].strip()
    except OSError as error:
        raise InvalidSettings(path, f"cannot be read: {error.strerror}") from error
    except IndexError as error:
        raise InvalidSettings(path, "is empty; put the secret on its first line") from error
