"""What backend processes say to each other over MQTT."""

from __future__ import annotations

from msgspec import Raw, Struct

from contract import quantities as q


class Accepted(Struct, kw_only=True, frozen=True, gc=False):
    """One message that is stored, as the other services hear of it: once."""

    kind: q.Slug
    unit: q.Slug
    stream: q.Slug
    received_ms: q.EpochMs
    live: bool
    """False where it may never become the present state: no trusted clock, or from the future."""
    message: Raw
    """The uplink message as it came."""


class LostContact(Struct, kw_only=True, frozen=True):
    """The broker spoke a unit's will, and no newer session has spoken since."""

    kind: q.Slug
    unit: q.Slug
    received_ms: q.EpochMs


class AcceptedBatch(Struct, kw_only=True, frozen=True):
    """`backend/accepted`: what one commit of the ingest accepted, in order of arrival."""

    accepted: tuple[Accepted, ...] = ()
    lost_contact: tuple[LostContact, ...] = ()
