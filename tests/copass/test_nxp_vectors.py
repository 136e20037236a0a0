"""Our cryptography gives what NXP, NIST and recorded cards give."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.copass.proof.aes import AesKey, padded
from edge.copass.proof.checksum import jamcrc
from edge.copass.proof.diversification import diversified
from edge.copass.proof.errors import NotAuthentic
from edge.copass.proof.ev1_session import Ev1Authentication
from edge.copass.proof.ev2_session import Ev2Authentication, Ev2Session, Transaction, truncated
from tests.copass.nxp_recomputed import Known, checks_of, is_aes
from tests.copass.nxp_vector_file import Section, sections_of

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "nfc"
FILES = sorted(DATA.glob("*vectors*.txt"))
here = pytest.mark.skipif(not FILES, reason=f"no published vectors at {DATA}")
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


def hexa(text: str) -> bytes:
    return bytes.fromhex(text)


@here
@each_file
def test_every_published_vector_is_recomputed(path: Path):
    known: Known = {}
    for section in filter(is_aes, sections_of(path)):
        checks = checks_of(section, known)
        assert checks, f"[{section.name}] says nothing that we understand"
        for check in checks:
            agrees = check.ours == check.theirs
            assert agrees is check.agree, f"[{section.name}] {check.what}: {check.ours.hex()}"


@here
@each_file
def test_no_result_in_the_file_is_left_out(path: Path):
    known: Known = {}
    for section in filter(is_aes, sections_of(path)):
        seen = {check.theirs for check in checks_of(section, known)}
        missed = {name: value.hex() for name, value in _results(section) if value not in seen}
        assert not missed, f"[{section.name}] {missed}"


OTHER_SHAPES = """
[AN10957-SHORT]  # an M that ends before one block does
master=f3f9377698707b688eaf84abe39e3791 M=04deadbeeffeed -> 0bb408baff98b6ee9f2e1585777f6a51
WRONG (RFC 4493 on 0104deadbeeffeed)=721e2c01e81af85d815633969cea2607
[AN12343-CMAC] K=FD9E26C9766F07C1D07106C0F8F3671F
510000569D4B24 -> ED5CB7A932EF8D7C2E91B42A1139F11B
[RFC4493-40]
key=2B7E151628AED2A6ABF7158809CF4F3C
message=6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E5130C81C46A35CE411
mac=DFA66747DE9AE63030CA32611497C827
[NTAG424-MAC-MODE] KSesAuthMAC=8248134A386E86EB7FAF54A52E536CB6 TI=7A21085E CmdCtr=0000
cmd=90F5000009026597A457C8CD442C00
resp=0040EEEE000100D1FE001F00004400004400002000006A00002A474282E7A479869100
[NTAG424-AUTH-EV2-FIRST-OTHER]
key=00..00 cmd1=9071000002000000 resp1=B875CEB0E66A6C5CD00898DC371F92D191AF
RndA=B98F4C50CF1C2E084FD150E33992B048
cmd2=90AF000020FF0306E47DFBC50087C4D8A78E88E62DE1E8BE457AA477C707E2F0874916A8B100
resp2=0CC9A8094A8EEA683ECAAC5C7BF20584206D0608D477110FC6B3D5D3F65C3A6A9100
TI=7614281A KSesAuthENC=7A93D6571E4B180FCA6AC90C9A7488D4
KSesAuthMAC=FC4AF159B62E549B5812394CAB1918CC
[DESFIRE-EV1-AUTH-AES-key0]
key=00000000000000000000000000000000 RndB_enc=B969FDFE56FD91FC9DE6F6F213B8FD1E
RndA=F44B26F5686F3A391CD38EBD10772281 session_key=F44B26F5C05DDD7110772281C4D066E8
[JAMCRC] data=00102030405060708090A0B0B0A09080 crc=BFE37919
"""


def test_other_sections_of_the_family_are_understood(tmp_path: Path):
    path = tmp_path / "vectors.txt"
    path.write_text(OTHER_SHAPES)
    counted = 0
    for section in sections_of(path):
        checks = checks_of(section, {})
        counted += len(checks)
        assert checks, section.name
        for check in checks:
            assert (check.ours == check.theirs) is check.agree, f"[{section.name}] {check.what}"
    assert counted == 13


def test_a_wrong_vector_is_caught(tmp_path: Path):
    path = tmp_path / "vectors.txt"
    path.write_text(OTHER_SHAPES.replace("BFE37919", "BFE37918").replace("0bb408", "0bb409"))
    checks = [check for section in sections_of(path) for check in checks_of(section, {})]
    assert sum((check.ours == check.theirs) is not check.agree for check in checks) == 2


GIVEN = {
    *("master", "uid", "appid", "systemid", "key", "keyno", "rnda", "rndbenc", "rndarotatedenc"),
    *("ekrndb", "part2response", "cmd", "cmd1", "cmd2", "resp1", "resp2", "payload"),
    *("ksdmmetaread", "ksdmfileread", "piccencdata"),
}
"""Inputs; everything else in a section is a result."""


def _results(section: Section) -> list[tuple[str, bytes]]:
    fields = [(n, v) for n, v in section.fields.items() if n not in GIVEN]
    return fields + list(section.arrows)


RFC4493 = "2b7e151628aed2a6abf7158809cf4f3c"
MESSAGE = (
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)


@pytest.mark.parametrize(
    ("size", "mac"),
    [
        (0, "bb1d6929e95937287fa37d129b756746"),
        (16, "070a16b46b4d4144f79bdd9dd04a287c"),
        (40, "dfa66747de9ae63030ca32611497c827"),
        (64, "51f0bebf7e3b9d92fc49741779363cfe"),
    ],
)
def test_cmac_is_that_of_rfc_4493(size: int, mac: str):
    assert AesKey(hexa(RFC4493)).cmac(hexa(MESSAGE)[:size]).hex() == mac


def test_cmac_of_an12343_over_a_command():
    key = AesKey(hexa("FD9E26C9766F07C1D07106C0F8F3671F"))
    assert key.cmac(hexa("510000569D4B24")) == hexa("ED5CB7A932EF8D7C2E91B42A1139F11B")


@pytest.mark.parametrize(
    ("master", "m", "key"),
    [
        (
            "00112233445566778899AABBCCDDEEFF",
            "04782E21801D803042F54E585020416275",
            "A8DD63A3B89D54B37CA802473FDA9175",
        ),
        (
            "f3f9377698707b688eaf84abe39e3791",
            "04deadbeeffeed",
            "0bb408baff98b6ee9f2e1585777f6a51",
        ),
        (
            "00112233445566778899AABBCCDDEEFF0102030405060708",
            "04782E21801D803042F54E585020416275",
            "CE39C8E1CD82D9A7BEDBE9D74AF59B23176755EE7586E12C",
        ),
        (
            "00112233445566778899AABBCCDDEEFF0102030405060708090A0B0C0D0E0F00",
            "04782E21801D803042F54E585020416275",
            "4FC6EEC820B4C54314990B8611662DB695E7880982C0001E6067488346100AED",
        ),
    ],
)
def test_keys_are_diversified_as_an10922_and_an10957_print_them(master: str, m: str, key: str):
    assert diversified(hexa(master), hexa(m)) == hexa(key)


def test_a_short_input_is_not_diversified_by_a_plain_cmac():
    plain = AesKey(hexa("f3f9377698707b688eaf84abe39e3791")).cmac(hexa("0104deadbeeffeed"))
    assert plain == hexa("721e2c01e81af85d815633969cea2607")
    assert plain != diversified(hexa("f3f9377698707b688eaf84abe39e3791"), hexa("04deadbeeffeed"))


def test_a_diversification_input_that_does_not_fit_is_refused():
    for size in (0, 32):
        with pytest.raises(ValueError, match="1 to 31"):
            diversified(bytes(16), bytes(size))


@pytest.mark.parametrize(
    ("rnd_a", "first", "second", "last", "identifier", "enc", "mac"),
    [
        (
            "B04D0787C93EE0CC8CACC8E86F16C6FE",
            "24677DDBD46349E623798FD729006E79",
            "3B50445F21D21D77D500794DEB245E5A754F5F901844259F4C9B31A5C7335ACD",
            "04C6DBD67417ED0D31DDDE4D2E3FFAC2B4B074F638EEF7FFF9254963B65C7759",
            "8CF141F3",
            "63DC07286289A7A6C0334CA31C314A04",
            "774F26743ECE6AF5033B6AE8522946F6",
        ),
        (
            "13C5DB8A5930439FC3DEF9A4C675360F",
            "A04C124213C186F22399D33AC2A30215",
            "35C3E05A752E0144BAC0DE51C1F22C56B34408A23D8AEA266CAB947EA8E0118D",
            "3FA64DB5446D1F34CD6EA311167F5E4985B89690C04A05F17FA7AB2F08120663",
            "9D00C4DF",
            "1309C877509E5A215007FF0ED19CA564",
            "4C6626F5E72EA694202139295C7A7FC7",
        ),
        (
            "B98F4C50CF1C2E084FD150E33992B048",
            "B875CEB0E66A6C5CD00898DC371F92D1",
            "FF0306E47DFBC50087C4D8A78E88E62DE1E8BE457AA477C707E2F0874916A8B1",
            "0CC9A8094A8EEA683ECAAC5C7BF20584206D0608D477110FC6B3D5D3F65C3A6A",
            "7614281A",
            "7A93D6571E4B180FCA6AC90C9A7488D4",
            "FC4AF159B62E549B5812394CAB1918CC",
        ),
    ],
)
def test_an_ev2_session_opens_as_an12343_and_an12196_print_it(
    rnd_a: str, first: str, second: str, last: str, identifier: str, enc: str, mac: str
):
    half = Ev2Authentication(bytes(16), 0, hexa(rnd_a))
    assert half.start() == hexa("710000")
    assert half.challenged(hexa("AF" + first)) == hexa("AF" + second)
    session = half.finished(hexa("00" + last))
    assert session.transaction == Transaction(hexa(identifier), 0)
    assert session._enc._algorithm.key == hexa(enc)
    assert session._mac._algorithm.key == hexa(mac)


def test_an_enciphered_ev2_write_is_the_one_of_the_community_and_of_an12196():
    session = Ev2Session(
        hexa("1D8C929597A19990295306DEFC57755A"),
        hexa("2D9377F5CAAA1D53935454806B170723"),
        Transaction(hexa("FBCF7BCF"), 0),
    )
    sent = session.enciphered(hexa("8D00000000050000"), hexa("3132333435"))
    assert sent[8:24] == hexa("77A2FD1B2BC19EC917B26D17694B6844")
    assert session._enc.encrypt(hexa("A55AFBCF7BCF00000000000000000000")) == hexa(
        "6034C0FA74F032CBFFED3B6F3E9C584A"
    )
    an12196 = Ev2Session(
        hexa("7A93D6571E4B180FCA6AC90C9A7488D4"),
        hexa("FC4AF159B62E549B5812394CAB1918CC"),
        Transaction(hexa("7614281A"), 0),
    )
    assert an12196.enciphered(hexa("8D030000000A0000"), hexa("0102030405060708090A")) == hexa(
        "8D030000000A00006B5E6804909962FC4E3FF5522CF0F8436C0C53315B9C73AA"
    )
    assert an12196.verified(hexa("00C26D236E4A7C046D")) == b""


def test_a_maced_ev2_exchange_is_that_of_an12196():
    session = Ev2Session(
        bytes(16), hexa("8248134A386E86EB7FAF54A52E536CB6"), Transaction(hexa("7A21085E"), 0)
    )
    assert session.asking(hexa("F502")) == hexa("F5026597A457C8CD442C")
    settings = "0040EEEE000100D1FE001F00004400004400002000006A0000"
    assert session.verified(hexa("00" + settings + "2A474282E7A47986")) == hexa(settings)


def test_an_enciphered_ev2_answer_is_that_of_an12196():
    session = Ev2Session(
        hexa("2B4D963C014DC36F24F69A50A394F875"),
        hexa("379D32130CE61705DD5FD8C36B95D764"),
        Transaction(hexa("DF055522"), 0),
    )
    assert session.asking(hexa("51")) == hexa("518E2C155ADDA99BE3")
    answer = hexa("0070756055688505B52A5E26E59E329CD6595F672298EA41B7")
    assert session.deciphered(answer, 7) == hexa("04958CAA5C5E80")


@pytest.fixture
def recorded_ev1():
    """A session of a recorded card with key 0 all zeros; its RndA is read out of the recording."""
    key = AesKey(bytes(16))
    theirs = hexa("b4f7379bad5f9955110412f2cfc3759c")
    ours = hexa("d83ff069cadb06f10d59a9bce7831c10d46b8f0482bee2f5eed91bf0f9af08fd")
    half = Ev1Authentication(bytes(16), 0, key.decrypt(ours[:16], theirs))
    assert half.start() == hexa("aa00")
    assert half.challenged(b"\xaf" + theirs) == b"\xaf" + ours
    session = half.finished(hexa("0034c0edd94cb393b59cc71f8f00deb3c9"))
    assert session._key._algorithm.key == hexa("01010101ee1b39c20101010153900e3e")
    return session


def test_a_recorded_ev1_session_verifies_with_its_chained_start(recorded_ev1):
    for command, answer, data in (
        ("45", "0009819d0c9a70e81d1965", "0981"),
        ("6400", "0000e4ebf8f0b02e2b50", "00"),
        ("6f", "00868362f5c319a8a1", ""),
    ):
        recorded_ev1.asking(hexa(command))
        assert recorded_ev1.verified(hexa(answer)) == hexa(data)


def test_a_repeated_ev1_answer_is_refused(recorded_ev1):
    recorded_ev1.asking(hexa("45"))
    recorded_ev1.verified(hexa("0009819d0c9a70e81d1965"))
    recorded_ev1.asking(hexa("45"))
    with pytest.raises(NotAuthentic) as refused:
        recorded_ev1.verified(hexa("0009819d0c9a70e81d1965"))
    assert refused.value.reason == "wrong_mac"


def test_the_checksum_of_the_file_and_the_sun_code_of_an12196():
    assert jamcrc(hexa("00102030405060708090A0B0B0A09080")) == hexa("BFE37919")
    zero = AesKey(bytes(16))
    assert zero.decrypt(hexa("EF963FF7828658A599F3041510671E88")) == hexa(
        "C704DE5F1EACC0403D0000DA5CF60941"
    )
    session = AesKey(zero.cmac(hexa("3CC30001008004DE5F1EACC0403D0000")))
    assert truncated(session.cmac(b"")) == hexa("94EED9EE65337086")
    other = AesKey(hexa("5ACE7E50AB65D5D51FD5BF5A16B8205B"))
    assert other.cmac(hexa("C33C0001008004C767F2066180010000")) == hexa(
        "66DA61797E23DECA5D8ECA13BBADF7A9"
    )
    assert other.cmac(hexa("3CC30001008004C767F2066180010000")) == hexa(
        "3A3E8110E05311F7A3FCF0D969BF2B48"
    )


def test_padding_always_adds_at_least_a_byte():
    assert padded(bytes(16)) == bytes(16) + b"\x80" + bytes(15)
    assert padded(b"") == b"\x80" + bytes(15)
