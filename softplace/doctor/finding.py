"""What a check found: a state, a sentence, and how to mend what is not right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "failed", "not_checked"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of the report; `mend` is empty where there is nothing to mend."""

    state: State
    sentence: str
    mend: str = ""
    check: str = ""
    """Name of the row; set by the examination."""


def ok(sentence: str) -> Finding:
    """Found and sound."""
    return Finding("ok", sentence)


def warning(sentence: str, mend: str) -> Finding:
    """It works, and will give trouble."""
    return Finding("warning", sentence, mend)


def failed(sentence: str, mend: str) -> Finding:
    """It does not work."""
    return Finding("failed", sentence, mend)


def not_checked(why: str, mend: str = "") -> Finding:
    """There was nothing to look at, or no way to look."""
    return Finding("not_checked", why, mend)
