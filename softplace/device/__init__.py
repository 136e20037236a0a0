"""`softplace device`: identities of devices, who serves what, help from far away.

One file per subcommand (`<name>_command.py`), each with `configure` and `run`.
"""

from __future__ import annotations

import argparse
import importlib

SUBCOMMANDS = (
    ("enrol", "on the device: make its keys and get its identity with a one-time code"),
    ("invite", "on the server: a one-time code for a unit, good for 15 minutes"),
    ("list", "devices, their units, duties and certificates"),
    ("assign", "put a unit on a duty, now or from a given time on"),
    ("revoke", "withdraw a lost or stolen device at once"),
    ("retire", "end a unit: its device forgets who it was, nothing stays retained"),
    ("renew", "give a device a new key and certificate"),
    ("alarms", "people in distress: who is asked, since when, until when"),
    ("acknowledge", "answer an alarm of a person in distress: somebody is on it"),
    ("logs", "the last lines of a device's log"),
    ("doctor", "what a device finds wrong with itself"),
    ("restart", "start a device's agent anew"),
    ("broker-certificate", "key, certificate and revocation list for the broker"),
    ("sign-wheels", "vouch for a directory of wheels, so that devices install it"),
)
"""Each lives in a module of its name."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.epilog = (
        "examples:\n"
        "  softplace device invite bus/b1 --config /etc/softplace/softplace.toml\n"
        "  softplace device enrol --server https://softplace.example.org --code K7QF-...\n"
        "  softplace device logs bus/b1 --lines 50 --config /etc/softplace/softplace.toml"
    )
    subcommands = parser.add_subparsers(dest="subcommand", required=True, metavar="SUBCOMMAND")
    for name, line in SUBCOMMANDS:
        subparser = subcommands.add_parser(
            name,
            help=line,
            description=line,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module = importlib.import_module(f"softplace.device.{name.replace('-', '_')}_command")
        module.configure(subparser)
