"""People in distress, in the words of their units, and lone-worker sessions that fell silent.

Rules of this file: a word counts by its number where it comes from the outbox that spoke before,
by its time where the device was changed; so a backlog never reopens what is over. A session in
order says how long it may be silent: what is not renewed by then is an alarm, whatever the link.
"""

from __future__ import annotations

from sqlalchemy import Connection

from backend.devices.alarms import clear_alarm, raise_alarm
from backend.devices.model import DeviceAlarm
from backend.records.statements import execute_many, query
from contract.uplink import Alarm

ABOUT_PEOPLE = ("sos", "lone_worker_silent")
"""Alarms that a supervisor sees until they are over."""

_PUT = """
INSERT INTO distress (unit, alarm, reference, outbox, seq, at_ms, is_open, due_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (unit, alarm, reference) DO UPDATE SET outbox = excluded.outbox,
  seq = excluded.seq, at_ms = excluded.at_ms, is_open = excluded.is_open,
  due_ms = excluded.due_ms
WHERE (distress.outbox = excluded.outbox AND distress.seq < excluded.seq)
   OR (distress.outbox <> excluded.outbox AND distress.at_ms <= excluded.at_ms)
"""
_HELD = "SELECT outbox, seq FROM distress WHERE unit = ? AND alarm = ? AND reference = ?"
_DUE = "SELECT unit, alarm, reference, at_ms FROM distress WHERE due_ms <= ?"
_SAID = (
    "UPDATE distress SET due_ms = NULL, is_open = ? WHERE unit = ? AND alarm = ? AND reference = ?"
)
_PRUNE = "DELETE FROM distress WHERE is_open = ? AND due_ms IS NULL AND at_ms < ?"


def is_open(alarm: Alarm) -> bool:
    """Whether somebody other than the person aboard is to act."""
    return alarm.state in {"raised", "escalated"}


def measured_ms(alarm: Alarm, received_ms: int) -> int:
    """When it was said: never in the future, and when it came if the unit has no clock."""
    return received_ms if alarm.clock == "unset" else min(alarm.observed_ms, received_ms)


def hear_distress(connection: Connection, unit: str, alarm: Alarm, received_ms: int) -> str | None:
    """Take in an alarm that is new to us; a line for the log where a person is to look."""
    if alarm.alarm not in ABOUT_PEOPLE:
        return None
    reference, at_ms = alarm.reference or "", measured_ms(alarm, received_ms)
    due_ms = None if alarm.silent_after_s is None else at_ms + int(alarm.silent_after_s * 1_000)
    row = (unit, alarm.alarm, reference, alarm.outbox, alarm.seq, at_ms, is_open(alarm), due_ms)
    execute_many(connection, _PUT, [row])
    if query(connection, _HELD, row[:3]) != [(alarm.outbox, alarm.seq)]:
        return None
    if not is_open(alarm):
        if clear_alarm(connection, unit, alarm.alarm, reference, received_ms):
            return f"{alarm.alarm}_over unit={unit} reference={reference} state={alarm.state}"
        return None
    detail = ": ".join(part for part in (alarm.step, alarm.detail) if part) or alarm.state
    told = DeviceAlarm(unit, alarm.alarm, reference, detail, at_ms, received_ms)
    if raise_alarm(connection, told):
        return f"{alarm.alarm} unit={unit} reference={reference} step={alarm.step or 'none'}"
    return None


def check_silence(connection: Connection, now_ms: int) -> list[str]:
    """Raise an alarm for each session that was silent beyond what it announced."""
    notices = []
    for unit, alarm, reference, at_ms in query(connection, _DUE, (now_ms,)):
        silent_min = (now_ms - at_ms) // 60_000
        detail = f"supervisor: nothing was heard of this session for {silent_min} min"
        execute_many(connection, _SAID, [(True, unit, alarm, reference)])
        if raise_alarm(connection, DeviceAlarm(unit, alarm, reference, detail, now_ms, now_ms)):
            notices.append(f"{alarm} unit={unit} reference={reference}: {detail}")
    return notices


def prune_distress(connection: Connection, before_ms: int) -> None:
    """Forget what was over before that time."""
    execute_many(connection, _PRUNE, [(False, before_ms)])
