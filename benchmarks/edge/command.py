"""`softplace bench edge`: what an agent costs the Raspberry Pi it runs on.

Real agents side by side, each with emulated devices around it, through a real broker and a real
ingest, so that confirmations come back as they do in the field. Memory, CPU and bytes written
are read from /proc; the limits stand beside the figures. The data directory must be on a disk: a
memory file system counts no written bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Any


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the bench."""
    parser.add_argument("--seconds", type=float, default=900.0, help="measured (default 900)")
    parser.add_argument(
        "--data", type=Path, default=None, metavar="DIR", help="on a disk (default: under var/)"
    )


def measure(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """A row for each agent. Raises BenchFailed."""
    from benchmarks.edge.running import side_by_side  # noqa: PLC0415 - emulators are heavy

    parent = arguments.data or Path("var")
    parent.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="bench-edge-", dir=parent)).resolve()
    try:
        return asyncio.run(side_by_side(directory, arguments.seconds))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
