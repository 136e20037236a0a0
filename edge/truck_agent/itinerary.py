"""The plan of the day: opened, kept as it came, never older than before.

It lies on the disk sealed, as the backend sent it: who takes the card reads no handle of a rider.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from contract.downlink import Plan, PlannedStop
from edge.agent.identity_files import write_file
from edge.link.reading import Reading
from edge.link.trouble import Trouble

_log = logging.getLogger(__name__)
_decoder = msgspec.json.Decoder(Plan)


class Frame(Protocol):
    """A body whose origin is proven."""

    @property
    def term(self) -> int: ...

    @property
    def version(self) -> int: ...

    @property
    def body(self) -> bytes: ...


class Opener(Protocol):
    """`edge.link.sealed.SealOpener`; raises a ValueError for what is not for us."""

    def open(self, name: str, payload: bytes) -> Frame: ...


class PlanLink(Protocol):
    """What a plan asks of the link."""

    def put(self, reading: Reading) -> None: ...

    def on_down(self, name: str, handler: Callable[[bytes], None]) -> None: ...


class Itinerary:
    """The stops that this vehicle is to make.

    Args:
        path: where the last plan is kept.
        opener: proves that a plan is ours.
        link: brings plans and takes our answer.
        boot_ms: the boot clock.
    """

    def __init__(
        self, path: Path, opener: Opener, link: PlanLink, boot_ms: Callable[[], int]
    ) -> None:
        self.edition: tuple[int, int] | None = None
        """Term and version of the plan."""
        self.stops: tuple[PlannedStop, ...] = ()
        self._path = path
        self._opener = opener
        self._link = link
        self._boot_ms = boot_ms
        self._trouble = Trouble(_log)
        self._restore()
        link.on_down("plan", self._heard)

    def _restore(self) -> None:
        try:
            self._take(self._path.read_bytes())
        except FileNotFoundError:
            return
        except (OSError, ValueError, msgspec.DecodeError) as error:
            _log.warning("plan=unreadable path=%s why=%s", self._path, error)

    def _heard(self, payload: bytes) -> None:
        # The topic is emptied when the day ends. An empty message is nobody's word: the stops
        # of yesterday say themselves that they are over.
        if not payload:
            return
        try:
            is_new = self._take(payload)
        except (ValueError, msgspec.DecodeError) as error:
            self._trouble.broke(f"plan=refused why={error}")
            return
        self._trouble.healed("plan=taken")
        if is_new:
            self._keep(payload)

    def _take(self, payload: bytes) -> bool:
        """Whether it is newer than what is here; an older one is answered and left."""
        frame = self._opener.open("plan", payload)
        edition = (frame.term, frame.version)
        if self.edition is not None and edition <= self.edition:
            if edition < self.edition:
                self._answer(edition, "refused", "older than the plan that is followed")
            return False
        plan = _decoder.decode(frame.body)
        self.edition, self.stops = edition, plan.stops
        return True

    def _keep(self, payload: bytes) -> None:
        try:
            write_file(self._path, payload)
        except OSError as error:
            self._trouble.broke(f"plan=unwritable path={self._path} why={error.strerror}")
        if self.edition is not None:
            self._answer(self.edition, "received", None)

    def _answer(self, edition: tuple[int, int], answer: str, reason: str | None) -> None:
        body = {"subject": "plan", "reference": f"{edition[0]}.{edition[1]}", "answer": answer}
        if reason is not None:
            body["reason"] = reason
        self._link.put(Reading("ack", body, self._boot_ms()))
