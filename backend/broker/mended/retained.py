"""The newest message of each topic that was published as retained. Pure."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from backend.broker.mended.outgoing import Message
from backend.broker.mended.subscription_tree import filter_matches

MAX_TOPICS = 100_000
"""Bound of memory; a territory of 1,000 units has some 4,000 retained topics."""

_log = logging.getLogger("softplace.broker")


class RetainedMessages:
    """One message a topic; an empty payload clears it (MQTT 3.1.1, 3.3.1.3)."""

    def __init__(self) -> None:
        self._by_topic: dict[str, Message] = {}
        self._full_said = False

    def keep(self, topic: str, payload: bytes, qos: int) -> None:
        """Replace or clear what is retained on a topic."""
        if not payload:
            self._by_topic.pop(topic, None)
        elif topic in self._by_topic or len(self._by_topic) < MAX_TOPICS:
            self._by_topic[topic] = Message(topic, payload, qos, retain=True)
        elif not self._full_said:
            self._full_said = True
            _log.warning("no further topic is retained limit=%d", MAX_TOPICS)

    def matching(self, topic_filter: str) -> Iterator[Message]:
        """What a new subscription is sent."""
        if "+" not in topic_filter and "#" not in topic_filter:
            message = self._by_topic.get(topic_filter)
            if message is not None:
                yield message
            return
        for topic, message in list(self._by_topic.items()):
            if filter_matches(topic_filter, topic):
                yield message
