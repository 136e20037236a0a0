"""`softplace card ceremony check`: which set these parts are, without using it."""

from __future__ import annotations

import argparse
import json

from softplace.card.console import Console, Terminal, ask_for_set
from softplace.card.desk import open_desk
from softplace.card.issue_command import checked_set
from softplace.card.options import parts_options
from softplace.device.options import server_options


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the step."""
    parts_options(parser)
    server_options(parser)
    parser.epilog = (
        "example:\n  softplace card ceremony check --config /etc/softplace/softplace.toml"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, console: Console | None = None) -> int:
    """Once a year with each three holders, so that a lost part is known before it is needed."""
    with open_desk(arguments) as desk:
        keys = checked_set(desk, ask_for_set(console or Terminal(), arguments.parts))
    if arguments.json:
        print(json.dumps({"key_set": keys.version, "fingerprint": keys.fingerprint}))
    else:
        print(f"these parts are key set {keys.version}, fingerprint {keys.fingerprint}")
    return 0
