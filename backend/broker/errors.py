"""The errors of the broker room: each says what happened and what to do."""

from __future__ import annotations


class BrokerError(Exception):
    """Base of everything this package raises."""


class BrokerPortInUse(BrokerError, OSError):
    """Somebody else listens there."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        super().__init__(
            f"port {port} on {host} is in use: stop the program that listens there,"
            " use it by giving its address, or choose another port"
        )


class BrokerWouldBeOpen(BrokerError, ValueError):
    """Listening beyond this machine without accounts is refused."""

    def __init__(self, host: str) -> None:
        self.host = host
        super().__init__(
            f"the broker will not listen on {host} without accounts: anybody could write"
            " positions; give every client an account, or listen on 127.0.0.1"
        )


class BrokerDidNotStart(BrokerError, RuntimeError):
    """The broker program ended or never accepted a connection."""

    def __init__(self, what: str, why: str) -> None:
        self.what = what
        self.why = why
        super().__init__(f"{what} did not start: {why}")


class BrokerUnreachable(BrokerError, ConnectionError):
    """Nobody answers at the given address."""

    def __init__(self, shown: str, why: str) -> None:
        self.shown = shown
        super().__init__(
            f"no broker answers at {shown} ({why}): start it there, or correct the address"
        )


class BrokerRefusedUs(BrokerError, PermissionError):
    """The broker answered and does not let us in."""

    def __init__(self, shown: str, username: str | None, code: int) -> None:
        self.shown = shown
        self.code = code
        who = f"user {username!r}" if username else "a client without a user name"
        super().__init__(
            f"the broker at {shown} refuses {who} (code {code}, {REFUSALS.get(code, 'unknown')}):"
            " correct the user name or the password"
        )


REFUSALS = {
    1: "protocol version not accepted",
    2: "client identifier rejected",
    3: "server unavailable",
    4: "bad user name or password",
    5: "not authorised",
}
"""CONNACK return codes (MQTT 3.1.1, table 3.1)."""
