"""Sessions by client id: who has one, who may take it over, when it is forgotten.

Mends amqtt: the old connection of a client id that signs in again stayed open. Here it is closed
and has ended, its will spoken, before the new one begins (MQTT 3.1.1, 3.1.4-2 and 3.1.2-8).
"""

from __future__ import annotations

from dataclasses import dataclass

from amqtt.session import Session

from backend.broker.mended.connection import Connection
from backend.broker.mended.delivery import Delivery
from backend.broker.mended.outgoing import Outgoing
from backend.broker.mended.subscription_tree import SubscriptionTree
from backend.broker.model import QueueLimits

FORGET_AFTER_S = 7 * 86_400.0
"""A persistent session whose client has not been seen for that long is forgotten."""


@dataclass(slots=True)
class KeptSession:
    """What the broker knows and owes of one client, between and during connections."""

    client: Session
    delivery: Delivery
    connection: Connection | None = None
    left_s: float = 0.0
    """When the last connection ended, on the monotonic clock."""

    @property
    def clean(self) -> bool:
        """Whether it ends with its connection."""
        return bool(self.client.clean_session)


class ForeignSession(Exception):
    """The client id belongs to the session of another account."""


class Sessions:
    """All sessions of a broker and their subscriptions."""

    def __init__(self, limits: QueueLimits) -> None:
        self._limits = limits
        self._by_client: dict[str, KeptSession] = {}
        self.tree = SubscriptionTree()

    def get(self, client_id: str) -> KeptSession | None:
        """The session of a client id."""
        return self._by_client.get(client_id)

    async def claim(self, client: Session) -> tuple[KeptSession, bool]:
        """The session for a client that has signed in, and whether it is a kept one.

        A connection that still has it is closed first. Raises ForeignSession.
        """
        client_id = client.client_id or ""
        while (kept := self._by_client.get(client_id)) is not None:
            if kept.client.username != client.username:
                raise ForeignSession
            if kept.connection is None:
                break
            kept.connection.close()
            await kept.connection.ended.wait()
        if kept is not None and not kept.clean and not client.clean_session:
            kept.client = client
            return kept, True
        self.forget(client_id)
        fresh = KeptSession(client, Delivery(client_id, Outgoing(self._limits)))
        self._by_client[client_id] = fresh
        return fresh, False

    def left(self, kept: KeptSession, now_s: float) -> None:
        """The connection of a session has ended."""
        kept.delivery.detach()
        kept.connection = None
        kept.left_s = now_s
        if kept.clean:
            self.forget(kept.client.client_id or "")

    def forget(self, client_id: str) -> None:
        """Drop a session, its subscriptions and what it is owed."""
        self._by_client.pop(client_id, None)
        self.tree.remove_all(client_id)

    def forget_abandoned(self, now_s: float) -> None:
        """Drop the sessions whose clients have been away for too long."""
        for client_id, kept in list(self._by_client.items()):
            if kept.connection is None and now_s - kept.left_s > FORGET_AFTER_S:
                self.forget(client_id)
