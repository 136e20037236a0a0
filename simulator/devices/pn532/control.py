"""Orders to an emulated reader as lines of text, and its answers.

Rules of this file: one line in, one line out: "ok" and perhaps more, or "error: " and a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simulator.devices.contactless import Contactless
from simulator.devices.errors import BadOrder
from simulator.devices.pn532.emulator import Pn532
from simulator.devices.pn532.faults import Fault


class Control:
    """Obeys orders about one reader and the cards that lie beside it."""

    def __init__(self, reader: Pn532, cards: Mapping[str, Contactless]) -> None:
        self._reader = reader
        self._cards = cards

    def obey(self, line: str) -> str:
        """The answer to one order."""
        verb, *words = line.split()
        act = ORDERS.get(verb)
        if act is None:
            known = ", ".join(ORDERS)
            return f"error: {BadOrder(line, f'the orders are {known}')}"
        try:
            return " ".join(["ok", *act(self, words)])
        except BadOrder as error:
            return f"error: {error}"

    def card(self, words: list[str]) -> list[str]:
        """`card in NAME` or `card out`; answers the monotonic seconds of a card's coming."""
        if words == ["out"]:
            self._reader.card_out()
            return []
        if len(words) != 2 or words[0] != "in" or words[1] not in self._cards:
            known = ", ".join(self._cards) or "none"
            raise BadOrder(
                f"card {' '.join(words)}", f"say card out, or card in and one of {known}"
            )
        return [f"{self._reader.card_in(self._cards[words[1]]):.9f}"]

    def fault(self, words: list[str]) -> list[str]:
        """`fault NAME [AFTER]`: once, after so many more commands or exchanges."""
        try:
            fault, after = Fault(words[0]), int(words[1]) if len(words) > 1 else 0
        except (IndexError, ValueError) as error:
            names = ", ".join(row.value for row in Fault)
            raise BadOrder(f"fault {' '.join(words)}", f"the faults are {names}") from error
        self._reader.fault(fault, after)
        return []

    def unplug(self, _words: list[str]) -> list[str]:
        """The reader is pulled out."""
        self._reader.unplug()
        return []

    def plug(self, _words: list[str]) -> list[str]:
        """The reader is there again; answers its port."""
        self._reader.plug()
        return [self._reader.port]

    def passed(self, _words: list[str]) -> list[str]:
        """Bytes that came from the host and went to it."""
        return [str(count) for count in self._reader.passed_bytes]


ORDERS: dict[str, Callable[[Control, list[str]], list[str]]] = {
    "card": Control.card,
    "fault": Control.fault,
    "unplug": Control.unplug,
    "plug": Control.plug,
    "passed": Control.passed,
}
