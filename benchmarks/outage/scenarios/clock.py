"""A clock that is a year off, as of a Pi that has never seen the network."""

from __future__ import annotations

from pathlib import Path

from benchmarks.failure import BenchFailed
from benchmarks.outage.scenarios.scene import Row, Say, now_ms, stage
from contract.retention import ONE_YEAR

_LIBRARIES = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib")


async def clock_year_behind(directory: Path, _say: Say) -> Row:
    """The agent's clock says last year; the receiver knows better."""
    return await _year_off(directory, "-365d")


async def clock_year_ahead(directory: Path, _say: Say) -> Row:
    """The agent's clock says next year; the receiver knows better."""
    return await _year_off(directory, "+365d")


async def _year_off(directory: Path, offset: str) -> Row:
    began_ms = now_ms()
    async with stage(directory, parked=1) as scene:
        vehicle = scene.chain.vehicles[0]
        await scene.start(
            vehicle,
            LD_PRELOAD=str(_libfaketime()),
            FAKETIME=offset,
            FAKETIME_DONT_FAKE_MONOTONIC="1",
            FAKETIME_DONT_RESET="1",
        )
        await scene.speak()
        await scene.settle()
        await scene.kill(vehicle)
        await scene.start(vehicle)
        await scene.speak()
        await scene.settle()
        dated = scene.chain.store.query(ONE_YEAR.database, 'SELECT "seq", "clock" FROM "status"')
        wrong = [row for row in dated if not began_ms <= row["time"] // 1_000_000 <= now_ms()]
        return scene.judged(
            clock_offset=offset, status_messages=len(dated), is_status_dated_right=not wrong
        )


def _libfaketime() -> Path:
    for directory in _LIBRARIES:
        library = Path(directory) / "faketime" / "libfaketime.so.1"
        if library.exists():
            return library
    raise BenchFailed("libfaketime not found; install with: apt install faketime")
