"""The errors of the co-pass."""

from __future__ import annotations

from pathlib import Path


class CopassError(Exception):
    """Base of everything this package raises."""


class UnusableRights(CopassError, ValueError):
    """Rights that are genuine and yet cannot be decided from."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"rights cannot be used: {why}; have the backend issue them again")


class DamagedFile(CopassError, ValueError):
    """A file at rest that is garbled, or was sealed on another board."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"{path} is refused: {why}; the unit goes on without it and asks anew")


class NoHardwareSecret(CopassError, LookupError):
    """No provider finds anything on this board that a copied card would not have."""

    def __init__(self, tried: tuple[str, ...]) -> None:
        self.tried = tried
        super().__init__(
            f"no secret of this board found (tried {', '.join(tried)}); "
            "set [link] machine_serial to what is printed on it"
        )


class JournalUnwritable(CopassError, OSError):
    """The journal takes no entry, so nothing may open for it."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"journal {path} cannot be written ({why}); free or replace the disk")
