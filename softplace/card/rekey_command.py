"""`softplace card rekey`: give the card on the reader the keys of another set."""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
from typing import Any

from softplace.card.console import Terminal, ask_for_set
from softplace.card.desk import CardDesk, open_desk
from softplace.card.issue_command import checked_set
from softplace.card.key_set import KeySet
from softplace.card.options import parts_options
from softplace.card.readers import card_at, reader_options
from softplace.card.writing import card_faults
from softplace.device.options import server_options
from softplace.failure import CommandFailed


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    reader_options(parser)
    parts_options(parser)
    server_options(parser)
    parser.epilog = (
        "example:\n  softplace card rekey --reader pn532:/dev/ttyUSB0"
        " --config /etc/softplace/softplace.toml"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """The old keys are in the vault; the masters they came from are not needed."""
    with open_desk(arguments) as desk:
        keys = checked_set(desk, ask_for_set(Terminal(), arguments.parts))
        known = asyncio.run(_rekey(arguments, desk, keys))
    if arguments.json:
        print(json.dumps(known))
    else:
        print(f"card {known['card']} has the keys of set {known['key_set']}")
        print("a door out of contact refuses it until it has heard of them")
    return 0


async def _rekey(arguments: argparse.Namespace, desk: CardDesk, keys: KeySet) -> dict[str, Any]:
    from backend.access.card_records import card_of_uid, read_secrets  # noqa: PLC0415 - as said
    from backend.access.desk import rekey  # noqa: PLC0415
    from backend.access.model import CardSecrets  # noqa: PLC0415
    from backend.records.transaction import reading, writing  # noqa: PLC0415
    from edge.copass.proof import personalising  # noqa: PLC0415 - needs AES
    from edge.copass.proof.card_keys import CardKeys, derived_keys  # noqa: PLC0415

    async with card_at(arguments) as channel:
        with reading(desk.server.records) as connection:
            card = card_of_uid(connection, desk.vault, channel.uid)
            if card is None:
                raise CommandFailed("this card was not issued here: softplace card issue")
            kept = read_secrets(connection, desk.vault, card.card_id)
        old = CardKeys(tuple(kept.keys[slot] for slot in sorted(kept.keys)), kept.version)
        territory = desk.server.settings.territory
        new = derived_keys(keys.masters, channel.uid, territory, keys.version)
        with card_faults():
            await personalising.rekey(channel, old, new, secrets.token_bytes, card.scheme)
        written = CardSecrets(channel.uid, dict(enumerate(new.keys)), new.version)
        with writing(desk.server.records) as connection:
            rekey(connection, desk.vault, card.card_id, written, desk.author)
    return {"card": card.card_id, "key_set": keys.version}
