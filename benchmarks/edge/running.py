"""All agents at once, between one broker and one ingest."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.edge.metering import Sample, row, sample
from benchmarks.edge.subjects import SUBJECTS, Subject
from benchmarks.edge.surroundings import TERRITORY, Surroundings
from benchmarks.failure import BenchFailed
from benchmarks.servers import InfluxDB, Mosquitto

WARM_UP_S = 45.0
"""Past the start, the first hello and confirmations, and what agents give back when settled."""

Process = asyncio.subprocess.Process


async def side_by_side(
    directory: Path, seconds: float, warm_up_s: float = WARM_UP_S
) -> list[dict[str, Any]]:
    """A row for each of SUBJECTS. Raises BenchFailed."""
    broker, store = Mosquitto(directory), InfluxDB(directory)
    processes: list[Process] = []
    broker.start()
    store.start()
    try:
        processes.append(await _ingest(directory, broker.port, store.url))
        async with asyncio.TaskGroup() as group:
            measured = [
                group.create_task(
                    _measured(subject, directory, broker.port, (warm_up_s, seconds), processes)
                )
                for subject in SUBJECTS
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


async def _ingest(directory: Path, port: int, url: str) -> Process:
    config = directory / "softplace.toml"
    config.write_text(
        f'territory = "{TERRITORY}"\ndata = "{directory}/ingest"\n'
        f'[broker]\nurl = "mqtt://127.0.0.1:{port}"\n[telemetry]\nurl = "{url}"\n'
    )
    return await _softplace(directory / "ingest.log", "serve", "ingest", "--config", str(config))


async def _softplace(log: Path, *arguments: str) -> Process:
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "softplace", *arguments, stdout=output, stderr=output
        )


async def _measured(
    subject: Subject,
    directory: Path,
    broker_port: int,
    spans_s: tuple[float, float],
    processes: list[Process],
) -> dict[str, Any]:
    """Its row. `spans_s`: warming up, measured."""
    home = directory / subject.name
    home.mkdir()
    with tempfile.TemporaryDirectory(prefix="edge-") as sockets:
        around = Surroundings(subject.name, home, Path(sockets), broker_port)
        with subject.surround(around) as happenings:
            going_on = [
                asyncio.ensure_future(happening())
                for happening in (around.clock_goes_on, *happenings)
            ]
            try:
                before, after = await _samples(subject, home, spans_s, processes)
            finally:
                for task in going_on:
                    task.cancel()
                await asyncio.gather(*going_on, return_exceptions=True)
    return row(subject.name, before, after, subject.limits)


async def _samples(
    subject: Subject, home: Path, spans_s: tuple[float, float], processes: list[Process]
) -> tuple[Sample, Sample]:
    config, log = home / "agent.toml", home / "agent.log"
    agent = await _softplace(log, "agent", subject.kind, "--config", str(config))
    processes.append(agent)
    warm_up_s, seconds = spans_s
    await asyncio.sleep(warm_up_s)
    before = _sample(agent, log)
    sys.stderr.write(f"measuring the {subject.name} agent for {seconds:.0f} s ...\n")
    await asyncio.sleep(seconds)
    return before, _sample(agent, log)


def _sample(agent: Process, log: Path) -> Sample:
    if agent.returncode is not None:
        words = log.read_text(errors="replace")[-400:]
        raise BenchFailed(f"the agent ended with {agent.returncode}: {words}")
    return sample(agent.pid, time.monotonic())
