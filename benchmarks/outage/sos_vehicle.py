"""A vehicle with a full outbox whose driver presses SOS: the real link in a process of its own.

`python -m benchmarks.outage.sos_vehicle OUTBOX PORT TERRITORY UNIT MESSAGES PRESSES SEED`
fills the outbox, writes "filled" and then, for each SOS, one JSON line before it is put.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from pathlib import Path

from contract.broker_url import BrokerAddress
from contract.clock import SystemClock
from contract.streams import BY_NAME
from contract.topics import parse_unit
from edge.link.envelope import check_body
from edge.link.outbox import Outbox
from edge.link.reading import Reading
from edge.link.rows import NewRow
from edge.link.service import Link
from edge.link.settings import LinkSettings

_SERIAL = "sos-machine"
_BOOT = "0000000a-0000000b"
_ROWS_AT_ONCE = 2_000


def fill(path: Path, messages: int) -> None:
    """Positions of the last day or so, one a second, none of them sent."""
    outbox = Outbox(path, _SERIAL, _BOOT)
    start_ms = time.time_ns() // 1_000_000 - messages * 1_000 - 60_000
    number = BY_NAME["position"].number
    for first in range(0, messages, _ROWS_AT_ONCE):
        rows = [
            NewRow(number, n * 1_000, start_ms + n * 1_000, "gnss", _place(n))
            for n in range(first, min(first + _ROWS_AT_ONCE, messages))
        ]
        outbox.append(rows)
    outbox.close()


def _place(number: int) -> bytes:
    return check_body(
        "position",
        {
            "latitude": round(44.5 + number * 1e-6, 7),
            "longitude": 3.5,
            "speed_m_s": 11.25,
            "course_deg": 271.5,
            "fix_quality": 1,
            "satellites": 11,
            "odometer_m": round(number * 11.2, 1),
        },
    )


async def drive(link: Link, presses: int, dice: random.Random) -> None:
    """Press SOS again and again while the backlog drains and positions go on."""
    clock = SystemClock()
    running = asyncio.create_task(link.run())
    positions = asyncio.create_task(_positions(link, clock))
    await asyncio.sleep(15)
    for number in range(presses):
        await asyncio.sleep(dice.uniform(1.5, 4.5))
        depth = link.health().depth
        put_ms = clock.now_ms()
        _say({"number": number, "put_ms": put_ms, "depth": depth})
        link.put(
            Reading(
                "alarm", {"alarm": "sos", "detail": f"{number}"}, clock.boot_ms(), put_ms, "gnss"
            )
        )
    await asyncio.sleep(10)
    positions.cancel()
    running.cancel()
    await asyncio.gather(running, positions, return_exceptions=True)
    link.close()


async def _positions(link: Link, clock: SystemClock) -> None:
    while True:
        body = {"latitude": 44.7, "longitude": 3.5, "odometer_m": 1.0}
        link.put(Reading("position", body, clock.boot_ms(), clock.now_ms(), "gnss"))
        await asyncio.sleep(1)


def _say(line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> None:
    """Fill, then drive."""
    outbox, port, territory, unit, messages, presses, seed = arguments
    fill(Path(outbox), int(messages))
    _say("filled")
    settings = LinkSettings(
        broker=BrokerAddress("127.0.0.1", int(port)),
        outbox_path=Path(outbox),
        machine_serial=_SERIAL,
        heartbeat_s=0,
    )
    dice = random.Random(int(seed))  # noqa: S311 - repeatable on purpose
    link = Link(settings, territory, parse_unit(unit), SystemClock(), dice, "bench")
    asyncio.run(drive(link, int(presses), dice))


if __name__ == "__main__":
    main(sys.argv[1:])
