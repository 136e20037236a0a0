"""The door's file: every key known, every fault named with its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.agent.errors import InvalidConfig
from edge.card_reader.config import DoorConfig, load_config

README = Path(__file__).resolve().parents[2] / "edge" / "card_reader" / "README.md"
LEAST = """
territory = "lozere"
unit = "reader/mende"
[broker]
url = "mqtt://127.0.0.1:1883"
[outbox]
path = "outbox.db"
[lines.outputs]
relay = { offset = 27 }
"""


def loaded(tmp_path: Path, text: str) -> DoorConfig:
    path = tmp_path / "door.toml"
    path.write_text(text)
    return load_config(path)


def test_the_example_of_the_page_is_taken_as_it_stands(tmp_path):
    example = README.read_text().split("```toml\n")[1].split("```")[0]
    config = loaded(tmp_path, example)
    assert config.times.pulse_ms == 5_000
    assert config.times.renew_ms < config.times.pulse_ms
    assert config.point.direction == "in"
    assert config.policy.clockless_limit_ms == 24 * 3_600_000
    assert config.screen.help_number == "04 65 71 00 12"
    assert config.copass_directory == tmp_path / "copass"


def test_a_relay_is_all_that_is_needed(tmp_path):
    config = loaded(tmp_path, LEAST)
    assert config.screen is None
    assert config.reader.kind == "pn532"
    assert config.policy.passback == "soft"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("reader/mende", "bus/b1"), "is no door"),
        (("relay", "relais"), "[lines.outputs.relais] is not a wire of a door"),
        (("relay = { offset = 27 }", ""), "[lines.outputs.relay] is missing"),
        (("[lines.outputs]", "[door]\npulse_s = 60\n[lines.outputs]"), "[door] pulse_s"),
        (("[lines.outputs]", '[reader]\nkind = "osdp"\n[lines.outputs]'), "[reader] kind"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, change, said):
    with pytest.raises(InvalidConfig) as refused:
        loaded(tmp_path, LEAST.replace(*change))
    assert said in str(refused.value)
