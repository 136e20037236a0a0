"""Alarms of a space on their way to the link: each raised once and cleared once."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Protocol

from contract.clock import Clock
from contract.uplink import AlarmKind
from edge.link.reading import Reading

MOST_DETAIL = 280

_log = logging.getLogger(__name__)


class Putting(Protocol):
    """The link."""

    def put(self, reading: Reading) -> None: ...


class SpaceAlarms:
    """Which alarms stand. A reference names the thing, so that it is the same after a restart.

    `standing` stood before a restart: they can be cleared, and are not raised again.
    """

    def __init__(
        self, link: Putting, clock: Clock, standing: Iterable[tuple[AlarmKind, str]] = ()
    ) -> None:
        self._link = link
        self._clock = clock
        self._standing = set(standing)

    def raise_once(self, kind: AlarmKind, subject: str, detail: str) -> None:
        """It is so now."""
        if (kind, subject) not in self._standing:
            self._standing.add((kind, subject))
            self._say(kind, subject, {"detail": detail[:MOST_DETAIL]})

    def clear(self, kind: AlarmKind, subject: str) -> None:
        """It is over."""
        if (kind, subject) in self._standing:
            self._standing.discard((kind, subject))
            self._say(kind, subject, {"state": "cleared"})

    def count(self, kind: AlarmKind) -> int:
        """How many of a kind stand."""
        return sum(standing == kind for standing, _subject in self._standing)

    def _say(self, kind: AlarmKind, subject: str, more: dict[str, object]) -> None:
        _log.warning("alarm=%s subject=%s %s", kind, subject, more.get("state", "raised"))
        body = {"alarm": kind, "subject": subject, "reference": f"{kind}-{subject}"} | more
        self._link.put(Reading("alarm", body, self._clock.boot_ms()))
