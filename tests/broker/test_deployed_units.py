"""The systemd units are accepted by systemd itself and hardened; the compose file is YAML."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from backend.devices.authority import open_authority
from backend.devices.revocation import LIST_FILE
from backend.devices.signing_key import KEYS_DIRECTORY
from contract.clock import SystemClock
from edge.agent.identity_files import RETIRED
from edge.truck_agent.config import VEHICLES

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
PROGRAMS = re.compile(r"/opt/softplace/(?:good/)?bin/(?:softplace|python)(?= )")
AGENTS = ("softplace-agent@.service", "softplace-agent@reader.service")
OF_THE_SYSTEM = ("softplace-crl.service", "softplace-poweroff.service")
"""They run no program of ours."""
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
    assert PROGRAMS.search(text) or request.param.name in OF_THE_SYSTEM
    copy.write_text(PROGRAMS.sub(str(program), text))
    return copy


def test_systemd_finds_nothing_to_say_about_a_unit(unit):
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["softplace-crl", "softplace-poweroff"])
def test_systemd_finds_nothing_to_say_about_a_watch_on_a_file(name, tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (apt install systemd)")
    for suffix in ("path", "service"):
        shutil.copy(DEPLOY / "systemd" / f"{name}.{suffix}", tmp_path)
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / f"{name}.path")]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
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


@pytest.mark.parametrize("name", AGENTS)
def test_an_agent_is_watched_and_opens_serial_ports_and_gpio_lines_only(name):
    text = (DEPLOY / "systemd" / name).read_text()
    assert "WatchdogSec=" in text
    devices = [line for line in text.splitlines() if line.startswith("DeviceAllow=")]
    assert "DeviceAllow=char-gpiochip rw" in devices
    assert all(
        line.startswith(("DeviceAllow=char-tty", "DeviceAllow=char-gpio")) for line in devices
    )
    kind = "reader" if "reader" in name else "%i"
    assert f"ConditionPathExists=/etc/softplace/agent-{kind}.toml\n" in text
    assert f"ConditionPathExists=!/var/lib/softplace/{kind}/identity/{RETIRED}\n" in text


def test_a_vehicle_is_switched_off_by_a_file_in_the_only_place_that_its_agent_may_write_to():
    page = (DEPLOY.parent / "edge" / "truck_agent" / "README.md").read_text()
    [(kind, name)] = re.findall(r'switch_off = \["touch", "/run/softplace-(bus)/(\w+)"\]', page)
    agent = (DEPLOY / "systemd" / AGENTS[0]).read_text()
    assert "RuntimeDirectory=softplace-%i\n" in agent
    watch = (DEPLOY / "systemd" / "softplace-poweroff.path").read_text()
    service = (DEPLOY / "systemd" / "softplace-poweroff.service").read_text()
    for vehicle in VEHICLES:
        path = f"/run/softplace-{vehicle}/{name}"
        assert f"PathExists={path}\n" in watch
        assert path in service, "taken away, else it would switch off for ever"
    assert kind in VEHICLES


def test_whatever_ends_the_door_s_agent_the_lock_is_let_go():
    text = (DEPLOY / "systemd" / "softplace-agent@reader.service").read_text()
    release = "/opt/softplace/bin/python -m edge.card_reader.release --config"
    assert f"ExecStopPost={release} /etc/softplace/agent-reader.toml\n" in text
    assert importlib.util.find_spec("edge.card_reader.release") is not None


def test_the_user_of_the_units_is_made_with_the_groups_of_its_devices(tmp_path):
    if shutil.which("systemd-sysusers") is None:
        pytest.skip("systemd-sysusers is not installed (apt install systemd)")
    (tmp_path / "etc").mkdir()
    config = DEPLOY / "systemd" / "softplace.sysusers"
    command = ["systemd-sysusers", f"--root={tmp_path}", str(config)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    groups = (tmp_path / "etc" / "group").read_text()
    for group in ("dialout", "gpio", "netdev"):
        assert re.search(rf"^{group}:.*softplace$", groups, re.MULTILINE), group


def test_the_broker_learns_of_a_withdrawn_device_at_once():
    path = (DEPLOY / "systemd" / "softplace-crl.path").read_text()
    assert f"PathChanged=/var/lib/softplace/{KEYS_DIRECTORY}/{LIST_FILE}\n" in path
    service = (DEPLOY / "systemd" / "softplace-crl.service").read_text()
    conf = (DEPLOY / "mosquitto" / "softplace.conf").read_text()
    [where] = re.findall(r"^crlfile (.*)$", conf, re.MULTILINE)
    assert f" {where}\n" in service


def test_the_compose_file_is_yaml_and_names_what_exists():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    built = {name: s["build"] for name, s in compose["services"].items() if "build" in s}
    assert set(built) == {"ingest", "dispatch", "web"}
    for build in built.values():
        assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source.startswith("./etc/") or source in compose["volumes"], name


def test_the_revocation_service_copies_no_secret_that_a_link_points_to(tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed (apt install openssl)")
    service = (DEPLOY / "systemd" / "softplace-crl.service").read_text()
    [command] = re.findall(r"^ExecStart=(/usr/bin/openssl .*)$", service, re.MULTILINE)
    told, taken = tmp_path / "devices.crl", tmp_path / "taken.crl"
    command = command.replace(f"/var/lib/softplace/{KEYS_DIRECTORY}/{LIST_FILE}", str(told))
    words = re.sub(r"/etc/mosquitto/\S+", str(taken), command).split()
    secret = tmp_path / "secret"
    secret.write_text("root:$6$hash:20000::::::\n")
    told.symlink_to(secret)
    done = subprocess.run(words, check=False, capture_output=True)
    assert done.returncode != 0
    assert b"hash" not in (taken.read_bytes() if taken.exists() else b"")
    told.unlink()
    authority = open_authority(tmp_path, "lozere", SystemClock().now_ms())
    told.write_bytes(authority.revocation_list([("1f", 0)], SystemClock().now_ms()))
    subprocess.run(words, check=True, capture_output=True)
    assert "X509 CRL" in taken.read_text()
    assert taken.read_text() == told.read_text()
