"""The link against a real Mosquitto and a scripted backend."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from pathlib import Path

import pytest

from contract.clock import ManualClock, SystemClock
from contract.ranges import RangeSet
from contract.topics import uplink_topic
from contract.uplink import Will
from edge.link.service import Link
from edge.link.settings import LinkSettings
from tests.link.conftest import UNIT, MakeLink, running
from tests.link.readings import alarm, occupancy, position
from tests.link.scripted_backend import ScriptedBackend, fields, retained_on
from tests.peers.mosquitto import Mosquitto, running_mosquitto

POSITION = uplink_topic("lozere", UNIT, "position")
STATUS = uplink_topic("lozere", UNIT, "status")


def now_boot() -> int:
    return SystemClock().boot_ms()


async def settled(link: Link) -> None:
    async with asyncio.timeout(15):
        await link.settled()


async def test_what_is_put_is_stored_and_settled(
    make_link: MakeLink, backend: ScriptedBackend
) -> None:
    link = make_link()
    async with running(link):
        for n in range(20):
            link.put(position(n, now_boot()))
        await settled(link)
    assert backend.stored("position") == RangeSet([(1, 21)])
    assert link.health().streams["position"].confirmed == 20
    assert backend.states()[0].state == "online"


async def test_nothing_numbered_is_sent_before_hello_is_answered(
    make_link: MakeLink, backend: ScriptedBackend
) -> None:
    backend.answering = False
    clock = ManualClock()
    link = make_link(clock)
    link.put(alarm(boot_ms=clock.boot_ms()))
    async with running(link):
        await backend.until(lambda: len(backend.hellos()) == 1)
        first = backend.hellos()[0]
        assert first.streams["alarm"].next == 2
        await clock.advance(0.5)
        assert len(backend.hellos()) == 1
        await clock.advance(1)
        await backend.until(lambda: len(backend.hellos()) == 2)
        await clock.advance(120)
        # 1, 2, 4, 8, 16, then every 30 s: an ingest that stays away is not shouted at.
        assert len(backend.hellos()) <= 10
        assert backend.of("alarm") == []
        backend.answering = True
        await clock.advance(45)
        await settled_on(clock, link)
    assert backend.numbers("alarm") == [1]


async def settled_on(clock: ManualClock, link: Link) -> None:
    async with asyncio.timeout(15):
        waiting = asyncio.create_task(link.settled())
        while not waiting.done():
            await clock.advance(0.1)


async def test_an_answer_to_another_session_is_not_believed(
    make_link: MakeLink, backend: ScriptedBackend
) -> None:
    backend.answering = False
    link = make_link()
    link.put(position(1, now_boot()))
    async with running(link):
        await backend.until(lambda: len(backend.hellos()) == 1)
        hello = backend.hellos()[0]
        backend.ledger[hello.outbox, "position"] = RangeSet([(1, 100)])
        backend.say_stored(hello.outbox)
        backend.say_stored(hello.outbox, type_session(hello.boot, hello.session + 1))
        link.put(position(2, now_boot()))
        assert link.health().depth >= 2
        await asyncio.to_thread(retained_on, backend.address, STATUS)
        assert backend.of("position") == []
        assert link.health().depth >= 2


def type_session(boot: str, session: int) -> object:
    from contract.downlink import Session

    return Session(boot=boot, session=session)


async def test_the_newest_position_goes_first_then_the_backlog_marked_replayed(
    make_link: MakeLink, backend: ScriptedBackend
) -> None:
    link = make_link()
    for n in range(50):
        link.put(position(n, now_boot()))
    async with running(link):
        await settled(link)
    messages = backend.of("position")
    assert [m.seq for m in messages] == [50, *range(1, 50)]
    assert [m.replayed for m in messages] == [False] + [True] * 49
    assert fields(retained_on(backend.address, POSITION))["seq"] == 50


async def test_an_alarm_overtakes_a_backlog(make_link: MakeLink, backend: ScriptedBackend) -> None:
    link = make_link()
    for n in range(400):
        link.put(position(n, now_boot()))
    async with running(link):
        await backend.until(lambda: len(backend.of("position")) > 20)
        link.put(alarm(boot_ms=now_boot()))
        await settled(link)
    streams = [h.stream for h in backend.heard if h.stream in {"position", "alarm"}]
    assert streams.index("alarm") < 380


async def test_a_broker_killed_with_its_queue_loses_nothing(
    make_link: MakeLink, broker: Mosquitto, backend: ScriptedBackend
) -> None:
    link = make_link()
    async with running(link):
        link.put(position(0, now_boot()))
        await settled(link)
        for n in range(1, 200):
            link.put(position(n, now_boot()))
        await backend.until(lambda: len(backend.of("position")) > 10)
        broker.kill()
        for n in range(200, 220):
            link.put(position(n, now_boot()))
        broker.start()
        await settled(link)
    assert backend.stored("position") == RangeSet([(1, 221)])


async def test_a_broker_without_memory_gets_the_retained_state_again(
    make_link: MakeLink, broker: Mosquitto, backend: ScriptedBackend
) -> None:
    link = make_link()
    async with running(link):
        link.put(position(1, now_boot()))
        await settled(link)
        broker.kill()
        broker.start()
        await backend.until(lambda: len(backend.of("position")) == 2)
        await settled(link)
        assert fields(retained_on(broker.address, POSITION))["seq"] == 1
        assert fields(retained_on(broker.address, STATUS))["state"] == "online"


async def test_what_a_confirmation_a_minute_later_lacks_is_sent_again(
    make_link: MakeLink, backend: ScriptedBackend
) -> None:
    clock = ManualClock()
    link = make_link(clock)
    async with running(link):
        link.put(position(1, clock.boot_ms()))
        await settled_on(clock, link)
        outbox = backend.hellos()[0].outbox
        backend.confirming = False
        link.put(position(2, clock.boot_ms()))
        await clock.advance(1)
        await backend.until(lambda: 2 in backend.numbers("position"))
        # The backend lost it before it was stored, and says so: too early to judge, then not.
        backend.ledger[outbox, "position"] = RangeSet([(1, 2)])
        backend.issued_ahead_ms = 30_000
        backend.say_stored(outbox)
        backend.issued_ahead_ms = 3_600_000
        backend.confirming = True
        backend.say_stored(outbox)
        await backend.until(lambda: backend.numbers("position") == [1, 2, 2])
        await settled_on(clock, link)


async def test_after_a_minute_without_news_it_asks_and_does_not_resend(
    make_link: MakeLink, backend: ScriptedBackend
) -> None:
    clock = ManualClock()
    link = make_link(clock)
    async with running(link):
        link.put(position(1, clock.boot_ms()))
        await settled_on(clock, link)
        backend.confirming = backend.answering = False
        link.put(position(2, clock.boot_ms()))
        await clock.advance(1)
        await backend.until(lambda: 2 in backend.numbers("position"))
        await clock.advance(120)
        await backend.until(lambda: len(backend.hellos()) > 1)
        assert backend.numbers("position") == [1, 2]


async def test_it_sees_its_own_will_and_says_that_it_is_online(
    make_link: MakeLink, backend: ScriptedBackend
) -> None:
    link = make_link()
    async with running(link):
        await settled_state(link, backend, 1)
        from contract.codec import encode

        will = encode(Will(boot="0000aaaa-00000000", session=1))
        backend.client.publish(STATUS, will, qos=1, retain=True)
        await backend.until(lambda: len(backend.states()) == 2)
        await settled(link)
        assert fields(retained_on(backend.address, STATUS))["state"] == "online"


async def settled_state(link: Link, backend: ScriptedBackend, count: int) -> None:
    await backend.until(lambda: len(backend.states()) == count)
    await settled(link)


async def test_a_link_that_stops_while_online_leaves_its_will(
    make_link: MakeLink, backend: ScriptedBackend
) -> None:
    link = make_link()
    async with running(link):
        await settled_state(link, backend, 1)
    await backend.until(lambda: isinstance(backend.of("status")[-1], Will))
    assert fields(retained_on(backend.address, STATUS))["type"] == "will"


async def test_a_unit_that_falls_asleep_says_so_and_leaves_no_position(
    make_link: MakeLink, backend: ScriptedBackend
) -> None:
    link = make_link()
    async with running(link):
        link.put(position(1, now_boot()))
        await settled(link)
        assert retained_on(backend.address, POSITION) is not None
        link.announce("asleep")
        link.clear_retained("position")
        await settled(link)
    assert retained_on(backend.address, POSITION) is None
    assert fields(retained_on(backend.address, STATUS))["state"] == "asleep"
    assert not any(isinstance(m, Will) for m in backend.of("status"))


async def test_a_position_from_before_the_clearing_is_never_retained(
    make_link: MakeLink, backend: ScriptedBackend
) -> None:
    link = make_link()
    link.put(position(1, now_boot()))
    link.clear_retained("position")
    async with running(link):
        await settled(link)
        assert retained_on(backend.address, POSITION) is None
        link.put(position(2, now_boot()))
        await settled(link)
        assert fields(retained_on(backend.address, POSITION))["seq"] == 2


async def test_a_card_rolled_back_renews_and_stores_everything_once(
    make_link: MakeLink, backend: ScriptedBackend, settings: LinkSettings, tmp_path: Path
) -> None:
    first = make_link()
    async with running(first):
        for n in range(10):
            first.put(position(n, now_boot()))
        await settled(first)
    old = first.health().outbox_id
    first.close()
    image = settings.outbox_path.read_bytes()
    second = make_link()
    async with running(second):
        for n in range(10, 20):
            second.put(position(n, now_boot()))
        await settled(second)
    second.close()
    settings.outbox_path.write_bytes(image)

    third = make_link()
    for n in range(20, 25):
        third.put(position(n, now_boot()))
    async with running(third):
        await settled(third)
    new = third.health().outbox_id
    assert new != old
    assert backend.ledger[old, "position"] == RangeSet([(1, 21)])
    assert backend.ledger[new, "position"] == RangeSet([(1, 6)])
    odometers = sorted({m.odometer_m for m in backend.of("position")})
    assert odometers == [float(n) for n in range(25)]


async def test_other_hardware_draws_a_new_identity_and_keeps_the_keys_of_old_rows(
    make_link: MakeLink, backend: ScriptedBackend
) -> None:
    first = make_link()
    first.put(position(1, now_boot()))
    old = first.health().outbox_id
    first.close()
    second = make_link(machine_serial="serial-2")
    second.put(position(2, now_boot()))
    async with running(second):
        await settled(second)
    new = second.health().outbox_id
    assert new != old
    assert backend.ledger[old, "position"] == RangeSet([(1, 2)])
    assert backend.ledger[new, "position"] == RangeSet([(1, 2)])


async def test_a_new_ledger_gets_everything_that_is_still_held(
    make_link: MakeLink, backend: ScriptedBackend
) -> None:
    link = make_link()
    async with running(link):
        for n in range(10):
            link.put(position(n, now_boot()))
        await settled(link)
        outbox = link.outbox.current.outbox
        with backend.changed:
            backend.epoch = "f" * 16
            backend.ledger.clear()
        backend.say_stored(outbox)
        await backend.until(lambda: backend.stored("position") == RangeSet([(1, 11)]))
        await settled(link)
    assert len(backend.of("position")) == 20


async def test_a_confirmation_that_takes_back_what_was_confirmed_is_questioned(
    make_link: MakeLink, backend: ScriptedBackend
) -> None:
    link = make_link()
    async with running(link):
        for n in range(10):
            link.put(position(n, now_boot()))
        await settled(link)
        outbox = link.outbox.current.outbox
        asked = len(backend.hellos())
        with backend.changed:
            backend.ledger[outbox, "position"] = RangeSet([(1, 5)])
        backend.say_stored(outbox)
        backend.say_stored(outbox)
        await backend.until(lambda: len(backend.hellos()) == asked + 1)
    assert backend.hellos()[-1].streams["position"].confirmed == 10


async def test_what_a_new_ledger_lacks_and_nobody_holds_is_reported_as_forgotten(
    make_link: MakeLink, backend: ScriptedBackend
) -> None:
    link = make_link()
    async with running(link):
        for n in range(10):
            link.put(position(n, now_boot()))
        await settled(link)
        book = next(b for b in link.outbox.books.values() if b.stream.name == "position")
        link.outbox.remove(book, RangeSet([(1, 7)]), None)
        with backend.changed:
            backend.epoch = "f" * 16
            backend.ledger.clear()
        backend.say_stored(link.outbox.current.outbox)
        await backend.until(lambda: backend.stored("position") == RangeSet([(1, 11)]))
        await settled(link)
    lost = [entry for status in backend.states() for entry in status.lost]
    assert [(e.stream, e.start, e.end, e.cause) for e in lost] == [("position", 1, 7, "forgotten")]


async def test_rows_wait_for_the_clock_and_are_dated_by_it(
    make_link: MakeLink, backend: ScriptedBackend
) -> None:
    clock = ManualClock()
    link = make_link(clock, anchored=False)
    link.put(occupancy(1, clock.boot_ms()))
    measured_ms = clock.boot_ms()
    async with running(link):
        await backend.until(lambda: len(backend.hellos()) == 1)
        await clock.advance(300)
        assert backend.of("occupancy") == []
        link.anchor("gnss", 1_795_000_000_000, clock.boot_ms())
        await backend.until(lambda: len(backend.of("occupancy")) == 1)
        (message,) = backend.of("occupancy")
        assert message.clock == "gnss"
        assert message.observed_ms == 1_795_000_000_000 - (clock.boot_ms() - measured_ms)


async def test_a_row_waits_ten_minutes_at_most_and_an_alarm_not_at_all(
    make_link: MakeLink, backend: ScriptedBackend
) -> None:
    clock = ManualClock()
    link = make_link(clock, anchored=False)
    link.put(occupancy(1, clock.boot_ms()))
    link.put(alarm(boot_ms=clock.boot_ms()))
    async with running(link):
        await backend.until(lambda: len(backend.of("alarm")) == 1)
        (sos,) = backend.of("alarm")
        assert sos.clock == "unset"
        assert sos.boot_ms == 60_000
        await clock.advance(590)
        assert backend.of("occupancy") == []
        await clock.advance(20)
        await backend.until(lambda: len(backend.of("occupancy")) == 1)
        (late,) = backend.of("occupancy")
        assert late.clock == "unset"
        # The clock comes at last: a date that was sent does not change.
        frozen = late.observed_ms
        link.anchor("gnss", 1_795_000_000_000, clock.boot_ms())
        backend.ledger.clear()
        backend.epoch = "f" * 16
        backend.say_stored(link.outbox.current.outbox)
        await backend.until(lambda: len(backend.of("occupancy")) == 2)
        again = backend.of("occupancy")[1]
        assert (again.observed_ms, again.clock) == (frozen, "unset")


async def test_a_drop_by_size_is_reported_with_its_range(
    make_link: MakeLink, backend: ScriptedBackend
) -> None:
    link = make_link(outbox_max_bytes=60_000)
    for n in range(1_000):
        link.put(position(n, now_boot()))
    link.put(alarm(boot_ms=now_boot()))
    assert link.health().dropped["position"] > 100
    async with running(link):
        await settled(link)
    assert backend.stored("position") == RangeSet([(1, 1_001)])
    lost = [entry for status in backend.states() for entry in status.lost]
    assert {e.cause for e in lost} == {"dropped"}
    gone = RangeSet((e.start, e.end) for e in lost)
    sent = RangeSet.of(backend.numbers("position"))
    assert gone.union(sent) == RangeSet([(1, 1_001)])
    assert not set(gone) & set(sent)
    assert backend.numbers("alarm") == [1]


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


async def until_logged(caplog: pytest.LogCaptureFixture, words: str) -> None:
    await until_true(lambda: words in caplog.text)


async def until_sessions(link: Link, count: int) -> None:
    await until_true(lambda: link._sessions >= count)


async def until_true(claim: object) -> None:
    clock = SystemClock()
    async with asyncio.timeout(15):
        while not claim():
            await clock.sleep(0.02)


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
