"""deploy/mosquitto, run by a real Mosquitto with real certificates."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest

from backend.broker import mosquitto_files
from backend.broker.model import MAX_PACKET_BYTES
from contract.broker_url import BrokerAddress
from contract.streams import STREAMS
from tests.broker.harness import Client
from tests.peers.certificates import Certificate, CertificateAuthority
from tests.peers.mosquitto import require_mosquitto
from tests.peers.ports import free_port
from tests.peers.server_process import ServerProcess

DEPLOYED = Path(__file__).parents[2] / "deploy" / "mosquitto"
OWN = "softplace/1/lozere/bus/b1"
OTHER = "softplace/1/lozere/bus/b2"


@dataclass
class Installed:
    """The deployed files at home in a directory of the test, on free ports."""

    root: Path
    authority: CertificateAuthority
    stack: ExitStack
    plain_port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)

    def install(self, *revoked: Certificate) -> ServerProcess:
        binary = require_mosquitto()
        server = self.authority.server()
        (self.root / "certs").mkdir(parents=True)
        (self.root / "data").mkdir()
        for source, name in (
            (self.authority.ca_file, "softplace-ca.crt"),
            (self.authority.revocation_list(*revoked), "softplace-ca.crl"),
            (server.cert_file, "server.crt"),
            (server.key_file, "server.key"),
        ):
            shutil.copy(source, self.root / "certs" / name)
        shutil.copy(DEPLOYED / "softplace.acl", self.root)
        passwords = self.root / "softplace.passwords"
        create = ["mosquitto_passwd", "-b", "-c", str(passwords), "backend", "secret"]
        subprocess.run(create, check=True, capture_output=True)
        text = (DEPLOYED / "softplace.conf").read_text()
        text = text.replace("/etc/mosquitto/", f"{self.root}/")
        text = text.replace("listener 1883 ", f"listener {self.plain_port} ")
        text = text.replace("listener 8883", f"listener {self.tls_port} 127.0.0.1")
        (self.root / "conf.d").mkdir()
        (self.root / "conf.d" / "softplace.conf").write_text(text)
        # The lines Debian's own mosquitto.conf has, for this directory.
        (self.root / "mosquitto.conf").write_text(
            f"user root\npersistence_location {self.root}/data/\nlog_dest stderr\n"
            f"include_dir {self.root}/conf.d\n"
        )
        command = [binary, "-c", str(self.root / "mosquitto.conf")]
        process = ServerProcess(lambda: command, self.root / "log", self._answers)
        process.start()
        self.stack.callback(process.stop)
        return process

    def backend(self) -> Client:
        address = BrokerAddress("127.0.0.1", self.plain_port)
        return self.stack.enter_context(Client(address, username="backend", password="secret"))

    def device(self, certificate: Certificate, **options: Any) -> Client:
        def prepare(client: paho.Client) -> None:
            client.tls_set(self.authority.ca_file, certificate.cert_file, certificate.key_file)

        address = BrokerAddress("localhost", self.tls_port, tls=True)
        return self.stack.enter_context(Client(address, prepare=prepare, **options))

    def _answers(self) -> bool:
        try:
            for port in (self.plain_port, self.tls_port):
                socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            return False
        return True


@pytest.fixture
def installed(tmp_path) -> Iterator[Installed]:
    require_mosquitto()
    with ExitStack() as stack:
        yield Installed(tmp_path / "etc", CertificateAuthority(tmp_path / "ca"), stack)


def test_a_device_writes_its_own_streams_and_reads_its_own_down_only(installed):
    installed.install()
    backend = installed.backend()
    backend.subscribe("softplace/1/#")
    a = installed.device(installed.authority.client("lozere/bus/b1"))
    b = installed.device(installed.authority.client("lozere/bus/b2"))
    for stream in STREAMS:
        b.publish(f"{OWN}/{stream.name}")
        a.publish(f"{OWN}/{stream.name}")
        assert backend.next() == (f"{OWN}/{stream.name}", b"x")
    for topic in (f"{OWN}/unlisted", f"{OWN}/down/stored", "elsewhere", "softplace/1/lozere/bus"):
        a.publish(topic)
    a.subscribe("#")
    a.subscribe(f"{OTHER}/down/#")
    a.subscribe("softplace/1/lozere/bus/+/down/#")
    backend.publish(f"{OTHER}/down/stored", b"not for a")
    b.publish(f"{OTHER}/status", b"not for a")
    backend.publish(f"{OWN}/down/stored", b"for a")
    a.nothing_before(f"{OWN}/down/stored")
    a.publish(f"{OWN}/status")
    while a.next()[0] != f"{OWN}/status":
        pass
    assert backend.messages.get(timeout=10).topic == f"{OTHER}/down/stored", "nothing of a came"


@pytest.mark.parametrize("name", ["lozere/bus/+", "lozere/+/b1", "#", "+/+/+"])
def test_no_name_in_a_certificate_opens_more_than_one_unit(installed, name):
    installed.install()
    backend = installed.backend()
    backend.subscribe("softplace/1/#")
    sly = installed.device(installed.authority.client(name))
    sly.subscribe("#")
    sly.publish(f"{OWN}/position")
    backend.publish(f"{OWN}/down/stored")
    backend.nothing_before(f"{OWN}/down/stored")
    sly.disconnect()
    assert sly.messages.empty()


def test_without_a_certificate_with_a_strange_or_a_withdrawn_one_nobody_enters(installed, tmp_path):
    withdrawn = installed.authority.client("lozere/bus/b9")
    installed.install(withdrawn)
    stranger = CertificateAuthority(tmp_path / "other").client("lozere/bus/b1")
    context = ssl.create_default_context(cafile=str(installed.authority.ca_file))
    assert not _enters(installed, context)
    for certificate in (stranger, withdrawn):
        context = ssl.create_default_context(cafile=str(installed.authority.ca_file))
        context.load_cert_chain(certificate.cert_file, certificate.key_file)
        assert not _enters(installed, context)
    own = installed.authority.client("lozere/bus/b1")
    context.load_cert_chain(own.cert_file, own.key_file)
    assert _enters(installed, context)


def _enters(installed: Installed, context: ssl.SSLContext) -> bool:
    from tests.broker.harness import connect_with

    try:
        with socket.create_connection(("localhost", installed.tls_port), 10) as plain:
            secured = context.wrap_socket(plain, server_hostname="localhost")
            secured.sendall(connect_with("who"))
            return secured.recv(4) == b"\x20\x02\x00\x00"
    except (ssl.SSLError, ConnectionError):
        return False


def test_what_waits_survives_a_restart_of_the_broker(installed):
    process = installed.install()
    certificate = installed.authority.client("lozere/bus/b1")
    device = installed.device(certificate, client_id="lozere/bus/b1", clean=False)
    device.subscribe(f"{OWN}/down/#")
    device.disconnect()
    backend = installed.backend()
    backend.publish(f"{OWN}/down/plan", b"waiting")
    backend.publish(f"{OTHER}/down/stored", b"kept", retain=True)
    process.stop()
    process.start()
    again = installed.device(certificate, client_id="lozere/bus/b1", clean=False)
    assert again.next() == (f"{OWN}/down/plan", b"waiting")
    late = installed.backend()
    late.subscribe(f"{OTHER}/down/#")
    assert late.next() == (f"{OTHER}/down/stored", b"kept")


def test_the_rights_name_every_stream_of_the_contract():
    rights = (DEPLOYED / "softplace.acl").read_text()
    written = {
        line.rsplit("/", 1)[1]
        for line in rights.splitlines()
        if line.startswith(("pattern write ", "pattern readwrite "))
    }
    assert written == {stream.name for stream in STREAMS}


def test_its_limits_are_those_of_the_private_mosquitto():
    lines = (DEPLOYED / "softplace.conf").read_text().splitlines()
    limits = dict(line.split(" ", 1) for line in lines if line.startswith("max_"))
    assert limits == {
        "max_inflight_messages": str(mosquitto_files.IN_FLIGHT),
        "max_queued_messages": str(mosquitto_files.QUEUED_MESSAGES),
        "max_queued_bytes": str(mosquitto_files.QUEUED_BYTES),
        "max_packet_size": str(MAX_PACKET_BYTES),
    }


def test_a_device_cannot_take_over_a_session_by_naming_itself_like_it(installed):
    installed.install()
    address = BrokerAddress("127.0.0.1", installed.plain_port)
    ingest = Client(address, username="backend", password="secret", client_id="softplace-ingest")
    installed.stack.enter_context(ingest)
    ingest.subscribe("softplace/1/#")
    b2 = installed.authority.client("lozere/bus/b2")
    thief = installed.device(b2, client_id="softplace-ingest")
    thief.publish(f"{OTHER}/status")
    assert ingest.next() == (f"{OTHER}/status", b"x")
