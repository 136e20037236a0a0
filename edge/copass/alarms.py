"""Alarms of a unit, raised and cleared under one reference, through the journal to the outbox."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from contract.clock import Clock
from contract.uplink import AlarmKind
from edge.copass.errors import JournalUnwritable
from edge.copass.journal_entry import Written
from edge.copass.recorder import Recorder
from edge.link.reading import Reading

MOST_DETAIL = 280

_log = logging.getLogger(__name__)


class Putting(Protocol):
    """The link."""

    def put(self, reading: Reading) -> None: ...


class Alarms:
    """Which alarms stand. What stood before a restart can still be cleared after it."""

    def __init__(
        self, recorder: Recorder, link: Putting, clock: Clock, draw: Callable[[], str]
    ) -> None:
        self._recorder = recorder
        self._link = link
        self._clock = clock
        self._draw = draw
        self._standing = _standing(recorder.journal.recent)

    def stands(self, kind: AlarmKind, subject: str) -> bool:
        """Whether it was raised and is not over."""
        return (kind, subject) in self._standing

    async def raise_once(self, kind: AlarmKind, subject: str, detail: str | None = None) -> None:
        """It is so now; nothing where that was said already."""
        if self.stands(kind, subject):
            return
        reference = self._standing[kind, subject] = f"{kind}-{self._draw()}"
        body = {"alarm": kind, "subject": subject, "reference": reference}
        if detail is not None:
            body["detail"] = detail[:MOST_DETAIL]
        await self._say(body)

    async def clear(self, kind: AlarmKind, subject: str) -> None:
        """It is over; nothing where it does not stand."""
        reference = self._standing.pop((kind, subject), None)
        if reference is None:
            return
        state = {"state": "cleared", "reference": reference}
        await self._say({"alarm": kind, "subject": subject} | state)

    async def _say(self, body: dict[str, Any]) -> None:
        _log.warning("alarm=%s subject=%s %s", body["alarm"], body["subject"], body.get("state"))
        try:
            await self._recorder.write("alarm", body, "alarm")
        except JournalUnwritable:
            # A person is to come; that matters more than the order of the books.
            self._link.put(Reading("alarm", body, self._clock.boot_ms()))


def _standing(entries: Iterable[Written]) -> dict[tuple[str, str], str]:
    standing: dict[tuple[str, str], str] = {}
    for written in entries:
        body = written.entry.body
        if written.entry.kind != "alarm" or "subject" not in body:
            continue
        key = (body["alarm"], body["subject"])
        if body.get("state") == "cleared":
            standing.pop(key, None)
        else:
            standing[key] = body["reference"]
    return standing
