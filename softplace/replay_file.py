"""One recording through the real agent: receiver on a pty, outbox, link; and what became of it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from contract.clock import Clock
from contract.topics import Unit
from edge.drivers.nmea_fake import FakeReceiver
from edge.drivers.nmea_serial import NmeaSerialSource
from edge.drivers.plausible_dates import REPLAY_DATES
from edge.drivers.position_source import Fix, SourceCounters
from edge.link.health import StreamCounts
from edge.link.service import Link
from edge.truck_agent.config import TruckAgentConfig
from edge.truck_agent.service import TruckAgent
from softplace.failure import CommandFailed
from softplace.recording import Piece
from softplace.replay_chain import TERRITORY, Chain

BAUD = 115_200
REMEMBERED_EPOCHS = 1_000_000
"""A recording is looked at as a whole: a moment that comes again is never new."""
BATCH_S = 0.05
LOOK_S = 0.01
PATIENCE_S = 60.0
"""Without any progress for so long, something is broken; with progress nothing is too slow."""


@dataclass(slots=True)
class Seen:
    """The source, and what it told, for the report."""

    source: NmeaSerialSource
    first_ms: int | None = None
    last: Fix | None = None

    async def fixes(self) -> AsyncIterator[Fix]:
        """The fixes of the source, noted."""
        async with aclosing(self.source.fixes()) as stream:  # type: ignore[type-var]  # a generator
            async for fix in stream:
                self.first_ms = min(self.first_ms or fix.observed_ms, fix.observed_ms)
                if self.last is None or fix.observed_ms > self.last.observed_ms:
                    self.last = fix
                yield fix

    def counters(self) -> SourceCounters:
        """The counters of the source."""
        return self.source.counters()


class Replay:
    """The playing of one recording."""

    def __init__(
        self,
        name: str,
        unit: Unit,
        directory: Path,
        chain: Chain,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        self._name = name
        self._unit = unit
        self._chain = chain
        self._clock = clock
        config = TruckAgentConfig(
            territory=TERRITORY,
            unit=unit,
            broker=chain.broker,
            outbox_path=directory / "outbox.db",
            machine_serial=f"replay-{unit}",
            batch_s=BATCH_S,
            interval_s=0.0,
            health_interval_s=0.0,
        )
        self._receiver = FakeReceiver()
        source = NmeaSerialSource(
            self._receiver.port, BAUD, clock, chance, REPLAY_DATES, REMEMBERED_EPOCHS
        )
        self._seen = Seen(source)
        link = Link(config.link_settings(), TERRITORY, unit, clock, chance, "replay")
        self._agent = TruckAgent(config, self._seen, link, clock)

    async def play(self, pieces: list[Piece], *, paced: bool) -> dict[str, object]:
        """The report of the recording once everything of it is confirmed and counted."""
        before = await self._chain.stored(self._unit)
        running = asyncio.create_task(self._agent.run(), name=f"agent-{self._unit}")
        try:
            await self._until(running, lambda: self._counters.connected, "the port is opened")
            await self._send(pieces, paced=paced)
            sent = self._receiver.bytes_sent
            await self._until(
                running, lambda: self._counters.bytes_received == sent, "every byte is read"
            )
            self._receiver.unplug()
            await self._until(running, self._is_taken, "every fix is taken")
            await self._until(running, self._is_confirmed, "every position is confirmed")
            return await self._report(before)
        finally:
            self._receiver.close()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    @property
    def _counters(self) -> SourceCounters:
        return self._seen.counters()

    @property
    def _positions(self) -> StreamCounts:
        return self._agent.link.health().streams.get("position", StreamCounts())

    def _is_taken(self) -> bool:
        counters = self._counters
        return not counters.connected and self._agent.taken == counters.fixes

    def _is_confirmed(self) -> bool:
        return self._positions.confirmed >= self._agent.published

    async def _send(self, pieces: list[Piece], *, paced: bool) -> None:
        if not paced:
            await self._receiver.send(b"".join(piece.data for piece in pieces))
            return
        for piece in pieces:
            if piece.pause_s > 0:
                await self._clock.sleep(piece.pause_s)
            await self._receiver.send(piece.data)

    async def _until(
        self, running: asyncio.Task[None], condition: Callable[[], bool], what: str
    ) -> None:
        """Wait until it holds; give up where nothing moves. Raises what the agent raises."""
        progress: object = None
        moved_s = self._clock.monotonic_s()
        while not condition():
            if running.done():
                running.result()
            now_s = self._clock.monotonic_s()
            here = (self._counters.bytes_received, self._agent.taken, self._positions.confirmed)
            if here != progress:
                progress, moved_s = here, now_s
            elif now_s - moved_s > PATIENCE_S:
                trouble = self._chain.ingest.stats().trouble or "nothing says why"
                raise CommandFailed(
                    f"{self._name}: waited {PATIENCE_S:.0f} s until {what} ({trouble})"
                )
            await self._clock.sleep(LOOK_S)

    async def _report(self, before: int) -> dict[str, object]:
        counters, positions = self._counters, self._positions
        entry = await self._chain.entry(self._unit, self._agent.link.health().outbox_id)
        last = self._seen.last
        return {
            "file": self._name,
            "unit": str(self._unit),
            "sentences": counters.sentences,
            "used": counters.used,
            "ignored": counters.ignored,
            "rejected": dict(counters.rejected),
            "noise_bytes": counters.noise_bytes,
            "fixes": counters.fixes,
            "published": positions.published,
            "acknowledged": positions.acknowledged,
            "stored": await self._stored(before, counters.fixes),
            "duplicates": entry.duplicates,
            "gaps": entry.missing,
            "first_fix_ms": self._seen.first_ms,
            "last_fix_ms": last and last.observed_ms,
            "last": last and {"lat": round(last.latitude, 7), "lon": round(last.longitude, 7)},
        }

    async def _stored(self, before: int, wanted: int) -> int:
        """Rows of this run in the store, once the ingest's spool has drained into it."""
        end_s = self._clock.monotonic_s() + PATIENCE_S
        while True:
            stored = await self._chain.stored(self._unit) - before
            drained = self._chain.ingest.stats().spooled == 0
            if stored == wanted or drained or self._clock.monotonic_s() > end_s:
                return stored
            await self._clock.sleep(LOOK_S)
