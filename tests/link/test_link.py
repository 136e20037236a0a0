"""The link against a real Mosquitto and a scripted backend."""

from __future__ import annotations

import asyncio

from contract.clock import ManualClock
from contract.ranges import RangeSet
from contract.topics import uplink_topic
from contract.uplink import Will
from edge.link.service import Link
from tests.link.conftest import UNIT, MakeLink, running
from tests.link.readings import alarm, position
from tests.link.scripted_backend import ScriptedBackend, fields, retained_on
from tests.link.waits import now_boot, settled, settled_on
from tests.peers.mosquitto import Mosquitto

POSITION = uplink_topic("lozere", UNIT, "position")
STATUS = uplink_topic("lozere", UNIT, "status")


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


async def test_a_stream_is_settled_on_its_own_confirmation_and_no_sooner(
    make_link: MakeLink, backend: ScriptedBackend
) -> None:
    backend.confirming = False
    link = make_link()
    link.put(position(1, now_boot()))
    link.put(alarm(boot_ms=now_boot()))
    async with running(link):
        of_alarms = asyncio.create_task(link.settled("alarm"))
        everything = asyncio.create_task(link.settled())
        await backend.until(
            lambda: backend.numbers("alarm") + backend.numbers("position") == [1, 1]
        )
        assert not of_alarms.done(), "the broker has it, which promises nothing"
        outbox = link.health().outbox_id
        position_ledger = backend.ledger.pop((outbox, "position"))
        backend.say_stored(outbox)
        async with asyncio.timeout(15):
            await of_alarms
        assert not everything.done()
        backend.ledger[outbox, "position"] = position_ledger
        backend.say_stored(outbox)
        async with asyncio.timeout(15):
            await everything
