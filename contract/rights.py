"""Who may open what at one unit: the compact form in which rights travel and lie on a device.

Rules of this file: pure. A snapshot is whole; a delta names the version it starts from and,
applied to it, gives exactly the next snapshot. Bodies are MessagePack arrays, so that 10,000
rights stay far below a megabyte. Times are UTC milliseconds; ranges are [start, end).
"""

from __future__ import annotations

import hashlib
import hmac
import zlib
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from contract import quantities as q
from contract.errors import MalformedMessage

TAG_BYTES = 8
KEY_BYTES = 16
GRACE_MS = 15 * 60_000
"""A booking still opens so long after its end: somebody fetches a coat."""
CHUNK_BYTES = 40_000
"""One sealed frame carries at most this much of a body."""
MOST_BYTES = 8_000_000
"""A body that unpacks to more is refused: 10,000 rights are under 1.5 MB."""

T = TypeVar("T")

Tag = Annotated[bytes, Meta(min_length=TAG_BYTES, max_length=TAG_BYTES)]
"""A card at one unit: HMAC of its UID under a key that no other unit has."""
KeyBytes = Annotated[bytes, Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]
RightId = Annotated[int, Meta(ge=1, le=2**48)]
Minutes = Annotated[int, Meta(ge=0, le=1_440)]


class Window(Struct, array_like=True, frozen=True):
    """On these weekdays (bit 0 is Monday), from `start_min` to `end_min` of local time."""

    weekdays: Annotated[int, Meta(ge=0, le=127)]
    start_min: Minutes
    end_min: Minutes


class Schedule(Struct, array_like=True, frozen=True):
    """When a standing right holds."""

    windows: tuple[Window, ...]
    on_holidays: bool = False


class CardKey(Struct, array_like=True, frozen=True):
    """How one card proves to be itself at this unit."""

    tag: Tag
    key: KeyBytes
    """Diversified for this card alone; the master key never leaves the issuing desk."""
    key_number: Annotated[int, Meta(ge=1, le=13)]
    """Which key slot of the card's application, and which file, that key opens."""
    scheme: Literal["ev2", "ev1"] = "ev2"

    def __repr__(self) -> str:
        """Without the key: what is shown ends in logs."""
        return f"CardKey({self.tag.hex()}, {self.scheme} slot {self.key_number})"


class Right(Struct, array_like=True, frozen=True):
    """One permission of one card."""

    right_id: RightId
    tag: Tag
    kind: Literal["booking", "member", "key_holder", "staff"]
    points: tuple[q.Slug, ...]
    """What it opens: "door", "locker-3"; in a vehicle the handle of a ride."""
    starts_ms: q.EpochMs = 0
    ends_ms: q.EpochMs | None = None
    schedule: Annotated[int, Meta(ge=0)] | None = None
    """Index into the snapshot's schedules; None holds at any hour."""
    offline_for_s: Annotated[int, Meta(ge=0, le=30 * 86_400)] | None = None
    """How long after the last word of the backend it still opens; None: until its end."""
    label: Annotated[str, Meta(max_length=40)] = ""
    """For the screen: initials and desk, never a name."""
    duress: bool = False
    """Opens like any other and raises a silent alarm."""
    passes_lockdown: bool = False


class Snapshot(Struct, array_like=True, frozen=True):
    """Everything one unit may decide from."""

    version: Annotated[int, Meta(ge=1)]
    issued_ms: q.EpochMs
    """When the backend last vouched for all of it; the offline bounds count from here."""
    timezone: q.ShortText
    lookup_key: KeyBytes
    pseudonym_keys: dict[q.ShortText, KeyBytes]
    """By month ("202611"); the newest stands in for a month that is not there."""
    cards: tuple[CardKey, ...] = ()
    rights: tuple[Right, ...] = ()
    revoked: tuple[Tag, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    holidays: tuple[Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")], ...] = ()

    def __repr__(self) -> str:
        return f"Snapshot({self.version}: {len(self.cards)} cards, {len(self.rights)} rights)"


class Delta(Struct, array_like=True, frozen=True):
    """From version `base_version` to `version`; without changes it only renews `issued_ms`."""

    base_version: Annotated[int, Meta(ge=1)]
    version: Annotated[int, Meta(ge=2)]
    issued_ms: q.EpochMs
    cards: tuple[CardKey, ...] = ()
    """New cards, and known ones with another key."""
    rights: tuple[Right, ...] = ()
    """New rights, and known ones changed."""
    gone_cards: tuple[Tag, ...] = ()
    gone_rights: tuple[RightId, ...] = ()
    revoked: tuple[Tag, ...] | None = None
    """The whole list where it changed."""
    schedules: tuple[Schedule, ...] | None = None
    holidays: tuple[str, ...] | None = None
    pseudonym_keys: dict[q.ShortText, KeyBytes] | None = None

    def __repr__(self) -> str:
        return f"Delta({self.base_version} to {self.version})"


def opens_until_ms(right: Right, issued_ms: int) -> int | None:
    """The moment from which `right` no longer opens, without a newer word than `issued_ms`.

    None: it has neither an end nor an offline bound, which the backend never issues.
    """
    bounds = []
    if right.ends_ms is not None:
        grace_ms = GRACE_MS if right.kind == "booking" else 0
        bounds.append(right.ends_ms + grace_ms)
    if right.offline_for_s is not None:
        bounds.append(issued_ms + right.offline_for_s * 1_000)
    return min(bounds, default=None)


def card_tag(lookup_key: bytes, uid: bytes) -> bytes:
    """The tag of the card with this UID at the unit that has `lookup_key`."""
    return hmac.new(lookup_key, b"softplace-tag\0" + uid, hashlib.sha256).digest()[:TAG_BYTES]


def revocation_bound_ms(snapshot: Snapshot) -> int | None:
    """Until when a card revoked now could still open, if no newer word ever comes.

    None: nothing opens. By the unit's own trusted clock.
    """
    revoked = set(snapshot.revoked)
    bounds = [
        bound
        for right in snapshot.rights
        if right.tag not in revoked
        and (bound := opens_until_ms(right, snapshot.issued_ms)) is not None
    ]
    return max(bounds, default=None)


class WrongBase(ValueError):
    """A delta that does not start where this snapshot is: ask for a whole one."""

    def __init__(self, have: int, base: int) -> None:
        self.have = have
        self.base = base
        super().__init__(f"rights delta starts from version {base}, version {have} is here")


def apply_delta(snapshot: Snapshot, delta: Delta) -> Snapshot:
    """The next snapshot; cards by tag and rights by id, so that both sides agree to the byte.

    Raises WrongBase.
    """
    if delta.base_version != snapshot.version or delta.version <= snapshot.version:
        raise WrongBase(snapshot.version, delta.base_version)
    cards = {card.tag: card for card in (*snapshot.cards, *delta.cards)}
    rights = {right.right_id: right for right in (*snapshot.rights, *delta.rights)}
    for tag in delta.gone_cards:
        cards.pop(tag, None)
    for right_id in delta.gone_rights:
        rights.pop(right_id, None)
    return Snapshot(
        version=delta.version,
        issued_ms=delta.issued_ms,
        timezone=snapshot.timezone,
        lookup_key=snapshot.lookup_key,
        pseudonym_keys=_newer(delta.pseudonym_keys, snapshot.pseudonym_keys),
        cards=tuple(cards[tag] for tag in sorted(cards)),
        rights=tuple(rights[right_id] for right_id in sorted(rights)),
        revoked=_newer(delta.revoked, snapshot.revoked),
        schedules=_newer(delta.schedules, snapshot.schedules),
        holidays=_newer(delta.holidays, snapshot.holidays),
    )


def delta_between(old: Snapshot, new: Snapshot) -> Delta | None:
    """The delta that makes `new` of `old`, or None where only a whole snapshot can say it."""
    if (old.timezone, old.lookup_key) != (new.timezone, new.lookup_key):
        return None
    old_cards = {card.tag: card for card in old.cards}
    old_rights = {right.right_id: right for right in old.rights}
    new_tags = {card.tag for card in new.cards}
    new_ids = {right.right_id for right in new.rights}
    return Delta(
        base_version=old.version,
        version=new.version,
        issued_ms=new.issued_ms,
        cards=tuple(card for card in new.cards if old_cards.get(card.tag) != card),
        rights=tuple(right for right in new.rights if old_rights.get(right.right_id) != right),
        gone_cards=tuple(sorted(old_cards.keys() - new_tags)),
        gone_rights=tuple(sorted(old_rights.keys() - new_ids)),
        revoked=_changed(old.revoked, new.revoked),
        schedules=_changed(old.schedules, new.schedules),
        holidays=_changed(old.holidays, new.holidays),
        pseudonym_keys=_changed(old.pseudonym_keys, new.pseudonym_keys),
    )


def _newer(told: T | None, known: T) -> T:
    return known if told is None else told


def _changed(old: T, new: T) -> T | None:
    return None if old == new else new


_encoder = msgspec.msgpack.Encoder()
_snapshot_decoder = msgspec.msgpack.Decoder(Snapshot)
_delta_decoder = msgspec.msgpack.Decoder(Delta)


def encode_rights(body: Snapshot | Delta) -> bytes:
    """The body as it is sealed: compressed MessagePack."""
    return zlib.compress(_encoder.encode(body), 6)


def decode_snapshot(data: bytes) -> Snapshot:
    """A snapshot. Raises MalformedMessage."""
    return _decoded("rights", data, _snapshot_decoder)


def decode_delta(data: bytes) -> Delta:
    """A delta. Raises MalformedMessage."""
    return _decoded("rights_delta", data, _delta_decoder)


def _decoded(name: str, data: bytes, decoder: msgspec.msgpack.Decoder[T]) -> T:
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(data, MOST_BYTES)
        if not inflater.eof:
            raise MalformedMessage(name, f"longer than {MOST_BYTES} bytes, or cut short")
        return decoder.decode(plain)
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedMessage(name, str(error)) from error


def chunks_of(body: bytes) -> tuple[bytes, ...]:
    """The body in pieces, each small enough for one sealed frame."""
    return tuple(body[at : at + CHUNK_BYTES] for at in range(0, len(body), CHUNK_BYTES)) or (b"",)
