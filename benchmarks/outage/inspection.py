"""Journals, store and latest state laid side by side, after everything has come to rest.

Only raw reads: the receivers' own journals, InfluxQL over HTTP, the records file by sqlite3.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from benchmarks.outage.chain import BATCH_MS, Chain, Vehicle
from benchmarks.outage.influxql import Store
from benchmarks.outage.receivers import read_journal
from benchmarks.outage.tally import Tally
from benchmarks.outage.verdict import Silence, StoredFix, UnitVerdict, judge, missing_numbers
from contract.retention import ONE_YEAR, TWO_MONTHS, RetentionClass

_NUMBERED = (("position", TWO_MONTHS), ("status", ONE_YEAR), ("health", ONE_YEAR))
"""The streams that a vehicle of this bench speaks, and where each is kept."""

_FAR_FUTURE_MS = 4_102_444_800_000

Explained = dict[tuple[str, str], list[tuple[int, int]]]
"""Ranges [start, end) that an agent named as lost, by (outbox, stream)."""


def inspect(chain: Chain, tally: Tally) -> dict[str, object]:
    """The sum over every vehicle since the data directory was made."""
    verdicts = [inspect_vehicle(chain, vehicle, tally) for vehicle in chain.vehicles]
    latest = [latest_faults(chain, vehicle) for vehicle in chain.vehicles]
    stale = [fault for faults in latest for fault in faults]
    return {
        "kills": tally.kills,
        "fixes": sum(v.journalled for v in verdicts),
        "stored": sum(v.stored for v in verdicts),
        "never_numbered": sum(v.never_numbered for v in verdicts),
        "dropped": sum(v.dropped for v in verdicts),
        "lost": sum(len(v.lost) for v in verdicts),
        "duplicated": sum(len(v.doubled) for v in verdicts),
        "invented": sum(len(v.invented) for v in verdicts),
        "wrong_position": sum(len(v.wrong) for v in verdicts),
        "missing_numbers": sum(len(v.missing_numbers) for v in verdicts),
        "disordered": sum(len(v.disordered) for v in verdicts),
        "latest_state_wrong": len(stale),
        "faults": [fault for v in verdicts for fault in examples(v)] + stale,
        "sound": all(v.sound for v in verdicts) and not stale,
    }


def inspect_vehicle(chain: Chain, vehicle: Vehicle, tally: Tally) -> UnitVerdict:
    """One vehicle's journal against its points and its numbers."""
    silences = [
        Silence(died_ms, listening_ms if listening_ms is not None else _FAR_FUTURE_MS)
        for died_ms, listening_ms in tally.silences(vehicle.name)
    ]
    journal = read_journal(vehicle.receiver.journal)
    points = stored_fixes(chain.store, vehicle.unit)
    if vehicle.is_twin:
        receiver = vehicle.receiver
        points = [
            point
            for point in points
            if (point.time_ns // 1_000_000 - receiver.phase_ms) % receiver.period_ms == 0
        ]
    explained = explained_numbers(chain.store, vehicle.unit)
    named = {
        outbox: ranges for (outbox, stream), ranges in explained.items() if stream == "position"
    }
    verdict = judge(vehicle.unit, journal, points, silences, BATCH_MS, named)
    verdict.missing_numbers = missing_numbers(stored_numbers(chain.store, vehicle.unit), explained)
    return verdict


def stored_fixes(store: Store, unit: str) -> list[StoredFix]:
    """Every position of a unit."""
    wanted = ("time", "latitude", "longitude", "outbox", "seq", "boot")
    rows = store.columns(
        TWO_MONTHS.database,
        f'SELECT {", ".join(wanted[1:])} FROM "position" WHERE {of_unit(unit)}',
        wanted,
    )
    return [
        StoredFix(int(time), float(lat), float(lon), outbox, int(seq), boot)
        for time, lat, lon, outbox, seq, boot in rows
    ]


def stored_numbers(
    store: Store, unit: str, streams: Sequence[tuple[str, RetentionClass]] = _NUMBERED
) -> dict[tuple[str, str], list[int]]:
    """Every number stored, by (outbox, stream)."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for stream, retention in streams:
        rows = store.columns(
            retention.database,
            f'SELECT seq, outbox FROM "{stream}" WHERE {of_unit(unit)}',
            ("seq", "outbox"),
        )
        for seq, outbox in rows:
            found[outbox, stream].append(int(seq))
    return found


def losses(store: Store, unit: str) -> list[dict[str, object]]:
    """What the agent said it had to give up: outbox, stream, start, end, cause."""
    rows = store.query(
        ONE_YEAR.database,
        f'SELECT "lost" FROM "status" WHERE {of_unit(unit)}',
    )
    return [loss for row in rows if row.get("lost") for loss in json.loads(row["lost"])]


def explained_numbers(store: Store, unit: str) -> Explained:
    """The reported losses as ranges."""
    found: Explained = defaultdict(list)
    for loss in losses(store, unit):
        key = (str(loss["outbox"]), str(loss["stream"]))
        found[key].append((int(str(loss["start"])), int(str(loss["end"]))))
    return found


def latest_faults(chain: Chain, vehicle: Vehicle) -> list[str]:
    """Whether the latest state the backend keeps is the newest point by measurement."""
    newest = max(stored_fixes(chain.store, vehicle.unit), default=None)
    kept = _latest_kept(chain.backend / "records.sqlite", vehicle.unit)
    if newest is None:
        return [] if kept is None else [f"{vehicle.unit}: a latest state and no point"]
    if kept is None:
        return [f"{vehicle.unit}: no latest state"]
    same = (
        kept["observed_ms"] == newest.time_ns // 1_000_000
        and abs(kept["latitude"] - newest.latitude) < 1e-6
        and abs(kept["longitude"] - newest.longitude) < 1e-6
    )
    return [] if same else [f"{vehicle.unit}: latest {kept['observed_ms']}, newest {newest}"]


def _latest_kept(path: Path, unit: str) -> dict[str, float] | None:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        row = connection.execute(
            "SELECT payload FROM latest_message WHERE unit = ? AND stream = 'position'", (unit,)
        ).fetchone()
    message: dict[str, float] | None = json.loads(row[0]) if row else None
    return message


def of_unit(unit: str) -> str:
    """The condition by which InfluxQL finds a unit's points."""
    kind, _, name = unit.partition("/")
    return f"\"kind\" = '{kind}' AND \"unit\" = '{name}'"


def examples(verdict: UnitVerdict, most: int = 3) -> list[str]:
    """The first few faults of each sort, for the report."""
    sorts: dict[str, Sequence[object]] = {
        "lost": verdict.lost,
        "doubled": verdict.doubled,
        "invented": verdict.invented,
        "wrong": verdict.wrong,
        "missing_numbers": verdict.missing_numbers,
        "disordered": verdict.disordered,
    }
    return [
        f"{verdict.unit} {sort}: {fault}"
        for sort, faults in sorts.items()
        for fault in faults[:most]
    ]
