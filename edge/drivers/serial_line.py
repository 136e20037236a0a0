"""A serial port as a stream of bytes in the event loop, without threads."""

from __future__ import annotations

import asyncio
import errno
import os

import serial
from serial.tools import list_ports

from edge.drivers.errors import (
    RECEIVER,
    PortAbsent,
    PortBusy,
    PortForbidden,
    PortLost,
    PortUnavailable,
    PortUnusable,
    PortUser,
)

MAX_WAITING_BYTES = 65_536
"""Unread bytes kept; the kernel's own buffer takes the rest until somebody reads."""


class SerialLine:
    """An open port, ours alone. `arrived` is set when there are bytes, or when the port is lost.

    `user` is whose port it is, for the sentences of its faults. Raises PortUnavailable
    (PortAbsent, PortForbidden, PortBusy, PortUnusable) when made.
    """

    def __init__(self, port: str, baud: int, user: PortUser = RECEIVER) -> None:
        self.port = port
        self.arrived = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._waiting = bytearray()
        self._lost = False
        self._serial = _open(port, baud, user)
        self._fd: int = self._serial.fileno()
        self._listens = False
        self._listen()

    def take(self) -> bytes:
        """What has arrived since the last call. Raises PortLost once all of it is taken."""
        self.arrived.clear()
        if not self._waiting and self._lost:
            raise PortLost(self.port)
        data = bytes(self._waiting)
        self._waiting.clear()
        if self._lost:
            self.arrived.set()
        else:
            self._listen()
        return data

    def write(self, data: bytes) -> None:
        """Hand `data` to the port at once, for short commands. Raises PortLost."""
        try:
            written = os.write(self._fd, data)
        except OSError as error:
            raise PortLost(self.port) from error
        if written < len(data):
            # Some 4,096 bytes wait already: whatever hangs on this port takes nothing any more.
            raise PortLost(self.port)

    def close(self) -> None:
        """Give the port back."""
        self._ignore()
        self._serial.close()

    def _listen(self) -> None:
        if not self._listens:
            self._loop.add_reader(self._fd, self._read)
            self._listens = True

    def _ignore(self) -> None:
        if self._listens:
            self._loop.remove_reader(self._fd)
            self._listens = False

    def _read(self) -> None:
        try:
            data = os.read(self._fd, 4_096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._waiting += data
        else:
            self._lost = True
        if self._lost or len(self._waiting) >= MAX_WAITING_BYTES:
            self._ignore()
        self.arrived.set()


def _open(port: str, baud: int, user: PortUser) -> serial.Serial:
    try:
        return serial.Serial(port, baud, timeout=0, exclusive=True)
    except ValueError as error:
        raise PortUnusable(port, str(error), user) from error
    except (OSError, serial.SerialException) as error:
        raise _named(port, error, user) from error


def _named(port: str, error: OSError, user: PortUser) -> PortUnavailable:
    """The fault behind pyserial's exception; its own errno is lost where a lock fails."""
    cause = error.__context__ if isinstance(error.__context__, OSError) else error
    number = error.errno or cause.errno
    if number in {errno.ENOENT, errno.ENXIO, errno.ENODEV} or not os.path.exists(port):  # noqa: PTH110 - a device name, not a file of ours
        return PortAbsent(port, sorted(found.device for found in list_ports.comports()), user)
    if number in {errno.EACCES, errno.EPERM}:
        return PortForbidden(port)
    if number in {errno.EBUSY, errno.EAGAIN}:
        return PortBusy(port, user)
    return PortUnusable(port, os.strerror(number) if number else str(error), user)
