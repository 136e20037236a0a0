"""`softplace card ceremony new`: a set of master keys, drawn, put on paper, checked back."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from softplace.card.ceremony.paper import check_back, hand_out, put_in
from softplace.card.console import Console, Terminal
from softplace.card.desk import open_desk
from softplace.card.key_set import NEEDED, PARTS, draw_set, split
from softplace.device.options import server_options
from softplace.failure import CommandFailed

MOST_PARTS = 16
"""SLIP-0039 numbers parts in four bits."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the step."""
    parts_count_options(parser)
    server_options(parser)
    parser.epilog = "example:\n  softplace card ceremony new --config /etc/softplace/softplace.toml"
    parser.set_defaults(run=run)


def parts_count_options(parser: argparse.ArgumentParser) -> None:
    """In how many parts, how many are needed, and on what they go."""
    parser.add_argument("--count", type=int, default=PARTS, metavar="N", help="parts (5)")
    parser.add_argument(
        "--needed", type=int, default=NEEDED, metavar="N", help="parts that give it back (3)"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="files instead of paper: sticks, or training"
    )


def run(arguments: argparse.Namespace, console: Console | None = None) -> int:
    """Draw, hand out, check back, and only then record that the set exists."""
    from backend.access.key_sets import next_version, remember_set  # noqa: PLC0415 - as said
    from backend.records.transaction import reading, writing  # noqa: PLC0415

    check_counts(arguments)
    console = console or Terminal()
    with open_desk(arguments) as desk:
        with reading(desk.server.records) as connection:
            keys = draw_set(next_version(connection))
        parts = split(keys, arguments.needed, arguments.count)
        if arguments.out is not None:
            put_in(arguments.out, keys, parts)
        else:
            hand_out(console, keys, parts)
            check_back(console, keys)
        with writing(desk.server.records) as connection:
            remember_set(connection, keys.version, keys.fingerprint)
    if arguments.json:
        print(json.dumps({"key_set": keys.version, "fingerprint": keys.fingerprint}))
    else:
        print(f"key set {keys.version} exists, fingerprint {keys.fingerprint}")
        print(f"{arguments.needed} of its {arguments.count} parts give it back; nothing else does")
    return 0


def check_counts(arguments: argparse.Namespace) -> None:
    """Raises CommandFailed (wrong use)."""
    if not 2 <= arguments.needed <= arguments.count <= MOST_PARTS:
        raise CommandFailed(f"--needed is 2 or more, --count up to {MOST_PARTS} and no less", 2)
