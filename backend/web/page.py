"""A page as it stands, and what must be said to bring an older one up to it.

Rules of this file: pure. A part is the whole HTML of one element; a change is sent as the parts
that differ. Ages grow on the screen by themselves, so a part that differs only in what it counts
from is sent on a slower beat.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from backend.web.tokens import Light

_COUNTED = re.compile(r'data-(?:since|expected)="\d+"|(?<=data-age>)[^<]*')


@dataclass(frozen=True, slots=True)
class Page:
    """Everything of a page that may change while it is open."""

    title: str
    light: Light
    parts: Mapping[str, str] = field(default_factory=dict)
    """Id of an element to its whole HTML."""
    orders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Id of a list to the ids of its children, in order."""
    places: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Id of a marker to where it stands in its drawing."""
    news: Mapping[str, str] = field(default_factory=dict)
    """Id of a row to a sentence with its state; a changed one is spoken."""


class Change(msgspec.Struct, omit_defaults=True, frozen=True):
    """What differs; the names are those that `static/page.js` reads."""

    title: str | None = None
    light: Light | None = None
    parts: dict[str, str] = {}
    orders: dict[str, tuple[str, ...]] = {}
    places: dict[str, tuple[float, float]] = {}
    news: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return self == _NOTHING


_NOTHING = Change()


def difference(old: Page, new: Page, *, counts: bool) -> Change:
    """The change from `old` to `new`; what only counts and moves is left out unless `counts`."""
    return Change(
        title=new.title if new.title != old.title else None,
        light=new.light if new.light != old.light else None,
        parts={
            name: html
            for name, html in new.parts.items()
            if _differs(old.parts.get(name), html, counts=counts)
        },
        orders={n: order for n, order in new.orders.items() if order != old.orders.get(n)},
        places=(
            {n: place for n, place in new.places.items() if place != old.places.get(n)}
            if counts
            else {}
        ),
        news=tuple(
            sentence
            for name, sentence in new.news.items()
            if name in old.news and old.news[name] != sentence
        ),
    )


def whole(page: Page) -> Change:
    """Everything, for a page whose state is not known."""
    return Change(
        title=page.title,
        light=page.light,
        parts=dict(page.parts),
        orders=dict(page.orders),
        places=dict(page.places),
    )


def applied(old: Page, change: Change, new: Page) -> Page:
    """What a reader of `old` sees after `change`: `new`, but for what was left out."""
    parts = {
        name: change.parts.get(name, old.parts.get(name, html)) for name, html in new.parts.items()
    }
    places = {
        name: change.places.get(name, old.places.get(name, place))
        for name, place in new.places.items()
    }
    return Page(new.title, new.light, parts, new.orders, places, new.news)


def _differs(old: str | None, new: str, *, counts: bool) -> bool:
    if old is None or counts:
        return old != new
    return old != new and _COUNTED.sub("", old) != _COUNTED.sub("", new)
