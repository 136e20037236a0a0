"""The guard lets the lock go: at its time, at the agent's death, at its own end, and after it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys

import pytest

from contract.clock import SystemClock
from edge.card_reader.guard import GuardedRelay
from edge.card_reader.relay_guard import RelayTimer
from edge.drivers.errors import LineFault
from edge.drivers.gpio_fake import FakeChip
from edge.drivers.line_config import OutputLine
from tests.card_reader.chips import RELAY, pulses, until

LONGEST_MS = 1_000


@pytest.fixture
def chip(tmp_path):
    with FakeChip(tmp_path / "chip") as made:
        yield made


class Guard:
    """The real program, with a pipe to its orders."""

    def __init__(self, chip: FakeChip, level: str = "high") -> None:
        module = "edge.card_reader.relay_guard"
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, chip.name, str(RELAY), level, str(LONGEST_MS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.said() == "ready"

    def order(self, line: str) -> None:
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def said(self) -> str:
        return self.process.stdout.readline().decode().strip()

    def end(self) -> None:
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture
def guard(chip):
    made = Guard(chip)
    yield made
    if made.process.poll() is None:
        made.process.kill()
    made.end()


def test_a_pulse_ends_by_itself(chip, guard):
    guard.order("open 200")
    assert guard.said() == "opened"
    assert chip.level(RELAY) == 1
    assert guard.said() == "released"
    assert chip.level(RELAY) == 0
    assert 0.19 <= pulses(chip)[0] < 2.0


def test_no_order_makes_a_pulse_longer_than_the_longest(chip, guard):
    guard.order("open 600000")
    assert [guard.said(), guard.said()] == ["opened", "released"]
    assert pulses(chip)[0] < LONGEST_MS / 1_000 + 2.0


def test_an_order_during_a_pulse_begins_it_anew(chip, guard):
    guard.order("open 300")
    assert guard.said() == "opened"
    guard.order("open 300")
    guard.order("nonsense")
    assert "fault not an order" in guard.said()
    assert guard.said() == "released"
    assert len(pulses(chip)) == 1


def test_close_locks_at_once(chip, guard):
    guard.order("open 1000")
    guard.order("close")
    assert [guard.said(), guard.said()] == ["opened", "released"]
    assert pulses(chip)[0] < 0.95


def test_the_end_of_its_orders_is_the_end_of_the_pulse(chip, guard):
    guard.order("open 1000")
    assert guard.said() == "opened"
    guard.end()
    assert chip.level(RELAY) == 0
    assert pulses(chip)[0] < 0.95
    assert guard.process.returncode == 0
    assert not chip.is_held(RELAY)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_lets_go_when_it_is_told_to_stop(chip, guard, number):
    guard.order("open 1000")
    assert guard.said() == "opened"
    guard.process.send_signal(number)
    guard.process.wait(10)
    assert chip.level(RELAY) == 0


def test_a_relay_that_is_active_at_0_v_rests_at_3_3_v(chip):
    guard = Guard(chip, "low")
    assert chip.level(RELAY) == 1
    guard.order("open 100")
    assert guard.said() == "opened"
    assert chip.level(RELAY) == 0
    guard.end()
    assert chip.level(RELAY) == 1


def test_a_relay_that_cannot_be_had_is_said(tmp_path):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "edge.card_reader.relay_guard"),
            *(f"fake:{tmp_path}/none", "27", "high", "1000"),
        ],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout.startswith(b"fault ")


class Sticky:
    """A relay whose chip takes no orders for a while."""

    def __init__(self) -> None:
        self.stuck = False
        self.active = False

    def set(self, line: str, *, active: bool) -> None:
        assert line == "relay"
        if self.stuck:
            raise LineFault("chip0", "it takes no orders")
        self.active = active

    def close(self) -> None:
        self.active = False


def test_a_relay_that_does_not_let_go_is_tried_until_it_does():
    relay, said = Sticky(), []
    timer = RelayTimer(relay, 10.0, said.append)
    timer.order("open 1000", 0.0)
    relay.stuck = True
    for tenth in range(10, 30):
        timer.keep(tenth / 10)
    assert said == ["opened", "fault lines of chip0: it takes no orders"]
    relay.stuck = False
    timer.keep(timer.due_s())
    assert not relay.active
    assert said[-1] == "released"
    assert timer.due_s() is None


@contextlib.asynccontextmanager
async def guarded(chip: FakeChip):
    relay = GuardedRelay(chip.name, OutputLine(offset=RELAY), LONGEST_MS, SystemClock())
    faults: list[bool] = []
    relay.on_fault(faults.append)
    running = asyncio.create_task(relay.run())
    try:
        yield relay, faults
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_the_agent_opens_through_its_guard(chip):
    async with guarded(chip) as (relay, _faults):
        relay.open(200)
        await until(lambda: len(pulses(chip)) == 1, "the pulse was over")
    assert not chip.is_held(RELAY)


async def test_an_order_to_a_dead_guard_reaches_its_successor(chip):
    async with guarded(chip) as (relay, _faults):
        await until(lambda: chip.is_held(RELAY), "the guard had the relay")
        first = relay.pid
        os.kill(first, signal.SIGKILL)
        relay.open(200)
        await until(lambda: len(pulses(chip)) == 1, "the pulse was over")
        assert relay.pid != first


async def test_a_guard_killed_in_mid_pulse_is_replaced_and_the_lock_let_go(chip):
    async with guarded(chip) as (relay, _faults):
        relay.open(1_000)
        opened_s = await until(lambda: chip.level(RELAY) == 1, "the lock was released")
        os.kill(relay.pid, signal.SIGKILL)
        let_go_s = await until(lambda: chip.level(RELAY) == 0, "the lock was let go")
        assert let_go_s - opened_s < 8.0


async def test_a_guard_that_hangs_in_mid_pulse_is_replaced_and_this_is_told(chip):
    async with guarded(chip) as (relay, faults):
        relay.open(300)
        await until(lambda: chip.level(RELAY) == 1, "the lock was released")
        os.kill(relay.pid, signal.SIGSTOP)
        await until(lambda: chip.level(RELAY) == 0, "the lock was let go")
        await until(lambda: faults[-1:] == [False], "all was well again")
        assert True in faults
