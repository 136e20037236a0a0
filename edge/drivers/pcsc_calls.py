"""The blocking calls of PC/SC, from one thread: what is in the reader, and APDUs to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edge.drivers.errors import CardGone, ReaderFault

LOOK_MS = 200
"""A wait for a change ends after this long, so that whoever gave it up is not waited for."""
GET_UID = bytes.fromhex("ffca000000")
_DONE = b"\x90\x00"
_ARRIVALS = 16
"""Above these bits of a state pcscd counts arrivals and removals."""


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """One card from its arrival until it is gone."""

    handle: int
    protocol: int
    atr: bytes
    uid: bytes


class Calls:
    """One reader. Every method blocks and may raise ReaderFault."""

    def __init__(self, name: str) -> None:
        self.is_connected = False
        self._wanted = name
        self._scard: Any = None
        self._context: int | None = None
        self._name = ""
        self._state = 0
        self._session: Session | None = None
        self._unmet: bytes | None = None
        """ATR of a card that lies there and has not yet told its UID."""

    def look(self) -> Session | None:
        """The card in the reader, at its next change or after LOOK_MS at the latest."""
        scard = self._connected()
        code, states = scard.SCardGetStatusChange(
            self._context, LOOK_MS, [(self._name, self._state)]
        )
        if code == scard.SCARD_E_TIMEOUT:
            # A card that was still waking when it was asked, or torn, is asked again.
            if self._unmet is not None:
                self._meet(self._unmet)
            return self._session
        if code != scard.SCARD_S_SUCCESS:
            self._fail(code)
        _, state, atr = states[0]
        arrivals, self._state = self._state >> _ARRIVALS, state & ~scard.SCARD_STATE_CHANGED
        if state & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE):
            self.close()
            raise ReaderFault(self._name, "it was unplugged")
        is_there = state & scard.SCARD_STATE_PRESENT and not state & scard.SCARD_STATE_MUTE
        if not is_there or state >> _ARRIVALS != arrivals:
            self._leave()
        self._unmet = None
        if is_there and self._session is None:
            self._meet(bytes(atr))
        return self._session

    def exchanged(self, session: Session, apdu: bytes) -> bytes:
        """Answer and status word. Raises CardGone."""
        if session is not self._session:
            raise CardGone
        scard = self._scard
        code, answer = scard.SCardTransmit(session.handle, session.protocol, list(apdu))
        if code != scard.SCARD_S_SUCCESS or len(answer) < 2:
            self._leave()
            self._state = 0  # a card that was only torn is met anew
            raise CardGone(scard.SCardGetErrorMessage(code).strip())
        return bytes(answer)

    def close(self) -> None:
        """Let card, reader and pcscd go."""
        self._leave()
        if self._context is not None:
            self._scard.SCardReleaseContext(self._context)
        self._context = None
        self.is_connected = False

    def _meet(self, atr: bytes) -> None:
        self._session = self._met(atr)
        self._unmet = atr if self._session is None else None

    def _met(self, atr: bytes) -> Session | None:
        """The card that has just come; None where it does not answer (yet), or is gone already."""
        scard = self._scard
        protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        code, handle, protocol = scard.SCardConnect(
            self._context, self._name, scard.SCARD_SHARE_SHARED, protocols
        )
        if code != scard.SCARD_S_SUCCESS:
            return None
        code, answer = scard.SCardTransmit(handle, protocol, list(GET_UID))
        if code != scard.SCARD_S_SUCCESS or bytes(answer[-2:]) != _DONE:
            scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)
            return None
        return Session(handle, protocol, atr, bytes(answer[:-2]))

    def _leave(self) -> None:
        self._unmet = None
        if self._session is not None:
            self._scard.SCardDisconnect(self._session.handle, self._scard.SCARD_UNPOWER_CARD)
            self._session = None

    def _connected(self) -> Any:
        if self._context is None:
            self._scard = _library(self._wanted)
            code, self._context = self._scard.SCardEstablishContext(self._scard.SCARD_SCOPE_USER)
            if code != self._scard.SCARD_S_SUCCESS:
                self._context = None
                self._fail(code)
            self._name, self._state = self._found(), 0
            self.is_connected = True
        return self._scard

    def _found(self) -> str:
        _code, names = self._scard.SCardListReaders(self._context, [])
        fitting = [name for name in names if self._wanted in name]
        if not fitting:
            self.close()
            here = f"PC/SC has {', '.join(names)}" if names else "PC/SC has none"
            raise ReaderFault(
                self._wanted or "on PC/SC", f"not there: plug it in or correct its name ({here})"
            )
        return str(fitting[0])

    def _fail(self, code: int) -> None:
        words = str(self._scard.SCardGetErrorMessage(code)).strip()
        self.close()
        raise ReaderFault(
            self._name or self._wanted or "on PC/SC",
            f"{words}: check that pcscd runs (sudo systemctl start pcscd)",
        )


def _library(name: str) -> Any:
    try:
        from smartcard import scard  # noqa: PLC0415 - optional, and it loads libpcsclite
    except ImportError as error:
        raise ReaderFault(
            name or "on PC/SC", "pyscard is missing: pip install softplace[pcsc]"
        ) from error
    return scard
