"""Writes what happens at a unit into its journal, dated, and wakes who hands it over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from contract.clock import Clock
from contract.crash_points import JOURNALLED_NOT_OPENED, reach
from edge.copass.hand_over import HandOver
from edge.copass.journal import Journal
from edge.copass.journal_entry import Entry, OutStream, Written
from edge.copass.rights_store import RightsStore
from edge.copass.time_keeper import Moment
from edge.copass.timepiece import Timepiece

T = TypeVar("T")
Aside = Callable[[Callable[[], Any]], Awaitable[Any]]
"""Does what may take long (a disk) where it holds up nobody."""


async def in_a_thread(work: Callable[[], T]) -> T:
    """A disk that hangs must not hold up a request to exit."""
    return await asyncio.to_thread(work)


class Recorder:
    """One entry after the other, in the order of asking.

    Args:
        journal: of the unit.
        store: tells which rights are in force.
        timepiece: dates the entries.
        hand_over: woken after each entry that is to be sent.
        clock: of the run.
        machine: the present boot of the machine.
        aside: where the disk is waited for.
    """

    def __init__(
        self,
        journal: Journal,
        store: RightsStore,
        timepiece: Timepiece,
        hand_over: HandOver,
        clock: Clock,
        machine: str,
        aside: Aside = in_a_thread,
    ) -> None:
        self.journal = journal
        self._store = store
        self._timepiece = timepiece
        self._hand_over = hand_over
        self._clock = clock
        self._machine = machine
        self._aside = aside
        self._turn = asyncio.Lock()

    async def write(
        self,
        kind: str,
        body: Mapping[str, Any],
        stream: OutStream | None = None,
        moment: Moment | None = None,
    ) -> Written:
        """On the disk on return. Raises JournalUnwritable."""
        entry = self._entry(kind, dict(body), stream, moment or self._timepiece.look())
        async with self._turn:
            written: Written = await self._aside(lambda: self.journal.append(entry))
        reach(JOURNALLED_NOT_OPENED)
        if stream is not None:
            self._hand_over.wake()
        return written

    def _entry(
        self, kind: str, body: dict[str, Any], stream: OutStream | None, moment: Moment
    ) -> Entry:
        kept = self._timepiece.kept()
        return Entry(
            kind=kind,
            boot=self._machine,
            boot_ms=self._clock.boot_ms(),
            at_ms=moment.utc_ms if moment.is_trusted else None,
            clock=moment.clock,
            time=(kept.trusted_ms, kept.clockless_ms),
            rights=self._store.floor,
            stream=stream,
            body=body,
        )
