"""Which rights may be granted, and for how long each opens without a newer word.

Rules of this file: pure. Every right that leaves it has an end or an offline bound: a door out
of contact for good must stop opening one day.
"""

from __future__ import annotations

from dataclasses import replace

from backend.access.errors import InvalidGrant
from backend.access.model import GRANT_KINDS, Grant
from contract.topics import is_slug

HOUR_S, DAY_S = 3_600, 86_400
OFFLINE_FOR_S = {"booking": None, "member": 72 * HOUR_S, "staff": 72 * HOUR_S, "key_holder": 0}
"""What a kind gets where nothing is said; a key-holder's is said by name."""
MOST_OFFLINE_S = {
    "booking": 30 * DAY_S,
    "member": 72 * HOUR_S,
    "staff": 72 * HOUR_S,
    "key_holder": 30 * DAY_S,
}
LABEL_CHARACTERS = 40


def checked(grant: Grant, now_ms: int) -> Grant:
    """The grant with its kind's offline bound written in. Raises InvalidGrant."""
    if grant.kind not in GRANT_KINDS:
        raise InvalidGrant(f"kind {grant.kind!r} is none of {', '.join(GRANT_KINDS)}")
    _check_points(grant)
    if grant.ends_ms is not None and grant.ends_ms <= max(grant.starts_ms, now_ms):
        raise InvalidGrant("it would end before it begins, or has ended; give a later end")
    if len(grant.label) > LABEL_CHARACTERS:
        raise InvalidGrant(f"its label is longer than {LABEL_CHARACTERS} characters")
    return replace(grant, offline_for_s=_offline_for_s(grant))


def _check_points(grant: Grant) -> None:
    if not grant.points:
        raise InvalidGrant('it opens nothing; name a point, for example "door"')
    for point in grant.points:
        if not is_slug(point):
            raise InvalidGrant(f"point {point!r} is not a lower-case slug, for example locker-3")


def _offline_for_s(grant: Grant) -> int | None:
    most_s = MOST_OFFLINE_S[grant.kind]
    if grant.offline_for_s is not None:
        if not 0 < grant.offline_for_s <= most_s:
            raise InvalidGrant(f"a {grant.kind} opens offline for 1 to {most_s} s")
        return grant.offline_for_s
    if grant.kind == "booking" and grant.ends_ms is None:
        raise InvalidGrant("a booking needs an end")
    if grant.kind == "key_holder":
        raise InvalidGrant("say for how long a key-holder opens offline, at most 30 days")
    return OFFLINE_FOR_S[grant.kind]
