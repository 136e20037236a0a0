"""Devices at work: commands go out, renewals advance, the withdrawn are shown the door.

Rules of this file: everything it does stands in the records store first, and doing it twice does
no harm; so it may be killed at any moment and started again.
"""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from random import Random

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from backend.devices import command_rows, renewal
from backend.devices.addressing import addressee_of
from backend.devices.authority import open_authority
from backend.devices.retirement import due_for_sweeping, mark_swept
from backend.devices.revocation import write_revocations
from backend.devices.sealing import seal
from backend.devices.signing_key import open_signer
from backend.devices.sweeping import BrokerDoor, sweep, throw_out
from backend.devices.withdrawals import due_for_throwing_out, is_new
from backend.mqtt.session import MqttSession, SessionSettings
from backend.records.transaction import reading, writing
from backend.steady import Troubles, steadily
from contract.clock import Clock
from contract.codec import encode
from contract.downlink import Command
from contract.topics import downlink_topic, parse_unit

LOOK_EVERY_S = 0.5
"""A person waits for the answer; a look costs the store some 50 microseconds."""
HOUSEKEEPING_EVERY_S = 30.0

_log = logging.getLogger("softplace.devices")


class DeviceService:
    """Runs in the dispatch process, beside whatever else seals for devices.

    Args:
        engine: the records store.
        data: where the territory's keys lie.
        territory: whose devices these are.
        door: the broker, with the backend's account.
        clock: the territory's time; devices judge the end of a command by it.
        real: real time, for rows, certificates and waits.
        chance: jitter.
        housekeeping_s: between looks at renewals, standing sessions and retired units.

    Raises KeyUnusable.
    """

    def __init__(
        self,
        engine: Engine,
        data: Path,
        territory: str,
        door: BrokerDoor,
        clock: Clock,
        real: Clock,
        chance: Random,
        *,
        housekeeping_s: float = HOUSEKEEPING_EVERY_S,
    ) -> None:
        self._housekeeping_s = housekeeping_s
        self._engine = engine
        self._data = data
        self._territory = territory
        self._door = door
        self._clock = clock
        self._real = real
        self._chance = chance
        self._troubles = Troubles()
        self._signer = open_signer(data)
        self._authority = open_authority(data, territory, real.now_ms())
        settings = SessionSettings(
            broker=door.address,
            client_id=f"softplace-{territory}-devices",
            clean=True,
            tls=door.tls,
        )
        self._session = MqttSession(
            settings, lambda _generation, _messages: None, lambda _: None, real, chance
        )

    async def run(self) -> None:
        """Until cancelled."""
        every_s = self._housekeeping_s
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._session.run(), name="devices-session")
            for name, work, pause_s in (
                ("commands", self._send, LOOK_EVERY_S),
                ("answers", self._settle_renewals, LOOK_EVERY_S),
                ("renewals", self._order_renewals, every_s),
                ("withdrawn", self._show_the_door, every_s),
                ("retired", self._sweep, every_s),
            ):
                steady = steadily(name, work, pause_s, self._real)
                tasks.create_task(steady, name=f"devices-{name}")

    async def _send(self) -> None:
        if self._session.connected:
            for topic, payload in await asyncio.to_thread(self._frames):
                self._session.publish(topic, payload)

    async def _settle_renewals(self) -> None:
        if await asyncio.to_thread(self._advance_renewals):
            _log.info("revocations=written")

    def _frames(self) -> list[tuple[str, bytes]]:
        """What is due, sealed."""
        with reading(self._engine) as connection:
            rows = command_rows.due_for_sending(connection, self._real.now_ms())
        frames = [self._frame_or_none(row) for row in rows]
        return [frame for frame in frames if frame is not None]

    def _frame_or_none(self, row: command_rows.OrderedCommand) -> tuple[str, bytes] | None:
        """A command that cannot be made into a frame holds up no other."""
        try:
            frame = self._frame(row)
        except DBAPIError:
            raise
        except Exception as error:  # noqa: BLE001 - its row may be wrong in any way
            self._troubles.failed(f"command {row.nonce}", error)
            return None
        self._troubles.well(f"command {row.nonce}")
        return frame

    def _frame(self, row: command_rows.OrderedCommand) -> tuple[str, bytes] | None:
        now_ms = self._real.now_ms()
        unit = parse_unit(row.unit)
        with writing(self._engine) as connection:
            to = addressee_of(connection, self._territory, unit, now_ms)
            if row.expires_ms <= now_ms:
                command_rows.settle(connection, row.nonce, "expired", None)
                return None
            if to is None:
                reason = "no enrolled device serves this unit"
                command_rows.settle(connection, row.nonce, "failed", reason)
                return None
            command_rows.mark_sent(connection, row.nonce, now_ms)
        body = Command(
            nonce=row.nonce,
            expires_ms=self._clock.now_ms() + row.expires_ms - now_ms,
            command=row.command,
            arguments=json.loads(row.arguments),
        )
        frame = seal(self._signer, to, "command", encode(body), term=0, version=row.ordered_ms)
        return downlink_topic(self._territory, unit, "command"), encode(frame)

    def _advance_renewals(self) -> bool:
        now_ms = self._real.now_ms()
        with reading(self._engine) as connection:
            if not command_rows.done_commands(connection, renewal.RENEW):
                return False
        with writing(self._engine) as connection:
            revoked = renewal.advance(connection, self._authority, self._territory, now_ms)
        if revoked:
            write_revocations(self._engine, self._authority, self._data, now_ms)
        return revoked

    async def _order_renewals(self) -> None:
        for unit in await asyncio.to_thread(self._keep_records):
            _log.info("unit=%s event=renewal_ordered", unit)

    def _keep_records(self) -> list[str]:
        now_ms = self._real.now_ms()
        with writing(self._engine) as connection:
            command_rows.expire(connection, now_ms)
            return renewal.order_due(connection, now_ms)

    async def _show_the_door(self) -> None:
        if not self._session.connected:
            return
        with reading(self._engine) as connection:
            now_ms = self._real.now_ms()
            standing = due_for_throwing_out(connection, now_ms)
            new = {unit for unit in standing if is_new(connection, unit, now_ms)}
        for unit, outboxes in standing.items():
            await throw_out(
                self._door,
                self._territory,
                parse_unit(unit),
                outboxes,
                self._real,
                self._chance,
                is_new=unit in new,
            )

    async def _sweep(self) -> None:
        if not self._session.connected:
            return
        now_ms = self._real.now_ms()
        with reading(self._engine) as connection:
            due = due_for_sweeping(connection, now_ms)
        for unit in due:
            cleared = await sweep(
                self._door, self._territory, parse_unit(unit), self._real, self._chance
            )
            if cleared is not None:
                _log.info("unit=%s event=swept topics=%d", unit, len(cleared))
                with writing(self._engine) as connection:
                    mark_swept(connection, unit, now_ms)
