"""`softplace bench edge`: what an agent costs the Raspberry Pi it runs on.

Two real agents side by side, one moving at 1 Hz and one parked, each fed by a fake receiver over
a pty, through a real broker and a real ingest, so that confirmations come back as they do in the
field. Memory, CPU and bytes written are read from /proc; the limits stand beside the figures.
The data directory must be on a disk: a memory file system counts no written bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.failure import BenchFailed
from benchmarks.process_tree import cost
from benchmarks.servers import InfluxDB, Mosquitto
from edge.drivers.nmea_fake import FakeReceiver
from edge.drivers.position_source import Fix

TERRITORY = "bench"
LIMITS = {
    "moving": {"resident_mib": 40.0, "cpu_percent": 1.0, "written_mb_per_h": 40.0},
    "parked": {"resident_mib": 40.0, "cpu_percent": 1.0, "written_mb_per_h": 2.0},
}
_METRES_PER_DEGREE = 111_320.0
_WARM_UP_S = 45.0
"""Past the start, the first hello and the first confirmations; imports are not 1 Hz work."""

_AGENT = """\
territory = "{territory}"
unit = "bus/{name}"
[broker]
url = "mqtt://127.0.0.1:{port}"
[position]
source = "nmea"
port = "{tty}"
baud = 9600
[outbox]
path = "{directory}/outbox.sqlite"
[link]
machine_serial = "bench-{name}"
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the bench."""
    parser.add_argument("--seconds", type=float, default=900.0, help="measured (default 900)")
    parser.add_argument(
        "--data", type=Path, default=None, metavar="DIR", help="on a disk (default: under var/)"
    )


def measure(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """A row for the moving agent and one for the parked one. Raises BenchFailed."""
    parent = arguments.data or Path("var")
    parent.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="bench-edge-", dir=parent)).resolve()
    try:
        return asyncio.run(_measure(directory, arguments.seconds))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


async def _measure(directory: Path, seconds: float) -> list[dict[str, Any]]:
    broker, store = Mosquitto(directory), InfluxDB(directory)
    processes: list[asyncio.subprocess.Process] = []
    broker.start()
    store.start()
    try:
        processes.append(await _ingest(directory, broker.port, store.url))
        async with asyncio.TaskGroup() as group:
            measured = [
                group.create_task(_agent(directory, name, broker.port, seconds, processes))
                for name in LIMITS
            ]
        return [task.result() for task in measured]
    except* BenchFailed as failures:
        raise failures.exceptions[0] from failures
    finally:
        for process in processes:
            if process.returncode is None:
                process.terminate()
                await process.wait()
        broker.end()
        store.end()


async def _ingest(directory: Path, port: int, url: str) -> asyncio.subprocess.Process:
    config = directory / "softplace.toml"
    config.write_text(
        f'territory = "{TERRITORY}"\ndata = "{directory}/ingest"\n'
        f'[broker]\nurl = "mqtt://127.0.0.1:{port}"\n[telemetry]\nurl = "{url}"\n'
    )
    return await _softplace(directory / "ingest.log", "serve", "ingest", "--config", str(config))


async def _softplace(log: Path, *arguments: str) -> asyncio.subprocess.Process:
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "softplace", *arguments, stdout=output, stderr=output
        )


async def _agent(
    directory: Path,
    name: str,
    port: int,
    seconds: float,
    processes: list[asyncio.subprocess.Process],
) -> dict[str, Any]:
    home = directory / name
    home.mkdir()
    with FakeReceiver(baud=9600) as receiver:
        config = home / "agent.toml"
        config.write_text(
            _AGENT.format(
                territory=TERRITORY, name=name, port=port, tty=receiver.port, directory=home
            )
        )
        agent = await _softplace(home / "agent.log", "agent", "bus", "--config", str(config))
        processes.append(agent)
        driving = asyncio.create_task(_drive(receiver, moving=name == "moving"))
        try:
            await asyncio.sleep(_WARM_UP_S)
            before, start = _sample(agent, home), time.monotonic()
            sys.stderr.write(f"measuring the {name} agent for {seconds:.0f} s ...\n")
            await asyncio.sleep(seconds)
            after, elapsed_s = _sample(agent, home), time.monotonic() - start
        finally:
            driving.cancel()
    return _row(name, before, after, elapsed_s)


def _sample(agent: asyncio.subprocess.Process, home: Path) -> dict[str, float]:
    if agent.returncode is not None:
        words = (home / "agent.log").read_text(errors="replace")[-400:]
        raise BenchFailed(f"the agent ended with {agent.returncode}: {words}")
    io = dict(line.split(": ") for line in Path(f"/proc/{agent.pid}/io").read_text().splitlines())
    resident_pages = int(Path(f"/proc/{agent.pid}/statm").read_text().split()[1])
    spent = cost(agent.pid)
    return {
        "cpu_s": spent.cpu_s,
        "peak_mib": spent.peak_mib,
        "resident_mib": resident_pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
        "written_bytes": float(io["write_bytes"]),
    }


def _row(
    name: str, before: dict[str, float], after: dict[str, float], elapsed_s: float
) -> dict[str, Any]:
    figures = {
        "resident_mib": round(after["resident_mib"], 1),
        "cpu_percent": round(100 * (after["cpu_s"] - before["cpu_s"]) / elapsed_s, 2),
        "written_mb_per_h": round(
            (after["written_bytes"] - before["written_bytes"]) / 1e6 * 3600 / elapsed_s, 2
        ),
    }
    limits = LIMITS[name]
    return {
        "agent": name,
        "seconds": round(elapsed_s),
        "peak_mib": round(after["peak_mib"], 1),
        **figures,
        **{f"limit_{key}": limit for key, limit in limits.items()},
        "passed": all(figures[key] < limit for key, limit in limits.items()),
    }


async def _drive(receiver: FakeReceiver, *, moving: bool) -> None:
    """One fix a second: along a road at 14 m/s with bends, or standing with receiver noise."""
    start = time.time()
    for second in range(1_000_000):
        now_s = start + second
        await asyncio.sleep(max(now_s - time.time(), 0.0))
        along_m = 14.0 * second if moving else 0.0
        noise_m = math.sin(second * 1.7) * 0.8
        course_deg = (90 + 30 * math.sin(second / 60)) % 360
        await receiver.emit(
            Fix(
                observed_ms=int(now_s) * 1_000,
                latitude=44.5 + noise_m / _METRES_PER_DEGREE,
                longitude=3.5 + (along_m + noise_m) / (_METRES_PER_DEGREE * 0.71),
                speed_m_s=14.0 if moving else 0.1,
                course_deg=course_deg,
                accuracy_m=3.0,
                fix_quality=1,
                satellites=9,
                boot_ms=0,
            )
        )
