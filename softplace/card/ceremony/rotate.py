"""`softplace card ceremony rotate`: all doors read by another generation; no card is recalled."""

from __future__ import annotations

import argparse
import json

from contract.card_file import DOOR_KEY_SLOTS
from softplace.card.desk import open_desk
from softplace.device.options import server_options


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the step."""
    parser.add_argument(
        "--to", type=int, choices=DOOR_KEY_SLOTS, required=True, help="generation, 1 to 4"
    )
    server_options(parser)
    parser.epilog = (
        "example:\n  softplace card ceremony rotate --to 2 --config /etc/softplace/softplace.toml"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """No master key is needed: every card's keys of all generations are in the vault."""
    from backend.access.card_records import read_cards  # noqa: PLC0415 - never on a device
    from backend.access.desk import use_generation  # noqa: PLC0415
    from backend.records.transaction import writing  # noqa: PLC0415

    with open_desk(arguments) as desk, writing(desk.server.records) as connection:
        active = [card.card_id for card in read_cards(connection) if card.state == "active"]
        without = use_generation(connection, desk.vault, active, arguments.to, desk.author)
    if arguments.json:
        moved = len(active) - len(without)
        print(json.dumps({"generation": arguments.to, "cards": moved, "without": without}))
        return 0
    print(f"{len(active) - len(without)} cards are read by generation {arguments.to} from now on")
    for card_id in without:
        print(f"  card {card_id} has no such key: softplace card rekey")
    return 0
