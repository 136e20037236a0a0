"""An SOS over a narrow, slow link that is busy with a day's backlog."""

from __future__ import annotations

import asyncio
import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.failure import BenchFailed
from benchmarks.outage.chain import TERRITORY, Chain
from benchmarks.outage.children import Child
from benchmarks.outage.relay import Shape
from benchmarks.outage.scenarios.freshness import percentile
from benchmarks.outage.scenarios.scene import Row, Say, now_ms
from contract.retention import ONE_YEAR

_BYTES_PER_S = 32_000 / 8
_BACKLOG = 100_000
_PRESSES = 110
_POLL_S = 0.02
_BAR_S = 2.0


async def _sos(directory: Path, say: Say, *, delay_s: float) -> Row:
    shape = Shape(_BYTES_PER_S, delay_s)
    async with Chain(directory, 1, shape=shape) as chain:
        vehicle = chain.vehicles[0]
        arguments = [str(vehicle.outbox), str(vehicle.relay.port), TERRITORY, vehicle.unit]
        arguments += [str(_BACKLOG), str(_PRESSES), "1"]
        driver = Child(
            vehicle.name,
            [sys.executable, "-m", "benchmarks.outage.sos_vehicle", *arguments],
            directory / "presses.jsonl",
        )
        await driver.start()
        try:
            arrived = await _watch(chain, driver)
        finally:
            driver.kill()
            await driver.wait()
        pressed = [
            json.loads(line)
            for line in driver.log.read_text(encoding="utf-8").splitlines()
            if line.startswith('{"number"')
        ]
    if len(pressed) < _PRESSES:
        raise BenchFailed(f"the vehicle ended early: {driver.last_words()}")
    latencies = sorted(
        (arrived[p["number"]] - p["put_ms"]) / 1_000 for p in pressed if p["number"] in arrived
    )
    say(f"SOS latencies, slowest: {latencies[-5:]}")
    return {
        "link_bit_s": 32_000,
        "delay_each_way_ms": round(delay_s * 1_000),
        "backlog": _BACKLOG,
        "depth_at_last_press": pressed[-1]["depth"],
        "presses": len(pressed),
        "lost": len(pressed) - len(arrived),
        "latency_p50_s": round(percentile(latencies, 50), 3),
        "latency_p99_s": round(percentile(latencies, 99), 3),
        "latency_max_s": round(percentile(latencies, 100), 3),
        "bar_s": _BAR_S,
        "drained_bytes_per_s": round(vehicle.relay.passed_up_bytes / (len(pressed) * 3.0 + 25)),
        "passed": len(arrived) == len(pressed) and percentile(latencies, 99) < _BAR_S,
    }


async def _watch(chain: Chain, driver: Child) -> dict[int, int]:
    """When each SOS was first seen in the store, until the vehicle has ended."""
    arrived: dict[int, int] = {}
    while driver.alive or await driver.wait(0):
        rows = await _newest_alarms(chain)
        for row in rows:
            arrived.setdefault(int(row["detail"]), now_ms())
        if not driver.alive:
            return arrived
        await asyncio.sleep(_POLL_S)
    return arrived


async def _newest_alarms(chain: Chain) -> list[dict[str, Any]]:
    statement = 'SELECT "detail" FROM "alarm" ORDER BY time DESC LIMIT 5'
    try:
        return await chain.store.asked(ONE_YEAR.database, statement)
    except OSError as error:
        if "database not found" in str(error):
            return []  # the ingest has not made it yet
        raise


sos_over_slow_link = partial(_sos, delay_s=0.3)
"""600 ms there and back."""

sos_over_slower_link = partial(_sos, delay_s=0.6)
"""600 ms each way, the harder reading of the same words."""
