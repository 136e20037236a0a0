"""`softplace bench`: figures, measured by programs that use SoftPlace from outside."""

from __future__ import annotations

import argparse
import importlib
import json
from dataclasses import dataclass
from typing import Any

from benchmarks.failure import BenchFailed
from benchmarks.machine import machine
from softplace.failure import CommandFailed


@dataclass(frozen=True, slots=True)
class Bench:
    """One benchmark: its module has `configure(parser)` and `measure(arguments) -> rows`."""

    name: str
    module: str
    help: str
    wiring: str | None = None
    """A module of this package that hands the benchmark what it may not import itself."""


BENCHES = (
    Bench("ingest", "benchmarks.ingest.bench", "rows stored per CPU second, beside Node-RED"),
    Bench("tap", "benchmarks.tap.command", "card in the field to relay, and where the time goes"),
    Bench("edge", "benchmarks.edge.command", "what an agent costs the device it runs on"),
    Bench(
        "outage",
        "benchmarks.outage.command",
        "pull every plug and count what is missing",
        wiring="softplace.power_cut_subjects",
    ),
)


def configure(parser: argparse.ArgumentParser) -> None:
    """One subcommand a benchmark; their command modules import nothing heavy."""
    names = parser.add_subparsers(dest="bench", required=True, metavar="BENCH")
    for bench in BENCHES:
        subparser = names.add_parser(
            bench.name,
            help=bench.help,
            description=bench.help,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        subparser.add_argument("--json", action="store_true", help="print one JSON object")
        importlib.import_module(bench.module).configure(subparser)
        subparser.set_defaults(run=run, chosen=bench)
    parser.epilog = "example:\n  softplace bench outage --kills 12 --data /tmp/outage --json"


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; 1 where a row says that a bar was missed."""
    module = importlib.import_module(arguments.chosen.module)
    if arguments.chosen.wiring:
        arguments.wiring = importlib.import_module(arguments.chosen.wiring)
    try:
        rows: list[dict[str, Any]] = module.measure(arguments)
    except BenchFailed as error:
        raise CommandFailed(str(error)) from error
    if arguments.json:
        print(json.dumps({"bench": arguments.bench, "machine": machine(), "rows": rows}))
    else:
        for row in rows:
            print("  ".join(f"{key}={value}" for key, value in row.items()))
    return 0 if all(row.get("passed", True) for row in rows) else 1
