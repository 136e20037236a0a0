"""What was published to each unit, and what may linger there, in the records store."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, Connection, Row, delete, insert, select, update

from backend.access.model import Door, DoorState, Lingering
from backend.access.tables import door_lingering, door_rights
from backend.access.vault import Vault
from contract.rights import (
    KEY_BYTES,
    Snapshot,
    decode_snapshot,
    encode_rights,
    revocation_bound_ms,
)

_SHOWN: tuple[Column[Any], ...] = (
    *(door_rights.c.unit, door_rights.c.term, door_rights.c.version, door_rights.c.issued_ms),
    *(door_rights.c.addressee, door_rights.c.held_version, door_rights.c.held_ms),
    *(door_rights.c.refusal, door_rights.c.retired_ms, door_rights.c.bound_ms),
    *(door_rights.c.cards, door_rights.c.rights),
)


def open_door(connection: Connection, vault: Vault, unit: str) -> Door:
    """The unit's door, made with a lookup key of its own where it is new. Raises VaultSealed."""
    door = read_door(connection, vault, unit)
    if door is None:
        lookup_key = secrets.token_bytes(KEY_BYTES)
        connection.execute(
            insert(door_rights),
            {
                "unit": unit,
                "lookup_key": vault.seal(f"lookup {unit}", lookup_key),
                "term": 0,
                "version": 0,
                "issued_ms": 0,
                "retained_version": 0,
                "retained_chunks": 0,
                "held_version": 0,
                "held_ms": 0,
            },
        )
        door = Door(unit, lookup_key)
    return door


def read_door(connection: Connection, vault: Vault, unit: str) -> Door | None:
    """The door of a unit. Raises VaultSealed."""
    row = connection.execute(select(door_rights).where(door_rights.c.unit == unit)).one_or_none()
    return None if row is None else _door(vault, row)


def read_states(connection: Connection) -> list[DoorState]:
    """What may be shown of every door, in order of units."""
    rows = connection.execute(select(*_SHOWN).order_by(door_rights.c.unit))
    return [DoorState(*row) for row in rows]


def read_addressees(connection: Connection) -> dict[str, str | None]:
    """To which device's key the rights of each unit were sealed; None: it has none now."""
    rows = connection.execute(select(door_rights.c.unit, door_rights.c.addressee))
    return {str(unit): mark for unit, mark in rows}


def doors_before(connection: Connection, issued_ms: int) -> list[str]:
    """Units in service whose rights were last vouched for before that moment."""
    rows = connection.execute(
        select(door_rights.c.unit).where(
            door_rights.c.retired_ms.is_(None), door_rights.c.issued_ms <= issued_ms
        )
    )
    return [str(row[0]) for row in rows]


def put_version(
    connection: Connection, vault: Vault, door: Door, snapshot: Snapshot | None, **fields: Any
) -> None:
    """Another snapshot, and whatever changes with it."""
    body = None
    fields |= {"bound_ms": None, "cards": None, "rights": None}
    if snapshot is not None:
        body = vault.seal(f"rights {door.unit}", encode_rights(snapshot))
        fields |= {"version": snapshot.version, "issued_ms": snapshot.issued_ms}
        fields |= {"cards": len(snapshot.cards), "rights": len(snapshot.rights)}
        fields["bound_ms"] = revocation_bound_ms(snapshot)
    put_fields(connection, door.unit, body=body, **fields)


def put_fields(connection: Connection, unit: str, **fields: Any) -> None:
    """Change some columns of a door."""
    connection.execute(update(door_rights).where(door_rights.c.unit == unit).values(**fields))


def raise_versions(connection: Connection, by: int) -> None:
    """After a restored backup: go on above every version that may have been given before."""
    connection.execute(update(door_rights).values(version=door_rights.c.version + by))


def put_lingering(connection: Connection, rows: Iterable[Lingering]) -> None:
    """Write down what an older version may still open."""
    for one in rows:
        connection.execute(
            insert(door_lingering),
            {
                "unit": one.unit,
                "right_id": one.right_id,
                "gone_version": one.gone_version,
                "card_id": one.card_id,
                "addressee": one.addressee,
                "until_ms": one.until_ms,
            },
        )


def read_lingering(connection: Connection, unit: str, now_ms: int) -> list[Lingering]:
    """What may linger at a unit beyond now, earliest end first."""
    statement = (
        select(
            door_lingering.c.unit,
            door_lingering.c.right_id,
            door_lingering.c.gone_version,
            door_lingering.c.card_id,
            door_lingering.c.addressee,
            door_lingering.c.until_ms,
        )
        .where(door_lingering.c.unit == unit, door_lingering.c.until_ms > now_ms)
        .order_by(door_lingering.c.until_ms)
    )
    return [Lingering(*row) for row in connection.execute(statement)]


def prune_lingering(connection: Connection, before_ms: int) -> None:
    """Forget what can open nowhere any more."""
    connection.execute(delete(door_lingering).where(door_lingering.c.until_ms < before_ms))


def _door(vault: Vault, row: Row[Any]) -> Door:
    snapshot = None
    if row.body is not None:
        snapshot = decode_snapshot(vault.open(f"rights {row.unit}", row.body))
    return Door(
        unit=row.unit,
        lookup_key=vault.open(f"lookup {row.unit}", row.lookup_key),
        term=row.term,
        version=row.version,
        issued_ms=row.issued_ms,
        snapshot=snapshot,
        addressee=row.addressee,
        retained_version=row.retained_version,
        retained_chunks=row.retained_chunks,
        held_version=row.held_version,
        held_ms=row.held_ms,
        refusal=row.refusal,
        retired_ms=row.retired_ms,
    )
