"""The chip made of a socket is as obstinate as hardware."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from contract.clock import SystemClock
from edge.drivers.errors import LineFault
from edge.drivers.gpio import GpioInputs, GpioOutputs
from edge.drivers.gpio_fake import FakeChip
from edge.drivers.line_config import InputLine, OutputLine
from tests.drivers.listening import repeatable, until
from tests.drivers.test_gpio_lines import heard, told

ROOT = Path(__file__).parents[2]
HOLD_AND_WAIT = """
import sys
from edge.drivers.gpio import GpioOutputs
from edge.drivers.line_config import OutputLine
outputs = GpioOutputs(sys.argv[1], {"relay": OutputLine(27)})
outputs.set("relay", active=True)
print("on", flush=True)
sys.stdin.read()
"""


def test_an_output_keeps_its_level_when_its_program_is_killed(tmp_path: Path):
    with FakeChip(tmp_path / "chip") as chip:
        child = subprocess.Popen(
            [sys.executable, "-c", HOLD_AND_WAIT, chip.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        assert child.stdout is not None
        assert child.stdout.readline() == b"on\n"
        assert chip.is_held(27)
        child.kill()
        child.communicate()
        assert chip.level(27) == 1
        outputs = GpioOutputs(chip.name, {"relay": OutputLine(27)})
        outputs.open()
        outputs.close()
        assert [change.level for change in chip.history(27)] == [0, 1, 0]


async def test_an_open_circuit_is_pulled_and_a_closed_one_is_not(tmp_path: Path):
    with FakeChip(tmp_path / "chip") as chip:
        lines = {"contact": InputLine(17, pull="up", active_low=True)}
        inputs = GpioInputs(chip.name, lines, SystemClock(), repeatable())
        async with heard(inputs) as edges:
            await until(lambda: len(edges) == 1, "the line has been told")
            chip.drive(17, 0)
            chip.drive(17, None)
            await until(lambda: len(edges) == 3, "closed and opened")
        assert told(edges) == [("contact", False), ("contact", True), ("contact", False)]


async def test_a_chip_that_goes_away_and_comes_back_is_said_once_each_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    chip = FakeChip(tmp_path / "chip")
    inputs = GpioInputs(chip.name, {"beam": InputLine(5)}, SystemClock(), repeatable())
    async with heard(inputs) as edges:
        await until(lambda: "lines=down" in caplog.text, "it is said that the chip is absent")
        chip.plug()
        await until(lambda: inputs.active("beam") is False, "the line is known")
        chip.unplug()
        await until(lambda: inputs.active("beam") is None, "the loss is noticed")
        chip.drive(5, 1)
        chip.plug()
        await until(lambda: inputs.active("beam") is True, "the line is known anew")
        chip.drive(5, 0)
        await until(lambda: len(edges) == 3, "edges come again")
    chip.unplug()
    said = [record.getMessage() for record in caplog.records]
    assert [line.split(" ")[0] for line in said] == ["lines=down", "lines=up"] * 2
    assert "start one" in said[0]


def test_an_output_of_a_lost_chip_is_a_fault_and_works_again_after_it(tmp_path: Path):
    chip = FakeChip(tmp_path / "chip")
    outputs = GpioOutputs(chip.name, {"led": OutputLine(3, active_low=True)})
    with pytest.raises(LineFault, match="start one"):
        outputs.set("led", active=True)
    chip.plug()
    outputs.set("led", active=True)
    assert chip.level(3) == 0
    chip.unplug()
    with pytest.raises(LineFault, match=r"went away|does not answer"):
        outputs.set("led", active=False)
    chip.plug()
    outputs.set("led", active=True)
    outputs.close()
    assert chip.level(3) == 1
    chip.unplug()


def test_the_chip_runs_as_a_program(tmp_path: Path):
    path = tmp_path / "chip"
    child = subprocess.Popen(
        [sys.executable, "-m", "edge.drivers.gpio_fake", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    said, complained = child.communicate("17 1\n4 0\n4 1\n4 open\nnonsense\nlevels\n")
    assert said == '{"4": 0, "17": 1}\n'
    assert complained.count("write ") == 1
    assert child.returncode == 0
    assert not path.exists()
