"""A link that can be cut, swallowed and made slow: a TCP relay between agent and broker.

It stands where the mobile network stands. `Shape` makes it a bad one: so many bytes a second,
so much delay each way, and no more buffered inside than the delay holds, so that what does not
fit waits in the sender's own socket as it does behind a real modem.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from dataclasses import dataclass

_SEGMENT_BYTES = 512
_HEADER_BYTES = 40
"""TCP and IP headers, which a narrow link carries too."""
_SOCKET_BUFFER_BYTES = 4_096
_WAITING_S = 0.1
"""A shaped link reads this far ahead of what it can send: the queue of a modem."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A narrow, slow link, the same in both directions."""

    bytes_per_s: float
    delay_s: float


class Relay:
    """Listens on `port` and passes bytes to `target_port`, both on the loopback."""

    def __init__(self, target_port: int, shape: Shape | None = None) -> None:
        self.target_port = target_port
        self.shape = shape
        self.port = 0
        self.passed_up_bytes = 0
        self.passed_down_bytes = 0
        self.accepted_s: list[float] = []
        """When each connection that was let through began, on the monotonic clock."""
        self._up = asyncio.Event()
        self._up.set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._connections: set[asyncio.Task[None]] = set()
        self._listening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen on a free port."""
        listener = socket.create_server(("127.0.0.1", 0))
        if self.shape:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SOCKET_BUFFER_BYTES)
        listener.setblocking(False)
        self.port = listener.getsockname()[1]
        self._listening = asyncio.create_task(self._accept(listener), name="relay")

    async def stop(self) -> None:
        """Close everything."""
        tasks = [task for task in (self._listening, *self._connections) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def cut(self) -> None:
        """Break every connection at once and refuse new ones, as without coverage."""
        self._up.clear()
        self._reset_all()

    def swallow(self) -> None:
        """Keep every connection open and deliver nothing: the sender is not told."""
        self._flowing.clear()

    def heal(self) -> None:
        """Pass bytes again. What was swallowed while open comes through, as TCP would resend."""
        self._up.set()
        self._flowing.set()

    @property
    def connected(self) -> bool:
        """Whether somebody is connected through it."""
        return bool(self._connections)

    def _reset_all(self) -> None:
        for task in self._connections:
            task.cancel()

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with listener:
            while True:
                client, _ = await loop.sock_accept(listener)
                client.setblocking(False)
                if not self._up.is_set():
                    _reset(client)
                    continue
                self.accepted_s.append(time.monotonic())
                connection = asyncio.create_task(self._serve(client), name="connection")
                self._connections.add(connection)
                connection.add_done_callback(self._connections.discard)

    async def _serve(self, client: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        target = socket.socket()
        target.setblocking(False)
        if self.shape:
            target.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SOCKET_BUFFER_BYTES)
        try:
            await loop.sock_connect(target, ("127.0.0.1", self.target_port))
            for sock in (client, target):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass(client, target, upward=True))
                group.create_task(self._pass(target, client, upward=False))
        except* (OSError, ConnectionError):
            pass
        finally:
            _reset(client)
            _reset(target)

    async def _pass(self, source: socket.socket, sink: socket.socket, *, upward: bool) -> None:
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(maxsize=0 if self.shape else 16)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._deliver(queue, sink, upward=upward))
            await self._take(source, queue)
            raise ConnectionError("the other side closed")

    async def _take(self, source: socket.socket, queue: asyncio.Queue[tuple[float, bytes]]) -> None:
        loop = asyncio.get_running_loop()
        busy_until = 0.0
        while data := await loop.sock_recv(source, _SEGMENT_BYTES if self.shape else 65_536):
            now = time.monotonic()
            if self.shape is None:
                await queue.put((now, data))
                continue
            spent_s = (len(data) + _HEADER_BYTES) / self.shape.bytes_per_s
            busy_until = max(now, busy_until) + spent_s
            queue.put_nowait((busy_until + self.shape.delay_s, data))
            await asyncio.sleep(max(0.0, busy_until - now - _WAITING_S))

    async def _deliver(
        self, queue: asyncio.Queue[tuple[float, bytes]], sink: socket.socket, *, upward: bool
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, data = await queue.get()
            if (wait_s := due - time.monotonic()) > 0:
                await asyncio.sleep(wait_s)
            await self._flowing.wait()
            await loop.sock_sendall(sink, data)
            if upward:
                self.passed_up_bytes += len(data)
            else:
                self.passed_down_bytes += len(data)


def _reset(sock: socket.socket) -> None:
    """Close with a reset, so that the other side learns of it at once and nothing lingers."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError):
        sock.close()
