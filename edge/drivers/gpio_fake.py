"""A GPIO chip on a unix socket, shared by several processes: the fake beside `gpio`.

Like hardware it outlives its users: an output keeps its level when the process that set it is
killed, and the line is then free for the next one. A test drives the inputs, reads the outputs
and their whole history. In configuration files it is `chip = "fake:SOCKET"`.

    python -m edge.drivers.gpio_fake SOCKET    then lines such as "17 0", "17 open", "levels"
"""

from __future__ import annotations

import contextlib
import json
import selectors
import socket
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Self

import msgspec

from contract.clock import Clock, SystemClock
from edge.drivers.gpio_socket import CHUNK_BYTES, Answer, Question, Wish

LINES = 64


class Change(NamedTuple):
    """A line took another level; the first change of an output is its taking."""

    offset: int
    level: int
    at_ns: int
    """Of the clock of the chip, as edges have it: CLOCK_MONOTONIC by default."""


class FakeChip:
    """The chip; use it as a context, or `plug` and `unplug` it.

    Args:
        path: of the socket.
        wires: output offset -> input offset that is wired to it.
        clock: stamps the edges.
    """

    def __init__(
        self, path: Path, wires: Mapping[int, int] | None = None, clock: Clock | None = None
    ) -> None:
        self.path = path
        self._clock = clock or SystemClock()
        self._wires = dict(wires or {})
        self._lock = threading.Lock()
        self._driven: dict[int, int] = {}
        self._pulls: dict[int, int] = {}
        self._levels: dict[int, int] = {}
        self._history: list[Change] = []
        self._holders: dict[int, _Client] = {}
        self._clients: set[_Client] = set()
        self._thread: threading.Thread | None = None
        self._end: socket.socket | None = None

    @property
    def name(self) -> str:
        """What a configuration writes for this chip."""
        return f"fake:{self.path}"

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.unplug()

    def plug(self) -> None:
        """Listen; levels are as they were."""
        self.path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.path))
        listener.listen()
        self._end, ending = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, args=(listener, ending), daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Hang up on everybody and refuse newcomers until plugged again."""
        if self._thread is None or self._end is None:
            return
        self._end.close()
        self._thread.join()
        self._thread = None

    def drive(self, offset: int, level: int | None) -> None:
        """Put an input at 0 V or 3.3 V; None opens the circuit, and its pull decides."""
        with self._lock:
            if level is None:
                self._driven.pop(offset, None)
                level = self._pulls.get(offset, 0)
            else:
                self._driven[offset] = level
            self._become(offset, level)

    def level(self, offset: int) -> int:
        """What a meter would show: 0 or 1."""
        with self._lock:
            return self._levels.get(offset, 0)

    def history(self, offset: int) -> list[Change]:
        """Every change of one line since the chip was made."""
        with self._lock:
            return [change for change in self._history if change.offset == offset]

    def is_held(self, offset: int) -> bool:
        """Whether a client has the line."""
        with self._lock:
            return offset in self._holders

    def levels(self) -> dict[int, int]:
        """Every line that ever had a level."""
        with self._lock:
            return dict(sorted(self._levels.items()))

    def _become(self, offset: int, level: int, *, is_new: bool = False) -> None:
        """The lock is held."""
        if self._levels.get(offset, 0) == level and not is_new:
            return
        at_ns = int(self._clock.monotonic_s() * 1e9)
        self._levels[offset] = level
        self._history.append(Change(offset, level, at_ns))
        holder = self._holders.get(offset)
        if holder is not None and offset in holder.inputs:
            holder.say(Answer(edge=(offset, level, at_ns)))
        if offset in self._wires:
            self._driven[self._wires[offset]] = level
            self._become(self._wires[offset], level)

    def _serve(self, listener: socket.socket, ending: socket.socket) -> None:
        with selectors.DefaultSelector() as selector, listener, ending:
            selector.register(listener, selectors.EVENT_READ)
            selector.register(ending, selectors.EVENT_READ)
            while True:
                for key, _mask in selector.select():
                    if key.fileobj is ending:
                        self._hang_up()
                        return
                    if key.fileobj is listener:
                        client = _Client(listener.accept()[0])
                        self._clients.add(client)
                        selector.register(client.socket, selectors.EVENT_READ, client)
                    elif not self._heard(key.data):
                        selector.unregister(key.fileobj)
                        self._gone(key.data)

    def _hang_up(self) -> None:
        self.path.unlink(missing_ok=True)
        for client in list(self._clients):
            self._gone(client)

    def _heard(self, client: _Client) -> bool:
        """Whether the client is still there, after having done what it asked."""
        try:
            data = client.socket.recv(CHUNK_BYTES)
        except OSError:
            return False
        *lines, client.part = (client.part + data).split(b"\n")
        with self._lock:
            for line in lines:
                client.say(self._answer(client, msgspec.json.decode(line, type=Question)))
        return bool(data)

    def _answer(self, client: _Client, question: Question) -> Answer:
        if question.take:
            client.consumer = question.consumer
            return self._take(client, question.take)
        for offset, level in question.set.items():
            if self._holders.get(offset) is not client:
                return Answer(fault=f"line {offset} is not taken by this program")
            self._become(offset, level)
        return Answer(levels=question.set)

    def _take(self, client: _Client, wishes: Mapping[int, Wish]) -> Answer:
        for offset in wishes:
            if offset >= LINES:
                return Answer(fault=f"there are lines 0 to {LINES - 1}: correct offset {offset}")
            holder = self._holders.get(offset)
            if holder is not None and holder.is_gone():
                self._let_go(holder)
            elif holder is not None:
                return Answer(
                    fault=f"line {offset} is used by {holder.consumer}: stop that program"
                )
        for offset, wish in wishes.items():
            self._holders[offset] = client
            if wish.output:
                self._become(offset, wish.level, is_new=True)
                continue
            client.inputs.add(offset)
            self._pulls[offset] = int(wish.pull == "up")
            self._levels[offset] = self._driven.get(offset, self._pulls[offset])
        return Answer(levels={offset: self._levels[offset] for offset in wishes})

    def _gone(self, client: _Client) -> None:
        """Its lines are free; their levels stay."""
        with self._lock:
            self._clients.discard(client)
            self._let_go(client)
        client.socket.close()

    def _let_go(self, client: _Client) -> None:
        self._holders = {o: c for o, c in self._holders.items() if c is not client}


class _Client:
    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.part = b""
        self.consumer = ""
        self.inputs: set[int] = set()

    def is_gone(self) -> bool:
        """Whether its program has ended, which the chip may not have heard yet."""
        try:
            return not self.socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def say(self, answer: Answer) -> None:
        with contextlib.suppress(OSError):
            self.socket.sendall(msgspec.json.encode(answer) + b"\n")


def main(arguments: list[str]) -> int:
    """The chip as a program; lines of standard input drive it until its end."""
    if len(arguments) != 1:
        sys.stderr.write("write: python -m edge.drivers.gpio_fake SOCKET\n")
        return 2
    with FakeChip(Path(arguments[0])) as chip:
        for line in sys.stdin:
            match line.split():
                case [offset, ("0" | "1") as level] if offset.isdigit():
                    chip.drive(int(offset), int(level))
                case [offset, "open"] if offset.isdigit():
                    chip.drive(int(offset), None)
                case ["levels"]:
                    sys.stdout.write(json.dumps(chip.levels()) + "\n")
                    sys.stdout.flush()
                case _:
                    sys.stderr.write('write "OFFSET 0", "OFFSET 1", "OFFSET open" or "levels"\n')
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
