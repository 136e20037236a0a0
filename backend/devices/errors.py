"""The errors of devices and their keys."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar


class DevicesError(Exception):
    """Base of everything this package raises."""


class KeyUnusable(DevicesError, OSError):
    """A key file of the territory that cannot be used; never replaced by another on its own."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(
            f"key {path}: {why}; put its backup back (a new key would be a stranger to every"
            " device that is in service)"
        )


class UnknownAlarm(DevicesError, LookupError):
    """No person in distress by that unit and reference."""

    def __init__(self, unit: str, reference: str) -> None:
        self.unit = unit
        self.reference = reference
        super().__init__(
            f"{unit} has no open alarm {reference!r}; `softplace device alarms` lists what is open"
        )


class RequestUnusable(DevicesError, ValueError):
    """A certificate request that no certificate can be given for."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"certificate request: {why}")


class UnitNameTooLong(DevicesError, ValueError):
    """Territory and unit do not fit the name in a certificate."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"{name} has {len(name)} characters and a certificate's name 64: shorten the unit's id"
        )


class UnknownDevice(DevicesError, LookupError):
    """No device, or none in service, by that name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} is not in service: see `softplace device list`")


class InvitationRefused(DevicesError, ValueError):
    """An invitation that serves no longer; `reason` is one word."""

    _SENTENCES: ClassVar[dict[str, str]] = {
        "unknown": "there is no such invitation",
        "expired": "the code was good for 15 minutes",
        "used": "the code was used by another device",
        "burnt": "too many wrong codes were tried",
        "wrong_code": "the code is not the one that was given out",
        "unusable": "the request cannot be used",
    }

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"{self._SENTENCES[reason]}; ask for a new code: softplace device invite")
