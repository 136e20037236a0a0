"""Changes of a page, and the versions that readers follow."""

from __future__ import annotations

import asyncio

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from backend.web.channel import REMEMBERED, Channel
from backend.web.page import Change, Page, applied, difference, whole


def _row(state: str, since: int, shown: str) -> str:
    return f'<tr><b>{state}</b><time data-since="{since}" data-age>{shown}</time></tr>'


def _page(**parts: str) -> Page:
    return Page("title", "day", parts, {"rows": tuple(sorted(parts))})


def test_nothing_is_sent_when_nothing_differs():
    page = _page(a="x")
    assert difference(page, _page(a="x"), counts=True).is_empty


def test_only_the_part_that_differs_is_sent():
    change = difference(_page(a="x", b="y"), _page(a="x", b="z"), counts=False)
    assert change == Change(parts={"b": "z"})


def test_a_row_that_only_counts_waits_for_its_beat():
    old, new = (
        _page(a=_row("live", 1_000, "il y a 1 s")),
        _page(a=_row("live", 6_000, "il y a 0 s")),
    )
    assert difference(old, new, counts=False).is_empty
    assert difference(old, new, counts=True).parts == dict(new.parts)


def test_a_state_does_not_wait():
    old, new = (
        _page(a=_row("live", 1_000, "il y a 1 s")),
        _page(a=_row("lost", 1_000, "il y a 6 s")),
    )
    assert difference(old, new, counts=False).parts == dict(new.parts)


def test_a_changed_state_is_news_and_a_new_row_is_not():
    old = Page("t", "day", news={"a": "B1 Mende : En direct"})
    new = Page("t", "day", news={"a": "B1 Mende : Sans nouvelles", "b": "B4 Villefort : En direct"})
    assert difference(old, new, counts=False).news == ("B1 Mende : Sans nouvelles",)


_PAGES = st.lists(
    st.builds(
        lambda parts, light: Page("t", light, parts, {"rows": tuple(sorted(parts))}),
        st.dictionaries(st.sampled_from("abcd"), st.sampled_from("xyz")),
        st.sampled_from(["day", "night"]),
    ),
    min_size=1,
    max_size=30,
)


def _as_a_browser_does(shown: Page | None, change: Change) -> Page:
    parts = dict(shown.parts if shown else {}) | change.parts
    orders = dict(shown.orders if shown else {}) | change.orders
    kept = {name: html for name, html in parts.items() if name in orders.get("rows", ())}
    return Page("t", change.light or (shown.light if shown else "day"), kept, orders)


@given(_PAGES, st.lists(st.booleans(), min_size=30, max_size=30))
def test_whoever_comes_when_sees_the_same_page(pages: list[Page], looks: list[bool]):
    channel = Channel("e", lambda: pages[0])
    shown: Page | None = None
    version = ""
    for n, page in enumerate(pages):
        channel._compose = lambda page=page: page  # type: ignore[misc]  # the next version
        channel.refresh(float(n * 10))
        if looks[n] or page is pages[-1]:
            version, changes = channel.since(version)
            for change in changes:
                shown = _as_a_browser_does(shown, msgspec.json.decode(change, type=Change))
    assert shown is not None
    assert (shown.parts, shown.orders["rows"], shown.light) == (
        pages[-1].parts,
        pages[-1].orders["rows"],
        pages[-1].light,
    )


def test_a_reader_that_is_far_behind_gets_the_whole_page():
    state = ["0"]
    channel = Channel("e", lambda: _page(a=state[0]))
    channel.refresh(0.0)
    for n in range(REMEMBERED + 5):
        state[0] = str(n + 1)
        channel.refresh(float(n))
    version, changes = channel.since("e.0")
    assert [msgspec.json.decode(c, type=Change) for c in changes] == [
        whole(channel.page or _page())
    ]
    assert channel.since(version) == (version, [])


def test_a_reader_of_another_process_gets_the_whole_page():
    channel = Channel("new", lambda: _page(a="x"))
    channel.refresh(0.0)
    assert len(channel.since("old.0")[1]) == 1
    assert len(channel.since("nonsense")[1]) == 1
    assert channel.since("new.0")[1] == []


async def test_a_reader_sleeps_until_there_is_something_newer():
    state = ["x"]
    channel = Channel("e", lambda: _page(a=state[0]))
    channel.refresh(0.0)
    waiting = asyncio.create_task(channel.changed(channel.version))
    channel.refresh(1.0)
    await asyncio.wait({waiting}, timeout=0)
    assert not waiting.done()
    state[0] = "y"
    channel.refresh(2.0)
    await asyncio.wait_for(waiting, 5)


def test_what_was_left_out_is_sent_with_the_next_beat():
    old, new = (
        _page(a=_row("live", 1_000, "il y a 1 s")),
        _page(a=_row("live", 2_000, "il y a 0 s")),
    )
    change = difference(old, new, counts=False)
    kept = applied(old, change, new)
    assert difference(kept, new, counts=True).parts == dict(new.parts)
