"""Names of the few facts an outbox remembers beside its messages."""

from __future__ import annotations

from edge.link.identity import Identity


def quiet_note(identity: Identity, stream: str) -> str:
    """Names the number below which nothing of a stream is retained any more."""
    return f"quiet:{identity.outbox}:{stream}"


def clear_note(stream: str) -> str:
    """Names the wish that the retained message of a stream be cleared."""
    return f"clear:{stream}"


def mark_note(source: str) -> str:
    """Names how far a source of readings has handed over what it keeps itself."""
    return f"mark:{source}"
