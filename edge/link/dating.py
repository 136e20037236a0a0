"""When a row was measured, and whether it may go yet.

Rules of this file: pure. A row with a trusted date has it for good. One without waits for an
anchor of its machine boot for ten minutes at most, then goes undated; a row of an earlier boot
that never had an anchor cannot get one and does not wait.
"""

from __future__ import annotations

from dataclasses import dataclass

from contract.quantities import ClockSource
from edge.link.anchors import LAST_MS, AnchorBook
from edge.link.identity import machine_of
from edge.link.rows import Row

PATIENCE_MS = 600_000


@dataclass(frozen=True, slots=True)
class Present:
    """This moment: the machine boot, its boot clock, and the wall clock as it stands."""

    machine: str
    boot_ms: int
    wall_ms: int


@dataclass(frozen=True, slots=True)
class Dated:
    """UTC milliseconds and who vouches for them."""

    observed_ms: int
    clock: ClockSource


@dataclass(frozen=True, slots=True)
class Wait:
    """An anchor may still come; ask again then or after `milliseconds`."""

    milliseconds: int


@dataclass(frozen=True, slots=True)
class Freeze:
    """It goes without a trusted clock; this guess is to be written down before it is sent."""

    observed_ms: int


def date_row(
    row: Row, anchors: AnchorBook, present: Present, *, patient: bool
) -> Dated | Wait | Freeze:
    """How to date `row`; one that is not patient never waits."""
    if row.sent_as is not None:
        return Dated(row.sent_as, "unset")
    if row.observed_ms is not None and row.clock != "unset":
        return Dated(row.observed_ms, row.clock)
    machine = machine_of(row.boot)
    if found := anchors.date(machine, row.boot_ms):
        return Dated(*found)
    waited_ms = present.boot_ms - row.boot_ms
    if patient and machine == present.machine and 0 <= waited_ms < PATIENCE_MS:
        return Wait(PATIENCE_MS - waited_ms)
    return Freeze(guess_ms(row.boot_ms, row.observed_ms, machine, present))


def guess_ms(boot_ms: int, observed_ms: int | None, machine: str, present: Present) -> int:
    """The untrusted wall clock's idea of a moment; receipt time will stand in the store."""
    if observed_ms is not None:
        return observed_ms
    ago_ms = present.boot_ms - boot_ms if machine == present.machine else 0
    return min(max(present.wall_ms - ago_ms, 0), LAST_MS)


def age_ms(row: Row, present: Present) -> int | None:
    """How long ago it was measured, on the boot clock; None of another boot."""
    if machine_of(row.boot) != present.machine:
        return None
    return max(present.boot_ms - row.boot_ms, 0)
