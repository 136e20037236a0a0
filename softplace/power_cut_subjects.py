"""The backend's files that must survive a power cut, for `bench outage` to cut.

This stands at the front door because a benchmark may not reach into the backend.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from typing import NamedTuple

import msgspec

from backend.telemetry.embedded import EmbeddedTelemetry
from backend.telemetry.model import Row
from backend.telemetry.points import point_of
from backend.telemetry.spool import Spool
from backend.telemetry.sqlite_file import connect_sqlite
from backend.telemetry.tables import Table
from benchmarks.power_cut.outbox_subject import OutboxSubject
from benchmarks.power_cut.runner import Findings, Subject
from benchmarks.power_cut.tap_subject import TapSubject
from benchmarks.power_cut.vfs import Connect, Recorder
from contract.clock import ManualClock
from contract.streams import BY_NAME
from contract.topics import Unit
from contract.uplink import Envelope

_T0_MS = 1_790_000_000_000
_NOW_MS = _T0_MS + 10**9
"""Later than every row and long before any retention ends."""


class Written(NamedTuple):
    """The write of these rows has returned."""

    rows: tuple[Row, ...]


class Attempted(NamedTuple):
    """These rows are about to be written."""

    rows: tuple[Row, ...]


class Marked(NamedTuple):
    """The mark has been written."""

    number: int
    epoch: str


class Rows:
    """Rows of three units, no two alike."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def batch(self) -> tuple[Row, ...]:
        """What one commit of the ingest may bring."""
        return tuple(self._row() for _ in range(self._random.choice((1, 5, 60))))

    def _row(self) -> Row:
        random = self._random
        stream = random.choice(("position", "position", "position", "alarm"))
        observed_ms, seq = _T0_MS + random.randint(0, 10**9), random.randint(1, 10**9)
        body: dict[str, object] = {"latitude": random.random(), "longitude": random.random()}
        if stream == "alarm":
            body = {"alarm": "sos", "detail": "x" * random.randint(0, 200)}
        envelope = {
            "outbox": f"{random.getrandbits(64):016x}",
            "seq": seq,
            "boot": "0000000a-0000000b",
            "observed_ms": observed_ms,
            "clock": "gnss",
        }
        message: Envelope = msgspec.convert(envelope | body, BY_NAME[stream].message)
        return Row(
            kind="bus",
            unit=f"b{random.randint(1, 3)}",
            stream=stream,
            database=BY_NAME[stream].retention.database,
            time_ns=observed_ms * 1_000_000 + seq % 1_000_000,
            message=message,
        )


class EmbeddedSubject:
    """The embedded time-series store: a write that has returned is there for good."""

    name = "embedded store"
    steps = 12

    def work(
        self, directory: Path, connect: Connect, recorder: Recorder, steps: int, random: Random
    ) -> None:
        """Write batches and marks, and reopen now and then."""
        rows = Rows(random)
        store = self._opened(directory, connect)
        for _ in range(steps):
            move = random.random()
            if move < 0.08:
                store.close()
                store = self._opened(directory, connect)
            elif move < 0.2:
                number, epoch = random.randint(1, 10**6), f"{random.getrandbits(64):016x}"
                store.mark(number, epoch, _T0_MS)
                recorder.say(Marked(number, epoch))
            else:
                batch = rows.batch()
                recorder.say(Attempted(batch))
                store.write(batch)
                recorder.say(Written(batch))
        store.close()

    def inspect(self, directory: Path, said: Sequence[object]) -> Findings:
        """Open with the real code and compare every row with what was promised."""
        store = EmbeddedTelemetry(directory / "telemetry.sqlite", ManualClock(_NOW_MS))
        with closing(store):
            store.prepare()
            return compare(store, directory / "telemetry.sqlite", said)

    def _opened(self, directory: Path, connect: Connect) -> EmbeddedTelemetry:
        store = EmbeddedTelemetry(directory / "telemetry.sqlite", ManualClock(_NOW_MS), connect)
        store.prepare()
        return store


def compare(store: EmbeddedTelemetry, path: Path, said: Sequence[object]) -> Findings:
    """Every written row is there as it was; none is there that was never attempted."""
    findings = Findings()
    promised = {_key(row): row for what in said if isinstance(what, Written) for row in what.rows}
    attempted = {_key(row) for what in said if isinstance(what, Attempted) for row in what.rows}
    found: set[tuple[object, ...]] = set()
    for stream in ("position", "alarm"):
        table = Table(BY_NAME[stream].retention.database, stream)
        with closing(sqlite3.connect(path)) as connection:
            rows = connection.execute(
                f"SELECT kind, unit, time_ns, outbox FROM {table.name}"  # noqa: S608 - our own names
            ).fetchall()
        keys = [(stream, *row) for row in rows]
        findings.doubled += len(keys) - len(set(keys))
        found |= set(keys)
    findings.lost += len(promised.keys() - found)
    findings.corrupt += len(found - attempted)
    for row in list(promised.values())[-3:]:
        unit = Unit(row.kind, row.unit)
        newest = store.newest(row.database, row.stream, unit)
        rivals = [r for r in promised.values() if (r.unit, r.stream) == (row.unit, row.stream)]
        best = max(rivals, key=lambda r: r.time_ns)
        if newest is not None and newest["time_ns"] == best.time_ns:
            findings.corrupt += newest != point_of(best)
    marks = [what for what in said if isinstance(what, Marked)]
    if marks:
        findings.lost += store.last_mark() is None
    return findings


def _key(row: Row) -> tuple[object, ...]:
    return (row.stream, row.kind, row.unit, row.time_ns, row.message.outbox)


class SpoolSubject:
    """The ingest's spool: what it has taken it gives out until it is told to forget it."""

    name = "spool"
    steps = 20

    def work(
        self, directory: Path, connect: Connect, recorder: Recorder, steps: int, random: Random
    ) -> None:
        """Append, hand out, settle, and reopen now and then."""
        spool = self._opened(directory, connect)
        for _ in range(steps):
            move = random.random()
            if move < 0.08:
                spool.close()
                spool = self._opened(directory, connect)
            elif move < 0.3:
                self._settle(spool, recorder, random)
            else:
                self._append(spool, recorder, random)
        spool.close()

    def inspect(self, directory: Path, said: Sequence[object]) -> Findings:
        """Drain what is left with the real code and compare it with what was promised."""
        findings = Findings()
        kept = Counter(line for what in said if isinstance(what, Kept) for line in what.lines)
        offered = Counter(line for what in said if isinstance(what, Offered) for line in what.lines)
        settling = {line for what in said if isinstance(what, Settling) for line in what.lines}
        settled = {line for what in said if isinstance(what, Settled) for line in what.lines}
        with closing(self._opened(directory, connect_sqlite)) as spool:
            refused = {entry.line for entry in spool.refused()}
            found: Counter[bytes] = Counter()
            while (waiting := spool.oldest(10_000)) is not None:
                found.update(waiting.lines)
                spool.settle(waiting, {})
            findings.corrupt += spool.rows != 0
        findings.lost += len(kept.keys() - found.keys() - settling)
        findings.doubled += sum(count > 1 for count in found.values()) + len(settled & found.keys())
        findings.corrupt += len(found.keys() - offered.keys())
        must_be_refused = {
            line for what in said if isinstance(what, Settled) for line in what.refused
        }
        findings.lost += len(must_be_refused - refused)
        return findings

    def _append(self, spool: Spool, recorder: Recorder, random: Random) -> None:
        batches = [
            (database, [f"m x={random.getrandbits(64)}i" for _ in range(random.choice((1, 9, 90)))])
            for database in random.sample(("softplace_1_year", "softplace_2_months"), k=2)
        ]
        lines = tuple(line.encode() for _, texts in batches for line in texts)
        recorder.say(Offered(lines))
        spool.append(batches)
        recorder.say(Kept(lines))

    def _settle(self, spool: Spool, recorder: Recorder, random: Random) -> None:
        waiting = spool.oldest(random.choice((1, 100, 1_000)))
        if waiting is None:
            return
        refused = {line: "refused" for line in waiting.lines if random.random() < 0.05}
        recorder.say(Settling(tuple(waiting.lines)))
        spool.settle(waiting, refused)
        recorder.say(Settled(tuple(waiting.lines), tuple(refused)))

    def _opened(self, directory: Path, connect: Connect) -> Spool:
        return Spool(directory / "spool.sqlite", 10**9, ManualClock(_NOW_MS), connect)


class Offered(NamedTuple):
    """These lines are about to be given to the spool."""

    lines: tuple[bytes, ...]


class Kept(NamedTuple):
    """The spool has said that it keeps these lines."""

    lines: tuple[bytes, ...]


class Settling(NamedTuple):
    """The spool is about to be told to forget these lines."""

    lines: tuple[bytes, ...]


class Settled(NamedTuple):
    """It has been told, and keeps the refused ones for people."""

    lines: tuple[bytes, ...]
    refused: tuple[bytes, ...]


SUBJECTS: tuple[Subject, ...] = (
    OutboxSubject(),
    TapSubject(),
    SpoolSubject(),
    EmbeddedSubject(),
)
"""Every file whose loss would be a loss."""
