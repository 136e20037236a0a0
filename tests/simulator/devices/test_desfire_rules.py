"""What the emulated card permits: makes, deletes, reads, writes and changes, and refuses."""

from __future__ import annotations

import pytest

from simulator.devices.desfire import Application, CardMemory, DataFile, DesfireCard, Key, crypto
from simulator.devices.desfire.messaging import Mode
from simulator.devices.desfire.native import answered
from simulator.devices.desfire.state import CardState
from simulator.devices.desfire.status import Status

UID = bytes.fromhex("04782E21801D80")
AID = "665544"
FREE_FILE = "cd0500eeee400000"
"""File 5: plain, free for anyone, 64 bytes."""


@pytest.fixture
def card():
    made = DesfireCard(CardMemory(UID), bytes)
    made.wake()
    return made


def say(to: DesfireCard, *frames: str) -> str:
    """The answer to the last of the frames; all before it are granted."""
    *before, last = frames
    for frame in before:
        answer = to.exchange(bytes.fromhex(frame))
        assert answer is not None
        assert answer[0] in {Status.OK, Status.MORE}, frame
    return (to.exchange(bytes.fromhex(last)) or b"").hex()


def test_an_application_is_made_listed_and_selected(card):
    assert say(card, f"ca{AID}0f82", "6a") == "00" + AID
    assert say(card, f"5a{AID}", "45") == "000f82"
    assert say(card, "6401") == "0000"
    assert say(card, "6402") == "40"
    assert say(card, "6a") == "9d", "applications are listed at card level only"


@pytest.mark.parametrize(
    ("frame", "status"),
    [
        (f"ca{AID}0f82", "de"),
        ("ca0000010f02", "9e"),
        ("ca0000010f8f", "9e"),
        ("ca0000010f", "7e"),
        ("ca0000010f8200", "7e"),
        ("5a998877", "a0"),
        (FREE_FILE, "9d"),
        ("6f", "9d"),
        ("da998877", "ae"),
        ("51", "ae"),
        ("77", "9d"),
        ("aa01", "40"),
        ("aa0000", "7e"),
        ("afaf", "1c"),
        ("c400" + "00" * 32, "ae"),
    ],
)
def test_what_a_card_refuses_at_its_own_level(card, frame, status):
    assert say(card, f"ca{AID}0f82", frame) == status


def test_a_card_without_the_right_to_make_things_asks_for_its_master_key():
    memory = CardMemory(UID)
    memory.applications["000000"].settings = 0x09
    card = DesfireCard(memory, bytes)
    assert say(card, f"ca{AID}0f82") == "ae"
    assert say(card, "6a") == "ae"
    assert say(card, "45") == "ae"


@pytest.mark.parametrize(
    ("frame", "status"),
    [
        (FREE_FILE, "de"),
        ("cd0600eeee000000", "9e"),
        ("cd0602eeee400000", "9e"),
        ("cd0600eee9400000", "9e"),
        ("cd2000eeee400000", "9e"),
        ("cd0600eeee000001", "0e"),
        ("f506", "f0"),
        ("df06", "f0"),
        ("bd05010000400000", "be"),
        ("bd05400000000000", "be"),
        ("3d0500000000000055", "7e"),
        ("3d0501000001000055" + "66", "7e"),
        ("3d0540000001000055", "be"),
        ("3d05" + "000000" + "400000" + "00" * 53, "7e"),
    ],
)
def test_what_an_application_refuses(card, frame, status):
    assert say(card, f"ca{AID}0f82", f"5a{AID}", FREE_FILE, frame) == status


def test_a_free_file_is_written_over_several_frames_and_read_back(card):
    first, rest = "11" * 40, "22" * 24
    begun = "3d05" + "000000" + "400000" + first
    assert say(card, f"ca{AID}0f82", f"5a{AID}", FREE_FILE, begun) == "af"
    assert say(card, "af" + rest) == "00"
    assert say(card, "bd05000000400000") == "af" + (first + rest)[:118]
    assert say(card, "af") == "00" + (first + rest)[118:]
    assert say(card, "ad05000000400000") == "00" + first + rest, "in one piece, chained below"
    assert say(card, "f505") == "000000eeee400000"
    assert say(card, "df05", "6f") == "00"


def test_memory_is_used_and_given_back(card):
    assert say(card, "6e") == "00000800"
    assert say(card, f"ca{AID}0f82", f"5a{AID}", FREE_FILE, "6e") == "00600700"
    assert say(card, "df05", "6e") == "00a00700"


class Open:
    """An authenticated key whose messages are not protected."""

    denied = Status.AUTHENTICATION_ERROR

    def __init__(self, key_number: int) -> None:
        self.key_number = key_number

    def sent_bytes(self, mode: Mode, data_bytes: int) -> int:  # noqa: ARG002 - any mode
        return data_bytes

    def opened(self, mode: Mode, head: bytes, sent: bytes, data_bytes: int) -> bytes:  # noqa: ARG002 - as it is
        new = sent[:16]
        return sent + crypto.crc32(crypto.xor(new, bytes(16)))

    def closed(self, mode: Mode, data: bytes, *, padded_end: bool = False) -> bytes:  # noqa: ARG002 - as it is
        return data


@pytest.mark.parametrize(
    ("settings", "authenticated", "changed", "status"),
    [
        (0x0F, 0, 0, Status.OK),
        (0x0E, 0, 0, Status.PERMISSION_DENIED),
        (0x0F, 1, 0, Status.AUTHENTICATION_ERROR),
        (0x0F, 0, 1, Status.OK),
        (0x0F, 1, 1, Status.AUTHENTICATION_ERROR),
        (0xEF, 1, 1, Status.OK),
        (0xEF, 0, 1, Status.AUTHENTICATION_ERROR),
        (0xFF, 0, 1, Status.PERMISSION_DENIED),
        (0x2F, 2, 1, Status.OK),
        (0x2F, 0, 1, Status.AUTHENTICATION_ERROR),
        (0x2F, 0, 2, Status.OK),
        (0x0F, 0, 7, Status.NO_SUCH_KEY),
    ],
)
def test_who_may_change_which_key(settings, authenticated, changed, status):
    memory = CardMemory(UID)
    memory.applications[AID] = Application(settings, [Key() for _ in range(3)])
    state = CardState(memory, bytes)
    state.selected, state.session = bytes.fromhex(AID), Open(authenticated)
    new = bytes(range(16))
    assert answered(state, 0xC4, bytes((changed,)) + new + b"\x07") == (status, b"")
    expected = Key(new, 7) if status is Status.OK else Key()
    assert changed > 2 or memory.applications[AID].keys[changed] == expected


@pytest.mark.parametrize(
    ("rights", "authenticated", "reads", "writes"),
    [
        (0x1000, 1, Status.OK, Status.AUTHENTICATION_ERROR),
        (0x1000, 0, Status.OK, Status.OK),
        (0x12F0, 0, Status.AUTHENTICATION_ERROR, Status.AUTHENTICATION_ERROR),
        (0x12F0, 2, Status.AUTHENTICATION_ERROR, Status.OK),
        (0xFFF0, 0, Status.PERMISSION_DENIED, Status.PERMISSION_DENIED),
        (0xEFF0, 2, Status.OK, Status.PERMISSION_DENIED),
        (0xFF20, 2, Status.OK, Status.OK),
    ],
)
def test_who_may_read_and_write(rights, authenticated, reads, writes):
    memory = CardMemory(UID)
    file = DataFile(3, rights, bytearray(8))
    memory.applications[AID] = Application(0x0F, [Key() for _ in range(3)], {1: file})
    for code, data, status in ((0xBD, "", reads), (0x3D, "55" * 8, writes)):
        state = CardState(memory, bytes)
        state.selected, state.session = bytes.fromhex(AID), Open(authenticated)
        said, _ = answered(state, code, bytes.fromhex("01000000080000" + data))
        assert said is status
    assert bytes(file.content[:8]) == (b"\x55" * 8 if writes is Status.OK else bytes(8))
