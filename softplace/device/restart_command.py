"""`softplace device restart`: start a device's agent anew."""

from __future__ import annotations

import argparse

from softplace.device.asking import configure_asking, run_asking


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    configure_asking(parser)
    parser.epilog = (
        "example:\n  softplace device restart truck/t1 --config /etc/softplace/softplace.toml"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Ask the device and print its answer."""
    return run_asking(arguments, "restart")
