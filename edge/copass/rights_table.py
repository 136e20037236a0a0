"""The rights of a unit, packed so that ten thousand take a megabyte of a small computer.

Rules of this file: pure; built once for each version, read at each tap. One card's few rights
are unpacked when it is held to the reader; the rest stays bytes.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable
from zoneinfo import ZoneInfo

import msgspec

from contract.rights import (
    TAG_BYTES,
    CardKey,
    Right,
    Schedule,
    Snapshot,
    card_tag,
    opens_until_ms,
)
from edge.copass.errors import UnusableRights

_Entry = tuple[CardKey | None, tuple[Right, ...]]
_NOTHING: _Entry = (None, ())
_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[_Entry] = msgspec.msgpack.Decoder(_Entry)


class RightsTable:
    """One snapshot by tag. Without a snapshot it knows no card.

    `until_ms` is when the last right of it ends without a newer word, `unwindowed_until_ms` the
    same of those that need no clock; None where nothing opens.
    """

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        """Raises UnusableRights where this machine does not know the time zone."""
        self.zone = _zone(snapshot.timezone if snapshot else "UTC")
        self.holidays = frozenset(snapshot.holidays if snapshot else ())
        self._revoked = frozenset(snapshot.revoked if snapshot else ())
        self._head = snapshot and msgspec.structs.replace(snapshot, cards=(), rights=())
        self._tags = self._entries = b""
        self._starts = array("I", [0])
        self.until_ms: int | None = None
        self.unwindowed_until_ms: int | None = None
        if snapshot is not None:
            self._pack(snapshot)
            self.until_ms = self._latest_ms(snapshot.rights)
            self.unwindowed_until_ms = self._latest_ms(
                right for right in snapshot.rights if not is_windowed(right)
            )

    @property
    def snapshot(self) -> Snapshot | None:
        """All of it, unpacked anew: for what concerns every card, which is seldom."""
        if self._head is None:
            return None
        cards: list[CardKey] = []
        rights: list[Right] = []
        for card, held in map(self._entry_at, range(len(self._starts) - 1)):
            cards += [card] if card is not None else []
            rights += held
        rights.sort(key=lambda right: right.right_id)
        return msgspec.structs.replace(self._head, cards=tuple(cards), rights=tuple(rights))

    @property
    def version(self) -> int | None:
        """Version of the rights, None where there are none."""
        return self._head.version if self._head else None

    @property
    def issued_ms(self) -> int:
        """When the backend last vouched for all of it."""
        return self._head.issued_ms if self._head else 0

    @property
    def pseudonym_keys(self) -> dict[str, bytes]:
        """Keys of the months for the names of cards on the wire."""
        return self._head.pseudonym_keys if self._head else {}

    def tag_of(self, uid: bytes) -> bytes:
        """What the card with this UID is called here."""
        return card_tag(self._head.lookup_key, uid) if self._head else b""

    def card(self, tag: bytes) -> CardKey | None:
        """How the card proves to be itself, or None of an unknown card."""
        return self._entry(tag)[0]

    def is_revoked(self, tag: bytes) -> bool:
        """Whether the backend has taken the card back."""
        return tag in self._revoked

    def rights_of(self, tag: bytes) -> tuple[Right, ...]:
        """Everything this card may do here."""
        return self._entry(tag)[1]

    def schedule(self, number: int) -> Schedule | None:
        """A schedule by its index; None of one that never came."""
        schedules = self._head.schedules if self._head else ()
        return schedules[number] if number < len(schedules) else None

    def _pack(self, snapshot: Snapshot) -> None:
        """Entry after entry in the order of their tags, in one piece of memory each."""
        cards = {card.tag: card for card in snapshot.cards}
        rights: defaultdict[bytes, list[Right]] = defaultdict(list)
        for right in snapshot.rights:
            rights[right.tag].append(right)
        tags, entries = bytearray(), bytearray()
        for tag in sorted(cards.keys() | rights.keys()):
            tags += tag
            entries += _encoder.encode((cards.get(tag), rights.get(tag, ())))
            self._starts.append(len(entries))
        self._tags, self._entries = bytes(tags), bytes(entries)

    def _latest_ms(self, rights: Iterable[Right]) -> int | None:
        ends = (
            end_ms
            for right in rights
            if right.tag not in self._revoked
            and (end_ms := opens_until_ms(right, self.issued_ms)) is not None
        )
        return max(ends, default=None)

    def _entry(self, tag: bytes) -> _Entry:
        low, high = 0, len(self._starts) - 1
        while low < high:
            middle = (low + high) // 2
            found = self._tags[middle * TAG_BYTES : (middle + 1) * TAG_BYTES]
            if found == tag:
                return self._entry_at(middle)
            low, high = (middle + 1, high) if found < tag else (low, middle)
        return _NOTHING

    def _entry_at(self, index: int) -> _Entry:
        packed = memoryview(self._entries)[self._starts[index] : self._starts[index + 1]]
        return _decoder.decode(packed)


def is_windowed(right: Right) -> bool:
    """Whether the right is worth nothing without knowing the hour."""
    return right.schedule is not None or right.kind == "booking"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise UnusableRights(f"time zone {name!r} is unknown on this machine") from error
