"""Opening a session with a card, whatever its generation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol, TypeAlias

from edge.copass.proof.ev1_session import Ev1Authentication
from edge.copass.proof.ev2_session import Ev2Authentication
from edge.copass.proof.status import DONE, SELECT_APPLICATION, expect
from edge.drivers.card_reader import CardChannel

CHALLENGE_BYTES = 16

Scheme: TypeAlias = Literal["ev1", "ev2"]
RandomBytes: TypeAlias = Callable[[int], bytes]
"""So many bytes from a source good enough for keys: `secrets.token_bytes`."""


class Session(Protocol):
    """Commands and answers under a session key. What is refused raises NotAuthentic."""

    def asking(self, command: bytes) -> bytes:
        """A command without secrets."""
        ...

    def enciphered(self, header: bytes, data: bytes) -> bytes:
        """A command whose data nobody else may read."""
        ...

    def changing(self, slot: int, new: bytes, version: int, old: bytes | None) -> bytes:
        """ChangeKey of a slot."""
        ...

    def verified(self, answer: bytes) -> bytes:
        """The data of an answer that goes in the open."""
        ...

    def deciphered(self, answer: bytes, size: int) -> bytes:
        """`size` bytes of an answer that nobody else may read."""
        ...


async def select(channel: CardChannel, application: bytes) -> None:
    """Select an application, its id as in `contract.card_file`. Raises NotAuthentic."""
    answer = await channel.native(bytes([SELECT_APPLICATION]) + application[::-1])
    expect(answer, DONE, 0)


async def authenticated(
    channel: CardChannel, scheme: Scheme, key: bytes, slot: int, random_bytes: RandomBytes
) -> Session:
    """A session with the selected application, both sides having shown that they have `key`.

    Raises NotAuthentic, and what the channel raises.
    """
    challenge = random_bytes(CHALLENGE_BYTES)
    half: Ev1Authentication | Ev2Authentication
    if scheme == "ev1":
        half = Ev1Authentication(key, slot, challenge)
    else:
        half = Ev2Authentication(key, slot, challenge)
    second = half.challenged(await channel.native(half.start()))
    return half.finished(await channel.native(second))
