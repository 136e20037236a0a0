"""`softplace card status`: what each door holds, and what it could still open by mistake."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from softplace.card.desk import open_desk, shown
from softplace.device.options import server_options

if TYPE_CHECKING:
    from backend.access.door_report import DoorReport


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    server_options(parser)
    parser.epilog = "example:\n  softplace card status --config /etc/softplace/softplace.toml"
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print a paragraph a door, or one JSON object."""
    import msgspec  # noqa: PLC0415 - `--help` does without

    from backend.access.door_report import report_doors  # noqa: PLC0415 - never on a device
    from backend.records.transaction import reading  # noqa: PLC0415

    with open_desk(arguments) as desk, reading(desk.server.records) as connection:
        doors = report_doors(connection, desk.now_ms)
    if arguments.json:
        print(json.dumps({"doors": [msgspec.to_builtins(door) for door in doors]}))
        return 0
    for door in doors:
        _tell(door)
    if not doors:
        print("no door has rights yet: softplace card grant, and `softplace serve dispatch`")
    return 0


def _tell(door: DoorReport) -> None:
    holds = "holds it" if door.is_current else f"holds version {door.held_version}"
    print(f"{door.unit}: version {door.version}, the device {holds}")
    print(f"  last contact {shown(door.contact_ms)}; {door.cards} cards, {door.rights} rights")
    if door.revocation_bound_ms is None:
        print("  it holds no right: no card opens it")
    else:
        print(f"  a card revoked now opens until {shown(door.revocation_bound_ms)} at the latest")
    if door.refusal is not None:
        print(f"  it refused the last rights: {door.refusal}")
    if door.retired_ms is not None:
        print(f"  no device serves it since {shown(door.retired_ms)}")
    for one in door.still_opens:
        until = shown(one.until_ms)
        print(
            f"  could still open: card {one.card} ({one.state}), right {one.right}, until {until}"
        )
