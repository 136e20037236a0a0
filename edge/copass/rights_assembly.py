"""A snapshot put together from its chunks, which come in any order and more than once.

Rules of this file: pure. Chunks of a newer (term, version) put an older heap away.
"""

from __future__ import annotations

from typing import NamedTuple

from edge.link.sealed import Opened


class Edition(NamedTuple):
    """Orders all rights a unit ever got: by term, then version."""

    term: int
    version: int


def edition_of(opened: Opened) -> Edition:
    """Of which edition a frame is."""
    return Edition(opened.term, opened.version)


class RightsAssembly:
    """The chunks of one edition that are here."""

    def __init__(self) -> None:
        self._edition = Edition(-1, -1)
        self._chunks: dict[int, bytes] = {}

    def take(self, opened: Opened) -> bytes | None:
        """The whole body, once its last missing chunk has come."""
        edition = edition_of(opened)
        if edition < self._edition or opened.chunk >= opened.chunks:
            return None
        if edition > self._edition:
            self._edition, self._chunks = edition, {}
        self._chunks[opened.chunk] = opened.body
        if any(number not in self._chunks for number in range(opened.chunks)):
            return None
        body = b"".join(self._chunks[number] for number in range(opened.chunks))
        self._chunks = {}
        return body
