"""Why a connection failed, in one sentence each: what, where, what to do."""

from __future__ import annotations

import socket
import ssl
from types import UnionType

from edge.link.errors import ConnectionFailed

_REFUSALS = {
    "Bad user name or password": "set the right user name and password in the agent's settings",
    "Not authorized": "set the right user name and password in the agent's settings,"
    " or give this unit an account on the broker",
    "Client identifier not valid": "use a broker that accepts client ids of 60 characters",
    "Server unavailable": "look at the broker's own log",
    "Unsupported protocol version": "enable MQTT 3.1.1 on the broker",
}


def refused(broker: str, reason: str) -> ConnectionFailed:
    """The broker answered CONNECT with a refusal, named as paho names it."""
    cure = _REFUSALS.get(reason, "look at the broker's own log")
    return ConnectionFailed(broker, f"refused the connection: {reason}", cure)


def unreachable(broker: str, error: BaseException) -> ConnectionFailed:
    """No MQTT connection could be made at all."""
    what, cure = next(
        (words for kinds, words in _REASONS if isinstance(error, kinds)),
        ("cannot be reached: {why}", "check the network"),
    )
    why = getattr(error, "verify_message", None) or getattr(error, "reason", None)
    why = why or getattr(error, "strerror", None) or str(error) or type(error).__name__
    file = getattr(error, "filename", None)
    return ConnectionFailed(broker, what.format(why=why, file=file), cure)


_REASONS: tuple[tuple[type | UnionType, tuple[str, str]], ...] = (
    (
        ssl.SSLCertVerificationError,
        (
            "its certificate is not trusted: {why}",
            "set `ca` to the authority that signed it, and check this machine's date",
        ),
    ),
    (
        ssl.SSLError,
        ("TLS failed: {why}", "check that this port speaks TLS, and look at `cert` and `key`"),
    ),
    (socket.gaierror, ("its name is not known", "check the address and the network")),
    (
        ConnectionRefusedError,
        ("nobody listens there", "start the broker or correct host and port"),
    ),
    (
        FileNotFoundError | PermissionError,
        ("TLS file {file} cannot be read", "correct `ca`, `cert` and `key` in the settings"),
    ),
    (TimeoutError, ("no answer in time", "check the network")),
)
"""The first kind that fits; a later one may be wider."""


def hung_up(broker: str, *, tls: bool) -> ConnectionFailed:
    """The broker closed the connection instead of answering CONNECT."""
    cure = (
        "it may want a client certificate: look at `cert` and `key`"
        if tls
        else "check that this port speaks MQTT, and write mqtts:// where it wants TLS"
    )
    return ConnectionFailed(broker, "closed the connection without an answer", cure)


def lost(broker: str, reason: str) -> ConnectionFailed:
    """A standing connection broke."""
    return ConnectionFailed(
        broker, f"connection lost: {reason}", "it is tried again; nothing is lost"
    )
