"""What is done to the card in the field; every fault of it is one sentence."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

from contract.card_file import NUMBER_BYTES, CardFile, territory_mark
from contract.rights import TAG_BYTES, CardKey
from softplace.failure import CommandFailed

if TYPE_CHECKING:
    from edge.copass.proof.card_keys import CardKeys
    from edge.copass.proof.session import Scheme
    from edge.drivers.card_reader import CardChannel

_NO_TAG = bytes(TAG_BYTES)
"""At the desk a card is found by its UID; tags are of doors."""
_FIRST_SLOT = 1


async def write_card(
    channel: CardChannel, keys: CardKeys, territory: str, scheme: Scheme
) -> CardFile:
    """Make a co-pass of a blank card; one that was made and never recorded is taken as it is.

    Raises CommandFailed.
    """
    from edge.copass.proof.errors import PersonalisingRefused  # noqa: PLC0415 - needs AES
    from edge.copass.proof.personalising import personalise  # noqa: PLC0415

    card_file = CardFile(territory_mark(territory), secrets.token_bytes(NUMBER_BYTES))
    with card_faults():
        try:
            await personalise(channel, keys, card_file, secrets.token_bytes, scheme)
        except PersonalisingRefused:
            return await prove(channel, keys.keys[_FIRST_SLOT], _FIRST_SLOT, territory, scheme)
        return await prove(channel, keys.keys[_FIRST_SLOT], _FIRST_SLOT, territory, scheme)


async def prove(
    channel: CardChannel, key: bytes, slot: int, territory: str, scheme: Scheme
) -> CardFile:
    """The file of the card, proven with its own key. Raises CommandFailed."""
    from edge.copass.proof import read_card  # noqa: PLC0415 - needs AES

    with card_faults():
        card_key = CardKey(_NO_TAG, key, slot, scheme)
        return await read_card(channel, card_key, territory, secrets.token_bytes)


@contextlib.contextmanager
def card_faults() -> Iterator[None]:
    """Faults of card and reader as one sentence. Raises CommandFailed."""
    from edge.copass.proof.errors import ProofError  # noqa: PLC0415 - needs AES
    from edge.drivers.errors import CardGone, ReaderFault  # noqa: PLC0415

    try:
        yield
    except CardGone as error:
        raise CommandFailed(
            "the card left the field too early: hold it on the reader and run this again; what "
            "was begun is finished then"
        ) from error
    except (ProofError, ReaderFault) as error:
        raise CommandFailed(str(error)) from error
