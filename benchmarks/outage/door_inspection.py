"""A door's own files and wire laid beside the store. Only raw reads."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.outage.chain import Chain
from benchmarks.outage.door import PULSE_S, Door
from benchmarks.outage.influxql import Store
from benchmarks.outage.inspection import explained_numbers, of_unit, stored_numbers
from benchmarks.outage.tap_verdict import (
    DoorVerdict,
    JournalledTap,
    Opening,
    StoredTap,
    TapKey,
    judge_door,
)
from benchmarks.outage.verdict import missing_numbers
from contract.retention import ONE_YEAR, THREE_MONTHS
from edge.drivers.gpio_fake import Change

_NUMBERED = (
    ("alarm", ONE_YEAR),
    ("status", ONE_YEAR),
    ("health", ONE_YEAR),
    ("ack", ONE_YEAR),
)
"""What a door says beside its taps, and where each is kept. A tap is stored under the number of
its journal, not of the outbox that brought it; its identity is judged instead."""
LONGEST_MS = PULSE_S * 1_000 + 1_500
"""From the entry of the last granted tap: its sync, the pulse, and what a busy core adds."""


def inspect_doors(chain: Chain) -> dict[str, object]:
    """The sum over every door."""
    verdicts = [inspect_door(chain, door) for door in chain.doors]
    return {
        "taps": sum(v.taps for v in verdicts),
        "taps_stored": sum(v.stored for v in verdicts),
        "taps_lost": sum(len(v.lost) for v in verdicts),
        "taps_duplicated": sum(len(v.doubled) for v in verdicts),
        "taps_invented": sum(len(v.invented) + len(v.wrong) for v in verdicts),
        "tap_numbers_missing": sum(len(v.missing_numbers) for v in verdicts),
        "openings": sum(v.openings for v in verdicts),
        "openings_unrecorded": sum(len(v.unrecorded) for v in verdicts),
        "openings_too_long": sum(len(v.too_long) for v in verdicts),
        "door_faults": [fault for v in verdicts for fault in _examples(v)],
        "doors_sound": all(v.sound for v in verdicts),
    }


def _examples(verdict: DoorVerdict, most: int = 3) -> list[str]:
    """The first few faults of each sort, for the report."""
    sorts: dict[str, Sequence[object]] = {
        "lost": verdict.lost,
        "doubled": verdict.doubled,
        "invented": verdict.invented,
        "wrong": verdict.wrong,
        "unrecorded": verdict.unrecorded,
        "too_long": verdict.too_long,
        "missing_numbers": verdict.missing_numbers,
    }
    return [
        f"{verdict.unit} {sort}: {fault}"
        for sort, faults in sorts.items()
        for fault in faults[:most]
    ]


def inspect_door(chain: Chain, door: Door) -> DoorVerdict:
    """One door since its data directory was made; its wire since this run began."""
    verdict = judge_door(
        door.unit,
        journalled(door.copass / "journal"),
        stored_taps(chain.store, door.unit),
        openings(door.pulses()),
        LONGEST_MS,
    )
    stored = stored_numbers(chain.store, door.unit, _NUMBERED)
    verdict.missing_numbers = missing_numbers(stored, explained_numbers(chain.store, door.unit))
    return verdict


def journalled(directory: Path) -> list[JournalledTap]:
    """Every whole line of a tap, in the files as they lie there."""
    taps = []
    for path in sorted(directory.glob("*")):
        journal = ""
        for line in path.read_bytes().split(b"\n")[:-1]:
            record = json.loads(line.partition(b" ")[2])
            journal = record.get("journal", journal)
            if record.get("stream") == "tap":
                body = record["body"]
                key = TapKey(journal, record["tap"])
                taps.append(JournalledTap(key, body["decision"], body["reason"], record["boot_ms"]))
    return taps


def stored_taps(store: Store, unit: str) -> list[StoredTap]:
    """Every tap of a unit."""
    wanted = ("journal", "entry", "decision", "reason")
    rows = store.columns(
        THREE_MONTHS.database,
        f'SELECT {", ".join(wanted)} FROM "tap" WHERE {of_unit(unit)}',
        wanted,
    )
    return [
        StoredTap(TapKey(journal, int(entry)), decision, reason)
        for journal, entry, decision, reason in rows
    ]


def openings(changes: Iterable[Change]) -> Sequence[Opening]:
    """Times at which the wire was active, on the clock since boot; one that lasts ends now."""
    offset_ms = (time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()) * 1_000
    found, since_ms = [], None
    for change in changes:
        at_ms = change.at_ns / 1e6 + offset_ms
        if change.level and since_ms is None:
            since_ms = at_ms
        elif not change.level and since_ms is not None:
            found.append(Opening(since_ms, at_ms))
            since_ms = None
    if since_ms is not None:
        found.append(Opening(since_ms, time.clock_gettime(time.CLOCK_BOOTTIME) * 1_000))
    return found
