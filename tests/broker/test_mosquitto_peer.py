"""The peer the other tests lean on does what it says."""

from __future__ import annotations

import subprocess

import pytest

from tests.peers.certificates import CertificateAuthority
from tests.peers.mosquitto import ServerTls, require_mosquitto, running_mosquitto


@pytest.fixture(autouse=True)
def _mosquitto() -> None:
    require_mosquitto()


def _publish(port: int, *extra: str) -> int:
    command = ["mosquitto_pub", "-p", str(port), "-t", "a", "-m", "x", "-q", "1", *extra]
    return subprocess.run(command, check=False, capture_output=True, timeout=10).returncode


def test_it_accepts_at_once_and_comes_back_on_its_port_after_a_kill(tmp_path):
    with running_mosquitto(tmp_path) as broker:
        port, first_pid = broker.port, broker.pid
        assert _publish(port) == 0
        broker.kill()
        assert _publish(port) != 0
        broker.start()
        assert broker.port == port
        assert broker.pid != first_pid
        assert _publish(port) == 0
    assert _publish(port) != 0


def test_with_accounts_nobody_else_enters(tmp_path):
    with running_mosquitto(tmp_path, accounts={"ingest": "secret"}) as broker:
        assert _publish(broker.port) != 0
        assert _publish(broker.port, "-u", "ingest", "-P", "wrong") != 0
        assert _publish(broker.port, "-u", "ingest", "-P", "secret") == 0
        assert broker.address_of("ingest").password == "secret"


def test_tls_asks_for_a_certificate_where_told_to(tmp_path):
    authority = CertificateAuthority(tmp_path / "ca")
    server, device = authority.server(), authority.client("lozere/bus/b1")
    tls = ServerTls(authority.ca_file, server.cert_file, server.key_file, require_certificate=True)
    with running_mosquitto(tmp_path, tls=tls) as broker:
        trust = ("-h", "localhost", "--cafile", str(authority.ca_file))
        own = ("--cert", str(device.cert_file), "--key", str(device.key_file))
        assert _publish(broker.port, *trust) != 0
        assert _publish(broker.port, *trust, *own) == 0
