"""Co-passes for the reader, and the rights of a whole territory for the door."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from contract.card_file import NUMBER_BYTES, CardFile, territory_mark
from contract.rights import CardKey, Right, Schedule, Snapshot, Window, card_tag, encode_rights
from edge.copass.at_rest import SealedFile
from edge.copass.durable_files import RealFiles
from simulator.devices.co_pass import co_pass
from simulator.devices.desfire import DesfireCard

TERRITORY = "bench"
POINT = "door"
_DAY_MS = 86_400_000
_WORKING_HOURS = Schedule((Window(0b0011111, 480, 1_080), Window(0b1100000, 540, 720)))
_ANY_HOUR = Schedule((Window(0b1111111, 0, 1_440),), on_holidays=True)
_KINDS: tuple[Literal["booking", "member", "key_holder", "staff"], ...] = (
    "booking",
    "member",
    "member",
    "staff",
)


@dataclass(frozen=True, slots=True)
class HeldCard:
    """A card that is held to the reader."""

    name: str
    uid: bytes
    door_keys: tuple[bytes, ...]
    card: DesfireCard
    scheme: Literal["ev1", "ev2"]

    def argument(self, directory: Path) -> str:
        """Writes the card down; how the emulator is told of it."""
        path = directory / f"{self.name}.card"
        path.write_bytes(self.card.to_bytes())
        return f"--card={self.name}=desfire:{path}"


def held_cards(
    count: int, scheme: Literal["ev1", "ev2"] = "ev2", territory: str = TERRITORY
) -> list[HeldCard]:
    """Cards with keys of their own."""
    return [_held(f"{scheme}-{number}", scheme, territory) for number in range(count)]


def snapshot_of(cards: list[HeldCard], rights: int, now_ms: int, version: int = 1) -> Snapshot:
    """`rights` rights of nearly as many cards; each of `cards` has five, one of which opens now."""
    lookup_key = secrets.token_bytes(16)
    keys = [
        CardKey(card_tag(lookup_key, card.uid), card.door_keys[0], 1, card.scheme) for card in cards
    ]
    held = [_right(0, key.tag, at, now_ms) for key in keys for at in range(5)]
    others = [
        CardKey(secrets.token_bytes(8), secrets.token_bytes(16), 1)
        for _ in range(rights - len(held))
    ]
    every = held + [_right(0, key.tag, 4, now_ms) for key in others]
    # Spread over the list, as they would be.
    order = sorted(every, key=lambda right: (right.tag, right.kind, right.starts_ms))
    return Snapshot(
        version=version,
        issued_ms=now_ms,
        timezone="Europe/Paris",
        lookup_key=lookup_key,
        pseudonym_keys={"200001": secrets.token_bytes(16)},
        cards=tuple(sorted([*keys, *others], key=lambda key: key.tag)),
        rights=tuple(
            msgspec.structs.replace(right, right_id=number) for number, right in enumerate(order, 1)
        ),
        schedules=(_WORKING_HOURS, _ANY_HOUR),
        holidays=("2030-01-01", "2030-05-01"),
    )


def keep(snapshot: Snapshot, directory: Path, key: bytes) -> None:
    """As a door keeps rights that it has accepted."""
    file = SealedFile(directory / "rights.sealed", key, "rights", RealFiles(), secrets.token_bytes)
    file.write(msgspec.msgpack.encode((1, encode_rights(snapshot))))


def _held(name: str, scheme: Literal["ev1", "ev2"], territory: str) -> HeldCard:
    uid = b"\x04" + secrets.token_bytes(6)
    door_keys = tuple(secrets.token_bytes(16) for _ in range(4))
    file = CardFile(territory_mark(territory), secrets.token_bytes(NUMBER_BYTES))
    generation = 1 if scheme == "ev1" else 2
    memory = co_pass(uid, file, door_keys, secrets.token_bytes(16), generation)
    return HeldCard(name, uid, door_keys, DesfireCard(memory, secrets.token_bytes), scheme)


def _right(number: int, tag: bytes, at: int, now_ms: int) -> Right:
    """Number 4 opens at any hour; the others are of other places and other days."""
    if at == 4:
        return Right(
            number, tag, "member", (POINT, "locker-3"), schedule=1, offline_for_s=72 * 3_600
        )
    starts_ms = now_ms + (at + 1) * _DAY_MS
    points = (POINT,) if at % 2 else ("locker-7",)
    return Right(number, tag, _KINDS[at], points, starts_ms, starts_ms + 3_600_000, schedule=0)
