"""The one place that chooses a store: the embedded file, or the server of a URL."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from backend.telemetry.detected import DetectedServer, major_of
from backend.telemetry.embedded import EmbeddedTelemetry
from backend.telemetry.embedded_reader import EmbeddedReader
from backend.telemetry.errors import TelemetryRefused
from backend.telemetry.http_endpoint import HttpEndpoint, basic
from backend.telemetry.influx1 import Influx1Server
from backend.telemetry.line_server import LineServer
from backend.telemetry.model import TelemetryReader, TelemetryStore
from backend.telemetry.server_reader import ServerReader
from backend.telemetry.spool import Spool
from backend.telemetry.spooled import SpooledTelemetry
from contract.clock import Clock

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetrySettings:
    """Where the time series go. Without a URL they go into the embedded file at `path`."""

    path: Path
    spool_path: Path
    """One process has it alone; a second worker needs its own."""
    url: str | None = None
    spool_max_bytes: int = 2_000 * MEGABYTE
    """About seven million positions: two hours at 1,000 a second."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    org: str = ""
    version: str | None = None
    """Of a server that does not tell it itself, for example "2.7"."""


def open_telemetry(settings: TelemetrySettings, clock: Clock) -> TelemetryStore:
    """The store to write. Raises TelemetryRefused for settings that can never work."""
    if settings.url is None:
        return EmbeddedTelemetry(settings.path, clock)
    server = open_server(settings)
    return SpooledTelemetry(server, Spool(settings.spool_path, settings.spool_max_bytes, clock))


def open_telemetry_reader(settings: TelemetrySettings) -> TelemetryReader:
    """The store to read, for a process beside the one that writes it; touches no spool."""
    if settings.url is None:
        return EmbeddedReader(settings.path)
    return ServerReader(open_server(settings))


def open_server(settings: TelemetrySettings) -> LineServer:
    """The server of the settings' URL. Raises TelemetryRefused."""
    url = settings.url or ""
    http = HttpEndpoint(url, _headers(settings))

    def choose(major: int) -> LineServer:
        if major < 2:
            return Influx1Server(http)
        # Heavy to import, and only servers of 2.x and later need it.
        from backend.telemetry.influx2 import Influx2Server  # noqa: PLC0415

        return Influx2Server(http, _token(settings), settings.org, major)

    if settings.version is None:
        return DetectedServer(http, choose)
    try:
        return choose(major_of(settings.version))
    except ValueError as error:
        raise TelemetryRefused(f"setting version: {error}") from error


def _headers(settings: TelemetrySettings) -> dict[str, str]:
    if settings.token:
        return {"Authorization": f"Token {settings.token}"}
    if settings.username:
        return {"Authorization": basic(f"{settings.username}:{settings.password or ''}")}
    return {}


def _token(settings: TelemetrySettings) -> str:
    """A 2.x server takes "user:password" where its 1.x compatibility is set up."""
    if settings.token:
        return settings.token
    return f"{settings.username}:{settings.password or ''}" if settings.username else ""
