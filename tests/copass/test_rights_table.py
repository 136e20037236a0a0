"""A packed table says of every card what the snapshot said, and gives the snapshot back whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.copass.rights_table import RightsTable
from tests.copass.rights_made import booking, right, snapshot, tag_of

NAMES = tuple(f"card-{number}" for number in range(12))
held = st.lists(st.sampled_from(NAMES), max_size=30)
known = st.lists(st.sampled_from(NAMES), unique=True).map(tuple)


@given(held, known, known)
def test_a_table_says_what_its_snapshot_says(holders, cards, revoked):
    rights = [
        right(n, name) if n % 2 else booking(n, name, n, n + 1_000)
        for n, name in enumerate(holders, 1)
    ]
    told = snapshot(*rights, cards=cards, revoked=tuple(tag_of(name) for name in revoked))
    table = RightsTable(told)
    assert table.snapshot == told
    by_tag = {card.tag: card for card in told.cards}
    for name in NAMES:
        tag = tag_of(name)
        assert table.card(tag) == by_tag.get(tag)
        assert table.rights_of(tag) == tuple(r for r in rights if r.tag == tag)
        assert table.is_revoked(tag) == (name in revoked)
    assert table.card(tag_of("a stranger")) is None
    assert table.rights_of(b"") == ()
