"""What the room does now and then: names for the coming month, gaps, and forgetting."""

from __future__ import annotations

from sqlalchemy import Connection

from backend.access.card_records import put_pseudonyms, unnamed_cards
from backend.access.compiling import months_ahead
from backend.access.door_records import prune_lingering
from backend.access.forgetting import PSEUDONYMS_KEPT_MS, prune_people
from backend.access.journals import JournalState, is_overdue
from backend.access.vault import Vault
from backend.devices.alarms import clear_alarm, open_alarms_of, raise_alarm
from backend.devices.model import JOURNAL_GAP, DeviceAlarm
from backend.records.statements import query
from contract.pseudonym import month_of

NAMED_AT_ONCE = 300
"""A tenth of a second of the only writer. Names of a month are made a month ahead, so that even
10,000 cards are done long before."""

_GAPS = """
SELECT unit, journal, contiguous, chain, highest, missing_since_ms FROM journal_state
WHERE missing_since_ms IS NOT NULL
"""


def tend(connection: Connection, vault: Vault, now_ms: int) -> list[str]:
    """Do all of it; lines for the log."""
    keys = months_ahead(vault.territory_key, now_ms)
    for month, key in keys.items():
        put_pseudonyms(
            connection, vault, {month: key}, unnamed_cards(connection, month, NAMED_AT_ONCE)
        )
    prune_people(connection, now_ms, month_of(now_ms - PSEUDONYMS_KEPT_MS))
    prune_lingering(connection, now_ms)
    return _look_at_gaps(connection, now_ms)


def _look_at_gaps(connection: Connection, now_ms: int) -> list[str]:
    said = []
    gaps = {}
    for unit, journal, *rest in query(connection, _GAPS):
        state = JournalState(*rest)
        if is_overdue(state, now_ms):
            gaps[unit, journal] = state
    for (unit, journal), state in gaps.items():
        missing = f"entry {state.contiguous + 1} of {state.highest} taps has not come"
        alarm = DeviceAlarm(unit, JOURNAL_GAP, journal, missing, now_ms, now_ms)
        if raise_alarm(connection, alarm):
            said.append(f"{JOURNAL_GAP} unit={unit} journal={journal}: {missing}")
    for alarm in open_alarms_of(connection, JOURNAL_GAP):
        if (alarm.unit, alarm.subject) not in gaps:
            clear_alarm(connection, alarm.unit, JOURNAL_GAP, alarm.subject, now_ms)
            said.append(f"{JOURNAL_GAP}_cleared unit={alarm.unit} journal={alarm.subject}")
    return said
