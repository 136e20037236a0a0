"""The part of Grafana's HTTP API that a push uses. No Grafana can be installed here."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "glsa_test"


class FakeGrafana(ThreadingHTTPServer):
    """Keeps folders and dashboards by uid."""

    daemon_threads = True

    def __init__(self, *, version_conflict: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folders: dict[str, str] = {}
        self.dashboards: dict[str, dict[str, Any]] = {}
        self.version_conflict = version_conflict

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: FakeGrafana
    wbufsize = 65_536

    def do_GET(self) -> None:
        uid = self.path.rsplit("/", 1)[1]
        if not self._may():
            return
        found = uid in self.server.folders
        self._reply(200 if found else 404, {"uid": uid} if found else {"message": "not found"})

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self._may():
            return None
        if self.path == "/api/folders":
            self.server.folders[told["uid"]] = told["title"]
            return self._reply(200, told)
        if self.server.version_conflict:
            return self._reply(412, {"message": "The dashboard has been changed"})
        uid = told["dashboard"]["uid"]
        self.server.dashboards[uid] = told
        return self._reply(200, {"uid": uid, "url": f"/d/{uid}/x", "status": "success"})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""

    def _may(self) -> bool:
        if self.headers.get("Authorization") == f"Bearer {TOKEN}":
            return True
        self._reply(401, {"message": "invalid API key"})
        return False

    def _reply(self, status: int, body: Any) -> None:
        encoded = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(encoded)))
        self.end_headers()
        self.wfile.write(encoded)


@contextmanager
def fake_grafana(*, version_conflict: bool = False) -> Iterator[FakeGrafana]:
    """One that answers; ended at the end."""
    server = FakeGrafana(version_conflict=version_conflict)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
