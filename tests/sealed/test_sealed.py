"""What goes down: only the territory can write it, only the device can read it."""

from __future__ import annotations

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from backend.devices.sealing import Addressee, Signer, seal
from contract.codec import encode
from contract.downlink import Sealed
from contract.topics import Unit
from edge.link.sealed import SealOpener, SealRefused

DOOR = Unit("reader", "mende")
BOX = X25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = Signer("lozere-1", Ed25519PrivateKey.from_private_bytes(bytes(32)))


def opener(unit: Unit = DOOR, box: X25519PrivateKey = BOX) -> SealOpener:
    return SealOpener("lozere", unit, box.private_bytes_raw(), {SIGNER.key_id: SIGNER.public_bytes})


def frame(signer: Signer = SIGNER, name: str = "rights", version: int = 7) -> Sealed:
    to = Addressee("lozere", DOOR, BOX.public_key().public_bytes_raw())
    return seal(signer, to, name, b"body", term=1, version=version, chunk=1, chunks=2)


def reason(payload: bytes, name: str = "rights", by: SealOpener | None = None) -> str:
    with pytest.raises(SealRefused) as refused:
        (by or opener()).open(name, payload)
    return refused.value.reason


def test_the_device_reads_what_its_territory_sealed():
    opened = opener().open("rights", encode(frame()))
    assert (opened.body, opened.term, opened.version) == (b"body", 1, 7)
    assert (opened.chunk, opened.chunks) == (1, 2)


def test_another_signer_is_refused():
    stranger = Signer("lozere-1", Ed25519PrivateKey.generate())
    assert reason(encode(frame(stranger))) == "bad_signature"
    assert reason(encode(frame(Signer("other", SIGNER.private_key)))) == "unknown_signer"


@pytest.mark.parametrize("change", [{"version": 8}, {"term": 2}, {"chunk": 0}, {"chunks": 3}])
def test_nothing_on_the_frame_can_be_changed(change: dict[str, int]):
    assert reason(encode(msgspec.structs.replace(frame(), **change))) == "bad_signature"


def test_a_frame_cannot_be_moved_to_another_name_or_unit():
    assert reason(encode(frame(name="command"))) == "bad_signature"
    assert reason(encode(frame()), by=opener(Unit("reader", "florac"))) == "bad_signature"


def test_another_device_cannot_read_it():
    thief = opener(box=X25519PrivateKey.from_private_bytes(b"\x07" * 32))
    assert reason(encode(frame()), by=thief) == "not_for_us"


@pytest.mark.parametrize("junk", [b"", b"{}", b"\xff", encode(frame())[:-9]])
def test_junk_is_one_sentence(junk: bytes):
    assert reason(junk) == "malformed"
