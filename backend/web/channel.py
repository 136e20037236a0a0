"""One page followed by many readers: composed once, encoded once, sent to all.

A reader keeps nothing but the number of the version it has; one that has fallen behind what is
remembered gets the whole page. Nobody can be slow enough to hold up the others.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import msgspec

from backend.web.page import Page, applied, difference, whole

REMEMBERED = 64
"""Changes kept for readers that reconnect: about a minute of a busy page."""
COUNTS_EVERY_S = 5.0
"""Ages and markers are brought up to date on this beat; states at once."""

Compose = Callable[[], Page]


class Channel:
    """A page and its versions."""

    def __init__(self, epoch: str, compose: Compose) -> None:
        self._epoch = epoch
        self._compose = compose
        self._changes: deque[bytes] = deque(maxlen=REMEMBERED)
        self._wake = asyncio.Event()
        self._counted_s = float("-inf")
        self._whole: bytes | None = None
        self.number = 0
        self.page: Page | None = None
        self.readers = 0

    @property
    def version(self) -> str:
        """Names what the page is now; another process never uses the same name."""
        return f"{self._epoch}.{self.number}"

    def refresh(self, pace_s: float) -> Page:
        """Compose again; readers wake if something is to be said. `pace_s` is real time."""
        new = self._compose()
        old = self.page
        if old is None:
            self.page, self._counted_s = new, pace_s
            return new
        counts = pace_s - self._counted_s >= COUNTS_EVERY_S
        change = difference(old, new, counts=counts)
        if counts:
            self._counted_s = pace_s
        if change.is_empty:
            return old
        self.page = applied(old, change, new)
        self.number += 1
        self._whole = None
        self._changes.append(msgspec.json.encode(change))
        self._wake.set()
        self._wake = asyncio.Event()
        return self.page

    def fresh(self, pace_s: float) -> Page:
        """The page for somebody who comes now."""
        if self.page is None or self.readers == 0:
            return self.refresh(pace_s)
        return self.page

    def since(self, version: str) -> tuple[str, list[bytes]]:
        """The present version, and the changes that lead to it from `version`."""
        epoch, _, number = version.partition(".")
        behind = self.number - int(number) if number.isdecimal() else -1
        if epoch == self._epoch and 0 <= behind <= len(self._changes):
            return self.version, list(self._changes)[len(self._changes) - behind :]
        return self.version, [self._everything()]

    async def changed(self, version: str) -> None:
        """Return when there is something newer than `version`."""
        if version == self.version:
            await self._wake.wait()

    def wake(self) -> None:
        """Let every reader look up, for instance to be told goodbye."""
        self._wake.set()
        self._wake = asyncio.Event()

    def _everything(self) -> bytes:
        if self._whole is None:
            page = self.page if self.page is not None else self._compose()
            self._whole = msgspec.json.encode(whole(page))
        return self._whole
