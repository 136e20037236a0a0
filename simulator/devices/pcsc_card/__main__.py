"""`python -m simulator.devices.pcsc_card`: cards for a vpcd reader, as a program of their own.

It prints "ready", then obeys "card in NAME" and "card out" on its standard input until that
ends, answering each with one line.
"""

from __future__ import annotations

import argparse
import sys

from simulator.devices.cards import cards_named, keep
from simulator.devices.contactless import Contactless
from simulator.devices.errors import BadOrder, UnknownCard
from simulator.devices.pcsc_card.virtual import PORT, VirtualCard


class Hand:
    """Lays one card at a time on the reader."""

    def __init__(self, cards: dict[str, Contactless], port: int) -> None:
        self._cards = cards
        self._port = port
        self._laid: VirtualCard | None = None

    def obey(self, line: str) -> str:
        """The answer to one order."""
        words = line.split()
        if words == ["card", "out"]:
            self.take_up()
            return "ok"
        if len(words) == 3 and words[:2] == ["card", "in"] and words[2] in self._cards:
            self.take_up()
            self._laid = VirtualCard(self._cards[words[2]], self._port)
            return "ok"
        known = ", ".join(self._cards) or "none"
        return f"error: {BadOrder(line, f'say card out, or card in and one of {known}')}"

    def take_up(self) -> None:
        """Take the card away, if there is one."""
        if self._laid is not None:
            self._laid.close()
            self._laid = None


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="simulator.devices.pcsc_card", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT, help="where vpcd listens")
    parser.add_argument("--card", action="append", default=[], metavar="NAME=KIND:WHAT")
    arguments = parser.parse_args()
    try:
        cards = cards_named(arguments.card)
    except UnknownCard as error:
        sys.stderr.write(f"{error}\n")
        return 2
    hand = Hand(cards, arguments.port)
    _say("ready")
    for line in sys.stdin:
        if line.strip():
            _say(hand.obey(line))
    hand.take_up()
    keep(cards)
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
