"""Text that every store can hold."""

from __future__ import annotations


def printable(text: str, most: int) -> str:
    """At most `most` characters, control characters replaced: PostgreSQL has no form for NUL."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return text[:most]
