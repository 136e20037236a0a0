"""The judgement of a door finds every sort of fault that it is there for."""

from __future__ import annotations

from benchmarks.outage.tap_verdict import (
    JournalledTap,
    Opening,
    StoredTap,
    TapKey,
    judge_door,
)

ONE, TWO = TapKey("1c84", 1), TapKey("1c84", 2)
JOURNAL = (
    JournalledTap(ONE, "granted", "granted", 1_000),
    JournalledTap(TWO, "refused", "unknown_card", 9_000),
)
STORED = (StoredTap(ONE, "granted", "granted"), StoredTap(TWO, "refused", "unknown_card"))
OPENING = Opening(1_020.0, 2_020.0)


def verdict(stored=STORED, openings=(OPENING,)):
    return judge_door("reader/d1", JOURNAL, stored, openings, longest_ms=2_500)


def test_a_tap_stored_once_and_a_lock_opened_for_it_are_sound():
    found = verdict()
    assert found.sound
    assert (found.taps, found.stored, found.openings) == (2, 2, 1)


def test_a_missing_tap_is_lost():
    assert verdict(STORED[:1]).lost == [TWO]


def test_a_tap_stored_twice_is_doubled():
    assert verdict((*STORED, STORED[0])).doubled == [ONE]


def test_a_tap_that_nobody_wrote_down_is_invented():
    stranger = StoredTap(TapKey("ffff", 1), "granted", "granted")
    assert verdict((*STORED, stranger)).invented == [stranger.key]


def test_a_tap_that_changed_on_its_way_is_wrong():
    assert verdict((STORED[0], StoredTap(TWO, "granted", "granted"))).wrong


def test_a_lock_that_opened_for_a_refused_card_is_found():
    assert verdict(openings=(OPENING, Opening(9_020.0, 10_000.0))).unrecorded == [9_020.0]


def test_a_lock_that_stays_open_is_found():
    assert verdict(openings=(Opening(1_020.0, 8_000.0),)).too_long == [7_000.0]
