"""What a door that has not heard the newest word may still open, and until when.

Rules of this file: pure; never understated. `issued_ms` only rises from version to version, so
of the versions that hold a right unchanged the newest gives its latest moment. Where a right is
taken away or shortened, that moment is written down (`lingering`) and counts for as long as the
device may hold an older version; that it holds a version is believed of its own word alone, and
one that was restored to an older state may say a lower one again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from backend.access.model import Door, DoorState, Lingering
from contract.rights import Right, Snapshot, opens_until_ms


def lingering_after(
    unit: str, addressee: str, old: Snapshot, new: Snapshot | None, cards: Mapping[int, str]
) -> list[Lingering]:
    """What version `new` takes away or shortens of `old`, with the moment it had there.

    `new` None: all of it, as when another device takes the unit over. `cards` gives the card of
    each right.
    """
    gone_version = old.version + 1 if new is None else new.version
    found = []
    kept = _open_rights(new) if new is not None else {}
    for right in _open_rights(old).values():
        until_ms = opens_until_ms(right, old.issued_ms)
        if until_ms is None:
            continue
        after = kept.get(right.right_id)
        if new is not None and after is not None and not _less(right, after):
            after_ms = opens_until_ms(after, new.issued_ms)
            if after_ms is not None and after_ms >= until_ms:
                continue
        found.append(
            Lingering(
                unit,
                right.right_id,
                gone_version,
                cards.get(right.right_id, ""),
                addressee,
                until_ms,
            )
        )
    return found


def still_lingering(
    door: Door | DoorState, lingering: Iterable[Lingering], now_ms: int
) -> list[Lingering]:
    """Those that the door's devices may still let open now."""
    return [
        one
        for one in lingering
        if one.until_ms > now_ms
        and (one.addressee != door.addressee or one.gone_version > door.held_version)
    ]


def bound_ms(door: DoorState, lingering: Iterable[Lingering], now_ms: int) -> int | None:
    """Until when a card revoked now could still open here; None: nothing opens."""
    bounds = [one.until_ms for one in still_lingering(door, lingering, now_ms)]
    if door.bound_ms is not None:
        bounds.append(door.bound_ms)
    return max(bounds, default=None)


def _open_rights(snapshot: Snapshot) -> dict[int, Right]:
    revoked = set(snapshot.revoked)
    return {right.right_id: right for right in snapshot.rights if right.tag not in revoked}


def _less(before: Right, after: Right) -> bool:
    """Whether `after` opens less than `before` in another way than by its end."""
    return (
        before.tag != after.tag
        or not set(before.points) <= set(after.points)
        or after.starts_ms > before.starts_ms
    )
