"""Who a card belongs to: exported on request, erased on request, forgotten in time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, select, update

from backend.access.tables import card_grant, card_holder, card_pseudonym, presence
from backend.records.statements import execute_many, query

DAY_MS = 86_400_000
HOLDER_KEPT_MS = 93 * DAY_MS
"""After its card has ended a holder is kept as long as the card's taps are, and no longer."""
PSEUDONYMS_KEPT_MS = 93 * DAY_MS
PRESENCE_KEPT_MS = DAY_MS
"""Who has not tapped out by the next day has forgotten to."""

_TAPS_OF_CARD = """
SELECT h.unit, h.observed_ms FROM tap_holder AS h
JOIN card_pseudonym AS p ON p.pseudonym = h.pseudonym WHERE p.card_id = ?
ORDER BY h.observed_ms
"""
_FORGET_TAPS = """
DELETE FROM tap_holder WHERE pseudonym IN (SELECT pseudonym FROM card_pseudonym WHERE card_id = ?)
"""


def keep_holder_until(connection: Connection, card_id: str, ended_ms: int) -> None:
    """The card has ended: its holder is forgotten when nothing needs the name any more."""
    connection.execute(
        update(card_holder)
        .where(card_holder.c.card_id == card_id)
        .values(kept_until_ms=ended_ms + HOLDER_KEPT_MS)
    )


def cards_of_holder(connection: Connection, holder: str) -> list[str]:
    """The cards of a person, by the handle they were issued to."""
    rows = connection.execute(
        select(card_holder.c.card_id)
        .where(card_holder.c.holder == holder)
        .order_by(card_holder.c.card_id)
    )
    return [str(row[0]) for row in rows]


def export_holder(connection: Connection, holder: str) -> dict[str, Any]:
    """Everything that is kept of a person in this room, for the person."""
    cards = []
    for card_id in cards_of_holder(connection, holder):
        grants = connection.execute(
            select(card_grant)
            .where(card_grant.c.card_id == card_id)
            .order_by(card_grant.c.right_id)
        )
        taps = query(connection, _TAPS_OF_CARD, (card_id,))
        cards.append(
            {
                "card": card_id,
                "rights": [{str(k): v for k, v in row._mapping.items()} for row in grants],  # noqa: SLF001 - public API
                "taps": [{"unit": unit, "observed_ms": at_ms} for unit, at_ms in taps],
            }
        )
    return {"holder": holder, "cards": cards}


def erase_holder(connection: Connection, holder: str) -> list[str]:
    """Forget whose cards these are and where they tapped; the cards, which go on as nobody's."""
    card_ids = cards_of_holder(connection, holder)
    for card_id in card_ids:
        execute_many(connection, _FORGET_TAPS, [(card_id,)])
        connection.execute(delete(presence).where(presence.c.handle == card_id))
        connection.execute(delete(card_holder).where(card_holder.c.card_id == card_id))
    return card_ids


def prune_people(connection: Connection, now_ms: int, oldest_month: str) -> None:
    """Forget holders, names and presence that have had their time.

    `oldest_month` is the first month ("202608") of which taps are still kept.
    """
    connection.execute(delete(card_holder).where(card_holder.c.kept_until_ms < now_ms))
    connection.execute(delete(card_pseudonym).where(card_pseudonym.c.month < oldest_month))
    connection.execute(delete(presence).where(presence.c.observed_ms < now_ms - PRESENCE_KEPT_MS))
