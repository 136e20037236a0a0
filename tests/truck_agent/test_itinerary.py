"""A plan is taken from the territory only, never older than before, and outlives the network."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from backend.devices.sealing import Addressee, Signer, seal
from contract.codec import encode
from contract.downlink import Plan, PlannedStop
from contract.topics import Unit
from edge.link.link_fake import FakeLink
from edge.link.sealed import SealOpener
from edge.truck_agent.itinerary import Itinerary

BUS = Unit("bus", "b1")
BOX = X25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = Signer("lozere-1", Ed25519PrivateKey.from_private_bytes(bytes(32)))


def plan(version: int, *stop_ids: str, term: int = 1, signer: Signer = SIGNER) -> bytes:
    stops = tuple(
        PlannedStop(stop_id=stop_id, arrival_ms=1, departure_ms=2, boarding=("h-secret",))
        for stop_id in stop_ids
    )
    to = Addressee("lozere", BUS, BOX.public_key().public_bytes_raw())
    return encode(seal(signer, to, "plan", encode(Plan(stops=stops)), term=term, version=version))


def itinerary(folder: Path, link: FakeLink | None = None) -> tuple[Itinerary, FakeLink]:
    link = link or FakeLink()
    opener = SealOpener(
        "lozere", BUS, BOX.private_bytes_raw(), {SIGNER.key_id: SIGNER.public_bytes}
    )
    return Itinerary(folder / "outbox.plan", opener, link, lambda: 5), link


def names(taken: Itinerary) -> list[str]:
    return [stop.stop_id for stop in taken.stops]


def test_the_newest_plan_is_followed_and_answered(tmp_path: Path):
    taken, link = itinerary(tmp_path)
    link.tell("plan", plan(2, "a", "b"))
    link.tell("plan", plan(1, "old"))
    link.tell("plan", plan(9, "old"[::-1], term=0))
    assert (names(taken), taken.edition) == (["a", "b"], (1, 2))
    assert [(r.body["reference"], r.body["answer"]) for r in link.of("ack")] == [
        ("1.2", "received"),
        ("1.1", "refused"),
        ("0.9", "refused"),
    ]


def test_it_is_there_after_a_restart_without_network_and_no_handle_lies_open(tmp_path: Path):
    _, link = itinerary(tmp_path)
    link.tell("plan", plan(2, "a", "b"))
    assert b"h-secret" not in (tmp_path / "outbox.plan").read_bytes()
    again, link = itinerary(tmp_path)
    assert names(again) == ["a", "b"]
    link.tell("plan", plan(1, "old"))
    assert names(again) == ["a", "b"], "nor does a restart make it forget what is newer"


def test_a_strangers_plan_and_an_emptied_topic_change_nothing(tmp_path: Path, caplog):
    taken, link = itinerary(tmp_path)
    link.tell("plan", plan(2, "a"))
    stranger = Signer("lozere-1", Ed25519PrivateKey.generate())
    for payload in (plan(3, "x", signer=stranger), plan(3, "x", signer=stranger), b"", b"junk"):
        link.tell("plan", payload)
    assert names(taken) == ["a"]
    assert caplog.text.count("the signature is not right") == 1
    link.tell("plan", plan(4, "b"))
    assert names(taken) == ["b"]
    assert "plan=taken" in caplog.text


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe"])
def test_a_damaged_file_is_no_plan_and_no_end(tmp_path: Path, content: bytes):
    (tmp_path / "outbox.plan").write_bytes(content)
    taken, link = itinerary(tmp_path)
    assert taken.stops == ()
    link.tell("plan", plan(1, "a"))
    assert names(taken) == ["a"]
