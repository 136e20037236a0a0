"""`softplace bench tap`: from the card in the field to the relay, and where the time goes.

The real agent of a door (driver, proof, 10,000 rights, journal, guard of the relay) on an
emulated PN532 in a process of its own, whose bytes take the time they take at 115,200 baud; a
card's radio time is not in it. Run by root, the emulator goes ahead of other programs, as
hardware does; the door does not, so a busy machine shows in the p99. Each tap is another card
with five rights, one of which opens; the journal is synced to the disk before the relay moves.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import statistics
import sys
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Any

from benchmarks.failure import BenchFailed

LIMIT_WHOLE_P99_MS = 45.0
LIMIT_DECISION_P99_MS = 1.0
_PROOFS = 40


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the bench."""
    parser.add_argument("--taps", type=int, default=500, help="how many (default 500)")
    parser.add_argument("--rights", type=int, default=10_000, help="the door holds (10000)")
    parser.add_argument(
        "--data", type=Path, default=None, metavar="DIR", help="on a disk (default: under var/)"
    )
    parser.epilog = "example:\n  softplace bench tap --taps 500 --json"


def measure(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """A row for the taps and one for the proof alone beside python-desfire. Raises BenchFailed."""
    if arguments.taps < 10 or arguments.rights < 100:
        raise BenchFailed("give at least 10 taps and 100 rights")
    parent = arguments.data or Path("var")
    parent.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="bench-tap-", dir=parent)).resolve()
    try:
        return [
            asyncio.run(_taps(directory, arguments.taps, arguments.rights)),
            asyncio.run(_proofs(directory)),
        ]
    finally:
        shutil.rmtree(directory, ignore_errors=True)


async def _taps(directory: Path, count: int, rights: int) -> dict[str, Any]:
    from benchmarks.tap.measuring import Split, percentile, taps  # noqa: PLC0415 - heavy
    from benchmarks.tap.proofs import BAUD, bytes_of_a_tap  # noqa: PLC0415

    passed = await bytes_of_a_tap(directory)
    ideal_ms = passed * 10 / BAUD * 1_000
    sys.stderr.write(f"{count} taps, about {count * 0.35:.0f} s ...\n")
    measured = await taps(directory, count, rights)
    row: dict[str, Any] = {"row": "tap", "taps": count, "rights": rights, "baud": BAUD}
    for part in fields(Split):
        values = [getattr(split, part.name) for split in measured]
        row[f"{part.name}_p50_ms"] = round(percentile(values, 0.50), 3)
        row[f"{part.name}_p99_ms"] = round(percentile(values, 0.99), 3)
    passes = row["whole_p99_ms"] < LIMIT_WHOLE_P99_MS
    return row | {
        "limit_whole_p99_ms": LIMIT_WHOLE_P99_MS,
        "limit_decision_p99_ms": LIMIT_DECISION_P99_MS,
        "bytes": passed,
        "ideal_ms": round(ideal_ms, 2),
        "whole_p50_to_ideal": round(row["whole_p50_ms"] / ideal_ms, 3),
        "load_1_min": round(os.getloadavg()[0], 2),
        "passed": passes and row["decision_p99_ms"] < LIMIT_DECISION_P99_MS,
    }


async def _proofs(directory: Path) -> dict[str, Any]:
    from benchmarks.tap.proofs import PEER, ours_ms, peer_ms, peer_version  # noqa: PLC0415

    ours = statistics.median(await ours_ms(directory, _PROOFS))
    row: dict[str, Any] = {"row": "select, prove and read an EV1 card", "reads": _PROOFS}
    row["p50_ms"] = round(ours, 2)
    peers = await peer_ms(directory, _PROOFS)
    if peers is None:
        return row | {"peer": f"{PEER} is not installed: scripts/test installs it"}
    peer = statistics.median(peers)
    return row | {
        "peer": f"{PEER} {peer_version()}",
        "peer_p50_ms": round(peer, 2),
        "times_faster": round(peer / ours, 1),
    }
