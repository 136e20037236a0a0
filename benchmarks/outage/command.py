"""`softplace bench outage`: options, and which part measures what."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.failure import BenchFailed

PARTS = ("kills", "power_cuts", "scenarios", "speed")
_NEEDED = ("mosquitto", "influxd")


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument(
        "--kills", type=int, default=1_000, help="bring the kills of this seed up to this number"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--data",
        type=Path,
        default=Path("var/outage"),
        help="where stores, journals and the tally of kills stay; a later run adds to it",
    )
    parser.add_argument(
        "--minutes", type=float, default=50.0, help="stop killing after this long (50)"
    )
    parser.add_argument("--cut-points", type=int, default=10_000, help="power cuts, over all files")
    parser.add_argument("--vehicles", type=int, default=4)
    parser.add_argument("--doors", type=int, default=2, help="doors at which cards are tapped (2)")
    parser.add_argument(
        "--only",
        action="append",
        metavar="PART",
        help=f"one of {', '.join(PARTS)}, or the name of one scenario; may be repeated",
    )
    parser.epilog = (
        "example:\n"
        "  softplace bench outage --only kills --kills 1000 --seed 1 --data var/outage --json\n"
        "  softplace bench outage --only power_cuts --only cloned_outbox --json"
    )


def measure(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """One row for the kills, one a file cut, one a scenario. Raises BenchFailed."""
    # Imported here so that `--help` stays fast.
    from benchmarks.outage.kills import kill  # noqa: PLC0415
    from benchmarks.outage.scenarios import SCENARIOS  # noqa: PLC0415
    from benchmarks.power_cut.runner import cut_power  # noqa: PLC0415

    wanted = set(arguments.only or PARTS)
    known = {*PARTS, *(scenario.name for scenario in SCENARIOS)}
    if unknown := sorted(wanted - known):
        raise BenchFailed(f"{unknown[0]} is no part of this bench; write one of {sorted(known)}")
    rows: list[dict[str, Any]] = []
    if "power_cuts" in wanted:
        subjects = arguments.wiring.SUBJECTS
        for subject in subjects:
            say(f"cutting the power of the {subject.name}")
            each = -(-arguments.cut_points // len(subjects))
            rows.append(cut_power(subject, each, arguments.seed).as_row())
    chosen = [s for s in SCENARIOS if s.name in wanted or s.part in wanted]
    if chosen or "kills" in wanted:
        _require_engines()
    for scenario in chosen:
        say(f"scenario {scenario.name}")
        directory = arguments.data / "scenarios" / scenario.name
        shutil.rmtree(directory, ignore_errors=True)
        start = time.monotonic()
        row = asyncio.run(scenario.play(directory, say))
        rows.append(
            {"scenario": scenario.name, **row, "seconds": round(time.monotonic() - start, 1)}
        )
    if "kills" in wanted:
        rows.append(asyncio.run(kill(arguments, say)))
    return rows


def say(sentence: str) -> None:
    """Progress, on the error stream."""
    print(time.strftime("%H:%M:%S"), sentence, file=sys.stderr, flush=True)


def _require_engines() -> None:
    missing = [name for name in _NEEDED if shutil.which(name) is None]
    if missing:
        raise BenchFailed(
            f"{' and '.join(missing)} not found; install with: apt install mosquitto influxdb"
        )
