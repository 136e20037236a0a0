"""`softplace card revoke`: take a card or one right back, and say where it could still open."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from softplace.card.desk import CardDesk, open_desk
from softplace.device.options import server_options
from softplace.failure import CommandFailed

if TYPE_CHECKING:
    from backend.access.model import CardState


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument("card", nargs="?", metavar="CARD", help="the whole card")
    parser.add_argument("--right", type=int, metavar="N", help="this right alone")
    parser.add_argument("--lost", action="store_true", help="the card is lost, not given back")
    parser.add_argument(
        "--replaced-by", metavar="CARD", help="the card that takes its place, with its rights"
    )
    server_options(parser)
    parser.epilog = (
        "examples:\n"
        "  softplace card revoke 5f0c9a1b2c3d4e5f --lost --config FILE\n"
        "  softplace card revoke --right 17 --config FILE"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write it down and ring; `serve dispatch` publishes it."""
    if (arguments.card is None) == (arguments.right is None):
        raise CommandFailed("name a card, or one right with --right", 2)
    with open_desk(arguments) as desk:
        units = _revoked(arguments, desk)
    if arguments.json:
        print(json.dumps({"card": arguments.card, "right": arguments.right, "units": units}))
        return 0
    what = f"right {arguments.right}" if arguments.card is None else f"card {arguments.card}"
    print(f"{what} opens nothing any more; told to {', '.join(units) or 'no door'}")
    print("`softplace card status` shows the doors that have not heard of it")
    return 0


def _revoked(arguments: argparse.Namespace, desk: CardDesk) -> list[str]:
    from backend.access.desk import revoke_card, revoke_grant  # noqa: PLC0415
    from backend.records.transaction import writing  # noqa: PLC0415

    state: CardState = "revoked"
    if arguments.replaced_by is not None:
        state = "replaced"
    if arguments.lost:
        state = "lost"
    with writing(desk.server.records) as connection:
        if arguments.right is not None:
            return [revoke_grant(connection, arguments.right, desk.author).unit]
        return revoke_card(connection, arguments.card, state, desk.author, arguments.replaced_by)
