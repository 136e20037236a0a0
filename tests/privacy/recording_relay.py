"""A TCP relay that writes down every byte of every connection, each direction in its file."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress
from pathlib import Path
from typing import Self

READ_BYTES = 65_536


class RecordingRelay:
    """In front of the broker: `directory` then holds `7-up` and `7-down` of its seventh client."""

    def __init__(self, broker_port: int, directory: Path) -> None:
        self._broker_port = broker_port
        self._directory = directory
        self._numbers = itertools.count(1)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def __aenter__(self) -> Self:
        self._directory.mkdir(parents=True)
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(self._numbers)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._broker_port)
        self._writers |= {writer, far_writer}
        await asyncio.gather(
            _pump(reader, far_writer, self._directory / f"{number}-up"),
            _pump(far_reader, writer, self._directory / f"{number}-down"),
        )


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, record: Path) -> None:
    with suppress(OSError), record.open("ab", buffering=0) as written:
        while data := await reader.read(READ_BYTES):
            written.write(data)
            writer.write(data)
            await writer.drain()
    writer.close()
