"""Commands about the card, its applications and its keys.

Rules of this file: pure. Each function takes the card's state, the head of the command and its
opened data, and gives the answer's data; it raises Refused.
"""

from __future__ import annotations

from simulator.devices.desfire import crypto
from simulator.devices.desfire.authentication import KEY_NUMBER
from simulator.devices.desfire.memory import (
    FREE,
    KEY_BYTES,
    MOST_KEYS,
    NEVER,
    PICC,
    Application,
    Key,
)
from simulator.devices.desfire.state import MASTER_KEY, CardState
from simulator.devices.desfire.status import Refused, Status

AES_KEYS = 0x80
KEY_TYPES = 0xC0
KEY_COUNT = 0x0F
HARDWARE = {1: bytes.fromhex("04010101001605"), 2: bytes.fromhex("04010112001605")}
SOFTWARE = {1: bytes.fromhex("04010101041605"), 2: bytes.fromhex("04010102011605")}
PRODUCTION = bytes.fromhex("ba34a1b2c3") + bytes.fromhex("2524")
"""An invented batch of week 25 of 2024."""


def get_version(card: CardState, _head: bytes, _data: bytes) -> bytes:
    """Hardware, software, UID and production."""
    memory = card.memory
    uid = bytes(7) if memory.random_uid else memory.uid
    return HARDWARE[memory.generation] + SOFTWARE[memory.generation] + uid + PRODUCTION


def free_memory(card: CardState, _head: bytes, _data: bytes) -> bytes:
    """Three bytes, least first."""
    return card.memory.free_bytes.to_bytes(3, "little")


def card_uid(card: CardState, _head: bytes, _data: bytes) -> bytes:
    """The true UID, to any authenticated key."""
    card.authenticated()
    return card.memory.uid


def select_application(card: CardState, head: bytes, _data: bytes) -> bytes:
    """Any authentication is over."""
    card.session = None
    if head.hex() not in card.memory.applications:
        raise Refused(Status.APPLICATION_NOT_FOUND)
    card.selected = head
    return b""


def application_ids(card: CardState, _head: bytes, _data: bytes) -> bytes:
    """Three bytes each."""
    if not card.at_card_level:
        raise Refused(Status.PERMISSION_DENIED)
    card.demand_master(unless=card.application.lists_freely)
    return b"".join(bytes.fromhex(aid) for aid in card.memory.applications if aid != PICC.hex())


def create_application(card: CardState, head: bytes, _data: bytes) -> bytes:
    """Identifier, settings, kind and count of keys."""
    aid, settings, kind = head[:3], head[3], head[4]
    if not card.at_card_level:
        raise Refused(Status.PERMISSION_DENIED)
    card.demand_master(unless=card.application.creates_freely)
    if aid.hex() in card.memory.applications:
        raise Refused(Status.DUPLICATE)
    count = kind & KEY_COUNT
    if kind & ~KEY_COUNT != AES_KEYS or not 1 <= count <= MOST_KEYS:
        raise Refused(Status.PARAMETER_ERROR)
    if card.memory.free_bytes < 32 * (1 + count):
        raise Refused(Status.OUT_OF_MEMORY)
    keys = [Key() for _ in range(count)]
    card.memory.applications[aid.hex()] = Application(settings, keys)
    return b""


def delete_application(card: CardState, head: bytes, _data: bytes) -> bytes:
    """By the card's master, or by the application's where the card lets it."""
    picc = card.memory.applications[PICC.hex()]
    is_own = card.selected == head and picc.creates_freely
    card.demand_master()
    if not (card.at_card_level or is_own):
        raise Refused(Status.PERMISSION_DENIED)
    if head == PICC or head.hex() not in card.memory.applications:
        raise Refused(Status.APPLICATION_NOT_FOUND)
    del card.memory.applications[head.hex()]
    if card.selected == head:
        card.selected, card.session = PICC, None
    return b""


def key_settings(card: CardState, _head: bytes, _data: bytes) -> bytes:
    """Settings, and kind and count of keys."""
    application = card.application
    card.demand_master(unless=application.lists_freely)
    return bytes((application.settings, AES_KEYS | len(application.keys)))


def change_key_settings(card: CardState, _head: bytes, data: bytes) -> bytes:
    """By the master key, unless frozen."""
    card.demand_master()
    if not card.application.can_change_settings:
        raise Refused(Status.PERMISSION_DENIED)
    card.application.settings = data[0]
    return b""


def key_version(card: CardState, head: bytes, _data: bytes) -> bytes:
    """One byte."""
    return bytes((card.key(head[0] & KEY_NUMBER).version,))


def change_key(card: CardState, head: bytes, data: bytes) -> bytes:
    """Key and version; another than the authenticated key comes mixed with its old value."""
    number, is_typed = head[0] & KEY_NUMBER, head[0] & KEY_TYPES
    session = card.authenticated()
    if is_typed and not (card.at_card_level and is_typed == AES_KEYS):
        raise Refused(Status.PARAMETER_ERROR)
    old = card.key(number)
    _demand_changer(card, number, session.key_number)
    value, version = data[:KEY_BYTES], data[KEY_BYTES]
    if number == session.key_number:
        card.session = None
    else:
        value = crypto.xor(value, old.value)
        if data[KEY_BYTES + 1 : KEY_BYTES + 5] != crypto.crc32(value):
            raise Refused(Status.INTEGRITY_ERROR)
    card.application.keys[number] = Key(value, version)
    return b""


def _demand_changer(card: CardState, number: int, authenticated: int) -> None:
    application = card.application
    changer = application.key_changer
    if number == MASTER_KEY:
        frozen, needed = not application.can_change_master, MASTER_KEY
    elif changer == FREE:
        frozen, needed = False, number
    else:
        frozen, needed = changer == NEVER, MASTER_KEY if number == changer else changer
    if frozen:
        raise Refused(Status.PERMISSION_DENIED)
    if authenticated != needed:
        raise Refused(Status.AUTHENTICATION_ERROR)
