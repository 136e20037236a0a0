"""The ingest: everything units say, stored exactly once and confirmed to them.

The event loop receives, acknowledges and publishes; one worker thread stores. A batch goes
through store, ledger, PUBACK, `stored`, feed, in this order, so that a death anywhere means a
redelivery and a redelivery has no effect.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random
from typing import TypeVar

from sqlalchemy import Engine

from backend.ingest.commit import Moment
from backend.ingest.debounce import Debounce
from backend.ingest.decide import accepted_of
from backend.ingest.errors import StoreAway
from backend.ingest.housekeeping import SAID, Housekeeping
from backend.ingest.inbox import Batch, Inbox
from backend.ingest.marks import Marks
from backend.ingest.outcome import Outcome, Spoken
from backend.ingest.pipeline import Pipeline
from backend.ingest.routes import Routes
from backend.ingest.settings import IngestSettings
from backend.ingest.stats import IngestStats
from backend.ingest.subscriber import open_session, say_all, say_stored
from backend.live.subscription import AcceptedFeed
from backend.mqtt.backoff import Backoff
from backend.mqtt.packets import Message
from backend.telemetry.model import TelemetryStore
from contract.backend import AcceptedBatch
from contract.clock import Clock, SystemClock
from contract.crash_points import ACKNOWLEDGED_NOT_CONFIRMED, reach

__all__ = ["Ingest", "IngestSettings"]

T = TypeVar("T")

COLLECT_AFTER_OBJECTS = 100_000
"""A batch makes some ten thousand tuples and no cycle. Python's collector, left at 700 objects,
walks them again and again, for a tenth of all the time the ingest takes."""

_log = logging.getLogger("softplace.ingest")


class Ingest:
    """One worker.

    Args:
        settings: the broker, the territory, patience.
        telemetry: where rows go; used from one thread of ours.
        records: ledger, sessions, latest state.
        feed: where accepted messages go on to.
        clock: dates what is received; may be simulated.
        random: jitter and epochs.
        timer: real time, for waits and deadlines.
    """

    def __init__(
        self,
        settings: IngestSettings,
        telemetry: TelemetryStore,
        records: Engine,
        feed: AcceptedFeed,
        clock: Clock,
        random: Random,
        timer: Clock | None = None,
    ) -> None:
        self._settings = settings
        self._telemetry = telemetry
        self._feed = feed
        self._clock = clock
        self._timer = timer or SystemClock()
        self._random = random
        self._pipeline = Pipeline(
            telemetry,
            records,
            Routes(settings.territory, settings.retention_override),
            random,
        )
        self._session = open_session(settings, self._received, self._connected, self._timer, random)
        self._inbox = Inbox(settings, self._session.hold, self._session.release)
        self._debounce = Debounce(settings.confirm_after_s)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="ingest")
        self._stats = IngestStats()
        self._lag_ms = 0
        self._settled_ms = 0
        self._republish = asyncio.Event()
        self._epoch_drawn = False
        self._away: str | None = None
        self._housekeeping = Housekeeping(
            records, Marks(telemetry, records, random), settings.ladder
        )
        self.ready = asyncio.Event()
        """Set when units' messages are received for the first time."""

    async def run(self) -> None:
        """Ingest until cancelled. Raises TelemetryRefused where the store never will work."""
        settings = self._settings
        gc.set_threshold(COLLECT_AFTER_OBJECTS, *gc.get_threshold()[1:])
        try:
            await self._in_worker(self._telemetry.prepare)
            await self._patiently(self._housekeeping.prepare)
            await self._mark()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._session.run(), name="ingest-session")
                group.create_task(self._pump(), name="ingest-pump")
                group.create_task(self._confirm_steadily(), name="ingest-confirm")
                group.create_task(self._republish_all(), name="ingest-republish")
                for name, seconds, work in (
                    ("gaps", settings.gap_check_s, self._check),
                    ("marks", settings.mark_s, self._mark),
                    ("prune", settings.prune_s, self._prune),
                ):
                    group.create_task(self._every(seconds, work), name=f"ingest-{name}")
        finally:
            self._worker.shutdown(wait=True)

    def stats(self) -> IngestStats:
        """Counters as of now."""
        stats = self._stats
        stats.connected = self._session.connected
        stats.trouble = self._away or self._session.trouble
        stats.waiting = len(self._inbox)
        return stats

    def _received(self, generation: int, messages: list[Message]) -> None:
        self._stats.received += len(messages)
        self._inbox.put(generation, self._clock.now_ms(), messages)

    def _connected(self, _session_present: bool) -> None:
        # The broker may have lost what it retained, and a restored one may have old words.
        self._republish.set()
        self.ready.set()

    async def _pump(self) -> None:
        while True:
            batch = await self._inbox.take()
            moment = Moment(batch.received_ms, self._timer.now_ms())
            outcome = await self._patiently(partial(self._pipeline.process, batch.messages, moment))
            await self._tell(batch, outcome)

    async def _tell(self, batch: Batch, outcome: Outcome) -> None:
        """Acknowledge, confirm and hand on: all that may not happen before the commit."""
        ids = [message[2] for message in batch.messages if message[2]]
        self._session.acknowledge(batch.generation, ids)
        reach(ACKNOWLEDGED_NOT_CONFIRMED)
        self._stats.count(outcome)
        self._lag_ms = outcome.lag_ms
        self._settled_ms = outcome.received_ms
        for notice in outcome.notices:
            _log.warning("%s", notice)
        for unit, stored in outcome.answers:
            say_stored(self._session, self._settings.territory, unit, stored, retained=True)
        self._debounce.touch(outcome.touched - outcome.urgent, self._timer.monotonic_s())
        if outcome.epoch_drawn:
            self._epoch_drawn = True
            self._republish.set()
        accepted = tuple(
            message
            for verdict in outcome.verdicts
            for message in accepted_of(verdict, outcome.received_ms)
        )
        if accepted or outcome.lost_contact:
            self._feed.publish(
                AcceptedBatch(accepted=accepted, lost_contact=tuple(outcome.lost_contact))
            )
        if outcome.urgent:
            self._debounce.forget(outcome.urgent)
            await self._confirm(outcome.urgent)
        await self._session.drained()

    async def _confirm(self, spoken: set[Spoken] | None, issued_ms: int | None = None) -> None:
        as_of_ms = self._as_of_ms() if issued_ms is None else issued_ms
        confirmations = await self._patiently(
            lambda: self._pipeline.confirmations(spoken, as_of_ms)
        )
        territory = self._settings.territory
        self._stats.confirmations += say_all(self._session, territory, confirmations)

    def _as_of_ms(self) -> int:
        """The time of which a confirmation speaks.

        A unit sends again what a confirmation issued a minute after its sending lacks. While
        messages wait with us or at the broker, that must be no later than the newest message
        settled was sent, or every unit would send all the waiting ones again.
        """
        waiting = len(self._inbox) or self._away
        newest_ms = self._settled_ms if waiting else self._clock.now_ms()
        return max(newest_ms - self._lag_ms, 0)

    async def _confirm_steadily(self) -> None:
        while True:
            await self._timer.sleep(self._settings.confirm_after_s / 8)
            due = self._debounce.due(self._timer.monotonic_s())
            if due:
                await self._confirm(due)

    async def _republish_all(self) -> None:
        while True:
            await self._republish.wait()
            self._republish.clear()
            # What came while we were away waits at the broker: nobody shall send it again
            # because a confirmation that lacks it looks new. A new epoch is news, though.
            as_of_ms = await self._patiently(self._pipeline.as_of_ms)
            await self._confirm(None, None if self._epoch_drawn else as_of_ms)
            self._epoch_drawn = False

    async def _check(self) -> None:
        now_ms, real_ms = self._clock.now_ms(), self._timer.now_ms()
        for notice in await self._patiently(lambda: self._housekeeping.check(now_ms, real_ms)):
            _log.warning("%s", notice)
        self._stats.spooled = await self._in_worker(self._telemetry.spooled)

    async def _mark(self) -> None:
        now_ms, real_ms = self._clock.now_ms(), self._timer.now_ms()
        finding = await self._patiently(lambda: self._housekeeping.mark(now_ms, real_ms))
        if finding in SAID:
            _log.warning("%s", SAID[finding])
            self._epoch_drawn = True
            self._republish.set()

    async def _prune(self) -> None:
        now_ms = self._clock.now_ms()
        await self._patiently(lambda: self._housekeeping.prune(now_ms))

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._timer.sleep(seconds)
            await work()

    async def _in_worker(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)

    async def _patiently(self, work: Callable[[], T]) -> T:
        """Do it in the worker, again and again while a store is away; said once, healed once."""
        backoff = Backoff(self._random, least_s=0.1, most_s=2.0)
        while True:
            try:
                result = await self._in_worker(work)
            except StoreAway as away:
                if self._away is None:
                    _log.error("store_away: %s", away)
                self._away = str(away)
                await self._timer.sleep(backoff.next_s())
                continue
            if self._away is not None:
                _log.info("store_back")
                self._away = None
            return result
