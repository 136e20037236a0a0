"""One unit's next version, written down in one transaction before anything of it is published."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from backend.access.addressees import AddresseeBook, fingerprint
from backend.access.card_records import cards_of_unit
from backend.access.compiling import Material, compile_rights
from backend.access.door_records import (
    open_door,
    put_lingering,
    put_version,
    read_addressees,
)
from backend.access.exposure import lingering_after
from backend.access.grant_records import (
    answer_ring,
    read_grants,
    read_local_holidays,
    read_schedules,
)
from backend.access.holidays import observed_holidays
from backend.access.model import Door, Lingering
from backend.access.term import check_term
from backend.access.vault import Vault
from backend.access.versions import SMALL_BYTES, Form, next_version, packed
from backend.devices.sealing import Addressee
from contract.rights import Snapshot, chunks_of
from contract.topics import parse_unit


@dataclass(frozen=True, slots=True)
class Place:
    """The territory whose doors these are."""

    territory: str
    timezone: str
    alsace_moselle: bool


@dataclass(frozen=True, slots=True)
class Publication:
    """What is to be sealed and sent after the commit; `to` None: nothing but clearing."""

    unit: str
    to: Addressee | None
    form: Form
    parts: tuple[bytes, ...]
    term: int
    version: int
    clear: range
    """Chunk topics that must hold nothing afterwards."""


class Press:
    """Makes versions; blocking, inside a transaction of the caller.

    Args:
        vault: opens cards and past versions.
        place: the territory.
        book: which device serves a unit.
        term: ours; a higher one in the records ends this dispatcher.
        small_bytes: a snapshot no longer than this is sent whole each time.
    """

    def __init__(
        self,
        vault: Vault,
        place: Place,
        book: AddresseeBook,
        term: int,
        small_bytes: int = SMALL_BYTES,
    ) -> None:
        self._small_bytes = small_bytes
        self._vault = vault
        self._place = place
        self._zone = ZoneInfo(place.timezone)
        self._book = book
        self._term = term

    def press(
        self, connection: Connection, unit: str, now_ms: int, *, whole: bool
    ) -> Publication | None:
        """The unit's next version, or with `whole` the present one again; None: nothing to send.

        Raises Superseded and VaultSealed.
        """
        check_term(connection, self._term)
        answer_ring(connection, unit)
        door = open_door(connection, self._vault, unit)
        to = self._addressee(connection, unit)
        if to is None:
            return self._withdraw(connection, door, now_ms)
        mark = fingerprint(to)
        known = door.snapshot if door.addressee == mark else None
        material = self._material(connection, door, now_ms)
        compiled = compile_rights(material, now_ms)
        # After a restored backup the numbers went on without a snapshot: make one.
        counted = known if known is not None and known.version == door.version else None
        new = next_version(counted, compiled, now_ms, door.version)
        if new is None and not whole and door.term == self._term:
            return None
        if door.snapshot is not None and new is not None:
            cards = {grant.right_id: grant.card_id for grant in material.grants}
            kept = new if known is not None else None
            gone = lingering_after(unit, door.addressee or "", door.snapshot, kept, cards)
            put_lingering(connection, gone)
        base = None if whole or door.term != self._term else known
        return self._written(connection, door, to, base, new or known)

    def moved(self, connection: Connection) -> list[str]:
        """Units whose rights lie with another device than the one that serves them now."""
        found = []
        for unit, mark in read_addressees(connection).items():
            to = self._addressee(connection, unit)
            if mark != (fingerprint(to) if to is not None else None):
                found.append(unit)
        return found

    def _addressee(self, connection: Connection, unit: str) -> Addressee | None:
        return self._book(connection, self._place.territory, parse_unit(unit))

    def _withdraw(self, connection: Connection, door: Door, now_ms: int) -> Publication | None:
        if door.snapshot is None:
            return None
        put_lingering(connection, self._all_lingering(connection, door))
        put_version(
            connection, self._vault, door, None, addressee=None, held_version=0, retired_ms=now_ms
        )
        cleared = range(door.retained_chunks)
        return Publication(door.unit, None, "snapshot", (), self._term, door.version, cleared)

    def _all_lingering(self, connection: Connection, door: Door) -> list[Lingering]:
        if door.snapshot is None:
            return []
        grants = read_grants(connection, unit=door.unit)
        cards = {grant.right_id: grant.card_id for grant in grants}
        return lingering_after(door.unit, door.addressee or "", door.snapshot, None, cards)

    def _written(
        self,
        connection: Connection,
        door: Door,
        to: Addressee,
        base: Snapshot | None,
        new: Snapshot | None,
    ) -> Publication | None:
        if new is None:
            return None
        if base is not None and base.version == new.version:
            base = None
        form, body = packed(base, new, door.retained_version, self._small_bytes)
        parts = chunks_of(body) if form == "snapshot" else (body,)
        fields: dict[str, object] = {"term": self._term, "retired_ms": None, "refusal": None}
        mark = fingerprint(to)
        if door.addressee != mark:
            fields |= {"addressee": mark, "held_version": 0}
        clear = range(0)
        if form == "snapshot":
            clear = range(len(parts), door.retained_chunks)
            fields["retained_version"] = new.version
            fields["retained_chunks"] = max(len(parts), door.retained_chunks)
        elif door.retained_version == door.version:
            clear = range(door.retained_chunks)
        put_version(connection, self._vault, door, new, **fields)
        return Publication(door.unit, to, form, parts, self._term, new.version, clear)

    def _material(self, connection: Connection, door: Door, now_ms: int) -> Material:
        today = dt.datetime.fromtimestamp(now_ms / 1_000, self._zone).date()
        return Material(
            cards=cards_of_unit(connection, self._vault, door.unit),
            grants=read_grants(connection, unit=door.unit),
            schedules=read_schedules(connection),
            holidays=observed_holidays(
                today, read_local_holidays(connection), alsace_moselle=self._place.alsace_moselle
            ),
            timezone=self._place.timezone,
            lookup_key=door.lookup_key,
            territory_key=self._vault.territory_key,
        )
