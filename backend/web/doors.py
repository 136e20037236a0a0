"""What operations must see of the doors; counts and times, no card."""

from __future__ import annotations

import msgspec
from sqlalchemy import Engine

from backend.access.door_report import DoorReport, report_doors
from backend.records.transaction import reading


class DoorLine(msgspec.Struct, kw_only=True, frozen=True):
    """One door; times are UTC milliseconds."""

    unit: str
    version: int
    held_version: int
    contact_ms: int | None
    revocation_bound_ms: int | None
    """Until when a card revoked now could open, if the door heard nothing more."""
    cards: int
    rights: int
    still_opens: int
    """Rights taken back that it may not have heard of; `softplace card status` names them."""
    still_opens_until_ms: int | None
    refusal: str | None
    retired_ms: int | None


def gather_doors(engine: Engine, now_ms: int) -> list[DoorLine]:
    """Every door. Blocks."""
    with reading(engine) as connection:
        return [_line(door) for door in report_doors(connection, now_ms)]


def _line(door: DoorReport) -> DoorLine:
    return DoorLine(
        unit=door.unit,
        version=door.version,
        held_version=door.held_version,
        contact_ms=door.contact_ms,
        revocation_bound_ms=door.revocation_bound_ms,
        cards=door.cards,
        rights=door.rights,
        still_opens=len(door.still_opens),
        still_opens_until_ms=max((one.until_ms for one in door.still_opens), default=None),
        refusal=door.refusal,
        retired_ms=door.retired_ms,
    )
