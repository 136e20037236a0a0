"""`softplace card holder`: what is kept of a card's holder, exported or erased."""

from __future__ import annotations

import argparse
import json

from softplace.card.desk import open_desk
from softplace.device.options import server_options


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument("action", choices=("export", "erase"))
    parser.add_argument("holder", metavar="HANDLE", help="as given to `card issue --holder`")
    server_options(parser)
    parser.epilog = (
        "example:\n  softplace card holder export h-0137 --config /etc/softplace/softplace.toml"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Export prints JSON; erase forgets who, where and when, and leaves the card nobody's."""
    from backend.access.forgetting import erase_holder, export_holder  # noqa: PLC0415 - as said
    from backend.records.transaction import reading, writing  # noqa: PLC0415

    with open_desk(arguments) as desk:
        if arguments.action == "export":
            with reading(desk.server.records) as connection:
                print(json.dumps(export_holder(connection, arguments.holder), indent=1))
            return 0
        with writing(desk.server.records) as connection:
            cards = erase_holder(connection, arguments.holder)
    if arguments.json:
        print(json.dumps({"holder": arguments.holder, "cards": cards}))
    else:
        print(f"{len(cards)} cards are nobody's now; revoke them if they are to open nothing")
    return 0
