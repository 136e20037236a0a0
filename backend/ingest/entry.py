"""One line of the ledger: which numbers of a stream are settled.

Rules of this file: pure. Settled means stored, refused or explained; what is settled has no
effect when it comes again. Numbers nearly always continue where the last batch ended, so that
case is one comparison; everything else goes through sets of ranges.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from contract.downlink import StoredRanges
from contract.ranges import Range, RangeSet

MAX_REFUSED = 32
MAX_ABOVE_TOLD = 32

_NO_RANGES = "[]"
_encode = msgspec.json.encode
_decode_ranges = msgspec.json.Decoder(tuple[Range, ...]).decode
_decode_numbers = msgspec.json.Decoder(tuple[int, ...]).decode


class Entry(NamedTuple):
    """Numbers 1 to `contiguous` and the ranges `above` (JSON) of one stream of one outbox."""

    contiguous: int = 0
    above: str = _NO_RANGES
    refused: str = _NO_RANGES
    """JSON of the newest refused numbers."""
    boot: str = ""
    boot_highest: int = 0
    stored: int = 0
    duplicates: int = 0

    @property
    def settled(self) -> RangeSet:
        """All settled numbers."""
        ranges = _decode_ranges(self.above) if self.above != _NO_RANGES else ()
        return RangeSet(((1, self.contiguous + 1), *ranges))

    @property
    def highest(self) -> int:
        """The highest settled number, 0 if there is none."""
        return self.settled.highest() or 0

    @property
    def missing(self) -> int:
        """How many numbers below the highest are not settled."""
        settled = self.settled
        return (settled.highest() or 0) - len(settled)


EMPTY = Entry()


def fresh_indexes(entry: Entry, numbers: Sequence[int]) -> list[int] | None:
    """Indexes of the numbers that are not settled, each number once; None for all of them."""
    if _continues(entry, numbers):
        return None
    settled = entry.settled
    seen: set[int] = set()
    fresh = []
    for index, number in enumerate(numbers):
        if number not in seen and number not in settled:
            seen.add(number)
            fresh.append(index)
    return None if len(fresh) == len(numbers) else fresh


def settle(entry: Entry, numbers: Sequence[int]) -> Entry:
    """The entry with these numbers settled."""
    if _continues(entry, numbers):
        return entry._replace(contiguous=entry.contiguous + len(numbers))
    return settle_ranges(entry, [(number, number + 1) for number in numbers])


def settle_ranges(entry: Entry, ranges: Iterable[Range]) -> Entry:
    """The entry with these ranges [start, end) settled."""
    settled = entry.settled.union(RangeSet(ranges))
    contiguous = settled.contiguous_from(1) - 1
    above = settled.ranges[1:] if contiguous else settled.ranges
    return entry._replace(contiguous=contiguous, above=_encode(above).decode())


def refuse(entry: Entry, numbers: Sequence[int]) -> Entry:
    """The entry with these numbers settled and told as refused."""
    newest = (*_decode_numbers(entry.refused), *numbers)[-MAX_REFUSED:]
    return settle(entry, numbers)._replace(refused=_encode(newest).decode())


def told(entry: Entry) -> StoredRanges:
    """What the unit hears of this stream."""
    above = _decode_ranges(entry.above)[:MAX_ABOVE_TOLD] if entry.above != _NO_RANGES else ()
    refused = _decode_numbers(entry.refused) if entry.refused != _NO_RANGES else ()
    return StoredRanges(contiguous=entry.contiguous, above=above, refused=refused)


def _continues(entry: Entry, numbers: Sequence[int]) -> bool:
    """Whether the numbers, in order, go on where the settled ones end, nothing being above."""
    start = entry.contiguous + 1
    count = len(numbers)
    return (
        entry.above == _NO_RANGES
        and numbers[0] == start
        and numbers[-1] == start + count - 1
        and (count < 3 or list(numbers) == list(range(start, start + count)))
    )
