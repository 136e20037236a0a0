"""What a command printed, cut into messages. Pure."""

from __future__ import annotations

PART_CHARACTERS = 3_000
MOST_PARTS = 40
"""120,000 characters: more would hold back taps and positions of a slow link."""
_LAYOUT = "\n\t"


def parts_of(text: str) -> list[str]:
    """`text` in parts of at most 3,000 characters; of a longer one the end is kept.

    Control characters are replaced: escaped in JSON they would be six bytes each.
    """
    if not text:
        return []
    clean = "".join(c if c.isprintable() or c in _LAYOUT else "�" for c in text)
    clean = clean[-PART_CHARACTERS * MOST_PARTS :]
    return [clean[at : at + PART_CHARACTERS] for at in range(0, len(clean), PART_CHARACTERS)]
