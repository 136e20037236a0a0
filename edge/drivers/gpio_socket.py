"""The client side of a chip made of a socket: `gpio_fake` is the chip.

One JSON object a line: a `Question` up, an `Answer` to each down, and for inputs an `Answer` with
an `edge` as it comes. Levels are electrical; what is active is decided here, as the kernel decides
it for real chips.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from edge.drivers.chip import CONSUMER
from edge.drivers.errors import LineFault
from edge.drivers.line_config import InputLine, OutputLine, Pull
from edge.drivers.lines import Edge

ANSWER_S = 5.0
"""A chip of silicon answers within microseconds; this waits for a busy machine."""
CHUNK_BYTES = 65_536


class Wish(Struct, frozen=True, omit_defaults=True):
    """How a line is wanted: an output at `level` to begin with, or an input with a pull."""

    output: bool = False
    level: int = 0
    pull: Pull = "none"


class Question(Struct, frozen=True, omit_defaults=True):
    """Lines to take, by offset, or levels to give to those that we have."""

    take: dict[int, Wish] = {}
    set: dict[int, int] = {}
    consumer: str = ""


class Answer(Struct, frozen=True, omit_defaults=True):
    """Levels of the lines asked about, or one edge, or a sentence about what is wrong."""

    levels: dict[int, int] = {}
    edge: tuple[int, int, int] | None = None
    """Offset, level, moment in nanoseconds of the chip's clock."""
    fault: str | None = None


class SocketChip:
    """The chip that listens at `path`."""

    debounces = False

    def __init__(self, path: Path) -> None:
        self.name = f"fake:{path}"
        self._path = path

    def inputs(self, lines: Mapping[str, InputLine]) -> _SocketInputs:
        """Take the inputs. Raises LineFault."""
        wishes = {line.offset: Wish(pull=line.pull) for line in lines.values()}
        wire, levels = self._taken(wishes)
        return _SocketInputs(wire, lines, levels)

    def outputs(self, lines: Mapping[str, OutputLine]) -> _SocketOutputs:
        """Take the outputs, all inactive. Raises LineFault."""
        wishes = {
            line.offset: Wish(output=True, level=int(line.active_low)) for line in lines.values()
        }
        wire, _levels = self._taken(wishes)
        return _SocketOutputs(wire, lines)

    def _taken(self, wishes: dict[int, Wish]) -> tuple[_Wire, dict[int, int]]:
        wire = _Wire(self.name, self._path)
        try:
            return wire, wire.ask(Question(take=wishes, consumer=CONSUMER)).levels
        except LineFault:
            wire.close()
            raise


class _Wire:
    """A connection to the chip."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(ANSWER_S)
        self._part = b""
        try:
            self.socket.connect(str(path))
        except OSError as error:
            self.socket.close()
            why = f"no chip made by gpio_fake listens there ({error.strerror}): start one"
            raise LineFault(name, why) from error

    def ask(self, question: Question) -> Answer:
        """The answer. Raises LineFault."""
        try:
            self.socket.sendall(msgspec.json.encode(question) + b"\n")
            line = b""
            while not line.endswith(b"\n"):
                # No byte more than the answer: edges after it must keep the socket readable.
                seen = self.socket.recv(CHUNK_BYTES, socket.MSG_PEEK)
                if not seen:
                    raise LineFault(self.name, "the chip went away")
                line += self.socket.recv(seen.find(b"\n") + 1 or len(seen))
        except OSError as error:
            if isinstance(error, LineFault):
                raise
            raise LineFault(self.name, "the chip does not answer") from error
        answer = msgspec.json.decode(line, type=Answer)
        if answer.fault is not None:
            raise LineFault(self.name, answer.fault)
        return answer

    def heard(self) -> list[Answer]:
        """What came by itself. Raises LineFault once the chip is lost."""
        try:
            data = self.socket.recv(CHUNK_BYTES)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        if not data:
            raise LineFault(self.name, "the chip went away")
        *lines, self._part = (self._part + data).split(b"\n")
        return [msgspec.json.decode(line, type=Answer) for line in lines]

    def close(self) -> None:
        """Hang up, and return once the chip has let the lines go."""
        with contextlib.suppress(OSError):
            self.socket.settimeout(ANSWER_S)
            self.socket.shutdown(socket.SHUT_WR)
            while self.socket.recv(CHUNK_BYTES):
                pass
        self.socket.close()


class _SocketInputs:
    def __init__(
        self, wire: _Wire, lines: Mapping[str, InputLine], levels: Mapping[int, int]
    ) -> None:
        self._wire = wire
        self._lines = {line.offset: (name, line) for name, line in lines.items()}
        self._standing = {
            name: self._active(offset, levels[offset])
            for offset, (name, _line) in self._lines.items()
        }
        wire.socket.setblocking(False)

    def fileno(self) -> int:
        return self._wire.socket.fileno()

    def standing(self) -> dict[str, bool]:
        return dict(self._standing)

    def take(self) -> list[Edge]:
        edges = []
        for answer in self._wire.heard():
            if answer.edge is not None:
                offset, level, at_ns = answer.edge
                edges.append(Edge(self._lines[offset][0], self._active(offset, level), at_ns))
        self._standing |= {edge.line: edge.active for edge in edges}
        return edges

    def close(self) -> None:
        self._wire.close()

    def _active(self, offset: int, level: int) -> bool:
        return bool(level) != self._lines[offset][1].active_low


class _SocketOutputs:
    def __init__(self, wire: _Wire, lines: Mapping[str, OutputLine]) -> None:
        self._wire = wire
        self._lines = dict(lines)

    def set(self, line: str, *, active: bool) -> None:
        told = self._lines[line]
        self._wire.ask(Question(set={told.offset: int(active != told.active_low)}))

    def close(self) -> None:
        self._wire.close()
