"""The settings of a link, with the reason of each default."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from contract.broker_url import BrokerAddress
from edge.link.rtc import Rtc

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class BackoffSettings:
    """Seconds between attempts to connect: doubling, capped, jittered."""

    min_s: float = 0.2
    max_s: float = 60.0


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """How one unit reaches its broker and where it keeps what is not confirmed."""

    broker: BrokerAddress
    outbox_path: Path
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    keepalive_s: int = 30
    """A broker takes one and a half of it to notice a silent vehicle."""
    outbox_max_bytes: int = 512 * MIB
    """At 1 Hz about three weeks without network."""
    confirmed_max_bytes: int = 256 * MIB
    confirmed_max_days: float = 7.0
    backoff: BackoffSettings = field(default_factory=BackoffSettings)
    hello_retry_s: float = 30.0
    """The longest wait for an answer before hello is said again; the first one is a second."""
    batch_s: float = 1.0
    """The longest a message that is not urgent waits for its sync."""
    heartbeat_s: float = 300.0
    """Seconds between `health` readings; 0 sends none."""
    machine_serial: str | None = None
    """None: read from the hardware, else /etc/machine-id."""
    rtc: Rtc | None = None
    """A battery-backed clock that may be believed."""
    machine_boot: str | None = None
    """8 hex digits; None: the kernel's boot id, or a fresh one where time is not the machine's."""
