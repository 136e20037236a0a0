"""Checks of sensors of presence."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from softplace.doctor.devices import Radar
from softplace.doctor.finding import Finding, failed, not_checked, ok
from softplace.doctor.subject import Subject

LISTEN_S = 1.5
"""A radar reports ten times a second."""


async def radar(subject: Subject) -> Finding:
    """Each radar reports; what it sees now."""
    radars = subject.devices.radars
    if not radars:
        return not_checked("no radar is named", "name it under [[presence]] in the settings")
    findings = [await _radar_at(told) for told in radars]
    worst = next((found for found in findings if found.state != "ok"), None)
    return worst or ok("; ".join(found.sentence for found in findings))


async def _radar_at(told: Radar) -> Finding:
    from edge.drivers.errors import PortBusy, PortUnavailable  # noqa: PLC0415 - absent on a server

    port = told.port
    try:
        persons, byte_count = await _listen(told)
    except PortBusy:
        return not_checked(
            f"{port} is held by another program, as an agent",
            "to test it stop the agent: sudo systemctl stop 'softplace-agent@*'",
        )
    except PortUnavailable as error:
        sentence, _, mend = str(error).partition(": ")
        return failed(sentence, mend)
    if persons is not None:
        return ok(f"{told.kind} at {port}: {'somebody' if persons else 'nobody'} is there")
    if byte_count:
        return failed(
            f"{port} sends {byte_count} bytes and no report of an {told.kind}",
            "set the radar back to 256,000 baud with its maker's program; on a Pi use a PL011"
            " port (/dev/ttyAMA*), the mini UART does not reach that speed",
        )
    return failed(
        f"nothing comes from {port}", "give the radar 5 V and check that its TX goes to our RX"
    )


async def _listen(told: Radar) -> tuple[int | None, int]:
    """What the last report saw, None where none came; and how many bytes did."""
    from edge.drivers.errors import PortLost  # noqa: PLC0415 - absent on a server
    from edge.drivers.ld2410_frames import Framer  # noqa: PLC0415 - as above
    from edge.drivers.ld2450_frames import TargetFramer  # noqa: PLC0415 - as above
    from edge.drivers.serial_line import SerialLine  # noqa: PLC0415 - as above
    from edge.drivers.serial_radar import BAUD, USER, RadarFramer  # noqa: PLC0415 - as above

    framer: RadarFramer = TargetFramer() if told.kind == "ld2450" else Framer()
    line = SerialLine(told.port, BAUD, USER)
    byte_count = 0
    with suppress(PortLost, TimeoutError):
        try:
            async with asyncio.timeout(LISTEN_S):
                while True:
                    await line.arrived.wait()
                    data = line.take()
                    byte_count += len(data)
                    if reports := framer.feed(data):
                        return reports[-1].persons, byte_count
        finally:
            line.close()
    return None, byte_count
