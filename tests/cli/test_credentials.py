"""Passwords are drawn once, kept privately, and never replaced behind anybody's back."""

import json
import stat
from pathlib import Path

import pytest

from simulator.accounts import InvalidAccounts, load_accounts
from softplace.credentials import FILE_NAME, open_credentials
from softplace.failure import CommandFailed


def test_each_install_and_each_unit_has_its_own_password(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = open_credentials(tmp_path / "a", ["bus/b1", "bus/b2"])
    other = open_credentials(tmp_path / "b", ["bus/b1", "bus/b2"])
    passwords = [c.password for s in (one, other) for c in (s.backend, *s.units.values())]
    assert len(set(passwords)) == 6
    assert min(map(len, passwords)) >= 20
    assert one.backend.password not in repr(one)


def test_they_are_kept_over_restarts_and_new_units_get_theirs(tmp_path: Path) -> None:
    first = open_credentials(tmp_path, ["bus/b1"])
    again = open_credentials(tmp_path, ["truck/sante"])
    assert again.backend == first.backend
    assert again.units["bus/b1"] == first.units["bus/b1"]
    assert again.units["truck/sante"].username == "truck-sante"


def test_only_the_owner_reads_the_file(tmp_path: Path) -> None:
    open_credentials(tmp_path, ["bus/b1"])
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_a_damaged_file_stops_the_start_with_one_sentence(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("{")
    with pytest.raises(CommandFailed, match="put its backup back, or delete it"):
        open_credentials(tmp_path, ["bus/b1"])


def test_the_simulator_reads_the_same_file(tmp_path: Path) -> None:
    credentials = open_credentials(tmp_path, ["bus/b1"])
    accounts = load_accounts(tmp_path / FILE_NAME)
    assert accounts["bus/b1"].password == credentials.units["bus/b1"].password
    assert accounts["bus/b1"].password not in repr(accounts)


def test_a_file_without_units_is_refused_without_repeating_it(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    path.write_text(json.dumps({"secret": "hunter2"}))
    with pytest.raises(InvalidAccounts) as refused:
        load_accounts(path)
    assert "hunter2" not in str(refused.value)
