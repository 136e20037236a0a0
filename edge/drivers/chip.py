"""What a chip of lines offers to `gpio`: the kernel's, or one made of a socket."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from edge.drivers.line_config import InputLine, OutputLine
from edge.drivers.lines import Edge

CONSUMER = "softplace"
"""As whose we take lines: `gpioinfo` shows it beside each."""
FAKE_PREFIX = "fake:"


class InputRequest(Protocol):
    """Some inputs, ours alone until closed."""

    def fileno(self) -> int:
        """Readable where there are edges, or where the chip is lost."""
        ...

    def standing(self) -> dict[str, bool]:
        """How each line stands. Raises LineFault."""
        ...

    def take(self) -> list[Edge]:
        """The edges since the last call, oldest first. Raises LineFault once the chip is lost."""
        ...

    def close(self) -> None:
        """Let others have the lines."""
        ...


class OutputRequest(Protocol):
    """Some outputs, ours alone until closed; all inactive at the beginning."""

    def set(self, line: str, *, active: bool) -> None:
        """Switch. Raises LineFault."""
        ...

    def close(self) -> None:
        """Let others have the lines; what level they keep is the chip's business."""
        ...


class Chip(Protocol):
    """A chip by name; opening lines raises LineFault with one sentence and what to do."""

    name: str
    debounces: bool
    """Whether edges come debounced; else `debounce` does it."""

    def inputs(self, lines: Mapping[str, InputLine]) -> InputRequest: ...

    def outputs(self, lines: Mapping[str, OutputLine]) -> OutputRequest: ...


def chip_named(name: str) -> Chip:
    """`fake:SOCKET`, `header` or a path of /dev; nothing is opened yet."""
    if name.startswith(FAKE_PREFIX):
        from edge.drivers.gpio_socket import SocketChip  # noqa: PLC0415 - memory of the Pi

        return SocketChip(Path(name.removeprefix(FAKE_PREFIX)))
    from edge.drivers.gpio_kernel import KernelChip  # noqa: PLC0415 - memory of the Pi

    return KernelChip(name)
