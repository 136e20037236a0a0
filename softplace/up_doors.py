"""The co-pass doors of the demonstration: identities, cards and rights, made where there are none.

Everything goes the way of a real door: enrolled with a one-time code, cards issued at the desk,
rights granted in the records, and published by the dispatcher. A restart finds it all again.
"""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from contract.card_file import NUMBER_BYTES, CardFile, territory_mark
from contract.clock import SystemClock
from softplace.credentials import write_secret
from softplace.up_plan import HOST, Plan, door_spaces, door_unit, usual_or_free_port

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from backend.access.vault import Vault
    from simulator.devices.desfire import DesfireCard

CARDS = 6
WITHOUT_RIGHTS = 1
"""The last cards open nothing: a door that never refuses shows half of what it does."""
FIRST_SCREEN_PORT = 8_460
_AUTHOR = "demonstration"
_real = SystemClock()


def prepare_doors(plan: Plan, records_url: str) -> Path:
    """Make what the doors need, and the simulator's file of them. Blocks.

    Raises what records, keys and enrolment raise, one sentence each.
    """
    from backend.access.keys import open_keys  # noqa: PLC0415 - `--help` never pays for it
    from backend.records.open import open_records  # noqa: PLC0415

    directory = plan.data.absolute() / "doors"
    spaces = door_spaces(plan.territory)
    records = open_records(records_url)
    try:
        vault = open_keys(plan.data).vault
        cards = _cards(plan, records, vault, directory / "cards")
        identities = [_identity(plan, records, directory, door_unit(s)) for s in spaces]
    finally:
        records.dispose()
    told = [
        {
            "unit": door_unit(space),
            "space": space.unit,
            "identity": str(identity),
            "cards": [str(path) for path in cards],
            "screen_port": usual_or_free_port(FIRST_SCREEN_PORT + number),
            "place": space.name[:40],
            "help_number": plan.territory.phone[:20],
        }
        for number, (space, identity) in enumerate(zip(spaces, identities, strict=True))
    ]
    path = directory / "doors.json"
    write_secret(path, json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    return path


def door_screens(path: Path) -> list[tuple[str, str]]:
    """Place and address of the screen of each door in the file."""
    told: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return [(door["place"], f"http://{HOST}:{door['screen_port']}/") for door in told]


def _identity(plan: Plan, records: Engine, directory: Path, unit: str) -> Path:
    """The identity of the device that serves `unit`, enrolled anew where it is lost."""
    from backend.devices.assignments import device_in  # noqa: PLC0415 - as above
    from backend.devices.desk import EnrolmentDesk  # noqa: PLC0415
    from backend.devices.invitations import invite  # noqa: PLC0415
    from backend.records.transaction import reading, writing  # noqa: PLC0415
    from edge.agent.enrolment import enrol, identity_directory  # noqa: PLC0415
    from edge.agent.errors import InvalidIdentity  # noqa: PLC0415
    from edge.agent.identity import load_identity  # noqa: PLC0415

    state = directory / unit.replace("/", "-")
    identity = identity_directory(state, unit)
    with reading(records) as connection:
        serving = device_in(connection, unit, _real.now_ms())
    if serving is not None:
        try:
            load_identity(identity)
        except InvalidIdentity:
            pass  # its files are lost or damaged: another device takes its place
        else:
            return identity
    broker = f"mqtt://{HOST}:{plan.broker_port}"
    desk = EnrolmentDesk(records, plan.data, plan.territory.territory, broker, _real)
    with writing(records) as connection:
        code = invite(connection, unit, _real.now_ms())
    enrol(state, plan.url, code, f"simulated-{unit}", lambda _url, body: desk.answer(body))
    return identity


def _cards(plan: Plan, records: Engine, vault: Vault, directory: Path) -> list[Path]:
    """The files of the cards, each issued and, but for the last, with rights at every door."""
    from backend.access.card_records import card_of_uid  # noqa: PLC0415 - as above
    from backend.records.transaction import reading  # noqa: PLC0415
    from simulator.devices.cards import CardOnDisk  # noqa: PLC0415

    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    paths = [directory / f"{number}.card" for number in range(1, CARDS + 1)]
    for number, path in enumerate(paths):
        with suppress(OSError, msgspec.DecodeError), reading(records) as connection:
            uid = CardOnDisk.read(path).memory.uid
            if card_of_uid(connection, vault, uid) is not None:
                continue
        card = _issue(plan, records, vault, has_rights=number < CARDS - WITHOUT_RIGHTS)
        beside = path.with_suffix(".new")
        beside.touch(mode=0o600)
        beside.write_bytes(card.to_bytes())
        beside.replace(path)
    return paths


def _issue(plan: Plan, records: Engine, vault: Vault, *, has_rights: bool) -> DesfireCard:
    """A new card, recorded; its master keys are drawn for it alone and forgotten."""
    from backend.access.desk import Author, grant, issue  # noqa: PLC0415 - as above
    from backend.access.model import DIRECT, Card, CardSecrets, Grant  # noqa: PLC0415
    from backend.records.transaction import writing  # noqa: PLC0415
    from simulator.devices.co_pass import co_pass  # noqa: PLC0415
    from simulator.devices.desfire import DesfireCard  # noqa: PLC0415

    uid = b"\x04" + secrets.token_bytes(6)
    keys = [secrets.token_bytes(16) for _ in range(5)]
    number, territory = secrets.token_bytes(NUMBER_BYTES), plan.territory.territory
    author = Author(_AUTHOR, plan.clock.now_ms())
    card = Card(number.hex(), "ev2", 1, "active", author.now_ms, author.name)
    with writing(records) as connection:
        issue(connection, vault, card, CardSecrets(uid, dict(enumerate(keys))), None)
        for space in door_spaces(plan.territory) if has_rights else ():
            wanted = Grant(
                right_id=0,
                card_id=card.card_id,
                unit=door_unit(space),
                points=("door",),
                kind="member",
                starts_ms=author.now_ms,
                ends_ms=None,
                schedule=None,
                offline_for_s=None,
                label="",
                duress=False,
                passes_lockdown=False,
                source=DIRECT,
                created_ms=author.now_ms,
                created_by=author.name,
            )
            grant(connection, wanted, author)
    memory = co_pass(uid, CardFile(territory_mark(territory), number), keys[1:], keys[0])
    return DesfireCard(memory, secrets.token_bytes)
