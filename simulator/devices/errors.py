"""The errors of the emulated devices."""

from __future__ import annotations

from simulator.errors import SimulatorError


class DeviceError(SimulatorError):
    """Base of everything this package raises."""


class BadOrder(DeviceError, ValueError):
    """An order on a control channel that no device understands."""

    def __init__(self, order: str, advice: str) -> None:
        self.order = order
        super().__init__(f"{order!r} is no order: {advice}")


class UnknownCard(DeviceError, ValueError):
    """A card on the command line that cannot be made."""

    def __init__(self, text: str, advice: str) -> None:
        self.text = text
        super().__init__(f"card {text!r}: {advice}")


class NotStarted(DeviceError, RuntimeError):
    """An emulator's process ended before it was ready."""

    def __init__(self, command: list[str], said: str) -> None:
        self.command = command
        super().__init__(f"{' '.join(command)} did not start: {said or 'it said nothing'}")
