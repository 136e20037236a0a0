"""Which broker is used, and what is said where it cannot be."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace

import pytest

from backend.broker import choose
from backend.broker.choose import GivenBroker, choose_broker
from backend.broker.embedded import EmbeddedBroker
from backend.broker.errors import BrokerDidNotStart, BrokerRefusedUs, BrokerUnreachable
from backend.broker.model import Account
from backend.broker.mosquitto import MosquittoBroker
from backend.broker.probe import probe_broker
from contract.broker_url import parse_broker_url
from tests.broker.harness import BrokerThread
from tests.peers.ports import free_port


def test_a_given_broker_is_used_and_neither_is_started(tmp_path):
    given = parse_broker_url("mqtt://example.org")
    assert isinstance(choose_broker(tmp_path, given=given), GivenBroker)


def test_mosquitto_where_it_is_found_else_the_embedded_one(tmp_path, monkeypatch):
    monkeypatch.setattr(choose, "find_mosquitto", lambda: "/usr/sbin/mosquitto")
    assert isinstance(choose_broker(tmp_path), MosquittoBroker)
    assert isinstance(choose_broker(tmp_path, kind="embedded"), EmbeddedBroker)
    monkeypatch.setattr(choose, "find_mosquitto", lambda: None)
    assert isinstance(choose_broker(tmp_path), EmbeddedBroker)
    with pytest.raises(BrokerDidNotStart, match="apt install mosquitto"):
        choose_broker(tmp_path, kind="mosquitto")


async def test_nobody_there_is_one_clear_sentence():
    port = free_port()
    with pytest.raises(BrokerUnreachable) as caught:
        await GivenBroker(parse_broker_url(f"mqtt://127.0.0.1:{port}")).start()
    assert f"no broker answers at mqtt://127.0.0.1:{port}" in str(caught.value)
    assert "start it there, or correct the address" in str(caught.value)


async def test_somebody_else_there_is_no_broker():
    async def hang_up(reader, writer):
        await reader.read(1_000)
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(BrokerUnreachable, match="without an answer"):
            await probe_broker(parse_broker_url(f"mqtt://127.0.0.1:{port}"))


def test_a_wrong_password_is_one_clear_sentence_without_the_password():
    accounts = [Account("backend", "right")]
    with BrokerThread(lambda: EmbeddedBroker(port=0, accounts=accounts)) as running:
        good = replace(running.address, username="backend", password="right")
        running.run(probe_broker(good))
        with pytest.raises(BrokerRefusedUs) as caught:
            running.run(probe_broker(replace(good, password="hunter2")))
    assert "refuses user 'backend' (code 5, not authorised)" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_tls_asked_of_a_broker_without_it_is_said(tmp_path):
    with BrokerThread(lambda: EmbeddedBroker(port=0)) as running:
        address = replace(running.address, tls=True)
        with pytest.raises(BrokerUnreachable):
            running.run(probe_broker(address))


def test_after_a_stop_the_port_is_free(tmp_path):
    broker = EmbeddedBroker(port=0)
    with BrokerThread(lambda: broker) as running:
        port = running.address.port
        idle = socket.create_connection(("127.0.0.1", port), 10)
        # A later connection that is answered shows that the first one has been taken in.
        running.run(probe_broker(running.address))
    assert idle.recv(1) == b""
    with BrokerThread(lambda: EmbeddedBroker(port=port)):
        pass
