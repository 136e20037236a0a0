"""`python -m simulator.devices.pcsc_card`: cards for a vpcd reader, as a program of their own.

It prints "ready", then obeys "card in NAME", "card in NAME for COMMANDS" (then it is pulled away)
and "card out" on its standard input until that ends, answering each with one line.
"""

from __future__ import annotations

import argparse
import sys
from threading import Event

from simulator.devices.cards import cards_named, keep
from simulator.devices.contactless import Contactless
from simulator.devices.errors import BadOrder, UnknownCard
from simulator.devices.pcsc_card.virtual import PORT, VirtualCard

READER_LOOKS_S = 0.5
"""pcscd asks vpcd every 0.4 s whether a card is there."""


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
        if words[:2] == ["card", "in"] and len(words) > 2 and words[2] in self._cards:
            match words[3:]:
                case []:
                    self._lay(words[2], None)
                    return "ok"
                case ["for", number] if number.isdecimal():
                    self._lay(words[2], int(number))
                    return "ok"
        known = ", ".join(self._cards) or "none"
        return f"error: {BadOrder(line, f'say card out, or card in and one of {known}')}"

    def _lay(self, name: str, stays_for: int | None) -> None:
        if self._laid is not None and self._laid.is_pulled:
            # No hand is quicker: what comes before the reader's next look is the old card to it.
            Event().wait(READER_LOOKS_S)
        self.take_up()
        self._laid = VirtualCard(self._cards[name], self._port, stays_for=stays_for)

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
