"""What units say: one class per message, flat JSON, checked on both sides.

Rules of this file: field names carry their unit or their type does; unknown fields are
ignored so that an old backend hears a new agent; a missing or impossible field is an error
that names it. Everything but `Hello` and `Will` is numbered and stored exactly once.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from contract import quantities as q


class Envelope(Struct, kw_only=True, frozen=True, gc=False, omit_defaults=True):
    """What every numbered message carries; its key is (unit, outbox, stream, seq)."""

    outbox: q.OutboxId
    seq: q.Seq
    boot: q.BootId
    observed_ms: q.EpochMs
    """When it was measured; frozen at first sending. With `clock` unset it is not to be trusted."""
    clock: q.ClockSource
    replayed: bool = False
    """Sent later than a newer message of its stream, or long after it was measured."""
    boot_ms: q.BootMs | None = None
    """Given where `clock` is unset: when it was measured, on the boot clock."""


class Position(Envelope, kw_only=True, frozen=True, gc=False, omit_defaults=True):
    """Where a vehicle is."""

    latitude: q.Latitude
    longitude: q.Longitude
    speed_m_s: q.SpeedMS | None = None
    course_deg: q.CourseDeg | None = None
    accuracy_m: q.AccuracyM | None = None
    fix_quality: q.FixQuality = 1
    satellites: q.Satellites | None = None
    odometer_m: q.OdometerM = 0.0


class Occupancy(Envelope, kw_only=True, frozen=True, gc=False, omit_defaults=True):
    """How many people are aboard or in the room, with the bound of the estimate."""

    persons: q.Persons
    error_persons: q.Persons = 0
    seats: q.Persons | None = None
    wheelchair_places: q.Persons | None = None
    entered: q.Persons = 0
    left: q.Persons = 0


class Wifi(Envelope, kw_only=True, frozen=True, gc=False, omit_defaults=True):
    """Use of the wifi over an interval; nothing about who."""

    interval_s: q.DurationS
    stations: q.Stations
    received_bytes: q.ByteCount
    sent_bytes: q.ByteCount


class Health(Envelope, kw_only=True, frozen=True, gc=False, omit_defaults=True):
    """How the device itself is."""

    temperature_c: q.TemperatureC | None = None
    undervoltage: bool | None = None
    disk_free_bytes: q.ByteCount | None = None
    outbox_depth: q.MessageCount = 0
    outbox_age_s: q.DurationS = 0.0
    link_round_trip_s: q.DurationS | None = None
    link_signal_dbm: q.SignalDbm | None = None
    rejected_sentences: q.MessageCount = 0
    """GPS sentences refused since the program started."""


class Tap(Envelope, kw_only=True, frozen=True, omit_defaults=True):
    """A co-pass held to a reader. The holder appears as a pseudonym and nothing else."""

    decision: Literal["granted", "refused"]
    reason: q.ShortText
    place: q.ShortText
    pseudonym: q.ShortText
    decided_in_ms: q.DurationS | None = None


class Alarm(Envelope, kw_only=True, frozen=True, omit_defaults=True):
    """Something a person must act on now."""

    alarm: Literal["sos", "lone_worker_silent", "door_forced", "door_held_open", "tamper"]
    detail: q.Sentence | None = None
    latitude: q.Latitude | None = None
    longitude: q.Longitude | None = None


class Ack(Envelope, kw_only=True, frozen=True, omit_defaults=True):
    """A plan, rights or command arrived; or the driver's answer to it."""

    subject: Literal["plan", "rights", "command", "config"]
    reference: q.ShortText
    """Version of the plan or rights, or nonce of the command."""
    answer: Literal["received", "accepted", "refused"]
    reason: q.Sentence | None = None


class LostRange(Struct, kw_only=True, frozen=True):
    """Numbers [start, end) of a stream that will never come, and why."""

    outbox: q.OutboxId
    stream: q.Slug
    start: q.Seq
    end: q.NextSeq
    cause: Literal["dropped", "forgotten", "corrupt"]


class Status(
    Envelope, kw_only=True, frozen=True, omit_defaults=True, tag_field="type", tag="status"
):
    """The state a unit says it is in, and what it had to give up."""

    state: Literal["online", "asleep", "offline"]
    session: q.SessionNumber
    version: q.ShortText
    lost: Annotated[tuple[LostRange, ...], Meta(max_length=64)] = ()


class Held(Struct, kw_only=True, frozen=True):
    """What an outbox has of one stream: numbers [first, next), `confirmed` of them contiguous."""

    first: q.NextSeq
    next: q.NextSeq
    confirmed: Annotated[int, Meta(ge=0)] = 0
    """The highest contiguous number the backend has confirmed under `Hello.epoch`."""


class Hello(Struct, kw_only=True, frozen=True, omit_defaults=True, tag_field="type", tag="hello"):
    """First words of each connection. Not numbered: it asks before any number is used."""

    outbox: q.OutboxId
    boot: q.BootId
    session: q.SessionNumber
    version: q.ShortText
    epoch: q.Epoch | None = None
    streams: dict[q.Slug, Held] = {}


class Will(Struct, kw_only=True, frozen=True, omit_defaults=True, tag_field="type", tag="will"):
    """What the broker says for a unit that fell silent."""

    boot: q.BootId
    session: q.SessionNumber


class Key(Struct, kw_only=True, frozen=True):
    """The part of a message by which even a refused one can be settled."""

    outbox: q.OutboxId
    seq: q.Seq
    boot: q.BootId | UnsetType = UNSET


StatusUplink = Status | Hello | Will
Uplink = Position | Occupancy | Wifi | Health | Tap | Alarm | Ack | Status
"""The numbered messages."""
