"""The peers themselves: they start, die, come back with their data."""

from __future__ import annotations

import os
import subprocess
import tomllib
from pathlib import Path

from tests.peers.influxd import running_influxd
from tests.peers.loopback_http import exchange
from tests.peers.server_process import binary_or_skip
from tests.peers.victoriametrics import running_victoriametrics


def test_influxd_killed_and_restarted_keeps_its_data(tmp_path: Path) -> None:
    with running_influxd(tmp_path / "influxd") as influxd:
        influxd.query('CREATE DATABASE "x"')
        exchange(influxd.port, "POST", "/write?db=x", b"m,unit=b1 v=1.5 1000")
        pid = influxd.pid
        influxd.kill()
        assert not Path(f"/proc/{pid}").exists()
        influxd.start()
        assert influxd.pid != pid
        assert influxd.query("SELECT v FROM m", "x") == [{"time": 1000, "v": 1.5}]
    assert not influxd.process.running
    assert os.path.commonpath([influxd.directory, tmp_path]) == str(tmp_path)


def test_victoriametrics_takes_a_line_and_shows_it(tmp_path: Path) -> None:
    with running_victoriametrics(tmp_path / "vm") as server:
        line = b"m,unit=b1 v=1.5 1790000000000000000"
        exchange(server.port, "POST", "/api/v2/write", line)
        (series,) = server.export('{unit="b1"}')
        assert series["values"] == [1.5]
        assert series["timestamps"] == [1790000000000]


def test_the_deployed_configuration_is_one_influxd_understands() -> None:
    binary = binary_or_skip("influxd", "influxdb")
    config = Path(__file__).parents[2] / "deploy" / "influxdb" / "softplace.conf"
    ran = subprocess.run(
        [binary, "config", "-config", str(config)], capture_output=True, text=True, check=True
    )
    read = tomllib.loads(ran.stdout)
    assert read["http"]["bind-address"] == "127.0.0.1:8086"
    assert read["http"]["auth-enabled"] is True
    assert read["data"]["index-version"] == "tsi1"
    assert read["data"]["wal-fsync-delay"] == "0s"
    assert read["monitor"]["store-enabled"] is False
