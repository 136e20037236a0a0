"""`softplace card schedule`: when standing rights hold."""

from __future__ import annotations

import argparse
import json
import re

from contract.topics import is_slug
from softplace.card.desk import open_desk
from softplace.device.options import server_options
from softplace.failure import CommandFailed

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? (\d\d):(\d\d)-(\d\d):(\d\d)")


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument("name", metavar="NAME", help="a slug, for example office")
    parser.add_argument(
        "windows", nargs="+", metavar="WINDOW", help='"mon-fri 08:00-18:00"; local time'
    )
    parser.add_argument("--on-holidays", action="store_true", help="on public holidays too")
    server_options(parser)
    parser.epilog = (
        'example:\n  softplace card schedule office "mon-fri 08:00-18:00" "sat 09:00-12:00"'
        " --config /etc/softplace/softplace.toml"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Put it in place and ring at every door that uses it."""
    from backend.access.grant_records import put_schedule, ring, schedule_units  # noqa: PLC0415
    from backend.access.model import NamedSchedule  # noqa: PLC0415
    from backend.records.transaction import writing  # noqa: PLC0415

    if not is_slug(arguments.name):
        raise CommandFailed(f"{arguments.name!r} is not a slug; write for example office", 2)
    windows = tuple(window_of(text) for text in arguments.windows)
    schedule = NamedSchedule(arguments.name, windows, arguments.on_holidays)
    with open_desk(arguments) as desk, writing(desk.server.records) as connection:
        put_schedule(connection, schedule)
        units = schedule_units(connection, schedule.name)
        ring(connection, units, desk.now_ms)
    if arguments.json:
        print(json.dumps({"schedule": schedule.name, "windows": windows, "units": units}))
    else:
        print(f"schedule {schedule.name} is set; {len(units)} doors are told")
    return 0


def window_of(text: str) -> tuple[int, int, int]:
    """Weekdays (bit 0 is Monday), start and end in minutes. Raises CommandFailed (wrong use)."""
    match = _WINDOW.fullmatch(text.strip().lower())
    if match is None or match[1] not in DAYS or (match[2] or match[1]) not in DAYS:
        raise CommandFailed(f'window {text!r}: write "mon-fri 08:00-18:00"', 2)
    first, last = DAYS.index(match[1]), DAYS.index(match[2] or match[1])
    days = [(first + step) % 7 for step in range((last - first) % 7 + 1)]
    start, end = int(match[3]) * 60 + int(match[4]), int(match[5]) * 60 + int(match[6])
    if max(start, end) > 1_440 or start == end:
        raise CommandFailed(f"window {text!r} has no time of day, or no length", 2)
    return sum(1 << day for day in days), start, end
