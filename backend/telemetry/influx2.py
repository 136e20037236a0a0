"""InfluxDB 2.x and later through influxdb-client: lines to /api/v2/write, InfluxQL to read.

Buckets are prepared through the bucket API of 2.x, or the database API that 3.x has instead.
"""

from __future__ import annotations

import gzip
import logging
from typing import Any

import msgspec
import urllib3.exceptions
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.bucket_retention_rules import BucketRetentionRules
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.rest import ApiException

from backend.telemetry.errors import TelemetryError, TelemetryRefused, TelemetryUnavailable
from backend.telemetry.http_endpoint import HttpEndpoint
from backend.telemetry.influxql import rows_of
from backend.telemetry.line_server import failure_of, query_failure_of
from contract.retention import RETENTION_CLASSES, RetentionClass

log = logging.getLogger(__name__)

DAY_S = 86_400
NANOSECONDS: Any = WritePrecision.NS


class Influx2Server:
    """One server of major version 2 or later; a bucket per retention class."""

    def __init__(self, http: HttpEndpoint, token: str, org: str, major: int) -> None:
        self._http = http
        self._org = org
        self._major = major
        self._client: Any = InfluxDBClient(http.shown, token=token, org=org, timeout=10_000)
        self._write_api = self._client.write_api(write_options=SYNCHRONOUS)

    @property
    def shown(self) -> str:
        return f"InfluxDB at {self._http.shown}"

    def prepare(self) -> None:
        for retention in RETENTION_CLASSES:
            if self._major >= 3:
                self._prepare_database(retention)
            else:
                self._prepare_bucket(retention)

    def write(self, database: str, body: bytes) -> None:
        encoding = {}
        if self._http.compresses:
            body, encoding = gzip.compress(body, compresslevel=1), {"content_encoding": "gzip"}
        try:
            self._write_api.write(
                database, self._org, body, write_precision=NANOSECONDS, **encoding
            )
        except ApiException as error:
            raise self._failure(database, error, len(body)) from error
        except urllib3.exceptions.HTTPError as error:
            raise self._unavailable(error) from error

    def select(self, database: str, influxql: str) -> list[dict[str, Any]]:
        parameters = {"q": influxql, "epoch": "ns", "db": database}
        reply = self._http.request("GET", "/query", parameters)
        if reply.status != 200:
            raise query_failure_of(self.shown, database, reply.status, reply.body)
        return rows_of(self.shown, reply.body)

    def close(self) -> None:
        self._client.close()
        self._http.close()

    def _prepare_bucket(self, retention: RetentionClass) -> None:
        wanted_s = (retention.days or 0) * DAY_S
        rule: Any = BucketRetentionRules
        rules = [rule(type="expire", every_seconds=wanted_s)] if wanted_s else []
        buckets = self._client.buckets_api()
        try:
            found = buckets.find_bucket_by_name(retention.database)
            if found is None:
                buckets.create_bucket(bucket_name=retention.database, retention_rules=rules)
                return
            kept_s = sum(rule.every_seconds for rule in found.retention_rules or ())
            if kept_s != wanted_s:
                found.retention_rules = rules
                buckets.update_bucket(found)
                log.warning(
                    "influxdb=retention_changed database=%s was_s=%s is_s=%s",
                    retention.database,
                    kept_s,
                    wanted_s,
                )
        except ApiException as error:
            raise self._not_prepared(retention, error.status, error.body or b"") from error
        except urllib3.exceptions.HTTPError as error:
            raise self._unavailable(error) from error

    def _prepare_database(self, retention: RetentionClass) -> None:
        wanted = {"db": retention.database}
        if retention.days is not None:
            wanted["retention_period"] = f"{retention.days}d"
        reply = self._http.request(
            "POST",
            "/api/v3/configure/database",
            {},
            msgspec.json.encode(wanted),
            {"Content-Type": "application/json"},
        )
        if reply.status not in {200, 201, 204, 409}:
            raise self._not_prepared(retention, reply.status, reply.body)

    def _not_prepared(
        self, retention: RetentionClass, status: int, body: bytes | str
    ) -> TelemetryError:
        said = body.encode() if isinstance(body, str) else body
        failure = failure_of(self.shown, retention.database, status, said)
        if isinstance(failure, TelemetryUnavailable):
            return failure
        days = "without expiry" if retention.days is None else f"kept {retention.days} days"
        return TelemetryRefused(
            f"bucket {retention.database} cannot be prepared ({failure}); give the token the right "
            f"to create buckets, or create it, {days}"
        )

    def _failure(self, database: str, error: ApiException, size: int) -> TelemetryError:
        said = error.body or b""
        return failure_of(
            self.shown,
            database,
            error.status or 0,
            said.encode() if isinstance(said, str) else said,
            size,
        )

    def _unavailable(self, error: Exception) -> TelemetryUnavailable:
        return TelemetryUnavailable(f"{self.shown} does not answer: {type(error).__name__}")
