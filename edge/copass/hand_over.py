"""Gives the journal's taps and alarms to the outbox: each once, whatever dies in between.

The outbox remembers "handed over up to n" in the transaction that writes the row. The next one
is given only when that is on the disk; so nothing is ever given twice, and nothing is skipped.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from contract.clock import Clock
from contract.errors import MalformedMessage
from edge.copass.journal import Journal, mark_name
from edge.copass.journal_entry import Written
from edge.link.reading import Reading
from edge.link.waiting import wait_at_most

LOOK_AGAIN_S = 5.0
"""After the outbox could not write."""

_log = logging.getLogger(__name__)


class Outgoing(Protocol):
    """The link."""

    def put(self, reading: Reading) -> None: ...

    def mark(self, source: str) -> int: ...


class HandOver:
    """Between one journal and one link."""

    def __init__(self, journal: Journal, link: Outgoing, clock: Clock, machine: str) -> None:
        """`machine` is the present boot of the machine, as entries name it."""
        self._journal = journal
        self._link = link
        self._clock = clock
        self._machine = machine
        self._given: Written | None = None
        self._news = asyncio.Event()

    def wake(self) -> None:
        """There is something new."""
        self._news.set()

    async def run(self) -> None:
        """Hand over for ever."""
        while True:
            is_done = self.push()
            self._news.clear()
            if is_done:
                await self._news.wait()
            else:
                await wait_at_most(self._clock, LOOK_AGAIN_S, self._news.wait())

    def push(self) -> bool:
        """Hand over what can be; True where nothing waits any more."""
        waiting = self._journal.waiting
        while waiting:
            written = waiting[0]
            if written is not self._given and not self._is_handed(written):
                self._given = written
                if not self._put(written):
                    waiting.popleft()
                    continue
            if not self._is_handed(written):
                return False
            waiting.popleft()
        return True

    def _is_handed(self, written: Written) -> bool:
        return self._link.mark(mark_name(written.journal)) >= written.n

    def _put(self, written: Written) -> bool:
        try:
            self._link.put(self._reading(written))
        except MalformedMessage as error:
            # The entry stays in the journal; on the wire it would be refused by everybody.
            _log.error(
                "journal=unsendable journal=%s entry=%d why=%s",
                written.journal,
                written.n,
                error.why,
            )
            return False
        return True

    def _reading(self, written: Written) -> Reading:
        entry = written.entry
        # The boot clock of an earlier boot dates nothing now: it was before this boot began.
        boot_ms = entry.boot_ms if entry.boot == self._machine else 0
        return Reading(
            stream=entry.stream or "tap",
            body=written.wire_body(),
            boot_ms=boot_ms,
            observed_ms=entry.at_ms,
            clock=entry.clock,
            mark=(mark_name(written.journal), written.n),
        )
