"""Backends that are not what they were: restored from an old backup, or new."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.failure import BenchFailed
from benchmarks.outage.children import until
from benchmarks.outage.scenarios.scene import (
    OLD_FIXES,
    Row,
    Say,
    Stage,
    copy_tree,
    stage,
)


async def restored_records(directory: Path, _say: Say) -> Row:
    """The records come back from an hour ago; the time series are as they were."""
    return await _restored(directory, with_telemetry=False)


async def restored_records_and_telemetry(directory: Path, _say: Say) -> Row:
    """Records and time series both come back from an hour ago."""
    return await _restored(directory, with_telemetry=True)


async def _restored(directory: Path, *, with_telemetry: bool) -> Row:
    async with stage(directory, vehicles=2) as scene:
        chain = scene.chain
        influxdb = directory / "influxdb"
        await scene.speak()
        await scene.settle()
        await _stop_backend(scene)
        copy_tree(chain.backend, directory / "backup" / "backend")
        copy_tree(influxdb, directory / "backup" / "influxdb")
        await _start_backend(scene)
        await scene.speak()
        await scene.settle()
        await _stop_backend(scene)
        copy_tree(directory / "backup" / "backend", chain.backend)
        if with_telemetry:
            copy_tree(directory / "backup" / "influxdb", influxdb)
        chain.confirmations.forget()
        await _start_backend(scene)
        await scene.speak(OLD_FIXES // 2)
        await scene.settle()
        return scene.judged(undone_messages=2 * OLD_FIXES)


async def fresh_backend(directory: Path, _say: Say) -> Row:
    """An old agent meets a backend that has never heard of it: records and store are new."""
    async with stage(directory, vehicles=2) as scene:
        chain = scene.chain
        await scene.speak()
        await scene.settle()
        await _stop_backend(scene)
        shutil.rmtree(chain.backend)
        for name in ("meta", "data", "wal"):
            shutil.rmtree(directory / "influxdb" / name, ignore_errors=True)
        chain.confirmations.forget()
        await _start_backend(scene)
        await scene.speak(OLD_FIXES // 2)
        await scene.settle()
        return scene.judged(forgotten_messages=2 * OLD_FIXES)


async def fresh_telemetry(directory: Path, _say: Say) -> Row:
    """The time series are gone and the records still say that everything is stored."""
    async with stage(directory) as scene:
        await scene.speak()
        await scene.settle()
        await _stop_backend(scene)
        for name in ("meta", "data", "wal"):
            shutil.rmtree(directory / "influxdb" / name, ignore_errors=True)
        scene.chain.confirmations.forget()
        await _start_backend(scene)
        await scene.speak(OLD_FIXES // 2)
        await scene.settle()
        return scene.judged(forgotten_messages=OLD_FIXES)


async def _stop_backend(scene: Stage) -> None:
    """The ingest in good order, then the store."""
    await scene.stop(scene.chain.ingest)
    await scene.stop(scene.chain.influxd)


async def _start_backend(scene: Stage) -> None:
    await scene.chain.influxd.start()
    if not await until(scene.chain.store.alive, 30):
        raise BenchFailed(f"influxd does not answer: {scene.chain.influxd.last_words()}")
    await scene.chain.ingest.start()
