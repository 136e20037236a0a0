"""What each broker can and cannot do: one row a feature, checked by one suite on both.

`doctor` reads this table to say what the embedded broker lacks. "refused" means that a client is
told so by a code of MQTT; "silent" that it is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Answer = Literal["yes", "refused", "silent", "no"]


@dataclass(frozen=True, slots=True)
class Capability:
    """One feature on each broker; `note` says what to know where the answer is not a plain yes."""

    name: str
    feature: str
    embedded: Answer
    mosquitto: Answer
    note: str = ""

    def of(self, broker: str) -> Answer:
        """The answer for "embedded" or "mosquitto"."""
        return self.embedded if broker == "embedded" else self.mosquitto


CAPABILITIES = (
    Capability("qos_0", "messages at QoS 0", "yes", "yes"),
    Capability("qos_1", "messages at QoS 1, in order", "yes", "yes"),
    Capability(
        "qos_2",
        "messages at QoS 2",
        "refused",
        "yes",
        "embedded: granted as QoS 1; a publish at QoS 2 ends the connection; SoftPlace needs none",
    ),
    Capability("retained", "retained messages, cleared by an empty one", "yes", "yes"),
    Capability("will_on_cut", "the will is spoken when the connection is cut", "yes", "yes"),
    Capability(
        "will_on_silence",
        "the will is spoken when a peer is silent for one and a half keep-alives",
        "yes",
        "yes",
        "mosquitto looks every few seconds",
    ),
    Capability("no_will_on_goodbye", "no will after a clean disconnect", "yes", "yes"),
    Capability("offline_session", "QoS 1 messages kept for a client that is away", "yes", "yes"),
    Capability("redelivery", "what was not acknowledged is sent again, marked", "yes", "yes"),
    Capability(
        "takeover", "a second sign-in closes the first connection; its will is spoken", "yes", "yes"
    ),
    Capability(
        "shared_subscription",
        "$share/group/topic, for several ingest workers",
        "refused",
        "yes",
        "embedded: SUBACK 0x80; run one ingest, or use Mosquitto",
    ),
    Capability(
        "stalled_subscriber",
        "the queue of a subscriber that does not acknowledge is bounded",
        "yes",
        "yes",
        "embedded: disconnected and said once; mosquitto: further messages dropped in silence;"
        " either way agents send again what was not confirmed as stored",
    ),
    Capability("wrong_password", "a wrong password is answered by code 5", "yes", "yes"),
    Capability(
        "device_rights", "a device writes its own streams and reads its own down", "yes", "yes"
    ),
    Capability(
        "forbidden_subscription",
        "a subscription beyond one's rights is refused",
        "yes",
        "silent",
        "mosquitto: granted, and nothing is delivered",
    ),
    Capability("mqtt_3_1_1", "MQTT 3.1.1", "yes", "yes"),
    Capability(
        "mqtt_5",
        "MQTT 5",
        "refused",
        "yes",
        "embedded: CONNACK code 1; nothing of SoftPlace needs it",
    ),
    Capability("tls", "TLS, with a certificate asked of each client", "yes", "yes"),
    Capability(
        "certificate_identity",
        "the name in the certificate is the user name; a withdrawn one is refused",
        "yes",
        "yes",
        "embedded: the list of withdrawn ones is read at the start",
    ),
    Capability(
        "survives_restart",
        "queues and retained messages outlive the broker",
        "no",
        "no",
        "private brokers keep them in memory; deploy/mosquitto keeps them on disk",
    ),
    Capability("oversized_packet", "a packet over 8 MiB ends its connection only", "yes", "yes"),
)


def lacking(broker: str) -> list[Capability]:
    """The rows in which a broker does not simply say yes."""
    return [row for row in CAPABILITIES if row.of(broker) != "yes"]
