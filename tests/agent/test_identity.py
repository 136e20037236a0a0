"""An identity is whole or it is refused with the file that is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.agent.errors import InvalidIdentity
from edge.agent.identity import load_identity
from edge.agent.identity_files import finish_renewal, write_file


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    write_file(tmp_path / "box.key", bytes(range(32)))
    write_file(tmp_path / "signers.json", json.dumps({"lozere-1": "07" * 32}).encode())
    for name in ("tls.key", "tls.crt", "ca.pem"):
        write_file(tmp_path / name, b"old")
    return tmp_path


def test_a_whole_identity_is_loaded_and_shows_no_key(directory):
    identity = load_identity(directory)
    assert identity.signers == {"lozere-1": b"\x07" * 32}
    assert identity.cert_file == directory / "tls.crt"
    assert "\\x01\\x02" not in repr(identity)
    assert (directory / "box.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("box.key", b"short", "box.key is 5 bytes"),
        ("box.key", None, "box.key"),
        ("signers.json", b"{}", "names no key"),
        ("signers.json", b'{"a": "07"}', "not 32 bytes"),
        ("signers.json", b"[]", "damaged"),
        ("signers.json", b"\xff", "damaged"),
        ("tls.crt", None, "tls.crt is missing"),
    ],
)
def test_a_broken_identity_names_the_file_and_the_cure(directory, name, content, said):
    (directory / name).unlink()
    if content is not None:
        write_file(directory / name, content)
    with pytest.raises(InvalidIdentity, match="device enrol") as refused:
        load_identity(directory)
    assert said in str(refused.value)


@pytest.mark.parametrize("cut", ["before the key", "between key and certificate", "not at all"])
def test_a_renewal_cut_short_leaves_a_pair_that_fits(directory, cut):
    write_file(directory / "tls.key.next", b"new")
    if cut != "not at all":
        write_file(directory / "tls.crt.next", b"new")
    if cut == "between key and certificate":
        (directory / "tls.key.next").replace(directory / "tls.key")
    finish_renewal(directory)
    finish_renewal(directory)
    pair = {(directory / name).read_bytes() for name in ("tls.key", "tls.crt")}
    assert pair == ({b"old"} if cut == "not at all" else {b"new"})
