"""Disks that are full: the agent's card, and the backend's with the store away."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.failure import BenchFailed
from benchmarks.outage.children import until
from benchmarks.outage.inspection import losses
from benchmarks.outage.scenarios.scene import Row, Say, now_ms, pause, stage
from benchmarks.outage.tally import Interruption, Listening

_PERIOD_MS = 20
_DISK_MB = 6
_ROOM_BYTES = 200_000
"""What the ballast leaves free: a few hundred messages."""


async def full_card(directory: Path, _say: Say) -> Row:
    """The agent's disk fills while the link is cut; then there is room and a link again."""
    with small_disk(directory / "k1" / "outbox") as disk:
        async with stage(directory, period_ms=_PERIOD_MS) as scene:
            vehicle = scene.chain.vehicles[0]
            await scene.speak()
            await scene.settle()
            vehicle.relay.cut()
            _fill(disk)
            full_from_ms = now_ms()
            await scene.speak(1_500)
            is_alive = vehicle.agent.alive
            free_bytes = _free(disk)
            (disk / "ballast").unlink()
            # Fixes that came while nothing could be written never had a number.
            scene.tally.add(Interruption(full_from_ms, vehicle.name))
            await pause(3.0)
            scene.tally.add(Listening(now_ms(), vehicle.name))
            vehicle.relay.heal()
            await scene.speak()
            await scene.settle()
            return scene.judged(
                free_bytes_when_full=free_bytes,
                losses_reported=len(losses(scene.chain.store, vehicle.unit)),
                is_alive_when_full=is_alive,
                is_full=free_bytes < 20_000,
            )


async def full_outbox(directory: Path, say: Say) -> Row:
    """The outbox reaches its bound while the link is cut: it drops by policy and says what."""
    async with stage(directory, parked=1, period_ms=_PERIOD_MS) as scene:
        vehicle = scene.chain.vehicles[0]
        vehicle.max_mb = 0.2
        vehicle.configure()
        await scene.start(vehicle)
        vehicle.relay.cut()
        await scene.speak(2_500)
        await pause(2.0)
        vehicle.relay.heal()
        await scene.speak()
        await scene.settle()
        reported = losses(scene.chain.store, vehicle.unit)
        say(f"full outbox: {reported}")
        row = scene.judged(losses_reported=len(reported), bound_mb=vehicle.max_mb)
        return {**row, "passed": bool(row["passed"]) and int(str(row["dropped"])) > 0}


async def full_backend_disk(directory: Path, _say: Say) -> Row:
    """The store is away and the disk of spool and records fills; then both come back."""
    with small_disk(directory / "backend") as disk:
        async with stage(directory, vehicles=2, period_ms=_PERIOD_MS) as scene:
            chain = scene.chain
            await scene.speak()
            await scene.settle()
            chain.influxd.kill()
            await chain.influxd.wait()
            _fill(disk)
            await scene.speak(1_200)
            await pause(2.0)
            is_alive = chain.ingest.alive
            free_bytes = _free(disk)
            waiting = await chain.in_flight()
            (disk / "ballast").unlink()
            await pause(1.0)
            await chain.influxd.start()
            if not await until(chain.store.alive, 30):
                raise BenchFailed(f"influxd does not answer: {chain.influxd.last_words()}")
            if not chain.ingest.alive:
                await chain.ingest.start()
            await scene.speak()
            await scene.settle(180)
            return scene.judged(
                free_bytes_when_full=free_bytes,
                unconfirmed_when_full=waiting,
                is_alive_when_full=is_alive,
            )


@contextmanager
def small_disk(directory: Path) -> Iterator[Path]:
    """A file system of a few megabytes at `directory`. Raises BenchFailed without the right to."""
    directory.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_DISK_MB}m", "tmpfs", str(directory)],
        check=False,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise BenchFailed(
            f"a small disk cannot be mounted ({made.stderr.strip()}); run as root, or leave the "
            "full_card and full_backend_disk scenarios out"
        )
    try:
        yield directory
    finally:
        # The files stay readable for a look afterwards.
        shutil.copytree(directory, directory.with_name(directory.name + "-kept"))
        subprocess.run(["umount", "--lazy", str(directory)], check=False)


def _fill(disk: Path) -> None:
    with (disk / "ballast").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, _free(disk) - _ROOM_BYTES))


def _free(disk: Path) -> int:
    status = os.statvfs(disk)
    return status.f_bavail * status.f_frsize
