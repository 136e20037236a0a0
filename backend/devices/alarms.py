"""Alarms about devices: raised once, cleared once, kept for reading."""

from __future__ import annotations

from sqlalchemy import Connection

from backend.devices.model import DeviceAlarm
from backend.records.statements import execute_many, query

_RAISE = """
INSERT INTO device_alarm (unit, alarm, subject, detail, since_ms, last_ms, cleared_ms)
VALUES (?, ?, ?, ?, ?, ?, NULL)
ON CONFLICT (unit, alarm, subject) DO UPDATE SET
  detail = excluded.detail, last_ms = excluded.last_ms, cleared_ms = NULL,
  since_ms = CASE WHEN device_alarm.cleared_ms IS NULL
             THEN device_alarm.since_ms ELSE excluded.since_ms END
"""
_OPEN = (
    "SELECT 1 FROM device_alarm WHERE unit = ? AND alarm = ? AND subject = ? AND cleared_ms IS NULL"
)
_CLEAR = "UPDATE device_alarm SET cleared_ms = ? WHERE unit = ? AND alarm = ? AND subject = ?"
_ALL_OPEN = """
SELECT unit, alarm, subject, detail, since_ms, last_ms, cleared_ms
FROM device_alarm WHERE cleared_ms IS NULL ORDER BY since_ms, unit
"""
_OPEN_OF_KIND = """
SELECT unit, alarm, subject, detail, since_ms, last_ms, cleared_ms
FROM device_alarm WHERE cleared_ms IS NULL AND alarm = ?
"""
_PRUNE = "DELETE FROM device_alarm WHERE cleared_ms < ?"


def raise_alarm(connection: Connection, alarm: DeviceAlarm) -> bool:
    """Open the alarm or bring it up to date; True where it was not open."""
    was_open = _is_open(connection, alarm.unit, alarm.alarm, alarm.subject)
    execute_many(
        connection,
        _RAISE,
        [
            (
                alarm.unit,
                alarm.alarm,
                alarm.subject[:80],
                alarm.detail[:280],
                alarm.since_ms,
                alarm.last_ms,
            )
        ],
    )
    return not was_open


def clear_alarm(connection: Connection, unit: str, alarm: str, subject: str, at_ms: int) -> bool:
    """Close the alarm; True where it was open."""
    if not _is_open(connection, unit, alarm, subject):
        return False
    execute_many(connection, _CLEAR, [(at_ms, unit, alarm, subject[:80])])
    return True


def open_alarms(connection: Connection) -> list[DeviceAlarm]:
    """Every open alarm, oldest first."""
    return [DeviceAlarm(*row) for row in query(connection, _ALL_OPEN)]


def open_alarms_of(connection: Connection, alarm: str) -> list[DeviceAlarm]:
    """Every open alarm of one kind."""
    return [DeviceAlarm(*row) for row in query(connection, _OPEN_OF_KIND, (alarm,))]


def prune_alarms(connection: Connection, before_ms: int) -> None:
    """Forget alarms that were cleared before that time."""
    execute_many(connection, _PRUNE, [(before_ms,)])


def _is_open(connection: Connection, unit: str, alarm: str, subject: str) -> bool:
    return bool(query(connection, _OPEN, (unit, alarm, subject[:80])))
