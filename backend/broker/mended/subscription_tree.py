"""Which sessions want a topic. Pure.

Mends amqtt: it walks every filter of every client for every message, starts an access check for
each, and sends at the subscription's QoS even what was published at a lower one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    sessions: dict[str, int] = field(default_factory=dict)
    """Client id to granted QoS, of filters that end here."""


class SubscriptionTree:
    """Topic filters by level; client ids stand for sessions."""

    def __init__(self) -> None:
        self._root = _Node()
        self._filters: dict[str, set[str]] = {}

    def add(self, topic_filter: str, client_id: str, qos: int) -> None:
        """Subscribe, or change the QoS of a subscription."""
        node = self._root
        for level in topic_filter.split("/"):
            node = node.children.setdefault(level, _Node())
        node.sessions[client_id] = qos
        self._filters.setdefault(client_id, set()).add(topic_filter)

    def remove(self, topic_filter: str, client_id: str) -> None:
        """Unsubscribe; a filter that is not there is no error (MQTT 3.1.1, 3.11)."""
        path = [self._root]
        levels = topic_filter.split("/")
        for level in levels:
            child = path[-1].children.get(level)
            if child is None:
                return
            path.append(child)
        path[-1].sessions.pop(client_id, None)
        self._filters.get(client_id, set()).discard(topic_filter)
        for level, parent, child in zip(
            reversed(levels), reversed(path[:-1]), reversed(path[1:]), strict=True
        ):
            if child.sessions or child.children:
                return
            del parent.children[level]

    def remove_all(self, client_id: str) -> None:
        """Forget every filter of a client."""
        for topic_filter in list(self._filters.get(client_id, ())):
            self.remove(topic_filter, client_id)
        self._filters.pop(client_id, None)

    def subscribers(self, topic: str) -> dict[str, int]:
        """Client id to the highest QoS of its filters that match `topic`."""
        found: dict[str, int] = {}
        for node in self._matching(topic.split("/")):
            for client_id, qos in node.sessions.items():
                if qos >= found.get(client_id, 0):
                    found[client_id] = qos
        return found

    def _matching(self, levels: list[str]) -> Iterator[_Node]:
        # MQTT 3.1.1, 4.7.2: a wildcard at the first level does not match topics with $.
        reserved = levels[0].startswith("$")
        nodes = [self._root]
        for depth, level in enumerate(levels):
            wild = depth > 0 or not reserved
            following = []
            for node in nodes:
                if (exact := node.children.get(level)) is not None:
                    following.append(exact)
                if wild and (any_level := node.children.get("+")) is not None:
                    following.append(any_level)
                if wild and (rest := node.children.get("#")) is not None:
                    yield rest
            nodes = following
        for node in nodes:
            yield node
            # "a/#" matches "a" as well.
            if (rest := node.children.get("#")) is not None:
                yield rest


def filter_matches(topic_filter: str, topic: str) -> bool:
    """Whether one filter matches one topic."""
    tree = SubscriptionTree()
    tree.add(topic_filter, "", 0)
    return bool(tree.subscribers(topic))
