"""Dates for rows that were written before the time was known.

Rules of this file: pure. An anchor says that the boot clock of one machine boot read `boot_ms`
at `utc_ms`. The first one dates every row measured before it. A later one, added where the
boot clock has drifted, dates only rows measured after it was written down: so a date never
changes once it can have been sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from contract.quantities import ClockSource

DRIFT_MS = 1_000
"""A boot clock this far off gets a new anchor; crystals lose about 4 s a day at worst."""
MIN_APART_MS = 600_000
"""Anchors are at least this far apart, so that two quarrelling sources cannot fill the file."""
LAST_MS = 4_102_444_800_000


@dataclass(frozen=True, slots=True)
class Anchor:
    """The boot clock of `machine` read `boot_ms` at `utc_ms`; good from `from_boot_ms` on."""

    machine: str
    from_boot_ms: int
    boot_ms: int
    utc_ms: int
    source: ClockSource

    def date_ms(self, boot_ms: int) -> int:
        """UTC milliseconds of a moment of the boot clock."""
        return self.utc_ms + boot_ms - self.boot_ms


class AnchorBook:
    """The anchors of every boot that still has rows."""

    def __init__(self, anchors: Iterable[Anchor] = ()) -> None:
        self._by_machine: dict[str, list[Anchor]] = {}
        for anchor in anchors:
            self.add(anchor)

    def add(self, anchor: Anchor) -> None:
        """Take in an anchor that is on disk."""
        known = self._by_machine.setdefault(anchor.machine, [])
        known.append(anchor)
        known.sort(key=lambda a: a.from_boot_ms)

    def needs(self, anchor: Anchor) -> bool:
        """Whether `anchor` is the first of its boot or corrects the drift of the last."""
        if not 0 <= anchor.date_ms(anchor.from_boot_ms) <= LAST_MS:
            return False
        known = self._by_machine.get(anchor.machine)
        if not known:
            return True
        last = known[-1]
        off_ms = abs(last.date_ms(anchor.boot_ms) - anchor.utc_ms)
        return off_ms > DRIFT_MS and anchor.from_boot_ms - last.from_boot_ms >= MIN_APART_MS

    def knows(self, machine: str) -> bool:
        """Whether rows of this boot can be dated."""
        return machine in self._by_machine

    def date(self, machine: str, boot_ms: int) -> tuple[int, ClockSource] | None:
        """UTC milliseconds and who vouches for them, or None of a boot without anchor."""
        known = self._by_machine.get(machine)
        if not known:
            return None
        anchor = known[0]
        for later in known[1:]:
            if later.from_boot_ms <= boot_ms:
                anchor = later
        utc_ms = anchor.date_ms(boot_ms)
        return (utc_ms, anchor.source) if 0 <= utc_ms <= LAST_MS else None
