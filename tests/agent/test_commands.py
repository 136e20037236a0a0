"""A command runs once, in its time, from our territory, and its answer says what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from backend.devices.sealing import Addressee, Signer, seal
from contract.clock import ManualClock
from contract.codec import encode
from contract.downlink import Command
from contract.topics import Unit
from edge.agent.command_texts import MOST_PARTS, parts_of
from edge.agent.commands import MOST_AT_ONCE, CommandResult, Commands
from edge.agent.nonces import MOST_NONCES, NonceFile
from edge.link.link_fake import FakeLink
from edge.link.sealed import SealOpener

DOOR = Unit("reader", "mende")
BOX = X25519PrivateKey.generate()
SIGNER = Signer("lozere-1", Ed25519PrivateKey.generate())
ADDRESSEE = Addressee("lozere", DOOR, BOX.public_key().public_bytes_raw())
OPENER = SealOpener("lozere", DOOR, BOX.private_bytes_raw(), {"lozere-1": SIGNER.public_bytes})


class Desk:
    """A device with one handler that counts, and a backend that commands it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = ManualClock()
        self.link = FakeLink()
        self.link.anchor("ntp", self.clock.now_ms(), self.clock.boot_ms())
        self.ran: list[dict] = []
        self.result = CommandResult("done", text="all well\n")
        self.sent = 0
        self.floor_ms = 0
        self.restart()

    def restart(self) -> None:
        """The agent ends and begins again; the disk stays."""
        self.commands = Commands(
            self.link,
            OPENER,
            NonceFile(self.directory / "commands"),
            self.clock,
            lambda: self.floor_ms,
        )
        self.commands.on("doctor", self._count, clockless=True)
        self.commands.on("open", self._count)

    async def _count(self, arguments: dict) -> CommandResult:
        self.ran.append(arguments)
        return self.result

    def command(self, name: str = "doctor", life_ms: int = 60_000, **arguments: int) -> bytes:
        self.sent += 1
        body = Command(
            nonce=f"{self.sent:016x}",
            expires_ms=self.clock.now_ms() + life_ms,
            command=name,
            arguments=arguments,
        )
        frame = seal(SIGNER, ADDRESSEE, "command", encode(body), term=0, version=self.sent)
        return encode(frame)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        running = asyncio.ensure_future(self.commands.run())
        try:
            yield
            await self.clock.advance(0)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def tell(self, payload: bytes) -> None:
        async with self.working():
            self.link.tell("command", payload)
            await self.clock.advance(0)

    def answers(self) -> list[tuple]:
        return [
            (r.body["reference"][-1], r.body["answer"], r.body.get("reason"))
            for r in self.link.of("ack")
        ]


@pytest.fixture
def desk(tmp_path) -> Desk:
    return Desk(tmp_path)


async def test_a_command_is_received_run_and_answered_with_its_text(desk):
    await desk.tell(desk.command(lines=3))
    assert desk.ran == [{"lines": 3}]
    assert desk.answers() == [("1", "received", None), ("1", "done", None)]
    assert desk.link.of("ack")[-1].body["text"] == "all well\n"


async def test_a_replayed_command_runs_once_also_after_a_restart(desk):
    payload = desk.command()
    await desk.tell(payload)
    await desk.tell(payload)
    desk.restart()
    await desk.tell(payload)
    assert len(desk.ran) == 1
    assert desk.answers()[2:] == [("1", "refused", "repeated")] * 2


async def test_an_expired_command_is_refused(desk):
    late = desk.command(life_ms=5_000)
    await desk.clock.advance(6)
    desk.link.anchor("ntp", desk.clock.now_ms(), desk.clock.boot_ms())
    await desk.tell(late)
    assert (desk.ran, desk.answers()) == ([], [("1", "refused", "expired")])


async def test_a_command_that_would_live_for_a_week_is_refused(desk):
    await desk.tell(desk.command(life_ms=7 * 86_400_000))
    assert desk.answers() == [("1", "refused", "lives_too_long")]


async def test_without_a_clock_a_device_can_be_helped_but_never_opened(desk):
    desk.link.anchors.clear()
    await desk.tell(desk.command("open"))
    await desk.tell(desk.command("doctor"))
    assert desk.answers() == [
        ("1", "refused", "clock_unknown"),
        ("2", "received", None),
        ("2", "done", None),
    ]


async def test_without_a_clock_what_ended_before_the_last_sure_time_stays_refused(desk):
    held_back = desk.command(life_ms=5_000)
    await desk.clock.advance(6)
    desk.link.anchor("ntp", desk.clock.now_ms(), desk.clock.boot_ms())
    await desk.tell(desk.command())
    desk.link.anchors.clear()
    desk.restart()
    await desk.tell(held_back)
    assert desk.answers()[-1] == ("1", "refused", "expired")


async def test_an_unknown_command_is_refused_by_name(desk):
    await desk.tell(desk.command("dance"))
    assert desk.answers() == [("1", "refused", "unknown_command")]


async def test_a_stranger_s_command_is_neither_run_nor_answered(desk, caplog):
    stranger = Signer("lozere-1", Ed25519PrivateKey.generate())
    body = encode(Command(nonce="ab" * 8, expires_ms=desk.clock.now_ms() + 1, command="open"))
    await desk.tell(encode(seal(stranger, ADDRESSEE, "command", body, term=0, version=1)))
    await desk.tell(b"junk")
    assert (desk.ran, desk.answers()) == ([], [])
    assert "signature" in caplog.text
    await desk.tell(desk.command())
    assert len(desk.ran) == 1


async def test_a_handler_that_breaks_is_a_failed_command_and_the_next_one_runs(desk):
    async def broken(_: dict) -> CommandResult:
        raise OSError("no journal")

    desk.commands.on("logs", broken)
    await desk.tell(desk.command("logs"))
    assert desk.answers()[-1] == ("1", "failed", "OSError: no journal")
    await desk.tell(desk.command())
    assert desk.answers()[-1] == ("2", "done", None)


async def test_a_handler_that_hangs_is_given_up(desk):
    async def hangs(_: dict) -> CommandResult:
        return await asyncio.get_running_loop().create_future()

    desk.commands.on("logs", hangs)
    async with desk.working():
        desk.link.tell("command", desk.command("logs"))
        await desk.clock.advance(121)
    assert desk.answers()[-1][1:] == ("failed", "took longer than 120 s")


async def test_more_commands_than_can_be_worked_on_are_refused(desk):
    for _ in range(MOST_AT_ONCE + 1):
        desk.link.tell("command", desk.command())
    assert desk.answers()[-1][1:] == ("refused", "busy")


async def test_what_follows_a_command_follows_its_answer(desk):
    heard: list[int] = []
    desk.result = CommandResult("done", then=lambda: heard.append(len(desk.answers())))
    await desk.tell(desk.command())
    assert heard == [2]


async def test_a_command_cut_short_by_a_power_cut_is_not_run_again(desk):
    payload = desk.command()
    desk.link.tell("command", payload)  # taken, and the power goes before it ran
    desk.restart()
    await desk.tell(payload)
    assert desk.ran == []
    assert desk.answers()[-1] == ("1", "refused", "repeated")


async def test_a_torn_line_loses_no_other_nonce(desk):
    first = desk.command()
    await desk.tell(first)
    with (desk.directory / "commands").open("a") as file:
        file.write("00000000000000")
    second = desk.command()
    desk.restart()
    await desk.tell(second)
    desk.restart()
    await desk.tell(first)
    await desk.tell(second)
    assert len(desk.ran) == 2


async def test_no_command_runs_that_cannot_be_remembered(desk, caplog):
    path = desk.directory / "commands"
    path.mkdir()
    await desk.tell(desk.command())
    assert desk.answers() == [("1", "refused", "cannot_remember")]
    assert "cannot be written" in caplog.text
    path.rmdir()
    await desk.tell(desk.command())
    assert desk.answers()[-1] == ("2", "done", None)
    assert "again" in caplog.text


async def test_a_flood_of_commands_is_refused_until_they_have_ended(desk):
    soon_ms = desk.clock.now_ms() + 60_000
    rows = [f"{number:032x} {soon_ms} 0" for number in range(MOST_NONCES)]
    (desk.directory / "commands").write_text("\n".join(rows) + "\n")
    desk.restart()
    await desk.tell(desk.command())
    assert desk.answers() == [("1", "refused", "busy")]
    await desk.clock.advance(61)
    desk.link.anchor("ntp", desk.clock.now_ms(), desk.clock.boot_ms())
    await desk.tell(desk.command())
    assert desk.answers()[-1] == ("2", "done", None)


def test_a_file_that_has_grown_is_written_anew_and_forgets_nothing_that_may_come(tmp_path):
    path = tmp_path / "commands"
    path.write_text("".join(f"{number:032x} 5 9\n" for number in range(2 * MOST_NONCES)))
    nonces = NonceFile(path)
    nonces.take("a" * 16, 100, 10)
    assert len(path.read_text().splitlines()) == 2
    again = NonceFile(path)
    assert (again.seen("a" * 16), again.seen("0" * 32), again.floor_ms) == (True, False, 10)


def test_long_text_keeps_its_end_in_parts_that_fit_a_message():
    parts = parts_of("\x00" + "é" * 3_000 * MOST_PARTS + "end")
    assert len(parts) == MOST_PARTS
    assert max(map(len, parts)) == 3_000
    assert parts[-1].endswith("end")
    assert parts_of("a\nb\x07") == ["a\nb\N{REPLACEMENT CHARACTER}"]


async def test_a_clock_set_back_does_not_bring_to_life_what_was_held_back_and_may_open(desk):
    held_back = desk.command("open")
    true_ms = desk.clock.now_ms()
    desk.floor_ms = true_ms + 3_600_000
    desk.restart()
    desk.link.anchor("ntp", true_ms, desk.clock.boot_ms())
    await desk.tell(held_back)
    assert (desk.ran, desk.answers()) == ([], [("1", "refused", "expired")])
    await desk.tell(desk.command("doctor"))
    assert len(desk.ran) == 1, "a clock that was ahead once cuts nobody off from help"
