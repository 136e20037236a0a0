"""How a command says that it cannot go on."""

from __future__ import annotations


class CommandFailed(Exception):
    """One sentence: what happened, where, and what to do. The exit code is 1 unless said."""

    def __init__(self, sentence: str, exit_code: int = 1) -> None:
        self.exit_code = exit_code
        super().__init__(sentence)
