"""A copied card opens nothing: files at rest belong to one board."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from edge.copass.at_rest import BoardSecret, SealedFile, at_rest_key, board_secret
from edge.copass.durable_files import RealFiles
from edge.copass.errors import DamagedFile, NoHardwareSecret

FILES = RealFiles()


def board(root: Path, *, otp: bytes | None = None, serial: str | None = None) -> BoardSecret:
    if otp is not None:
        path = root / "sys/bus/nvmem/devices/rpi_otp_private0/nvmem"
        path.parent.mkdir(parents=True)
        path.write_bytes(otp)
    if serial is not None:
        path = root / "sys/firmware/devicetree/base/serial-number"
        path.parent.mkdir(parents=True)
        path.write_bytes(serial.encode() + b"\0")
    return board_secret(root)


def sealed(directory: Path, of: BoardSecret, purpose: str = "rights") -> SealedFile:
    key = at_rest_key(of, directory / "secret", FILES, secrets.token_bytes)
    return SealedFile(directory / "rights.sealed", key, purpose, FILES, secrets.token_bytes)


def test_a_burnt_secret_is_preferred_and_an_unburnt_one_passed_over(tmp_path):
    burnt = board(tmp_path / "a", otp=bytes(range(32)), serial="10000000abcdef01")
    assert (burnt.name, burnt.is_secret) == ("OTP private key", True)
    unburnt = board(tmp_path / "b", otp=bytes(32), serial="10000000abcdef01")
    assert (unburnt.name, unburnt.is_secret) == ("board serial", False)
    assert unburnt.value == b"10000000abcdef01"


def test_a_burnt_secret_that_cannot_be_read_is_said_and_not_silently_replaced(tmp_path, caplog):
    (tmp_path / "sys/bus/nvmem/devices/rpi_otp_private0/nvmem").mkdir(parents=True)
    weaker = board(tmp_path, serial="10000000abcdef01")
    assert weaker.name == "board serial"
    assert "at_rest=passed_over" in caplog.text
    assert "rpi_otp_private0" in caplog.text


def test_a_machine_without_any_secret_is_told_what_to_do(tmp_path):
    with pytest.raises(NoHardwareSecret, match="tried OTP private key, board serial"):
        board_secret(tmp_path)


def test_a_secret_that_lies_on_the_card_itself_is_warned_about(tmp_path, caplog):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/machine-id").write_text("0123456789abcdef\n")
    assert board_secret(tmp_path).name == "machine id"
    assert "at_rest=weak" in caplog.text


def test_the_same_board_reads_what_it_wrote_and_another_one_does_not(tmp_path):
    here = BoardSecret("board serial", b"10000000abcdef01")
    sealed(tmp_path, here).write(b"rights of everybody")
    assert sealed(tmp_path, here).read() == b"rights of everybody"
    for thief in (BoardSecret("board serial", b"10000000abcdef02"), BoardSecret("x", b"", True)):
        with pytest.raises(DamagedFile, match="another board"):
            sealed(tmp_path, thief).read()
    assert b"rights" not in (tmp_path / "rights.sealed").read_bytes()


def test_a_file_cannot_be_used_for_another_purpose(tmp_path):
    here = BoardSecret("board serial", b"10000000abcdef01")
    sealed(tmp_path, here).write(b"body")
    with pytest.raises(DamagedFile):
        sealed(tmp_path, here, "floor").read()


@pytest.mark.parametrize("size", [0, 4, 5, 16, 17, 40])
def test_a_file_that_is_cut_short_is_refused(tmp_path, size):
    here = sealed(tmp_path, BoardSecret("board serial", b"1"))
    here.write(b"body" * 9)
    here.path.write_bytes(here.path.read_bytes()[:size])
    with pytest.raises(DamagedFile):
        here.read()


def test_any_flipped_bit_is_noticed(tmp_path):
    here = sealed(tmp_path, BoardSecret("board serial", b"1"))
    here.write(b"body")
    good = here.path.read_bytes()
    for at in range(len(good)):
        here.path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        with pytest.raises(DamagedFile):
            here.read()


def test_no_file_is_no_fault(tmp_path):
    assert sealed(tmp_path, BoardSecret("board serial", b"1")).read() is None


def test_files_are_readable_by_their_owner_only(tmp_path):
    here = sealed(tmp_path, BoardSecret("board serial", b"1"))
    here.write(b"body")
    for name in ("rights.sealed", "secret"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
