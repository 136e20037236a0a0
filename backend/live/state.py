"""The present state of every unit.

Rules of this file: state is by time of measurement. An equal or older measurement never
overwrites, whatever the order and however often messages arrive; so the state is a function of
the set of messages, and a snapshot may be merged into it at any moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import Engine

from backend.live.model import LivePosition, Presence, UnitState
from backend.live.snapshot import Contact, Latest, read_contacts, read_latest
from backend.records.transaction import reading
from contract.backend import AcceptedBatch
from contract.codec import decode_uplink
from contract.errors import MalformedMessage
from contract.topics import Unit, parse_unit
from contract.uplink import Envelope, Position, Status

EVENT_STREAMS = frozenset({"tap"})
"""Events about a person, which are no state of the unit and are kept nowhere but in their table."""
_OFF_DUTY = ("asleep", "offline")


class _Newest(NamedTuple):
    observed_ms: int
    received_ms: int
    message: Envelope


class _Known:
    """Everything of one unit that state is made of."""

    __slots__ = ("heard_ms", "lost_ms", "newest")

    def __init__(self) -> None:
        self.newest: dict[str, _Newest] = {}
        self.heard_ms: int | None = None
        self.lost_ms: int | None = None

    def hear(self, received_ms: int) -> bool:
        if self.heard_ms is not None and received_ms <= self.heard_ms:
            return False
        self.heard_ms = received_ms
        return True

    def lose(self, lost_ms: int) -> bool:
        if self.lost_ms is not None and lost_ms <= self.lost_ms:
            return False
        self.lost_ms = lost_ms
        return True

    def presence(self) -> tuple[Presence, int | None]:
        status = self.newest.get("status")
        said = status.message if status is not None else None
        if status is not None and isinstance(said, Status) and said.state in _OFF_DUTY:
            # Silence was announced: that the broker misses its connection later is no news.
            return said.state, status.observed_ms
        if self.lost_ms is not None and (status is None or self.lost_ms >= status.received_ms):
            return "lost", self.lost_ms
        if status is None or not isinstance(said, Status):
            return "unknown", None
        return said.state, status.observed_ms


class LiveState:
    """States by unit. Not thread-safe: one event loop owns it."""

    def __init__(self) -> None:
        self._known: dict[Unit, _Known] = {}

    @classmethod
    def load(cls, engine: Engine) -> LiveState:
        """The state as of the ingest's last commit. Blocks."""
        live = cls()
        live.merge(*read_snapshot(engine))
        return live

    def units(self) -> list[Unit]:
        """Every unit ever heard, in order of kind and name."""
        return sorted(self._known)

    def state(self, unit: Unit) -> UnitState:
        """The state of one unit; an unheard one is unknown."""
        known = self._known.get(unit)
        if known is None:
            return UnitState(unit, "unknown", None, None, MappingProxyType({}), None)
        presence, presence_ms = known.presence()
        newest: Mapping[str, tuple[int, Envelope]] = {
            stream: (entry.observed_ms, entry.message) for stream, entry in known.newest.items()
        }
        position = None if presence in _OFF_DUTY else _position(known.newest.get("position"))
        if presence in _OFF_DUTY:
            newest = {stream: entry for stream, entry in newest.items() if stream != "position"}
        return UnitState(
            unit, presence, presence_ms, position, MappingProxyType(dict(newest)), known.heard_ms
        )

    def apply(self, batch: AcceptedBatch) -> set[Unit]:
        """Take in what the ingest accepted; the units whose state changed."""
        changed: set[Unit] = set()
        for accepted in batch.accepted:
            unit = Unit(accepted.kind, accepted.unit)
            known = self._known_of(unit)
            if known.hear(accepted.received_ms):
                changed.add(unit)
            if accepted.live and self._take(
                known, accepted.stream, accepted.received_ms, bytes(accepted.message)
            ):
                changed.add(unit)
        for lost in batch.lost_contact:
            unit = Unit(lost.kind, lost.unit)
            if self._known_of(unit).lose(lost.received_ms):
                changed.add(unit)
        return changed

    def merge(self, latest: Iterable[Latest], contacts: Iterable[Contact]) -> set[Unit]:
        """Take in a snapshot; the units whose state changed."""
        changed: set[Unit] = set()
        for row in latest:
            unit = parse_unit(row.unit)
            if self._take(self._known_of(unit), row.stream, row.received_ms, row.payload):
                changed.add(unit)
        for contact in contacts:
            unit = parse_unit(contact.unit)
            known = self._known_of(unit)
            heard = known.hear(contact.heard_ms)
            lost = contact.lost_ms is not None and known.lose(contact.lost_ms)
            if heard or lost:
                changed.add(unit)
        return changed

    def _known_of(self, unit: Unit) -> _Known:
        known = self._known.get(unit)
        if known is None:
            known = self._known[unit] = _Known()
        return known

    def _take(self, known: _Known, stream: str, received_ms: int, payload: bytes) -> bool:
        if stream in EVENT_STREAMS:
            return False
        try:
            message = decode_uplink(stream, payload)
        except (MalformedMessage, KeyError):
            return False  # of a newer or older ingest than this process; nothing we can show
        if not isinstance(message, Envelope):
            return False
        held = known.newest.get(stream)
        if held is not None and message.observed_ms <= held.observed_ms:
            return False
        known.newest[stream] = _Newest(message.observed_ms, received_ms, message)
        return True


def read_snapshot(engine: Engine) -> tuple[list[Latest], list[Contact]]:
    """What the ingest has committed. Blocks."""
    with reading(engine) as connection:
        return read_latest(connection), read_contacts(connection)


def _position(newest: _Newest | None) -> LivePosition | None:
    if newest is None or not isinstance(newest.message, Position):
        return None
    fix = newest.message
    return LivePosition(
        latitude=fix.latitude,
        longitude=fix.longitude,
        speed_m_s=fix.speed_m_s,
        course_deg=fix.course_deg,
        odometer_m=fix.odometer_m,
        observed_ms=fix.observed_ms,
    )
