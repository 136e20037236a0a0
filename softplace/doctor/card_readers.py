"""Checks of card readers: PN532 on a serial port, PC/SC, OSDP."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from softplace.doctor.devices import CardHead
from softplace.doctor.finding import Finding, failed, not_checked, ok, warning
from softplace.doctor.subject import Subject

OSDP_BAUDS = (9_600, 38_400, 115_200, 19_200, 57_600)
OSDP_ANSWER_S = 0.5
"""A reader answers within 200 ms."""
_STOP_AGENT = "to test it stop the agent: sudo systemctl stop 'softplace-agent@*'"


async def pn532(subject: Subject) -> Finding:
    """Each PN532 answers with its firmware."""
    heads = [head for head in subject.devices.card_heads if head.kind == "pn532"]
    if not heads:
        return not_checked("no PN532 is named", "name it under [reader] in the settings")
    findings = [await _chip_at(head) for head in heads]
    worst = next((found for found in findings if found.state == "failed"), None)
    if worst is not None:
        return worst
    held = next((found for found in findings if found.state == "not_checked"), None)
    return held or ok("; ".join(found.sentence for found in findings))


async def _chip_at(head: CardHead) -> Finding:
    from edge.drivers.errors import (  # noqa: PLC0415 - absent on a server
        PortBusy,
        PortLost,
        PortUnavailable,
        ReaderFault,
    )
    from edge.drivers.pn532_link import FIRMWARE, Pn532Link  # noqa: PLC0415 - as above

    try:
        link = Pn532Link(head.port, head.baud)
    except PortBusy:
        return not_checked(f"{head.port} is held by another program, as an agent", _STOP_AGENT)
    except PortUnavailable as error:
        sentence, _, mend = str(error).partition(": ")
        return failed(sentence, mend)
    try:
        await link.start()
        said = await link.command(FIRMWARE)
    except (PortLost, ReaderFault) as fault:
        return failed(
            f"no PN532 answers at {head.port}: {fault}",
            "set its switches to HSU (both off), cross TX and RX, give it power; the pins of a"
            " Raspberry Pi want enable_uart=1 and no console on the port",
        )
    finally:
        link.close()
    return ok(f"PN532 at {head.port}, firmware {said[1]}.{said[2]}")


async def pcsc(subject: Subject) -> Finding:
    """The PC/SC service runs and has readers."""
    try:
        from smartcard.System import readers  # noqa: PLC0415 - needed only where it is used
    except ImportError:
        return not_checked("pyscard is not installed", "pip install 'softplace[pcsc]'")
    is_used = any(head.kind == "pcsc" for head in subject.devices.card_heads)
    bad = failed if is_used else _needless
    try:
        found = await asyncio.to_thread(readers)
    except Exception as error:  # noqa: BLE001 - pyscard raises what the library of the day raises
        return bad(f"the PC/SC service does not answer ({error})", "sudo systemctl start pcscd")
    if not found:
        return bad("PC/SC has no reader", "plug a reader in; see pcsc_scan")
    return ok(f"PC/SC has {', '.join(str(reader) for reader in found)}")


def _needless(sentence: str, mend: str) -> Finding:
    return not_checked(f"{sentence}; no reader here needs it", mend)


async def osdp(subject: Subject) -> Finding:
    """A reader answers a poll at the named port, at which speed."""
    port = subject.devices.osdp_port
    if port is None:
        return not_checked("no OSDP port was named", "softplace doctor --osdp /dev/ttyUSB0")
    from edge.drivers.errors import PortUnavailable  # noqa: PLC0415 - absent on a server

    try:
        for baud in OSDP_BAUDS:
            if await _polled(port, baud):
                return _judge_baud(port, baud)
    except PortUnavailable as error:
        sentence, _, mend = str(error).partition(": ")
        return failed(sentence, mend)
    return failed(
        f"no OSDP reader with address 0 answers at {port}",
        "exchange A and B of the RS-485 line, terminate it with 120 Ohm, set address 0",
    )


def _judge_baud(port: str, baud: int) -> Finding:
    found = f"an OSDP reader with address 0 answers at {port} at {baud} baud"
    if baud == OSDP_BAUDS[0]:
        return ok(found)
    return warning(found, f"set its speed to {OSDP_BAUDS[0]}, or ours to {baud}")


async def _polled(port: str, baud: int) -> bool:
    """Whether a sound frame comes back. Raises PortUnavailable."""
    from edge.drivers.errors import PortLost, PortUser  # noqa: PLC0415 - absent on a server
    from edge.drivers.osdp_frames import (  # noqa: PLC0415 - as above
        MOST_BYTES,
        WholeFrames,
        poll_frame,
    )
    from edge.drivers.serial_line import SerialLine  # noqa: PLC0415 - as above

    line = SerialLine(port, baud, PortUser("OSDP reader", "--osdp"))
    frames = WholeFrames()
    with suppress(PortLost, TimeoutError):
        try:
            line.write(poll_frame(0))
            async with asyncio.timeout(OSDP_ANSWER_S):
                while not (frame := frames.take(MOST_BYTES)):
                    await line.arrived.wait()
                    frames.feed(line.take())
                return bool(frame)
        finally:
            line.close()
    return False
