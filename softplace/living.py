"""The simulator as a child process of `up`."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import suppress
from pathlib import Path

from contract.broker_url import BrokerAddress
from contract.clock import SimulatedClock
from softplace.credentials import FILE_NAME, write_secret
from softplace.failure import CommandFailed
from softplace.up_plan import HOST, Plan, units_of

STOP_WITHIN_S = 10.0
SOURCES = Path(__file__).parent.parent


class LivingTerritory:
    """Starts the simulator, says when it ends by itself, and ends it.

    The child ends too when its standard input closes, so that it does not outlive a killed `up`.
    """

    def __init__(self, plan: Plan, clock: SimulatedClock, doors: Path) -> None:
        self._plan = plan
        self._clock = clock
        self._doors = doors
        self._child: asyncio.subprocess.Process | None = None
        self._log = plan.data / "simulator.log"

    async def start(self) -> None:
        """Start the child; it does not wait for the first vehicle."""
        environment = dict(os.environ)
        environment["SOFTPLACE_CLOCK"] = self._clock.encoded()
        # A checkout without an installed distribution finds its packages here.
        known = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = os.pathsep.join([str(SOURCES), *([known] if known else [])])
        with self._log.open("wb") as log:
            self._child = await asyncio.create_subprocess_exec(
                *self._command(),
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=environment,
                # A Ctrl-C at the terminal is for `up`, which ends its parts in order.
                start_new_session=True,
            )

    async def ended(self) -> None:
        """Return never: raise when the child ends by itself."""
        if self._child is None:
            return
        code = await self._child.wait()
        raise CommandFailed(f"the simulator ended with code {code}: see {self._log}")

    async def stop(self) -> None:
        """End the child, by force where it does not listen."""
        child = self._child
        if child is None or child.returncode is not None:
            return
        with suppress(ProcessLookupError):
            child.terminate()
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()

    def _command(self) -> list[str]:
        plan = self._plan
        given = plan.given_broker
        accounts = plan.data / FILE_NAME
        if given is not None:
            accounts = plan.data / "given-accounts.json"
            write_secret(accounts, _everybody_as(plan, given))
        return [
            sys.executable,
            "-m",
            "simulator",
            "--territory",
            str(plan.territory_file),
            "--radio",
            str(plan.radio_file),
            "--broker",
            (given or BrokerAddress(HOST, plan.broker_port)).shown,
            "--accounts",
            str(accounts),
            "--doors",
            str(self._doors),
            "--data",
            str(plan.data / "vehicles"),
            "--stop-with-stdin",
        ]


def _everybody_as(plan: Plan, broker: BrokerAddress) -> str:
    """On somebody else's broker everything simulated uses the account of the settings."""
    login = {"username": broker.username or "", "password": broker.password or ""}
    return json.dumps({"units": dict.fromkeys(units_of(plan.territory), login)})
