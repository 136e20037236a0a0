"""`softplace agent` as the unit of deploy/systemd starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contract.clock import SystemClock
from edge.drivers.nmea_fake import FakeReceiver
from softplace.__main__ import main
from tests.drivers.listening import START_MS, fix_at, until

REPOSITORY = Path(__file__).resolve().parents[2]
MAX_RESIDENT_KB = 40_000


def written(tmp_path: Path, port: str, unit: str = "bus/b1") -> Path:
    path = tmp_path / "agent.toml"
    path.write_text(
        f'territory = "lozere"\nunit = "{unit}"\n'
        '[broker]\nurl = "mqtt://127.0.0.1:1"\n'
        f'[position]\nport = "{port}"\n'
        '[outbox]\npath = "outbox.db"\n'
    )
    return path


@contextmanager
def agent(config: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, *arguments, str(config)],
        cwd=REPOSITORY,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def resident_kb(process: subprocess.Popen[str]) -> int:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


@pytest.mark.parametrize(
    "arguments",
    [("-m", "softplace", "agent", "bus", "--config"), ("-m", "edge.truck_agent")],
    ids=["softplace", "module"],
)
async def test_it_runs_small_hears_its_receiver_and_stops_when_told(tmp_path: Path, arguments):
    with FakeReceiver() as receiver:
        config = written(tmp_path, receiver.port)
        with agent(config, *arguments) as process:
            outbox = tmp_path / "outbox.db"
            second = 0
            kept = tmp_path / "outbox.odometer"
            while not (outbox.exists() and second > 50):
                assert process.poll() is None, process.stderr.read()
                await receiver.emit(fix_at(second, observed_ms=START_MS + second * 1_000))
                second += 1
                await SystemClock().sleep(0.05)
            assert resident_kb(process) < MAX_RESIDENT_KB
            process.send_signal(signal.SIGTERM)
            await until(lambda: process.poll() is not None, "the agent stops")
            assert process.returncode == 0, process.stderr.read()
            assert "Traceback" not in process.stderr.read()
        assert kept.exists()


@pytest.mark.parametrize(
    ("kind", "unit", "said"),
    [
        ("space", "bus/b1", "position is not a key of this file"),
        ("reader", "bus/b1", "position is not a key of this file"),
        ("truck", "bus/b1", "run: softplace agent bus"),
        ("bus", "tram/b1", "kind 'tram' is unknown"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, unit: str, said: str
):
    config = written(tmp_path, "/dev/null", unit)
    assert main(["agent", kind, "--config", str(config)]) == 1
    [line] = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("softplace agent: ")
    assert said in line


def test_a_missing_configuration_is_one_sentence(capsys: pytest.CaptureFixture[str]):
    assert main(["agent", "bus", "--config", "/absent/agent.toml"]) == 1
    assert "/absent/agent.toml: cannot be read" in capsys.readouterr().err


def test_an_outbox_that_cannot_be_made_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    config = written(tmp_path, "/dev/null")
    (tmp_path / "outbox.db").mkdir()
    assert main(["agent", "bus", "--config", str(config)]) == 1
    [line] = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("softplace agent: outbox ")
    assert os.fspath(tmp_path / "outbox.db") in line
