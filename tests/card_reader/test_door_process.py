"""The real program on a chip made of a socket: killed in every way, the lock is let go in time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.card_reader.release import main as release
from edge.drivers.gpio_fake import FakeChip
from tests.card_reader.chips import CONTACT, EXIT, RELAY, pulses, until

REPOSITORY = Path(__file__).resolve().parents[2]
PULSE_S = 1.5
PROGRAMS = [("-m", "softplace", "agent", "reader", "--config"), ("-m", "edge.card_reader")]


@pytest.fixture
def chip(tmp_path):
    with FakeChip(tmp_path / "chip") as made:
        made.drive(CONTACT, 0)
        made.drive(EXIT, 1)
        yield made


@pytest.fixture
def config(tmp_path, chip) -> Path:
    path = tmp_path / "door.toml"
    path.write_text(
        'territory = "lozere"\nunit = "reader/mende"\n'
        '[broker]\nurl = "mqtt://127.0.0.1:1"\n'
        '[outbox]\npath = "outbox.db"\n'
        '[link]\nmachine_serial = "10000000abcdef01"\n'
        f'[lines]\nchip = "{chip.name}"\n'
        f"[lines.outputs.relay]\noffset = {RELAY}\n"
        f'[lines.inputs.contact]\noffset = {CONTACT}\npull = "up"\ndebounce_ms = 20\n'
        f'[lines.inputs.exit]\noffset = {EXIT}\npull = "up"\nactive_low = true\n'
        f'[reader]\nport = "{tmp_path}/no-reader"\n'
        f"[door]\npulse_s = {PULSE_S}\n"
    )
    return path


@contextlib.contextmanager
def running(config: Path, *program: str) -> Iterator[subprocess.Popen[bytes]]:
    program = program or PROGRAMS[1]
    process = subprocess.Popen(
        [sys.executable, *program, str(config)], cwd=REPOSITORY, stderr=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def guard_of(process: subprocess.Popen[bytes]) -> int:
    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(child)


async def at_work(chip: FakeChip) -> None:
    await until(lambda: chip.is_held(RELAY) and chip.is_held(EXIT), "the door was at work")


async def press_exit(chip: FakeChip) -> float:
    """The button pressed and let go; when the lock was seen released."""
    chip.drive(EXIT, 0)
    released_s = await until(lambda: chip.level(RELAY) == 1, "the lock was released")
    chip.drive(EXIT, 1)
    return released_s


@pytest.mark.parametrize("program", PROGRAMS, ids=["softplace", "module"])
async def test_the_exit_works_without_reader_rights_and_network(chip, config, program):
    with running(config, *program) as process:
        await at_work(chip)
        await press_exit(chip)
        await until(lambda: len(pulses(chip)) == 1, "the pulse was over")
        assert PULSE_S - 0.1 < pulses(chip)[0] < PULSE_S + 4.0
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    assert not chip.is_held(RELAY)
    assert chip.level(RELAY) == 0


async def test_an_agent_killed_in_mid_pulse_lets_the_lock_go_in_time(chip, config):
    with running(config) as process:
        await at_work(chip)
        released_s = await press_exit(chip)
        os.kill(process.pid, signal.SIGKILL)
        let_go_s = await until(lambda: chip.level(RELAY) == 0, "the lock was let go")
        assert let_go_s - released_s < PULSE_S
        await until(lambda: not chip.is_held(RELAY), "the guard was gone too")
    assert [change.level for change in chip.history(RELAY)][-1] == 0


async def test_a_guard_killed_in_mid_pulse_is_replaced_and_the_lock_let_go_in_time(chip, config):
    with running(config) as process:
        await at_work(chip)
        released_s = await press_exit(chip)
        first = guard_of(process)
        os.kill(first, signal.SIGKILL)
        let_go_s = await until(lambda: chip.level(RELAY) == 0, "the lock was let go")
        assert let_go_s - released_s < PULSE_S + 8.0
        await until(lambda: chip.is_held(RELAY), "another guard had the relay")
        assert guard_of(process) != first
        await press_exit(chip)


async def test_an_agent_that_hangs_in_mid_pulse_keeps_nothing_released(chip, config):
    with running(config) as process:
        await at_work(chip)
        released_s = await press_exit(chip)
        os.kill(process.pid, signal.SIGSTOP)
        let_go_s = await until(lambda: chip.level(RELAY) == 0, "the lock was let go")
        assert let_go_s - released_s < PULSE_S + 4.0
        os.kill(process.pid, signal.SIGCONT)


async def test_where_both_are_killed_the_stop_action_of_the_unit_lets_go(chip, config, tmp_path):
    with running(config) as process:
        await at_work(chip)
        await press_exit(chip)
        guard = guard_of(process)
        os.kill(guard, signal.SIGSTOP)
        os.kill(process.pid, signal.SIGKILL)
        os.kill(guard, signal.SIGKILL)
        await until(lambda: not chip.is_held(RELAY), "nobody had the relay")
    assert chip.level(RELAY) == 1, "hardware keeps its level"
    module = ("-m", "edge.card_reader.release", "--config", str(config))
    stop = await asyncio.create_subprocess_exec(sys.executable, *module, cwd=REPOSITORY)
    assert await stop.wait() == 0
    assert chip.level(RELAY) == 0


def test_a_release_that_cannot_be_made_says_so(config, tmp_path, capsys):
    (tmp_path / "door.toml").write_text(config.read_text().replace("/chip", "/none"))
    assert release(["--config", str(config)]) == 1
    assert "no chip" in capsys.readouterr().err


async def test_a_door_that_nobody_released_is_written_down_as_forced(chip, config, tmp_path):
    with running(config):
        await at_work(chip)
        chip.drive(CONTACT, 1)
        journal = tmp_path / "copass" / "journal"

        def written() -> bytes:
            return b"".join(path.read_bytes() for path in journal.glob("*.log"))

        await until(lambda: b"door_forced" in written(), "the alarm was written down")


async def test_a_chip_that_is_away_is_waited_for(chip, config):
    chip.unplug()
    with running(config):
        chip.plug()
        await at_work(chip)
        await press_exit(chip)
