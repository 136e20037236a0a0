"""Commands from the backend: opened, judged, carried out once, answered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import msgspec

from contract.clock import Clock
from contract.downlink import Command
from edge.agent.command_rules import refusal_of
from edge.agent.command_texts import parts_of
from edge.agent.errors import CommandNotesFailed
from edge.agent.nonces import NonceFile
from edge.link.reading import Reading
from edge.link.trouble import Trouble

MOST_AT_ONCE = 8
LONGEST_S = 120.0
"""A handler that takes longer is given up."""

logger = logging.getLogger(__name__)

Answer = Literal["done", "failed", "refused"]


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How a command ended; `text` may have many lines, `then` is called after the answer."""

    answer: Answer
    reason: str | None = None
    text: str = ""
    then: Callable[[], None] | None = None


Handler = Callable[[dict[str, Any]], Awaitable[CommandResult]]


class CommandLink(Protocol):
    """What commands ask of the link."""

    def put(self, reading: Reading) -> None: ...

    def on_down(self, name: str, handler: Callable[[bytes], None]) -> None: ...

    def trusted_now_ms(self) -> int | None: ...


class Opened(Protocol):
    """A frame whose origin is proven."""

    @property
    def body(self) -> bytes: ...


class Opener(Protocol):
    """`edge.link.sealed.SealOpener`; raises a ValueError for what is not for us."""

    def open(self, name: str, payload: bytes) -> Opened: ...


@dataclass(frozen=True, slots=True)
class _Known:
    run: Handler
    clockless: bool


class Commands:
    """Hears `down/command` from its making on, and carries out while `run` runs.

    Args:
        link: brings commands and takes the answers (`ack`).
        opener: opens the seal.
        nonces: what was taken before.
        clock: of the run.
        floor_ms: a time that is surely past, as another part of the agent remembers it.
    """

    def __init__(
        self,
        link: CommandLink,
        opener: Opener,
        nonces: NonceFile,
        clock: Clock,
        floor_ms: Callable[[], int] = lambda: 0,
    ) -> None:
        self._link = link
        self._opener = opener
        self._nonces = nonces
        self._clock = clock
        self._floor_ms = floor_ms
        self._known: dict[str, _Known] = {}
        self._accepted: asyncio.Queue[tuple[Command, Handler]] = asyncio.Queue()
        self._under_way = 0
        self._seal_trouble = Trouble(logger)
        self._notes_trouble = Trouble(logger)
        link.on_down("command", self._heard)

    def on(self, name: str, handler: Handler, *, clockless: bool = False) -> None:
        """Let `handler` carry out `name`.

        `clockless`: also without a trusted clock, because a late repetition cannot harm. Never
        for what opens something.
        """
        self._known[name] = _Known(handler, clockless)

    async def run(self) -> None:
        """Carry out what was accepted, several at a time; until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                command, handler = await self._accepted.get()
                tasks.create_task(self._carry_out(command, handler), name=command.command)

    def _heard(self, payload: bytes) -> None:
        if not payload:
            return
        try:
            body = self._opener.open("command", payload).body
            command = msgspec.json.decode(body, type=Command)
        except ValueError as error:
            self._seal_trouble.broke(f"command=unreadable why={error}")
            return
        self._seal_trouble.healed("command=readable")
        known = self._known.get(command.command)
        now_ms = self._link.trusted_now_ms()
        refusal: str | None = refusal_of(
            command,
            known=known is not None,
            clockless=known is not None and known.clockless,
            repeated=self._nonces.seen(command.nonce),
            now_ms=now_ms,
            floor_ms=max(self._nonces.floor_ms, self._floor_for(known)),
        )
        if refusal is None:
            refusal = self._taken(command, now_ms)
        if refusal is not None or known is None:
            logger.warning("command=%s refused=%s", command.command, refusal)
            self._say(command, {"answer": "refused", "reason": refusal})
            return
        self._under_way += 1
        self._say(command, {"answer": "received"})
        self._accepted.put_nowait((command, known.run))

    def _floor_for(self, known: _Known | None) -> int:
        """A clock that was set back must not bring to life what was held back and may open.

        One that was once too far ahead must not cut the device off from help.
        """
        return 0 if known is not None and known.clockless else self._floor_ms()

    def _taken(self, command: Command, now_ms: int | None) -> str | None:
        """None where the nonce is on the disk, else why it is not."""
        if self._under_way >= MOST_AT_ONCE or not self._nonces.has_room(now_ms):
            return "busy"
        try:
            self._nonces.take(command.nonce, command.expires_ms, now_ms)
        except CommandNotesFailed as failure:
            self._notes_trouble.broke(str(failure))
            return "cannot_remember"
        self._notes_trouble.healed("commands can be remembered again")
        return None

    async def _carry_out(self, command: Command, handler: Handler) -> None:
        logger.info("command=%s event=begins", command.command)
        try:
            result = await self._in_time(handler, command.arguments)
        except Exception as error:
            logger.exception("command=%s event=failed", command.command)
            result = CommandResult("failed", f"{type(error).__name__}: {error}")
        finally:
            self._under_way -= 1
        logger.info("command=%s answer=%s", command.command, result.answer)
        self._answer(command, result)
        if result.then is not None:
            result.then()

    async def _in_time(self, handler: Handler, arguments: dict[str, Any]) -> CommandResult:
        work = asyncio.ensure_future(handler(arguments))
        too_late = asyncio.ensure_future(self._clock.sleep(LONGEST_S))
        try:
            await asyncio.wait({work, too_late}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            return CommandResult("failed", f"took longer than {LONGEST_S:.0f} s")
        finally:
            work.cancel()
            too_late.cancel()

    def _answer(self, command: Command, result: CommandResult) -> None:
        body: dict[str, object] = {"answer": result.answer}
        if result.reason:
            body["reason"] = result.reason[:280]
        parts = parts_of(result.text)
        if not parts:
            self._say(command, body)
        for number, part in enumerate(parts, 1):
            self._say(command, body | {"text": part, "part": number, "parts": len(parts)})

    def _say(self, command: Command, body: dict[str, object]) -> None:
        told = {"subject": "command", "reference": command.nonce} | body
        self._link.put(Reading("ack", told, self._clock.boot_ms()))
