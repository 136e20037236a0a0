"""The server whose version is asked at first contact, since it may be away at the start."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

from backend.telemetry.errors import TelemetryRefused
from backend.telemetry.http_endpoint import HttpEndpoint
from backend.telemetry.line_server import LineServer

Choose = Callable[[int], LineServer]
"""The server of a major version."""


class DetectedServer:
    """Asks /ping for the version once, then stands for the server of that version."""

    def __init__(self, http: HttpEndpoint, choose: Choose) -> None:
        self._http = http
        self._choose = choose
        self._server: LineServer | None = None
        self._lock = threading.Lock()

    @property
    def shown(self) -> str:
        return f"InfluxDB at {self._http.shown}"

    def prepare(self) -> None:
        self._chosen().prepare()

    def write(self, database: str, body: bytes) -> None:
        self._chosen().write(database, body)

    def select(self, database: str, influxql: str) -> list[dict[str, Any]]:
        return self._chosen().select(database, influxql)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._http.close()

    def _chosen(self) -> LineServer:
        with self._lock:
            if self._server is None:
                self._server = self._choose(self._major())
            return self._server

    def _major(self) -> int:
        """Raises TelemetryUnavailable, and TelemetryRefused where no version is told."""
        reply = self._http.request("GET", "/ping", {})
        told = reply.headers.get("X-Influxdb-Version", "")
        try:
            return major_of(told)
        except ValueError:
            raise TelemetryRefused(
                f"{self._http.shown} does not say which InfluxDB it is (/ping answered "
                f"{reply.status}); check the address, or set the version"
            ) from None


def major_of(version: str) -> int:
    """3 of "v3.1.0". Raises ValueError where it is no version."""
    found = re.match(r"v?(\d+)(?:\.|$)", version.strip())
    if found is None:
        raise ValueError(f"{version!r} is not a version of InfluxDB; write for example 1.8 or 2.7")
    return int(found.group(1))
