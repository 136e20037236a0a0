"""`softplace card`: cards, their rights, what doors hold, and the master keys of cards.

One file per subcommand (`<name>_command.py`), each with `configure` and `run`.
"""

from __future__ import annotations

import argparse
import importlib

SUBCOMMANDS = (
    ("issue", "write a co-pass on a card and record it"),
    ("read", "prove the card on the reader and say what it may open"),
    ("grant", "let a card open something"),
    ("revoke", "take a card or one right back, at every door"),
    ("list", "cards and their rights"),
    ("status", "by door: version, last contact, revocation bound, cards that could still open"),
    ("schedule", "when standing rights hold"),
    ("holiday", "a day that differs from the public holidays"),
    ("holder", "export or erase what is kept of a card's holder"),
    ("rekey", "give a card on the reader the keys of another set"),
    ("ceremony", "the master keys of cards: new, check, rotate, recover"),
)
"""Each lives in a module of its name."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.epilog = (
        "examples:\n"
        "  softplace card issue --holder h-0137 --reader pn532:/dev/ttyUSB0 --config FILE\n"
        "  softplace card grant 5f0c... reader/die --kind member --config FILE\n"
        "  softplace card revoke 5f0c... --lost --config FILE\n"
        "  softplace card status --config FILE"
    )
    subcommands = parser.add_subparsers(dest="subcommand", required=True, metavar="SUBCOMMAND")
    for name, line in SUBCOMMANDS:
        subparser = subcommands.add_parser(
            name,
            help=line,
            description=line,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        importlib.import_module(f"softplace.card.{name}_command").configure(subparser)
