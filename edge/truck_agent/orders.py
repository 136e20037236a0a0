"""Commands that only a vehicle understands; each row is one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from contract.clock import Clock
from edge.agent.commands import CommandResult, Commands
from edge.truck_agent.lone_worker_desk import LoneWorkerDesk
from edge.truck_agent.messages import Messages
from edge.truck_agent.sos_desk import SosDesk

NO_SUCH_ALARM = "no alarm of that reference waits for an answer"
NO_SUCH_SESSION = "no lone-worker session of that reference runs"


class Orders:
    """What the backend may tell people aboard.

    All may come without a trusted clock: references are never used twice, so that a late
    repetition finds nothing to do.
    """

    def __init__(
        self,
        clock: Clock,
        messages: Messages,
        sos: SosDesk | None,
        lone_worker: LoneWorkerDesk | None,
    ) -> None:
        self._clock = clock
        self._messages = messages
        self._sos = sos
        self._lone_worker = lone_worker

    def register(self, commands: Commands) -> None:
        """Let `commands` carry them out."""
        rows: tuple[tuple[str, Callable[[dict[str, Any]], Awaitable[CommandResult]]], ...] = (
            ("alarm_ack", self.alarm_ack),
            ("lone_worker", self.lone_worker),
            ("message", self.message),
        )
        for name, handler in rows:
            commands.on(name, handler, clockless=True)

    async def alarm_ack(self, arguments: dict[str, Any]) -> CommandResult:
        """Somebody has seen the alarm `reference`."""
        reference = str(arguments.get("reference", ""))
        desks = (self._sos, self._lone_worker)
        if any(desk is not None and desk.acknowledge(reference) for desk in desks):
            return CommandResult("done")
        return CommandResult("refused", NO_SUCH_ALARM)

    async def lone_worker(self, arguments: dict[str, Any]) -> CommandResult:
        """`action`: "acknowledge", or "end" after having spoken with the person."""
        desk, action = self._lone_worker, arguments.get("action")
        reference = str(arguments.get("reference", ""))
        if action == "acknowledge":
            return await self.alarm_ack(arguments)
        if action != "end":
            return CommandResult("refused", 'action is "acknowledge" or "end"')
        if desk is None or desk.session is None or desk.session.reference != reference:
            return CommandResult("refused", NO_SUCH_SESSION)
        desk.end()
        return CommandResult("done")

    async def message(self, arguments: dict[str, Any]) -> CommandResult:
        """`text` for the screen of the driver."""
        text = arguments.get("text")
        if not isinstance(text, str) or not text.strip():
            return CommandResult("refused", "text is missing")
        self._messages.add(text, self._clock.now_ms())
        return CommandResult("done")
