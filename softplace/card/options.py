"""Options that several subcommands share."""

from __future__ import annotations

import argparse
from pathlib import Path

from contract.errors import InvalidUnit
from contract.topics import parse_unit
from softplace.failure import CommandFailed


def card_option(parser: argparse.ArgumentParser) -> None:
    """Which card."""
    parser.add_argument("card", metavar="CARD", help="its number, as `card list` shows it")


def parts_options(parser: argparse.ArgumentParser) -> None:
    """Where the master keys come from."""
    parser.add_argument(
        "--parts",
        type=Path,
        metavar="FILE",
        help="parts of the master key, one a line (a stick); asked for where not given",
    )


def scheme_option(parser: argparse.ArgumentParser) -> None:
    """What the card speaks."""
    parser.add_argument(
        "--scheme", choices=("ev2", "ev1"), default="ev2", help="ev1 for old cards (ev2)"
    )


def unit_text(text: str) -> str:
    """A unit as the records name it. Raises CommandFailed (wrong use)."""
    try:
        return str(parse_unit(text))
    except InvalidUnit as error:
        raise CommandFailed(str(error), 2) from error
