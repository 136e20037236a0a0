"""`softplace device` on the server: what is written down, and wrong use in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from softplace.__main__ import main

pytestmark = pytest.mark.usefixtures("config")


@pytest.fixture
def config(tmp_path) -> Path:
    path = tmp_path / "softplace.toml"
    path.write_text(
        f'territory = "lozere"\ndata = "{tmp_path}/data"\n'
        '[devices]\nbroker_url = "mqtts://broker.example.org:8883"\n'
    )
    return path


@pytest.fixture
def device(config, capsys):
    def run(*words: str) -> tuple[int, str, str]:
        code = main(["device", *words, "--config", str(config)])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_a_vehicle_is_swapped_with_one_command(device):
    assert device("assign", "bus/b1", "--duty", "ligne-3")[:2] == (0, "bus/b1 does ligne-3\n")
    code, said, _ = device("assign", "bus/b2", "--duty", "ligne-3", "--from", "2035-11-25T06:00")
    assert (code, said) == (0, "bus/b2 does ligne-3 instead of bus/b1\n")
    listed = json.loads(device("list", "--json")[1])
    assert [(row["unit"], row["until_ms"] is None) for row in listed["duties"]] == [
        ("bus/b1", False),
        ("bus/b2", True),
    ]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("invite", "tram/t1"), 2, "kind 'tram' is unknown"),
        (("assign", "bus/b1", "--duty", "Ligne 3"), 2, "for example ligne-3"),
        (("assign", "bus/b1", "--duty", "l3", "--from", "tomorrow"), 2, "2026-11-25T06:00"),
        (("revoke", "bus/b1"), 1, "softplace device list"),
        (("revoke", "d-123"), 1, "d-123 is not in service"),
        (("logs", "bus/b1", "--wait", "0.1"), 1, "softplace serve dispatch"),
        (
            (
                "invite",
                f"reader/{'a' * 40}",
            ),
            0,
            "",
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence_with_the_cure(device, words, code, said):
    found, _, complaint = device(*words)
    assert found == code
    assert said in complaint
    assert len(complaint.splitlines()) <= 1


def test_an_invitation_needs_to_know_the_broker(device, config):
    config.write_text(config.read_text().partition("[devices]")[0])
    code, _, complaint = device("invite", "bus/b1")
    assert code == 1
    assert 'broker_url = "mqtts://HOST:8883"' in complaint


def test_a_code_is_printed_once_and_kept_nowhere(device, config):
    printed = json.loads(device("invite", "bus/b1", "--json")[1])
    assert printed["minutes"] == 15
    kept = (config.parent / "data" / "records.sqlite").read_bytes()
    kept += b"".join(path.read_bytes() for path in (config.parent / "data").glob("*-wal"))
    assert printed["code"].replace("-", "")[4:].encode() not in kept


def test_every_subcommand_has_help_with_an_example(capsys):
    from softplace.device import SUBCOMMANDS

    for name, _ in SUBCOMMANDS:
        with pytest.raises(SystemExit):
            main(["device", name, "--help"])
        assert f"device {name}" in capsys.readouterr().out.partition("example:")[2]
