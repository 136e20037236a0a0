"""When there is a new version of a unit's rights, and how it travels.

Rules of this file: pure. A snapshot is retained at the broker; a delta is not, and makes a
retained snapshot stale, which is then cleared: a device refuses what is older than what it has
and rightly calls it an attack.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec.structs import replace

from contract.rights import Snapshot, delta_between, encode_rights

HOUR_MS = 3_600_000
RENEW_AFTER_MS = 4 * HOUR_MS
"""A member's 72 hours are renewed 18 times before they run out: a door that hears us once a day
never comes near its bound, and a renewal is under 300 bytes."""
SMALL_BYTES = 16_000
"""Some 400 rights. A snapshot no longer than this is sent whole each time, so that the broker
always holds the newest: a device that was away has it with its subscription."""
SNAPSHOT_EVERY = 24
"""After so many versions a snapshot is due in any case: a fresh device starts from it."""

Form = Literal["delta", "snapshot"]


class Package(NamedTuple):
    """The form that a version takes; `body` is what is sealed."""

    form: Form
    body: bytes


def next_version(
    old: Snapshot | None, compiled: Snapshot, now_ms: int, floor: int
) -> Snapshot | None:
    """The version to publish, or None where nothing has changed and no renewal is due.

    `floor` is the highest version this unit was ever given. The moment a version vouches for
    never goes back, not even with the clock of this machine.
    """
    issued_ms = max(now_ms, old.issued_ms if old else 0)
    if old is not None:
        unchanged = replace(compiled, version=old.version, issued_ms=old.issued_ms) == old
        if unchanged and now_ms < old.issued_ms + RENEW_AFTER_MS:
            return None
    return replace(compiled, version=floor + 1, issued_ms=issued_ms)


def packed(
    base: Snapshot | None, new: Snapshot, last_snapshot: int, small_bytes: int = SMALL_BYTES
) -> Package:
    """How `new` goes to a device that should hold `base` (None: it is not known to hold any).

    `last_snapshot` is the version that was last sent whole.
    """
    whole = encode_rights(new)
    if base is None or len(whole) <= small_bytes or new.version >= last_snapshot + SNAPSHOT_EVERY:
        return Package("snapshot", whole)
    delta = delta_between(base, new)
    part = encode_rights(delta) if delta is not None else whole
    if 2 * len(part) > len(whole):
        return Package("snapshot", whole)
    return Package("delta", part)
