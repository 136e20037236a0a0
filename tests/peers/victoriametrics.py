"""The real VictoriaMetrics of Debian: a second server that takes /api/v2/write.

It stands in for the write path of InfluxDB 2 and later, and is read back through its own
/api/v1/export. It keeps numbers only: text fields and true/false are its own business.
"""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.peers.loopback_http import Answered, exchange
from tests.peers.ports import free_port
from tests.peers.server_process import PeerFailed, ServerProcess, binary_or_skip

ATTEMPTS = 3


class VictoriaMetrics:
    """One victoria-metrics with its data in `directory`."""

    def __init__(self, directory: Path) -> None:
        self.binary = binary_or_skip("victoria-metrics", "victoria-metrics")
        self.directory = directory
        self.port = free_port()
        directory.mkdir(parents=True, exist_ok=True)
        self.process = ServerProcess(
            self._arguments, directory / "victoria-metrics.log", self._answers
        )

    @property
    def url(self) -> str:
        """Address of its HTTP interface."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def start(self) -> None:
        """Start (again) on the same port and return once it answers."""
        self.process.start()

    def start_anywhere(self) -> None:
        """Start for the first time, trying another port where the first was taken."""
        for attempt in range(ATTEMPTS):
            try:
                return self.start()
            except PeerFailed:
                if attempt == ATTEMPTS - 1:
                    raise
                self.port = free_port()
        return None

    def kill(self) -> None:
        """kill -9; the data that it has synced stays."""
        self.process.kill()

    def stop(self) -> None:
        """End it in good order; the data stays."""
        self.process.stop()

    def export(self, match: str) -> list[dict[str, Any]]:
        """Every series that `match` selects: {"metric": labels, "values", "timestamps" in ms}."""
        self._get("/internal/force_flush")
        query = urllib.parse.urlencode({"match[]": match, "start": "0", "end": "4102444800"})
        return [json.loads(line) for line in self._get(f"/api/v1/export?{query}").splitlines()]

    def _get(self, path: str) -> bytes:
        return exchange(self.port, "GET", path)[1]

    def _arguments(self) -> list[str]:
        return [
            self.binary,
            f"-httpListenAddr=127.0.0.1:{self.port}",
            f"-storageDataPath={self.directory}/data",
            "-retentionPeriod=100y",
            "-memory.allowedBytes=128MB",
            "-search.latencyOffset=0s",
            "-influx.databaseNames=softplace_2_months",
        ]

    def _answers(self) -> bool:
        try:
            return bool(self._get("/health"))
        except (OSError, Answered):
            return False


@contextmanager
def running_victoriametrics(directory: Path) -> Iterator[VictoriaMetrics]:
    """A VictoriaMetrics that answers; stopped at the end. Skips where it is not installed."""
    server = VictoriaMetrics(directory)
    server.start_anywhere()
    try:
        yield server
    finally:
        server.stop()
