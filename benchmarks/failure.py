"""How a benchmark says that it could not measure."""

from __future__ import annotations


class BenchFailed(Exception):
    """One sentence: what was missing or went wrong, and what to do."""
