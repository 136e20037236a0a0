"""What the desk does: cards issued and ended, rights given and taken, each with its author.

Every change rings for the units it touches, in its own transaction; the dispatcher publishes.
Bookings will come the same way: a right derived from one is a grant whose `source` names it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from backend.access.card_records import (
    card_of_uid,
    end_card,
    put_card,
    put_holder,
    put_keys,
    put_pseudonyms,
    read_card,
    read_secrets,
)
from backend.access.compiling import months_ahead
from backend.access.errors import CardEnded, CardKnown, InvalidGrant
from backend.access.forgetting import keep_holder_until
from backend.access.grant_records import check_schedule, end_grants, put_grant, read_grants, ring
from backend.access.granting import checked
from backend.access.model import Card, CardSecrets, CardState, Grant
from backend.access.vault import Vault


@dataclass(frozen=True, slots=True)
class Author:
    """Who does it, and when (UTC milliseconds)."""

    name: str
    now_ms: int


def issue(
    connection: Connection,
    vault: Vault,
    card: Card,
    secrets: CardSecrets,
    holder: str | None,
) -> None:
    """Record a card that was just written. Raises CardKnown."""
    known = card_of_uid(connection, vault, secrets.uid)
    if known is not None:
        raise CardKnown(known.card_id)
    put_card(connection, vault, card, secrets)
    put_pseudonyms(
        connection, vault, months_ahead(vault.territory_key, card.issued_ms), [card.card_id]
    )
    if holder is not None:
        put_holder(connection, card.card_id, holder, card.issued_ms)


def grant(connection: Connection, wanted: Grant, author: Author) -> int:
    """Give a right; its number. Raises UnknownCard, CardEnded, InvalidGrant, UnknownSchedule."""
    card = read_card(connection, wanted.card_id)
    if card.state != "active":
        raise CardEnded(card.card_id, card.state)
    check_schedule(connection, wanted.schedule)
    right_id = put_grant(connection, checked(wanted, author.now_ms))
    ring(connection, [wanted.unit], author.now_ms)
    return right_id


def revoke_grant(connection: Connection, right_id: int, author: Author) -> Grant:
    """Take one right away. Raises InvalidGrant where there is none."""
    found = read_grants(connection, right_id=right_id)
    if not found:
        raise InvalidGrant(f"right {right_id} was never given")
    end_grants(connection, [right_id], author.now_ms, author.name)
    ring(connection, [found[0].unit], author.now_ms)
    return found[0]


def revoke_card(
    connection: Connection,
    card_id: str,
    state: CardState,
    author: Author,
    replaced_by: str | None = None,
) -> list[str]:
    """End a card and all its rights; the units that are told.

    The card that replaces it is given the same rights. Raises UnknownCard and CardEnded.
    """
    card = read_card(connection, card_id)
    if card.state != "active":
        raise CardEnded(card_id, card.state)
    grants = read_grants(connection, card_id=card_id)
    end_card(connection, card_id, state, author.now_ms, author.name, replaced_by)
    standing = [one for one in grants if one.ended_ms is None]
    end_grants(connection, [one.right_id for one in standing], author.now_ms, author.name)
    if replaced_by is not None:
        _hand_on(connection, standing, replaced_by, author)
    keep_holder_until(connection, card_id, author.now_ms)
    units = sorted({one.unit for one in grants})
    ring(connection, units, author.now_ms)
    return units


def rekey(
    connection: Connection, vault: Vault, card_id: str, secrets: CardSecrets, author: Author
) -> None:
    """The card was given other keys at the desk. Raises UnknownCard."""
    card = read_card(connection, card_id)
    put_keys(connection, vault, card_id, secrets, card.key_number)
    _ring_card(connection, card_id, author.now_ms)


def use_generation(
    connection: Connection, vault: Vault, card_ids: Iterable[str], key_number: int, author: Author
) -> list[str]:
    """Let doors read these cards by another slot; the cards that have no key there.

    No card is recalled: the keys of all four generations are on it since it was issued.
    """
    without = []
    for card_id in card_ids:
        secrets = read_secrets(connection, vault, card_id)
        if key_number not in secrets.keys:
            without.append(card_id)
            continue
        put_keys(connection, vault, card_id, secrets, key_number)
        _ring_card(connection, card_id, author.now_ms)
    return without


def _hand_on(connection: Connection, grants: Iterable[Grant], card_id: str, author: Author) -> None:
    card = read_card(connection, card_id)
    if card.state != "active":
        raise CardEnded(card_id, card.state)
    for one in grants:
        if one.ends_ms is None or one.ends_ms > author.now_ms:
            given = replace(one, card_id=card_id, created_ms=author.now_ms, created_by=author.name)
            put_grant(connection, given)


def _ring_card(connection: Connection, card_id: str, now_ms: int) -> None:
    grants = read_grants(connection, card_id=card_id)
    ring(connection, {one.unit for one in grants if one.ended_ms is None}, now_ms)
