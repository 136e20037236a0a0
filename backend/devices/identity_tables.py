"""Tables of devices, certificates, assignments, invitations and commands."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from backend.records.schema import metadata

device = Table(
    "device",
    metadata,
    Column("device", String(20), primary_key=True),
    Column("machine_serial", String(64), nullable=False),
    Column("box_public", String(64), nullable=False),
    Column("enrolled_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger, nullable=True),
    Column("end_reason", String(20), nullable=True),
    sqlite_with_rowid=False,
)
"""One enrolment of one machine; `box_public` is the hex of its X25519 key."""

device_certificate = Table(
    "device_certificate",
    metadata,
    Column("serial", String(40), primary_key=True),
    Column("device", String(20), nullable=False),
    Column("unit", String(50), nullable=False),
    Column("pem", Text, nullable=False),
    Column("issued_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger, nullable=True),
    Index("ix_device_certificate_device", "device"),
    sqlite_with_rowid=False,
)
"""Every certificate that was ever given out; `serial` is in hex."""

device_assignment = Table(
    "device_assignment",
    metadata,
    Column("device", String(20), primary_key=True),
    Column("from_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("unit", String(50), nullable=False),
    Column("until_ms", BigInteger, nullable=True),
    Index("ix_device_assignment_unit", "unit"),
    sqlite_with_rowid=False,
)
"""Which device is in which unit, [from_ms, until_ms)."""

duty_assignment = Table(
    "duty_assignment",
    metadata,
    Column("duty", String(40), primary_key=True),
    Column("from_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("unit", String(50), nullable=False),
    Column("until_ms", BigInteger, nullable=True),
    Index("ix_duty_assignment_unit", "unit"),
    sqlite_with_rowid=False,
)
"""Which unit does which duty, [from_ms, until_ms)."""

retired_unit = Table(
    "retired_unit",
    metadata,
    Column("unit", String(50), primary_key=True),
    Column("retired_ms", BigInteger, nullable=False),
    Column("swept_ms", BigInteger, nullable=True),
    sqlite_with_rowid=False,
)
"""Units of which nothing may stay retained."""

device_invitation = Table(
    "device_invitation",
    metadata,
    Column("invitation", String(8), primary_key=True),
    Column("unit", String(50), nullable=False),
    Column("key_hash", String(64), nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("wrong_tries", Integer, nullable=False),
    Column("device", String(20), nullable=True),
    Column("request_hash", String(64), nullable=True),
    sqlite_with_rowid=False,
)
"""One-time codes; with `device` it is used, by the request of `request_hash`."""

device_command = Table(
    "device_command",
    metadata,
    Column("nonce", String(64), primary_key=True),
    Column("unit", String(50), nullable=False),
    Column("command", String(40), nullable=False),
    Column("arguments", Text, nullable=False),
    Column("ordered_by", String(80), nullable=False),
    Column("ordered_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", String(280), nullable=True),
    Column("sent_ms", BigInteger, nullable=True),
    Column("answered_ms", BigInteger, nullable=True),
    Column("parts", Integer, nullable=True),
    Index("ix_device_command_state", "state"),
    sqlite_with_rowid=False,
)
"""What units are told to do, and what became of it."""

device_command_text = Table(
    "device_command_text",
    metadata,
    Column("nonce", String(64), primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""What a command printed; part 1 is the first."""
