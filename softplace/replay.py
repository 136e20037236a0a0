"""`softplace replay nmea`: recorded GPS through the real chain, to the row in the store."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract.broker_url import BrokerAddress, parse_broker_url
from contract.clock import Clock, SystemClock
from contract.topics import Unit, parse_unit
from softplace.failure import CommandFailed
from softplace.sentences import sentence_of

AT_ONCE = 8
"""Recordings played together at full speed; each has its own agent, pty and outbox."""
SLUG_LENGTH = 40
SILENT_S = 2.0

EPILOG = """\
example:
  softplace replay nmea drive.nmea --json
  softplace replay nmea *.log --broker mqtt://127.0.0.1:1883 --influx http://127.0.0.1:8086

Each recording goes through the real agent over a pty, on its own clock, unthinned, into the
`replay` retention class, which does not expire. Without --broker a private broker runs for the
occasion, without --influx a private embedded store."""


@dataclass(frozen=True, slots=True)
class Job:
    """One recording to play."""

    path: Path
    unit: Unit


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    nmea = kinds.add_parser(
        "nmea",
        help="recordings of GPS receivers (NMEA 0183)",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    nmea.add_argument("files", nargs="+", type=Path, metavar="FILE")
    nmea.add_argument("--unit", metavar="KIND/ID", help="who says it (default: bus/FILE)")
    nmea.add_argument("--rate", choices=("real", "max"), default="max")
    nmea.add_argument("--broker", metavar="URL", help="mqtt://user:password@host:port")
    nmea.add_argument("--influx", metavar="URL", help="http://host:8086")
    nmea.add_argument("--json", action="store_true", help="print one JSON object")
    nmea.set_defaults(run=run)
    parser.epilog = EPILOG


def run(arguments: argparse.Namespace) -> int:
    """Play the recordings; 1 where not every fix of each is stored."""
    clock = SystemClock()
    # The end of each recording is a receiver pulled out, which is no news here.
    drivers = logging.getLogger("edge.drivers")
    usual = drivers.level
    drivers.setLevel(logging.ERROR)
    try:
        broker = parse_broker_url(arguments.broker) if arguments.broker else None
        unit = parse_unit(arguments.unit) if arguments.unit else None
        reports = asyncio.run(
            _replay(jobs(arguments.files, unit), broker, arguments.influx, arguments.rate, clock)
        )
    except CommandFailed:
        raise
    except Exception as error:
        sentence = sentence_of(error)
        if sentence is None:
            raise
        raise CommandFailed(sentence) from error
    finally:
        drivers.setLevel(usual)
    if arguments.json:
        print(json.dumps({"files": reports}))
    else:
        print(table(reports))
    _raise_if_incomplete(reports)
    return 0


def jobs(files: list[Path], unit: Unit | None) -> list[Job]:
    """Who plays what: `unit`, or a bus named after the file, never two alike."""
    taken: set[str] = set()
    found = []
    for path in files:
        name = slug(path.stem, "")
        number = 2
        while name in taken:
            name = slug(path.stem, f"-{number}")
            number += 1
        taken.add(name)
        found.append(Job(path, unit or Unit("bus", name)))
    return found


def slug(name: str, ending: str) -> str:
    """`name` as the id of a unit, with `ending`."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "recording"
    return plain[: SLUG_LENGTH - len(ending)].strip("-") + ending


async def _replay(
    work: list[Job], broker: BrokerAddress | None, influx: str | None, rate: str, clock: Clock
) -> list[dict[str, Any]]:
    # Imported here: `--help` never pays for the backend.
    from softplace.recording import load_recording  # noqa: PLC0415
    from softplace.replay_chain import Chain, running_chain  # noqa: PLC0415
    from softplace.replay_file import Replay  # noqa: PLC0415

    chance = random.SystemRandom()
    try:
        recordings = [load_recording(job.path) for job in work]
    except OSError as error:
        raise CommandFailed(f"{error.filename} cannot be read: {error.strerror}") from error
    together = len(work) if rate == "real" else AT_ONCE
    # Two recordings of one unit could not be told apart in the store.
    turns = asyncio.Semaphore(together if len({job.unit for job in work}) == len(work) else 1)
    reports: dict[int, dict[str, Any]] = {}

    async def play(at: int, directory: Path, chain: Chain) -> None:
        async with turns:
            folder = directory / f"unit-{at}"
            folder.mkdir()
            replay = Replay(work[at].path.name, work[at].unit, folder, chain, clock, chance)
            reports[at] = await replay.play(recordings[at], paced=rate == "real")

    with tempfile.TemporaryDirectory(prefix="softplace-replay-") as name:
        directory = Path(name)
        async with running_chain(directory, broker, influx, clock, chance) as chain:
            progress = asyncio.create_task(_say_progress(reports, len(work), clock))
            try:
                async with asyncio.TaskGroup() as group:
                    for at in range(len(work)):
                        group.create_task(play(at, directory, chain))
            except* CommandFailed as failures:
                raise failures.exceptions[0] from None
            finally:
                progress.cancel()
    return [reports[at] for at in range(len(work))]


async def _say_progress(reports: Mapping[int, object], total: int, clock: Clock) -> None:
    while True:
        await clock.sleep(SILENT_S)
        print(f"{len(reports)} of {total} recordings stored", file=sys.stderr, flush=True)


def _raise_if_incomplete(reports: list[dict[str, Any]]) -> None:
    lacking = [report for report in reports if report["stored"] != report["fixes"]]
    if lacking:
        named = ", ".join(f"{r['file']} ({r['stored']} of {r['fixes']})" for r in lacking)
        raise CommandFailed(f"not every fix is in the store: {named}")


def table(reports: list[dict[str, Any]]) -> str:
    """The reports for people: a line a recording."""
    width = max(len(report["file"]) for report in reports)
    lines = [
        f"{'file':{width}}  sentences  rejected  noise  fixes  stored  dup  gaps  why rejected"
    ]
    for report in reports:
        rejected = report["rejected"]
        why = ", ".join(f"{reason} {number}" for reason, number in rejected.items())
        lines.append(
            f"{report['file']:{width}}  {report['sentences']:9}  {sum(rejected.values()):8}  "
            f"{report['noise_bytes']:5}  {report['fixes']:5}  {report['stored']:6}  "
            f"{report['duplicates']:3}  {report['gaps']:4}  {why}".rstrip()
        )
    return "\n".join(lines)
