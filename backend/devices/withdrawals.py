"""Sessions of devices that lost their place a moment ago and may still stand at the broker."""

from __future__ import annotations

from sqlalchemy import Connection

from backend.records.statements import query

LATELY_MS = 5 * 60_000
"""The broker has read its new revocation list long before, so nobody comes back in."""

NEW_MS = 90_000
"""Three looks: the broker has its new list long before the last of them."""

# The outboxes that spoke before the device was withdrawn: its successor's spoke after.
_STANDING = """
SELECT a.unit, o.outbox FROM device d
JOIN device_assignment a ON a.device = d.device AND a.until_ms = d.ended_ms
LEFT JOIN unit_outbox o ON o.unit = a.unit AND o.hello_ms < d.ended_ms
WHERE d.ended_ms > ? ORDER BY a.unit, o.outbox
"""

_NEW = """
SELECT 1 FROM device d JOIN device_assignment a ON a.device = d.device AND a.until_ms = d.ended_ms
WHERE a.unit = ? AND d.ended_ms > ?
"""


def due_for_throwing_out(connection: Connection, now_ms: int) -> dict[str, list[str]]:
    """By unit, the outboxes whose sessions must end; none where its device never said hello."""
    found: dict[str, list[str]] = {}
    for unit, outbox in query(connection, _STANDING, (now_ms - LATELY_MS,)):
        found.setdefault(unit, []).extend([] if outbox is None else [outbox])
    return found


def is_new(connection: Connection, unit: str, now_ms: int) -> bool:
    """Whether a device was withdrawn from `unit` only just now."""
    return bool(query(connection, _NEW, (unit, now_ms - NEW_MS)))
