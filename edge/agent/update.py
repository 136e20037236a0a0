"""Update into the idle slot, watch, keep or roll back: `python -m edge.agent.update`.

    python -m edge.agent.update apply WHEELHOUSE --service softplace-agent@bus
    python -m edge.agent.update resume            (at boot, from the slot `good`)

Rules of this file: the running version is not touched before the new one lies whole beside it;
what is not proved healthy is taken back; each step may be cut short and taken again.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from contract.clock import Clock
from edge.agent.installing import InstallFailed, install_wheels
from edge.agent.slots import CURRENT, GOOD, Slots
from edge.agent.update_state import MOST_BOOTS, UpdateState, read_state, write_state
from edge.agent.wheels import Wheels

ASK_WITHIN_S = 60.0


class ServiceManager:
    """`systemctl`, or what behaves like it; a service is active once it has said ready."""

    def __init__(self, program: Sequence[str], services: Sequence[str]) -> None:
        self._program = tuple(program)
        self._services = tuple(services)

    def restart(self) -> bool:
        """Restart every service; False where one did not come up."""
        return self._run("restart", *self._services).returncode == 0

    def is_active(self) -> bool:
        """Whether every service runs and is ready."""
        return self._run("is-active", "--quiet", *self._services).returncode == 0

    def restarts(self) -> str:
        """How often the services were restarted by themselves; another text means once more."""
        return self._run("show", "--property=NRestarts", *self._services).stdout

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [*self._program, *words]
        try:
            return subprocess.run(
                command, check=False, capture_output=True, text=True, timeout=ASK_WITHIN_S
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return subprocess.CompletedProcess(command, 1, "", str(error))


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: healthy is active without a restart for `hold_s`, within `most_s`."""

    hold_s: float = 180.0
    most_s: float = 600.0
    look_every_s: float = 5.0


class Updater:
    """One update of the slots.

    Args:
        slots: where the versions lie.
        manager: of the services that run them.
        clock: real time.
        patience: how long a new version is watched.
        said: told of each step as it is taken.
        install: puts wheels into the directory of a slot; raises InstallFailed.
    """

    def __init__(
        self,
        slots: Slots,
        manager: ServiceManager,
        clock: Clock,
        patience: Patience,
        said: Callable[[str], None],
        install: Callable[[Wheels, Path], None] = install_wheels,
    ) -> None:
        self._slots = slots
        self._manager = manager
        self._clock = clock
        self._patience = patience
        self._said = said
        self._install = install

    async def apply(self, wheels: Wheels) -> UpdateState:
        """Install, switch, watch; the end says what became of it. Raises OSError."""
        state = UpdateState("installing", self._slots.idle(), wheels.version)
        self._begin(state)
        try:
            self._install(wheels, self._slots.path(state.slot))
        except InstallFailed as failure:
            return self._end(state, "refused", str(failure))
        state = replace(state, step="trying")
        self._begin(state)
        return await self._try(state)

    async def resume(self) -> UpdateState | None:
        """Take up what was cut short; None where nothing was. Call it once after each boot."""
        state = read_state(self._slots.root)
        if state is None or state.step == "over":
            return None
        if state.step == "installing":
            return self._end(state, "interrupted", "the power went while it was installed")
        if state.step == "keeping":
            return self._keep(state)
        if state.step == "rolling_back":
            return self._roll_back(state, state.reason)
        state = replace(state, boots=state.boots + 1)
        write_state(self._slots.root, state)
        if state.boots >= MOST_BOOTS:
            return self._roll_back(state, "the machine went down twice while it was tried")
        return await self._try(state)

    async def _try(self, state: UpdateState) -> UpdateState:
        self._slots.point(CURRENT, state.slot)
        self._said("switched")
        self._manager.restart()
        self._said("restarted")
        if await self._is_healthy():
            return self._keep(state)
        return self._roll_back(state, "it did not become healthy")

    async def _is_healthy(self) -> bool:
        patience = self._patience
        begun_s = since_s = self._clock.monotonic_s()
        restarts = self._manager.restarts()
        while (now_s := self._clock.monotonic_s()) - begun_s < patience.most_s:
            again = self._manager.restarts()
            if not self._manager.is_active() or again != restarts:
                restarts, since_s = again, now_s
            elif now_s - since_s >= patience.hold_s:
                return True
            await self._clock.sleep(patience.look_every_s)
        return False

    def _keep(self, state: UpdateState) -> UpdateState:
        self._begin(replace(state, step="keeping"))
        self._slots.point(GOOD, state.slot)
        return self._end(state, "healthy", "")

    def _roll_back(self, state: UpdateState, reason: str) -> UpdateState:
        state = replace(state, step="rolling_back", reason=reason)
        self._begin(state)
        good = self._slots.named(GOOD)
        if good is not None:
            self._slots.point(CURRENT, good)
        self._said("switched back")
        self._manager.restart()
        return self._end(state, "rolled_back", reason)

    def _begin(self, state: UpdateState) -> None:
        write_state(self._slots.root, state)
        self._said(f"{state.step} {state.version}")

    def _end(self, state: UpdateState, result: str, reason: str) -> UpdateState:
        ended = UpdateState("over", state.slot, state.version, state.boots, result, reason)  # type: ignore[arg-type]
        write_state(self._slots.root, ended)
        self._said(f"{result} {state.version}")
        return ended


def main(arguments: list[str]) -> int:
    """0 where the new version is kept or nothing was to do, 1 where it is not, 2 misused."""
    from edge.agent.update_command import run  # noqa: PLC0415 - it needs this module

    return asyncio.run(run(arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
