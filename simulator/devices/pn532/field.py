"""The chip's radio field and the one card that may be in it.

Rules of this file: pure. Only the first card to enter is seen, as with one antenna and a door.
"""

from __future__ import annotations

from simulator.devices.contactless import Answer, Contactless
from simulator.devices.isodep import BlockLayer


class Field:
    """A field is on or off; a card in it is selected or not."""

    def __init__(self) -> None:
        self.is_on = False
        self.card: Contactless | None = None
        self.target: Answer | None = None
        """The card that the chip has numbered 1, even if that one is gone by now."""
        self._blocks: BlockLayer | None = None
        self._is_put_to_sleep = False

    @property
    def is_selected(self) -> bool:
        """Whether the card in the field is the one that was selected, and has power since."""
        return self._blocks is not None

    def enter(self, card: Contactless) -> None:
        """`card` comes into the field, instead of any other."""
        self.leave()
        self.card = card

    def leave(self) -> Contactless | None:
        """The card is taken away."""
        card, self.card = self.card, None
        self._blocks, self._is_put_to_sleep = None, False
        if card is not None:
            card.lose_power()
        return card

    def switch(self, *, on: bool) -> None:
        """Without field a card has no power and the chip no target."""
        self.is_on = on
        if not on:
            self.release()
            if self.card is not None:
                self.card.lose_power()

    def select(self, wanted_uid: bytes = b"") -> Answer | None:
        """Anticollision and selection of the card there is, or only of that UID."""
        self.is_on = True
        self.release()
        if self.card is None:
            return None
        answer = self.card.wake()
        if wanted_uid not in {b"", answer.uid}:
            return None
        self.target = answer
        self._blocks = BlockLayer(answer.ats, self.card.exchange)
        return answer

    def deselect(self) -> None:
        """The card forgets its session; the chip remembers the number."""
        self._blocks, self._is_put_to_sleep = None, True
        if self.card is not None:
            self.card.sleep()

    def release(self) -> None:
        """Both forget."""
        self.deselect()
        self.target = None

    def exchange(self, command: bytes) -> bytes | None:
        """One whole command to the selected card, None where no answer comes."""
        if self.card is None or not self._is_selected_again():
            return None
        return self.card.exchange(command)

    def block(self, block: bytes) -> bytes | None:
        """One raw block to the card."""
        if self.card is None or self._blocks is None:
            return None
        return self._blocks.block(block)

    def _is_selected_again(self) -> bool:
        """The chip wakes a target that it deselected itself; not one that was taken away."""
        if self._blocks is not None:
            return True
        if self.target is None or not self._is_put_to_sleep:
            return False
        return self.select(self.target.uid) is not None
