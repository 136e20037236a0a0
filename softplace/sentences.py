"""Errors of the project's own packages are written as sentences; this finds the sentence.

Anything else is a fault of ours and keeps its traceback.
"""

from __future__ import annotations

import errno

_OWN_PACKAGES = ("contract", "edge", "backend", "simulator", "dashboards", "benchmarks")


def sentence_of(error: BaseException) -> str | None:
    """What to tell the person, or None where the error was not foreseen."""
    if isinstance(error, BaseExceptionGroup):
        return next((s for e in error.exceptions if (s := sentence_of(e))), None)
    if type(error).__module__.partition(".")[0] in _OWN_PACKAGES:
        return str(error)
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"{error.strerror}: stop the other program or choose another port"
    if isinstance(error, PermissionError) and error.filename:
        return f"{error.filename} may not be written: give this user the right, or another place"
    return None
