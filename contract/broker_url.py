"""Addresses of brokers, as people write them: mqtt://user:password@host:port or mqtts://."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from contract.errors import ContractError


class InvalidBrokerUrl(ContractError, ValueError):
    """A broker address that cannot be used; the password in it is never repeated."""

    def __init__(self, why: str) -> None:
        super().__init__(f"broker address: {why}; write mqtt://host:1883 or mqtts://host:8883")


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker listens and who we are to it."""

    host: str
    port: int
    tls: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def shown(self) -> str:
        """The address without the password."""
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


def parse_broker_url(url: str) -> BrokerAddress:
    """The address in `url`. Raises InvalidBrokerUrl."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        # Not in the parser's words: of a password with a / in it they quote the beginning.
        raise InvalidBrokerUrl("host or port cannot be read, or its password needs %2F") from None
    if parts.scheme not in {"mqtt", "mqtts"}:
        raise InvalidBrokerUrl(f"scheme {parts.scheme!r} is not mqtt or mqtts")
    if not parts.hostname:
        raise InvalidBrokerUrl("it names no host")
    tls = parts.scheme == "mqtts"
    return BrokerAddress(
        host=parts.hostname,
        port=port or (8883 if tls else 1883),
        tls=tls,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
