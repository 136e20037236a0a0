"""The name of a card on the wire: one per territory and month, from which no UID can be had."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime


def month_of(utc_ms: int) -> str:
    """The month of a moment, as it stands in a pseudonym: "202611"."""
    return datetime.fromtimestamp(utc_ms / 1_000, UTC).strftime("%Y%m")


def month_key(territory_key: bytes, month: str) -> bytes:
    """The key of one month. A device is given this one, never the territory's."""
    return hmac.new(territory_key, f"softplace-month\0{month}".encode(), hashlib.sha256).digest()[
        :16
    ]


def pseudonym(month: str, key: bytes, uid: bytes) -> str:
    """The pseudonym of a card in a month: "202611-" and sixteen hex digits."""
    digest = hmac.new(key, b"softplace-card\0" + uid, hashlib.sha256).hexdigest()
    return f"{month}-{digest[:16]}"


def pseudonym_at(utc_ms: int, keys: Mapping[str, bytes], uid: bytes) -> str:
    """The pseudonym now; where this month's key never came, the newest one stands in.

    Without any key the card goes as "unknown": it is then worth nothing to know more.
    """
    month = month_of(utc_ms)
    if month not in keys:
        if not keys:
            return "unknown"
        month = max(keys)
    return pseudonym(month, keys[month], uid)
