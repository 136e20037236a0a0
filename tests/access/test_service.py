"""Rights from the desk to the door and answers back, over a real broker."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from msgspec import Raw

from backend.access.desk import Author, revoke_card
from backend.access.door_records import open_door
from backend.access.service import Access, AccessSettings
from backend.broker.embedded import EmbeddedBroker
from backend.live.feed import InProcessFeed
from backend.mqtt.session import MqttSession, SessionSettings
from backend.records.transaction import reading, writing
from contract.backend import Accepted, AcceptedBatch
from contract.clock import SystemClock
from contract.codec import encode
from contract.rights import card_tag
from contract.topics import downlink_topic
from contract.uplink import Ack
from tests.access.scene import (
    DESK,
    DOOR,
    PLACE,
    TERRITORY,
    DoorDouble,
    Scene,
    give,
    serving_now,
    uid_of,
)
from tests.ingest.serving import until
from tests.peers.ports import free_port

CLOCK = SystemClock()


@pytest.fixture
def scene(tmp_path):
    scene = Scene(tmp_path, f"sqlite:///{tmp_path / 'records.sqlite'}")
    yield scene
    scene.engine.dispose()


@asynccontextmanager
async def running(work) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Listening:
    """The device's side of the wire: retained and live messages, in order."""

    def __init__(self, scene, port) -> None:
        self.door = DoorDouble(scene.opener())
        self.names: list[str] = []
        base = downlink_topic(TERRITORY, DOOR, "")
        settings = SessionSettings(
            broker_at(port), "door", (f"{base}rights/+", f"{base}rights_delta"), clean=True
        )
        self.session = MqttSession(
            settings,
            self._heard,
            lambda _: None,
            CLOCK,
            random.Random(3),  # noqa: S311
        )

    def _heard(self, generation, messages):
        for topic, payload, packet_id in messages:
            name = "rights_delta" if topic.endswith(b"rights_delta") else "rights"
            self.names.append(name if payload else "cleared")
            if payload:
                self.door.take(name, payload)
            if packet_id:
                self.session.acknowledge(generation, [packet_id])

    def version(self):
        return self.door.snapshot.version if self.door.snapshot else 0


def broker_at(port):
    from contract.broker_url import BrokerAddress

    return BrokerAddress("127.0.0.1", port)


def dispatcher(scene, port, feed):
    return Access(
        AccessSettings(broker_at(port), PLACE, "access"),
        scene.keys,
        scene.engine,
        feed,
        serving_now,
        CLOCK,
        random.Random(5),  # noqa: S311 - jitter
    )


def accepted(version, answer="accepted", reason=None):
    ack = Ack(
        outbox="00000000000000aa",
        seq=1,
        boot="0000b001-00000001",
        observed_ms=CLOCK.now_ms(),
        clock="ntp",
        subject="rights",
        reference=str(version),
        answer=answer,
        reason=reason,
    )
    return AcceptedBatch(
        accepted=(
            Accepted(
                kind=DOOR.kind,
                unit=DOOR.name,
                stream="ack",
                received_ms=CLOCK.now_ms(),
                live=True,
                message=Raw(encode(ack)),
            ),
        )
    )


async def test_a_grant_reaches_the_door_a_revocation_follows_and_its_answer_is_believed(scene):
    feed = InProcessFeed()
    broker = EmbeddedBroker(port=free_port())
    await broker.start()
    port = broker.address.port
    with writing(scene.engine) as connection:
        scene.enrol(connection)
        card = scene.issue(connection, 1, CLOCK.now_ms())
        give(connection, card, CLOCK.now_ms())
    listening = Listening(scene, port)
    access = dispatcher(scene, port, feed)
    async with running(access.run()), running(listening.session.run()):
        await until(lambda: listening.version() == 1)
        assert listening.door.snapshot.rights[0].points == ("door",)
        feed.publish(accepted(1))
        await until(lambda: held(scene) == 1)
        with writing(scene.engine) as connection:
            revoke_card(connection, card, "lost", Author(DESK, CLOCK.now_ms()))
        await until(lambda: listening.version() == 2)
        snapshot = listening.door.snapshot
        assert snapshot.rights == ()
        assert snapshot.revoked == (card_tag(snapshot.lookup_key, uid_of(1)),)
        feed.publish(accepted(2))
        await until(lambda: held(scene) == 2)
    await broker.stop()


async def test_what_the_broker_forgets_is_published_again_and_a_gap_is_answered_whole(scene):
    feed = InProcessFeed()
    port = free_port()
    broker = EmbeddedBroker(port=port)
    await broker.start()
    with writing(scene.engine) as connection:
        scene.enrol(connection)
        give(connection, scene.issue(connection, 1), CLOCK.now_ms())
    access = dispatcher(scene, port, feed)
    async with running(access.run()):
        await access.ready.wait()
        first = Listening(scene, port)
        async with running(first.session.run()):
            await until(lambda: first.version() == 1)
        await broker.stop()
        broker = EmbeddedBroker(port=port)
        await broker.start()
        fresh = Listening(scene, port)
        async with running(fresh.session.run()):
            await until(lambda: fresh.version() == 1)
            said = len(fresh.names)
            feed.publish(accepted(0, "refused", "gap"))
            await until(lambda: len(fresh.names) > said)
    await broker.stop()


async def test_a_door_whose_device_is_taken_out_has_nothing_retained_and_still_a_bound(scene):
    from backend.devices.assignments import end_unit

    port = free_port()
    broker = EmbeddedBroker(port=port)
    await broker.start()
    with writing(scene.engine) as connection:
        scene.enrol(connection)
        give(connection, scene.issue(connection, 1), CLOCK.now_ms())
    listening = Listening(scene, port)
    access = dispatcher(scene, port, InProcessFeed())
    async with running(access.run()), running(listening.session.run()):
        await until(lambda: listening.version() == 1)
        with writing(scene.engine) as connection:
            end_unit(connection, str(DOOR), CLOCK.now_ms())
        await until(lambda: listening.names[-1] == "cleared")
    after = Listening(scene, port)
    async with running(after.session.run()):
        await until(lambda: after.session.connected)
        await CLOCK.sleep(0)
        assert after.version() == 0
    await broker.stop()


def held(scene):
    with reading(scene.engine) as connection:
        return open_door(connection, scene.keys.vault, str(DOOR)).held_version
