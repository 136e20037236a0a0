"""Check for units that speak, or whose retained word still stands, and that nobody knows."""

from __future__ import annotations

import re

from contract.errors import ContractError
from contract.territory_file import Territory, load_territory
from contract.topics import ROOT
from softplace.doctor.broker import NO_BROKER
from softplace.doctor.ear import CannotListen, Ear
from softplace.doctor.finding import Finding, failed, not_checked, ok, warning
from softplace.doctor.subject import Subject

FILTER = f"{ROOT}/+/+/+/status"
SHOWN = 10
_TOPIC = re.compile(rf"{re.escape(ROOT)}/([^/]+)/([^/]+/[^/]+)/status")


async def orphans(subject: Subject) -> Finding:
    """Every unit with a status is in the territory."""
    if subject.broker is None:
        return NO_BROKER
    if subject.territory is None:
        return not_checked("no territory file was named", "softplace doctor --territory FILE")
    try:
        territory = load_territory(subject.territory)
    except ContractError as error:
        return failed(str(error), "correct the territory file, or name another")
    try:
        async with Ear(subject, subject.broker, (FILTER,)) as ear:
            ear.acknowledge()
            await ear.until_quiet(subject.wait_s, 1_000_000)
    except (CannotListen, OSError):
        return not_checked(
            f"this account may not read {FILTER}", "run doctor with the backend's account"
        )
    return judge({topic.decode(errors="replace") for topic, _, _ in ear.messages}, territory)


def judge(topics: set[str], territory: Territory) -> Finding:
    """Which of the status topics belong to nobody."""
    known = {vehicle.unit for vehicle in territory.vehicles}
    known |= {space.unit for space in territory.spaces}
    strangers = sorted(
        topic
        for topic in topics
        if not (found := _TOPIC.fullmatch(topic))
        or found[1] != territory.territory
        or found[2] not in known
    )
    if not strangers:
        return ok(f"all {len(topics)} units with a status are in {territory.name}")
    more = f" and {len(strangers) - SHOWN} more" if len(strangers) > SHOWN else ""
    return warning(
        f"{len(strangers)} of {len(topics)} units with a status are not in {territory.name}:"
        f" {', '.join(topic.removeprefix(f'{ROOT}/') for topic in strangers[:SHOWN])}{more}",
        "add them to the territory, or clear what is retained of them:\n"
        f"mosquitto_pub -r -n -t {strangers[0]} (and .../position, .../occupancy, .../down/stored)",
    )
