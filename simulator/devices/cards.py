"""Cards named on a command line: `alice=uid:04a1b2c3d4e5f6`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulator.devices.contactless import Contactless, UidCard
from simulator.devices.errors import UnknownCard

UID_SIZES = (4, 7, 10)


def cards_named(texts: Sequence[str]) -> dict[str, Contactless]:
    """The cards by their names. Raises UnknownCard."""
    cards = {}
    for text in texts:
        name, _, rest = text.partition("=")
        kind, _, what = rest.partition(":")
        if not name or kind not in KINDS:
            raise UnknownCard(text, f"give NAME=KIND:WHAT, KIND one of {', '.join(KINDS)}")
        cards[name] = KINDS[kind](what)
    return cards


def _uid_card(what: str) -> Contactless:
    try:
        uid = bytes.fromhex(what)
    except ValueError as error:
        raise UnknownCard(what, "a UID is written in hexadecimal") from error
    if len(uid) not in UID_SIZES:
        raise UnknownCard(what, f"a UID has {', '.join(map(str, UID_SIZES))} bytes")
    return UidCard(uid)


KINDS: dict[str, Callable[[str], Contactless]] = {"uid": _uid_card}
