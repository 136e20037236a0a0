"""What our code makes of each kind of published vector: pairs of (what, ours, theirs)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from edge.copass.proof.aes import AesKey
from edge.copass.proof.checksum import jamcrc
from edge.copass.proof.diversification import diversified
from edge.copass.proof.ev1_session import Ev1Authentication, ev1_session_key, rotated
from edge.copass.proof.ev2_session import (
    Ev2Authentication,
    Ev2Session,
    Transaction,
    truncated,
)
from tests.copass.nxp_vector_file import Section, as_hex, plain_name

_TRIPLE_DES = re.compile(r"(?i)3DES|TDEA")
SV1_HEAD = bytes.fromhex("c33c00010080")
SV2_HEAD = bytes.fromhex("3cc300010080")


class Check(NamedTuple):
    what: str
    ours: bytes
    theirs: bytes
    agree: bool = True
    """False for a vector that must NOT come out."""


Known = dict[str, bytes]
"""What earlier sections said; "same M" refers to it."""


def is_aes(section: Section) -> bool:
    """Triple DES is not spoken here: no co-pass has such a key."""
    return _TRIPLE_DES.search(section.name) is None


def checks_of(section: Section, known: Known) -> list[Check]:
    """Everything in the section that our code can recompute."""
    return [check for kind in KINDS for check in kind(section, known)]


def _diversification(section: Section, known: Known) -> Iterator[Check]:
    master = section.first("master", "masterkey", "k", "key")
    m = section.first("divinputm", "divinput", "m")
    parts = [section.fields.get(name) for name in ("uid", "appid", "aid", "systemid")]
    joined = b"".join(part for part in parts if part is not None)
    if m is not None and joined:
        yield Check("M", joined, m)
    said_again = known.get("m") if "same M" in section.text else None
    m = m or said_again or (joined if "systemid" in section.fields else None)
    if master is None or m is None:
        return
    known["m"] = m
    key = AesKey(master)
    for name, ours in zip(("cmack1", "cmack2"), key.subkeys(), strict=True):
        if name in section.fields:
            yield Check(name, ours, section.fields[name])
    results = [section.first("diversified", "diversifiedkey", "derived", "derivedkey")]
    results += [right for _, right in section.arrows]
    for theirs in (result for result in results if result is not None):
        yield Check("diversified key", diversified(master, m), theirs)
    if "wrong" in section.fields:
        yield Check("a wrong key", diversified(master, m), section.fields["wrong"], agree=False)


def _ev1(section: Section, _known: Known) -> Iterator[Check]:
    fields = section.fields
    if "rndbenc" not in fields or "ekrndb" in fields or "rnda" not in fields:
        return
    key, rnd_a = fields["key"], fields["rnda"]
    half = Ev1Authentication(key, 0, rnd_a)
    second = half.challenged(b"\xaf" + fields["rndbenc"])
    rnd_b = AesKey(key).decrypt(fields["rndbenc"])
    yield Check("RndB", rnd_b, fields.get("rndb", rnd_b))
    if theirs := section.first("rndarndbrotatedenc"):
        yield Check("our second command", second[1:], theirs)
    if theirs := section.first("rndarotatedenc"):
        half.finished(b"\x00" + theirs)  # raises where the card's answer does not verify
        proof = AesKey(key).decrypt(theirs, second[-16:])
        yield Check("RndA rotated", proof, fields.get("rndarotated", rotated(rnd_a)))
    if theirs := section.first("sessionkey"):
        yield Check("session key", ev1_session_key(rnd_a, rnd_b), theirs)


def _ev2(section: Section, _known: Known) -> Iterator[Check]:
    fields = dict(section.fields)
    _unwrap(section, fields)
    if not {"ekrndb", "rnda"} <= fields.keys():
        return
    key = fields.get("key", bytes(16))
    half = Ev2Authentication(key, fields.get("keyno", b"\0")[0], fields["rnda"])
    second = half.challenged(b"\xaf" + fields["ekrndb"])
    if "rndb" in fields:
        yield Check("RndB", AesKey(key).decrypt(fields["ekrndb"]), fields["rndb"])
    if "part2payload" in fields:
        yield Check("our second command", second[1:], fields["part2payload"])
    if "part2response" not in fields:
        return
    session = half.finished(b"\x00" + fields["part2response"])
    body = AesKey(key).decrypt(fields["part2response"])
    ours = {
        "ti": session.transaction.identifier,
        "pdcap2": body[20:26],
        "pcdcap2": body[26:32],
        "ksesauthenc": session._enc._algorithm.key,
        "ksesauthmac": session._mac._algorithm.key,
    }
    yield from (Check(name, ours[name], fields[name]) for name in ours if name in fields)


def _unwrap(section: Section, fields: Known) -> None:
    """ISO frames of a card: 90 INS 00 00 Lc data 00, and data 91 status."""
    if command := section.first("cmd2"):
        fields["part2payload"] = command[5 : 5 + command[4]]
    if answer := section.first("resp1"):
        fields["ekrndb"] = answer[:-2]
    if answer := section.first("resp2"):
        fields["part2response"] = answer[:-2]


def _sun(section: Section, _known: Known) -> Iterator[Check]:
    meta, file_key = section.first("ksdmmetaread"), section.first("ksdmfileread")
    named = dict(section.arrows and [(section.arrows[0][0], section.arrows[0][1])])
    sealed = section.first("piccencdata", "piccdata")
    uid, counter = section.first("uid"), section.first("sdmreadctr", "ctr")
    if meta is not None and sealed is not None:
        plain = AesKey(meta).decrypt(sealed)
        for left, right in named.items():
            if plain_name(left.split("=")[0]).startswith("picc"):
                yield Check("PICCData", plain, right)
        uid, counter = plain[1:8], plain[8:11]
    if file_key is None or uid is None or counter is None:
        return
    sv2 = SV2_HEAD + uid + counter
    session = AesKey(file_key).cmac(sv2)
    mac = _sun_mac(file_key, uid, counter)
    ours = {
        "sv2": sv2,
        "ksessdmfilereadmac": session,
        "sdmmac": mac,
        "sv1": SV1_HEAD + uid + counter,
        "ksessdmfilereadenc": AesKey(file_key).cmac(SV1_HEAD + uid + counter),
    }
    yield from (
        Check(name, ours[name], section.fields[name]) for name in ours if name in section.fields
    )
    if url := re.search(r"[?&]e=([0-9A-F]+)&c=([0-9A-F]+)", section.words.get("url", "")):
        yield Check("url e", sealed or b"", bytes.fromhex(url[1]))
        yield Check("url c", mac, bytes.fromhex(url[2]))
    yield from _refused(section, file_key, uid, mac)


def _refused(section: Section, file_key: bytes, uid: bytes, mac: bytes) -> Iterator[Check]:
    for line in section.negatives:
        if forged := re.search(r"c=([0-9A-F]+)", line):
            yield Check("forged c", mac, bytes.fromhex(forged[1]), agree=False)
        if others := re.search(r"ctr (\d+) or (\d+)", line):
            for number in others.groups():
                other = _sun_mac(file_key, uid, int(number).to_bytes(3, "little"))
                yield Check(f"c of counter {number}", other, mac, agree=False)


def _sun_mac(file_key: bytes, uid: bytes, counter: bytes) -> bytes:
    return truncated(AesKey(AesKey(file_key).cmac(SV2_HEAD + uid + counter)).cmac(b""))


def _messages(section: Section, _known: Known) -> Iterator[Check]:
    """A command of an EV2 session with its MAC, and the answer with its own."""
    mac_key = section.first("ksesauthmac", "sesauthmackey", "sesmac")
    identifier, command = section.first("ti"), section.first("cmd", "command")
    if mac_key is None or identifier is None or command is None or len(command) < 9:
        return
    enc_key = section.first("ksesauthenc", "sesauthenckey", "sesenc") or bytes(16)
    counter = int.from_bytes(section.first("cmdctr", "ctr") or b"", "little")
    session = Ev2Session(enc_key, mac_key, Transaction(identifier, counter))
    if command[0] == 0x90:
        command = command[1:2] + command[5 : 5 + command[4]]
    yield Check("command with its MAC", session.asking(command[:-8]), command)
    if answer := section.first("resp", "response"):
        data = session.verified(answer[-1:] + answer[:-2])  # raises where the MAC is wrong
        yield Check("answer with its MAC", data + answer[-10:], answer)


def _cmacs(section: Section, _known: Known) -> Iterator[Check]:
    key = section.first("key", "k", "ksesauthmac")
    if key is None or section.first("m", "divinputm", "master") is not None:
        return
    said = section.first("message", "msg", "data", "input"), section.first("cmac", "mac")
    pairs = [(as_hex(left), right) for left, right in section.arrows]
    for data, theirs in [*pairs, said]:
        if data is None or theirs is None:
            continue
        mac = AesKey(key).cmac(data)
        ours = truncated(mac) if len(theirs) == 8 else mac
        yield Check(f"CMAC of {len(data)} bytes", ours, theirs)


def _checksums(section: Section, _known: Known) -> Iterator[Check]:
    pairs = re.findall(r"of ([0-9A-Fa-f]+) = ([0-9A-Fa-f]{8})\b", section.text)
    found = [(bytes.fromhex(data), bytes.fromhex(crc)) for data, crc in pairs]
    data, crc = section.first("data", "input"), section.first("jamcrc", "crc", "crc32")
    if data is not None and crc is not None:
        found.append((data, crc))
    yield from (Check("JAMCRC", jamcrc(data), crc) for data, crc in found)


KINDS: tuple[Callable[[Section, Known], Iterator[Check]], ...] = (
    _diversification,
    _ev1,
    _ev2,
    _sun,
    _messages,
    _cmacs,
    _checksums,
)
