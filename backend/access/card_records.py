"""Cards in the records store, their secrets sealed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, delete, insert, select, update

from backend.access.errors import UnknownCard
from backend.access.model import Card, CardSecrets, CardState
from backend.access.tables import card, card_grant, card_holder, card_pseudonym
from backend.access.vault import Vault
from contract.pseudonym import pseudonym

_secrets_decoder = msgspec.msgpack.Decoder(tuple[bytes, dict[int, bytes], int])
_COLUMNS = (
    *(card.c.card_id, card.c.scheme, card.c.key_number, card.c.state, card.c.issued_ms),
    *(card.c.issued_by, card.c.ended_ms, card.c.ended_by, card.c.replaced_by),
)


def put_card(connection: Connection, vault: Vault, issued: Card, secrets: CardSecrets) -> None:
    """Record a new card."""
    connection.execute(
        insert(card),
        {
            "card_id": issued.card_id,
            "uid_mark": vault.uid_mark(secrets.uid),
            "secrets": _sealed(vault, issued.card_id, secrets),
            "scheme": issued.scheme,
            "key_number": issued.key_number,
            "state": issued.state,
            "issued_ms": issued.issued_ms,
            "issued_by": issued.issued_by,
        },
    )


def put_keys(
    connection: Connection, vault: Vault, card_id: str, secrets: CardSecrets, key_number: int
) -> None:
    """Other keys of a known card, and the generation that doors are to use."""
    connection.execute(
        update(card)
        .where(card.c.card_id == card_id)
        .values(secrets=_sealed(vault, card_id, secrets), key_number=key_number)
    )


def end_card(
    connection: Connection,
    card_id: str,
    state: CardState,
    at_ms: int,
    by: str,
    replaced_by: str | None = None,
) -> None:
    """The card opens nothing from now on."""
    connection.execute(
        update(card)
        .where(card.c.card_id == card_id)
        .values(state=state, ended_ms=at_ms, ended_by=by, replaced_by=replaced_by)
    )


def read_card(connection: Connection, card_id: str) -> Card:
    """A card. Raises UnknownCard."""
    found = _cards(connection, select(*_COLUMNS).where(card.c.card_id == card_id))
    if not found:
        raise UnknownCard(card_id)
    return found[0]


def read_cards(connection: Connection) -> list[Card]:
    """Every card ever issued, oldest first."""
    return _cards(connection, select(*_COLUMNS).order_by(card.c.issued_ms, card.c.card_id))


def read_secrets(connection: Connection, vault: Vault, card_id: str) -> CardSecrets:
    """UID and keys of a card. Raises UnknownCard and VaultSealed."""
    sealed = connection.execute(select(card.c.secrets).where(card.c.card_id == card_id)).scalar()
    if sealed is None:
        raise UnknownCard(card_id)
    return _opened(vault, card_id, sealed)


def card_of_uid(connection: Connection, vault: Vault, uid: bytes) -> Card | None:
    """The card with that UID."""
    found = _cards(connection, select(*_COLUMNS).where(card.c.uid_mark == vault.uid_mark(uid)))
    return found[0] if found else None


def cards_of_unit(
    connection: Connection, vault: Vault, unit: str
) -> dict[str, tuple[Card, CardSecrets]]:
    """Every card that ever had a grant at the unit. Raises VaultSealed."""
    granted = select(card_grant.c.card_id).where(card_grant.c.unit == unit)
    rows = connection.execute(
        select(*_COLUMNS, card.c.secrets).where(card.c.card_id.in_(granted))
    ).all()
    return {str(row[0]): (Card(*row[:-1]), _opened(vault, str(row[0]), row[-1])) for row in rows}


def put_pseudonyms(
    connection: Connection, vault: Vault, keys: Mapping[str, bytes], card_ids: Iterable[str]
) -> None:
    """Make the names that these cards go by on the wire in those months known."""
    for card_id in card_ids:
        uid = read_secrets(connection, vault, card_id).uid
        for month, key in keys.items():
            name = pseudonym(month, key, uid)
            known = select(card_pseudonym.c.card_id).where(card_pseudonym.c.pseudonym == name)
            if connection.execute(known).first() is None:
                connection.execute(
                    insert(card_pseudonym), {"pseudonym": name, "month": month, "card_id": card_id}
                )


def unnamed_cards(connection: Connection, month: str, most: int) -> list[str]:
    """Up to `most` cards that have no name on the wire for that month yet."""
    named = select(card_pseudonym.c.card_id).where(card_pseudonym.c.month == month)
    rows = connection.execute(
        select(card.c.card_id).where(card.c.card_id.not_in(named)).limit(most)
    )
    return [str(row[0]) for row in rows]


def card_of_pseudonym(connection: Connection, name: str) -> str | None:
    """The card that goes by that name on the wire, as far as it is known."""
    found = connection.execute(
        select(card_pseudonym.c.card_id).where(card_pseudonym.c.pseudonym == name)
    ).scalar()
    return None if found is None else str(found)


def put_holder(connection: Connection, card_id: str, holder: str, since_ms: int) -> None:
    """Whose card it is."""
    connection.execute(delete(card_holder).where(card_holder.c.card_id == card_id))
    connection.execute(
        insert(card_holder), {"card_id": card_id, "holder": holder, "since_ms": since_ms}
    )


def read_holders(connection: Connection) -> dict[str, str]:
    """Holders by card."""
    rows = connection.execute(select(card_holder.c.card_id, card_holder.c.holder))
    return {str(card_id): str(holder) for card_id, holder in rows}


def _cards(connection: Connection, statement: Select[Any]) -> list[Card]:
    return [Card(*row) for row in connection.execute(statement)]


def _sealed(vault: Vault, card_id: str, secrets: CardSecrets) -> bytes:
    plain = msgspec.msgpack.encode((secrets.uid, secrets.keys, secrets.version))
    return vault.seal(f"card {card_id}", plain)


def _opened(vault: Vault, card_id: str, sealed: bytes) -> CardSecrets:
    return CardSecrets(*_secrets_decoder.decode(vault.open(f"card {card_id}", sealed)))
