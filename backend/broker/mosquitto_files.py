"""The files of a private Mosquitto: configuration, passwords, rights. Pure: text out.

The same limits stand in deploy/mosquitto/softplace.conf.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.broker.access import written_topics
from backend.broker.errors import BrokerError
from backend.broker.model import MAX_PACKET_BYTES, Account, BrokerTls
from contract.streams import STREAMS
from contract.topics import ROOT, downlink_filter, uplink_topic

IN_FLIGHT = 5_000
"""Sent to one client and not acknowledged; the ingest acknowledges in batches."""
QUEUED_MESSAGES = 500_000
QUEUED_BYTES = 268_435_456
"""Waiting for one client: eight minutes of 1,000 messages a second while the ingest is away."""
ITERATIONS = 10_000
"""PBKDF2 rounds: some 5 ms per sign-in of Mosquitto's single thread."""
SALT_BYTES = 12


class UnwritableAccount(BrokerError, ValueError):
    """A user name or password that Mosquitto's files cannot hold."""

    def __init__(self, username: str) -> None:
        self.username = username
        super().__init__(
            f"user name {username!r}: neither it nor its password may be empty or hold a colon"
            " or a line break; choose another"
        )


@dataclass(frozen=True, slots=True)
class Places:
    """Where the files of a private Mosquitto stand, under one directory."""

    directory: Path

    @property
    def config(self) -> Path:
        return self.directory / "mosquitto.conf"

    @property
    def passwords(self) -> Path:
        return self.directory / "passwords"

    @property
    def rights(self) -> Path:
        return self.directory / "acl"

    @property
    def log(self) -> Path:
        return self.directory / "mosquitto.log"


def config_text(
    places: Places,
    address: tuple[str, int],
    accounts: Sequence[Account],
    *,
    tls: BrokerTls | None,
    as_root: bool,
) -> str:
    """The configuration of one listener; anonymous where there are no accounts."""
    host, port = address
    lines = [
        "# Written anew at each start.",
        # Started by root, Mosquitto would become another user, who cannot read these files.
        *(["user root"] if as_root else []),
        f"listener {port} {host}",
        "persistence false",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        "connection_messages false",
        f"max_inflight_messages {IN_FLIGHT}",
        f"max_queued_messages {QUEUED_MESSAGES}",
        f"max_queued_bytes {QUEUED_BYTES}",
        f"max_packet_size {MAX_PACKET_BYTES}",
        "persistent_client_expiration 7d",
        "set_tcp_nodelay true",
    ]
    if accounts:
        lines += [
            "allow_anonymous false",
            f"password_file {places.passwords}",
            f"acl_file {places.rights}",
        ]
    else:
        lines.append("allow_anonymous true")
    if tls is not None:
        lines += [f"certfile {tls.cert_file}", f"keyfile {tls.key_file}"]
        if tls.ca_file is not None:
            lines += [f"cafile {tls.ca_file}", "require_certificate true"]
            lines += ["use_identity_as_username true"] if accounts else []
        if tls.crl_file is not None:
            lines.append(f"crlfile {tls.crl_file}")
    return "\n".join(lines) + "\n"


def rights_text(accounts: Sequence[Account], *, certified: bool = False) -> str:
    """The acl_file: what each account may write and read.

    `certified`: also what a unit may that has no account but a certificate; its name there,
    `<territory>/<kind>/<unit>`, is put into the topics by Mosquitto.
    """
    lines: list[str] = []
    if certified:
        lines += [f"pattern write {ROOT}/%u/{stream.name}" for stream in STREAMS]
        lines += [f"pattern read {ROOT}/%u/status", f"pattern read {ROOT}/%u/down/#", ""]
    for account in accounts:
        lines.append(f"user {account.username}")
        if account.unit is None or account.territory is None:
            lines += ["topic readwrite softplace/#", "topic read $SYS/#"]
        else:
            lines += [f"topic write {topic}" for topic in written_topics(account)]
            lines.append(f"topic read {uplink_topic(account.territory, account.unit, 'status')}")
            lines.append(f"topic read {downlink_filter(account.territory, account.unit)}")
        lines.append("")
    return "\n".join(lines)


def passwords_text(accounts: Sequence[Account], salts: Sequence[bytes]) -> str:
    """The password_file; one salt of SALT_BYTES an account. Raises UnwritableAccount."""
    for account in accounts:
        unwritable = any(c in account.username + account.password for c in "\n\r\0")
        if unwritable or not account.username or ":" in account.username or not account.password:
            raise UnwritableAccount(account.username)
    return "".join(
        f"{account.username}:{password_hash(account.password, salt)}\n"
        for account, salt in zip(accounts, salts, strict=True)
    )


def password_hash(password: str, salt: bytes) -> str:
    """Mosquitto's form 7: PBKDF2 with HMAC-SHA-512."""
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    salt_text, digest_text = (base64.b64encode(part).decode() for part in (salt, digest))
    return f"$7${ITERATIONS}${salt_text}${digest_text}"
