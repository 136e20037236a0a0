"""The rights of a unit, laid out so that one tap looks at one card's few rights only.

Rules of this file: pure; built once for each version, read at each tap.
"""

from __future__ import annotations

from collections import defaultdict
from zoneinfo import ZoneInfo

from contract.rights import CardKey, Right, Schedule, Snapshot, card_tag
from edge.copass.errors import UnusableRights


class RightsTable:
    """One snapshot by tag. Without a snapshot it knows no card."""

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        """Raises UnusableRights where this machine does not know the time zone."""
        self.snapshot = snapshot
        self.zone = _zone(snapshot.timezone if snapshot else "UTC")
        self.holidays = frozenset(snapshot.holidays if snapshot else ())
        self._schedules = snapshot.schedules if snapshot else ()
        self._cards = {card.tag: card for card in (snapshot.cards if snapshot else ())}
        self._revoked = frozenset(snapshot.revoked if snapshot else ())
        rights: defaultdict[bytes, list[Right]] = defaultdict(list)
        for right in snapshot.rights if snapshot else ():
            rights[right.tag].append(right)
        self._rights = {tag: tuple(held) for tag, held in rights.items()}

    @property
    def version(self) -> int | None:
        """Version of the rights, None where there are none."""
        return self.snapshot.version if self.snapshot else None

    @property
    def issued_ms(self) -> int:
        """When the backend last vouched for all of it."""
        return self.snapshot.issued_ms if self.snapshot else 0

    @property
    def pseudonym_keys(self) -> dict[str, bytes]:
        """Keys of the months for the names of cards on the wire."""
        return self.snapshot.pseudonym_keys if self.snapshot else {}

    def tag_of(self, uid: bytes) -> bytes:
        """What the card with this UID is called here."""
        return card_tag(self.snapshot.lookup_key, uid) if self.snapshot else b""

    def card(self, tag: bytes) -> CardKey | None:
        """How the card proves to be itself, or None of an unknown card."""
        return self._cards.get(tag)

    def is_revoked(self, tag: bytes) -> bool:
        """Whether the backend has taken the card back."""
        return tag in self._revoked

    def rights_of(self, tag: bytes) -> tuple[Right, ...]:
        """Everything this card may do here."""
        return self._rights.get(tag, ())

    def schedule(self, number: int) -> Schedule | None:
        """A schedule by its index; None of one that never came."""
        return self._schedules[number] if number < len(self._schedules) else None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise UnusableRights(f"time zone {name!r} is unknown on this machine") from error
