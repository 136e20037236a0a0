"""Tables of sessions, outboxes, gaps and alarms."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Table

from backend.records.schema import metadata

unit_session = Table(
    "unit_session",
    metadata,
    Column("unit", String(50), primary_key=True),
    Column("outbox", String(16), nullable=False),
    Column("boot", String(17), nullable=False),
    Column("session", BigInteger, nullable=False),
    Column("version", String(64), nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("lost", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
"""The session that spoke last in each unit; `lost` when its will has been spoken since."""

unit_outbox = Table(
    "unit_outbox",
    metadata,
    Column("unit", String(50), primary_key=True),
    Column("outbox", String(16), primary_key=True),
    Column("boot", String(17), nullable=False),
    Column("session", BigInteger, nullable=False),
    Column("renewed", Boolean, nullable=False),
    Column("hello_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Every outbox that ever said hello, and how its last hello was judged."""

unit_run = Table(
    "unit_run",
    metadata,
    Column("unit", String(50), primary_key=True),
    Column("boot", String(17), primary_key=True),
    Column("hello_ms", BigInteger, nullable=False),
    Column("replaced_ms", BigInteger, nullable=True),
    Index("ix_unit_run_replaced_ms", "replaced_ms"),
    sqlite_with_rowid=False,
)
"""Every run of the program in a unit; `replaced_ms` is when another one said hello after it."""

explained_range = Table(
    "explained_range",
    metadata,
    Column("unit", String(50), primary_key=True),
    Column("outbox", String(16), primary_key=True),
    Column("stream", String(40), primary_key=True),
    Column("start_seq", BigInteger, primary_key=True),
    Column("end_seq", BigInteger, primary_key=True),
    Column("cause", String(20), nullable=False),
    Column("explained_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Numbers [start, end) that will never come, in the words of the unit itself."""

gap_watch = Table(
    "gap_watch",
    metadata,
    Column("unit", String(50), primary_key=True),
    Column("outbox", String(16), primary_key=True),
    Column("stream", String(40), primary_key=True),
    Column("below_seq", BigInteger, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""The outbox no longer holds what is missing below `below_seq`; to be explained by `due_ms`."""

device_alarm = Table(
    "device_alarm",
    metadata,
    Column("unit", String(50), primary_key=True),
    Column("alarm", String(40), primary_key=True),
    Column("subject", String(80), primary_key=True),
    Column("detail", String(280), nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
    Column("cleared_ms", BigInteger, nullable=True),
    Index("ix_device_alarm_cleared_ms", "cleared_ms"),
    sqlite_with_rowid=False,
)
"""What a person should look at; open while `cleared_ms` is null."""

distress = Table(
    "distress",
    metadata,
    Column("unit", String(50), primary_key=True),
    Column("alarm", String(40), primary_key=True),
    Column("reference", String(64), primary_key=True),
    Column("outbox", String(16), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("due_ms", BigInteger, nullable=True),
    Column("step", String(20), nullable=True),
    Column("step_ms", BigInteger, nullable=True),
    Column("acknowledged_ms", BigInteger, nullable=True),
    Column("acknowledged_by", String(80), nullable=True),
    Index("ix_distress_due_ms", "due_ms"),
    sqlite_with_rowid=False,
)
"""The last word of each SOS and lone-worker session; not renewed by `due_ms`, it is an alarm.
`step` is who is asked since `step_ms` ("taken": somebody has answered), null where nobody is."""
