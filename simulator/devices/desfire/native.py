"""A card's native command set: frames in, status and data out, whatever carries them.

Rules of this file: pure. Any status but OK and MORE ends an authentication.
"""

from __future__ import annotations

from functools import partial

from simulator.devices.desfire.commands import AUTHENTICATIONS, FRAME_BYTES, ROWS, SELECT, Row
from simulator.devices.desfire.messaging import Mode
from simulator.devices.desfire.state import CardState, Step
from simulator.devices.desfire.status import Refused, Status

GO_ON = 0xAF
_ROWS = {row.code: row for row in ROWS}


def answered(card: CardState, code: int, data: bytes) -> Step:
    """What the card says to one frame."""
    goes_on, card.goes_on = card.goes_on, None
    try:
        if code == GO_ON and goes_on is not None:
            return goes_on(data)
        return _begun(card, code, data)
    except Refused as refused:
        card.session = None
        return refused.status, b""


def _begun(card: CardState, code: int, data: bytes) -> Step:
    if code in AUTHENTICATIONS:
        return AUTHENTICATIONS[code](card, data)
    row = SELECT if code == SELECT.code else _ROWS.get(code)
    if row is None:
        raise Refused(Status.ILLEGAL_COMMAND)
    if len(data) < row.head_bytes or (len(data) > FRAME_BYTES and not row.takes_long):
        raise Refused(Status.LENGTH_ERROR)
    head, sent = data[: row.head_bytes], data[row.head_bytes :]
    if row is SELECT:
        return Status.OK, row.run(card, _whole(head, sent), b"")
    return _gathered(card, row, row.mode(card, head), head, sent)


def _whole(head: bytes, rest: bytes) -> bytes:
    if rest:
        raise Refused(Status.LENGTH_ERROR)
    return head


def _gathered(card: CardState, row: Row, mode: Mode, head: bytes, sent: bytes) -> Step:
    """Ask for more until all of the command's data is here; then do it."""
    data_bytes = row.data_bytes(head)
    session = card.session
    expected = session.sent_bytes(mode, data_bytes) if session else data_bytes
    if len(sent) > expected:
        raise Refused(Status.LENGTH_ERROR)
    if len(sent) < expected:
        if data_bytes == 0 or not sent:
            raise Refused(Status.LENGTH_ERROR)
        card.goes_on = lambda more: _gathered(card, row, mode, head, sent + more)
        return Status.MORE, b""
    code = bytes((row.code,))
    data = session.opened(mode, code + head, sent, data_bytes) if session else sent
    answer = row.run(card, head, data)
    if session is not None and card.session is session:
        answer = session.closed(mode, answer, padded_end=head[4:7] == bytes(3))
    return _sent(card, answer, row.pieces)


def _sent(card: CardState, answer: bytes, pieces: tuple[int, ...]) -> Step:
    """The first frame of an answer, and the next ones as they are asked for."""
    size = pieces[0] if pieces else len(answer)
    if len(answer) <= size:
        return Status.OK, answer
    card.goes_on = partial(_continued, card, answer[size:], pieces[1:] or pieces)
    return Status.MORE, answer[:size]


def _continued(card: CardState, rest: bytes, pieces: tuple[int, ...], more: bytes) -> Step:
    if more:
        raise Refused(Status.LENGTH_ERROR)
    return _sent(card, rest, pieces)
