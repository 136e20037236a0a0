"""Real servers for a bench: a private Mosquitto and a private InfluxDB on loopback.

Each can be killed (SIGKILL) and started again on the same ports with what it had on disk.
"""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.failure import BenchFailed
from benchmarks.server_files import free_port, write_influxd_conf, write_mosquitto_conf

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_START_WITHIN_S = 20.0


class ServerUnavailable(BenchFailed):
    """A server the bench needs is not installed or did not start."""


def binary(name: str, package: str) -> str:
    """Path of an installed server. Raises ServerUnavailable with the package to install."""
    found = shutil.which(name, path=_PATH)
    if found is None:
        raise ServerUnavailable(f"{name} is not installed; run: sudo apt install {package}")
    return found


class _Server:
    """A child process that comes back on the same port."""

    port: int

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def _command(self) -> list[str]:
        raise TypeError(type(self).__name__)

    def _answers(self) -> bool:
        raise TypeError(type(self).__name__)

    def start(self) -> None:
        """Start and wait until it answers. Raises ServerUnavailable."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command(), stdout=log, stderr=log)
        deadline = time.monotonic() + _START_WITHIN_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            if self._answers():
                return
            time.sleep(0.02)
        raise ServerUnavailable(f"{self._command()[0]} did not start; see {self._log}")

    def end(self, signal_number: int = signal.SIGTERM) -> None:
        """End it by `signal_number` and wait for its death."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal_number)
            self._process.wait()

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if running and self._process else None


class Mosquitto(_Server):
    """A broker whose queue is lost when it is killed."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory / "mosquitto.log")
        self.port = free_port()
        self._conf = write_mosquitto_conf(directory, self.port)
        self._binary = binary("mosquitto", "mosquitto")

    def _command(self) -> list[str]:
        return [self._binary, "-c", str(self._conf)]

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class InfluxDB(_Server):
    """An InfluxDB 1.x that keeps its data between deaths."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory / "influxd.log")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._conf = write_influxd_conf(directory / "influx", self.port)
        self._binary = binary("influxd", "influxdb")

    def _command(self) -> list[str]:
        return [self._binary, "-config", str(self._conf)]

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/ping", timeout=1):
                return True
        except OSError:
            return False

    def query(self, statement: str, database: str = "") -> list[dict[str, Any]]:
        """Series of an InfluxQL statement; an empty list where there are none.

        Raises OSError while the server is away.
        """
        body = urllib.parse.urlencode({"db": database, "q": statement, "epoch": "ns"}).encode()
        with urllib.request.urlopen(f"{self.url}/query", body, timeout=30) as response:
            result = json.load(response)["results"][0]
        if "error" in result:
            raise ServerUnavailable(f"InfluxDB refuses {statement!r}: {result['error']}")
        series: list[dict[str, Any]] = result.get("series", [])
        return series

    def count(self, database: str, measurement: str, field: str) -> int:
        """Points of `measurement` that have `field`; 0 where nothing is there or it is away."""
        try:
            series = self.query(f'SELECT count("{field}") FROM "{measurement}"', database)
        except (OSError, ServerUnavailable):
            return 0
        return int(series[0]["values"][0][1]) if series else 0
