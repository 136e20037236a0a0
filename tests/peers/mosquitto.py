"""A real, private Mosquitto for tests: started, killed (-9), restarted on the same port, stopped.

    with running_mosquitto(tmp_path) as broker:            # anonymous, nothing kept on disk
        broker.address                                      # contract.broker_url.BrokerAddress
        broker.kill(); broker.start()                       # same port, memory gone

    with running_mosquitto(tmp_path, accounts={"ingest": "secret"}) as broker:
        broker.address_of("ingest")                         # with user name and password

Skips the test where Mosquitto is not installed.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from contract.broker_url import BrokerAddress
from tests.peers.ports import free_port

LIMITS = {
    "max_inflight_messages": "5000",
    "max_queued_messages": "500000",
    "max_queued_bytes": "268435456",
    "max_packet_size": "8388608",
}
"""As in deploy/mosquitto: the defaults (20 in flight, 1,000 queued) drop silently."""
START_WITHIN_S = 10.0


def mosquitto_binary() -> str | None:
    return shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


def require_mosquitto() -> str:
    """The binary; skips the calling test where there is none."""
    binary = mosquitto_binary()
    if binary is None:
        pytest.skip("mosquitto is not installed (apt install mosquitto)")
    return binary


@dataclass(frozen=True)
class ServerTls:
    """Certificates of a TLS listener; see tests/peers/certificates.py."""

    ca_file: Path
    cert_file: Path
    key_file: Path
    require_certificate: bool = False


@dataclass
class Mosquitto:
    """One private Mosquitto under `directory`; `config` are further lines of its file."""

    directory: Path
    accounts: Mapping[str, str] = field(default_factory=dict)
    persistence: bool = False
    tls: ServerTls | None = None
    config: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> BrokerAddress:
        """Where it listens, without a user name."""
        host = "localhost" if self.tls else "127.0.0.1"
        return BrokerAddress(host, self.port, tls=self.tls is not None)

    def address_of(self, username: str) -> BrokerAddress:
        return replace(self.address, username=username, password=self.accounts[username])

    @property
    def log_file(self) -> Path:
        return self.directory / "mosquitto.log"

    @property
    def pid(self) -> int:
        assert self.process is not None, "not started"
        return self.process.pid

    def start(self) -> None:
        """Start, or start again, and return once it accepts connections."""
        binary = require_mosquitto()
        first = self.port == 0
        for _ in range(5):
            if first:
                self.port = free_port()
            self._write_files()
            with self.log_file.open("ab") as log:
                self.process = subprocess.Popen(
                    [binary, "-c", str(self.directory / "mosquitto.conf")],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            if self._accepts():
                return
            if not first:
                break
        pytest.fail(f"mosquitto did not start on port {self.port}: {self._log_tail()}")

    def kill(self) -> None:
        """SIGKILL: queues and retained messages in memory are gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """SIGTERM: persistence, where it is on, is written."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()

    def _accepts(self) -> bool:
        assert self.process is not None
        for _ in range(int(START_WITHIN_S / 0.02)):
            try:
                self.process.wait(0.02)
            except subprocess.TimeoutExpired:
                pass
            else:
                return False
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                continue
            return self.process.poll() is None
        return False

    def _write_files(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        lines = [
            # Started by root it would otherwise become user mosquitto, who cannot read tmp_path.
            "user root",
            f"listener {self.port} 127.0.0.1",
            "log_dest stderr",
            "log_type error",
            "log_type warning",
            "log_type notice",
            f"allow_anonymous {'false' if self.accounts else 'true'}",
            f"persistence {'true' if self.persistence else 'false'}",
        ]
        if self.accounts:
            lines.append(f"password_file {self._write_passwords()}")
        if self.persistence:
            lines.append(f"persistence_location {self.directory}/")
        if self.tls is not None:
            lines += [
                f"cafile {self.tls.ca_file}",
                f"certfile {self.tls.cert_file}",
                f"keyfile {self.tls.key_file}",
                f"require_certificate {'true' if self.tls.require_certificate else 'false'}",
            ]
        lines += [f"{name} {value}" for name, value in {**LIMITS, **self.config}.items()]
        (self.directory / "mosquitto.conf").write_text("\n".join(lines) + "\n")

    def _write_passwords(self) -> Path:
        """Hashed by Mosquitto's own tool, so that nothing of ours is trusted here."""
        path = self.directory / "passwords"
        if not path.exists():
            path.write_text("".join(f"{name}:{word}\n" for name, word in self.accounts.items()))
            path.chmod(0o600)
            subprocess.run(["mosquitto_passwd", "-U", str(path)], check=True, capture_output=True)
        return path

    def _log_tail(self) -> str:
        return self.log_file.read_text(errors="replace")[-500:] if self.log_file.exists() else ""


@contextmanager
def running_mosquitto(
    tmp_path: Path,
    *,
    accounts: Mapping[str, str] | None = None,
    persistence: bool = False,
    tls: ServerTls | None = None,
    config: Mapping[str, str] | None = None,
) -> Iterator[Mosquitto]:
    """A Mosquitto that accepts connections, stopped at the end whatever happened."""
    broker = Mosquitto(tmp_path / "mosquitto", accounts or {}, persistence, tls, config or {})
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
