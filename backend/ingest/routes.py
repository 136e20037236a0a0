"""Topics to what has to be known about them, looked up once per topic, not per message."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from contract.errors import MalformedTopic
from contract.retention import RetentionClass
from contract.streams import BY_NAME
from contract.topics import Unit, parse_uplink_topic
from contract.uplink import Envelope, Hello, StatusUplink, Will

MAX_ROUTES = 100_000
"""Far above the topics of any fleet; beyond it somebody makes them up, and we start over."""


class Route:
    """One topic: whose it is and how its messages are read."""

    __slots__ = (
        "database",
        "decode",
        "kind",
        "max_bytes",
        "name",
        "stream",
        "topic",
        "unit",
        "urgent",
    )

    decode: Callable[[bytes], Envelope | Hello | Will]

    def __init__(
        self, topic: str, unit: Unit, stream: str, override: RetentionClass | None
    ) -> None:
        described = BY_NAME[stream]
        self.topic = topic
        self.kind = unit.kind
        self.name = unit.name
        self.unit = str(unit)
        self.stream = stream
        self.database = (override or described.retention).database
        self.max_bytes = described.max_bytes
        self.urgent = described.urgent or stream == "status"
        message = StatusUplink if stream == "status" else described.message
        self.decode = msgspec.json.Decoder(message).decode


class Routes(dict[bytes, Route | None]):
    """Routes by topic; None for a topic that is not ours."""

    def __init__(self, territory: str, override: RetentionClass | None = None) -> None:
        super().__init__()
        self._territory = territory
        self._override = override

    def __missing__(self, topic: bytes) -> Route | None:
        if len(self) >= MAX_ROUTES:
            self.clear()
        try:
            route: Route | None = self._parse(topic)
        except (MalformedTopic, UnicodeDecodeError):
            route = None
        self[topic] = route
        return route

    def fault(self, topic: bytes) -> str:
        """Why a topic has no route."""
        try:
            self._parse(topic)
        except UnicodeDecodeError:
            return "it is not UTF-8"
        except MalformedTopic as error:
            return error.why
        return ""

    def _parse(self, topic: bytes) -> Route:
        text = topic.decode()
        parsed = parse_uplink_topic(text)
        if parsed.territory != self._territory:
            raise MalformedTopic(text, f"territory {parsed.territory!r} is not ours")
        return Route(text, parsed.unit, parsed.stream, self._override)
