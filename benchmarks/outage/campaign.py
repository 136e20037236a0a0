"""A thousand deaths: programs killed at named points and at random, links cut, alone and together.

Agents and the ingest live one life after another, nearly each armed to die at a named point.
When one dies there, broker, store and link may die in the same moment; they also die alone.
Every so often nobody is killed, everything is waited for, and the store is judged.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from benchmarks.outage.chain import Chain, Vehicle
from benchmarks.outage.children import Child, until
from benchmarks.outage.dice import DOOR, Dice
from benchmarks.outage.door import Door
from benchmarks.outage.door_inspection import inspect_doors
from benchmarks.outage.inspection import inspect
from benchmarks.outage.tally import (
    AGENT,
    BROKER,
    INFLUXD,
    INGEST,
    LINK,
    Death,
    Interruption,
    Listening,
    Tally,
)

AGENT_LIFE_S = 20.0
INGEST_LIFE_S = 6.0
CHECK_EVERY = 50
_OTHERS_EVERY_S = 1.5
_MOST_DOWN_S = {AGENT: 1.0, INGEST: 0.6, BROKER: 1.5, INFLUXD: 2.5, LINK: 3.0}
"""Longest time something stays dead before it is started again."""

Say = Callable[[str], None]
Unit = Vehicle | Door


class Campaign:
    """Kills until the tally has `kills` of this seed, or the time is over."""

    def __init__(
        self, chain: Chain, tally: Tally, seed: int, kills: int, deadline_s: float, say: Say
    ) -> None:
        self._chain = chain
        self._tally = tally
        self._dice = Dice(seed, skip=sum(d.seed == seed for d in tally.deaths))
        self._kills = kills
        self._deadline = time.monotonic() + deadline_s
        self._say = say
        self._group = max((d.group for d in tally.deaths), default=0)
        self._killing = asyncio.Event()
        self._over = asyncio.Event()
        self._finishing = False
        self._down: set[str] = set()
        self._pending: set[asyncio.Task[None]] = set()
        self.crashes: list[str] = []
        """Programs that ended without being killed, with their last words."""

    async def run(self) -> None:
        """Kill and judge; returns when both are done."""
        chain = self._chain
        self._note_interruption()
        self._killing.set()
        chain.talk()
        async with asyncio.TaskGroup() as group:
            lives = [
                group.create_task(self._lives(AGENT, unit.name, unit.agent, AGENT_LIFE_S, unit))
                for unit in chain.units
            ]
            lives.append(
                group.create_task(self._lives(INGEST, INGEST, chain.ingest, INGEST_LIFE_S))
            )
            others = group.create_task(self._others())
            await self._direct()
            self._finishing = True
            await self._check()
            self._over.set()
            await asyncio.gather(*lives, others)

    async def _direct(self) -> None:
        """Stop for a judgement now and then; return when the number is reached."""
        next_check = self._tally.kills + CHECK_EVERY
        while self._tally.kills < self._kills and time.monotonic() < self._deadline:
            await asyncio.sleep(0.1)
            if self._tally.kills >= next_check:
                await self._check()
                next_check = self._tally.kills + CHECK_EVERY
                self._chain.talk()
                self._killing.set()

    async def _check(self) -> None:
        self._killing.clear()
        self._chain.hush()
        start = time.monotonic()
        await until(lambda: not self._down, 30)
        settled = await self._chain.settled(90)
        found = await asyncio.to_thread(inspect, self._chain, self._tally)
        found |= await asyncio.to_thread(inspect_doors, self._chain)
        found |= {"settled": settled, "settled_in_s": round(time.monotonic() - start, 1)}
        found["sound"] = bool(found["sound"]) and bool(found.pop("doors_sound")) and settled
        self._tally.add_check(found)
        self._say(f"{self._tally.kills} kills: {found}")

    async def _lives(
        self, target: str, name: str, child: Child, seconds: float, unit: Unit | None = None
    ) -> None:
        if child.alive:  # the ingest runs before the campaign begins, and is not armed
            child.kill()
            await child.wait()
        while not self._over.is_set():
            await self._one_life(target, name, child, seconds, unit)

    async def _one_life(
        self, target: str, name: str, child: Child, seconds: float, unit: Unit | None
    ) -> None:
        kind = DOOR if isinstance(unit, Door) else None
        life = self._dice.life(target, name, seconds, self._counts(), self._points(), kind)
        armed = f"{life.point}:{life.count}" if life.point and not self._finishing else ""
        await self._start(name, child, unit, armed)
        if not await self._ended(child, life.seconds):
            if self._over.is_set():
                return
            child.kill()
            await child.wait()
            point = None
        else:
            point = life.point
        if child.returncode != -9:
            self.crashes.append(f"{name}: exit {child.returncode}: {child.last_words()}")
            self._say(self.crashes[-1])
            return
        self._down.add(name)
        await self._record_with_companions(target, name, point)
        await asyncio.sleep(self._dice.pause_s(_MOST_DOWN_S[target]))

    async def _start(self, name: str, child: Child, unit: Unit | None, armed: str) -> None:
        await child.start(SOFTPLACE_CRASH_POINT=armed)
        self._down.discard(name)
        if unit is not None:
            self._later(self._note_listening(unit))

    async def _ended(self, child: Child, seconds: float) -> bool:
        """Whether it died within the time by itself; the end of the campaign ends the wait."""
        over = asyncio.ensure_future(self._over.wait())
        died = asyncio.ensure_future(child.wait())
        killing = asyncio.ensure_future(self._killing.wait())
        try:
            ends, first = {over, died}, asyncio.FIRST_COMPLETED
            done, _ = await asyncio.wait(ends, timeout=seconds, return_when=first)
            if not done:
                # Its time is over, but nobody is killed during a judgement.
                await asyncio.wait({*ends, killing}, return_when=first)
            return died.done()
        finally:
            for waiting in (over, died, killing):
                waiting.cancel()

    async def _note_listening(self, unit: Unit) -> None:
        if await until(lambda: unit.listens or not unit.agent.alive, 30, 0.01):
            if unit.agent.alive:
                self._tally.add(Listening(_now_ms(), unit.name))
        else:
            self.crashes.append(f"{unit.name} never opened its port")

    async def _record_with_companions(self, target: str, name: str, point: str | None) -> None:
        died_ms = _now_ms()
        self._group += 1
        group = self._group
        victims = self._dice.companions(self._counts()) if self._killing.is_set() else []
        victims = [victim for victim in victims if victim not in self._down]
        chosen = {victim: self._strike(victim) for victim in victims}
        in_flight = await self._chain.in_flight()
        seed = self._dice.seed
        self._tally.add(Death(died_ms, target, name, seed, group, point, in_flight))
        for victim, victim_name in chosen.items():
            self._tally.add(Death(died_ms, victim, victim_name, seed, group, None, in_flight))

    async def _others(self) -> None:
        """Broker, store and links also die alone."""
        while not self._over.is_set():
            await asyncio.sleep(_OTHERS_EVERY_S)
            owed = self._dice.owed(self._counts())
            if not self._killing.is_set() or not owed or self._dice.chance(0.4):
                continue
            target = self._dice.one_of(owed)
            if target in self._down:
                continue
            died_ms = _now_ms()
            name = self._strike(target)
            self._group += 1
            group = self._group
            in_flight = await self._chain.in_flight()
            self._tally.add(Death(died_ms, target, name, self._dice.seed, group, None, in_flight))

    def _strike(self, target: str) -> str:
        """Kill or cut at once, and see to the resurrection; returns which one."""
        most_s = _MOST_DOWN_S[target]
        if target == LINK:
            units = {unit.name: unit for unit in self._chain.units}
            unit = units[self._dice.one_of(sorted(units))]
            if self._dice.chance(0.5):
                unit.relay.cut()
            else:
                unit.relay.swallow()
            self._down.add(LINK)
            self._later(self._heal(unit, self._dice.pause_s(most_s)))
            return unit.name
        child = self._chain.broker if target == BROKER else self._chain.influxd
        child.kill()
        self._down.add(target)
        self._later(self._raise_again(target, child, self._dice.pause_s(most_s)))
        return target

    async def _heal(self, unit: Unit, after_s: float) -> None:
        await asyncio.sleep(after_s)
        if self._dice.chance(0.5):
            unit.relay.cut()  # what was swallowed is lost, else it comes late
        unit.relay.heal()
        self._down.discard(LINK)

    async def _raise_again(self, target: str, child: Child, after_s: float) -> None:
        await child.wait()
        await asyncio.sleep(after_s)
        await child.start()
        self._down.discard(target)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    def _counts(self) -> Counter[str]:
        return Counter(death.target for death in self._tally.deaths)

    def _points(self) -> int:
        return sum(death.point is not None for death in self._tally.deaths)

    def _note_interruption(self) -> None:
        """Until now no agent lived; an earlier run that was itself killed took them along."""
        for vehicle in self._chain.vehicles:
            last_ms = vehicle.receiver.last_written_ms
            for at_ms in {_now_ms(), last_ms or _now_ms()}:
                self._tally.add(Interruption(at_ms, vehicle.name))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
