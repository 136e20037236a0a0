"""Commands about standard data files.

Rules of this file: as of `card_commands`. Numbers on the wire have their least byte first.
"""

from __future__ import annotations

from simulator.devices.desfire.memory import FREE, MOST_FILES, NEVER, DataFile
from simulator.devices.desfire.messaging import Mode
from simulator.devices.desfire.state import CardState
from simulator.devices.desfire.status import Refused, Status

STANDARD = 0x00
MODES = {0: Mode.PLAIN, 1: Mode.MAC, 3: Mode.FULL}


def file_ids(card: CardState, _head: bytes, _data: bytes) -> bytes:
    """One byte each."""
    _demand_application(card)
    card.demand_master(unless=card.application.lists_freely)
    return bytes(card.application.files)


def file_settings(card: CardState, head: bytes, _data: bytes) -> bytes:
    """Type, communication, rights and size."""
    card.demand_master(unless=card.application.lists_freely)
    file = card.file(head[0])
    size = len(file.content).to_bytes(3, "little")
    return bytes((STANDARD, file.communication)) + file.rights.to_bytes(2, "little") + size


def create_file(card: CardState, head: bytes, _data: bytes) -> bytes:
    """Number, communication, rights and size of a standard data file."""
    number, communication, rights = head[0], head[1], int.from_bytes(head[2:4], "little")
    size = int.from_bytes(head[4:7], "little")
    application = card.application
    _demand_application(card)
    card.demand_master(unless=application.creates_freely)
    if number in application.files:
        raise Refused(Status.DUPLICATE)
    nibbles = {rights >> shift & 0xF for shift in (0, 4, 8, 12)}
    known = {FREE, NEVER, *range(len(application.keys))}
    if number >= MOST_FILES or communication not in MODES or not size or nibbles - known:
        raise Refused(Status.PARAMETER_ERROR)
    if card.memory.free_bytes < -(-size // 32) * 32:
        raise Refused(Status.OUT_OF_MEMORY)
    application.files[number] = DataFile(communication, rights, bytearray(size))
    return b""


def delete_file(card: CardState, head: bytes, _data: bytes) -> bytes:
    """For good."""
    card.demand_master(unless=card.application.creates_freely)
    card.file(head[0])
    del card.application.files[head[0]]
    return b""


def reading_mode(card: CardState, head: bytes) -> Mode:
    """How a read of this file is protected. Raises Refused where it is not permitted."""
    file = card.file(head[0])
    return _mode(card, file, file.read_rights)


def writing_mode(card: CardState, head: bytes) -> Mode:
    """How a write of this file is protected. Raises Refused where it is not permitted."""
    file = card.file(head[0])
    return _mode(card, file, file.write_rights)


def span(head: bytes) -> tuple[int, int]:
    """Offset and length."""
    return int.from_bytes(head[1:4], "little"), int.from_bytes(head[4:7], "little")


def read_data(card: CardState, head: bytes, _data: bytes) -> bytes:
    """So many bytes from an offset, all there are for a length of 0."""
    content = card.file(head[0]).content
    offset, length = span(head)
    end = offset + length if length else len(content)
    if end > len(content) or offset >= len(content):
        raise Refused(Status.BOUNDARY_ERROR)
    return bytes(content[offset:end])


def write_data(card: CardState, head: bytes, data: bytes) -> bytes:
    """In place."""
    content = card.file(head[0]).content
    offset, length = span(head)
    if length == 0 or len(data) < length:
        raise Refused(Status.LENGTH_ERROR)
    if offset + length > len(content):
        raise Refused(Status.BOUNDARY_ERROR)
    content[offset : offset + length] = data[:length]
    return b""


def _mode(card: CardState, file: DataFile, rights: tuple[int, int]) -> Mode:
    session = card.session
    if session is not None and session.key_number in rights:
        return MODES[file.communication]
    if FREE in rights:
        return Mode.PLAIN
    if rights == (NEVER, NEVER):
        raise Refused(Status.PERMISSION_DENIED)
    raise Refused(session.denied if session else Status.AUTHENTICATION_ERROR)


def _demand_application(card: CardState) -> None:
    if card.at_card_level:
        raise Refused(Status.PERMISSION_DENIED)
