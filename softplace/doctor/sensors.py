"""Checks of sensors of presence."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from softplace.doctor.finding import Finding, failed, not_checked, ok
from softplace.doctor.subject import Subject

LISTEN_S = 1.5
"""A radar reports ten times a second."""


async def radar(subject: Subject) -> Finding:
    """Each LD2410 reports; what it sees now."""
    ports = subject.devices.radars
    if not ports:
        return not_checked("no radar is named", "name it under [[presence]] in the settings")
    findings = [await _radar_at(port) for port in ports]
    worst = next((found for found in findings if found.state != "ok"), None)
    return worst or ok("; ".join(found.sentence for found in findings))


async def _radar_at(port: str) -> Finding:
    from edge.drivers.errors import PortBusy, PortUnavailable  # noqa: PLC0415 - absent on a server

    try:
        seen, byte_count = await _listen(port)
    except PortBusy:
        return not_checked(
            f"{port} is held by another program, as an agent",
            "to test it stop the agent: sudo systemctl stop 'softplace-agent@*'",
        )
    except PortUnavailable as error:
        sentence, _, mend = str(error).partition(": ")
        return failed(sentence, mend)
    if seen is not None:
        return ok(f"radar at {port}: {'somebody' if seen else 'nobody'} is there")
    if byte_count:
        return failed(
            f"{port} sends {byte_count} bytes and no report of an LD2410",
            "set the radar back to 256,000 baud with its maker's program; on a Pi use a PL011"
            " port (/dev/ttyAMA*), the mini UART does not reach that speed",
        )
    return failed(
        f"nothing comes from {port}", "give the radar 5 V and check that its TX goes to our RX"
    )


async def _listen(port: str) -> tuple[bool | None, int]:
    """What the last report saw, None where none came; and how many bytes did."""
    from edge.drivers.errors import PortLost  # noqa: PLC0415 - absent on a server
    from edge.drivers.ld2410 import BAUD, USER  # noqa: PLC0415 - as above
    from edge.drivers.ld2410_frames import Framer  # noqa: PLC0415 - as above
    from edge.drivers.serial_line import SerialLine  # noqa: PLC0415 - as above

    framer = Framer()
    line = SerialLine(port, BAUD, USER)
    byte_count = 0
    with suppress(PortLost, TimeoutError):
        try:
            async with asyncio.timeout(LISTEN_S):
                while True:
                    await line.arrived.wait()
                    data = line.take()
                    byte_count += len(data)
                    if reports := framer.feed(data):
                        return reports[-1].seen, byte_count
        finally:
            line.close()
    return None, byte_count
