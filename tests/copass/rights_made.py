"""Rights for tests: one unit in Lozère, keys drawn from names."""

from __future__ import annotations

import hashlib
from typing import Any

from contract.rights import CardKey, Right, Schedule, Snapshot, Window, card_tag
from edge.copass.rights_table import RightsTable

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
NOON_MS = 1_793_098_800_000
"""Tuesday 27 October 2026, 12:00 in France, two days after the clocks went back."""
LOOKUP_KEY = hashlib.sha256(b"lookup").digest()[:16]
MONTH_KEY = hashlib.sha256(b"month").digest()[:16]
WORK = Schedule((Window(0b0011111, 8 * 60, 18 * 60),))


def uid_of(name: str) -> bytes:
    return b"\x04" + hashlib.sha256(name.encode()).digest()[:6]


def tag_of(name: str) -> bytes:
    return card_tag(LOOKUP_KEY, uid_of(name))


def key_of(name: str) -> bytes:
    return hashlib.sha256(b"key" + name.encode()).digest()[:16]


def right(number: int, name: str, **fields: Any) -> Right:
    told = {"kind": "member", "points": ("door",), "offline_for_s": 72 * 3_600} | fields
    return Right(right_id=number, tag=tag_of(name), **told)


def booking(number: int, name: str, starts_ms: int, ends_ms: int, **fields: Any) -> Right:
    told = {"starts_ms": starts_ms, "ends_ms": ends_ms, "offline_for_s": None} | fields
    return right(number, name, kind="booking", **told)


def snapshot(
    *rights: Right, cards: tuple[str, ...] = ("ada",), version: int = 1, **fields: Any
) -> Snapshot:
    told = {"issued_ms": NOON_MS, "schedules": (WORK,)} | fields
    return Snapshot(
        version=version,
        timezone="Europe/Paris",
        lookup_key=LOOKUP_KEY,
        pseudonym_keys={"202610": MONTH_KEY},
        cards=tuple(
            sorted((CardKey(tag_of(name), key_of(name), 1) for name in cards), key=lambda c: c.tag)
        ),
        rights=rights,
        **told,
    )


def table(*rights: Right, **fields: Any) -> RightsTable:
    return RightsTable(snapshot(*rights, **fields))
