"""Rights as they travel: small, whole, and the same on both sides after any change."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import MalformedMessage
from contract.rights import (
    CardKey,
    Delta,
    Right,
    Snapshot,
    WrongBase,
    apply_delta,
    chunks_of,
    decode_delta,
    decode_snapshot,
    delta_between,
    encode_rights,
    opens_until_ms,
    revocation_bound_ms,
)

NOW_MS = 1_795_680_720_000
HOUR_MS = 3_600_000
tags = st.binary(min_size=8, max_size=8)
cards = st.builds(
    CardKey,
    tag=tags,
    key=st.binary(min_size=16, max_size=16),
    key_number=st.integers(1, 4),
)
rights = st.builds(
    Right,
    right_id=st.integers(1, 50),
    tag=tags,
    kind=st.sampled_from(["booking", "member", "key_holder", "staff"]),
    points=st.just(("door",)),
    ends_ms=st.none() | st.integers(NOW_MS, NOW_MS + HOUR_MS),
    offline_for_s=st.none() | st.integers(0, 86_400),
)


def snapshot(version: int, held: list[CardKey], given: list[Right]) -> Snapshot:
    by_tag = {card.tag: card for card in held}
    by_id = {right.right_id: right for right in given}
    return Snapshot(
        version=version,
        issued_ms=NOW_MS + version,
        timezone="Europe/Paris",
        lookup_key=bytes(16),
        pseudonym_keys={"202611": bytes(16)},
        cards=tuple(by_tag[tag] for tag in sorted(by_tag)),
        rights=tuple(by_id[right_id] for right_id in sorted(by_id)),
    )


snapshots = st.builds(snapshot, st.just(1), st.lists(cards), st.lists(rights))


@given(snapshots, snapshots)
def test_a_delta_makes_exactly_the_next_snapshot(old: Snapshot, wanted: Snapshot):
    new = snapshot(2, list(wanted.cards), list(wanted.rights))
    delta = delta_between(old, new)
    assert delta is not None
    assert apply_delta(old, decode_delta(encode_rights(delta))) == new


@given(snapshots)
def test_a_snapshot_survives_its_way(whole: Snapshot):
    assert decode_snapshot(b"".join(chunks_of(encode_rights(whole)))) == whole


def test_ten_thousand_rights_are_under_a_megabyte():
    drawn = [hashlib.sha256(n.to_bytes(4, "big")).digest() for n in range(10_000)]
    held = [CardKey(one[:8], one[8:24], 1) for one in drawn]
    given_to_them = [
        Right(n + 1, card.tag, "member", ("door",), offline_for_s=259_200, schedule=0)
        for n, card in enumerate(held)
    ]
    assert len(encode_rights(snapshot(1, held, given_to_them))) < 1_000_000


def test_a_delta_from_elsewhere_is_refused():
    with pytest.raises(WrongBase, match="starts from version 4, version 1 is here"):
        apply_delta(snapshot(1, [], []), Delta(base_version=4, version=5, issued_ms=NOW_MS))


@pytest.mark.parametrize("damaged", [b"", b"\x00", encode_rights(snapshot(1, [], []))[:-3]])
def test_a_damaged_body_is_refused_with_its_reason(damaged: bytes):
    with pytest.raises(MalformedMessage, match="malformed rights"):
        decode_snapshot(damaged)


def test_each_kind_of_right_ends_where_the_design_says():
    booking = Right(1, bytes(8), "booking", ("door",), NOW_MS, NOW_MS + HOUR_MS)
    member = Right(2, bytes(8), "member", ("door",), offline_for_s=72 * 3_600)
    leaving = Right(3, bytes(8), "member", ("door",), 0, NOW_MS, None, 72 * 3_600)
    assert opens_until_ms(booking, NOW_MS - 30 * HOUR_MS) == NOW_MS + HOUR_MS + 15 * 60_000
    assert opens_until_ms(member, NOW_MS) == NOW_MS + 72 * HOUR_MS
    assert opens_until_ms(leaving, NOW_MS) == NOW_MS


def test_the_bound_is_the_latest_moment_any_unrevoked_card_could_open():
    kept, gone = bytes(8), b"\x01" * 8
    given_rights = [
        Right(1, kept, "member", ("door",), offline_for_s=3_600),
        Right(2, gone, "key_holder", ("door",), offline_for_s=86_400),
    ]
    whole = snapshot(1, [], given_rights)
    assert revocation_bound_ms(whole) == whole.issued_ms + 24 * HOUR_MS
    revoked = decode_snapshot(
        encode_rights(Snapshot(*[getattr(whole, f) for f in whole.__struct_fields__[:7]], (gone,)))
    )
    assert revocation_bound_ms(revoked) == whole.issued_ms + HOUR_MS


@given(snapshots)
def test_what_is_shown_of_rights_holds_no_key(whole: Snapshot):
    card = CardKey(bytes(8), b"\xabcdefghijklmnop", 1)
    assert "abcdef" not in repr(card)
    assert "lookup_key" not in repr(whole)
    assert "CardKey" not in repr(whole)
