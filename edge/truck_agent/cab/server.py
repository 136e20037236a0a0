"""The screen of the cab over HTTP, on the loopback only.

What changes anything wants the token that the page was given: another page that the same browser
has open can neither read it nor send it, and a name that was made to point here is not answered.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Callable
from pathlib import Path

import msgspec

from contract.clock import Clock
from edge.drivers.waiting import Trouble
from edge.truck_agent.cab.actions import Actions
from edge.truck_agent.cab.http import (
    HEAD_BYTES,
    Request,
    answer,
    event,
    read_request,
    stream_head,
)
from edge.truck_agent.cab.view import View

LOOPBACK = "127.0.0.1"
NAMES = ("127.0.0.1", "localhost")
MOST_CONNECTIONS = 16
REQUEST_S = 5.0
LOOK_EVERY_S = 0.5
KEEP_ALIVE_S = 10.0
"""A screen that hears nothing for three times as long says that the computer does not answer."""
TRY_AGAIN_S = 10.0

_STATIC = Path(__file__).parent / "static"
_FILES = {
    "/": ("cab.html", "text/html; charset=utf-8"),
    "/cab.js": ("cab.js", "text/javascript; charset=utf-8"),
    "/cab.css": ("cab.css", "text/css; charset=utf-8"),
}
_log = logging.getLogger(__name__)


class CabServer:
    """Serves one vehicle's screen.

    Args:
        port: on the loopback; 0 takes a free one, told by `port` once it listens.
        token: what a button must send.
        view: the present state.
        actions: what buttons do.
        clock: of the run.
    """

    def __init__(
        self, port: int, token: str, view: Callable[[], View], actions: Actions, clock: Clock
    ) -> None:
        self.port: int | None = None
        self._wanted = port
        self._token = token
        self._view = view
        self._actions = actions
        self._clock = clock
        self._open: set[asyncio.Task[None]] = set()
        self._trouble = Trouble(_log, f"{LOOPBACK}:{port}", "cab")

    async def run(self) -> None:
        """Until cancelled; a port that another program has is tried again."""
        while True:
            try:
                server = await asyncio.start_server(
                    self._connected, LOOPBACK, self._wanted, limit=HEAD_BYTES
                )
            except OSError as error:
                self._trouble.say("port", f"cannot listen ({error.strerror}); trying again")
                await self._clock.sleep(TRY_AGAIN_S)
                continue
            self._trouble.healed()
            break
        self.port = server.sockets[0].getsockname()[1]
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            # A screen that listens would keep `serve_forever` from ever ending.
            server.close()
            for task in list(self._open):
                task.cancel()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._open.add(task)
            task.add_done_callback(self._open.discard)
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass  # the screen went away, or the agent stops
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._open) > MOST_CONNECTIONS:
            writer.write(answer(503))
        elif (request := await self._request(reader)) is None:
            writer.write(answer(400))
        elif request.path == "/events" and self._is_local(request):
            await self._stream(writer)
        else:
            writer.write(self._answer(request))
        await writer.drain()

    async def _request(self, reader: asyncio.StreamReader) -> Request | None:
        reading = asyncio.ensure_future(read_request(reader))
        too_late = asyncio.ensure_future(self._clock.sleep(REQUEST_S))
        try:
            await asyncio.wait({reading, too_late}, return_when=asyncio.FIRST_COMPLETED)
            return reading.result() if reading.done() else None
        finally:
            reading.cancel()
            too_late.cancel()

    def _answer(self, request: Request) -> bytes:
        if not self._is_local(request):
            return answer(403)
        if request.method == "POST":
            return answer(self._press(request))
        return self._show(request.path) if request.method == "GET" else answer(405)

    def _press(self, request: Request) -> int:
        token = request.headers.get("x-cab-token", "")
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            return 403
        return self._actions.do(request.path, request.query)

    def _show(self, path: str) -> bytes:
        if path == "/state.json":
            return answer(200, msgspec.json.encode(self._view()), "application/json")
        if path not in _FILES:
            return answer(404)
        name, kind = _FILES[path]
        content = (_STATIC / name).read_bytes().replace(b"{token}", self._token.encode())
        return answer(200, content, kind)

    async def _stream(self, writer: asyncio.StreamWriter) -> None:
        writer.write(stream_head())
        said, said_s = b"", self._clock.monotonic_s()
        while not writer.is_closing():
            seen, now_s = msgspec.json.encode(self._view()), self._clock.monotonic_s()
            if seen != said or now_s - said_s >= KEEP_ALIVE_S:
                said, said_s = seen, now_s
                writer.write(event(seen))
                await writer.drain()
            await self._clock.sleep(LOOK_EVERY_S)

    @staticmethod
    def _is_local(request: Request) -> bool:
        name = request.headers.get("host", "").rpartition(":")
        return (name[0] or name[2]) in NAMES
