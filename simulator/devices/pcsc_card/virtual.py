"""A contactless card behind vpcd, vsmartcard's reader driver for pcscd: a TCP client.

Each message is two bytes of length and a payload; a payload of one byte is an order of the
reader (off, on, reset, ATR). A card that is taken away closes its connection.
"""

from __future__ import annotations

import socket
import threading
from enum import IntEnum
from types import TracebackType
from typing import Self

from simulator.devices.contactless import Contactless

HOST, PORT = "127.0.0.1", 35_963
QUICK_ACK = 12
"""TCP_QUICKACK of Linux. Without it, and anew before every read, each APDU waits 40 ms."""
RETRY_S = 0.02
READER_CLASS = 0xFF
GET_DATA = b"\xca"
OK, NOT_SUPPORTED, NO_ANSWER = b"\x90\x00", b"\x6a\x81", b"\x64\x00"


class Order(IntEnum):
    """What the reader wants of the card."""

    OFF = 0
    ON = 1
    RESET = 2
    ATR = 4


def atr(historical: bytes) -> bytes:
    """As PC/SC part 3 has readers make one up for a contactless card."""
    head = bytes((0x80 | len(historical), 0x80, 0x01)) + historical
    check = 0
    for byte in head:
        check ^= byte
    return b"\x3b" + head + bytes((check,))


class VirtualCard:
    """`card` lies on the reader from the making of this object until `close`.

    It is taken up as soon as the reader listens. With `stays_for`, it is pulled away instead of
    answering one command more than that.
    """

    def __init__(
        self, card: Contactless, port: int = PORT, *, stays_for: int | None = None
    ) -> None:
        self._card = card
        self._stays_for = stays_for
        self._port = port
        self._answer = card.wake()
        self._gone = threading.Event()
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, name="pcsc card", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """The card is taken away."""
        self._gone.set()
        if self._socket is not None:
            _shut(self._socket)
        self._thread.join()
        self._card.lose_power()

    @property
    def is_pulled(self) -> bool:
        """Whether it has left the reader by itself, in the midst of a command."""
        return self._gone.is_set()

    def _run(self) -> None:
        while not self._gone.is_set():
            try:
                with socket.create_connection((HOST, self._port)) as connection:
                    self._socket = connection
                    if not self._gone.is_set():
                        self._serve(connection)
            except OSError:
                self._gone.wait(RETRY_S)  # the reader does not listen yet, or not any more

    def _serve(self, connection: socket.socket) -> None:
        while (message := _received(connection)) is not None:
            is_order = len(message) == 1 and message[0] in set(Order)
            if not is_order and self._pulls(message):
                return
            answer = self._ordered(message[0]) if is_order else self._answered(message)
            if answer is not None:
                connection.sendall(len(answer).to_bytes(2, "big") + answer)

    def _ordered(self, order: int) -> bytes | None:
        if order == Order.ATR:
            return atr(self._answer.ats[5:])
        if order in {Order.ON, Order.RESET}:
            self._answer = self._card.wake()
        elif order == Order.OFF:
            self._card.lose_power()
        return None

    def _pulls(self, apdu: bytes) -> bool:
        """Whether the card leaves now, instead of answering this command."""
        if self._stays_for is None or apdu[0] == READER_CLASS:
            return False
        if self._stays_for == 0:
            self._gone.set()
            return True
        self._stays_for -= 1
        return False

    def _answered(self, apdu: bytes) -> bytes:
        if apdu[0] == READER_CLASS:
            if apdu[1:3] == GET_DATA + b"\x00":
                return self._answer.uid + OK
            return NOT_SUPPORTED
        answer = self._card.exchange(apdu)
        return NO_ANSWER if answer is None else answer


def _received(connection: socket.socket) -> bytes | None:
    """One message, None where the reader closed."""
    head = _exactly(connection, 2)
    return head and _exactly(connection, int.from_bytes(head, "big"))


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    data = b""
    while len(data) < size:
        connection.setsockopt(socket.IPPROTO_TCP, QUICK_ACK, 1)
        piece = connection.recv(size - len(data))
        if not piece:
            return None
        data += piece
    return data


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was closed already
