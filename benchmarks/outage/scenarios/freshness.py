"""How soon the newest position is live again, and how soon an hour's backlog is in."""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path

from benchmarks.outage.chain import Chain, Vehicle
from benchmarks.outage.children import eventually, until
from benchmarks.outage.scenarios.scene import Row, Say, now_ms, stage
from contract.retention import TWO_MONTHS

_CUTS_EACH = 30
_VEHICLES = 4
_BACKLOG_FIXES = 3_600
_POLL_S = 0.03
_LONG_S = 600.0
"""What takes longer has failed; the judgement will say so."""


async def newest_after_reconnect(directory: Path, say: Say) -> Row:
    """Many cuts of 2 to 5 s; each until a fix measured after the reconnect is in the store."""
    async with stage(directory, vehicles=_VEHICLES, period_ms=200) as scene:
        scene.chain.talk()
        tasks = [
            asyncio.create_task(_cuts(scene.chain, vehicle, number))
            for number, vehicle in enumerate(scene.chain.vehicles)
        ]
        samples = [sample for samples in await asyncio.gather(*tasks) for sample in samples]
        scene.chain.hush()
        await scene.settle()
        live = sorted(after_s for after_s, _ in samples)
        healed = sorted(after_s for _, after_s in samples)
        say(f"live again after {live[-5:]}")
        return scene.judged(
            cuts=len(samples),
            live_again_p50_s=round(percentile(live, 50), 3),
            live_again_p99_s=round(percentile(live, 99), 3),
            live_again_max_s=round(live[-1], 3),
            after_healing_p99_s=round(percentile(healed, 99), 3),
            bar_s=2.0,
            is_within_bar=percentile(live, 99) < 2.0,
        )


async def _cuts(chain: Chain, vehicle: Vehicle, number: int) -> list[tuple[float, float]]:
    dice = random.Random(number)  # noqa: S311 - repeatable on purpose
    samples = []
    for _ in range(_CUTS_EACH):
        await asyncio.sleep(dice.uniform(1.0, 2.0))
        vehicle.relay.cut()
        await asyncio.sleep(dice.uniform(2.0, 5.0))
        vehicle.relay.accepted_s.clear()
        healed_s = time.monotonic()
        vehicle.relay.heal()
        await until(lambda: vehicle.relay.accepted_s, _LONG_S, 0.005)
        connected_s = vehicle.relay.accepted_s[-1]
        connected_ms = now_ms() - int((time.monotonic() - connected_s) * 1_000)
        await _stored(chain, vehicle, connected_ms)
        live_s = time.monotonic()
        samples.append((live_s - connected_s, live_s - healed_s))
    return samples


async def hour_of_backlog(directory: Path, say: Say) -> Row:
    """3,600 positions each pile up behind a cut link; it comes back and driving goes on."""
    async with stage(directory, vehicles=_VEHICLES, period_ms=20) as scene:
        chain = scene.chain
        await scene.speak()
        await scene.settle()
        for vehicle in chain.vehicles:
            vehicle.relay.cut()
        await scene.speak(_BACKLOG_FIXES)
        await asyncio.sleep(1.5)
        backlog = await chain.in_flight()
        for vehicle in chain.vehicles:
            vehicle.receiver.period_ms = 1_000
            vehicle.relay.heal()
        healed_s = time.monotonic()
        chain.talk()
        latencies: list[float] = []
        watching = [
            asyncio.create_task(_latencies(chain, vehicle, latencies)) for vehicle in chain.vehicles
        ]
        # What came while it drained is itself unconfirmed for a moment: far fewer than this.
        await eventually(lambda: _few_in_flight(chain), _LONG_S, 0.25)
        drained_s = time.monotonic() - healed_s
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        chain.hush()
        for vehicle in chain.vehicles:
            vehicle.receiver.period_ms = 20
        await scene.settle()
        latencies.sort()
        say(f"backlog of {backlog} in after {drained_s:.1f} s")
        return scene.judged(
            backlog=backlog,
            drained_s=round(drained_s, 1),
            live_latency_p99_s=round(percentile(latencies, 99), 3),
            live_latency_samples=len(latencies),
            bar_drained_s=360,
            bar_live_latency_s=2.0,
            is_full_hour=backlog >= _BACKLOG_FIXES * _VEHICLES,
            is_within_bar=drained_s < 360 and percentile(latencies, 99) < 2.0,
        )


async def _latencies(chain: Chain, vehicle: Vehicle, into: list[float]) -> None:
    """Seconds from each new fix to its being in the store, from the first after the reconnect."""
    # Connecting itself is measured by the other scenario.
    seen_ms = now_ms()
    await _stored(chain, vehicle, seen_ms)
    seen_ms = await newest_ms(chain, vehicle)
    while True:
        await asyncio.sleep(_POLL_S)
        newest = await newest_ms(chain, vehicle)
        if newest > seen_ms:
            into.append((now_ms() - newest) / 1_000)
            seen_ms = newest


async def _stored(chain: Chain, vehicle: Vehicle, since_ms: int) -> None:
    """Wait until a fix measured at `since_ms` or later is in the store."""

    async def there() -> bool:
        return await newest_ms(chain, vehicle) >= since_ms

    await eventually(there, _LONG_S, _POLL_S)


async def _few_in_flight(chain: Chain) -> bool:
    return await chain.in_flight() <= 10 * _VEHICLES


async def newest_ms(chain: Chain, vehicle: Vehicle) -> int:
    """Time of the newest position in the store by measurement; 0 where there is none."""
    name = vehicle.unit.partition("/")[2]
    rows = await chain.store.asked(
        TWO_MONTHS.database,
        f'SELECT "seq" FROM "position" WHERE "unit" = \'{name}\' ORDER BY time DESC LIMIT 1',
    )
    return rows[0]["time"] // 1_000_000 if rows else 0


def percentile(ordered: list[float], percent: float) -> float:
    """The value below which `percent` of them lie (nearest rank); infinity of nothing."""
    if not ordered:
        return float("inf")
    rank = max(1, -(-len(ordered) * percent // 100))
    return ordered[int(rank) - 1]
