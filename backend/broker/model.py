"""What every broker of ours is made of: accounts, limits, certificates, and the Protocol."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from contract.broker_url import BrokerAddress
from contract.topics import Unit

MAX_PACKET_BYTES = 8 * 1024 * 1024
"""The largest packet taken: a batch of 500 accepted messages, each as long as it may be, fits."""

VERSION_TOPIC = "$SYS/broker/version"
"""Where Mosquitto, and our embedded broker like it, say what they are; retained."""
EMBEDDED_VERSION = "softplace embedded broker (amqtt 0.12.1, mended)"


@dataclass(frozen=True, slots=True)
class Account:
    """Who may sign in. With a unit: that unit's own topics; without: all under `softplace/`."""

    username: str
    password: str = field(repr=False)
    unit: Unit | None = None
    territory: str | None = None
    """The territory of `unit`."""

    def __post_init__(self) -> None:
        if (self.unit is None) != (self.territory is None):
            raise ValueError(f"account {self.username!r}: give unit and territory together")


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """What a broker keeps for one client before it says so; deploy/mosquitto has the same idea.

    Mosquitto's own defaults (20 in flight, 1,000 waiting, then silent drops) lose messages of an
    ingest that acknowledges in batches.
    """

    in_flight: int = 1_000
    """QoS 1 messages sent and not acknowledged."""
    waiting_messages: int = 100_000
    waiting_bytes: int = 64 * 1024 * 1024
    """Held for one client, in flight and waiting together."""


@dataclass(frozen=True, slots=True)
class BrokerTls:
    """Certificate of the broker; with `ca_file` every client must show one of that authority.

    Where the broker has accounts, the common name in a client's certificate is then who it is, and
    no password is asked: `<territory>/<kind>/<unit>` is that unit, anything else an account's name.
    `crl_file` lists certificates withdrawn before the start.
    """

    cert_file: Path
    key_file: Path
    ca_file: Path | None = None
    crl_file: Path | None = None


class Broker(Protocol):
    """A broker that lives as long as the process that started it."""

    @property
    def address(self) -> BrokerAddress:
        """Where it listens, without credentials; the port is known once it is started."""
        ...

    async def start(self) -> None:
        """Return once it accepts connections. Raises BrokerError, one sentence."""
        ...

    async def stop(self) -> None:
        """Close every connection and release the port."""
        ...
