"""The errors of the broker connection; each is one sentence for whoever runs the server."""

from __future__ import annotations


class MqttError(Exception):
    """Base of everything this package raises."""


class MalformedPacket(MqttError, ValueError):
    """The broker sent bytes that are not MQTT 3.1.1; the connection cannot be read on."""


class ConnectionFailed(MqttError, ConnectionError):
    """Base of the reasons why there is no session; all of them are tried again."""


class BrokerUnreachable(ConnectionFailed):
    """Nobody answers at the address."""

    def __init__(self, shown: str, why: str) -> None:
        super().__init__(
            f"broker {shown} cannot be reached: {why}; start it or correct `broker.url`"
        )


class BrokerRefused(ConnectionFailed):
    """The broker answers and says no."""

    def __init__(self, shown: str, why: str) -> None:
        super().__init__(f"broker {shown} refuses us: {why}")


class WrongPassword(BrokerRefused, PermissionError):
    """The broker does not know this user or this password."""

    def __init__(self, shown: str, username: str | None) -> None:
        who = f"user {username!r}" if username else "a client without a user name"
        super().__init__(
            shown,
            f"{who} is unknown to it or the password is wrong; correct `broker.username` and "
            "`broker.password_file`, or add the account to the broker",
        )


class SubscriptionRefused(ConnectionFailed, PermissionError):
    """The broker does not let us listen."""

    def __init__(self, shown: str, topic_filter: str) -> None:
        advice = (
            "it has no shared subscriptions, so run one ingest without `broker.share_group`"
            if topic_filter.startswith("$share/")
            else "give our account the right to read it in the broker's access list"
        )
        super().__init__(f"broker {shown} refuses the subscription {topic_filter}: {advice}")


class ConnectionEnded(ConnectionFailed):
    """A session that worked is over."""

    def __init__(self, shown: str, why: str) -> None:
        super().__init__(f"connection to broker {shown} ended: {why}")
