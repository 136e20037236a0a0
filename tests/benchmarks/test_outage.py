"""The outage bench itself, small: real programs, really killed."""

import json
import os
import shutil

import pytest

from benchmarks.outage.scenarios import SCENARIOS
from softplace.__main__ import main

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        not (shutil.which("mosquitto") and shutil.which("influxd")),
        reason="needs mosquitto and influxd: apt install mosquitto influxdb",
    ),
]

NEEDS_ROOT = {"full_card", "full_backend_disk"}


def bench(capsys, *arguments: str):
    code = main(["bench", "outage", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)["rows"]


def test_kills_lose_nothing_and_a_second_run_goes_on(tmp_path, capsys):
    options = ["--only", "kills", "--data", str(tmp_path), "--vehicles", "3"]

    code, [row] = bench(capsys, *options, "--kills", "30")
    assert code == 0, json.dumps(row)
    assert row["lost"] == row["duplicated"] == row["invented"] == 0
    assert row["kills"] >= 30

    code, [more] = bench(capsys, *options, "--kills", "40")
    assert code == 0, json.dumps(more)
    assert more["kills"] >= 40 > more["this_run_kills"]


@pytest.mark.parametrize("name", [s.name for s in SCENARIOS if s.part == "scenarios"])
def test_scenario(name, tmp_path, capsys):
    if name in NEEDS_ROOT and os.geteuid() != 0:
        pytest.skip("mounts a small disk: run as root")
    if name.startswith("clock") and shutil.which("faketime") is None:
        pytest.skip("needs libfaketime: apt install faketime")

    code, [row] = bench(capsys, "--only", name, "--data", str(tmp_path))

    assert code == 0, json.dumps(row)
