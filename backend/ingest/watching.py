"""What a person should look at: gaps, two outboxes at once, clocks ahead, people in distress."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from backend.devices.alarms import clear_alarm, open_alarms_of, raise_alarm
from backend.devices.distress import hear_distress
from backend.devices.gaps import EXPLAIN_WITHIN_MS, due_watches, narrow, postpone, unwatch, watch
from backend.devices.model import (
    CLOCK_AHEAD,
    IDENTITY_CONFLICT,
    UNEXPLAINED_GAP,
    DeviceAlarm,
    GapWatch,
    StreamKey,
)
from backend.devices.sessions import AT_ONCE_MS, IN_FLIGHT_MS, lately_replaced
from backend.ingest.decide import Verdict
from backend.ingest.entry import EMPTY
from backend.ingest.ledger import read_entries, read_outbox
from backend.ingest.words import Judged, Words
from contract.ranges import RangeSet
from contract.uplink import Alarm

LOOK_AGAIN_MS = 600_000
"""A gap that is an alarm is looked at again so often, or at once when something is explained."""
_SHOWN_RANGES = 5
_CLOCK, _DEVICE = "clock", "device"


def watch_gaps(connection: Connection, judged: Iterable[Judged], now_ms: int) -> None:
    """Watch what a hello shows to be missing for good; call it after the merge.

    Args:
        connection: the batch's transaction.
        judged: the hellos of the batch.
        now_ms: real time, on which the two minutes are counted.
    """
    due_ms = now_ms + EXPLAIN_WITHIN_MS
    watches = []
    for unit, hello, _, replaced in judged:
        entries = read_outbox(connection, unit, hello.outbox)
        for stream, held in hello.streams.items():
            key = StreamKey(unit, hello.outbox, stream)
            if entries.get(stream, EMPTY).settled.missing(1, held.first):
                watches.append(GapWatch(key, held.first, due_ms))
            else:
                narrow(connection, key, held.first)
        if replaced is not None:
            for stream, entry in read_outbox(connection, unit, replaced).items():
                if entry.missing:
                    key = StreamKey(unit, replaced, stream)
                    watches.append(GapWatch(key, entry.highest, due_ms))
    watch(connection, watches)


def check_gaps(connection: Connection, now_ms: int, real_ms: int) -> list[str]:
    """Look at the watches whose time is up; returns lines for the log."""
    notices = []
    for key, below, _ in due_watches(connection, real_ms):
        entry = read_entries(connection, [key], lock=False).get(key)
        settled = entry.settled if entry else RangeSet()
        missing = settled.missing(1, below)
        subject = f"{key.outbox} {key.stream}"
        if not missing:
            unwatch(connection, [key])
            if clear_alarm(connection, key.unit, UNEXPLAINED_GAP, subject, now_ms):
                notices.append(
                    f"gap_closed unit={key.unit} outbox={key.outbox} stream={key.stream}"
                )
            continue
        detail = f"{len(missing)} numbers will never come and nobody said why: {_shown(missing)}"
        postpone(connection, key, real_ms + LOOK_AGAIN_MS)
        alarm = DeviceAlarm(key.unit, UNEXPLAINED_GAP, subject, detail, now_ms, now_ms)
        if raise_alarm(connection, alarm):
            notices.append(
                f"unexplained_gap unit={key.unit} outbox={key.outbox} stream={key.stream}: {detail}"
            )
    return notices


def check_identity(
    connection: Connection, verdicts: Iterable[Verdict], words: Words, now_ms: int
) -> list[str]:
    """Raise an alarm where a run that was replaced a moment ago is still alive."""
    lately = lately_replaced(connection, now_ms)
    alive = {
        run for run, replaced_ms in words.returned.items() if now_ms - replaced_ms < AT_ONCE_MS
    }
    if lately:
        units = {unit for unit, _ in lately}
        alive |= {
            run
            for verdict in verdicts
            if verdict.lot.key.unit in units
            for message in verdict.messages
            if not message.replayed
            and (run := (verdict.lot.key.unit, message.boot)) in lately
            and now_ms > lately[run] + IN_FLIGHT_MS
        }
    notices = []
    for unit, boot in sorted(alive):
        detail = f"two devices speak as this unit at once, one in boot {boot}; both are stored"
        if raise_alarm(
            connection, DeviceAlarm(unit, IDENTITY_CONFLICT, _DEVICE, detail, now_ms, now_ms)
        ):
            notices.append(f"identity_conflict unit={unit}: {detail}")
    return notices


def clear_identity(connection: Connection, now_ms: int) -> list[str]:
    """Close conflicts of which nothing was heard for a while."""
    notices = []
    for alarm in open_alarms_of(connection, IDENTITY_CONFLICT):
        if alarm.last_ms < now_ms - AT_ONCE_MS:
            clear_alarm(connection, alarm.unit, IDENTITY_CONFLICT, alarm.subject, now_ms)
            notices.append(f"identity_conflict_over unit={alarm.unit}")
    return notices


def check_clocks(connection: Connection, verdicts: Iterable[Verdict], now_ms: int) -> list[str]:
    """Raise an alarm for a clock ahead of ours, close it when the unit dates soundly again."""
    ahead = {v.lot.key.unit: v.ahead_ms for v in verdicts if v.ahead_ms}
    sound = {v.lot.key.unit for v in verdicts if v.newest >= 0} - ahead.keys()
    notices = []
    for unit, ahead_ms in ahead.items():
        detail = f"a message dated {ahead_ms // 1_000} s ahead of our clock is stored, never live"
        if raise_alarm(connection, DeviceAlarm(unit, CLOCK_AHEAD, _CLOCK, detail, now_ms, now_ms)):
            notices.append(f"clock_ahead unit={unit}: {detail}")
    for alarm in open_alarms_of(connection, CLOCK_AHEAD):
        if alarm.unit in sound:
            clear_alarm(connection, alarm.unit, CLOCK_AHEAD, _CLOCK, now_ms)
            notices.append(f"clock_sound unit={alarm.unit}")
    return notices


def hear_alarms(connection: Connection, verdicts: Iterable[Verdict], received_ms: int) -> list[str]:
    """Take in what units say of people in distress."""
    notices = [
        hear_distress(connection, verdict.lot.key.unit, message, received_ms)
        for verdict in verdicts
        if verdict.lot.key.stream == "alarm"
        for message in sorted(verdict.messages, key=lambda m: m.seq)
        if isinstance(message, Alarm)
    ]
    return [notice for notice in notices if notice is not None]


def _shown(missing: RangeSet) -> str:
    shown = [
        str(start) if end == start + 1 else f"{start}-{end - 1}"
        for start, end in missing.ranges[:_SHOWN_RANGES]
    ]
    more = len(missing.ranges) - _SHOWN_RANGES
    return ", ".join(shown) + (f" and {more} ranges more" if more > 0 else "")
