"""`softplace device logs`: the last lines of a device's log."""

from __future__ import annotations

import argparse

from softplace.device.asking import configure_asking, run_asking


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    configure_asking(parser)
    parser.add_argument("--lines", type=int, default=100, metavar="N", help="how many (100)")
    parser.epilog = (
        "example:\n  softplace device logs bus/b1 --lines 50 --config /etc/softplace/softplace.toml"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Ask the device and print its answer."""
    return run_asking(arguments, "logs", lines=arguments.lines)
