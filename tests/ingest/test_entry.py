"""A line of the ledger, against a plain set of numbers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from backend.ingest.entry import EMPTY, fresh_indexes, refuse, settle, settle_ranges, told

batches = st.lists(st.lists(st.integers(1, 40), min_size=1, max_size=12), max_size=12)


@given(batches)
def test_a_number_is_fresh_once_and_only_once(numbers_of_batches):
    entry, model = EMPTY, set()
    for numbers in numbers_of_batches:
        fresh = fresh_indexes(entry, numbers)
        chosen = numbers if fresh is None else [numbers[i] for i in fresh]
        assert len(set(chosen)) == len(chosen)
        assert set(chosen) == set(numbers) - model
        if chosen:
            entry = settle(entry, chosen)
        model |= set(numbers)
        assert set(entry.settled) == model
        assert entry.highest == max(model)
        assert entry.missing == len(set(range(1, max(model))) - model)


@given(st.sets(st.integers(1, 60)), st.integers(1, 60), st.integers(0, 20))
def test_ranges_settle_like_their_numbers(numbers, start, length):
    entry = settle(EMPTY, sorted(numbers)) if numbers else EMPTY
    by_range = settle_ranges(entry, [(start, start + length)])
    assert set(by_range.settled) == numbers | set(range(start, start + length))


def test_a_continuation_is_one_step():
    entry = settle(settle(EMPTY, [1, 2, 3]), [4, 5])
    assert (entry.contiguous, entry.above) == (5, "[]")


def test_units_hear_at_most_32_ranges_and_32_refused():
    entry = settle(EMPTY, list(range(2, 200, 2)))
    entry = refuse(entry, list(range(1_001, 1_101, 2)))
    heard = told(entry)
    assert heard.contiguous == 0
    assert heard.above[:2] == ((2, 3), (4, 5))
    assert len(heard.above) == 32
    assert heard.refused == tuple(range(1_037, 1_101, 2))
