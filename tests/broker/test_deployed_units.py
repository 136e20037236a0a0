"""The systemd units are accepted by systemd itself and hardened; the compose file is YAML."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
WORST_EXPOSURE = 2.2
"""Of 10; a unit without any hardening scores 9.6. Serial ports and adjtimex cost the agent 0.7."""


@pytest.fixture(params=UNITS, ids=lambda unit: unit.name)
def unit(request, tmp_path) -> Path:
    """A unit whose program exists on this machine."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (apt install systemd)")
    program = tmp_path / "softplace"
    program.symlink_to(sys.executable)
    copy = tmp_path / request.param.name
    text = request.param.read_text()
    assert "/opt/softplace/bin/softplace " in text
    copy.write_text(text.replace("/opt/softplace/bin/softplace", str(program)))
    return copy


def test_systemd_finds_nothing_to_say_about_a_unit(unit):
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_unit_is_hardened(unit):
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--json=short", str(unit)],
        check=False,
        capture_output=True,
        text=True,
    )
    exposed = [row for row in json.loads(done.stdout) if row["exposure"]]
    score = subprocess.run(
        [
            "systemd-analyze",
            "security",
            "--offline=yes",
            f"--threshold={int(WORST_EXPOSURE * 10)}",
            str(unit),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert score.returncode == 0, exposed


def test_the_agent_is_watched_and_may_open_serial_ports_only():
    text = (DEPLOY / "systemd" / "softplace-agent@.service").read_text()
    assert "WatchdogSec=" in text
    devices = [line for line in text.splitlines() if line.startswith("DeviceAllow=")]
    assert devices
    assert all(line.startswith("DeviceAllow=char-tty") for line in devices)


def test_the_compose_file_is_yaml_and_names_what_exists():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    built = {name: s["build"] for name, s in compose["services"].items() if "build" in s}
    assert set(built) == {"ingest", "web"}
    for build in built.values():
        assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source.startswith("./etc/") or source in compose["volumes"], name
