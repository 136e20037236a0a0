"""`softplace doctor`: what this machine has, what is wrong, how to mend it.

One row a check (rows.py), one small function each; every bad state names its remedy. Exit code
0 where nothing failed, else 1.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from softplace.failure import CommandFailed


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="settings of a backend or of an agent (TOML)"
    )
    parser.add_argument("--broker", metavar="URL", help="mqtt://user:password@host:port")
    parser.add_argument("--influx", metavar="URL", help="http://user:password@host:8086")
    parser.add_argument("--port", metavar="DEVICE", help="serial port of the receiver")
    parser.add_argument("--baud", type=int, metavar="N", help="its speed (9600)")
    parser.add_argument("--osdp", metavar="DEVICE", help="serial port of an OSDP card reader")
    parser.add_argument(
        "--territory", type=Path, metavar="FILE", help="territory file, to find orphans"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.epilog = (
        "examples:\n"
        "  softplace doctor\n"
        "  softplace doctor --config /etc/softplace/agent-bus.toml\n"
        "  softplace doctor --broker mqtt://backend:secret@127.0.0.1 --influx http://127.0.0.1:8086"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Look at everything that can be looked at and say what was found."""
    # Imported here: `softplace --help` never pays for the checks.
    from softplace.doctor.examine import examine  # noqa: PLC0415
    from softplace.doctor.report import as_json, as_text  # noqa: PLC0415
    from softplace.doctor.subject import UnreadableSubject, subject_of  # noqa: PLC0415

    try:
        subject = subject_of(
            config=arguments.config,
            broker=arguments.broker,
            influx=arguments.influx,
            port=arguments.port,
            baud=arguments.baud,
            osdp=arguments.osdp,
            territory=arguments.territory,
        )
    except UnreadableSubject as error:
        raise CommandFailed(str(error)) from error
    findings = asyncio.run(examine(subject))
    print(as_json(findings) if arguments.json else as_text(findings))
    return 1 if any(finding.state == "failed" for finding in findings) else 0
