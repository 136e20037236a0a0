"""A server that enrols, over real HTTP or TLS, and devices that ask it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Engine
from starlette.applications import Starlette

from backend.devices.authority import open_authority, pem_of, private_pem
from backend.devices.desk import EnrolmentDesk
from backend.devices.invitations import invite
from backend.records.transaction import writing
from backend.web.enrolment import enrolment_routes
from backend.web.http_server import listening_socket
from contract.clock import Clock, ManualClock, SystemClock
from contract.enrolment import EnrolAnswer
from edge.agent.enrolment import enrol, https_post

BROKER_URL = "mqtts://localhost:8883"


@dataclass
class Server:
    """An installation of the territory lozere."""

    data: Path
    records: Engine
    clock: ManualClock | SystemClock
    url: str = ""
    ca: Path | None = None
    broker_url: str = BROKER_URL

    def invite(self, unit: str) -> str:
        with writing(self.records) as connection:
            return invite(connection, unit, self.clock.now_ms())

    async def enrol(self, directory: Path, code: str, serial: str = "pi-1") -> EnrolAnswer:
        post = https_post(self.ca)
        return await asyncio.to_thread(enrol, directory, self.url, code, serial, post)

    @contextlib.asynccontextmanager
    async def serving(self, *, tls: bool = False, pace: Clock | None = None) -> AsyncIterator[None]:
        """Answer on a free port of this machine."""
        desk = EnrolmentDesk(self.records, self.data, "lozere", self.broker_url, self.clock)
        app = Starlette(
            routes=enrolment_routes(
                lambda payload: asyncio.to_thread(desk.answer, payload), pace or ManualClock()
            )
        )
        config = uvicorn.Config(app, log_config=None, lifespan="off")
        if tls:
            config.load()
            config.ssl = self._context()
            config.is_ssl  # noqa: B018 - a property that looks at the settings
        listening = listening_socket("127.0.0.1", 0)
        port = listening.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://localhost:{port}"
        server = _Quiet(config)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield
        finally:
            server.should_exit = True
            await running

    def _context(self) -> ssl.SSLContext:
        authority = open_authority(self.data, "lozere", self.clock.now_ms())
        key = ec.generate_private_key(ec.SECP256R1())
        own = authority.broker_certificate(["localhost"], key.public_key(), SystemClock().now_ms())
        pair = self.data / "web.pem"
        pair.write_bytes(private_pem(key) + pem_of(own).encode())
        self.ca = self.data / "keys" / "ca.pem"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair)
        return context


class _Quiet(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
