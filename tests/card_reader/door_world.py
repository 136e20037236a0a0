"""A door without hardware: real agent, real guard logic, real journal; its world is made up.

Time is manual. The relay is the guard's own `RelayTimer` on a wire that can be looked at; the
disk is a directory; the outbox is a `FakeLink` that outlives the agent, as a synced file does.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from contract.clock import ManualClock
from contract.rights import CardKey, Snapshot
from edge.card_reader.core import DoorCore, DoorTimes
from edge.card_reader.mode_file import ModeFile
from edge.card_reader.relay_guard import RelayTimer
from edge.card_reader.screen.state import ScreenState, ScreenTexts
from edge.card_reader.service import DoorAgent
from edge.copass.decision import Direction, Policy
from edge.copass.proof.errors import NotAuthentic
from edge.copass.station import Station, StationSettings
from edge.copass.taps import Point
from edge.drivers.card_reader import CardChannel
from edge.drivers.errors import CardGone
from edge.drivers.lines import Edge
from edge.link.link_fake import FakeLink
from tests.copass.disks import Disk, PowerCut
from tests.copass.rights_made import NOON_MS, key_of, uid_of
from tests.copass.territory import TERRITORY, frames, opener

LONGEST_S = 10.0
POLICY = Policy(clockless_limit_ms=10 * 3_600_000)


class Outbox(FakeLink):
    """Survives the agent; the time it tells is the world's."""

    def __init__(self) -> None:
        super().__init__()
        self.told: Callable[[], Any] = lambda: None

    def trusted_now(self):
        return self.told()


class Wire:
    """The relay as a meter shows it."""

    def __init__(self) -> None:
        self.active = False

    def set(self, line: str, *, active: bool) -> None:
        assert line == "relay"
        self.active = active

    def close(self) -> None:
        self.active = False


class Lock:
    """`Relay`: the guard's timer, served by the world's clock instead of a process."""

    def __init__(self, clock: ManualClock) -> None:
        self.wire = Wire()
        self.orders: list[tuple[float, int]] = []
        self._clock = clock
        self._timer = self._new_guard()

    def open(self, ms: int) -> None:
        self.orders.append((self._clock.monotonic_s(), ms))
        self._timer.order(f"open {ms}", self._clock.monotonic_s())

    def close(self) -> None:
        self._timer.order("close", self._clock.monotonic_s())

    def on_fault(self, told: Callable[[bool], None]) -> None:
        """Nothing fails here."""

    def keep(self) -> None:
        self._timer.keep(self._clock.monotonic_s())

    def due_s(self) -> float | None:
        return self._timer.due_s()

    def end_of_file(self) -> None:
        """The guard ends with its agent; the next agent starts another."""
        self._timer.let_go()
        self._timer = self._new_guard()

    def _new_guard(self) -> RelayTimer:
        return RelayTimer(self.wire, LONGEST_S, lambda _word: None)

    async def run(self) -> None:
        await asyncio.get_running_loop().create_future()


Answers = Callable[[bytes], bytes | None]


class Card:
    """A card that answers native commands, or `uid_only`; None is a card taken away."""

    def __init__(self, uid: bytes, answers: Answers | None) -> None:
        self.uid = uid
        self.speaks = "uid_only" if answers is None else "iso14443_4"
        self._answers = answers
        self.is_there = True

    async def native(self, command: bytes) -> bytes:
        answer = self._answers(command) if self.is_there and self._answers else None
        if answer is None:
            raise CardGone
        return answer


class Field:
    """A reader head at which one card lies or none."""

    def __init__(self) -> None:
        self.connected = True
        self._card: Card | None = None
        self._given: Card | None = None
        self._changed = asyncio.Event()

    def put(self, card: Card | None) -> None:
        if self._card is not None:
            self._card.is_there = False
        self._card = card
        self._tell()

    def plug(self, *, connected: bool) -> None:
        self.connected = connected
        self._tell()

    async def next_card(self) -> Card:
        while not self.connected or self._card is None or self._card is self._given:
            await self._changed.wait()
        self._given = self._card
        return self._card

    async def removed(self, card: Card) -> None:
        while self.connected and self._card is card:
            await self._changed.wait()

    async def close(self) -> None:
        self.connected = False

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


async def prove(channel: CardChannel, card: CardKey) -> None:
    """A card tells its key here; the real proof has tests of its own."""
    if await channel.native(b"key") != card.key:
        raise NotAuthentic("key_refused")


async def at_once(work: Callable[[], Any]) -> Any:
    return work()


class World:
    """One door and everything around it."""

    def __init__(
        self,
        directory: Path,
        direction: Direction | None = None,
        policy: Policy = POLICY,
        proof: Callable[[CardChannel, CardKey], Awaitable[object]] | None = None,
        **point: Any,
    ) -> None:
        self.proof = proof or prove
        self.key = bytes(32)
        """Of the files at rest: the board's."""
        self.directory = directory
        self.policy = policy
        self.point = Point("door", direction, **point)
        self.disk = Disk()
        self.link = Outbox()
        self.link.told = self._told
        self.utc_ms = NOON_MS
        self.has_clock = True
        self.boots = 0
        self.agent: DoorAgent | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.clock = ManualClock(NOON_MS)
        self.reader = Field()
        self.lock = Lock(self.clock)
        self.torn = False

    # Machine and program.

    async def boot(self) -> None:
        """Power: everything anew but the disk and the outbox."""
        self.boots += 1
        self.torn = False
        self.disk.power_up()
        self.clock = ManualClock(self.utc_ms)
        self.lock = Lock(self.clock)
        self.reader = Field()
        await self.start()

    async def start(self) -> None:
        settings = StationSettings(
            self.directory, TERRITORY, f"{self.boots:08x}", self.key, self.policy
        )
        station = Station(
            settings,
            self.link,
            opener(),
            self.clock,
            self.proof,
            self.disk,
            _drawn,
            at_once,
        )
        modes = ModeFile(self.directory / "mode", self.disk)
        mode = modes.read()
        texts = ScreenTexts("fr", "Coworking de Mende", "04 65 71 00 12")
        self.agent = DoorAgent(
            station,
            DoorCore(DoorTimes(), mode),
            self.point,
            self.reader,
            None,
            self.lock,
            None,
            ScreenState(
                texts, station.timepiece.look, lambda: station.store.table, self.clock, mode
            ),
            modes,
            self.clock,
        )
        works = [*self.agent.works(), *station.works()]
        self._tasks = [asyncio.create_task(self._guarded(run())) for _name, run in works]
        await self.settle()

    async def die(self) -> None:
        """kill -9: nothing is written any more, and the guard's input ends."""
        is_plugged = self.reader.connected
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        self.agent = None
        self.lock.end_of_file()
        self.reader = Field()
        self.reader.plug(connected=is_plugged)

    async def power_cut(self, dark_s: float = 0.0, *, keeps_clock: bool = False) -> None:
        await self.die()
        self.utc_ms += int(dark_s * 1_000)
        self.has_clock = keeps_clock
        await self.boot()

    # What happens around it.

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, the guard's timer punctual within it."""
        left_s = seconds
        while left_s > 0:
            due_s = self.lock.due_s()
            now_s = self.clock.monotonic_s()
            step_s = left_s if due_s is None else min(max(due_s - now_s, 0.0), left_s)
            await self.clock.advance(step_s)
            self.utc_ms += int(step_s * 1_000)
            left_s -= step_s
            self.lock.keep()
            if step_s == 0.0 and self.lock.due_s() == due_s:
                break

    async def tap(self, name: str, *, key: str | None = None, leaves: bool = True) -> None:
        """A card is held to the reader; `key` says whose key it knows, None: its own."""
        secret = key_of(name if key is None else key)
        await self.hold(uid_of(name), lambda _command: secret, leaves=leaves)

    async def hold(self, uid: bytes, answers: Answers | None, *, leaves: bool = True) -> None:
        """Any card is held to the reader."""
        self.reader.put(Card(uid, answers))
        await self.settle()
        if leaves:
            await self.remove()

    async def remove(self) -> None:
        self.reader.put(None)
        await self.settle()

    async def wire(self, line: str, *, active: bool) -> None:
        if self.agent is not None:
            self.agent.wire(Edge(line, active, 0))
        await self.settle()

    async def send(self, snapshot: Snapshot) -> None:
        for frame in frames(snapshot):
            self.link.tell("rights", frame)
        await self.settle()

    async def settle(self) -> None:
        await self.clock.advance(0.0)

    # What is asked about it.

    @property
    def is_released(self) -> bool:
        return self.lock.wire.active

    @property
    def taps(self) -> list[dict[str, Any]]:
        return [dict(reading.body) for reading in self.link.of("tap")]

    @property
    def alarms(self) -> list[tuple[str, str]]:
        bodies = [reading.body for reading in self.link.of("alarm")]
        return [(body["alarm"], body.get("state", "raised")) for body in bodies]

    def _told(self):
        return (self.utc_ms, "ntp") if self.has_clock else None

    async def _guarded(self, work) -> None:
        try:
            await work
        except PowerCut:
            self.torn = True


_chance = random.Random(20261124)  # noqa: S311 - ids and nonces of a test
_drawn = _chance.randbytes
