"""One job of the dispatch process fails: the others go on, and it is said once."""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import suppress

import pytest

from backend.devices.command_rows import order, put_reply, read_command
from backend.devices.registry import Device, put_device
from backend.devices.renewal import RENEW
from backend.devices.service import DeviceService
from backend.devices.sweeping import BrokerDoor
from backend.records.open import open_records
from backend.records.statements import execute_many
from backend.records.transaction import reading, writing
from backend.steady import steadily
from contract.broker_url import BrokerAddress
from contract.clock import ManualClock, SystemClock
from contract.uplink import Ack

NOW_MS = 1_790_000_000_000


def failures(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the dispatch says of its own work."""
    return [
        record.getMessage().split(":")[0]
        for record in caplog.records
        if record.name == "softplace.dispatch"
    ]


class Overtaken(Exception):
    """Ends everything."""


async def test_a_bad_row_is_said_once_and_tried_again_and_its_end_is_said(caplog):
    clock, turns = ManualClock(), []

    async def work() -> None:
        turns.append(clock.monotonic_s())
        if len(turns) in {2, 3}:
            raise IndexError("list index out of range")
        if len(turns) == 5:
            raise Overtaken

    with caplog.at_level(logging.INFO, "softplace.dispatch"):
        task = asyncio.create_task(steadily("renewals", work, 0.0, clock, (Overtaken,)))
        await clock.advance(10)
        with pytest.raises(Overtaken):
            await task
    assert turns[2] - turns[1] == 1.0, "what fails does not keep the processor busy"
    assert failures(caplog) == ["work_failed work=renewals", "work_back work=renewals"]


async def test_renewals_that_cannot_be_ordered_do_not_keep_answers_waiting(tmp_path, caplog):
    records = open_records(f"sqlite:///{tmp_path}/records.sqlite")
    with writing(records) as connection:
        put_device(connection, Device("d-1", "pi", bytes(32), NOW_MS))
        execute_many(connection, "UPDATE device SET box_public = ?", [("no hexadecimal",)])
        nonce = order(connection, "bus/b9", RENEW, {}, "ops", SystemClock().now_ms(), 60_000)
        answer = Ack(
            outbox="00000000000000aa",
            seq=1,
            boot="0000b001-00000001",
            observed_ms=NOW_MS,
            clock="ntp",
            subject="command",
            reference=nonce,
            answer="done",
            text="{}",
            part=1,
            parts=1,
        )
        put_reply(connection, "bus/b9", answer, NOW_MS)
    door = BrokerDoor(BrokerAddress("127.0.0.1", 1))
    clock = SystemClock()
    service = DeviceService(records, tmp_path, "lozere", door, clock, clock, random.Random(1))  # noqa: S311

    async def settled() -> None:
        while True:
            with reading(records) as connection:
                row = read_command(connection, nonce)
            if row is not None and row.state == "failed":
                return
            await clock.sleep(0.02)

    with caplog.at_level(logging.ERROR, "softplace.dispatch"):
        running = asyncio.create_task(service.run())
        async with asyncio.timeout(10):
            await settled()
            while not (said := failures(caplog)):
                await clock.sleep(0.02)
        assert not running.done()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    assert said == ["work_failed work=renewals"]
    records.dispose()
