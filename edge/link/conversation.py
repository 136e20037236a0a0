"""The talk with the ingest: hello, its answer, confirmations, renewal, a new ledger.

Rules of this file: no network. Nothing numbered may be sent under an identity before the
ingest has answered this session's hello for it, and no confirmation is believed before that:
a retained one may be older than the rollback that hello is there to find.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from contract.clock import Clock
from contract.crash_points import CONFIRMED_NOT_FORGOTTEN, reach
from contract.downlink import Stored, StoredRanges
from contract.uplink import Held, Hello, LostRange
from edge.link.books import Book, Loss, merged_losses
from edge.link.identity import Identity
from edge.link.notes import quiet_note
from edge.link.outbox import Outbox
from edge.link.renewal import renew

logger = logging.getLogger(__name__)

RESEND_AFTER_S = 60.0
"""A confirmation issued this long after a sending and still lacking it means: send again."""
DOUBT_EVERY_S = 10.0
"""Least time between two questions whether the ledger is still the one we knew."""
MAX_LOST_RANGES = 32
"""Ranges in one status, which then stays far below its size limit."""


Losses = Sequence[tuple[Book, tuple[Loss, ...]]]
"""Losses to report, per book."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a confirmation changed."""

    answered: bool = False
    """The hello of an identity was answered just now."""
    confirmed: bool = False
    greet: tuple[Identity, ...] = ()
    """Identities to say hello for, at once."""


class Conversation:
    """One outbox's side of the talk, over all sessions of a run."""

    def __init__(self, outbox: Outbox, clock: Clock, version: str) -> None:
        self._outbox = outbox
        self._clock = clock
        self._version = version
        self.session = 0
        self.unsaved: dict[int, Book] = {}
        """Books whose confirmations are not yet on disk, by id()."""
        self._answered: set[str] = set()
        self._asked_s: dict[str, float] = {}
        self._reference: dict[str, tuple[float, int]] = {}
        """Per outbox: when its answered hello was said, and when the answer was issued."""
        self._news_s = 0.0
        self._doubted_s = -DOUBT_EVERY_S

    def begin(self, session: int) -> None:
        """A connection stands: everything unconfirmed is to be sent again, once answered."""
        self.session = session
        self._answered.clear()
        self._asked_s.clear()
        self._reference.clear()
        for book in self._outbox.books.values():
            book.new_session()

    def sendable(self) -> list[Book]:
        """Books whose identity has its answer."""
        return [b for b in self._outbox.books.values() if b.identity.outbox in self._answered]

    def is_answered(self, identity: Identity) -> bool:
        """Whether messages of this identity may go."""
        return identity.outbox in self._answered

    def to_greet(self) -> list[Identity]:
        """Identities that need a hello now; the present one last.

        Those without an answer, and those of which sent messages stay unconfirmed although
        nothing has been heard for a minute: asking is not resending.
        """
        silent = self._clock.monotonic_s() - self._news_s > RESEND_AFTER_S
        found = []
        for identity in self._outbox.identities.values():
            books = self._outbox.books_of(identity)
            current = identity == self._outbox.current
            if not self.is_answered(identity):
                wanted = current or any(book.unconfirmed for book in books)
            else:
                wanted = silent and any(book.unanswered for book in books)
            if wanted:
                found.append(identity)
        return sorted(found, key=lambda i: i.ordinal)

    def hello(self, identity: Identity) -> Hello:
        """The question to ask for an identity, asked now."""
        self._asked_s.setdefault(identity.outbox, self._clock.monotonic_s())
        return Hello(
            outbox=identity.outbox,
            boot=self._outbox.boot,
            session=self.session,
            version=self._version,
            epoch=self._outbox.epochs[identity.number],
            streams={
                book.stream.name: Held(first=book.first, next=book.next, confirmed=book.contiguous)
                for book in self._outbox.books_of(identity)
                if book.next > 1
            },
        )

    def hear(self, stored: Stored) -> Heard:
        """Take in a confirmation. Raises StorageFailed."""
        identity = next(
            (i for i in self._outbox.identities.values() if i.outbox == stored.outbox), None
        )
        if identity is None:
            return Heard()
        answers = (
            stored.answers is not None
            and stored.answers.boot == self._outbox.boot
            and stored.answers.session == self.session
        )
        if not answers and not self.is_answered(identity):
            return Heard()
        now_s = self._clock.monotonic_s()
        self._news_s = now_s
        if answers:
            # A second answer to a hello said twice is no better reference than the first.
            asked_s = self._asked_s.pop(identity.outbox, None)
            if asked_s is not None:
                self._reference[identity.outbox] = (asked_s, stored.issued_ms)
            return self._hear_answer(identity, stored)
        if stored.epoch != self._outbox.epochs[identity.number]:
            # The ledger changed under us: ask before anything else is said.
            self._answered.discard(identity.outbox)
            return Heard(greet=(identity,))
        confirmed = self._confirm(identity, stored)
        self._forget_late(identity, stored)
        doubtful = self._takes_back(identity, stored) and now_s - self._doubted_s > DOUBT_EVERY_S
        if doubtful:
            self._doubted_s = now_s
        return Heard(confirmed=confirmed, greet=(identity,) if doubtful else ())

    def _takes_back(self, identity: Identity, stored: Stored) -> bool:
        """Whether it lacks what was confirmed: its ledger was restored while we were connected.

        Two ingests may also speak out of turn; asking finds out, and costs one small message.
        """
        return any(
            told.contiguous < book.contiguous
            for book in self._outbox.books_of(identity)
            if (told := stored.streams.get(book.stream.name)) is not None
        )

    def _hear_answer(self, identity: Identity, stored: Stored) -> Heard:
        greet: tuple[Identity, ...] = ()
        if stored.renew:
            was_current = identity == self._outbox.current
            moved = renew(self._outbox, identity, stored)
            logger.warning(
                "outbox=%s event=renewed moved=%d new_outbox=%s",
                identity.outbox,
                moved,
                self._outbox.current.outbox,
            )
            self.unsaved.clear()
            if was_current:
                self._keep_quiet(identity)
                greet = (self._outbox.current,)
        if stored.epoch != self._outbox.epochs[identity.number]:
            self._outbox.adopt_epoch(identity, stored.epoch)
        self._confirm(identity, stored)
        self._find_forgotten(identity)
        self._answered.add(identity.outbox)
        self._forget_late(identity, stored)
        return Heard(answered=True, confirmed=True, greet=greet)

    def _keep_quiet(self, before: Identity) -> None:
        """What was not to be retained under the old identity is not under the new one either."""
        after = self._outbox.current
        self._outbox.note(
            {
                quiet_note(after, book.stream.name): book.next
                for book in self._outbox.books_of(after)
                if quiet_note(before, book.stream.name) in self._outbox.notes
            }
        )

    def _confirm(self, identity: Identity, stored: Stored) -> bool:
        reach(CONFIRMED_NOT_FORGOTTEN)
        news = False
        for book in self._outbox.books_of(identity):
            told = stored.streams.get(book.stream.name, StoredRanges(contiguous=0))
            if book.confirm(told):
                self.unsaved[id(book)] = book
                news = True
        return news

    def _find_forgotten(self, identity: Identity) -> None:
        """Own up to every number that neither we nor the backend have."""
        changed = []
        for book in self._outbox.books_of(identity):
            losses: list[Loss] = [
                (start, end, "forgotten") for start, end in book.forgotten().ranges
            ]
            if losses:
                book.unreported = merged_losses([*book.unreported, *losses])
                changed.append(book)
        if changed:
            self._outbox.save_progress(changed)

    def _forget_late(self, identity: Identity, stored: Stored) -> None:
        """Send again what a confirmation issued 60 s after its sending still lacks.

        The backend's clock is compared with itself only: its answer to hello was issued after
        hello was said, so what it issued n seconds later is at least that much later for us.
        """
        asked_s, issued_ms = self._reference.get(identity.outbox, (None, 0))
        if asked_s is None:
            return
        issued_s = asked_s + (stored.issued_ms - issued_ms) / 1_000
        for book in self._outbox.books_of(identity):
            lacking = book.lacks_since(issued_s - RESEND_AFTER_S)
            if lacking:
                logger.info(
                    "outbox=%s stream=%s event=resend count=%d",
                    identity.outbox,
                    book.stream.name,
                    len(lacking),
                )

    def losses(self) -> Losses:
        """Losses to report next, per book; no more than one status can say."""
        found: list[tuple[Book, tuple[Loss, ...]]] = []
        room = MAX_LOST_RANGES
        for book in self._outbox.books.values():
            part = book.unreported[:room]
            if part:
                found.append((book, part))
                room -= len(part)
        return found


def lost_ranges(losses: Losses) -> tuple[LostRange, ...]:
    """Losses as a status says them."""
    return tuple(
        LostRange(
            outbox=book.identity.outbox,
            stream=book.stream.name,
            start=start,
            end=end,
            cause=cause,
        )
        for book, part in losses
        for start, end, cause in part
    )
