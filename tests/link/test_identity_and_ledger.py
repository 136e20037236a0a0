"""Rolled-back cards, other hardware, new ledgers, clocks that are not set, what is given up."""

from __future__ import annotations

from pathlib import Path

from contract.clock import ManualClock
from contract.ranges import RangeSet
from contract.topics import uplink_topic
from edge.link.settings import LinkSettings
from tests.link.conftest import UNIT, MakeLink, running
from tests.link.readings import alarm, occupancy, position
from tests.link.scripted_backend import ScriptedBackend
from tests.link.waits import now_boot, settled

POSITION = uplink_topic("lozere", UNIT, "position")
STATUS = uplink_topic("lozere", UNIT, "status")


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
