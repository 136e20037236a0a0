"""Refusals, wrong passwords and corrupt rows: said once, healed once, nothing else lost."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from pathlib import Path

import pytest

from contract.ranges import RangeSet
from contract.topics import uplink_topic
from edge.link.settings import LinkSettings
from edge.link.trouble import Trouble
from tests.link.conftest import UNIT, MakeLink, running
from tests.link.readings import position
from tests.link.scripted_backend import ScriptedBackend
from tests.link.waits import now_boot, settled, until_logged, until_sessions, until_true
from tests.peers.mosquitto import Mosquitto, running_mosquitto

POSITION = uplink_topic("lozere", UNIT, "position")
STATUS = uplink_topic("lozere", UNIT, "status")


async def test_a_wrong_password_is_one_sentence_and_healed_with_one(
    tmp_path: Path, make_link: MakeLink, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    directory = tmp_path / "closed"
    directory.mkdir()
    with running_mosquitto(directory, accounts={"b1": "right", "backend": "x"}) as closed:
        from dataclasses import replace

        wrong = replace(closed.address_of("b1"), password="wrong")
        link = make_link(broker=wrong)
        async with running(link):
            await until_logged(caplog, "user name and password")
            await until_sessions(link, 4)
    sentences = [r.getMessage() for r in caplog.records if r.name.startswith("edge.link")]
    assert len(sentences) == 1
    assert "set the right user name and password" in sentences[0]
    assert "wrong" not in sentences[0]
    assert caplog.records[0].exc_info is None


async def test_a_refused_connection_is_said_once_and_healed_once(
    make_link: MakeLink,
    broker: Mosquitto,
    backend: ScriptedBackend,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    broker.kill()
    link = make_link()
    async with running(link):
        await until_sessions(link, 4)
        broker.start()
        await until_true(lambda: link.health().connected)
    sentences = [r.getMessage() for r in caplog.records if r.name == "edge.link.service"]
    assert len(sentences) == 2
    assert "nobody listens there; start the broker" in sentences[0]
    assert "connected again" in sentences[1]


async def test_downlink_messages_reach_their_handler(
    make_link: MakeLink, backend: ScriptedBackend
) -> None:
    link = make_link()
    got: asyncio.Queue[bytes] = asyncio.Queue()

    def fails_first(payload: bytes) -> None:
        got.put_nowait(payload)
        raise ValueError("a handler's own mistake")

    link.on_down("config", fails_first)
    async with running(link):
        await backend.until(lambda: len(backend.hellos()) == 1)
        topic = f"softplace/1/lozere/{UNIT}/down/config"
        backend.client.publish(topic, b"one", qos=1)
        backend.client.publish(topic, b"two", qos=1)
        async with asyncio.timeout(15):
            assert [await got.get(), await got.get()] == [b"one", b"two"]


async def test_a_corrupt_row_is_reported_and_the_rest_goes_on(
    make_link: MakeLink, backend: ScriptedBackend, settings: LinkSettings
) -> None:
    link = make_link()
    for n in range(10):
        link.put(position(n, now_boot()))
    link.close()
    connection = sqlite3.connect(settings.outbox_path)
    row = connection.execute("SELECT id FROM message ORDER BY id LIMIT 1 OFFSET 4").fetchone()[0]
    connection.execute("UPDATE message SET body = x'7b00' WHERE id = ?", (row,))
    connection.commit()
    connection.close()
    link = make_link()
    async with running(link):
        await settled(link)
        await backend.until(lambda: backend.stored("position") == RangeSet([(1, 11)]))
    assert 5 not in backend.numbers("position")
    lost = [entry for status in backend.states() for entry in status.lost]
    assert [(e.stream, e.start, e.end, e.cause) for e in lost] == [("position", 5, 6, "corrupt")]


def test_causes_that_alternate_within_one_outage_are_each_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    trouble = Trouble(logging.getLogger("trouble"))
    with caplog.at_level(logging.INFO, "trouble"):
        for sentence in ("lost", "out of reach", "lost", "out of reach"):
            trouble.broke(sentence)
        trouble.healed("back")
        trouble.healed("back")
        trouble.broke("lost")
    assert caplog.messages == ["lost", "out of reach", "back", "lost"]
