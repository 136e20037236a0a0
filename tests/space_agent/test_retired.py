"""A space that is no more keeps nothing of its people and no key of any card."""

from __future__ import annotations

from edge.space_agent.building import LENDINGS_SUFFIX, PEOPLE_SUFFIX, forget_files
from edge.space_agent.config import load_config
from tests.space_agent.test_agent_command import CONFIG


def test_a_retired_space_leaves_nobody_and_no_key(tmp_path):
    path = tmp_path / "agent-space.toml"
    path.write_text(CONFIG.format(port=1883, here=tmp_path))
    config = load_config(path)
    config.copass_directory.mkdir()
    for name in ("rights", "floor", "time"):
        (config.copass_directory / f"{name}.sealed").touch()
    for suffix in (PEOPLE_SUFFIX, LENDINGS_SUFFIX):
        config.outbox_path.with_suffix(suffix).touch()
    forget_files(config)
    assert not list(config.copass_directory.iterdir())
    assert {one.name for one in tmp_path.iterdir()} == {path.name, config.copass_directory.name}
