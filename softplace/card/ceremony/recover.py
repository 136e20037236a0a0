"""`softplace card ceremony recover`: new parts of a set, when a holder leaves or loses one."""

from __future__ import annotations

import argparse
import json

from softplace.card.ceremony.new import check_counts, parts_count_options
from softplace.card.ceremony.paper import check_back, hand_out, put_in
from softplace.card.console import Console, Terminal, ask_for_set
from softplace.card.desk import open_desk
from softplace.card.issue_command import checked_set
from softplace.card.key_set import split
from softplace.card.options import parts_options
from softplace.device.options import server_options


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the step."""
    parts_options(parser)
    parts_count_options(parser)
    server_options(parser)
    parser.epilog = (
        "example:\n  softplace card ceremony recover --config /etc/softplace/softplace.toml"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, console: Console | None = None) -> int:
    """The keys stay the same, so no card changes; the old parts must be burnt."""
    check_counts(arguments)
    console = console or Terminal()
    with open_desk(arguments) as desk:
        keys = checked_set(desk, ask_for_set(console, arguments.parts))
    parts = split(keys, arguments.needed, arguments.count)
    if arguments.out is not None:
        put_in(arguments.out, keys, parts)
    else:
        hand_out(console, keys, parts)
        check_back(console, keys)
    if arguments.json:
        print(json.dumps({"key_set": keys.version, "fingerprint": keys.fingerprint}))
    else:
        print(f"key set {keys.version} has {arguments.count} new parts")
        print("old parts still give the key back among themselves: burn them now")
    return 0
