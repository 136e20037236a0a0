"""Tables of cards, grants, published rights and presence.

Rules of this file: no UID and no key stands in any column in the clear; what is `sealed` only
the vault key opens (vault.py). Who a card belongs to stands in `card_holder` and nowhere else.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, Text

from backend.records.schema import metadata

card = Table(
    "card",
    metadata,
    Column("card_id", String(16), primary_key=True),
    Column("uid_mark", String(64), nullable=False),
    Column("secrets", LargeBinary, nullable=False),
    Column("scheme", String(4), nullable=False),
    Column("key_number", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("issued_ms", BigInteger, nullable=False),
    Column("issued_by", String(80), nullable=False),
    Column("ended_ms", BigInteger, nullable=True),
    Column("ended_by", String(80), nullable=True),
    Column("replaced_by", String(16), nullable=True),
    Index("uq_card_uid_mark", "uid_mark", unique=True),
    sqlite_with_rowid=False,
)
"""Every card ever issued. `card_id` is the number in its file, in hex; `uid_mark` a keyed hash
by which its UID is found; `secrets` UID and derived keys by slot, sealed; `state` is `active`,
`revoked`, `lost` or `replaced`; `key_number` the generation in use."""

card_holder = Table(
    "card_holder",
    metadata,
    Column("card_id", String(16), primary_key=True),
    Column("holder", String(80), nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("kept_until_ms", BigInteger, nullable=True),
    Index("ix_card_holder_holder", "holder"),
    Index("ix_card_holder_kept_until_ms", "kept_until_ms"),
    sqlite_with_rowid=False,
)
"""Whose card it is; forgotten at `kept_until_ms`, which is set when the card ends."""

card_grant = Table(
    "card_grant",
    metadata,
    Column("right_id", Integer, primary_key=True, autoincrement=True),
    Column("card_id", String(16), nullable=False),
    Column("unit", String(50), nullable=False),
    Column("points", Text, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("starts_ms", BigInteger, nullable=False),
    Column("ends_ms", BigInteger, nullable=True),
    Column("schedule", String(40), nullable=True),
    Column("offline_for_s", BigInteger, nullable=True),
    Column("label", String(40), nullable=False),
    Column("duress", Boolean, nullable=False),
    Column("passes_lockdown", Boolean, nullable=False),
    Column("source", String(80), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("created_by", String(80), nullable=False),
    Column("ended_ms", BigInteger, nullable=True),
    Column("ended_by", String(80), nullable=True),
    Index("ix_card_grant_unit_ended_ms", "unit", "ended_ms"),
    Index("ix_card_grant_card_id", "card_id"),
    sqlite_autoincrement=True,
)
"""One permission of one card at one unit; `points` is a JSON list; `source` is `direct`, or the
booking it was derived from. A number is never given twice."""

access_schedule = Table(
    "access_schedule",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("windows", Text, nullable=False),
    Column("on_holidays", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
"""When standing rights hold; `windows` is JSON of (weekdays, start_min, end_min)."""

access_holiday = Table(
    "access_holiday",
    metadata,
    Column("date", String(10), primary_key=True),
    Column("observed", Boolean, nullable=False),
    Column("name", String(80), nullable=False),
    sqlite_with_rowid=False,
)
"""What differs from the computed public holidays: a local feast, or a day that is worked."""

door_rights = Table(
    "door_rights",
    metadata,
    Column("unit", String(50), primary_key=True),
    Column("lookup_key", LargeBinary, nullable=False),
    Column("term", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("issued_ms", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=True),
    Column("addressee", String(32), nullable=True),
    Column("retained_version", BigInteger, nullable=False),
    Column("retained_chunks", Integer, nullable=False),
    Column("held_version", BigInteger, nullable=False),
    Column("held_ms", BigInteger, nullable=False),
    Column("refusal", String(280), nullable=True),
    Column("retired_ms", BigInteger, nullable=True),
    Column("bound_ms", BigInteger, nullable=True),
    Column("cards", Integer, nullable=True),
    Column("rights", Integer, nullable=True),
    sqlite_with_rowid=False,
)
"""The rights last published to each unit. `lookup_key` and `body` (the snapshot) are sealed;
`held_version` is what the device said at `held_ms` that it holds; `addressee` names the key of
the device it was sealed to. `bound_ms`, `cards` and `rights` are of the snapshot: who shows them
needs no key."""

door_lingering = Table(
    "door_lingering",
    metadata,
    Column("unit", String(50), primary_key=True),
    Column("right_id", BigInteger, primary_key=True),
    Column("gone_version", BigInteger, primary_key=True),
    Column("card_id", String(16), nullable=False),
    Column("addressee", String(32), nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Index("ix_door_lingering_until_ms", "until_ms"),
    sqlite_with_rowid=False,
)
"""A right that was taken away or shortened in `gone_version`: a device that holds an older
version may let it open until `until_ms`."""

door_due = Table(
    "door_due",
    metadata,
    Column("unit", String(50), primary_key=True),
    Column("rung_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""The doorbell: units whose rights are to be compiled anew."""

card_pseudonym = Table(
    "card_pseudonym",
    metadata,
    Column("pseudonym", String(64), primary_key=True),
    Column("month", String(6), nullable=False),
    Column("card_id", String(16), nullable=False),
    Index("ix_card_pseudonym_card_id", "card_id"),
    Index("ix_card_pseudonym_month", "month"),
    sqlite_with_rowid=False,
)
"""Which card a name on the wire stands for; kept as long as taps are."""

presence = Table(
    "presence",
    metadata,
    Column("unit", String(50), primary_key=True),
    Column("handle", String(64), primary_key=True),
    Column("present", Boolean, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("observed_ms", BigInteger, nullable=False),
    Index("ix_presence_observed_ms", "observed_ms"),
    sqlite_with_rowid=False,
)
"""Who tapped in and has not tapped out, by card where it is known, else by pseudonym."""

journal_state = Table(
    "journal_state",
    metadata,
    Column("unit", String(50), primary_key=True),
    Column("journal", String(16), primary_key=True),
    Column("contiguous", BigInteger, nullable=False),
    Column("chain", String(32), nullable=False),
    Column("highest", BigInteger, nullable=False),
    Column("missing_since_ms", BigInteger, nullable=True),
    sqlite_with_rowid=False,
)
"""How far the journal of a device is here without a gap, and the chain's value there."""
