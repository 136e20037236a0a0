"""Checks of the wires: the chip, its inputs, the relay of a lock and who guards it."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE

from softplace.doctor.finding import Finding, failed, not_checked, ok
from softplace.doctor.subject import Subject

GUARD_S = 10.0
LEAST_PULSE_MS = "200"


async def gpio(subject: Subject) -> Finding:
    """The chip is there, its inputs can be taken, and how they stand. Outputs are not switched."""
    from edge.drivers.chip import CONSUMER, chip_named  # noqa: PLC0415 - absent on a server
    from edge.drivers.errors import LineFault  # noqa: PLC0415 - as above
    from edge.drivers.gpio_kernel import chips_present  # noqa: PLC0415 - as above

    devices = subject.devices
    if devices.chip is None:
        chips = ", ".join(chips_present()) or "no GPIO chip"
        return not_checked(
            f"no wires are named; this machine has {chips}",
            "name them under [lines] in the settings",
        )
    try:
        request = chip_named(devices.chip).inputs(devices.inputs)
    except LineFault as fault:
        if f"used by {CONSUMER}" in fault.why:
            return ok(f"the wires of {devices.chip} are held by an agent that runs")
        sentence, mend = _split(fault.why)
        return failed(f"lines of {devices.chip}: {sentence}", mend)
    try:
        standing = request.standing()
    finally:
        request.close()
    told = ", ".join(f"{name} {'active' if on else 'inactive'}" for name, on in standing.items())
    return ok(f"{devices.chip}: {told or 'no inputs'}; outputs: {len(devices.outputs)}, not tried")


async def relay_guard(subject: Subject) -> Finding:
    """The process that holds the relay starts, takes the relay's line and lets it go."""
    devices, lock = subject.devices, subject.devices.lock
    if lock is None or devices.chip is None:
        return not_checked("no door is named")
    line = devices.outputs[lock.output]
    level = "low" if line.active_low else "high"
    command = ("edge.card_reader.relay_guard", devices.chip, str(line.offset), level)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *command, LEAST_PULSE_MS, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        said, _complaints = await asyncio.wait_for(process.communicate(b""), GUARD_S)
    except TimeoutError:
        process.kill()
        return failed(
            "the guard of the relay does not end", "see its log: journalctl -u softplace*"
        )
    return _judge_guard(said.decode(errors="replace"), lock.wiring)


def _judge_guard(said: str, wiring: str) -> Finding:
    if said.startswith("ready"):
        return ok(f"the guard takes the relay and lets it go; the lock is wired {wiring}")
    if "used by softplace" in said:
        return ok(f"the guard of an agent that runs holds the relay; the lock is wired {wiring}")
    sentence, mend = _split(said.strip().removeprefix("fault "))
    return failed(f"the guard has no relay: {sentence}", mend)


def _split(why: str) -> tuple[str, str]:
    """A sentence of a driver into what is wrong and what to do."""
    sentence, separator, mend = why.rpartition(": ")
    return (sentence, mend) if separator else (why, "see edge/drivers/README.md for the wiring")
