"""Sets of numbers as ranges, against plain sets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from contract.ranges import RangeSet

numbers = st.sets(st.integers(0, 60))
ranges = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)))


@given(numbers)
def test_a_set_of_numbers_comes_back_sorted_disjoint_and_whole(plain: set[int]) -> None:
    found = RangeSet.of(plain)
    assert list(found) == sorted(plain)
    assert len(found) == len(plain)
    assert bool(found) == bool(plain)
    assert all(end > start for start, end in found.ranges)
    ends = [bound for pair in found.ranges for bound in pair]
    assert ends == sorted(set(ends)), "touching ranges are one range"
    assert found.highest() == max(plain, default=None)


@given(ranges)
def test_ranges_in_any_order_and_overlap_are_their_union(given_ranges: list[tuple]) -> None:
    plain = {n for start, end in given_ranges for n in range(start, end)}
    assert set(RangeSet(given_ranges)) == plain
    assert RangeSet(given_ranges) == RangeSet.of(plain)
    assert hash(RangeSet(given_ranges)) == hash(RangeSet.of(plain))


@given(numbers, numbers)
def test_union_and_difference_are_those_of_sets(one: set[int], other: set[int]) -> None:
    assert set(RangeSet.of(one).union(RangeSet.of(other))) == one | other
    assert set(RangeSet.of(one).difference(RangeSet.of(other))) == one - other


@given(numbers, st.integers(0, 60), st.integers(0, 60))
def test_what_is_missing_and_what_is_contiguous(plain: set[int], start: int, end: int) -> None:
    found = RangeSet.of(plain)
    assert set(found.missing(start, end)) == set(range(start, end)) - plain
    assert (start in found) == (start in plain)
    after = found.contiguous_from(start)
    assert after not in plain
    assert all(n in plain for n in range(start, after))
