"""The errors that every agent may raise."""

from __future__ import annotations

from pathlib import Path


class AgentError(Exception):
    """Base of everything this package raises."""


class InvalidConfig(AgentError, ValueError):
    """A configuration file that cannot be used; names the file and the key."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"{path}: {why}")


class InvalidIdentity(AgentError, ValueError):
    """An identity directory that is not whole; names the file."""

    def __init__(self, directory: Path, why: str) -> None:
        self.directory = directory
        self.why = why
        super().__init__(
            f"identity {directory}: {why}; run `softplace device enrol` on this device"
        )


class CommandNotesFailed(AgentError, OSError):
    """The list of commands already carried out cannot be kept."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        super().__init__(f"{path}: {why}; no command is taken until it can be written")


class EnrolmentFailed(AgentError, OSError):
    """The server could not be asked, or it refused; or the answer could not be kept."""

    def __init__(self, where: str, why: str) -> None:
        self.where = where
        self.why = why
        super().__init__(f"{where}: {why}")
