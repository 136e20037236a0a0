"""What the broker owes one client: sent and not acknowledged, and waiting. Pure.

Mends amqtt: it starts one task per message for as long as a subscriber does not read (memory
without bound), gives up on an acknowledgement after 5 s, and forgets what was in flight when the
connection ends, which QoS 1 forbids (MQTT 3.1.1, 4.4).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from backend.broker.model import QueueLimits

MESSAGE_OVERHEAD_BYTES = 200
"""What Python itself takes for one held message, so that the limit is one of real memory."""


class Message(NamedTuple):
    """An application message on its way to one client."""

    topic: str
    payload: bytes
    qos: int
    retain: bool

    @property
    def held_bytes(self) -> int:
        """Memory it takes while it is held."""
        return len(self.payload) + len(self.topic) + MESSAGE_OVERHEAD_BYTES


class Outgoing:
    """The QoS 1 messages of one session; outlives its connections."""

    def __init__(self, limits: QueueLimits) -> None:
        self._limits = limits
        self._in_flight: dict[int, Message] = {}
        self._waiting: deque[Message] = deque()
        self._held_bytes = 0
        self._packet_id = 0
        self.dropped = 0
        """Messages refused since the session began because the limits were reached."""

    @property
    def window_open(self) -> bool:
        """Whether one more may be sent before one is acknowledged."""
        return len(self._in_flight) < self._limits.in_flight

    @property
    def in_flight(self) -> int:
        """Messages sent and not acknowledged."""
        return len(self._in_flight)

    @property
    def waiting(self) -> int:
        """Messages not yet sent."""
        return len(self._waiting)

    @property
    def held_bytes(self) -> int:
        """Memory held for this client."""
        return self._held_bytes

    def hold(self, message: Message) -> bool:
        """Take a message in; False, counted, where the limits are reached."""
        size = message.held_bytes
        if (
            len(self._waiting) >= self._limits.waiting_messages
            or self._held_bytes + size > self._limits.waiting_bytes
        ):
            self.dropped += 1
            return False
        self._waiting.append(message)
        self._held_bytes += size
        return True

    def next_to_send(self) -> tuple[int, Message] | None:
        """The next message with its packet id, now in flight; None where none may go."""
        if not self._waiting or not self.window_open:
            return None
        message = self._waiting.popleft()
        packet_id = self._free_packet_id()
        self._in_flight[packet_id] = message
        return packet_id, message

    def acknowledged(self, packet_id: int) -> bool:
        """Forget what the client has acknowledged; False for an id that is not in flight."""
        message = self._in_flight.pop(packet_id, None)
        if message is None:
            return False
        self._held_bytes -= message.held_bytes
        return True

    def unacknowledged(self) -> Iterator[tuple[int, Message]]:
        """What a new connection is sent again, in the order first sent."""
        yield from list(self._in_flight.items())

    def _free_packet_id(self) -> int:
        # Terminates: in_flight is limited far below 65,535.
        while True:
            self._packet_id = self._packet_id % 65_535 + 1
            if self._packet_id not in self._in_flight:
                return self._packet_id
