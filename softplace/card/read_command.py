"""`softplace card read`: prove the card on the reader, and say what it may open."""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

from softplace.card.desk import CardDesk, open_desk, shown
from softplace.card.readers import card_at, reader_options
from softplace.card.writing import prove
from softplace.device.options import server_options
from softplace.failure import CommandFailed


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    reader_options(parser)
    server_options(parser)
    parser.epilog = (
        "example:\n  softplace card read --reader pn532:/dev/ttyUSB0"
        " --config /etc/softplace/softplace.toml"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """No master key is needed: the card's own key is in the vault."""
    with open_desk(arguments) as desk:
        known = asyncio.run(_read(arguments, desk))
    if arguments.json:
        print(json.dumps(known))
        return 0
    print(f"card {known['card']} is {known['state']} and authentic")
    for right in known["rights"]:
        ends = shown(right["ends_ms"]) if right["ends_ms"] else "no end"
        print(f"  {right['right']:>6} {right['unit']:20} {' '.join(right['points'])}  until {ends}")
    return 0


async def _read(arguments: argparse.Namespace, desk: CardDesk) -> dict[str, Any]:
    from backend.access.card_records import card_of_uid, read_secrets  # noqa: PLC0415 - as said
    from backend.access.grant_records import read_grants  # noqa: PLC0415
    from backend.records.transaction import reading  # noqa: PLC0415

    async with card_at(arguments) as channel:
        with reading(desk.server.records) as connection:
            card = card_of_uid(connection, desk.vault, channel.uid)
            if card is None:
                raise CommandFailed("this card was not issued here: softplace card issue")
            secrets = read_secrets(connection, desk.vault, card.card_id)
            grants = read_grants(connection, card_id=card.card_id)
        key = secrets.keys[card.key_number]
        territory = desk.server.settings.territory
        file = await prove(channel, key, card.key_number, territory, card.scheme)
    if file.number.hex() != card.card_id:
        raise CommandFailed(
            f"the card says it is {file.number.hex()}, the records say {card.card_id}: keep it here"
        )
    rights = [
        {"right": g.right_id, "unit": g.unit, "points": list(g.points), "ends_ms": g.ends_ms}
        for g in grants
        if g.ended_ms is None
    ]
    return {
        "card": card.card_id,
        "state": card.state,
        "key_set": secrets.version,
        "key_number": card.key_number,
        "rights": rights,
    }
