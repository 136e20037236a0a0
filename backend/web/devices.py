"""What operations must see of the devices, gathered from the records store."""

from __future__ import annotations

from collections import defaultdict

import msgspec
from sqlalchemy import Connection, Engine

from backend.devices.alarms import open_alarms
from backend.devices.gaps import explained_counts
from backend.ingest.ledger import read_ledger
from backend.ingest.quarantine import count_quarantined
from backend.records.transaction import reading


class UnitReport(msgspec.Struct, kw_only=True):
    """Messages of one unit, over all its outboxes."""

    stored: int = 0
    duplicates: int = 0
    missing: int = 0
    """Numbers below a stored one that are neither stored, refused nor explained yet."""
    explained: dict[str, int] = {}
    """Numbers that will never come, by cause."""
    streams: dict[str, int] = {}
    """Stored messages by stream."""


class OpenAlarm(msgspec.Struct, kw_only=True, frozen=True):
    """Something a person should look at."""

    unit: str
    alarm: str
    detail: str
    since_ms: int


class DeviceReport(msgspec.Struct, kw_only=True):
    """Gaps counted, explained or alarmed; quarantine by reason."""

    units: dict[str, UnitReport] = {}
    alarms: list[OpenAlarm] = []
    quarantined: dict[str, int] = {}


def gather(engine: Engine) -> DeviceReport:
    """The report as of the ingest's last commit. Blocks."""
    with reading(engine) as connection:
        return DeviceReport(
            units=_units(connection),
            alarms=[
                OpenAlarm(unit=a.unit, alarm=a.alarm, detail=a.detail, since_ms=a.since_ms)
                for a in open_alarms(connection)
            ],
            quarantined=count_quarantined(connection),
        )


def _units(connection: Connection) -> dict[str, UnitReport]:
    units: dict[str, UnitReport] = defaultdict(UnitReport)
    for key, entry in read_ledger(connection).items():
        report = units[key.unit]
        report.stored += entry.stored
        report.duplicates += entry.duplicates
        report.missing += _missing(entry.contiguous, entry.above)
        report.streams[key.stream] = report.streams.get(key.stream, 0) + entry.stored
    for (unit, cause), number in explained_counts(connection).items():
        units[unit].explained[cause] = number
    return dict(units)


def _missing(contiguous: int, above: str) -> int:
    """How many numbers lie in the holes of "1 to `contiguous`, and the JSON ranges `above`"."""
    missing, end = 0, contiguous + 1
    for start, beyond in msgspec.json.decode(above, type=list[tuple[int, int]]):
        missing += max(start - end, 0)
        end = max(end, beyond)
    return missing
