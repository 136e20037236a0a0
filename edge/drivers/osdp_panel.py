"""libosdp as a control panel for one reader on one line.

libosdp would run a thread of its own; here its `refresh` is called from the event loop, so that
nothing has to be bridged. It gives a reader up for 300 s after one failure (seen in 3.2.9): who
uses this class makes a new one instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from edge.drivers.errors import PortLost, ReaderFault
from edge.drivers.osdp_frames import WholeFrames
from edge.drivers.serial_line import SerialLine

KEY_BYTES = 16
_NO_IDENTITY = ("version", "model", "vendor_code", "serial_number", "firmware_version")
"""A panel has none; the library wants the keys."""


class OsdpPanel:
    """Talks to the reader at `address`, only over a secure channel with `key`.

    `told` gets each number a card was read with; `tampered` is None until the reader has told
    how its case is. Raises ReaderFault when made without libosdp.
    """

    def __init__(
        self, line: SerialLine, address: int, key: bytes, told: Callable[[bytes], None]
    ) -> None:
        try:
            library: Any = import_module("osdp_sys")  # optional, and few doors need it
        except ImportError as error:
            raise ReaderFault(line.port, "pip install 'softplace[osdp]' is missing") from error
        self._channel = _Channel(line)
        self._told = told
        self.tampered: bool | None = None
        self._asked = False
        self._card_read = library.EVENT_CARDREAD
        self._status, self._of_itself = library.EVENT_STATUS, library.STATUS_REPORT_LOCAL
        self._ask_status = {"command": library.CMD_STATUS, "type": library.STATUS_REPORT_LOCAL}
        library.set_loglevel(library.LOG_EMERG)  # it prints; we say it ourselves
        reader = {
            "name": "reader",
            "address": address,
            "flags": library.FLAG_ENFORCE_SECURE,
            "scbk": key,
            "channel": self._channel,
        } | dict.fromkeys(_NO_IDENTITY, 0)
        self._library = library.ControlPanel([reader])
        self._library.set_event_callback(self._happened)

    @property
    def secure(self) -> bool:
        """Whether the reader has proved that it knows the key, and we have."""
        return bool(self._library.sc_status())

    @property
    def heard(self) -> int:
        """Whole frames' bytes received."""
        return self._channel.heard

    def refresh(self) -> None:
        """Take one step; to be called every 20 ms or so. Raises PortLost."""
        self._library.refresh()
        if self._channel.lost is not None:
            raise self._channel.lost
        if self.tampered is None and self.secure and not self._asked:
            self._asked = self.submit(self._ask_status)

    def submit(self, command: Mapping[str, object]) -> bool:
        """Queue a command; False where the reader is not there to take it."""
        return self.secure and bool(self._library.submit_command(0, dict(command)))

    def _happened(self, _reader: int, event: Mapping[str, Any]) -> int:
        if event.get("event") == self._card_read:
            self._told(bytes(event["data"]))
        elif event.get("event") == self._status and event.get("type") == self._of_itself:
            self.tampered = bool(event["report"][0])
        return 0


class _Channel:
    """A line as libosdp wants one. It must not raise into C: `lost` keeps what happened."""

    def __init__(self, line: SerialLine) -> None:
        self.id = 0
        self.lost: PortLost | None = None
        self.heard = 0
        self._line = line
        self._frames = WholeFrames()

    def read(self, most: int) -> bytes:
        """Bytes of whole frames, none where there are none yet."""
        try:
            self._frames.feed(self._line.take())
        except PortLost as lost:
            self.lost = lost
        taken = self._frames.take(most)
        self.heard += len(taken)
        return taken

    def write(self, data: bytes) -> int:
        """All of it at once; a question makes any older answer worthless."""
        self._frames.forget()
        try:
            self._line.write(bytes(data))
        except PortLost as lost:
            self.lost = lost
        return len(data)

    def flush(self) -> None:
        """Nothing is buffered that a question does not drop."""
