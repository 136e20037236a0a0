"""The simulator as a child process of `up`."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path

from contract.clock import SimulatedClock
from softplace.credentials import FILE_NAME
from softplace.failure import CommandFailed
from softplace.up_plan import HOST, Plan

STOP_WITHIN_S = 10.0
SOURCES = Path(__file__).parent.parent


class LivingTerritory:
    """Starts the simulator, says when it ends by itself, and ends it.

    The child ends too when its standard input closes, so that it does not outlive a killed `up`.
    """

    def __init__(self, plan: Plan, clock: SimulatedClock) -> None:
        self._plan = plan
        self._clock = clock
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
        return [
            sys.executable,
            "-m",
            "simulator",
            "--territory",
            str(plan.territory_file),
            "--radio",
            str(plan.radio_file),
            "--broker",
            f"mqtt://{HOST}:{plan.broker_port}",
            "--accounts",
            str(plan.data / FILE_NAME),
            "--data",
            str(plan.data / "vehicles"),
            "--stop-with-stdin",
        ]
