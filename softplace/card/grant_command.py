"""`softplace card grant`: let a card open something; the door knows within seconds."""

from __future__ import annotations

import argparse
import json

from softplace.card.desk import moment_ms, open_desk
from softplace.card.options import card_option, unit_text
from softplace.device.options import server_options

KINDS = ("member", "key_holder", "staff", "booking")
HOUR_S = 3_600


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    card_option(parser)
    parser.add_argument("unit", metavar="KIND/ID", help="for example reader/die")
    parser.add_argument(
        "--point", action="append", metavar="POINT", help="what of the unit (door); repeatable"
    )
    parser.add_argument("--kind", choices=KINDS, default="member", help="(member)")
    parser.add_argument("--from", dest="begin", metavar="TIME", help="2026-11-25T08:00; now")
    parser.add_argument("--until", metavar="TIME", help="2026-11-25T18:00; none by default")
    parser.add_argument("--schedule", metavar="NAME", help="only then; see `card schedule`")
    parser.add_argument(
        "--offline-hours",
        type=int,
        metavar="N",
        help="opens so long without a word from us (member: 72, key_holder: must be said)",
    )
    parser.add_argument("--label", default="", help="for the door's screen: initials, desk")
    parser.add_argument("--duress", action="store_true", help="opens and raises a silent alarm")
    parser.add_argument("--passes-lockdown", action="store_true", help="opens in a lockdown too")
    server_options(parser)
    parser.epilog = (
        "example:\n  softplace card grant 5f0c9a1b2c3d4e5f reader/die --kind member"
        " --schedule office --config /etc/softplace/softplace.toml"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the right down and ring; `serve dispatch` publishes it."""
    from backend.access.desk import grant  # noqa: PLC0415 - never on a device
    from backend.access.model import DIRECT, Grant  # noqa: PLC0415
    from backend.records.transaction import writing  # noqa: PLC0415

    hours = arguments.offline_hours
    with open_desk(arguments) as desk:
        author = desk.author
        begin = arguments.begin
        wanted = Grant(
            right_id=0,
            card_id=arguments.card,
            unit=unit_text(arguments.unit),
            points=tuple(arguments.point or ["door"]),
            kind=arguments.kind,
            starts_ms=author.now_ms if begin is None else moment_ms(begin, "--from"),
            ends_ms=moment_ms(arguments.until, "--until") if arguments.until else None,
            schedule=arguments.schedule,
            offline_for_s=None if hours is None else hours * HOUR_S,
            label=arguments.label,
            duress=arguments.duress,
            passes_lockdown=arguments.passes_lockdown,
            source=DIRECT,
            created_ms=author.now_ms,
            created_by=author.name,
        )
        with writing(desk.server.records) as connection:
            right_id = grant(connection, wanted, author)
    if arguments.json:
        print(json.dumps({"right": right_id, "card": wanted.card_id, "unit": wanted.unit}))
    else:
        print(f"right {right_id}: card {wanted.card_id} opens {' '.join(wanted.points)}")
        print(f"of {wanted.unit}; `softplace card status` shows when the door has it")
    return 0
