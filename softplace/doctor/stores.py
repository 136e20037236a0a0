"""Checks of where data end up: InfluxDB, the embedded stores, the outbox of an agent."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from contract.retention import RETENTION_CLASSES
from softplace.doctor.finding import Finding, failed, not_checked, ok, warning
from softplace.doctor.subject import Influx, Subject

MANY_UNCONFIRMED = 3_600
"""An hour of positions: more than a dead zone explains."""


async def influx(subject: Subject) -> Finding:
    """The time-series server answers, in which version, with which of our databases."""
    if subject.influx is None:
        return not_checked(
            "no InfluxDB was named; the embedded store is used", "softplace doctor --influx URL"
        )
    return await asyncio.to_thread(_ask_influx, subject.influx)


def _ask_influx(server: Influx) -> Finding:
    from backend.telemetry.errors import TelemetryError  # noqa: PLC0415 - absent on a device
    from backend.telemetry.http_endpoint import HttpEndpoint, basic  # noqa: PLC0415
    from backend.telemetry.influx1 import Influx1Server  # noqa: PLC0415

    headers = {}
    if server.token:
        headers["Authorization"] = f"Token {server.token}"
    elif server.username:
        headers["Authorization"] = basic(f"{server.username}:{server.password or ''}")
    try:
        http = HttpEndpoint(server.url, headers, deadline_s=5.0)
        told = http.request("GET", "/ping", {}).headers.get("X-Influxdb-Version", "")
        version = server.version or told.removeprefix("v")
        if not version:
            return failed(
                f"{server.url} does not say which InfluxDB it is",
                "check the address, or set version under [telemetry]",
            )
        if not version.startswith("1."):
            return ok(f"InfluxDB {version} at {server.url}; its buckets are made by the ingest")
        rows = Influx1Server(http).select("", "SHOW DATABASES")
    except TelemetryError as error:
        return failed(str(error), "start it, or correct its address, user name or password")
    return judge_databases(f"InfluxDB {version} at {server.url}", {row["name"] for row in rows})


def judge_databases(shown: str, there: set[object]) -> Finding:
    """Whether the database of each retention class is there."""
    missing = [c.database for c in RETENTION_CLASSES if c.database not in there]
    if not missing:
        return ok(f"{shown} has its {len(RETENTION_CLASSES)} databases")
    return warning(
        f"{shown} lacks {', '.join(missing)}",
        "the ingest makes them when it starts, if its account is an administrator",
    )


async def embedded_store(subject: Subject) -> Finding:
    """The data directory of a backend can be written, and its files are SQLite."""
    directory = subject.embedded_store
    if directory is None:
        return not_checked("no backend settings were named", "softplace doctor --config FILE")
    mend = f"sudo install -d -o softplace -m 700 {directory}, or correct `data` in the settings"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory) as file:
            file.write(b"x" * 4_096)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return failed(f"{directory} cannot be written ({error.strerror})", mend)
    for path in sorted(directory.glob("*.sqlite")):
        try:
            with closing(_read_only(path)) as connection:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
        except sqlite3.DatabaseError as error:
            if "locked" not in str(error):
                return failed(
                    f"{path} is damaged ({error})",
                    "stop the backend, put the backup of this file in its place, start again:"
                    " the devices send what is missing",
                )
    return ok(f"{directory} can be written")


async def outbox(subject: Subject) -> Finding:
    """How much the agent of this machine holds that is not confirmed as stored."""
    path = subject.outbox
    if path is None:
        return not_checked("no agent settings were named", "softplace doctor --config FILE")
    if not path.exists():
        return not_checked(f"{path} does not exist: the agent has not run yet")
    return await asyncio.to_thread(_look_into, path)


def _look_into(path: Path) -> Finding:
    from edge.link.database import Database  # noqa: PLC0415 - absent on a server
    from edge.link.errors import StorageFailed  # noqa: PLC0415
    from edge.link.loading import load_books, load_identities  # noqa: PLC0415

    try:
        database = Database(path, _read_only)
        try:
            books = load_books(database, load_identities(database))
        finally:
            database.close()
    except StorageFailed as error:
        if error.fault == "in use":
            return ok(f"{path} is held by the running agent; its health messages tell its depth")
        return failed(str(error), "the agent moves a damaged outbox aside when it starts")
    depth = sum(len(book.unconfirmed) for book in books)
    if depth < MANY_UNCONFIRMED:
        return ok(f"{path} holds {depth} messages that are not confirmed")
    return warning(
        f"{path} holds {depth} messages that are not confirmed as stored",
        "check that the agent runs and reaches the broker, and that the ingest runs",
    )


def _read_only(path: Path) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=0.5)
