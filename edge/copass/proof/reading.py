"""Reading the co-pass of a card that has proven to be itself.

Four exchanges: select, both halves of the authentication, one read. None can be left out: the
keys live in the application, and its files answer only to an authenticated key.
"""

from __future__ import annotations

from contract.card_file import APPLICATION_ID, SAID_BYTES, CardFile, NotACoPass, decode_card_file
from contract.rights import CardKey
from edge.copass.proof.errors import NotAuthentic
from edge.copass.proof.session import RandomBytes, authenticated, select
from edge.copass.proof.status import READ_DATA
from edge.drivers.card_reader import CardChannel


async def read_card(
    channel: CardChannel, card_key: CardKey, territory: str, random_bytes: RandomBytes
) -> CardFile:
    """The co-pass in the field, proven with the card's own key.

    Raises NotAuthentic, CardGone (too early; read again) and ReaderFault.
    """
    slot = card_key.key_number
    await select(channel, APPLICATION_ID)
    session = await authenticated(channel, card_key.scheme, card_key.key, slot, random_bytes)
    answer = await channel.native(session.asking(reading(slot, SAID_BYTES)))
    try:
        return decode_card_file(session.deciphered(answer, SAID_BYTES), territory)
    except NotACoPass as error:
        raise NotAuthentic("not_a_copass", error.why) from error


def reading(file_number: int, size: int) -> bytes:
    """ReadData of the first `size` bytes of a file."""
    return bytes([READ_DATA, file_number]) + bytes(3) + size.to_bytes(3, "little")
