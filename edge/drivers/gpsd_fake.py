"""A gpsd made of a socket: the fake beside `gpsd`. It speaks what gpsd 3.22 speaks."""

from __future__ import annotations

import asyncio
import contextlib
import json
from datetime import UTC, datetime

from edge.drivers.position_source import Fix

_STATUS_OF_QUALITY = {1: 1, 2: 2, 3: 9, 4: 3, 5: 4, 6: 5, 7: 7, 8: 8}
_VERSION = {"class": "VERSION", "release": "3.22", "rev": "3.22", "proto_major": 3}
_DEVICE = {"class": "DEVICE", "path": "/dev/ttyUSB0", "driver": "NMEA0183"}


class FakeGpsd:
    """Listens on `host:port` (port 0: any free one, kept over restarts)."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.host = host
        self.port = port
        self.watched = asyncio.Event()
        """Set while a client has asked for reports."""
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Accept clients."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Hang up on everybody."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for client in self._clients:
            client.transport.abort()
        self._clients.clear()
        self.watched.clear()

    async def emit(self, fix: Fix) -> None:
        """One epoch as gpsd reports it: satellites, then position; said twice, as gpsd may."""
        at = datetime.fromtimestamp(fix.observed_ms // 1_000, UTC)
        tpv = {
            "class": "TPV",
            "device": "/dev/ttyUSB0",
            "mode": 3,
            "status": _STATUS_OF_QUALITY.get(fix.fix_quality, 1),
            "time": f"{at:%Y-%m-%dT%H:%M:%S}.{fix.observed_ms % 1_000:03d}Z",
            "lat": round(fix.latitude, 9),
            "lon": round(fix.longitude, 9),
            "speed": fix.speed_m_s,
            "track": fix.course_deg,
        }
        await self.send({"class": "SKY", "uSat": fix.satellites or 0, "hdop": 0.9})
        for _ in range(2):
            await self.send({key: value for key, value in tpv.items() if value is not None})

    async def send(self, report: object) -> None:
        """One line to each client: an object as JSON, or bytes as they are."""
        line = report if isinstance(report, bytes) else json.dumps(report).encode() + b"\r\n"
        for client in list(self._clients):
            client.write(line)
            with contextlib.suppress(ConnectionError):
                await client.drain()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(json.dumps(_VERSION).encode() + b"\r\n")
        while request := await _request(reader):
            if request.startswith(b"?WATCH="):
                devices = {"class": "DEVICES", "devices": [_DEVICE]}
                writer.write(json.dumps(devices).encode() + b"\r\n")
                self._clients.add(writer)
                self.watched.set()
        self._clients.discard(writer)
        writer.close()


async def _request(reader: asyncio.StreamReader) -> bytes:
    with contextlib.suppress(OSError):
        return await reader.readline()
    return b""
