"""What a hello means: the table of docs/chain.md.

Rules of this file: pure. It is given what the ledger had settled before the hello was said, so
that messages which overtook it in the same batch do not look like a rolled-back card.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from backend.devices.model import KnownOutbox
from contract.uplink import Hello


class Judgement(NamedTuple):
    """What is to be answered."""

    renew: bool
    """The card was rolled back: numbers it is about to give are taken."""
    restored: bool
    """We were restored from a backup: we once confirmed more than we now know of."""


def judge(
    hello: Hello,
    epoch: str,
    highest: Mapping[str, int],
    contiguous: Mapping[str, int],
    known: KnownOutbox | None,
) -> Judgement:
    """The judgement of one hello.

    Args:
        hello: what the unit said.
        epoch: the ledger's.
        highest: per stream the highest number settled before the hello.
        contiguous: per stream the number up to which all was settled.
        known: the outbox as its last hello left it; a repeated hello of one session gets the
            answer of the first, because by then its own messages may be settled.
    """
    if known is not None and (known.boot, known.session) == (hello.boot, hello.session):
        renew = bool(known.renewed)  # SQLite answers a plain query with 0 or 1
    else:
        renew = any(held.next <= highest.get(s, 0) for s, held in hello.streams.items())
    restored = hello.epoch == epoch and any(
        held.confirmed > contiguous.get(s, 0) for s, held in hello.streams.items()
    )
    return Judgement(renew, restored)
