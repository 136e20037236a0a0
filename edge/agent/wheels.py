"""Wheels are installed only where the territory's signature covers every one of them."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contract.wheelhouse import LIST, SIGNATURE, read_list, signed_bytes, version_in
from edge.agent.errors import AgentError


class WheelsRefused(AgentError, ValueError):
    """A wheelhouse that is not wholly vouched for; nothing of it was installed."""

    def __init__(self, directory: Path, why: str) -> None:
        self.directory = directory
        self.why = why
        super().__init__(f"{directory}: {why}; fetch it again, or let the territory sign it")


@dataclass(frozen=True, slots=True)
class Wheels:
    """A wheelhouse whose every wheel is as it was signed."""

    version: str
    files: tuple[Path, ...]


def own_wheels(directory: Path, into: Path, signers: Mapping[str, bytes]) -> Wheels:
    """The wheels of `directory`, copied to `into` and checked there. Raises WheelsRefused.

    What is installed is what was checked: whoever may still write to a stick or to a home
    directory cannot reach the copy.
    """
    listed = checked_wheels(directory, signers)
    try:
        if into.exists():
            shutil.rmtree(into)
        into.mkdir(mode=0o700)
        for name in (LIST, SIGNATURE, *(path.name for path in listed.files)):
            shutil.copyfile(directory / name, into / name)
    except OSError as error:
        raise WheelsRefused(directory, f"cannot be copied ({error.strerror or error})") from error
    return checked_wheels(into, signers)


def checked_wheels(directory: Path, signers: Mapping[str, bytes]) -> Wheels:
    """The wheels of `directory`; `signers` are Ed25519 public keys by id. Raises WheelsRefused."""
    try:
        listed = (directory / LIST).read_bytes()
        _check_signature(directory, listed, signers)
        sums = read_list(listed.decode("ascii"))
        present = {path.name for path in directory.glob("*.whl")}
        for name in sorted(present ^ set(sums)):
            where = "not in the list" if name in present else "in the list and not here"
            raise WheelsRefused(directory, f"{name} is {where}")
        for name, expected in sums.items():
            with (directory / name).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != expected:
                    raise WheelsRefused(directory, f"{name} is not the file that was signed")
    except OSError as error:
        raise WheelsRefused(directory, f"{error.filename}: {error.strerror}") from error
    except ValueError as error:
        if isinstance(error, WheelsRefused):
            raise
        raise WheelsRefused(directory, str(error)) from error
    version = version_in(list(sums))
    if version is None:
        raise WheelsRefused(directory, "there is not exactly one wheel of softplace in it")
    return Wheels(version, tuple(directory / name for name in sorted(sums)))


def _check_signature(directory: Path, listed: bytes, signers: Mapping[str, bytes]) -> None:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - only for an update
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PublicKey,
    )

    key_id, _, signature = (
        (directory / SIGNATURE).read_text(encoding="ascii").strip().partition(" ")
    )
    public = signers.get(key_id)
    if public is None:
        raise WheelsRefused(directory, f"it is signed with {key_id!r}, which we do not know")
    try:
        key = Ed25519PublicKey.from_public_bytes(public)
        key.verify(bytes.fromhex(signature), signed_bytes(listed))
    except (InvalidSignature, ValueError) as error:
        raise WheelsRefused(directory, "its signature is not right") from error
