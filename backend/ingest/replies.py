"""Replies of units to commands, put where whoever ordered them looks."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from backend.devices.command_rows import put_reply
from backend.ingest.decide import Verdict
from contract.uplink import Ack


def put_replies(connection: Connection, verdicts: Sequence[Verdict], now_ms: int) -> None:
    """Each fresh answer to a command; `now_ms` is real time."""
    for verdict in verdicts:
        if verdict.lot.key.stream != "ack":
            continue
        for message in verdict.messages:
            if isinstance(message, Ack) and message.subject == "command":
                put_reply(connection, verdict.lot.key.unit, message, now_ms)
