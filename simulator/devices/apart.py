"""An emulated device in a process of its own, ordered about over its standard input."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import IO, Self

from simulator.devices.errors import BadOrder, NotStarted


class DeviceApart:
    """`python -m MODULE ARGUMENTS...` from its "ready" line until `close`.

    `around` are the words of a command that runs it. `ready` is what it said after that word.
    Raises NotStarted.
    """

    def __init__(self, module: str, arguments: Sequence[str], around: Sequence[str] = ()) -> None:
        command = [*around, sys.executable, "-m", module, *arguments]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        first = self._answers.readline().strip()
        if not first.startswith("ready"):
            self.close()
            raise NotStarted(command, first)
        self.ready = first.removeprefix("ready").strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def order(self, line: str) -> str:
        """What it answers after "ok". Raises BadOrder with its own sentence otherwise."""
        self._orders.write(line + "\n")
        self._orders.flush()
        answer = self._answers.readline().strip()
        if not answer.startswith("ok"):
            raise BadOrder(line, answer.removeprefix("error: ") or "the device is gone")
        return answer.removeprefix("ok").strip()

    def close(self) -> None:
        """End it."""
        self._orders.close()
        self._process.wait()
        self._answers.close()

    @property
    def _orders(self) -> IO[str]:
        assert self._process.stdin is not None  # noqa: S101 - piped
        return self._process.stdin

    @property
    def _answers(self) -> IO[str]:
        assert self._process.stdout is not None  # noqa: S101 - piped
        return self._process.stdout
