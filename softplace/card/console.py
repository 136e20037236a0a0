"""The person at the desk: what is said, asked, and wiped from the screen again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Protocol, TextIO

from softplace.card.key_set import KeySet, combine, needed_of
from softplace.failure import CommandFailed

_WIPE = "\x1b[2J\x1b[3J\x1b[H"
"""Clears the screen and what a terminal would scroll back to."""


class Console(Protocol):
    """Where the person is."""

    def say(self, text: str) -> None:
        """Show a line."""
        ...

    def ask(self, question: str) -> str:
        """A line of answer. Raises CommandFailed where nobody is there."""
        ...

    def wipe(self) -> None:
        """Leave nothing on the screen."""
        ...


class Terminal:
    """A terminal; secrets go to it alone, so that standard output may be redirected."""

    def __init__(self, read: TextIO | None = None, write: TextIO | None = None) -> None:
        self._read = read or sys.stdin
        self._write = write or sys.stderr

    def say(self, text: str) -> None:
        print(text, file=self._write)

    def ask(self, question: str) -> str:
        print(question, end=" ", file=self._write, flush=True)
        line = self._read.readline()
        if not line:
            raise CommandFailed("nobody answers: run this at a terminal, or give --parts FILE")
        return line.strip()

    def wipe(self) -> None:
        if self._write.isatty():
            print(_WIPE, end="", file=self._write, flush=True)


def ask_for_set(console: Console, file: Path | None) -> KeySet:
    """The key set out of its parts: from a file with one part a line, or typed in.

    Raises CommandFailed.
    """
    if file is not None:
        return combine(read_parts(file))
    parts = [console.ask("Première part de la clé / first part of the key:")]
    console.wipe()
    needed = needed_of(parts[0])
    while len(parts) < needed:
        at = len(parts) + 1
        parts.append(console.ask(f"Part {at} sur {needed} / part {at} of {needed}:"))
        console.wipe()
    return combine(parts)


def read_parts(file: Path) -> list[str]:
    """One part a line; empty lines and those that begin with # are left out."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{file} cannot be read: {error}; plug the stick in") from error
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
