"""Serves the screen to the browser on the same machine, and to nobody else.

Plain HTTP of the standard library: the page, and a stream of states (Server-Sent Events).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from importlib import resources

from contract.clock import Clock
from edge.card_reader.screen.state import ScreenState
from edge.drivers.waiting import Trouble
from edge.link.waiting import wait_at_most

LOOPBACK = "127.0.0.1"
REFRESH_S = 5.0
"""The hour moves, and the page learns that we are alive."""
REQUEST_S = 5.0
MOST_REQUEST_BYTES = 8_192
MOST_READERS = 8
START_AGAIN_S = 10.0

_log = logging.getLogger(__name__)
_SAFE = (
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; font-src 'self'\r\n"
    "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
)
_FILES = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
}


class ScreenServer:
    """Serves `state` on a port of the loopback address; port 0 takes any."""

    def __init__(self, state: ScreenState, port: int, clock: Clock) -> None:
        self._state = state
        self._wanted_port = port
        self._clock = clock
        self._readers = 0
        self._trouble = Trouble(_log, "screen", "screen")
        self.port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """Where it listens, once it does."""

    async def run(self) -> None:
        """Serve for ever; a port that is taken is tried again."""
        while True:
            try:
                server = await asyncio.start_server(
                    self._serve, LOOPBACK, self._wanted_port, limit=MOST_REQUEST_BYTES
                )
            except OSError as error:
                why = f"port {self._wanted_port} cannot be had ({error.strerror}); trying again"
                self._trouble.say("port", why)
                await self._clock.sleep(START_AGAIN_S)
                continue
            self._trouble.healed()
            async with server:
                if not self.port.done():
                    self.port.set_result(server.sockets[0].getsockname()[1])
                await server.serve_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_S):
                head = await reader.readuntil(b"\r\n\r\n")
            await self._answer(head, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            return
        finally:
            writer.close()

    async def _answer(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        lines = head.decode("latin-1").split("\r\n")
        method, _, rest = lines[0].partition(" ")
        path = rest.partition(" ")[0].partition("?")[0]
        if method != "GET" or not _asks_loopback(lines):
            await _send(writer, "405 Method Not Allowed", "text/plain", b"")
        elif path == "/events" and self._readers < MOST_READERS:
            await self._stream(writer)
        elif path == "/state":
            body = json.dumps(self._state.shown(), ensure_ascii=False).encode()
            await _send(writer, "200 OK", "application/json", body)
        elif path in _FILES:
            name, kind = _FILES[path]
            body = (resources.files(__package__) / name).read_bytes()
            await _send(writer, "200 OK", kind, body)
        else:
            await _send(writer, "404 Not Found", "text/plain", b"")

    async def _stream(self, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{_SAFE}\r\n"
        writer.write(head.encode())
        self._readers += 1
        try:
            while True:
                shown = json.dumps(self._state.shown(), ensure_ascii=False)
                writer.write(f"data: {shown}\n\n".encode())
                await writer.drain()
                await wait_at_most(self._clock, REFRESH_S, self._state.changed())
        finally:
            self._readers -= 1


def _asks_loopback(lines: list[str]) -> bool:
    """A page from elsewhere must not read this one under another name (DNS rebinding)."""
    hosts = [line[5:].strip() for line in lines if line.lower().startswith("host:")]
    return len(hosts) == 1 and hosts[0].partition(":")[0] in {LOOPBACK, "localhost"}


async def _send(writer: asyncio.StreamWriter, status: str, kind: str, body: bytes) -> None:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    writer.write(f"{head}{_SAFE}Connection: close\r\n\r\n".encode() + body)
    with contextlib.suppress(OSError):
        await writer.drain()
