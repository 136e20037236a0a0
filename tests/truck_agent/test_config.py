from __future__ import annotations

from pathlib import Path

import pytest

from edge.agent.errors import InvalidConfig
from edge.truck_agent.config import load_config

GOOD = """
territory = "lozere"
unit = "bus/b1"
[broker]
url = "mqtts://broker.example"
username = "bus-b1"
password_file = "password"
ca = "/etc/ca.pem"
[position]
source = "nmea"
port = "/dev/ttyUSB0"
baud = 38400
[outbox]
path = "outbox.db"
max_mb = 64
[link]
machine_serial = "100000001"
batch_s = 0.5
"""


def written(tmp_path: Path, text: str) -> Path:
    (tmp_path / "password").write_text("secret\n")
    path = tmp_path / "agent.toml"
    path.write_text(text)
    return path


def test_a_whole_file_is_read(tmp_path: Path):
    config = load_config(written(tmp_path, GOOD))
    assert str(config.unit) == "bus/b1"
    assert (config.broker.host, config.broker.port, config.broker.tls) == (
        "broker.example",
        8883,
        True,
    )
    assert (config.broker.username, config.broker.password) == ("bus-b1", "secret")
    assert "secret" not in repr(config)
    assert config.outbox_path == tmp_path / "outbox.db"
    assert config.ca_file == Path("/etc/ca.pem")
    assert config.outbox_max_bytes == 64 * 1024 * 1024
    assert (config.position.baud, config.batch_s, config.interval_s) == (38400, 0.5, 1.0)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('unit = "bus/b1"', 'unit = "tram/b1"', "kind 'tram' is unknown"),
        ('unit = "bus/b1"', 'unit = "space/s1"', "serves truck/ID and bus/ID"),
        ('unit = "bus/b1"', 'unit = "b1"', "write KIND/ID"),
        ('unit = "bus/b1"', 'unit = "bus/B 1"', "must be 1 to 40"),
        ('unit = "bus/b1"\n', "", "unit is missing; add it"),
        ('unit = "bus/b1"', 'unit = "bus/b1"\nspeed = 3', "speed is not a key of this file"),
        ("baud = 38400", 'baud = "fast"', "[position] baud: expected `int`, got `str`"),
        ("baud = 38400", "baud = 3", "[position] baud"),
        ("baud = 38400", "bauds = 9600", "[position] bauds is not a key"),
        ('source = "nmea"', 'source = "galileo"', "[position] source: invalid enum value"),
        ('path = "outbox.db"\n', "", "[outbox] path is missing"),
        ("mqtts://broker.example", "http://x", "[broker] url"),
        ('password_file = "password"', 'password_file = "none"', "[broker] password_file"),
        ('territory = "lozere"', 'territory = "Lozère"', "territory"),
        ('territory = "lozere"', "territory =", "is not TOML"),
        ("[position]", '[position]\nhost = "x:y"', "[position] host"),
    ],
)
def test_each_fault_is_one_sentence_with_file_and_key(
    tmp_path: Path, old: str, new: str, said: str
):
    assert old in GOOD
    path = written(tmp_path, GOOD.replace(old, new))
    with pytest.raises(InvalidConfig) as fault:
        load_config(path)
    assert said in str(fault.value)
    assert str(fault.value).startswith(f"{path}: ")
    assert "\n" not in str(fault.value)


def test_a_missing_file_is_one_sentence(tmp_path: Path):
    with pytest.raises(InvalidConfig, match="cannot be read"):
        load_config(tmp_path / "absent.toml")


ABOARD = """
[lines]
chip = "header"
[lines.inputs.key]
offset = 17
[lines.inputs.sos]
offset = 27
pull = "up"
active_low = true
[lines.inputs.outer]
offset = 5
[lines.inputs.inner]
offset = 6
[lines.outputs.buzzer]
offset = 18
[ignition]
hold_s = 600
switch_off = ["systemctl", "poweroff"]
[sos]
line = "sos"
[lone_worker]
buzzer = "buzzer"
interval_s = 1200
[[doors]]
name = "front"
outer = "outer"
inner = "inner"
[passengers]
seats = 22
depots = [[44.52, 3.49]]
[cab]
[wifi]
hostapd = ["/run/hostapd/wlan0"]
"""


def test_what_is_aboard_is_read_and_without_it_nothing_is(tmp_path: Path):
    plain = load_config(written(tmp_path, GOOD))
    assert not plain.has_parts
    config = load_config(written(tmp_path, GOOD + ABOARD))
    assert config.has_parts
    assert config.ignition.switch_off == ("systemctl", "poweroff")
    assert (config.sos.hold_s, config.lone_worker.interval_s) == (2.0, 1_200.0)
    assert config.doors[0].lines == ("outer", "inner")
    assert config.passengers.depots == ((44.52, 3.49),)
    assert config.lines.inputs["sos"].active_low
    assert config.wifi.hostapd == ("/run/hostapd/wlan0",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'line = "sos"',
            'line = "panic"',
            "[sos] line: no line is named 'panic'; add [lines.inputs",
        ),
        ("[lines.inputs.key]", "[lines.inputs.keys]", "[ignition] line: no line is named 'key'"),
        ('buzzer = "buzzer"', 'buzzer = "sos"', "[lone_worker] buzzer: no line is named 'sos'"),
        ('inner = "inner"\n', "", "[[doors]] front: outer and inner go together"),
        ("hold_s = 600", "hold_s = -1", "[ignition] hold_s"),
        ("seats = 22", "chairs = 22", "[passengers] chairs is not a key"),
    ],
)
def test_a_wire_that_is_not_there_is_one_sentence(tmp_path: Path, old: str, new: str, said: str):
    with pytest.raises(InvalidConfig) as refused:
        load_config(written(tmp_path, (GOOD + ABOARD).replace(old, new, 1)))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
