"""Cards, grants and what a door holds, as the room decides about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from contract.rights import Snapshot

CardState = Literal["active", "revoked", "lost", "replaced"]
GrantKind = Literal["booking", "member", "key_holder", "staff"]
GRANT_KINDS: tuple[str, ...] = get_args(GrantKind)
DIRECT = "direct"
"""Source of a grant that a person gave by hand."""


@dataclass(frozen=True, slots=True)
class CardSecrets:
    """What opens a card; sealed wherever it is kept."""

    uid: bytes = field(repr=False)
    keys: dict[int, bytes] = field(repr=False)
    """Derived keys by slot: 0 is the application's own, 1 to 4 are the doors' generations."""
    version: int = 1
    """Which set of master keys they were made from; the card shows it as their version."""


@dataclass(frozen=True, slots=True)
class Card:
    """One card as the records know it; `card_id` is the number in its file, in hex."""

    card_id: str
    scheme: Literal["ev2", "ev1"]
    key_number: int
    """The generation that doors use now."""
    state: CardState
    issued_ms: int
    issued_by: str
    ended_ms: int | None = None
    ended_by: str | None = None
    replaced_by: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission of one card at one unit ("reader/die"); times are UTC milliseconds."""

    right_id: int
    card_id: str
    unit: str
    points: tuple[str, ...]
    kind: GrantKind
    starts_ms: int
    ends_ms: int | None
    schedule: str | None
    offline_for_s: int | None
    label: str
    duress: bool
    passes_lockdown: bool
    source: str
    created_ms: int
    created_by: str
    ended_ms: int | None = None
    ended_by: str | None = None


@dataclass(frozen=True, slots=True)
class NamedSchedule:
    """When standing rights hold: windows of (weekdays, start_min, end_min), contract/rights.py."""

    name: str
    windows: tuple[tuple[int, int, int], ...]
    on_holidays: bool


@dataclass(frozen=True, slots=True)
class Door:
    """The rights last published to a unit, and what its device says it holds."""

    unit: str
    lookup_key: bytes = field(repr=False)
    term: int = 0
    version: int = 0
    issued_ms: int = 0
    snapshot: Snapshot | None = field(default=None, repr=False)
    addressee: str | None = None
    """Fingerprint of the device's key that `snapshot` was sealed to."""
    retained_version: int = 0
    retained_chunks: int = 0
    held_version: int = 0
    held_ms: int = 0
    refusal: str | None = None
    retired_ms: int | None = None


@dataclass(frozen=True, slots=True)
class DoorState:
    """What may be shown of a door; no key is needed to read it."""

    unit: str
    term: int
    version: int
    issued_ms: int
    addressee: str | None
    held_version: int
    held_ms: int
    refusal: str | None
    retired_ms: int | None
    bound_ms: int | None
    """Until when the published snapshot itself could open, without a newer word."""
    cards: int | None
    rights: int | None


@dataclass(frozen=True, slots=True)
class Lingering:
    """A right taken away or shortened in `gone_version`.

    The device `addressee`, while it holds an older version, may let it open until `until_ms`.
    """

    unit: str
    right_id: int
    gone_version: int
    card_id: str
    addressee: str
    until_ms: int
