"""What a SUBSCRIBE is answered, filter by filter. Pure.

Mends amqtt: it acknowledges `$share/group/topic` as if it were an ordinary topic, on which
nothing will ever come; here the answer is the failure code, so that a client knows.
"""

from __future__ import annotations

from backend.broker.access import Permissions

REFUSED = 0x80
HIGHEST_QOS = 1
"""QoS 2 is granted as 1, as MQTT 3.1.1 (3.8.4) allows."""


def granted(topic_filter: str, qos: int, permissions: Permissions) -> int:
    """The QoS granted, or REFUSED."""
    if not topic_filter or qos > 2 or topic_filter.startswith("$share/"):
        return REFUSED
    levels = topic_filter.split("/")
    if any("#" in level and level != "#" for level in levels) or "#" in levels[:-1]:
        return REFUSED
    if any("+" in level and level != "+" for level in levels):
        return REFUSED
    if not permissions.may_subscribe(topic_filter):
        return REFUSED
    return min(qos, HIGHEST_QOS)
