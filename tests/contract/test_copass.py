"""Card file and pseudonyms: what every reader and the desk must agree on."""

from __future__ import annotations

import pytest

from contract.card_file import (
    CardFile,
    NotACoPass,
    decode_card_file,
    diversification_input,
    territory_mark,
)
from contract.pseudonym import month_key, month_of, pseudonym, pseudonym_at

UID = bytes.fromhex("04782e21801d80")
NOV_2026_MS = 1_795_680_720_000


def test_a_card_file_survives_its_way():
    written = CardFile(territory_mark("lozere"), b"12345678")
    assert decode_card_file(written.encode(), "lozere") == written


@pytest.mark.parametrize("data", [b"", bytes(32), bytes(31), b"\x01" + bytes(31)])
def test_another_file_is_no_co_pass(data: bytes):
    with pytest.raises(NotACoPass, match="not a co-pass of this territory"):
        decode_card_file(data, "lozere")


def test_a_card_of_another_territory_is_said_to_be_one():
    foreign = CardFile(territory_mark("gers"), b"12345678").encode()
    with pytest.raises(NotACoPass, match="another territory"):
        decode_card_file(foreign, "lozere")


def test_the_diversification_input_fits_two_blocks():
    assert len(diversification_input(UID, "lozere")) <= 31
    assert diversification_input(UID, "lozere") != diversification_input(UID, "gers")


def test_a_pseudonym_changes_with_the_month_and_hides_the_uid():
    keys = {month: month_key(b"territory", month) for month in ("202611", "202612")}
    november = pseudonym_at(NOV_2026_MS, keys, UID)
    december = pseudonym_at(NOV_2026_MS + 31 * 86_400_000, keys, UID)
    assert (november[:7], december[:7]) == ("202611-", "202612-")
    assert november[7:] != december[7:]
    assert UID.hex() not in november
    assert november == pseudonym(month_of(NOV_2026_MS), keys["202611"], UID)


def test_a_device_long_without_news_uses_the_newest_month_it_has():
    keys = {"202609": b"a" * 16, "202610": b"b" * 16}
    assert pseudonym_at(NOV_2026_MS, keys, UID).startswith("202610-")
    assert pseudonym_at(NOV_2026_MS, {}, UID) == "unknown"
