"""What is known of the numbers of one stream of one identity: held, confirmed, sent, waiting.

Rules of this file: pure. Numbers are sets of ranges, so that a hundred thousand messages cost a
few tuples. A number is *held* while its row is in the file, *settled* when it is confirmed or
was reported lost, and *pending* while it should be sent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from contract.downlink import StoredRanges
from contract.ranges import Range, RangeSet
from contract.streams import Stream
from edge.link.identity import Identity

Cause = Literal["dropped", "forgotten", "corrupt"]
Loss = tuple[int, int, Cause]
"""Numbers [start, end) that will never come, and why."""

NONE = RangeSet()
SENT_BUCKET_S = 10.0
"""Sending times are kept to this grain: a day without confirmation is 8,640 entries."""


class BookState(Struct, kw_only=True, omit_defaults=True):
    """The part of a book that is written to disk."""

    next: int = 1
    absent: tuple[Range, ...] = ()
    confirmed: tuple[Range, ...] = ()
    explained: tuple[Range, ...] = ()
    unreported: tuple[Loss, ...] = ()
    """Lost ranges with their cause, not yet said in a `status`."""


class Book:
    """One stream of one identity."""

    def __init__(self, identity: Identity, stream: Stream, state: BookState, rows: Range) -> None:
        """`rows` spans the lowest and one past the highest row in the file."""
        self.identity = identity
        self.stream = stream
        self.next = max(state.next, rows[1])
        self.held = RangeSet([rows]).difference(RangeSet(state.absent))
        self.confirmed = RangeSet(state.confirmed)
        self.explained = RangeSet(state.explained)
        self.unreported = state.unreported
        self.sent = NONE
        self.waiting = NONE
        self.refused = NONE
        self._sent_at: deque[tuple[float, RangeSet]] = deque()
        self._pending: RangeSet | None = None

    @property
    def first(self) -> int:
        """The lowest number held, or the next to be given where nothing is."""
        return self.held.ranges[0][0] if self.held else self.next

    @property
    def contiguous(self) -> int:
        """The highest number up to which all are confirmed."""
        return self.confirmed.contiguous_from(1) - 1

    @property
    def pending(self) -> RangeSet:
        """What should be sent, if its date allows."""
        if self._pending is None:
            self._pending = self.unconfirmed.difference(self.sent).difference(self.waiting)
        return self._pending

    @property
    def unconfirmed(self) -> RangeSet:
        """What is held and not confirmed: the true depth of the outbox."""
        return self.held.difference(self.confirmed)

    @property
    def unanswered(self) -> RangeSet:
        """What was sent in this session and is not confirmed."""
        return self.sent.difference(self.confirmed)

    def state(self) -> BookState:
        """What to write to disk."""
        return BookState(
            next=self.next,
            absent=absent_below(self.held, self.next),
            confirmed=self.confirmed.ranges,
            explained=self.explained.ranges,
            unreported=self.unreported,
        )

    def appended(self, count: int) -> None:
        """`count` rows more are in the file."""
        self.held = self.held.union(RangeSet([(self.next, self.next + count)]))
        self.next += count
        self._pending = None

    def removed(self, numbers: RangeSet, state: BookState) -> None:
        """These rows are no longer in the file, as `state` there says."""
        self.unreported = state.unreported
        self.held = self.held.difference(numbers)
        self.waiting = self.waiting.difference(numbers)
        self._pending = None

    def wait(self, number: int) -> None:
        """This one has no date yet."""
        self.waiting = self.waiting.union(RangeSet([(number, number + 1)]))
        self._pending = None

    def wake(self) -> None:
        """Dates may have come: ask again."""
        self.waiting = NONE
        self._pending = None

    def mark_sent(self, number: int, now_s: float) -> None:
        """It has been given to the broker at `now_s` (monotonic)."""
        one = RangeSet([(number, number + 1)])
        self.sent = self.sent.union(one)
        if self._sent_at and now_s - self._sent_at[-1][0] < SENT_BUCKET_S:
            # The bucket is as late as its latest member: nothing is resent too early.
            self._sent_at[-1] = (self._sent_at[-1][0], self._sent_at[-1][1].union(one))
        else:
            self._sent_at.append((now_s, one))
        if self._pending is not None:
            self._pending = self._pending.difference(one)

    def confirm(self, told: StoredRanges) -> bool:
        """Take in a confirmation; True where it says something new."""
        confirmed = self.confirmed.union(RangeSet([(1, told.contiguous + 1), *told.above]))
        self.refused = RangeSet.of(told.refused)
        if confirmed == self.confirmed:
            return False
        self.confirmed = confirmed
        self._pending = None
        return True

    def lacks_since(self, before_s: float) -> RangeSet:
        """Forget the sending of what went before `before_s` and is still unconfirmed."""
        late = NONE
        while self._sent_at and self._sent_at[0][0] + SENT_BUCKET_S < before_s:
            late = late.union(self._sent_at.popleft()[1])
        lacking = late.difference(self.confirmed)
        if lacking:
            self.sent = self.sent.difference(lacking)
            self._pending = None
        return lacking

    def new_session(self) -> None:
        """What was sent and not confirmed is to be sent again."""
        self.sent = NONE
        self._sent_at.clear()
        self._pending = None

    def new_epoch(self) -> None:
        """The ledger is another one: nothing it was told counts."""
        self.confirmed = NONE
        self.explained = NONE
        self.new_session()

    def state_after_report(self, part: Iterable[Loss]) -> BookState:
        """What to write to disk with a status that reports `part` of the losses."""
        state = self.state()
        said = tuple(part)
        lost = RangeSet((start, end) for start, end, _ in said)
        state.explained = self.explained.union(lost).ranges
        state.unreported = tuple(loss for loss in self.unreported if loss not in said)
        return state

    def reported(self, state: BookState) -> None:
        """That status is written: losses need not be said again."""
        self.explained = RangeSet(state.explained)
        self.unreported = state.unreported

    def state_after_loss(self, numbers: RangeSet, cause: Cause | None) -> BookState:
        """What to write to disk when `numbers` are deleted, lost if there is a cause."""
        state = self.state()
        losses: list[Loss] = [(s, e, cause) for s, e in numbers.ranges] if cause else []
        state.absent = absent_below(self.held.difference(numbers), self.next)
        state.unreported = merged_losses([*self.unreported, *losses])
        return state

    def forgotten(self) -> RangeSet:
        """Numbers that neither we nor the backend have, and that nobody has explained."""
        known = self.held.union(self.confirmed).union(self.explained)
        for start, end, _ in self.unreported:
            known = known.union(RangeSet([(start, end)]))
        return RangeSet([(1, self.next)]).difference(known)


def absent_below(held: RangeSet, next_number: int) -> tuple[Range, ...]:
    """The numbers from the lowest held up to the next to be given that are not held.

    Those at the end belong to it: once a row is appended, they are holes like the others.
    """
    return held.missing(held.ranges[0][0], next_number).ranges if held else ()


def merged_losses(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    """Neighbouring ranges of one cause made one."""
    losses = list(losses)
    causes = dict.fromkeys(cause for _, _, cause in losses)
    return tuple(
        (start, end, cause)
        for cause in causes
        for start, end in RangeSet((s, e) for s, e, c in losses if c == cause).ranges
    )
