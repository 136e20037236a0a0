"""What one unit may decide from, made of cards, grants, schedules and holidays.

Rules of this file: pure. Cards are sorted by tag and rights by id, as `apply_delta` leaves them,
so that a device that heard deltas holds to the byte what one that heard the snapshot does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from backend.access.model import Card, CardSecrets, Grant, NamedSchedule
from contract.pseudonym import month_key, month_of
from contract.rights import GRACE_MS, CardKey, Right, Schedule, Snapshot, Window, card_tag

REVOKED_KEPT_MS = 93 * 86_400_000
"""So long a door says "revoked" of a card that once opened it; later it says "unknown"."""
FIRST_VERSION = 1


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that is known for one unit; grants of all its cards, ended ones included."""

    cards: Mapping[str, tuple[Card, CardSecrets]]
    grants: Sequence[Grant]
    schedules: Mapping[str, NamedSchedule]
    holidays: tuple[str, ...]
    timezone: str
    lookup_key: bytes
    territory_key: bytes


def compile_rights(material: Material, now_ms: int) -> Snapshot:
    """The whole of a unit's rights as of now, still without its version."""
    standing = [grant for grant in material.grants if _stands(grant, material, now_ms)]
    names = sorted({grant.schedule for grant in standing if grant.schedule is not None})
    tags = {
        card_id: card_tag(material.lookup_key, secrets.uid)
        for card_id, (_, secrets) in material.cards.items()
    }
    used = {grant.card_id for grant in standing}
    return Snapshot(
        version=FIRST_VERSION,
        issued_ms=now_ms,
        timezone=material.timezone,
        lookup_key=material.lookup_key,
        pseudonym_keys=months_ahead(material.territory_key, now_ms),
        cards=_cards(material, tags, used),
        rights=tuple(
            _right(grant, tags[grant.card_id], names)
            for grant in sorted(standing, key=lambda grant: grant.right_id)
        ),
        revoked=_revoked(material, tags, now_ms),
        schedules=tuple(_schedule(material.schedules[name]) for name in names),
        holidays=material.holidays,
    )


def months_ahead(territory_key: bytes, now_ms: int) -> dict[str, bytes]:
    """Keys of this month and the next: a door out of contact still has the next one's."""
    this = month_of(now_ms)
    year, month = int(this[:4]), int(this[4:])
    following = f"{year + month // 12:04}{month % 12 + 1:02}"
    return {name: month_key(territory_key, name) for name in (this, following)}


def _stands(grant: Grant, material: Material, now_ms: int) -> bool:
    known = material.cards.get(grant.card_id)
    if grant.ended_ms is not None or known is None or known[0].state != "active":
        return False
    if known[0].key_number not in known[1].keys:
        return False
    return grant.ends_ms is None or now_ms < grant.ends_ms + GRACE_MS


def _cards(
    material: Material, tags: Mapping[str, bytes], used: Iterable[str]
) -> tuple[CardKey, ...]:
    found = []
    for card_id in used:
        card, secrets = material.cards[card_id]
        key = secrets.keys[card.key_number]
        found.append(CardKey(tags[card_id], key, card.key_number, card.scheme))
    return tuple(sorted(found, key=lambda key: key.tag))


def _revoked(material: Material, tags: Mapping[str, bytes], now_ms: int) -> tuple[bytes, ...]:
    granted = {grant.card_id for grant in material.grants}
    return tuple(
        sorted(
            tags[card_id]
            for card_id, (card, _) in material.cards.items()
            if card.state != "active"
            and card_id in granted
            and (card.ended_ms or 0) > now_ms - REVOKED_KEPT_MS
        )
    )


def _right(grant: Grant, tag: bytes, names: Sequence[str]) -> Right:
    return Right(
        right_id=grant.right_id,
        tag=tag,
        kind=grant.kind,
        points=grant.points,
        starts_ms=grant.starts_ms,
        ends_ms=grant.ends_ms,
        schedule=None if grant.schedule is None else names.index(grant.schedule),
        offline_for_s=grant.offline_for_s,
        label=grant.label,
        duress=grant.duress,
        passes_lockdown=grant.passes_lockdown,
    )


def _schedule(schedule: NamedSchedule) -> Schedule:
    windows = tuple(Window(*window) for window in schedule.windows)
    return Schedule(windows, schedule.on_holidays)
