"""`softplace card list`: cards and their rights."""

from __future__ import annotations

import argparse
import json
from typing import Any

from softplace.card.desk import CardDesk, open_desk, shown
from softplace.device.options import server_options


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument("--all", action="store_true", help="also cards and rights that ended")
    parser.add_argument("--holder", metavar="HANDLE", help="only this person's")
    server_options(parser)
    parser.epilog = "example:\n  softplace card list --config /etc/softplace/softplace.toml"
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print a table, or one JSON object."""
    with open_desk(arguments) as desk:
        cards = _gathered(desk, arguments.holder, ended=arguments.all)
    if arguments.json:
        print(json.dumps({"cards": cards}))
        return 0
    for card in cards:
        since = f"since {shown(card['issued_ms'])}"
        print(f"{card['card']}  {card['state']:8} {card['holder'] or '-':16} {since}")
        for right in card["rights"]:
            until = shown(right["ends_ms"]) if right["ends_ms"] else "no end"
            what = " ".join(right["points"])
            print(f"  {right['right']:>6} {right['unit']:20} {right['kind']:10} {what}  {until}")
    if not cards:
        print("no card yet: softplace card issue")
    return 0


def _gathered(desk: CardDesk, holder: str | None, *, ended: bool) -> list[dict[str, Any]]:
    from backend.access.card_records import read_cards, read_holders  # noqa: PLC0415 - as said
    from backend.access.grant_records import read_grants  # noqa: PLC0415
    from backend.records.transaction import reading  # noqa: PLC0415

    with reading(desk.server.records) as connection:
        holders = read_holders(connection)
        return [
            {
                "card": card.card_id,
                "state": card.state,
                "holder": holders.get(card.card_id),
                "issued_ms": card.issued_ms,
                "issued_by": card.issued_by,
                "key_number": card.key_number,
                "ended_ms": card.ended_ms,
                "replaced_by": card.replaced_by,
                "rights": [
                    {
                        "right": grant.right_id,
                        "unit": grant.unit,
                        "points": list(grant.points),
                        "kind": grant.kind,
                        "schedule": grant.schedule,
                        "starts_ms": grant.starts_ms,
                        "ends_ms": grant.ends_ms,
                        "offline_for_s": grant.offline_for_s,
                        "created_by": grant.created_by,
                        "ended_ms": grant.ended_ms,
                    }
                    for grant in read_grants(connection, card_id=card.card_id)
                    if ended or grant.ended_ms is None
                ],
            }
            for card in read_cards(connection)
            if (ended or card.state == "active")
            and (holder is None or holders.get(card.card_id) == holder)
        ]
