"""What an ingest is told."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

from backend.devices.ladder import LadderRules
from contract.broker_url import BrokerAddress
from contract.retention import RetentionClass


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """The broker, the territory, and how patient to be (seconds)."""

    broker: BrokerAddress
    territory: str
    client_id: str
    """Stays the same over restarts: the broker keeps what arrives meanwhile under it."""
    qos: int = 1
    share_group: str | None = None
    """Set on every worker where several share the load, each with its own client id."""
    retention_override: RetentionClass | None = None
    """Every row goes into this class, whatever its stream."""
    tls: ssl.SSLContext | None = None
    ladder: LadderRules = field(default_factory=LadderRules)
    keepalive_s: int = 30
    linger_s: float = 0.03
    """How long a first message waits for company; alarms, taps, status and hello do not wait."""
    busy_linger_s: float = 0.25
    """How long a growing batch may go on growing."""
    batch_messages: int = 5_000
    max_waiting_messages: int = 20_000
    """Beyond it nothing is read: what waits, waits at the broker."""
    confirm_after_s: float = 2.0
    """Confirmations of a unit in steady flow come this often."""
    gap_check_s: float = 10.0
    mark_s: float = 60.0
    prune_s: float = 3_600.0
