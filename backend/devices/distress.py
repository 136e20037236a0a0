"""People in distress, in the words of their units, and lone-worker sessions that fell silent.

Rules of this file: a word counts by its number where it comes from the outbox that spoke before,
by its time where the device was changed; so a backlog never reopens what is over. A session in
order says how long it may be silent: what is not renewed by then is an alarm, whatever the link.
Whoever is asked and does not answer in time is followed by the next one, heard or unheard.
"""

from __future__ import annotations

from sqlalchemy import Connection

from backend.devices import command_rows, ladder
from backend.devices.alarms import clear_alarm, raise_alarm
from backend.devices.distress_rows import (
    Distress,
    Word,
    put_asking,
    put_word,
    read_asked,
    read_asking,
    silent_beyond,
)
from backend.devices.errors import UnknownAlarm
from backend.devices.ladder import SOS, Asking, LadderRules
from backend.devices.model import DeviceAlarm
from backend.records.text import printable
from contract.uplink import Alarm

ABOUT_PEOPLE = (SOS, "lone_worker_silent")
"""Alarms that a supervisor sees until they are over."""
ORDER_LIFE_MS = 24 * 3_600_000
"""An answer waits so long at the broker for a unit without network."""


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
    key = (unit, alarm.alarm, reference)
    word = Word(*key, alarm.outbox, alarm.seq, at_ms, is_open(alarm), due_ms)
    if not put_word(connection, word):
        return None
    before = read_asking(connection, key)
    asking = ladder.heard(before, alarm, at_ms, received_ms)
    if is_open(alarm) or before.step is not None:
        put_asking(connection, key, asking)
    if not is_open(alarm):
        if clear_alarm(connection, unit, alarm.alarm, reference, received_ms):
            return f"{alarm.alarm}_over unit={unit} reference={reference} state={alarm.state}"
        return None
    if asking.step in {None, "taken"}:
        return None
    said = Distress(*key, asking)
    is_new = _show(connection, said, alarm.detail or alarm.state, at_ms, received_ms)
    return _line(said) if is_new or asking.step != before.step else None


def check_silence(connection: Connection, now_ms: int) -> list[str]:
    """Raise an alarm for each session that was silent beyond what it announced."""
    notices = []
    for unit, alarm, reference, at_ms in silent_beyond(connection, now_ms):
        detail = f"nothing was heard of this session for {(now_ms - at_ms) // 60_000} min"
        silent = Distress(unit, alarm, reference, ladder.begun(now_ms))
        put_asking(connection, silent.key, silent.asking)
        _show(connection, silent, detail, now_ms, now_ms)
        notices.append(f"{_line(silent)}: {detail}")
    return notices


def check_steps(connection: Connection, now_ms: int, rules: LadderRules) -> list[str]:
    """Ask the next one wherever nobody has answered in time, whatever is heard of the unit."""
    notices = []
    for before in read_asked(connection):
        asking = ladder.due(before.alarm, before.asking, now_ms, rules)
        if asking is None or asking.step is None:
            continue
        after = before._replace(asking=asking)
        put_asking(connection, after.key, asking)
        detail = f"{rules.who(asking.step)}; {_why(before.asking, now_ms)}"
        _show(connection, after, detail, now_ms, now_ms)
        notices.append(f"{_line(after)}: {_why(before.asking, now_ms)}")
    return notices


def acknowledge(
    connection: Connection, unit: str, reference: str, by: str, now_ms: int, real_ms: int
) -> Distress:
    """Somebody is on it: written down, and the unit is told. Raises UnknownAlarm."""
    before = _named(connection, unit, reference)
    after = before._replace(asking=ladder.acknowledged(printable(by, 80), now_ms))
    put_asking(connection, after.key, after.asking)
    _show(connection, after, f"acknowledged by {after.asking.acknowledged_by}", now_ms, now_ms)
    _tell(connection, after, "acknowledge", by, real_ms)
    return after


def end(
    connection: Connection, unit: str, reference: str, by: str, now_ms: int, real_ms: int
) -> Distress:
    """Somebody has spoken with the person: it is over, heard or unheard. Raises UnknownAlarm."""
    before = _named(connection, unit, reference)
    asking = ladder.acknowledged(printable(by, 80), now_ms)._replace(step=None, since_ms=None)
    after = before._replace(asking=asking)
    put_asking(connection, after.key, asking)
    clear_alarm(connection, unit, before.alarm, reference, now_ms)
    _tell(connection, after, "end", by, real_ms)
    return after


def _named(connection: Connection, unit: str, reference: str) -> Distress:
    for one in read_asked(connection):
        if (one.unit, one.reference) == (unit, reference):
            return one
    raise UnknownAlarm(unit, reference)


def _tell(connection: Connection, distress: Distress, action: str, by: str, real_ms: int) -> None:
    command, told = "alarm_ack", {"reference": distress.reference}
    if distress.alarm != SOS:
        command, told = "lone_worker", told | {"action": action}
    command_rows.order(connection, distress.unit, command, told, by, real_ms, ORDER_LIFE_MS)


def _show(
    connection: Connection, distress: Distress, detail: str, since_ms: int, last_ms: int
) -> bool:
    """Where a person looks; True where it was not there."""
    step = distress.asking.step
    told = detail if step is None else f"{step}: {detail}"
    unit, alarm, reference = distress.key
    return raise_alarm(connection, DeviceAlarm(unit, alarm, reference, told, since_ms, last_ms))


def _line(distress: Distress) -> str:
    unit, alarm, reference = distress.key
    return f"{alarm} unit={unit} reference={reference} step={distress.asking.step}"


def _why(asking: Asking, now_ms: int) -> str:
    waited_min = (now_ms - (asking.since_ms or now_ms)) // 60_000
    if asking.step == "taken":
        return f"acknowledged, and still nothing after {waited_min} min"
    return f"no answer of {asking.step} within {waited_min} min"
