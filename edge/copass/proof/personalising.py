"""Making a co-pass of a blank card, and giving a co-pass other keys: for the issuing desk.

Both may be interrupted by a card taken away and started again: what is done already is found by
the key versions and the list of files. Master keys are parameters of `derived_keys` and go no
further than that. The key of the card itself (PICC) is left as delivered: who has the card and
that key can delete the co-pass, never read or copy it.
"""

from __future__ import annotations

from contract.card_file import APPLICATION_ID, DOOR_KEY_SLOTS, FILE_BYTES, CardFile
from edge.copass.proof.card_keys import APPLICATION_SLOT, BLANK, SLOTS, CardKeys
from edge.copass.proof.errors import NotAuthentic, PersonalisingRefused
from edge.copass.proof.session import RandomBytes, Scheme, Session, authenticated, select
from edge.copass.proof.status import DONE, DUPLICATE, expect
from edge.drivers.card_reader import CardChannel

CARD_LEVEL = bytes(3)
CREATE_APPLICATION = 0xCA
CREATE_FILE = 0xCD
WRITE_DATA = 0x3D
GET_FILE_IDS = 0x6F
GET_KEY_VERSION = 0x64
_SETTINGS = 0x09
"""Only slot 0 lists, creates and changes keys; its own key and these settings may change."""
_AES_KEYS = 0x80 | len(SLOTS)
_ENCIPHERED = 0x03
_PIECE_BYTES = 24
"""Written at once: enciphered and with its MAC it fits one frame of the oldest cards."""


async def personalise(
    channel: CardChannel,
    keys: CardKeys,
    card_file: CardFile,
    random_bytes: RandomBytes,
    scheme: Scheme = "ev2",
) -> None:
    """A co-pass out of a blank card, or out of one that was begun and not finished.

    Raises PersonalisingRefused where the card already has a co-pass with keys of its own,
    NotAuthentic where it does not do as a DESFire card does, CardGone and ReaderFault.
    """
    _refuse_random_uid(channel.uid)
    await _create_application(channel)
    await select(channel, APPLICATION_ID)
    blank = BLANK.keys[APPLICATION_SLOT]
    try:
        session = await authenticated(channel, scheme, blank, APPLICATION_SLOT, random_bytes)
    except NotAuthentic as error:
        raise PersonalisingRefused("it already has a co-pass: rekey it, or erase it") from error
    await _write_files(channel, session, card_file)
    await _change_keys(channel, session, BLANK, keys)


async def rekey(
    channel: CardChannel,
    old: CardKeys,
    new: CardKeys,
    random_bytes: RandomBytes,
    scheme: Scheme = "ev2",
) -> None:
    """Give a co-pass the keys `new` in place of `old`; slots that already have them stay.

    Raises PersonalisingRefused where both have one version, NotAuthentic, CardGone, ReaderFault.
    """
    if old.version == new.version:
        raise PersonalisingRefused(f"old and new keys both have version {new.version}")
    await select(channel, APPLICATION_ID)
    version = await channel.native(bytes([GET_KEY_VERSION, APPLICATION_SLOT]))
    # Slot 0 is changed last: with its new version nothing is left to do.
    if expect(version, DONE, 1)[0] == new.version:
        return
    own = old.keys[APPLICATION_SLOT]
    session = await authenticated(channel, scheme, own, APPLICATION_SLOT, random_bytes)
    await _change_keys(channel, session, old, new)


def _refuse_random_uid(uid: bytes) -> None:
    """Keys are made from the UID, so it must be the same at every tap (ISO/IEC 14443-3: 08)."""
    if len(uid) == 4 and uid[0] == 0x08:
        raise PersonalisingRefused("it shows another UID at every tap: take a card that does not")


async def _create_application(channel: CardChannel) -> None:
    await select(channel, CARD_LEVEL)
    identity = APPLICATION_ID[::-1] + bytes([_SETTINGS, _AES_KEYS])
    answer = await channel.native(bytes([CREATE_APPLICATION]) + identity)
    if answer[:1] != bytes([DUPLICATE]):
        expect(answer, DONE, 0)


async def _write_files(channel: CardChannel, session: Session, card_file: CardFile) -> None:
    present = session.verified(await channel.native(session.asking(bytes([GET_FILE_IDS]))))
    for number in DOOR_KEY_SLOTS:
        if number not in present:
            creating = session.asking(_creating(number))
            session.verified(await channel.native(creating))
        data = card_file.encode()
        for at in range(0, FILE_BYTES, _PIECE_BYTES):
            piece = data[at : at + _PIECE_BYTES]
            writing = session.enciphered(_writing(number, at, len(piece)), piece)
            session.verified(await channel.native(writing))


async def _change_keys(
    channel: CardChannel, session: Session, old: CardKeys, new: CardKeys
) -> None:
    for slot in DOOR_KEY_SLOTS:
        asking = session.asking(bytes([GET_KEY_VERSION, slot]))
        if session.verified(await channel.native(asking)) != bytes([new.version]):
            changing = session.changing(slot, new.keys[slot], new.version, old.keys[slot])
            session.verified(await channel.native(changing))
    own = session.changing(APPLICATION_SLOT, new.keys[APPLICATION_SLOT], new.version, None)
    expect(await channel.native(own), DONE, 0)


def _creating(number: int) -> bytes:
    """Read by the key of its own number; written and changed by slot 0."""
    rights = bytes([0x00, number << 4])
    head = bytes([CREATE_FILE, number, _ENCIPHERED])
    return head + rights + FILE_BYTES.to_bytes(3, "little")


def _writing(number: int, at: int, size: int) -> bytes:
    return bytes([WRITE_DATA, number]) + at.to_bytes(3, "little") + size.to_bytes(3, "little")
