"""The errors of the drivers."""

from __future__ import annotations

from typing import NamedTuple


class DriverError(Exception):
    """Base of everything this package raises."""


class SentenceRefused(DriverError, ValueError):
    """A sentence that may not be used; `reason` is one of the words counted in reports."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"NMEA sentence refused: {reason}")


class PortUser(NamedTuple):
    """Who wants a serial port, in the words of its errors."""

    device: str
    setting: str
    """The section of the configuration that names the port."""
    instead: str = ""
    """What to do where another program rightly has the port."""


RECEIVER = PortUser(
    "receiver", "[position]", ', or where it is gpsd set source = "gpsd" in [position]'
)


class PortUnavailable(DriverError, OSError):
    """A serial port that cannot be listened to now; says what to do."""


class PortAbsent(PortUnavailable):
    """No such device."""

    def __init__(self, port: str, present: list[str], user: PortUser = RECEIVER) -> None:
        self.port = port
        known = f"this machine has {', '.join(present)}" if present else "this machine has none"
        super().__init__(
            f"no serial port {port}: plug the {user.device} in "
            f"or correct {user.setting} port ({known})"
        )


class PortForbidden(PortUnavailable):
    """The port is there and we may not open it."""

    def __init__(self, port: str) -> None:
        self.port = port
        super().__init__(
            f"not allowed to open {port}: add this user to the group dialout "
            "(sudo usermod -aG dialout USER) and start again"
        )


class PortBusy(PortUnavailable):
    """Another program holds the port."""

    def __init__(self, port: str, user: PortUser = RECEIVER) -> None:
        self.port = port
        super().__init__(f"{port} is used by another program: stop that one{user.instead}")


class PortUnusable(PortUnavailable):
    """The path is no serial port, or it refuses the settings."""

    def __init__(self, port: str, why: str, user: PortUser = RECEIVER) -> None:
        self.port = port
        super().__init__(
            f"{port} cannot be used as a serial port ({why}): correct {user.setting} port and baud"
        )


class PortLost(DriverError, OSError):
    """The port went away while it was listened to: unplugged, or the device died."""

    def __init__(self, port: str) -> None:
        self.port = port
        super().__init__(f"{port} went away")


class GpsdUnavailable(DriverError, OSError):
    """gpsd does not answer, or not as gpsd does."""

    def __init__(self, where: str, why: str) -> None:
        self.where = where
        super().__init__(
            f"no gpsd at {where} ({why}): start it (sudo systemctl start gpsd) "
            "or correct [position] host"
        )


class LineFault(DriverError, OSError):
    """A chip of input and output lines that does not answer; says what to do."""

    def __init__(self, chip: str, why: str) -> None:
        self.chip = chip
        self.why = why
        super().__init__(f"lines of {chip}: {why}")


class CardGone(DriverError, OSError):
    """The card left the field before it had answered."""

    def __init__(self, why: str = "it was taken away") -> None:
        super().__init__(f"the card is gone: {why}")


class ReaderFault(DriverError, OSError):
    """A card reader that does not answer, or answers what cannot be; says what to do."""

    def __init__(self, reader: str, why: str) -> None:
        self.reader = reader
        super().__init__(f"card reader {reader}: {why}")


class StationsRefused(DriverError, ValueError):
    """A list of wifi stations that is none; `reason` is one of the words counted in reports.

    The text itself is never quoted: it holds MAC addresses.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"list of wifi stations refused: {reason}")


class AccessPointUnavailable(DriverError, OSError):
    """The access point does not say who is connected; says what to do."""

    def __init__(self, where: str, why: str) -> None:
        self.where = where
        super().__init__(f"no list of stations from {where}: {why}")
