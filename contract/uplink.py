"""What units say: one class per message, flat JSON, checked on both sides.

Rules of this file: field names carry their unit or their type does; unknown fields are
ignored so that an old backend hears a new agent; a missing or impossible field is an error
that names it. Everything but `Hello` and `Will` is numbered and stored exactly once.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

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
    """The true number lies within this of `persons`."""
    seats: q.Persons | None = None
    wheelchair_places: q.Persons | None = None
    entered: q.Persons = 0
    left: q.Persons = 0
    wheelchairs: q.Persons | None = None
    """Wheelchair users aboard, as far as ramp and taps tell."""
    taps: q.Persons | None = None
    """Cards granted since the last message, to set against `entered`."""
    stop_id: q.ShortText | None = None
    """The stop at which the count was made, where it was made at one."""
    drift_persons: q.Change | None = None
    """What the last re-zeroing had to take away: the error the counters had gathered."""
    rezeroed: bool = False
    over_capacity: bool = False


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
    sensor_faults: q.MessageCount = 0
    """Sensors and readers that do not answer, or answer what cannot be."""
    rights_version: q.Version | None = None
    revocation_bound_ms: q.EpochMs | None = None
    """Until when a card revoked now could open here, if no newer word came."""
    clockless_bound_s: q.DurationS | None = None
    """Without a trusted clock, what may open does so for at most this much running time."""
    journal_entries: q.MessageCount | None = None


TapReason = Literal[
    "granted",
    "too_early",
    "no_right_here",
    "revoked",
    "unknown_card",
    "expired",
    "anti_passback",
    "not_authentic",
    "clock_unknown",
    "locked_down",
    "too_many_tries",
    "read_again",
]
"""Why a tap opened or did not. The first nine are the words of the design."""
TAP_REASONS: tuple[str, ...] = get_args(TapReason)


class Tap(Envelope, kw_only=True, frozen=True, omit_defaults=True):
    """A co-pass held to a reader. The holder appears as a pseudonym and nothing else."""

    decision: Literal["granted", "refused"]
    reason: q.ShortText
    """One of TAP_REASONS; text, so that an old backend hears a newer reader."""
    place: q.ShortText
    """The door, locker or vehicle door: a point of the unit."""
    pseudonym: q.ShortText
    decided_in_ms: q.DurationS | None = None
    direction: Literal["in", "out"] | None = None
    warning: q.ShortText | None = None
    """Granted all the same, as with a soft anti-passback."""
    rights_version: q.Version | None = None
    right_id: q.Version | None = None
    stop_id: q.ShortText | None = None
    journal: q.OutboxId | None = None
    entry: q.Seq | None = None
    """With `journal` the identity of the entry: stored once, whatever outbox brought it."""
    chain: q.ChainHash | None = None
    """Hash over this entry and all before it."""


AlarmKind = Literal[
    "sos",
    "lone_worker_silent",
    "door_forced",
    "door_held_open",
    "tamper",
    "duress",
    "relay_stuck",
    "reader_lost",
    "rights_refused",
    "journal_broken",
    "equipment_missing",
    "sensor_fault",
]
ALARM_KINDS: tuple[str, ...] = get_args(AlarmKind)


class Alarm(Envelope, kw_only=True, frozen=True, omit_defaults=True):
    """Something a person must act on now, or its end."""

    alarm: AlarmKind
    detail: q.Sentence | None = None
    latitude: q.Latitude | None = None
    longitude: q.Longitude | None = None
    reference: q.ShortText | None = None
    """Names the alarm in its later messages and in its acknowledgement."""
    subject: q.ShortText | None = None
    """The door, locker or sensor it is about."""
    step: q.Slug | None = None
    """How far it has been escalated: "cab", "supervisor", "second-person"."""
    state: Literal["raised", "escalated", "acknowledged", "cleared"] = "raised"
    silent_after_s: q.DurationS | None = None
    """Of a lone-worker session: if nothing newer is heard of it within so long after this was
    measured, the silence is itself an alarm."""


class Ack(Envelope, kw_only=True, frozen=True, omit_defaults=True):
    """A plan, rights or command arrived; the driver's answer to it; or what it brought forth."""

    subject: Literal["plan", "rights", "command", "config"]
    reference: q.ShortText
    """Version of the plan or rights, or nonce of the command."""
    answer: Literal["received", "accepted", "refused", "done", "failed"]
    reason: q.Sentence | None = None
    text: q.Page | None = None
    """What a command printed, in parts."""
    part: q.Version | None = None
    parts: q.Version | None = None


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
