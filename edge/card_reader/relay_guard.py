"""The process that alone holds the relay: it lets go by itself, whatever becomes of the agent.

    python -m edge.card_reader.relay_guard CHIP OFFSET {high|low} LONGEST_MS

Orders come on standard input, one a line: `open MS` releases the lock for so long from now and
never longer than LONGEST_MS; `close` locks. Reports go to standard output: `ready`, `opened`,
`released`, `fault WHY`. The lock is let go at the end of the pulse, at the end of standard
input (the agent is dead) and at SIGTERM; a kill of this very process leaves it to the agent,
who starts another, and to the unit's stop action.
"""

from __future__ import annotations

import os
import selectors
import signal
import sys
from collections.abc import Callable
from types import FrameType

from contract.clock import Clock, SystemClock
from edge.drivers.errors import LineFault
from edge.drivers.gpio import GpioOutputs
from edge.drivers.line_config import OutputLine
from edge.drivers.lines import OutputLines

RELAY = "relay"
TRY_AGAIN_S = 0.1
"""A relay that did not take its order gets it again so soon."""
READ_BYTES = 4_096

Say = Callable[[str], None]


class RelayTimer:
    """When the relay is to be active. Never longer than `longest_s` after the last order."""

    def __init__(self, relay: OutputLines, longest_s: float, say: Say) -> None:
        self._relay = relay
        self._longest_s = longest_s
        self._say = say
        self._until_s: float | None = None
        self._is_active = False
        self._try_s: float | None = None
        self._fault: str | None = None

    def order(self, line: str, now_s: float) -> None:
        """One line of standard input; what is not understood is passed over and said."""
        match line.split():
            case ["open", ms] if ms.isdecimal():
                self._until_s = now_s + min(int(ms) / 1_000, self._longest_s)
            case ["close"]:
                self._until_s = None
            case _:
                self._say(f"fault not an order: {line[:40]}")
                return
        self.keep(now_s)

    def keep(self, now_s: float) -> None:
        """Make the relay what it should be at `now_s`."""
        if self._until_s is not None and now_s >= self._until_s:
            self._until_s = None
        wanted = self._until_s is not None
        if wanted == self._is_active and self._try_s is None:
            return
        try:
            self._relay.set(RELAY, active=wanted)
        except LineFault as fault:
            # Of a line that was lost nobody knows how it stands: it is set anew until it takes.
            self._try_s = now_s + TRY_AGAIN_S
            self._tell(str(fault))
            return
        self._try_s = self._fault = None
        self._is_active = wanted
        self._say("opened" if wanted else "released")

    def due_s(self) -> float | None:
        """When `keep` is wanted next."""
        return min((at for at in (self._until_s, self._try_s) if at is not None), default=None)

    def let_go(self) -> None:
        """The end: inactive, and the line is free for the next guard."""
        self._relay.close()

    def _tell(self, fault: str) -> None:
        if fault != self._fault:
            self._fault = fault
            self._say(f"fault {fault}")


def guard(orders: int, timer: RelayTimer, clock: Clock) -> None:
    """Serve the orders that come on a file descriptor, until its end."""
    part = b""
    with selectors.DefaultSelector() as selector:
        selector.register(orders, selectors.EVENT_READ)
        while True:
            due_s = timer.due_s()
            left_s = None if due_s is None else max(due_s - clock.monotonic_s(), 0.0)
            ready = selector.select(left_s)
            timer.keep(clock.monotonic_s())
            if not ready:
                continue
            data = os.read(orders, READ_BYTES)
            if not data:
                return
            *lines, part = (part + data).split(b"\n")
            for line in lines:
                timer.order(line.decode("ascii", "replace"), clock.monotonic_s())


class _Stopped(BaseException):
    """SIGTERM or SIGINT."""


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise _Stopped


def _say(word: str) -> None:
    """The agent may be dead already; then nobody needs to hear it."""
    try:
        os.write(1, word.replace("\n", " ").encode() + b"\n")
    except OSError:
        return


def main(arguments: list[str]) -> int:
    """0 at the end of the orders or when told to stop, 1 where the relay cannot be had."""
    match arguments:
        case [chip, offset, ("high" | "low") as level, longest] if (
            offset.isdecimal() and longest.isdecimal()
        ):
            pass
        case _:
            sys.stderr.write(
                "write: python -m edge.card_reader.relay_guard CHIP OFFSET {high|low} LONGEST_MS\n"
            )
            return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    line = OutputLine(offset=int(offset), active_low=level == "low")
    relay = GpioOutputs(chip, {RELAY: line})
    timer = RelayTimer(relay, int(longest) / 1_000, _say)
    try:
        relay.open()
        _say("ready")
        guard(0, timer, SystemClock())
    except LineFault as fault:
        _say(f"fault {fault}")
        return 1
    except _Stopped:
        pass
    finally:
        timer.let_go()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
