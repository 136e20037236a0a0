"""Check of gpsd."""

from __future__ import annotations

import asyncio

import msgspec
from msgspec import Struct

from softplace.doctor.finding import Finding, failed, not_checked, ok
from softplace.doctor.subject import Subject

WITHIN_S = 3.0


class _Version(Struct, tag_field="class", tag="VERSION"):
    release: str


class _Devices(Struct, tag_field="class", tag="DEVICES"):
    devices: tuple[dict[str, object], ...] = ()


async def gpsd(subject: Subject) -> Finding:
    """Whether gpsd answers and has a receiver, where it is used."""
    host, port = subject.receiver.gpsd
    wanted = subject.receiver.uses_gpsd
    try:
        async with asyncio.timeout(WITHIN_S):
            release, devices = await _ask(host, port)
    except (OSError, ValueError) as error:
        if not wanted:
            return not_checked(f"no gpsd at {host}:{port}, and nothing asks for it")
        why = getattr(error, "strerror", None) or "no answer as gpsd gives it"
        return failed(
            f"no gpsd at {host}:{port} ({why})",
            "sudo systemctl start gpsd.socket, or correct [position] host",
        )
    if devices or not wanted:
        return ok(f"gpsd {release} at {host}:{port} with {devices} receiver(s)")
    return failed(
        f"gpsd {release} at {host}:{port} has no receiver",
        "plug it in, or name it in DEVICES of /etc/default/gpsd",
    )


async def _ask(host: str, port: int) -> tuple[str, int]:
    """Release and number of receivers. Raises OSError and ValueError."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        version = msgspec.json.decode(await reader.readline(), type=_Version)
        writer.write(b"?DEVICES;\n")
        devices = msgspec.json.decode(await reader.readline(), type=_Devices)
    finally:
        writer.close()
    return version.release, len(devices.devices)
