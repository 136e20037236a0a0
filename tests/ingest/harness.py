"""An ingest pipeline on a fake time-series store and real records, fed by hand."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from backend.devices.ladder import LadderRules
from backend.ingest.commit import Moment
from backend.ingest.entry import Entry
from backend.ingest.housekeeping import Housekeeping
from backend.ingest.ledger import read_outbox
from backend.ingest.marks import Marks
from backend.ingest.outcome import Outcome
from backend.ingest.pipeline import Pipeline
from backend.ingest.routes import Routes
from backend.mqtt.packets import Message
from backend.records.open import open_records
from backend.records.transaction import reading
from backend.telemetry.fake import FakeTelemetry
from contract import codec
from contract.topics import Unit, uplink_topic
from contract.uplink import Alarm, Held, Hello, Position, Status, Tap, Will

TERRITORY = "lozere"
NOW_MS = 1_790_000_000_000
OUTBOX, OTHER_OUTBOX = "00000000000000aa", "00000000000000bb"
BOOT, NEXT_BOOT = "0000b001-00000001", "0000b002-00000001"
BUS = Unit("bus", "b1")


def sealed(stream: str, message: Any, unit: Unit = BUS) -> Message:
    """A message as the broker delivers it."""
    return raw(stream, codec.encode(message), unit)


def raw(stream: str, payload: bytes, unit: Unit = BUS) -> Message:
    return uplink_topic(TERRITORY, unit, stream).encode(), payload, b"\x00\x01"


def position(seq: int, unit: Unit = BUS, **fields: Any) -> Message:
    return sealed(
        "position", Position(**envelope(seq, **fields), latitude=44.5, longitude=3.5), unit
    )


def status(seq: int, unit: Unit = BUS, *, session: int = 1, **fields: Any) -> Message:
    own = {k: fields.pop(k) for k in ("state", "lost") if k in fields}
    message = Status(
        **{"state": "online"} | own, session=session, version="0.1.0", **envelope(seq, **fields)
    )
    return sealed("status", message, unit)


def alarm(seq: int, **fields: Any) -> Message:
    return sealed("alarm", Alarm(**envelope(seq, **fields), alarm="sos"))


def tap(seq: int, **fields: Any) -> Message:
    own = {k: fields.pop(k) for k in ("journal", "entry", "chain", "direction") if k in fields}
    message = Tap(
        **own,
        **envelope(seq, **fields),
        decision="granted",
        reason="granted",
        place="front",
        pseudonym="p-1234",
    )
    return sealed("tap", message)


def hello(
    unit: Unit = BUS,
    *,
    outbox: str = OUTBOX,
    boot: str = BOOT,
    session: int = 1,
    epoch: str | None = None,
    **streams: tuple[int, int, int],
) -> Message:
    """A hello; streams are (first, next, confirmed)."""
    held = {name: Held(first=f, next=n, confirmed=c) for name, (f, n, c) in streams.items()}
    message = Hello(
        outbox=outbox, boot=boot, session=session, version="0.1.0", epoch=epoch, streams=held
    )
    return sealed("status", message, unit)


def will(unit: Unit = BUS, *, boot: str = BOOT, session: int = 1) -> Message:
    return sealed("status", Will(boot=boot, session=session), unit)


def envelope(
    seq: int,
    *,
    outbox: str = OUTBOX,
    boot: str = BOOT,
    observed_ms: int | None = None,
    clock: str = "gnss",
    replayed: bool = False,
) -> dict[str, Any]:
    at_ms = NOW_MS - 600_000 + seq * 1_000 if observed_ms is None else observed_ms
    return {
        "outbox": outbox,
        "seq": seq,
        "boot": boot,
        "observed_ms": at_ms,
        "clock": clock,
        "replayed": replayed,
    }


@dataclass
class Harness:
    """`feed` is one batch; time moves when `now_ms` is changed."""

    engine: Engine
    telemetry: FakeTelemetry = field(default_factory=lambda: FakeTelemetry(has_spool=False))
    now_ms: int = NOW_MS

    def __post_init__(self) -> None:
        chance = random.Random(7)  # noqa: S311 - seeded, not secret
        self.pipeline = Pipeline(self.telemetry, self.engine, Routes(TERRITORY), chance)
        self.marks = Marks(self.telemetry, self.engine, chance)
        self.housekeeping = Housekeeping(self.engine, self.marks, LadderRules())
        self.marks.prepare()

    @classmethod
    def at(cls, directory: Path) -> Harness:
        return cls(open_records(f"sqlite:///{directory / 'records.sqlite'}"))

    def feed(self, *messages: Message) -> Outcome:
        return self.pipeline.process(messages, Moment(self.now_ms, self.now_ms))

    def check(self) -> list[str]:
        return self.housekeeping.check(self.now_ms, self.now_ms)

    def entry(self, stream: str = "position", outbox: str = OUTBOX, unit: Unit = BUS) -> Entry:
        with reading(self.engine) as connection:
            return read_outbox(connection, str(unit), outbox).get(stream, Entry())

    def epoch(self) -> str:
        return self.marks.prepare()

    def stored(self, stream: str = "position", unit: Unit = BUS) -> int:
        return sum(
            1
            for (_, s, kind, name, *_) in self.telemetry.points
            if (s, kind, name) == (stream, unit.kind, unit.name)
        )
