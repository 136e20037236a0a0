"""Each fault that `backend/broker/mended` mends, shown on amqtt as it comes and on ours.

The checks on plain amqtt are expected to fail, strictly: the day one passes, upstream has mended
the fault and our mend can go.
"""

from __future__ import annotations

import os
import queue
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from backend.broker.embedded import EmbeddedBroker
from backend.broker.model import Account, QueueLimits
from contract.broker_url import BrokerAddress
from contract.topics import Unit
from tests.broker.harness import (
    BrokerThread,
    Client,
    RawClient,
    connect_with,
    subscribe_to,
)
from tests.peers.ports import free_port

BACKEND = Account("backend", "secret")
DEVICE = Account("device", "secret", Unit("bus", "b1"), "lozere")
SHORT_S = 1.0


class PlainAmqtt:
    """amqtt as it comes, killed at the end: its own shutdown may hang."""

    def __init__(self, accounts_file: str | None) -> None:
        self.address = BrokerAddress("127.0.0.1", free_port())
        script = str(Path(__file__).with_name("plain_amqtt.py"))
        command = [sys.executable, script, str(self.address.port)]
        self._command = [*command, accounts_file] if accounts_file else command

    async def start(self) -> None:
        self._child = self._spawn()
        for _ in range(500):
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(0.02)
            try:
                socket.create_connection((self.address.host, self.address.port), 1).close()
            except OSError:
                continue
            return

    def _spawn(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, stderr=subprocess.DEVNULL)

    async def stop(self) -> None:
        self._child.kill()
        self._child.wait()


FAULTY = pytest.param(
    "plain", marks=[pytest.mark.xfail(reason="a fault of amqtt 0.12.1"), pytest.mark.long]
)


@pytest.fixture(params=[FAULTY, "mended"])
def broker(request) -> Iterator[BrokerThread]:
    """Anonymous, with small queues."""
    limits = QueueLimits(in_flight=10, waiting_messages=100)
    with BrokerThread(
        lambda: (
            PlainAmqtt(None) if request.param == "plain" else EmbeddedBroker(port=0, limits=limits)
        )
    ) as running:
        yield running


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def _arrives(client: Client, topic: str) -> bool:
    try:
        return client.messages.get(timeout=3 * SHORT_S).topic == topic
    except queue.Empty:
        return False


def _hangs_up(raw: RawClient, within_s: float = 3 * SHORT_S) -> bool:
    raw.socket.settimeout(within_s)
    return raw.hung_up()


def test_a_silent_peer_is_dropped_and_its_will_spoken(broker, clients):
    watcher = clients.enter_context(Client(broker.address))
    watcher.subscribe("will")
    mute = RawClient(broker.address, connect_with("mute", keepalive_s=1, will=("will", "x")))
    assert _arrives(watcher, "will")
    assert _hangs_up(mute)


def test_half_a_packet_does_not_count_as_a_sign_of_life(broker):
    half = RawClient(broker.address, connect_with("half", keepalive_s=1))
    half.packet()
    half.send(b"\x30\x7f\x00")
    assert _hangs_up(half)


def test_a_taken_over_connection_is_closed(broker):
    old = RawClient(broker.address, connect_with("same"))
    old.packet()
    RawClient(broker.address, connect_with("same")).packet()
    assert _hangs_up(old)


def test_a_shared_subscription_is_never_a_silent_literal_topic(broker):
    raw = RawClient(broker.address, connect_with("worker"))
    raw.packet()
    raw.send(subscribe_to("$share/ingest/a"))
    assert raw.packet() == (0x90, b"\x00\x01\x80")


def test_a_stalled_subscriber_is_cut_off(broker, clients):
    stalled = RawClient(broker.address, connect_with("stalled", clean=False))
    stalled.send(subscribe_to("a"))
    assert [stalled.packet()[0] for _ in range(2)] == [0x20, 0x90]
    sender = clients.enter_context(Client(broker.address))
    for _ in range(120):
        sender.publish("a")
    assert _hangs_up(stalled, SHORT_S)


def test_what_was_in_flight_comes_again_after_a_cut(broker, clients):
    reader = RawClient(broker.address, connect_with("slow", clean=False))
    reader.send(subscribe_to("a"))
    assert [reader.packet()[0] for _ in range(2)] == [0x20, 0x90]
    clients.enter_context(Client(broker.address)).publish("a")
    assert reader.packet()[0] == 0x32
    reader.close()
    again = RawClient(broker.address, connect_with("slow", clean=False))
    again.packet()
    again.socket.settimeout(SHORT_S)
    try:
        assert again.packet()[0] == 0x3A
    except TimeoutError:
        pytest.fail("it was forgotten")


def test_nobody_is_sent_retained_messages_of_somebody_elses_subscription(broker, clients):
    ingest = clients.enter_context(Client(broker.address))
    ingest.subscribe("secret")
    ingest.publish("secret", retain=True)
    stranger = RawClient(broker.address, connect_with("stranger"))
    stranger.packet()
    stranger.send(b"\xc0\x00")
    assert stranger.packet()[0] == 0xD0


def test_a_message_published_at_qos_0_stays_at_qos_0(broker, clients):
    client = clients.enter_context(Client(broker.address))
    client.subscribe("a", 1)
    client.publish("a", qos=0)
    assert client.messages.get(timeout=SHORT_S).qos == 0


def test_a_packet_of_256_megabytes_ends_its_connection(broker):
    raw = RawClient(broker.address, connect_with("big"))
    raw.packet()
    raw.send(b"\x30\xff\xff\xff\x7f\x00\x01a")
    assert _hangs_up(raw, SHORT_S)


def test_a_malformed_packet_ends_its_connection(broker):
    raw = RawClient(broker.address, connect_with("wrong"))
    raw.packet()
    raw.send(b"\x30\x05\x00\x03a/#")
    assert _hangs_up(raw, SHORT_S)


@pytest.fixture(params=[FAULTY, "mended"])
def guarded(request, tmp_path) -> Iterator[BrokerThread]:
    """With accounts."""
    if request.param == "mended":
        with BrokerThread(lambda: EmbeddedBroker(port=0, accounts=(BACKEND, DEVICE))) as running:
            yield running
        return
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    hashed = PasswordHash((Argon2Hasher(),)).hash("secret")
    accounts = tmp_path / "accounts"
    accounts.write_text("".join(f"{a.username}:{hashed}{os.linesep}" for a in (BACKEND, DEVICE)))
    with BrokerThread(lambda: PlainAmqtt(str(accounts))) as running:
        yield running


def test_a_stranger_with_the_right_client_id_changes_nothing(guarded, clients):
    backend = {"username": "backend", "password": "secret", "client_id": "ingest"}
    ingest = clients.enter_context(Client(guarded.address, clean=False, **backend))
    ingest.subscribe("softplace/#")
    stranger = RawClient(guarded.address, connect_with("ingest"))
    assert stranger.packet() == (0x20, b"\x00\x05")
    ingest.publish("softplace/1/x")
    assert _arrives(ingest, "softplace/1/x")


def test_a_will_one_may_not_publish_is_refused_at_the_door(guarded):
    client = Client(
        guarded.address, username="device", password="secret", will=("softplace/1/x", b"", 1, False)
    )
    code = client.connect()
    client.disconnect()
    assert code == 135, "not authorised"
