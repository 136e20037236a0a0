"""`softplace up` as a person meets it: a URL, moving buses, a clean stop, the same data again."""

import json
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from softplace.__main__ import main

READY_WITHIN_S = 40.0
STOP_WITHIN_S = 20.0
ROOT = Path(__file__).parent.parent.parent
RECEIVERS_MOVE_WITHIN_S = 15.0
LIVES_WITHIN_S = 40.0


@contextmanager
def running(data: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`softplace up` as a child; ended by force only where it did not end by itself."""
    command = [sys.executable, "-m", "softplace", "up", "--port", "0", "--data", str(data)]
    child = subprocess.Popen(
        [*command, *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def said_until(child: subprocess.Popen[str], wanted: str) -> list[str]:
    """What it prints up to a line with `wanted`; fails when it ends or takes too long."""
    assert child.stdout is not None
    too_long = threading.Timer(READY_WITHIN_S, child.kill)
    too_long.start()
    lines: list[str] = []
    try:
        for line in child.stdout:
            lines.append(line)
            if wanted in line:
                return lines
    finally:
        too_long.cancel()
    raise AssertionError("".join(lines))


def url_in(lines: list[str]) -> str:
    found = re.search(r"http://\S+", "".join(lines))
    assert found is not None
    return found[0]


def positions(url: str) -> dict[str, tuple[float, float]]:
    with urllib.request.urlopen(f"{url}api/vehicles", timeout=5) as answer:  # noqa: S310  # ours
        vehicles: list[dict[str, Any]] = json.load(answer)["vehicles"]
    return {
        v["unit"]: (v["latitude"], v["longitude"]) for v in vehicles if v["latitude"] is not None
    }


def asked(url: str, path: str) -> Any:
    with urllib.request.urlopen(f"{url}{path}", timeout=5) as answer:  # noqa: S310  # ours
        return json.load(answer)


def versions(url: str) -> dict[str, int]:
    """The rights that each door says it holds."""
    return {door["unit"]: door["held_version"] for door in asked(url, "api/doors")}


def is_living(url: str) -> bool:
    """Whether every space was counted, and a card was held to each door that knows its rights."""
    units = asked(url, "api/devices")["units"]
    streams = {unit: units[unit]["streams"] for unit in units}
    spaces = [unit for unit in streams if unit.startswith("space/")]
    held = versions(url)
    return (
        len(spaces) == 5
        and all(streams[unit].get("occupancy", 0) >= 2 for unit in spaces)
        and len(held) == 2
        and all(version > 0 and streams[unit].get("tap") for unit, version in held.items())
    )


def serving(data: Path) -> list[tuple[str, str]]:
    """Device and unit of every assignment."""
    with closing(sqlite3.connect(data / "records.sqlite")) as records:
        return records.execute("SELECT device, unit FROM device_assignment").fetchall()


def eventually(happened: Callable[[], bool], within_s: float) -> bool:
    """Whether it happens in time; between two looks the other processes have the machine."""
    late = threading.Event()
    threading.Timer(within_s, late.set).start()
    while not late.wait(0.2):
        if happened():
            return True
    return False


@pytest.mark.long
def test_buses_move_and_a_restart_goes_on_with_its_data(tmp_path: Path) -> None:
    with running(tmp_path, "--speed", "20") as child:
        url = url_in(said_until(child, "est prêt"))
        before = positions(url)
        assert before
        assert eventually(
            lambda: any(before[u] != p for u, p in positions(url).items() if u in before),
            RECEIVERS_MOVE_WITHIN_S,
        )
        assert eventually(lambda: is_living(url), LIVES_WITHIN_S)
        rights = versions(url)
        child.send_signal(signal.SIGINT)
        assert child.wait(STOP_WITHIN_S) == 0
    devices = serving(tmp_path)
    cards = {path: path.read_bytes() for path in (tmp_path / "doors" / "cards").iterdir()}
    passwords = (tmp_path / "credentials.json").read_bytes()
    reached_ms = json.loads((tmp_path / "clock.json").read_text())["reached_ms"]
    assert stat.S_IMODE((tmp_path / "credentials.json").stat().st_mode) == 0o600

    with running(tmp_path, "--speed", "20", "--for", "2", "--json") as again:
        said = json.loads(said_until(again, "url")[-1])
        assert positions(said["url"])
        assert len(said["doors"]) == 2
        assert versions(said["url"]).keys() == rights.keys()
        assert again.wait(STOP_WITHIN_S) == 0
    assert serving(tmp_path) == devices, "nothing was enrolled anew"
    assert {path: path.read_bytes() for path in cards} == cards
    assert (tmp_path / "credentials.json").read_bytes() == passwords
    assert json.loads((tmp_path / "clock.json").read_text())["reached_ms"] > reached_ms


@pytest.mark.long
def test_real_vehicles_only(tmp_path: Path) -> None:
    with running(tmp_path, "--no-simulator") as child:
        url = url_in(said_until(child, "est prêt"))
        assert positions(url) == {}
        with running(tmp_path) as second:
            assert "is in use by another softplace up" in "".join(said_until(second, "up"))
            assert second.wait(STOP_WITHIN_S) == 1
        child.send_signal(signal.SIGTERM)
        assert child.wait(STOP_WITHIN_S) == 0
    assert (tmp_path / "agents" / "bus-b1.toml").exists()


def test_a_territory_file_that_is_none_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"territory": "x"}')
    assert main(["up", "--data", str(tmp_path), "--port", "0", "--territory", str(broken)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "broken.json" in said


def test_a_data_directory_that_cannot_be_made_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["up", "--data", str(tmp_path / "file" / "data"), "--port", "0"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "--data" in said


def test_a_speed_out_of_range_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as wrong:
        main(["up", "--speed", "1000"])
    assert wrong.value.code == 2
    assert "give 0.1 to 60" in capsys.readouterr().err
