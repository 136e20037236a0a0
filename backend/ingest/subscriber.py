"""What the ingest says and hears: its session with the broker."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random

from backend.ingest.confirmations import Confirmation
from backend.ingest.settings import IngestSettings
from backend.mqtt.packets import Message
from backend.mqtt.session import MqttSession, SessionSettings
from contract.clock import Clock
from contract.codec import encode
from contract.downlink import Stored
from contract.topics import downlink_topic, parse_unit, uplink_filter

STORED = "stored"


def subscription(settings: IngestSettings) -> str:
    """The filter to subscribe to, shared among workers where a group is named."""
    topic_filter = uplink_filter(settings.territory)
    if settings.share_group is None:
        return topic_filter
    return f"$share/{settings.share_group}/{topic_filter}"


def open_session(
    settings: IngestSettings,
    on_messages: Callable[[int, list[Message]], None],
    on_connected: Callable[[bool], None],
    clock: Clock,
    random: Random,
) -> MqttSession:
    """The session; the broker keeps for it what arrives while we are away."""
    return MqttSession(
        SessionSettings(
            broker=settings.broker,
            client_id=settings.client_id,
            filters=(subscription(settings),),
            qos=settings.qos,
            keepalive_s=settings.keepalive_s,
            tls=settings.tls,
        ),
        on_messages,
        on_connected,
        clock,
        random,
    )


def say_stored(
    session: MqttSession, territory: str, unit: str, stored: Stored, *, retained: bool
) -> None:
    """Tell a unit what is stored."""
    topic = downlink_topic(territory, parse_unit(unit), STORED)
    session.publish(topic, encode(stored), retain=retained)


def say_all(session: MqttSession, territory: str, confirmations: Iterable[Confirmation]) -> int:
    """Tell many; returns how many."""
    count = 0
    for unit, stored, retained in confirmations:
        say_stored(session, territory, unit, stored, retained=retained)
        count += 1
    return count
