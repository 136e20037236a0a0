"""The HTTP face of InfluxDB 2 or 3 in front of a real influxd 1.6.

No InfluxDB of these versions can be installed here. This small server takes their write,
bucket, database and query calls, checks the token, and lets the influxd behind it do the rest,
so that lines are parsed and InfluxQL is answered by a real server. What it proves is our side
of the calls, not theirs.
"""

from __future__ import annotations

import json
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.peers.influxd import Influxd
from tests.peers.loopback_http import Answered, exchange

TOKEN = "test-token"


class Front(ThreadingHTTPServer):
    """What it was told: buckets with their retention in seconds, databases with theirs."""

    daemon_threads = True

    def __init__(self, behind: Influxd, version: str | None, *, may_create: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = behind
        self.version = version
        self.may_create = may_create
        self.buckets: dict[str, int] = {}
        self.databases: dict[str, str | None] = {}
        self.fail_next: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Front
    protocol_version = "HTTP/1.1"
    wbufsize = 65_536
    """One packet an answer: two would wait 40 ms for each other."""

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_PATCH(self) -> None:
        self._handle()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""

    def _handle(self) -> None:  # noqa: PLR0911 - one line per call
        path, _, query = self.path.partition("?")
        asked = dict(urllib.parse.parse_qsl(query))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if path == "/ping":
            return self._reply(204, None)
        if self.headers.get("Authorization") != f"Token {TOKEN}":
            return self._reply(401, {"code": "unauthorized", "message": "unauthorized access"})
        if self.server.fail_next:
            return self._reply(self.server.fail_next.pop(), {"message": "not now"})
        if path.startswith("/api/v2/buckets"):
            return self._buckets(path, asked, body)
        if path == "/api/v3/configure/database":
            return self._database(json.loads(body))
        if path == "/api/v2/write":
            return self._write(asked, body)
        if path == "/api/v2/orgs":
            return self._reply(200, {"orgs": [{"id": "0" * 16, "name": asked["org"]}]})
        return self._pass_on("GET", f"/query?{query}", None)

    def _buckets(self, path: str, asked: dict[str, str], body: bytes) -> None:
        kept = self.server.buckets
        if self.command == "GET":
            found = [asked["name"]] if asked["name"] in kept else []
            return self._reply(200, {"buckets": [_bucket(name, kept[name]) for name in found]})
        if not self.server.may_create:
            return self._reply(403, {"code": "forbidden", "message": "insufficient permissions"})
        told = json.loads(body)
        name = told.get("name") or path.rsplit("/", 1)[1]
        kept[name] = sum(rule["everySeconds"] for rule in told["retentionRules"])
        self._create_behind(name)
        return self._reply(201 if self.command == "POST" else 200, _bucket(name, kept[name]))

    def _database(self, told: dict[str, Any]) -> None:
        if told["db"] in self.server.databases:
            return self._reply(409, {"error": "database already exists"})
        self.server.databases[told["db"]] = told.get("retention_period")
        self._create_behind(told["db"])
        return self._reply(200, None)

    def _create_behind(self, name: str) -> None:
        self.server.behind.query(f'CREATE DATABASE "{name}"')

    def _write(self, asked: dict[str, str], body: bytes) -> None:
        if asked["bucket"] not in self.server.buckets | self.server.databases:
            return self._reply(404, {"code": "not found", "message": "bucket not found"})
        query = urllib.parse.urlencode({"db": asked["bucket"], "precision": asked["precision"]})
        return self._pass_on("POST", f"/write?{query}", body)

    def _pass_on(self, method: str, path: str, body: bytes | None) -> None:
        try:
            _, answer = exchange(self.server.behind.port, method, path, body)
        except Answered as error:
            return self._reply(error.status, {"code": "invalid", "message": str(error)})
        return self._reply(204 if method == "POST" else 200, json.loads(answer or "null"))

    def _reply(self, status: int, body: Any) -> None:
        encoded = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        if self.server.version is not None:
            self.send_header("X-Influxdb-Version", self.server.version)
        if encoded:
            self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(encoded)))
        self.end_headers()
        self.wfile.write(encoded)


def _bucket(name: str, seconds: int) -> dict[str, Any]:
    rules = [{"type": "expire", "everySeconds": seconds}] if seconds else []
    return {"id": name, "orgID": "0", "name": name, "retentionRules": rules}


@contextmanager
def influx2_front(
    behind: Influxd, version: str | None = "v2.7.1", *, may_create: bool = True
) -> Iterator[Front]:
    """A front that answers; ended at the end."""
    front = Front(behind, version, may_create=may_create)
    thread = threading.Thread(target=front.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield front
    finally:
        front.shutdown()
        thread.join()
        front.server_close()
