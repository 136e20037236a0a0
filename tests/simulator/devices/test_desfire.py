"""The emulated card against printed transcripts; its independent clients are in firmware_tests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.devices.desfire import Application, CardMemory, DataFile, DesfireCard, Key, crypto
from simulator.devices.desfire.messaging import Mode
from simulator.devices.desfire.native import answered
from simulator.devices.desfire.session_ev2 import SessionEv2
from simulator.devices.desfire.state import CardState
from simulator.devices.desfire.status import Status

UID = bytes.fromhex("04782E21801D80")
AID = "01f5f5"
FILE = DataFile(3, 0x1000, bytearray(b"co-pass"))
INSTRUCTIONS = bytes.fromhex("606e516acada45546464c46ff5cddfbdad3d8d5aaa7177af")


class Given:
    """Random bytes that are handed out in this order."""

    def __init__(self, *pieces: str) -> None:
        self._rest = [bytes.fromhex(piece) for piece in pieces]

    def __call__(self, size: int) -> bytes:
        piece = self._rest.pop(0)
        assert len(piece) == size
        return piece


def card(*random: str, generation: int = 2, random_uid: bool = False) -> DesfireCard:
    memory = CardMemory(UID, generation, random_uid)
    memory.applications[AID] = Application(0x09, [Key()])
    made = DesfireCard(memory, Given(*random))
    made.wake()
    return made


def say(to: DesfireCard, frame: str) -> str:
    answer = to.exchange(bytes.fromhex(frame))
    assert answer is not None
    return answer.hex()


def test_ev1_authentication_is_that_of_a_recorded_card():
    one = card("C05DDD714FD788A6B7B754F3C4D066E8")
    assert say(one, "AA00") == "afb969fdfe56fd91fc9de6f6f213b8fd1e"
    proof = "36AAD7DF6E436BA08D18613830A70D5AD43E3D3F4A8D47541EEE623A934E4774"
    assert say(one, "AF" + proof) == "00800db680bc146bd121d6578f2d2e2059"


def test_ev1_answers_carry_the_chained_macs_of_a_recorded_card():
    rnd_b = crypto.decrypt(bytes(16), bytes.fromhex("b4f7379bad5f9955110412f2cfc3759c"))
    one = card(rnd_b.hex())
    assert say(one, "5a" + AID) == "00"
    assert say(one, "aa00") == "afb4f7379bad5f9955110412f2cfc3759c"
    proof = "d83ff069cadb06f10d59a9bce7831c10d46b8f0482bee2f5eed91bf0f9af08fd"
    assert say(one, "af" + proof) == "0034c0edd94cb393b59cc71f8f00deb3c9"
    assert say(one, "45") == "0009819d0c9a70e81d1965"
    assert say(one, "6400") == "0000e4ebf8f0b02e2b50"
    assert say(one, "6f") == "00868362f5c319a8a1"


def test_ev2_authentication_is_that_of_an12343():
    one = card("FA659AD0DCA738DD65DC7DC38612AD81", "8CF141F3")
    assert say(one, "710000") == "af24677ddbd46349e623798fd729006e79"
    proof = "3B50445F21D21D77D500794DEB245E5A754F5F901844259F4C9B31A5C7335ACD"
    assert say(one, "AF" + proof) == (
        "0004c6dbd67417ed0d31ddde4d2e3ffac2b4b074f638eef7fff9254963b65c7759"
    )


def test_ev2_authentication_in_apdus_is_that_of_an12196():
    one = card("B9E2FC789B64BF237CCCAA20EC7E6E48", "9D00C4DF")
    assert say(one, "9071000002000000") == "a04c124213c186f22399d33ac2a3021591af"
    proof = "35C3E05A752E0144BAC0DE51C1F22C56B34408A23D8AEA266CAB947EA8E0118D"
    assert say(one, f"90AF000020{proof}00") == (
        "3fa64db5446d1f34cd6ea311167f5e4985b89690c04a05f17fa7ab2f081206639100"
    )


def test_a_further_ev2_authentication_keeps_transaction_and_counter():
    rnd_b = "B9E2FC789B64BF237CCCAA20EC7E6E48"
    one = card("FA659AD0DCA738DD65DC7DC38612AD81", "8CF141F3", rnd_b)
    say(one, "710000")
    say(one, "AF3B50445F21D21D77D500794DEB245E5A754F5F901844259F4C9B31A5C7335ACD")
    first = one._state.session
    first.counter = 5
    assert say(one, "7700") == "afa04c124213c186f22399d33ac2a30215"
    proof = "35C3E05A752E0144BAC0DE51C1F22C56B34408A23D8AEA266CAB947EA8E0118D"
    rotated = bytes.fromhex("C5DB8A5930439FC3DEF9A4C675360F13")
    answer = bytes.fromhex(say(one, "AF" + proof))
    assert crypto.decrypt(bytes(16), answer[1:]) == rotated
    session = one._state.session
    assert (session.identifier, session.counter) == (first.identifier, 5)
    assert session._enc_key.hex() == "1309c877509e5a215007ff0ed19ca564"
    assert session._mac_key.hex() == "4c6626f5e72ea694202139295c7a7fc7"


def test_ev2_enciphers_a_uid_as_an12196_does():
    state = CardState(CardMemory(bytes.fromhex("04958CAA5C5E80")), Given())
    keys = "2B4D963C014DC36F24F69A50A394F875", "379D32130CE61705DD5FD8C36B95D764"
    enc_key, mac_key = map(bytes.fromhex, keys)
    state.session = SessionEv2(0, (enc_key, mac_key), bytes.fromhex("DF055522"))
    status, answer = answered(state, 0x51, bytes.fromhex("8E2C155ADDA99BE3"))
    assert status is Status.OK
    assert answer.hex() == "70756055688505b52a5e26e59e329cd6595f672298ea41b7"


def test_ev2_opens_a_write_printed_by_nxp():
    keys = "1D8C929597A19990295306DEFC57755A", "2D9377F5CAAA1D53935454806B170723"
    enc_key, mac_key = map(bytes.fromhex, keys)
    session = SessionEv2(0, (enc_key, mac_key), bytes.fromhex("FBCF7BCF"))
    head = bytes.fromhex("8D00000000050000")
    sent = bytes.fromhex("77A2FD1B2BC19EC917B26D17694B6844CD3177470834C634")
    assert session.opened(Mode.FULL, head, sent, 5) == b"12345"


@pytest.mark.parametrize(
    ("message", "mac"),
    [
        ("", "bb1d6929e95937287fa37d129b756746"),
        ("6bc1bee22e409f96e93d7e117393172a", "070a16b46b4d4144f79bdd9dd04a287c"),
    ],
)
def test_cmac_is_that_of_rfc_4493(message, mac):
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    assert crypto.cmac(key, bytes.fromhex(message)).hex() == mac


def test_the_crc_is_that_of_desfire():
    assert crypto.crc32(bytes.fromhex("00102030405060708090A0B0B0A09080")).hex() == "bfe37919"


def test_a_version_comes_in_three_frames():
    one = card()
    assert say(one, "60")[:2] == "af"
    assert say(one, "af")[:2] == "af"
    assert say(one, "af").startswith("00" + UID.hex())
    assert say(one, "af") == "1c", "nothing is left"


def test_an_error_ends_an_authentication():
    one = card("C05DDD714FD788A6B7B754F3C4D066E8")
    say(one, "AA00")
    say(one, "AF36AAD7DF6E436BA08D18613830A70D5AD43E3D3F4A8D47541EEE623A934E4774")
    assert say(one, "51")[:2] == "00"
    assert say(one, "6407") == "40"
    assert say(one, "51") == "ae"


@pytest.mark.parametrize("proof", ["00" * 32, "00" * 31])
def test_a_wrong_proof_is_refused(proof):
    one = card("C05DDD714FD788A6B7B754F3C4D066E8")
    say(one, "AA00")
    assert say(one, "AF" + proof) in {"ae", "7e"}
    assert say(one, "51") == "ae"


def test_an_ev1_card_knows_no_ev2_authentication():
    assert say(card(generation=1), "710000") == "1c"


def test_a_card_taken_away_forgets_its_session_and_what_it_waited_for():
    one = card("C05DDD714FD788A6B7B754F3C4D066E8")
    say(one, "AA00")
    one.wake()
    assert say(one, "AF" + "00" * 32) == "1c"


def test_a_card_with_a_random_uid_never_shows_its_own():
    one = card("112233", "445566", random_uid=True)
    assert one.wake().uid.hex() == "08112233", "the same while there is power"
    one.lose_power()
    assert one.wake().uid.hex() == "08445566"
    say(one, "60")
    say(one, "af")
    assert UID.hex() not in say(one, "af")


def test_a_card_survives_on_paper():
    one = card()
    one.memory.applications[AID].files[1] = FILE
    again = DesfireCard.from_bytes(one.to_bytes(), Given())
    assert again.memory == one.memory


def test_a_file_is_read_only_with_its_key():
    one = card()
    one.memory.applications[AID].files[1] = FILE
    assert say(one, "5a" + AID) == "00"
    assert say(one, "bd01000000070000") == "ae"
    assert say(one, "bd02000000070000") == "f0"


@given(st.lists(st.tuples(st.sampled_from(INSTRUCTIONS), st.binary(max_size=64)), max_size=12))
def test_no_frames_ever_break_a_card_or_open_a_file(frames):
    memory = CardMemory(UID, 2)
    memory.applications[AID] = Application(0x09, [Key(b"0123456789abcdef")], {1: FILE})
    one = DesfireCard(memory, bytes)
    one.wake()
    one.exchange(bytes.fromhex("5a" + AID))
    for code, data in frames:
        answer = one.exchange(bytes((code,)) + data)
        assert answer is not None
        assert answer[0] in set(Status)
        assert b"co-pass" not in answer
