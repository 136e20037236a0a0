"""What a door may be told from afar: open once, another mode, fetch rights anew."""

from __future__ import annotations

from typing import Any

from edge.agent.commands import CommandResult, Commands
from edge.card_reader.service import DoorAgent
from edge.copass.decision import MODES


def listen(commands: Commands, door: DoorAgent) -> None:
    """Let `door` carry out its commands."""
    orders = DoorOrders(door)
    commands.on("open", orders.open)
    commands.on("mode", orders.mode)
    commands.on("send_rights", orders.send_rights, clockless=True)


class DoorOrders:
    """The handlers; signature, nonce and expiry are checked before them."""

    def __init__(self, door: DoorAgent) -> None:
        self._door = door

    async def open(self, _arguments: dict[str, Any]) -> CommandResult:
        """Release the lock once; written down first."""
        if not await self._door.open_by_command():
            return CommandResult("failed", "the journal takes no entry; free or replace the disk")
        return CommandResult("done")

    async def mode(self, arguments: dict[str, Any]) -> CommandResult:
        """Set the mode."""
        told = arguments.get("mode")
        mode = next((mode for mode in MODES if mode == told), None)
        if mode is None:
            return CommandResult("refused", f"mode must be one of {', '.join(MODES)}")
        self._door.set_mode(mode)
        return CommandResult("done")

    async def send_rights(self, _arguments: dict[str, Any]) -> CommandResult:
        """Ask the backend for all rights of this door."""
        self._door.station.ask_for_rights()
        return CommandResult("done")
