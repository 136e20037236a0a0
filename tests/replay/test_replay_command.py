"""The command itself, end to end: recordings in, rows in the store out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend.broker import choose
from edge.drivers.nmea_sentence import sealed
from softplace import replay
from softplace.__main__ import main
from softplace.failure import CommandFailed
from tests.peers.influxd import Influxd, running_influxd
from tests.peers.mosquitto import running_mosquitto
from tests.replay.recordings import REPOSITORY, needs_recordings, recordings
from tests.replay.second_reader import read_recording

NEAR_DEG = 1e-6
DATABASE = "softplace_replay"
DRIVE = b"# a comment that no receiver sent\n" + b"".join(
    [
        sealed("GPRMC,120000.00,A,4430.0000,N,00330.0000,E,10.0,90.0,010924,,,A"),
        sealed("GPRMC,120001.00,A,4430.0010,N,00330.0010,E,10.0,90.0,010924,,,A"),
        b"$GPRMC,120002.00,A,4430.0020,N,00330.0020,E,10.0,90.0,010924,,,A*00\n",
        b"$GPTXT,no checksum\n",
    ]
)


def softplace(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "softplace", *map(str, arguments)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
        env=os.environ | {"NO_COLOR": "1"},
    )


def rows(influxd: Influxd, unit: str) -> list[dict[str, object]]:
    """Positions as the store has them, asked without any code of SoftPlace."""
    kind, name = unit.split("/")
    return influxd.query(
        f"SELECT latitude, longitude FROM position WHERE kind='{kind}' AND unit='{name}'",  # noqa: S608 - our own names
        DATABASE,
    )


@needs_recordings
def test_every_recording_arrives_in_influxdb_through_mosquitto(tmp_path: Path):
    paths = recordings()
    with running_mosquitto(tmp_path) as broker, running_influxd(tmp_path / "influx") as influxd:
        done = softplace(
            *("replay", "nmea", *paths, "--json"),
            *("--broker", broker.address.shown, "--influx", influxd.url),
        )
        assert done.returncode == 0, done.stderr
        reports = {report["file"]: report for report in json.loads(done.stdout)["files"]}
        assert set(reports) == {path.name for path in paths}
        for path in paths:
            compare(
                reports[path.name], read_recording(path), rows(influxd, reports[path.name]["unit"])
            )


def compare(report, told, stored):
    """Fixes stored = fixes read, by a reader that shares nothing with ours, each in its place."""
    name = report["file"]
    assert report["fixes"] == report["published"] == report["stored"] == len(told), name
    assert (report["acknowledged"], report["duplicates"], report["gaps"]) == (len(told), 0, 0), name
    assert report["sentences"] == (
        report["used"] + report["ignored"] + sum(report["rejected"].values())
    ), name
    found = {row["time"] // 1_000_000: (row["latitude"], row["longitude"]) for row in stored}
    assert len(stored) == len(found) == len(told), name
    assert set(found) == {seen.observed_ms for seen in told}, name
    for seen in told:
        latitude, longitude = found[seen.observed_ms]
        assert latitude == pytest.approx(seen.positions[0][0], abs=NEAR_DEG), name
        assert longitude == pytest.approx(seen.positions[0][1], abs=NEAR_DEG), name
    if told:
        assert report["first_fix_ms"] == min(found), name
        assert report["last_fix_ms"] == max(found), name
        last = found[max(found)]
        assert report["last"]["lat"] == pytest.approx(last[0], abs=NEAR_DEG), name
        assert report["last"]["lon"] == pytest.approx(last[1], abs=NEAR_DEG), name


@pytest.mark.parametrize("has_mosquitto", [True, False])
def test_without_any_server_it_runs_its_own(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    has_mosquitto: bool,
):
    if not has_mosquitto:
        monkeypatch.setattr(choose, "find_mosquitto", lambda: None)
    drive, empty, noise = tmp_path / "Drive 1.nmea", tmp_path / "empty.log", tmp_path / "noise.log"
    drive.write_bytes(DRIVE)
    empty.write_bytes(b"")
    noise.write_bytes(bytes(range(256)) * 50)
    files = [str(drive), str(empty), str(noise)]
    assert main(["replay", "nmea", *files, "--rate", "real", "--json"]) == 0
    report, nothing, binary = json.loads(capsys.readouterr().out)["files"]
    assert report["unit"] == "bus/drive-1"
    assert (report["sentences"], report["fixes"], report["stored"]) == (4, 2, 2)
    assert report["rejected"] == {"checksum_missing": 1, "checksum_wrong": 1}
    assert report["last"] == {"lat": 44.5000167, "lon": 3.5000167}
    assert (nothing["fixes"], nothing["stored"], nothing["last"]) == (0, 0, None)
    assert (binary["sentences"], binary["fixes"]) == (0, 0)
    assert binary["noise_bytes"] > 10_000


def test_one_unit_may_play_several_recordings(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    first, second = tmp_path / "a.nmea", tmp_path / "b.nmea"
    first.write_bytes(DRIVE)
    second.write_bytes(DRIVE)
    assert main(["replay", "nmea", str(first), str(second), "--unit", "truck/t1"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[4:6] for line in lines] == [["2", "2"]] * 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["absent.nmea"], "absent.nmea cannot be read: No such file or directory"),
        (["FILE", "--broker", "mqtt://127.0.0.1:1"], "no broker answers at mqtt://127.0.0.1:1"),
        (["FILE", "--broker", "127.0.0.1"], "write mqtt://host:1883"),
        (["FILE", "--influx", "http://127.0.0.1:1"], "http://127.0.0.1:1 does not answer"),
        (["FILE", "--unit", "tram/1"], "kind 'tram' is unknown"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    tmp_path: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
):
    recording = tmp_path / "drive.nmea"
    recording.write_bytes(DRIVE)
    given = [str(recording) if argument == "FILE" else argument for argument in arguments]
    assert main(["replay", "nmea", *given]) == 1
    printed = capsys.readouterr().err
    last = printed.strip().splitlines()[-1]
    assert last.startswith("softplace replay: ")
    assert said in last
    assert "Traceback" not in printed


def test_a_fix_that_is_not_stored_fails_the_run():
    reports = [
        {"file": "a.log", "fixes": 3, "stored": 3},
        {"file": "b.log", "fixes": 2, "stored": 1},
    ]
    with pytest.raises(CommandFailed, match=r"b\.log \(1 of 2\)") as failure:
        replay._raise_if_incomplete(reports)
    assert failure.value.exit_code == 1


def test_units_are_named_after_files_and_never_twice():
    paths = [Path("x/NEO M8N.log"), Path("y/neo-m8n.txt"), Path("é.log"), Path("a" * 60 + ".log")]
    names = [job.unit.name for job in replay.jobs(paths, None)]
    assert names == ["neo-m8n", "neo-m8n-2", "recording", "a" * 40]
