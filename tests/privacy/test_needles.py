"""The search for secrets finds them, however they are written."""

from __future__ import annotations

import base64
import json
import sqlite3
import zlib
from pathlib import Path

import pytest

from tests.privacy.needles import found_in, found_under

UID = bytes.fromhex("04782e21801d80")
SECRETS = {"card": UID, "phone": bytes.fromhex("5ca86af4e8ee")}


@pytest.mark.parametrize(
    "written",
    [
        UID,
        UID[::-1],
        b"04:78:2E:21:80:1D:80",
        b"uid=04782e21801d80;",
        f"uid={UID!r}".encode(),
        str(list(UID)).encode(),
        json.dumps({"uid": UID.decode("latin-1")}).encode(),
        b"0x04, 0x78, 0x2e, 0x21, 0x80, 0x1d, 0x80",
        base64.b64encode(b"x" + UID + b"yz"),
        base64.b64encode(b"xy" + UID),
        base64.urlsafe_b64encode(UID + b"tail"),
        str(int.from_bytes(UID, "big")).encode(),
    ],
)
def test_a_uid_is_found_in_every_form(written: bytes):
    assert found_in(b"before " + written + b" after", SECRETS) == ["card"]


def test_what_is_not_there_is_not_found():
    assert found_in(b"04:78:2e:21:80:1d:81 202611-9f2c4a7be0d31857", SECRETS) == []


def test_files_and_compressed_parts_are_searched(tmp_path: Path):
    (tmp_path / "log").write_text("AP-STA-CONNECTED 5c:a8:6a:f4:e8:ee")
    (tmp_path / "packed").write_bytes(b"head" + zlib.compress(b"a card " + UID.hex().encode()))
    with sqlite3.connect(tmp_path / "db") as database:
        database.execute("CREATE TABLE t (b BLOB)")
        database.execute("INSERT INTO t VALUES (?)", (UID,))
    assert found_under(tmp_path, SECRETS) == ["db: card", "log: phone", "packed: card"]
