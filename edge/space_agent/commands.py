"""What a space may be told from afar: that it is empty, to fetch rights anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edge.agent.commands import CommandResult, Commands
from edge.space_agent.room import Room

if TYPE_CHECKING:
    from edge.copass.station import Station


def listen(commands: Commands, room: Room, station: Station | None) -> None:
    """Let the space carry out its commands."""
    orders = SpaceOrders(room, station)
    commands.on("empty", orders.empty)
    commands.on("send_rights", orders.send_rights, clockless=True)


class SpaceOrders:
    """The handlers; signature, nonce and expiry are checked before them."""

    def __init__(self, room: Room, station: Station | None) -> None:
        self._room = room
        self._station = station

    async def empty(self, _arguments: dict[str, Any]) -> CommandResult:
        """Somebody has looked: nobody is inside."""
        drift = self._room.empty_by_hand()
        return CommandResult("done", text=f"drift_persons={drift}")

    async def send_rights(self, _arguments: dict[str, Any]) -> CommandResult:
        """Ask the backend for all rights of this space."""
        if self._station is None:
            return CommandResult("refused", "this space has no reader of cards")
        self._station.ask_for_rights()
        return CommandResult("done")
