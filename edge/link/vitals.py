"""The state of a link, gathered from its outbox and its session."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from edge.link.courier import Courier
from edge.link.dating import Dated, Present, age_ms, date_row
from edge.link.errors import StorageFailed
from edge.link.health import LinkHealth, StreamCounts
from edge.link.rows import Row
from edge.link.session import Session
from edge.link.writer import Writer


def health_of(
    writer: Writer, courier: Courier, session: Session | None, counts: Mapping[str, StreamCounts]
) -> LinkHealth:
    """Everything `LinkHealth` tells."""
    outbox = writer.outbox
    depth = sum(len(book.unconfirmed) for book in outbox.books.values()) + len(writer.pending)
    return LinkHealth(
        connected=session is not None and session.answered,
        depth=depth,
        oldest_age_s=_oldest_age_s(writer, courier),
        round_trip_s=session.window.round_trip_s if session is not None else None,
        outbox_id=outbox.current.outbox,
        session=session.number if session is not None else 0,
        streams=counts,
        dropped=dict(writer.dropped),
        never_numbered=writer.never_numbered,
        refused=sum(len(book.refused) for book in outbox.books.values()),
    )


def _oldest_age_s(writer: Writer, courier: Courier) -> float | None:
    present = courier.present()
    ages = [max(present.boot_ms - row.boot_ms, 0) for row in writer.pending[:1]]
    for book in writer.outbox.books.values():
        unconfirmed = book.unconfirmed
        if not unconfirmed:
            continue
        with suppress(StorageFailed):
            row = next(writer.outbox.read(book, unconfirmed.ranges[0][0], book.next, 1), None)
            age = _age_ms(row, writer, present) if isinstance(row, Row) else None
            ages += [age] if age is not None else []
    return max(ages) / 1_000 if ages else None


def _age_ms(row: Row, writer: Writer, present: Present) -> int | None:
    """On the boot clock, or across boots where both moments have a trusted date."""
    age = age_ms(row, present)
    if age is not None:
        return age
    anchors = writer.outbox.anchors
    now = anchors.date(present.machine, present.boot_ms)
    date = date_row(row, anchors, present, patient=True)
    if now is None or not isinstance(date, Dated) or date.clock == "unset":
        return None
    return max(now[0] - date.observed_ms, 0)
