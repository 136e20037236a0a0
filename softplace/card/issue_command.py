"""`softplace card issue`: write a co-pass on a card, and record it."""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

from softplace.card.console import Terminal, ask_for_set
from softplace.card.desk import CardDesk, open_desk
from softplace.card.key_set import KeySet
from softplace.card.options import parts_options, scheme_option
from softplace.card.readers import card_at, reader_options
from softplace.card.writing import write_card
from softplace.device.options import server_options

FIRST_GENERATION = 1


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument(
        "--holder", metavar="HANDLE", help="whose card it is: a file number, not a name"
    )
    reader_options(parser)
    parts_options(parser)
    scheme_option(parser)
    server_options(parser)
    parser.epilog = (
        "example:\n  softplace card issue --holder h-0137 --reader pn532:/dev/ttyUSB0"
        " --parts /media/stick/parts.txt --config /etc/softplace/softplace.toml"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Ask for the master keys, write the card, forget the keys."""
    with open_desk(arguments) as desk:
        keys = checked_set(desk, ask_for_set(Terminal(), arguments.parts))
        known = asyncio.run(_issue(arguments, desk, keys))
    if arguments.json:
        print(json.dumps(known))
    else:
        print(f"card {known['card']} is issued, with keys of set {known['key_set']}")
    return 0


def checked_set(desk: CardDesk, keys: KeySet) -> KeySet:
    """The set, where it is one of this territory. Raises WrongKeySet."""
    from backend.access.key_sets import check_set  # noqa: PLC0415 - never on a device
    from backend.records.transaction import reading  # noqa: PLC0415

    with reading(desk.server.records) as connection:
        check_set(connection, keys.version, keys.fingerprint)
    return keys


async def _issue(arguments: argparse.Namespace, desk: CardDesk, keys: KeySet) -> dict[str, Any]:
    from backend.access.card_records import card_of_uid  # noqa: PLC0415 - never on a device
    from backend.access.desk import issue  # noqa: PLC0415
    from backend.access.errors import CardKnown  # noqa: PLC0415
    from backend.access.model import Card, CardSecrets  # noqa: PLC0415
    from backend.records.transaction import reading, writing  # noqa: PLC0415
    from edge.copass.proof.card_keys import derived_keys  # noqa: PLC0415 - needs AES

    territory = desk.server.settings.territory
    async with card_at(arguments) as channel:
        with reading(desk.server.records) as connection:
            known = card_of_uid(connection, desk.vault, channel.uid)
        if known is not None:
            raise CardKnown(known.card_id)
        derived = derived_keys(keys.masters, channel.uid, territory, keys.version)
        file = await write_card(channel, derived, territory, arguments.scheme)
        author = desk.author
        card = Card(
            card_id=file.number.hex(),
            scheme=arguments.scheme,
            key_number=FIRST_GENERATION,
            state="active",
            issued_ms=author.now_ms,
            issued_by=author.name,
        )
        secrets = CardSecrets(channel.uid, dict(enumerate(derived.keys)), derived.version)
        with writing(desk.server.records) as connection:
            issue(connection, desk.vault, card, secrets, arguments.holder)
    return {"card": card.card_id, "key_set": keys.version, "scheme": card.scheme}
