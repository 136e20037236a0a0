"""The passwords of an installation: drawn once, kept in one file that only its owner reads."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from softplace.failure import CommandFailed

BACKEND = "backend"
FILE_NAME = "credentials.json"
OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class Login:
    """User name and password."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The backend's account and one per unit ("bus/b1")."""

    backend: Login
    units: dict[str, Login]


def open_credentials(data: Path, units: Iterable[str]) -> Credentials:
    """The credentials kept in `data`, with new ones drawn for what has none yet.

    Raises CommandFailed where the file is damaged: drawing others would lock out every vehicle
    that knows the old ones.
    """
    path = data / FILE_NAME
    known = _read(path)
    backend = _login(known.get(BACKEND)) or _drawn(BACKEND)
    kept = known.get("units") or {}
    logins = {unit: login for unit in kept if (login := _login(kept[unit]))}
    for unit in units:
        logins.setdefault(unit, _drawn(unit.replace("/", "-")))
    credentials = Credentials(backend, logins)
    _write(path, credentials)
    return credentials


def write_secret(path: Path, text: str) -> None:
    """Replace a file at once with one that only its owner reads."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _read(path: Path) -> dict[str, Any]:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CommandFailed(
            f"{path} cannot be read ({type(error).__name__}): put its backup back, or delete it"
            " and give every vehicle its new password"
        ) from error
    return known if isinstance(known, dict) else {}


def _login(kept: object) -> Login | None:
    match kept:
        case {"username": str(username), "password": str(password)}:
            return Login(username, password)
        case _:
            return None


def _drawn(username: str) -> Login:
    return Login(username, secrets.token_urlsafe(18))


def _write(path: Path, credentials: Credentials) -> None:
    content = {
        BACKEND: _as_json(credentials.backend),
        "units": {unit: _as_json(login) for unit, login in credentials.units.items()},
    }
    write_secret(path, json.dumps(content, indent=1) + "\n")


def _as_json(login: Login) -> dict[str, str]:
    return {"username": login.username, "password": login.password}
