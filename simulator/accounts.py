"""Who each simulated unit is to the broker.

The file is JSON, readable by its owner alone: `{"units": {"bus/b1": {"username": ...,
"password": ...}}}`; more keys may stand beside `units` and are not read.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from simulator.errors import SimulatorError


class UnitAccount(Struct, frozen=True):
    """User name and password of one unit."""

    username: str
    password: str

    def __repr__(self) -> str:
        """Without the password: it may end in a log."""
        return f"UnitAccount(username={self.username!r})"


class _Accounts(Struct, frozen=True):
    units: dict[str, UnitAccount]


class InvalidAccounts(SimulatorError, ValueError):
    """A file of accounts that cannot be used; never repeats what stands in it."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        super().__init__(f"accounts file {path}: {why}")


def load_accounts(path: Path) -> dict[str, UnitAccount]:
    """The accounts by unit ("bus/b1"). Raises InvalidAccounts."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Accounts).units
    except OSError as error:
        raise InvalidAccounts(path, f"cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidAccounts(
            path, 'is not {"units": {"bus/b1": {"username": ..., "password": ...}}}'
        ) from error
