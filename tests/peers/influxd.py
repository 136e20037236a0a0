"""The real influxd 1.6 of Debian, on ephemeral loopback ports and a directory of the test's own.

Use `running_influxd(tmp_path)` as a context manager, or `Influxd` where it is to be killed,
frozen, stopped and restarted with its data. Nothing of it reports anywhere.
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
"""Another process may take the port between finding it free and listening on it."""

CONFIG = """\
reporting-disabled = true
bind-address = "127.0.0.1:{rpc_port}"
[meta]
  dir = "{directory}/meta"
  logging-enabled = false
[data]
  dir = "{directory}/data"
  wal-dir = "{directory}/wal"
  query-log-enabled = false
  cache-max-memory-size = 268435456
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  auth-enabled = {auth}
  log-enabled = false
[subscriber]
  enabled = false
[continuous_queries]
  enabled = false
"""


class Influxd:
    """One influxd with its data in `directory`."""

    def __init__(self, directory: Path, *, auth: bool = False) -> None:
        self.binary = binary_or_skip("influxd", "influxdb")
        self.directory = directory
        self.port = free_port()
        self._auth = auth
        directory.mkdir(parents=True, exist_ok=True)
        self.process = ServerProcess(self._arguments, directory / "influxd.log", self._answers)

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
        """kill -9; the data stays."""
        self.process.kill()

    def stop(self) -> None:
        """End it in good order; the data stays."""
        self.process.stop()

    def pause(self) -> None:
        """Freeze it: connections are accepted and nothing answers."""
        self.process.pause()

    def resume(self) -> None:
        """Let it go on."""
        self.process.resume()

    def query(
        self, influxql: str, database: str | None = None, login: tuple[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """Rows of all series of the answer, tags folded in, times in nanoseconds.

        Independent of SoftPlace on purpose: the tests read with this what the store wrote.
        """
        parameters = {"q": influxql, "epoch": "ns"} | ({"db": database} if database else {})
        credentials = {"u": login[0], "p": login[1]} if login is not None else {}
        try:
            _, body = exchange(
                self.port,
                "POST",
                f"/query?{urllib.parse.urlencode(credentials)}",
                urllib.parse.urlencode(parameters).encode(),
                "application/x-www-form-urlencoded",
            )
        except Answered as error:
            raise PeerFailed(str(error)) from error
        answer = json.loads(body)
        return [row for result in answer["results"] for row in _rows(result)]

    def _arguments(self) -> list[str]:
        config = self.directory / "influxd.conf"
        config.write_text(
            CONFIG.format(
                directory=self.directory,
                port=self.port,
                rpc_port=free_port(),
                auth=str(self._auth).lower(),
            )
        )
        return [self.binary, "run", "-config", str(config)]

    def _answers(self) -> bool:
        try:
            return "X-Influxdb-Version" in exchange(self.port, "GET", "/ping")[0]
        except (OSError, Answered):
            return False


def _rows(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "error" in result:
        raise PeerFailed(result["error"])
    for series in result.get("series", []):
        for values in series.get("values", []):
            yield series.get("tags", {}) | dict(zip(series["columns"], values, strict=True))


@contextmanager
def running_influxd(directory: Path, *, auth: bool = False) -> Iterator[Influxd]:
    """An influxd that answers; stopped at the end. Skips the test where it is not installed."""
    server = Influxd(directory, auth=auth)
    server.start_anywhere()
    try:
        yield server
    finally:
        server.stop()
