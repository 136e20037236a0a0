"""Sets of sequence numbers, kept as sorted, disjoint, half-open ranges.

Rules of this file: pure, immutable, no knowledge of messages. Both the outbox (what is
confirmed) and the ledger (what is stored) are sets of numbers that are contiguous almost
always, so a handful of ranges stands for millions of numbers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

Range = tuple[int, int]
"""[start, end): the end is not included."""


class RangeSet:
    """An immutable set of integers; equal sets have equal ranges."""

    __slots__ = ("ranges",)

    ranges: tuple[Range, ...]

    def __init__(self, ranges: Iterable[Range] = ()) -> None:
        self.ranges = _normalised(ranges)

    @classmethod
    def of(cls, numbers: Iterable[int]) -> RangeSet:
        """The set of `numbers`, in any order, repeats allowed."""
        return cls((n, n + 1) for n in numbers)

    def __contains__(self, number: int) -> bool:
        i = bisect_right(self.ranges, (number, float("inf"))) - 1
        return i >= 0 and number < self.ranges[i][1]

    def __len__(self) -> int:
        return sum(end - start for start, end in self.ranges)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RangeSet) and self.ranges == other.ranges

    def __hash__(self) -> int:
        return hash(self.ranges)

    def __repr__(self) -> str:
        return f"RangeSet({list(self.ranges)!r})"

    def __iter__(self) -> Iterator[int]:
        for start, end in self.ranges:
            yield from range(start, end)

    def union(self, other: RangeSet) -> RangeSet:
        """Numbers in either set."""
        return RangeSet(self.ranges + other.ranges)

    def difference(self, other: RangeSet) -> RangeSet:
        """Numbers in this set and not in `other`."""
        left: list[Range] = []
        for start, end in self.ranges:
            rest = start
            for hole_start, hole_end in other.ranges:
                if hole_end <= rest or hole_start >= end:
                    continue
                if hole_start > rest:
                    left.append((rest, hole_start))
                rest = max(rest, hole_end)
            if rest < end:
                left.append((rest, end))
        return RangeSet(left)

    def missing(self, start: int, end: int) -> RangeSet:
        """Numbers of [start, end) that are not in this set."""
        return RangeSet([(start, end)] if start < end else []).difference(self)

    def contiguous_from(self, start: int) -> int:
        """The first number at or after `start` that is not in this set."""
        for low, high in self.ranges:
            if low <= start < high:
                return high
        return start

    def highest(self) -> int | None:
        """The largest number, or None of an empty set."""
        return self.ranges[-1][1] - 1 if self.ranges else None


def _normalised(ranges: Iterable[Range]) -> tuple[Range, ...]:
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return tuple(merged)
