"""Commands to units and what became of them, as rows of the records store.

Rules of this file: a reply never takes back a later one, whatever order they come in. "Repeated"
says only that the command had arrived before, so it settles nothing.
"""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection

from backend.records.statements import execute_many, query
from backend.records.text import printable
from contract.uplink import Ack

FINAL = ("done", "failed", "refused", "expired", "certified")
"""`certified`: a `renew` that is done and whose result the server has dealt with."""
KEPT_MS = 30 * 86_400_000
SEND_AGAIN_MS = 2_000
"""A device that was never connected has no session that would wait for it, so what nobody says to
have received is sent again: after 2 s, then each time after as long again. The device knows a
command by its nonce and runs it once."""
_COLUMNS = (
    "nonce, unit, command, arguments, ordered_by, ordered_ms, expires_ms, state, reason, parts"
)
_OPEN = "state IN ('waiting', 'sent', 'received')"
_DUE = f"""
SELECT {_COLUMNS} FROM device_command WHERE state = 'waiting'
OR (state = 'sent' AND ? - sent_ms >= sent_ms - ordered_ms + ?) ORDER BY ordered_ms, nonce
"""  # noqa: S608 - our own words
_FROM_NOW = "SELECT ordered_ms FROM device_command WHERE unit = ? AND ordered_ms >= ?"
_PUT_TEXT = """
INSERT INTO device_command_text (nonce, part, text) VALUES (?, ?, ?)
ON CONFLICT (nonce, part) DO NOTHING
"""
_NEWS = "UPDATE device_command SET state = ?, reason = ?, answered_ms = ? WHERE nonce = ?"
_RECEIVED = f"{_NEWS} AND state IN ('waiting', 'sent')"
_ANSWERED = f"{_NEWS} AND ({_OPEN} OR state = 'expired')"


class OrderedCommand(NamedTuple):
    """One command; times are real time. `arguments` is JSON."""

    nonce: str
    unit: str
    command: str
    arguments: str
    ordered_by: str
    ordered_ms: int
    expires_ms: int
    state: str = "waiting"
    reason: str | None = None
    parts: int | None = None


def order(
    connection: Connection,
    unit: str,
    command: str,
    arguments: Mapping[str, Any],
    by: str,
    now_ms: int,
    life_ms: int,
) -> str:
    """Order `command` of `unit`; returns the nonce by which its answer is found."""
    nonce = secrets.token_hex(16)
    at_ms = _free_ms(connection, unit, now_ms)
    row = OrderedCommand(
        nonce, unit, command, json.dumps(arguments), printable(by, 80), at_ms, now_ms + life_ms
    )
    statement = f"INSERT INTO device_command ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
    execute_many(connection, statement, [row])
    return nonce


def _free_ms(connection: Connection, unit: str, now_ms: int) -> int:
    """The first moment from now on at which the unit was ordered nothing: each has its place."""
    taken = {row[0] for row in query(connection, _FROM_NOW, (unit, now_ms))}
    return next(ms for ms in itertools.count(now_ms) if ms not in taken)


def read_command(connection: Connection, nonce: str) -> OrderedCommand | None:
    """One command and how far it is."""
    rows = query(connection, f"SELECT {_COLUMNS} FROM device_command WHERE nonce = ?", (nonce,))  # noqa: S608
    return OrderedCommand(*rows[0]) if rows else None


def due_for_sending(connection: Connection, now_ms: int) -> list[OrderedCommand]:
    """What was never sent, and what was sent so long ago that it is sent again, oldest first."""
    values = (now_ms, SEND_AGAIN_MS)
    return [OrderedCommand(*row) for row in query(connection, _DUE, values)]


def done_commands(connection: Connection, command: str) -> list[OrderedCommand]:
    """Commands of that name that a device says are done, oldest first."""
    statement = (
        f"SELECT {_COLUMNS} FROM device_command WHERE state = 'done' AND command = ?"  # noqa: S608
        " ORDER BY ordered_ms, nonce"
    )
    return [OrderedCommand(*row) for row in query(connection, statement, (command,))]


def newest_of(connection: Connection, unit: str, command: str) -> OrderedCommand | None:
    """The last command of that name to that unit."""
    statement = (
        f"SELECT {_COLUMNS} FROM device_command WHERE unit = ? AND command = ?"  # noqa: S608
        " ORDER BY ordered_ms DESC LIMIT 1"
    )
    rows = query(connection, statement, (unit, command))
    return OrderedCommand(*rows[0]) if rows else None


def mark_sent(connection: Connection, nonce: str, now_ms: int) -> None:
    """The command was handed to the broker."""
    sent = "UPDATE device_command SET state = 'sent', sent_ms = ? WHERE nonce = ?"
    execute_many(connection, f"{sent} AND state IN ('waiting', 'sent')", [(now_ms, nonce)])


def settle(connection: Connection, nonce: str, state: str, reason: str | None) -> None:
    """The server itself says what became of the command."""
    statement = "UPDATE device_command SET state = ?, reason = ? WHERE nonce = ?"
    execute_many(connection, statement, [(state, reason, nonce)])


def expire(connection: Connection, now_ms: int) -> None:
    """What was not answered by its end never will be carried out; old rows are forgotten."""
    statement = f"UPDATE device_command SET state = 'expired' WHERE expires_ms <= ? AND {_OPEN}"  # noqa: S608
    # A device may have begun just before the end, and its answer may be on its way.
    execute_many(connection, statement, [(now_ms - 120_000,)])
    old = "SELECT nonce FROM device_command WHERE ordered_ms < ?"
    gone = [(row[0],) for row in query(connection, old, (now_ms - KEPT_MS,))]
    execute_many(connection, "DELETE FROM device_command_text WHERE nonce = ?", gone)
    execute_many(connection, "DELETE FROM device_command WHERE nonce = ?", gone)


def put_reply(connection: Connection, unit: str, ack: Ack, now_ms: int) -> None:
    """What `unit` answered to a command of its own; anything else is ignored."""
    row = read_command(connection, ack.reference)
    if row is None or row.unit != unit:
        return
    if ack.text is not None:
        row_of_text = (ack.reference, ack.part or 1, _storable(ack.text))
        execute_many(connection, _PUT_TEXT, [row_of_text])
        parts = "UPDATE device_command SET parts = ? WHERE nonce = ?"
        execute_many(connection, parts, [(ack.parts or 1, ack.reference)])
    reason = None if ack.reason is None else printable(ack.reason, 280)
    if ack.answer == "refused" and reason == "repeated":
        return
    news = (ack.answer, reason, now_ms, ack.reference)
    execute_many(connection, _RECEIVED if ack.answer == "received" else _ANSWERED, [news])


def text_of(connection: Connection, row: OrderedCommand) -> str | None:
    """What the command printed; None while a part of it is missing."""
    statement = "SELECT text FROM device_command_text WHERE nonce = ? ORDER BY part"
    parts = [part[0] for part in query(connection, statement, (row.nonce,))]
    return "".join(parts) if len(parts) == (row.parts or 0) else None


def _storable(text: str) -> str:
    return "\n".join(printable(line, 3_000) for line in text.replace("\t", "    ").split("\n"))
