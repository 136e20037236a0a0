"""Wills, sessions, gaps and conflicts."""

from __future__ import annotations

from backend.devices.alarms import open_alarms
from backend.devices.gaps import explained_counts
from backend.live.state import LiveState
from backend.records.transaction import reading
from contract.uplink import LostRange
from tests.ingest import harness as h


def alarms(chain):
    with reading(chain.engine) as connection:
        return open_alarms(connection)


def presence(chain):
    return LiveState.load(chain.engine).state(h.BUS).presence


def test_a_will_of_the_present_session_is_lost_contact_once(chain):
    chain.feed(h.hello(session=3), h.status(1, session=3, observed_ms=h.NOW_MS))
    assert presence(chain) == "online"
    chain.now_ms += 1_000
    outcome = chain.feed(h.will(session=3))
    assert [(lost.kind, lost.unit) for lost in outcome.lost_contact] == [("bus", "b1")]
    assert presence(chain) == "lost"
    chain.now_ms += 1_000
    assert chain.feed(h.will(session=3)).lost_contact == []


def test_a_will_is_ignored_where_a_newer_session_has_spoken(chain):
    chain.feed(h.hello(session=3))
    chain.feed(h.hello(session=4))
    assert chain.feed(h.will(session=3)).lost_contact == []


def test_a_will_of_an_older_run_is_ignored_though_its_number_is_higher(chain):
    chain.feed(h.hello(session=57))
    chain.feed(h.hello(session=1, outbox=h.OTHER_OUTBOX, boot=h.NEXT_BOOT))
    assert chain.feed(h.will(session=57)).lost_contact == []


def test_a_will_of_a_session_that_never_spoke_counts(chain):
    chain.feed(h.hello(session=3))
    assert len(chain.feed(h.will(session=4)).lost_contact) == 1


def test_a_will_of_a_run_that_never_spoke_counts(chain):
    chain.feed(h.hello(session=3))
    assert len(chain.feed(h.will(boot=h.NEXT_BOOT, session=1)).lost_contact) == 1


def test_a_will_before_any_word_counts_once(chain):
    assert len(chain.feed(h.will()).lost_contact) == 1
    assert chain.feed(h.will()).lost_contact == []
    assert presence(chain) == "lost"


def test_a_unit_that_speaks_after_its_will_in_the_same_batch_is_not_lost(chain):
    chain.feed(h.hello(session=3))
    assert chain.feed(h.will(session=3), h.hello(session=4)).lost_contact == []
    assert chain.feed(h.will(session=4), h.status(1, session=4)).lost_contact == []


def test_a_unit_that_sees_its_own_will_and_says_online_is_back(chain):
    chain.feed(h.hello(session=3), h.status(1, session=3))
    chain.now_ms += 1_000
    chain.feed(h.will(session=3))
    chain.now_ms += 1_000
    chain.feed(h.status(2, session=3))
    assert presence(chain) == "online"
    chain.now_ms += 1_000
    assert len(chain.feed(h.will(session=3)).lost_contact) == 1


def test_a_replayed_status_does_not_bring_a_lost_unit_back(chain):
    chain.feed(h.hello(session=3), h.status(5, session=3))
    chain.now_ms += 1_000
    chain.feed(h.will(session=3))
    chain.now_ms += 1_000
    chain.feed(h.status(2, session=3, replayed=True))
    assert presence(chain) == "lost"


def lost(start, end, cause="dropped", stream="position"):
    return LostRange(outbox=h.OUTBOX, stream=stream, start=start, end=end, cause=cause)


def test_what_a_unit_reports_as_lost_is_settled_and_explained(chain):
    chain.feed(h.position(1), h.position(6))
    outcome = chain.feed(h.status(1, lost=(lost(2, 6),)))
    assert outcome.explained == 4
    assert chain.entry().contiguous == 6
    assert chain.entry().missing == 0
    with reading(chain.engine) as connection:
        assert explained_counts(connection) == {("bus/b1", "dropped"): 4}
    assert chain.feed(h.status(1, lost=(lost(2, 6),))).explained == 0


def test_a_gap_nobody_explains_is_an_alarm_after_two_minutes_until_it_closes(chain):
    chain.feed(h.position(1), h.position(6), h.hello(position=(6, 7, 1)))
    chain.now_ms += 119_000
    assert chain.check() == []
    chain.now_ms += 2_000
    (line,) = chain.check()
    assert "unexplained_gap unit=bus/b1" in line
    assert "4 numbers" in line
    assert "2-5" in line
    assert [a.alarm for a in alarms(chain)] == ["unexplained_gap"]
    assert chain.check() == []
    chain.feed(h.status(1, lost=(lost(2, 6, "corrupt"),)))
    (line,) = chain.check()
    assert "gap_closed" in line
    assert alarms(chain) == []


def test_a_gap_explained_in_time_is_no_alarm(chain):
    chain.feed(h.position(1), h.hello(position=(6, 7, 1)))
    chain.feed(h.status(1, lost=(lost(2, 6, "forgotten"),)))
    chain.now_ms += 200_000
    assert chain.check() == []


def test_a_stream_of_which_nothing_ever_came_is_watched_too(chain):
    chain.feed(h.hello(position=(6, 7, 0)))
    chain.now_ms += 200_000
    (line,) = chain.check()
    assert "5 numbers" in line


def test_numbers_the_unit_still_holds_are_no_gap(chain):
    chain.feed(h.position(1), h.position(9), h.hello(position=(2, 10, 1)))
    chain.now_ms += 200_000
    assert chain.check() == []


def test_holes_of_an_outbox_that_was_replaced_are_watched(chain):
    chain.feed(h.hello(position=(1, 1, 0)), h.position(1), h.position(4))
    chain.feed(h.hello(outbox=h.OTHER_OUTBOX, boot=h.NEXT_BOOT, position=(1, 1, 0)))
    chain.now_ms += 200_000
    (line,) = chain.check()
    assert "2-3" in line


def test_two_outboxes_of_one_unit_at_once_are_an_alarm_and_both_are_stored(chain):
    chain.feed(h.hello(position=(1, 1, 0)), h.position(1))
    chain.feed(h.hello(outbox=h.OTHER_OUTBOX, boot=h.NEXT_BOOT, position=(1, 1, 0)))
    chain.now_ms += 5_000
    assert chain.feed(h.position(2)).notices == [], "it may have been in flight"
    chain.now_ms += 60_000
    outcome = chain.feed(h.position(3), h.position(1, outbox=h.OTHER_OUTBOX, boot=h.NEXT_BOOT))
    assert outcome.accepted == 2
    assert any("identity_conflict" in line for line in outcome.notices)
    assert [a.alarm for a in alarms(chain)] == ["identity_conflict"]
    assert not chain.feed(h.position(4)).notices, "said once"
    chain.now_ms += 16 * 60_000
    assert any("identity_conflict_over" in line for line in chain.check())
    assert alarms(chain) == []


def test_hellos_in_turn_are_a_conflict(chain):
    chain.feed(h.hello())
    chain.feed(h.hello(outbox=h.OTHER_OUTBOX, boot=h.NEXT_BOOT))
    chain.now_ms += 1_000
    outcome = chain.feed(h.hello(session=2))
    assert any("identity_conflict" in line for line in outcome.notices)


def test_a_device_that_still_empties_its_old_outbox_is_no_conflict_and_no_gap(chain):
    """After a renewal it says hello for both, in each run, the present outbox last."""
    chain.feed(h.position(1), h.position(4))
    for boot in (h.BOOT, h.NEXT_BOOT):
        chain.now_ms += 10_000
        chain.feed(h.hello(boot=boot, position=(2, 5, 1)))
        chain.feed(h.hello(outbox=h.OTHER_OUTBOX, boot=boot, position=(1, 9, 0)))
        chain.feed(h.position(8, outbox=h.OTHER_OUTBOX, boot=boot))
    chain.now_ms += 200_000
    assert chain.check() == []
    assert alarms(chain) == []


def test_a_replaced_device_is_no_conflict(chain):
    chain.feed(h.hello(), h.position(1))
    chain.now_ms += 60_000
    chain.feed(h.hello(outbox=h.OTHER_OUTBOX, boot=h.NEXT_BOOT))
    chain.feed(h.position(1, outbox=h.OTHER_OUTBOX, boot=h.NEXT_BOOT))
    chain.now_ms += 60_000
    chain.feed(h.position(2, replayed=True))
    assert alarms(chain) == []
