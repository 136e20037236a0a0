"""Checks of the serial port on which a receiver speaks."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from contract.clock import Clock
from softplace.doctor.finding import Finding, failed, not_checked, ok
from softplace.doctor.subject import Subject

OTHER_BAUDS = (9_600, 4_800, 38_400, 115_200, 57_600, 19_200)
"""As common receivers are shipped, the most common first."""
LISTEN_S = 2.5
"""Every receiver speaks at least once a second."""
_NO_PYSERIAL = not_checked("pyserial is not installed", "pip install 'softplace[edge]'")


@dataclass(slots=True)
class Heard:
    """What came from a port at one speed."""

    byte_count: int = 0
    sentences: int = 0


async def serial_ports(subject: Subject) -> Finding:
    """Which serial ports there are."""
    try:
        from serial.tools import list_ports  # noqa: PLC0415 - absent on a server
    except ImportError:
        return _NO_PYSERIAL
    found = sorted(port.device for port in list_ports.comports())
    if found:
        return ok(f"this machine has {', '.join(found)}")
    if subject.receiver.port is not None and not subject.receiver.uses_gpsd:
        return not_checked(f"none is listed; {subject.receiver.port} is tried all the same")
    return not_checked("this machine has none", "plug a receiver in")


async def nmea(subject: Subject) -> Finding:
    """NMEA sentences come in at the configured speed, or at which other."""
    receiver = subject.receiver
    if receiver.uses_gpsd:
        return not_checked("positions come from gpsd, which owns the port")
    if receiver.port is None:
        return not_checked("no port was named", "softplace doctor --port /dev/serial0")
    try:
        from edge.drivers.errors import PortUnavailable  # noqa: PLC0415 - absent on a server
    except ImportError:
        return _NO_PYSERIAL
    try:
        return await _judge(receiver.port, receiver.baud, subject.clock)
    except PortUnavailable as error:
        sentence, _, mend = str(error).partition(": ")
        return failed(sentence, mend)


async def _judge(port: str, baud: int, clock: Clock) -> Finding:
    heard = await _listen(port, baud, clock)
    if heard.sentences:
        return ok(f"{port} speaks NMEA at {baud} baud")
    if not heard.byte_count:
        return failed(
            f"nothing comes from {port} at {baud} baud",
            "check the receiver's power and that its TX goes to our RX; the pins of a"
            " Raspberry Pi want enable_uart=1 and no console on the port",
        )
    for other in OTHER_BAUDS:
        if other != baud and (await _listen(port, other, clock)).sentences:
            return failed(
                f"{port} speaks NMEA at {other} baud, not at {baud}",
                f"set baud = {other} under [position]",
            )
    return failed(
        f"{port} sends bytes that are not NMEA at any usual speed",
        'a binary receiver (UBX, SiRF) goes through gpsd: source = "gpsd" under [position]',
    )


async def _listen(port: str, baud: int, clock: Clock) -> Heard:
    """What comes in LISTEN_S, or until two sentences have. Raises PortUnavailable."""
    from edge.drivers.errors import PortLost  # noqa: PLC0415
    from edge.drivers.nmea_sentence import Framer, Sentence  # noqa: PLC0415
    from edge.drivers.serial_line import SerialLine  # noqa: PLC0415

    heard = Heard()
    framer = Framer()
    line = SerialLine(port, baud)
    end_s = clock.monotonic_s() + LISTEN_S
    try:
        while heard.sentences < 2 and (left_s := end_s - clock.monotonic_s()) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(line.arrived.wait(), left_s)
            data = line.take()
            heard.byte_count += len(data)
            heard.sentences += sum(isinstance(part, Sentence) for part in framer.feed(data))
    except PortLost:
        pass  # What was heard before it was pulled out still counts.
    finally:
        line.close()
    return heard
