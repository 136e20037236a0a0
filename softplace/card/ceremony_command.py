"""`softplace card ceremony`: the master keys of cards, on paper and nowhere else."""

from __future__ import annotations

import argparse
import importlib

STEPS = (
    ("new", "draw a set of master keys and put its parts on paper"),
    ("check", "put parts together and say which set they are"),
    ("rotate", "let all doors read by the next key generation; no card is recalled"),
    ("recover", "new parts of a set, out of enough of the old ones"),
)
"""Each lives in a module of its name in `softplace/card/ceremony`."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.epilog = (
        "docs/key-ceremony.md says who is in the room, and what to do when it goes wrong"
    )
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    for name, line in STEPS:
        subparser = steps.add_parser(
            name,
            help=line,
            description=line,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        importlib.import_module(f"softplace.card.ceremony.{name}").configure(subparser)
