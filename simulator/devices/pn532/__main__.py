"""`python -m simulator.devices.pn532`: an emulated reader as a program of its own.

It prints "ready PORT", then obeys the lines of its standard input (see `control`) until that
ends, answering each with one line.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from simulator.devices.cards import cards_named, keep
from simulator.devices.errors import UnknownCard
from simulator.devices.pn532.control import Control
from simulator.devices.pn532.emulator import Pn532


def main() -> int:
    """The exit status."""
    arguments = _parser().parse_args()
    try:
        cards = cards_named(arguments.card)
    except UnknownCard as error:
        sys.stderr.write(f"{error}\n")
        return 2
    with Pn532(link=arguments.link, baud=arguments.baud) as reader:
        control = Control(reader, cards)
        _say(f"ready {reader.port}")
        for line in sys.stdin:
            if line.strip():
                _say(control.obey(line))
    keep(cards)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulator.devices.pn532", description=__doc__)
    parser.add_argument("--link", type=Path, help="a path that always leads to the reader")
    parser.add_argument("--baud", type=int, help="pace the bytes at this rate")
    parser.add_argument(
        "--card",
        action="append",
        default=[],
        metavar="NAME=KIND:WHAT",
        help="a card to hold ready: NAME=uid:HEX, or NAME=desfire:FILE which is written back",
    )
    return parser


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
