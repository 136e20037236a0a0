"""Serve an application on a socket of ours until cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

STOP_WITHIN_S = 3
"""Open pages hold their event stream for ever; they reconnect by themselves."""


class AddressUnavailable(OSError):
    """The pages cannot be served where the settings say."""

    def __init__(self, host: str, port: int, reason: str | None) -> None:
        self.host = host
        self.port = port
        super().__init__(
            f"the pages cannot be served on {host}:{port} ({reason}): stop the program that uses "
            f"the port, or set another one in [web] port"
        )


class _Server(uvicorn.Server):
    """Tells when it answers; signals belong to the command that runs us."""

    def __init__(self, config: uvicorn.Config, ready: asyncio.Event) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listening_socket(host: str, port: int) -> socket.socket:
    """A bound socket. Raises AddressUnavailable."""
    try:
        return socket.create_server((host, port), backlog=2_048)
    except OSError as error:
        raise AddressUnavailable(host, port, error.strerror) from error


async def serve_app(app: Starlette, listening: socket.socket, ready: asyncio.Event) -> None:
    """Answer on `listening`; `ready` is set once requests are answered.

    When cancelled, open pages are let go first. `app` is of `backend.web.service.create_app`.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=STOP_WITHIN_S,
        server_header=False,
    )
    server = _Server(config, ready)
    serving = asyncio.create_task(server.serve(sockets=[listening]), name="http")
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        app.state.publisher.close()
        server.should_exit = True
        await serving
        raise
