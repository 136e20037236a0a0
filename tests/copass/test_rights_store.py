"""Rights come from the territory only, whole, and never go back."""

from __future__ import annotations

import random

import msgspec
import pytest

from contract.rights import Delta, delta_between
from edge.copass.rights_assembly import Edition
from edge.copass.rights_store import Answer, RightsStore
from tests.copass.disks import Disk
from tests.copass.rights_made import NOON_MS, right, snapshot, tag_of
from tests.copass.territory import FORGER, delta_frame, frames, store

FIRST = snapshot(right(1, "ada"))
SECOND = snapshot(right(1, "ada"), right(2, "bob"), cards=("ada", "bob"), version=2)


@pytest.fixture
def held(tmp_path) -> RightsStore:
    return store(tmp_path, Disk())


def take(held: RightsStore, snapshot_, term: int = 1) -> list[Answer | None]:
    return [held.take("rights", frame) for frame in frames(snapshot_, term)]


def big(version: int = 3):
    """Random keys do not compress: several chunks."""
    names = tuple(f"card-{n}" for n in range(3_000))
    return snapshot(
        *(right(n + 1, name) for n, name in enumerate(names)), cards=names, version=version
    )


def test_a_snapshot_is_taken_kept_and_found_again(tmp_path, held):
    assert take(held, FIRST) == [Answer("accepted", 1)]
    again = store(tmp_path, Disk())
    assert again.table.snapshot == FIRST
    assert again.edition == Edition(1, 1)
    assert again.fault is None


def test_chunks_may_come_in_any_order_and_more_than_once(held):
    sealed = frames(big())
    assert len(sealed) > 2
    mixed = sealed + sealed
    random.Random(7).shuffle(mixed)  # noqa: S311 - an order, no secret
    answers = [answer for answer in (held.take("rights", f) for f in mixed) if answer]
    assert answers == [Answer("accepted", 3)]
    assert held.table.snapshot == big()


def test_chunks_of_two_versions_are_never_mixed(held):
    older, newer = frames(big(3)), frames(big(4))
    for frame in [*older[:-1], *newer[:-1], older[-1]]:
        assert held.take("rights", frame) is None
    assert held.take("rights", newer[-1]) == Answer("accepted", 4)


def test_what_is_known_is_passed_over_in_silence(held):
    take(held, FIRST)
    assert take(held, FIRST) == [None]


def test_a_delta_makes_the_next_version_of_the_present_one(tmp_path, held):
    take(held, FIRST)
    delta = delta_between(FIRST, SECOND)
    assert held.take("rights_delta", delta_frame(delta)) == Answer("accepted", 2)
    assert held.table.snapshot == SECOND
    assert held.take("rights_delta", delta_frame(delta)) is None
    assert store(tmp_path, Disk()).table.snapshot == SECOND


def test_an_empty_delta_renews_the_word_of_the_backend(held):
    take(held, FIRST)
    renewal = Delta(base_version=1, version=2, issued_ms=NOON_MS + 1)
    assert held.take("rights_delta", delta_frame(renewal)) == Answer("accepted", 2)
    assert held.table.issued_ms == NOON_MS + 1
    assert held.table.rights_of(tag_of("ada")) == FIRST.rights


@pytest.mark.parametrize("before", ["nothing", "another base", "another term"])
def test_a_gap_asks_for_a_snapshot_and_is_healed_by_it(held, before):
    term = 1
    if before != "nothing":
        take(held, FIRST)
    if before == "another term":
        term = 2
    base = 1 if before == "another term" else 5
    delta = Delta(base_version=base, version=6, issued_ms=NOON_MS)
    answer = held.take("rights_delta", delta_frame(delta, term))
    assert answer.body()["reason"] == "gap"
    assert answer.body()["answer"] == "refused"
    assert take(held, snapshot(right(1, "ada"), version=6), term) == [Answer("accepted", 6)]


def test_an_older_edition_is_refused_and_alarming(held):
    take(held, SECOND)
    (answer,) = take(held, FIRST)
    assert (answer.answer, answer.reason, answer.is_alarming) == ("refused", "rolled_back", True)
    assert held.table.snapshot == SECOND
    (answer,) = take(held, snapshot(right(1, "ada"), version=9), term=0)
    assert answer.reason == "rolled_back"


def test_a_bad_signature_is_refused_and_alarming_and_changes_nothing(held):
    take(held, FIRST)
    (frame,) = frames(SECOND, signer=FORGER)
    answer = held.take("rights", frame)
    assert (answer.answer, answer.reason, answer.is_alarming) == ("refused", "bad_signature", True)
    assert held.table.snapshot == FIRST


def test_a_body_of_another_version_than_the_signed_one_is_refused(held):
    take(held, FIRST)
    lying = Delta(base_version=1, version=3, issued_ms=NOON_MS)
    answer = held.take("rights_delta", delta_frame(lying, version=2))
    assert answer.reason == "its version is not the one signed for"
    assert held.table.snapshot == FIRST


def test_rights_of_an_unknown_time_zone_are_refused_with_a_sentence(held):
    there = msgspec.structs.replace(FIRST, timezone="Europe/Mende")
    (answer,) = take(held, there)
    assert answer.answer == "refused"
    assert "Europe/Mende" in answer.reason
    assert held.table.snapshot is None


def test_a_rolled_back_file_is_refused_for_its_floor(tmp_path, held):
    take(held, FIRST)
    old = (tmp_path / "rights.sealed").read_bytes()
    take(held, SECOND)
    (tmp_path / "rights.sealed").write_bytes(old)
    again = store(tmp_path, Disk())
    assert again.fault == "rolled_back"
    assert again.table.snapshot is None
    assert take(again, FIRST)[0].reason == "rolled_back"
    assert take(again, SECOND) == [Answer("accepted", 2)]
    assert again.fault is None


def test_where_both_files_are_rolled_back_the_journal_still_knows(tmp_path, held):
    take(held, FIRST)
    old = {name: (tmp_path / name).read_bytes() for name in ("rights.sealed", "floor.sealed")}
    take(held, SECOND)
    for name, data in old.items():
        (tmp_path / name).write_bytes(data)
    assert store(tmp_path, Disk()).fault is None
    assert store(tmp_path, Disk(), least=Edition(1, 2)).fault == "rolled_back"


def test_a_damaged_file_is_said_and_mended_by_the_same_version(tmp_path, held, caplog):
    take(held, FIRST)
    path = tmp_path / "rights.sealed"
    path.write_bytes(path.read_bytes()[:-3])
    again = store(tmp_path, Disk())
    assert again.fault == "damaged"
    assert "at_rest=refused" in caplog.text
    assert take(again, FIRST) == [Answer("accepted", 1)]


def test_a_full_disk_does_not_keep_a_revocation_from_working(tmp_path):
    disk = Disk()
    held = store(tmp_path, disk)
    take(held, FIRST)
    disk.full = True
    revoked = snapshot(right(1, "ada"), revoked=(tag_of("ada"),), version=2)
    (answer,) = take(held, revoked)
    assert answer.answer == "failed"
    assert held.table.is_revoked(tag_of("ada"))


def test_rights_that_a_full_disk_refused_are_kept_when_there_is_room(tmp_path):
    disk = Disk()
    held = store(tmp_path, disk)
    take(held, FIRST)
    disk.full = True
    take(held, SECOND)
    assert not held.keep()
    assert store(tmp_path, Disk()).table.snapshot == FIRST
    disk.full = False
    assert held.keep()
    assert store(tmp_path, Disk()).table.snapshot == SECOND
