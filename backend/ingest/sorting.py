"""What arrived, decoded and sorted by whom it is from: the first pass over a batch.

Rules of this file: pure, and tight: this loop runs once per message. A message that breaks the
contract is set aside with its reason and never stops the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from backend.devices.model import StreamKey
from backend.ingest.routes import Route, Routes
from backend.mqtt.packets import Message
from contract.codec import UNREADABLE, decode_key
from contract.uplink import Envelope, Hello, Key, Will

TOPIC, OVERSIZED, MALFORMED = "topic", "oversized", "malformed"
"""Reasons of a refusal."""


class Lot:
    """The messages of one stream of one outbox in a batch, in order of arrival."""

    __slots__ = ("key", "messages", "payloads", "route")

    def __init__(self, route: Route, outbox: str) -> None:
        self.route = route
        self.key = StreamKey(route.unit, outbox, route.stream)
        self.messages: list[Envelope] = []
        self.payloads: list[bytes] = []


class Refused(NamedTuple):
    """A message that breaks the contract; `key` where even so its number can be read."""

    route: Route | None
    topic: bytes
    payload: bytes
    reason: str
    detail: str
    key: Key | None


class HelloHeard(NamedTuple):
    """A hello, and how many messages of each stream of its outbox came before it."""

    route: Route
    hello: Hello
    before: dict[str, int]


class WillHeard(NamedTuple):
    """A will, and how many status messages of each outbox of the unit came before it."""

    route: Route
    will: Will
    before: dict[str, int]


@dataclass(slots=True)
class Sorted:
    """A batch by what is to be done with it."""

    by_route: dict[Route, dict[str, Lot]] = field(default_factory=dict)
    """Lots by route and outbox."""
    refused: list[Refused] = field(default_factory=list)
    words: list[HelloHeard | WillHeard] = field(default_factory=list)
    """In order of arrival."""
    received: int = 0
    cleared: int = 0
    """Empty messages: a unit takes back what the broker had retained for it."""

    def lots(self) -> list[Lot]:
        """All lots."""
        return [lot for of_route in self.by_route.values() for lot in of_route.values()]


def sort(messages: Iterable[Message], routes: Routes) -> Sorted:
    """Decode and sort a batch."""
    batch = Sorted()
    by_route = batch.by_route
    for topic, payload, _ in messages:
        batch.received += 1
        route = routes[topic]
        if route is None or not payload or len(payload) > route.max_bytes:
            _set_aside(batch, routes, route, topic, payload)
            continue
        try:
            message = route.decode(payload)
        except UNREADABLE as error:
            _refuse(batch, route, topic, payload, MALFORMED, str(error))
            continue
        if isinstance(message, Envelope):
            of_route = by_route.get(route)
            if of_route is None:
                of_route = by_route[route] = {}
            lot = of_route.get(message.outbox)
            if lot is None:
                lot = of_route[message.outbox] = Lot(route, message.outbox)
            lot.messages.append(message)
            lot.payloads.append(payload)
        else:
            _hear(batch, routes, route, message)
    return batch


def _set_aside(
    batch: Sorted, routes: Routes, route: Route | None, topic: bytes, payload: bytes
) -> None:
    if route is None:
        _refuse(batch, None, topic, payload, TOPIC, routes.fault(topic))
    elif not payload:
        batch.cleared += 1
    else:
        why = f"{len(payload)} bytes, the limit is {route.max_bytes}"
        _refuse(batch, route, topic, payload, OVERSIZED, why)


def _refuse(
    batch: Sorted, route: Route | None, topic: bytes, payload: bytes, reason: str, detail: str
) -> None:
    key = decode_key(payload) if route is not None else None
    batch.refused.append(Refused(route, topic, payload, reason, detail, key))


def _hear(batch: Sorted, routes: Routes, route: Route, message: Hello | Will) -> None:
    if isinstance(message, Will):
        so_far = batch.by_route.get(route, {})
        before = {outbox: len(lot.messages) for outbox, lot in so_far.items()}
        batch.words.append(WillHeard(route, message, before))
        return
    prefix = route.topic.removesuffix(route.stream)
    before = {}
    for stream in message.streams:
        of_stream = routes[f"{prefix}{stream}".encode()]
        lot = batch.by_route.get(of_stream, {}).get(message.outbox) if of_stream else None
        before[stream] = len(lot.messages) if lot else 0
    batch.words.append(HelloHeard(route, message, before))
