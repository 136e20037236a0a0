"""The feed between processes: one topic of the broker."""

from __future__ import annotations

import logging
import ssl
from random import Random

from backend.live.subscription import Subscribers, Subscription
from backend.mqtt.packets import Message
from backend.mqtt.session import MqttSession, SessionSettings
from contract.backend import AcceptedBatch
from contract.broker_url import BrokerAddress
from contract.clock import Clock
from contract.codec import decode_accepted, encode
from contract.errors import MalformedMessage
from contract.topics import accepted_topic

MAX_MESSAGES_A_PACKET = 500
"""Some 150 KB: a broker or a slow listener is not made to hold a whole burst at once."""

MAX_WAITING_PACKETS = 200
"""Some 30 MB that the broker has not taken: beyond it batches are given up, and listeners find
what they missed in the snapshot."""

_log = logging.getLogger("softplace.live")


class MqttFeed:
    """Publishes and, where `listen` is set, hears accepted batches; `run` keeps it connected.

    A listener that was cut off is told so (FeedOverrun) and loads the snapshot.
    """

    def __init__(
        self,
        broker: BrokerAddress,
        territory: str,
        client_id: str,
        clock: Clock,
        random: Random,
        *,
        listen: bool = True,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._topic = accepted_topic(territory)
        self._subscribers = Subscribers()
        self._malformed = 0
        settings = SessionSettings(
            broker=broker,
            client_id=client_id,
            filters=(self._topic,) if listen else (),
            clean=True,
            tls=tls,
        )
        self._session = MqttSession(settings, self._heard, self._connected, clock, random)

    async def run(self) -> None:
        """Stay connected until cancelled."""
        await self._session.run()

    def publish(self, batch: AcceptedBatch) -> None:
        if not self.connected or self._session.unacknowledged >= MAX_WAITING_PACKETS:
            return
        accepted, lost = batch.accepted, batch.lost_contact
        for start in range(0, max(len(accepted), 1), MAX_MESSAGES_A_PACKET):
            part = AcceptedBatch(
                accepted=accepted[start : start + MAX_MESSAGES_A_PACKET],
                lost_contact=lost if start + MAX_MESSAGES_A_PACKET >= len(accepted) else (),
            )
            self._session.publish(self._topic, encode(part))

    def subscribe(self) -> Subscription:
        return self._subscribers.add()

    @property
    def connected(self) -> bool:
        """Whether batches travel now."""
        return self._session.connected

    def _connected(self, _session_present: bool) -> None:
        self._subscribers.miss()

    def _heard(self, generation: int, messages: list[Message]) -> None:
        for _, payload, _ in messages:
            try:
                self._subscribers.put(decode_accepted(payload))
            except MalformedMessage as error:
                if not self._malformed:
                    _log.error("feed_malformed: %s", error)
                self._malformed += 1
                self._subscribers.miss()
        self._session.acknowledge(generation, [m[2] for m in messages if m[2]])
