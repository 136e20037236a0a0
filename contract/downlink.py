"""What the backend says to units: confirmations, plans, rights, commands, configuration."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from contract import quantities as q


class StoredRanges(Struct, kw_only=True, frozen=True):
    """What the backend has of one stream."""

    contiguous: Annotated[int, Meta(ge=0)]
    """Every number up to and with this one is stored, refused or explained."""
    above: Annotated[tuple[tuple[q.Seq, q.NextSeq], ...], Meta(max_length=32)] = ()
    """Further ranges [start, end), lowest first."""
    refused: Annotated[tuple[q.Seq, ...], Meta(max_length=32)] = ()
    """Numbers lately settled as quarantined; resending them changes nothing."""


class Session(Struct, kw_only=True, frozen=True):
    """Which hello is answered."""

    boot: q.BootId
    session: q.SessionNumber


class Stored(Struct, kw_only=True, frozen=True):
    """`down/stored`, retained: the only word on which an outbox forgets."""

    outbox: q.OutboxId
    epoch: q.Epoch
    issued_ms: q.EpochMs
    streams: dict[q.Slug, StoredRanges] = {}
    answers: Session | None = None
    renew: bool = False
    """The outbox was rolled back: draw a new id for what `known_boots` does not cover."""
    known_boots: dict[q.Slug, dict[q.BootId, q.Seq]] = {}
    """With `renew`: per stream and boot, the highest number stored from that boot."""


class Sealed(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A signed body, sealed to one device: the form of every downlink but `stored`.

    `down/rights` comes in chunks, each retained on its own topic `down/rights/<chunk>`.
    """

    term: Annotated[int, Meta(ge=0)]
    version: Annotated[int, Meta(ge=0)]
    key_id: q.ShortText
    """Which of the territory's signing keys."""
    sealed: Annotated[str, Meta(max_length=60_000)]
    """Base64 of ephemeral key and ciphertext (contract/sealing.py)."""
    signature: Annotated[str, Meta(max_length=128)]
    """Base64 of an Ed25519 signature."""
    chunk: Annotated[int, Meta(ge=0, le=999)] = 0
    chunks: Annotated[int, Meta(ge=1, le=1_000)] = 1


class PlannedStop(Struct, kw_only=True, frozen=True):
    """One stop of a plan."""

    stop_id: q.ShortText
    arrival_ms: q.EpochMs
    departure_ms: q.EpochMs
    boarding: tuple[q.ShortText, ...] = ()
    """Handles keyed per device; never names."""
    alighting: tuple[q.ShortText, ...] = ()
    latitude: q.Latitude | None = None
    longitude: q.Longitude | None = None
    """Where it is, so that the vehicle can tell by itself that it stands there."""


class Plan(Struct, kw_only=True, frozen=True):
    """Body of `down/plan`: the stops a vehicle is to make, in order."""

    stops: tuple[PlannedStop, ...]


class Command(Struct, kw_only=True, frozen=True):
    """Body of `down/command`: do this once, before it expires."""

    nonce: q.Nonce
    expires_ms: q.EpochMs
    command: q.ShortText
    """One of COMMANDS; text, so that an old device can refuse a newer word."""
    arguments: dict[str, Any] = {}


COMMANDS = (
    "open",
    "mode",
    "logs",
    "doctor",
    "restart",
    "renew",
    "retire",
    "send_rights",
    "alarm_ack",
    "lone_worker",
    "message",
)
"""What a unit may be told to do; each agent knows the ones that make sense for it."""


class Config(Struct, kw_only=True, frozen=True):
    """Body of `down/config`."""

    settings: dict[str, Any]
