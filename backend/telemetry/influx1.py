"""InfluxDB 1.x: POST /write, and everything else in InfluxQL."""

from __future__ import annotations

import logging
import re
from typing import Any

from backend.telemetry.errors import TelemetryRefused
from backend.telemetry.http_endpoint import HttpEndpoint, Reply
from backend.telemetry.influxql import name, rows_of
from backend.telemetry.line_server import failure_of, query_failure_of, words_of
from contract.retention import RETENTION_CLASSES, RetentionClass

log = logging.getLogger(__name__)

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


class Influx1Server:
    """One server; a database per retention class, whose default policy keeps the days."""

    def __init__(self, http: HttpEndpoint) -> None:
        self._http = http

    @property
    def shown(self) -> str:
        return f"InfluxDB at {self._http.shown}"

    def prepare(self) -> None:
        there = {row["name"] for row in self._ask(None, "SHOW DATABASES")}
        for retention in RETENTION_CLASSES:
            if retention.database not in there:
                self._create(retention)
            self._check_retention(retention)

    def write(self, database: str, body: bytes) -> None:
        reply = self._post(database, body)
        if reply.status == 404 and "database not found" in words_of(reply.body):
            self._create(_class_of(database))
            log.warning("influxdb=recreated database=%s reason=%s", database, "it was dropped")
            reply = self._post(database, body)
        if reply.status != 204:
            raise failure_of(self.shown, database, reply.status, reply.body, len(body))

    def select(self, database: str, influxql: str) -> list[dict[str, Any]]:
        return self._ask(database, influxql)

    def close(self) -> None:
        self._http.close()

    def _post(self, database: str, body: bytes) -> Reply:
        parameters = {"db": database, "precision": "ns"}
        return self._http.request("POST", "/write", parameters, body)

    def _ask(
        self, database: str | None, influxql: str, *, changes: bool = False
    ) -> list[dict[str, Any]]:
        parameters = {"q": influxql, "epoch": "ns"} | ({"db": database} if database else {})
        reply = self._http.request("POST" if changes else "GET", "/query", parameters)
        if reply.status != 200:
            raise query_failure_of(self.shown, database or "_", reply.status, reply.body)
        return rows_of(self.shown, reply.body)

    def _create(self, retention: RetentionClass) -> None:
        statement = f"CREATE DATABASE {name(retention.database)} WITH DURATION {_days(retention)}"
        try:
            self._ask(None, statement, changes=True)
        except TelemetryRefused as refused:
            raise TelemetryRefused(
                f"{self.shown} has no database {retention.database} and this user may not create "
                f"it; as an administrator run: {statement}"
            ) from refused

    def _check_retention(self, retention: RetentionClass) -> None:
        try:
            policies = self._ask(None, f"SHOW RETENTION POLICIES ON {name(retention.database)}")
        except TelemetryRefused as refused:
            log.warning(
                "influxdb=retention_unknown database=%s reason=%s", retention.database, refused
            )
            return
        for policy in policies:
            if policy["default"] and hours_of(policy["duration"]) != (retention.days or 0) * 24:
                self._alter(retention, policy["name"], policy["duration"])

    def _alter(self, retention: RetentionClass, policy: str, duration: str) -> None:
        statement = (
            f"ALTER RETENTION POLICY {name(policy)} ON {name(retention.database)} "
            f"DURATION {_days(retention)}"
        )
        try:
            self._ask(None, statement, changes=True)
        except TelemetryRefused as refused:
            raise TelemetryRefused(
                f"{self.shown} keeps database {retention.database} for {duration} instead of "
                f"{_days(retention)} and this user may not change it; as an administrator run: "
                f"{statement}"
            ) from refused
        log.warning(
            "influxdb=retention_changed database=%s was=%s is=%s",
            retention.database,
            duration,
            _days(retention),
        )


def hours_of(duration: str) -> float:
    """Hours of a duration as the server writes it: 1488h0m0s, or 0s where nothing expires."""
    found = _DURATION.fullmatch(duration)
    if found is None:
        return -1.0
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours + minutes / 60 + seconds / 3_600


def _days(retention: RetentionClass) -> str:
    return "INF" if retention.days is None else f"{retention.days}d"


def _class_of(database: str) -> RetentionClass:
    for retention in RETENTION_CLASSES:
        if retention.database == database:
            return retention
    return RetentionClass(database.removeprefix("softplace_"), None)
