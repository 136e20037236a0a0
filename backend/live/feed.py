"""The feed of accepted messages from the ingest to every other service."""

from __future__ import annotations

from backend.live.mqtt_feed import MqttFeed
from backend.live.subscription import AcceptedFeed, Subscribers, Subscription
from contract.backend import AcceptedBatch

__all__ = ["AcceptedFeed", "InProcessFeed", "MqttFeed", "Subscription"]


class InProcessFeed:
    """Ingest and listeners in one event loop: batches are handed on as objects."""

    def __init__(self) -> None:
        self._subscribers = Subscribers()

    def publish(self, batch: AcceptedBatch) -> None:
        self._subscribers.put(batch)

    def subscribe(self) -> Subscription:
        return self._subscribers.add()
