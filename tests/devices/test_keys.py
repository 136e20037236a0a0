"""The territory's keys are made once, stay what they are, and are for their owner alone."""

from __future__ import annotations

import pytest

from backend.devices.errors import KeyUnusable
from backend.devices.signing_key import open_signer


def test_the_signing_key_is_made_once_and_stays(tmp_path):
    first, again = open_signer(tmp_path), open_signer(tmp_path)
    assert (first.key_id, first.public_bytes) == (again.key_id, again.public_bytes)
    assert first.key_id != open_signer(tmp_path / "other").key_id
    assert (tmp_path / "keys" / "signing.key").stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_damaged_or_open_to_others_is_refused_and_left_alone(tmp_path):
    open_signer(tmp_path)
    path = tmp_path / "keys" / "signing.key"
    path.chmod(0o644)
    with pytest.raises(KeyUnusable, match="chmod 600"):
        open_signer(tmp_path)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(KeyUnusable, match="5 bytes"):
        open_signer(tmp_path)
    assert path.read_bytes() == b"short"
