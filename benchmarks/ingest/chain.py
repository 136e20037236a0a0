"""One run of the chain: Mosquitto, an ingest (ours or the peer), InfluxDB, and a feeder."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from benchmarks.ingest import nodered
from benchmarks.process_tree import Cost, cost, tree
from benchmarks.servers import InfluxDB, Mosquitto, ServerUnavailable
from contract.retention import TWO_MONTHS

TERRITORY = "bench"
DATABASE = TWO_MONTHS.database
_READY_WITHIN_S = 60.0
_OURS_READY = "ready services="


class Chain:
    """Servers, and an ingest that can be killed and started again."""

    def __init__(self, directory: Path, ingest: str, qos: int, peer_directory: Path) -> None:
        directory.mkdir(parents=True)
        self.broker = Mosquitto(directory)
        self.store = InfluxDB(directory)
        self._directory = directory
        self._ingest = ingest
        self._qos = qos
        self._peer_directory = peer_directory
        self._log = directory / "ingest.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.broker.start()
        self.store.start()
        self.store.query(f'CREATE DATABASE "{DATABASE}" WITH DURATION 62d')
        self._configure()
        self.start_ingest()
        return self

    def __exit__(self, *exception: object) -> None:
        self.kill_ingest(signal.SIGTERM)
        self.broker.end()
        self.store.end()

    def _configure(self) -> None:
        if self._ingest == "nodered":
            nodered.write_flow(
                self._directory / "nodered",
                self._peer_directory / "node_modules",
                self._qos,
                self.broker.port,
                self.store.port,
                DATABASE,
            )
            return
        (self._directory / "softplace.toml").write_text(
            f'territory = "{TERRITORY}"\ndata = "{self._directory / "data"}"\nqos = {self._qos}\n'
            f'[broker]\nurl = "mqtt://127.0.0.1:{self.broker.port}"\n'
            f'[telemetry]\nurl = "{self.store.url}"\n'
        )

    def start_ingest(self) -> None:
        """Start and wait until it has subscribed. Raises ServerUnavailable."""
        if self._ingest == "nodered":
            ready = nodered.READY
            command = nodered.command(self._peer_directory, self._directory / "nodered")
        else:
            ready = _OURS_READY
            config = str(self._directory / "softplace.toml")
            command = [sys.executable, "-m", "softplace", "serve", "ingest", "--config", config]
        offset = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if ready in self._log.read_text(errors="replace")[offset:]:
                time.sleep(0.5)  # its SUBSCRIBE follows the line that says it is connected
                return
            time.sleep(0.05)
        last_words = self._log.read_text(errors="replace")[-600:]
        raise ServerUnavailable(f"the {self._ingest} ingest did not start: {last_words}")

    def kill_ingest(self, signal_number: int = signal.SIGKILL) -> None:
        """End the ingest and its children."""
        if self._process is None or self._process.poll() is not None:
            return
        for member in reversed(tree(self._process.pid)[1:]):
            subprocess.run(["/bin/kill", f"-{signal_number}", str(member)], check=False)
        self._process.send_signal(signal_number)
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def ingest_cost(self) -> Cost:
        """What the ingest has cost since it started."""
        return cost(self._process.pid) if self._process else Cost(0.0, 0.0)

    def stored(self) -> int:
        """Rows in the store."""
        return self.store.count(DATABASE, "position", "latitude")

    def settle(self, expected: int, quiet_s: float) -> tuple[int, float]:
        """Rows once they are all there or none has come for `quiet_s`, and when the last came."""
        last, last_at = -1, time.monotonic()
        while time.monotonic() - last_at < quiet_s:
            now_stored = self.stored()
            if now_stored != last:
                last, last_at = now_stored, time.monotonic()
            if now_stored >= expected:
                break
            time.sleep(0.1)
        return max(last, 0), last_at
