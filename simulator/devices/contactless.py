"""What a reader's field can hold: any card, and the plain one that only has a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Answer:
    """How a type A card presents itself in anticollision (ISO/IEC 14443-3 and -4)."""

    uid: bytes
    """4, 7 or 10 bytes."""
    atqa: bytes
    """SENS_RES as readers show it, most significant byte first."""
    sak: int
    """SEL_RES; bit 0x20 promises ISO/IEC 14443-4."""
    ats: bytes = b""
    """The answer to select, its length byte first; empty where the card speaks no 14443-4."""


class Contactless(Protocol):
    """A card. It keeps a session from one `wake` to the next, or until `sleep`."""

    def wake(self) -> Answer:
        """The card is selected, perhaps anew."""
        ...

    def sleep(self) -> None:
        """The card is deselected or halted, in the field still."""
        ...

    def lose_power(self) -> None:
        """The field is off or the card has left it: even a random UID is forgotten."""
        ...

    def exchange(self, command: bytes) -> bytes | None:
        """The answer to one whole command; None is silence."""
        ...


class UidCard:
    """A sticker or a fob: it has a number and answers nothing else."""

    def __init__(self, uid: bytes) -> None:
        self._answer = Answer(uid, bytes.fromhex("0044" if len(uid) == 7 else "0004"), 0x00)

    def wake(self) -> Answer:
        """Its number, always the same: anyone can copy it."""
        return self._answer

    def sleep(self) -> None:
        """Nothing to forget."""

    def lose_power(self) -> None:
        """Nothing to forget."""

    def exchange(self, command: bytes) -> bytes | None:  # noqa: ARG002 - it hears nothing
        """Silence."""
        return None
