"""By door: what it was given, what it says it holds, and what it may still open by mistake."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection

from backend.access.card_records import read_cards
from backend.access.door_records import read_lingering, read_states
from backend.access.exposure import bound_ms, still_lingering
from backend.access.model import DoorState
from backend.live.snapshot import read_contacts


class StillOpens(msgspec.Struct, kw_only=True, frozen=True):
    """A right that was taken back and that the door may not have heard of."""

    card: str
    state: str
    """Of the card: a lost one is worse than a right that merely ended."""
    right: int
    until_ms: int


class DoorReport(msgspec.Struct, kw_only=True, frozen=True):
    """One door; times are UTC milliseconds."""

    unit: str
    term: int
    version: int
    held_version: int
    """What the device said last that it holds; 0: it never said."""
    issued_ms: int
    """Until then the backend has vouched for the present version."""
    contact_ms: int | None
    revocation_bound_ms: int | None
    """Until when a card revoked now could open, if the door heard nothing more."""
    cards: int
    rights: int
    still_opens: tuple[StillOpens, ...] = ()
    refusal: str | None = None
    retired_ms: int | None = None

    @property
    def is_current(self) -> bool:
        """Whether the device holds the newest version."""
        return self.held_version == self.version


def report_doors(connection: Connection, now_ms: int) -> list[DoorReport]:
    """Every door."""
    states = {card.card_id: card.state for card in read_cards(connection)}
    contacts = {contact.unit: contact.heard_ms for contact in read_contacts(connection)}
    return [
        _report(connection, door, states, contacts.get(door.unit), now_ms)
        for door in read_states(connection)
    ]


def _report(
    connection: Connection,
    door: DoorState,
    states: Mapping[str, str],
    contact_ms: int | None,
    now_ms: int,
) -> DoorReport:
    lingering = read_lingering(connection, door.unit, now_ms)
    return DoorReport(
        unit=door.unit,
        term=door.term,
        version=door.version,
        held_version=door.held_version,
        issued_ms=door.issued_ms,
        contact_ms=contact_ms,
        revocation_bound_ms=bound_ms(door, lingering, now_ms),
        cards=door.cards or 0,
        rights=door.rights or 0,
        still_opens=tuple(
            StillOpens(
                card=one.card_id,
                state=states.get(one.card_id, "unknown"),
                right=one.right_id,
                until_ms=one.until_ms,
            )
            for one in still_lingering(door, lingering, now_ms)
        ),
        refusal=door.refusal,
        retired_ms=door.retired_ms,
    )
