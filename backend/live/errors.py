"""The errors of the live room."""

from __future__ import annotations


class LiveError(Exception):
    """Base of everything this package raises."""


class FeedOverrun(LiveError, BufferError):
    """This listener has missed batches; load the snapshot and listen on."""
