"""A journal entry has its effects once, whatever outbox brings it and however often."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.access.journals import GRACE_MS
from backend.access.keys import open_vault
from backend.access.tapping import take_taps, who_is_in
from backend.access.tending import tend
from backend.devices.alarms import open_alarms
from backend.ingest.entries import prune_entries
from backend.records.open import open_records
from backend.records.statements import query
from backend.records.transaction import reading, writing
from backend.telemetry.fake import FakeTelemetry
from tests.ingest import harness as h

JOURNAL, NEXT_JOURNAL = "00000000000000c1", "00000000000000c2"
BUS = str(h.BUS)


def entry(seq, number, outbox=h.OUTBOX, journal=JOURNAL, chain=None, **fields: object):
    chain = chain or f"{number:032x}"
    at_ms = h.NOW_MS - 600_000 + number * 1_000
    fields = {"observed_ms": at_ms, "outbox": outbox} | fields
    return h.tap(seq, journal=journal, entry=number, chain=chain, **fields)


def counted(chain, table):
    with reading(chain.engine) as connection:
        return query(connection, f"SELECT COUNT(*) FROM {table}")[0][0]  # noqa: S608


def test_a_tap_from_another_outbox_is_settled_as_a_duplicate(chain):
    assert chain.feed(entry(1, 1), entry(2, 2)).accepted == 2
    outcome = chain.feed(entry(1, 2, h.OTHER_OUTBOX), entry(2, 3, h.OTHER_OUTBOX))
    assert (outcome.accepted, outcome.duplicates) == (1, 1)
    assert (chain.stored("tap"), counted(chain, "tap_holder")) == (3, 3)
    # The new outbox hears of all its numbers as stored, or it would send for ever.
    other = chain.entry("tap", h.OTHER_OUTBOX)
    assert (other.contiguous, other.stored, other.duplicates) == (2, 1, 1)


def test_both_outboxes_in_one_batch_count_once(chain):
    outcome = chain.feed(entry(1, 1), entry(1, 1, h.OTHER_OUTBOX))
    assert (outcome.accepted, outcome.duplicates) == (1, 1)
    assert (chain.stored("tap"), counted(chain, "tap_entry")) == (1, 1)


def test_an_undated_tap_that_comes_again_later_makes_no_second_row(chain):
    chain.feed(entry(1, 1, clock="unset", observed_ms=5))
    chain.now_ms += 60_000
    assert chain.feed(entry(1, 1, h.OTHER_OUTBOX, clock="unset", observed_ms=5)).accepted == 0
    assert chain.stored("tap") == 1


def test_taps_without_a_journal_and_other_journals_are_all_kept(chain):
    outcome = chain.feed(h.tap(1), h.tap(2), entry(3, 1), entry(4, 1, journal=NEXT_JOURNAL))
    assert outcome.accepted == 4
    assert counted(chain, "tap_entry") == 2


def test_a_rewritten_journal_is_an_alarm_and_changes_nothing(chain):
    chain.feed(entry(1, 1))
    outcome = chain.feed(entry(1, 1, h.OTHER_OUTBOX, chain="f" * 32))
    assert outcome.accepted == 0
    with reading(chain.engine) as connection:
        assert [a.alarm for a in open_alarms(connection)] == ["journal_broken"]
    assert any("journal_broken" in notice for notice in outcome.notices)


def test_what_was_forgotten_with_age_is_not_new_again_and_what_is_new_still_is(chain):
    chain.feed(entry(1, 1), entry(2, 2))
    with writing(chain.engine) as connection:
        while take_taps(connection, chain.now_ms):
            pass
        prune_entries(connection, chain.now_ms + 1)
    assert counted(chain, "tap_entry") == 0
    outcome = chain.feed(entry(1, 2, h.OTHER_OUTBOX), entry(2, 3, h.OTHER_OUTBOX))
    assert outcome.accepted == 1


def test_a_tap_says_who_is_in_once_and_in_the_order_of_measurement(chain):
    chain.feed(entry(2, 2, direction="out"), entry(1, 1, direction="in"))
    with writing(chain.engine) as connection:
        take_taps(connection, chain.now_ms)
        assert who_is_in(connection, BUS) == []
        assert take_taps(connection, chain.now_ms) == 0
    chain.feed(entry(3, 3, direction="in"))
    with writing(chain.engine) as connection:
        take_taps(connection, chain.now_ms)
        assert [handle for handle, _ in who_is_in(connection, BUS)] == ["p-1234"]


def test_an_entry_that_never_comes_is_an_alarm_until_it_does(chain, tmp_path):
    chain.feed(entry(2, 2))
    vault = open_vault(tmp_path)
    with writing(chain.engine) as connection:
        take_taps(connection, chain.now_ms)
        assert tend(connection, vault, chain.now_ms + GRACE_MS - 1) == []
        (said,) = tend(connection, vault, chain.now_ms + GRACE_MS)
        assert "journal_gap" in said
        assert tend(connection, vault, chain.now_ms + GRACE_MS + 1) == []
    chain.feed(entry(1, 1))
    with writing(chain.engine) as connection:
        take_taps(connection, chain.now_ms)
        (said,) = tend(connection, vault, chain.now_ms + GRACE_MS + 2)
        assert "journal_gap_cleared" in said
        assert open_alarms(connection) == []


sendings = st.lists(
    st.tuples(st.integers(0, 3), st.lists(st.integers(1, 8), min_size=1, max_size=6, unique=True)),
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(sendings)
def test_however_often_an_outbox_is_lost_each_entry_is_stored_once(sendings):
    chain = h.Harness(open_records("sqlite://"), FakeTelemetry(has_spool=False))
    numbers: dict[int, int] = {}
    for outbox, entries in sendings:
        batch = []
        for number in entries:
            numbers[outbox] = numbers.get(outbox, 0) + 1
            batch.append(entry(numbers[outbox], number, f"{outbox + 1:016x}"))
        chain.feed(*batch)
    distinct = {number for _, entries in sendings for number in entries}
    assert chain.stored("tap") == len(distinct)
    assert counted(chain, "tap_holder") == counted(chain, "tap_entry") == len(distinct)
    for outbox, sent in numbers.items():
        assert chain.entry("tap", f"{outbox + 1:016x}").contiguous == sent
    chain.engine.dispose()
