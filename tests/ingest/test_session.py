"""The session with the broker: what it says, survives, repeats and never repeats."""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import suppress
from dataclasses import replace
from typing import Self

import pytest

from backend.mqtt.packets import publish_packet
from backend.mqtt.session import MqttSession, SessionSettings
from contract.broker_url import BrokerAddress
from contract.clock import SystemClock
from tests.ingest.scripted_broker import (
    CONNECTED,
    CONNECTED_AGAIN,
    DEADLINE_S,
    NOT_SUBSCRIBED,
    scripted_broker,
)
from tests.peers.certificates import CertificateAuthority
from tests.peers.mosquitto import ServerTls, running_mosquitto
from tests.peers.ports import free_port

SETTINGS = SessionSettings(
    broker=BrokerAddress("127.0.0.1", 1), client_id="me", filters=("a/#",), keepalive_s=1
)


class Impatient(SystemClock):
    """Waits between tries take no time worth noticing."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(min(seconds, 0.01))


class Client:
    """A running session that remembers what it was told."""

    def __init__(self, settings: SessionSettings) -> None:
        self.messages: list[tuple[int, tuple[bytes, bytes, bytes]]] = []
        self.connections: list[bool] = []
        self.news = asyncio.Event()
        self.session = MqttSession(
            settings,
            self._received,
            self._connected,
            Impatient(),
            random.Random(3),  # noqa: S311 - jitter
        )

    def _received(self, generation, messages):
        self.messages += [(generation, message) for message in messages]
        self.news.set()

    def _connected(self, session_present):
        self.connections.append(session_present)
        self.news.set()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self.session.run())
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def until(self, condition):
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                self.news.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.02):
                        await self.news.wait()


async def test_messages_arrive_in_lists_and_are_acknowledged_in_one_write():
    acknowledged = asyncio.get_running_loop().create_future()

    async def script(peer, _):
        connect = await peer.welcome()
        assert connect[7] == 0, "the session is kept"
        packets = [
            publish_packet("a/b", b"%d" % n, qos=1, retain=False, packet_id=n) for n in (1, 2)
        ]
        peer.send(b"".join(packets))
        acknowledged.set_result(await peer.packet() + await peer.packet())
        await peer.gone()

    async with scripted_broker(script) as address, Client(replace(SETTINGS, broker=address)) as me:
        await me.until(lambda: len(me.messages) == 2)
        assert [m for _, m in me.messages] == [
            (b"a/b", b"1", b"\x00\x01"),
            (b"a/b", b"2", b"\x00\x02"),
        ]
        me.session.acknowledge(1, [m[2] for _, m in me.messages])
        assert await acknowledged == (0x40, b"\x00\x01", 0x40, b"\x00\x02")


async def test_an_acknowledgement_of_a_lost_connection_is_never_sent_on_the_next():
    """There its packet id means another message, which would be lost."""
    later: list[tuple[int, bytes]] = []

    async def script(peer, number):
        await peer.welcome(CONNECTED if number == 1 else CONNECTED_AGAIN)
        if number == 1:
            peer.send(publish_packet("a/b", b"old", qos=1, retain=False, packet_id=1))
            peer.close()
            return
        peer.send(publish_packet("a/b", b"new", qos=1, retain=False, packet_id=1))
        later.append(await peer.packet())
        await peer.gone()

    async with scripted_broker(script) as address, Client(replace(SETTINGS, broker=address)) as me:
        await me.until(lambda: len(me.connections) == 2 and len(me.messages) == 2)
        (old_generation, old), (new_generation, _) = me.messages
        me.session.acknowledge(old_generation, [old[2]])
        me.session.publish("t", b"x", qos=0)
        await me.until(lambda: later)
        assert later[0][0] == 0x30, "the first packet is the publish, not a PUBACK"
        assert (old_generation, new_generation) == (1, 2)


async def test_messages_before_the_subscription_is_answered_can_be_acknowledged():
    """A kept session delivers at once."""
    acknowledged = asyncio.get_running_loop().create_future()

    async def script(peer, _):
        assert (await peer.packet())[0] == 0x10
        message = publish_packet("a/b", b"1", qos=1, retain=False, packet_id=5)
        peer.send(CONNECTED_AGAIN + message)
        # Either may come first: what counts is that both come on this connection.
        acknowledged.set_result({await peer.packet(), await peer.packet()})
        await peer.gone()

    async with scripted_broker(script) as address, Client(replace(SETTINGS, broker=address)) as me:
        await me.until(lambda: me.messages)
        me.session.acknowledge(1, [b"\x00\x05"])
        packets = await acknowledged
        assert (0x40, b"\x00\x05") in packets
        assert 0x82 in {first for first, _ in packets}


async def test_what_the_broker_did_not_acknowledge_is_published_again():
    heard: list[tuple[int, int, bytes]] = []

    async def script(peer, number):
        await peer.welcome(CONNECTED if number == 1 else CONNECTED_AGAIN)
        first, body = await peer.packet()
        heard.append((number, first, body))
        if number == 1:
            peer.send(b"\x40\x02" + body[3:5])
            heard.append((number, *await peer.packet()))
            peer.close()
            return
        await peer.gone()

    async with scripted_broker(script) as address, Client(replace(SETTINGS, broker=address)) as me:
        me.session.publish("t", b"one", retain=True)
        me.session.publish("t", b"two")
        await me.until(lambda: len(heard) == 3)
        assert heard == [
            (1, 0x33, b"\x00\x01t\x00\x01one"),
            (1, 0x32, b"\x00\x01t\x00\x02two"),
            (2, 0x3A, b"\x00\x01t\x00\x02two"),
        ]


async def test_a_broker_that_falls_silent_is_left():
    async def script(peer, number):
        await peer.welcome()
        if number == 1:
            assert await peer.packet() == (0xC0, b"")
            peer.send(b"\xd0\x00")
        await peer.gone()

    async with scripted_broker(script) as address, Client(replace(SETTINGS, broker=address)) as me:
        await me.until(lambda: len(me.connections) == 2)


async def test_nonsense_from_the_broker_ends_the_connection_with_a_reason(caplog):
    async def script(peer, number):
        await peer.welcome()
        if number == 1:
            peer.send(b"\x36\x05\x00\x01a\x00\x01")
        await peer.gone()

    with caplog.at_level(logging.INFO, "softplace.mqtt"):
        async with (
            scripted_broker(script) as address,
            Client(replace(SETTINGS, broker=address)) as me,
        ):
            await me.until(lambda: me.connections)
    assert "quality of service" in caplog.text


@pytest.mark.parametrize(
    ("connack", "sentence"),
    [
        (b"\x20\x02\x00\x05", "a client without a user name is unknown to it or the password"),
        (b"\x20\x02\x00\x03", "it is not available"),
        (b"\x20\x02\x00\x02", "it does not accept our client id"),
    ],
)
async def test_a_refusal_is_said_once_and_its_end_too(connack, sentence, caplog):
    async def script(peer, number):
        if number < 4:
            await peer.packet()
            peer.send(connack)
            await peer.gone()
            return
        await peer.welcome()
        await peer.gone()

    with caplog.at_level(logging.INFO, "softplace.mqtt"):
        async with (
            scripted_broker(script) as address,
            Client(replace(SETTINGS, broker=address)) as me,
        ):
            await me.until(lambda: me.connections)
    lines = [r.getMessage() for r in caplog.records if r.name == "softplace.mqtt"]
    assert len(lines) == 2
    assert "broker_lost" in lines[0]
    assert sentence in lines[0]
    assert "broker_back" in lines[1]


async def test_a_refused_subscription_says_what_to_do():
    async def script(peer, _):
        await peer.welcome(suback=NOT_SUBSCRIBED)
        await peer.gone()

    async with scripted_broker(script) as address:
        settings = replace(SETTINGS, broker=address, filters=("$share/g/a/#",))
        async with Client(settings) as me:
            await me.until(lambda: me.session.trouble)
            assert "no shared subscriptions" in str(me.session.trouble)
            assert not me.session.connected


async def test_nobody_there_is_one_sentence():
    address = BrokerAddress("127.0.0.1", free_port())
    async with Client(replace(SETTINGS, broker=address)) as me:
        await me.until(lambda: me.session.trouble)
        expected = f"broker mqtt://127.0.0.1:{address.port} cannot be reached: nobody listens there"
        assert str(me.session.trouble).startswith(expected)


async def test_held_messages_wait_at_the_broker():
    async def script(peer, _):
        await peer.welcome()
        peer.send(publish_packet("a/b", b"first", qos=0, retain=False))
        await peer.gone()

    async with scripted_broker(script) as address, Client(replace(SETTINGS, broker=address)) as me:
        await me.until(lambda: me.connections)
        me.session.hold()
        me.session.release()
        await me.until(lambda: me.messages)


async def test_the_real_mosquitto_wrong_password_then_right(tmp_path):
    with running_mosquitto(tmp_path, accounts={"ingest": "right"}) as broker:
        wrong = replace(broker.address_of("ingest"), password="wrong")
        async with Client(replace(SETTINGS, broker=wrong)) as me:
            await me.until(lambda: me.session.trouble)
            assert "user 'ingest' is unknown to it or the password is wrong" in str(
                me.session.trouble
            )
            assert "wrong'" not in str(me.session.trouble)
        async with Client(replace(SETTINGS, broker=broker.address_of("ingest"))) as me:
            await me.until(lambda: me.connections)


async def test_the_real_mosquitto_over_tls_with_a_shared_subscription(tmp_path):
    import ssl

    authority = CertificateAuthority(tmp_path / "ca")
    server = authority.server()
    tls = ServerTls(authority.ca_file, server.cert_file, server.key_file)
    with running_mosquitto(tmp_path, tls=tls) as broker:
        context = ssl.create_default_context(cafile=str(authority.ca_file))
        settings = replace(SETTINGS, broker=broker.address, tls=context, filters=("$share/g/a/#",))
        async with Client(settings) as me:
            await me.until(lambda: me.connections)
            me.session.publish("a/b", b"x" * 100_000)
            await me.until(lambda: me.messages)
            assert len(me.messages[0][1][1]) == 100_000
        async with Client(replace(settings, tls=None)) as me:
            await me.until(lambda: me.session.trouble)
            assert "certificate is not trusted" in str(me.session.trouble)
