"""The real agent of a door, put together as in the field but for the broker, and timed."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.failure import BenchFailed
from benchmarks.tap.cards import POINT, TERRITORY
from contract.clock import SystemClock
from contract.quantities import ClockSource
from contract.rights import CardKey
from edge.card_reader.core import DoorCore, DoorTimes
from edge.card_reader.guard import GuardedRelay
from edge.card_reader.mode_file import ModeFile
from edge.card_reader.screen.state import ScreenState, ScreenTexts
from edge.card_reader.service import DoorAgent
from edge.copass.durable_files import RealFiles
from edge.copass.proof import read_card
from edge.copass.station import Station, StationSettings
from edge.copass.taps import Outcome, Point, TapDesk
from edge.drivers.card_reader import CardChannel
from edge.drivers.gpio_fake import FakeChip
from edge.drivers.line_config import OutputLine
from edge.drivers.pn532 import Pn532Card, Pn532Reader
from edge.link.health import LinkHealth
from edge.link.reading import Reading

RELAY_LINE = 27
PULSE_MS = 100
_GUARD_WITHIN_S = 20.0
_CLOCK = SystemClock()


@dataclass(slots=True)
class Tap:
    """Moments of one tap in monotonic seconds, and what was spent in between."""

    listed_s: float = 0.0
    on_the_wire_s: float = 0.0
    """In the exchanges with the card."""
    proving_s: float = 0.0
    ended_s: float = 0.0
    outcome: Outcome | None = None


class Stopwatch:
    """The tap under way. Stands between reader, proof and desk, and changes nothing."""

    def __init__(self, reader: Pn532Reader) -> None:
        self.tap = Tap()
        self.done = asyncio.Event()
        self.listening = asyncio.Event()
        self._reader = reader

    # As a CardReader.

    async def next_card(self) -> Pn532Card:
        self.listening.set()
        card = await self._reader.next_card()
        self.listening.clear()
        self.tap = Tap(listed_s=_CLOCK.monotonic_s())
        return card

    async def removed(self, card: CardChannel) -> None:
        await self._reader.removed(card)

    @property
    def connected(self) -> bool:
        return self._reader.connected

    async def close(self) -> None:
        await self._reader.close()

    # As what proves a card.

    async def prove(self, channel: CardChannel, card: CardKey) -> object:
        begun_s = _CLOCK.monotonic_s()
        timed = _TimedChannel(channel)
        proven = await read_card(timed, card, TERRITORY, secrets.token_bytes)
        self.tap.proving_s = _CLOCK.monotonic_s() - begun_s
        self.tap.on_the_wire_s = timed.spent_s
        return proven

    def watch(self, desk: TapDesk) -> None:
        """Note the outcomes of `desk`."""
        decide = desk.tap

        async def tap(*arguments: object, **named: object) -> Outcome:
            outcome = await decide(*arguments, **named)  # type: ignore[arg-type]  # handed on
            self.tap.ended_s, self.tap.outcome = _CLOCK.monotonic_s(), outcome
            self.done.set()
            return outcome

        desk.tap = tap  # type: ignore[method-assign]  # the only place that knows the outcome


class _TimedChannel:
    def __init__(self, channel: CardChannel) -> None:
        self._channel = channel
        self.spent_s = 0.0

    @property
    def uid(self) -> bytes:
        return self._channel.uid

    @property
    def speaks(self) -> Literal["iso14443_4", "uid_only"]:
        return self._channel.speaks

    async def native(self, command: bytes) -> bytes:
        begun_s = _CLOCK.monotonic_s()
        answer = await self._channel.native(command)
        self.spent_s += _CLOCK.monotonic_s() - begun_s
        return answer


class NoLink:
    """The broker is away, the time is good: a village whose link has been down since yesterday."""

    def __init__(self) -> None:
        self.put_count = 0

    def put(self, reading: Reading) -> None:  # noqa: ARG002 - it would go to the outbox
        self.put_count += 1

    def mark(self, source: str) -> int:  # noqa: ARG002 - nothing was handed over before
        return 0

    def on_down(self, name: str, handler: Callable[[bytes], None]) -> None:
        """Nothing comes."""

    def on_health(self, source: Callable[[], dict[str, object]]) -> None:
        """Nobody asks."""

    def trusted_now(self) -> tuple[int, ClockSource] | None:
        return _CLOCK.now_ms(), "ntp"

    def health(self) -> LinkHealth:
        return LinkHealth(False, 0, None, None, "bench", 1)


@asynccontextmanager
async def running_door(
    directory: Path, port: str, key: bytes, chip: FakeChip
) -> AsyncIterator[tuple[Stopwatch, Station]]:
    """The agent at work on the reader at `port`, its relay on `chip`. Raises BenchFailed."""
    reader = Pn532Reader(port, _CLOCK, random.Random(1))  # noqa: S311 - waits of the back-off
    watch = Stopwatch(reader)
    settings = StationSettings(directory, TERRITORY, "bench", key)
    station = Station(settings, NoLink(), None, _CLOCK, watch.prove)
    watch.watch(station.desk)
    relay = GuardedRelay(chip.name, OutputLine(offset=RELAY_LINE), 1_000, _CLOCK)
    agent = DoorAgent(
        station,
        DoorCore(DoorTimes(pulse_ms=PULSE_MS)),
        Point(POINT),
        watch,
        None,
        relay,
        None,
        ScreenState(
            ScreenTexts(), station.timepiece.look, lambda: station.store.table, _CLOCK, "normal"
        ),
        ModeFile(directory / "mode", RealFiles()),
        _CLOCK,
    )
    works = [*agent.works(), *station.works()]
    tasks = [asyncio.create_task(run(), name=name) for name, run in works]
    try:
        await _until_held(chip)
        yield watch, station
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await reader.close()


async def _until_held(chip: FakeChip) -> None:
    end_s = _CLOCK.monotonic_s() + _GUARD_WITHIN_S
    while not chip.is_held(RELAY_LINE):
        if _CLOCK.monotonic_s() > end_s:
            raise BenchFailed("the guard of the relay did not take its line")
        await _CLOCK.sleep(0.02)
