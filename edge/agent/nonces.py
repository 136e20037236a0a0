"""Which commands were already taken, over restarts: each nonce stays until its command expires.

Rules of this file: a nonce is on the disk before its command runs, so a command cut short by a
power cut is not run a second time. One line of text a command; the file is written anew when it
is opened and when it has grown.
"""

from __future__ import annotations

import os
from pathlib import Path

from edge.agent.errors import CommandNotesFailed
from edge.agent.identity_files import write_file

MOST_NONCES = 4_096
"""A person gives some dozen commands a day; more than this at once is refused."""


class NonceFile:
    """The nonces taken, and `floor_ms`: the latest time that was ever sure here.

    Raises CommandNotesFailed where the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._expires_ms: dict[str, int] = {}
        self._lines = 0
        self.floor_ms = 0
        try:
            text = path.read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            text = ""
        except OSError as error:
            raise CommandNotesFailed(path, f"cannot be read ({error.strerror})") from error
        for line in text.splitlines():
            self._read(line)
        self._forget()

    def seen(self, nonce: str) -> bool:
        """Whether a command of this nonce was taken before."""
        return nonce in self._expires_ms

    def has_room(self, now_ms: int | None) -> bool:
        """Whether another can be remembered; `now_ms` where the time is sure."""
        self.floor_ms = max(self.floor_ms, now_ms or 0)
        if len(self._expires_ms) >= MOST_NONCES:
            self._forget()
        return len(self._expires_ms) < MOST_NONCES

    def take(self, nonce: str, expires_ms: int, now_ms: int | None) -> None:
        """Remember `nonce`, synced on return; `now_ms` where the time is sure."""
        self.floor_ms = max(self.floor_ms, now_ms or 0)
        self._expires_ms[nonce] = expires_ms
        try:
            if self._lines >= 2 * MOST_NONCES:
                self._rewrite()
            else:
                self._append(nonce, expires_ms)
        except OSError as error:
            del self._expires_ms[nonce]
            raise CommandNotesFailed(self._path, f"cannot be written ({error.strerror})") from error

    def _read(self, line: str) -> None:
        nonce, _, rest = line.partition(" ")
        expires, _, floor = rest.partition(" ")
        # A line that a power cut tore belongs to a command that never ran.
        if expires.isdecimal() and floor.isdecimal():
            self.floor_ms = max(self.floor_ms, int(floor))
            if nonce != "-":
                self._expires_ms[nonce] = int(expires)
            self._lines += 1

    def _append(self, nonce: str, expires_ms: int) -> None:
        with self._path.open("a", encoding="ascii") as file:
            # A torn line must not swallow this one.
            file.write(f"\n{nonce} {expires_ms} {self.floor_ms}\n")
            file.flush()
            os.fsync(file.fileno())
        self._lines += 1

    def _rewrite(self) -> None:
        self._forget()
        rows = [f"- 0 {self.floor_ms}"]
        rows += [f"{nonce} {expires} 0" for nonce, expires in self._expires_ms.items()]
        write_file(self._path, ("\n".join(rows) + "\n").encode())
        self._lines = len(rows)

    def _forget(self) -> None:
        """What expired before the floor can never be accepted again."""
        self._expires_ms = {
            nonce: expires for nonce, expires in self._expires_ms.items() if expires > self.floor_ms
        }
