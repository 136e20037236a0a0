"""Gives back, once an agent has settled, the memory that only its start needed.

A start touches most pages of every library it loads, among them 6 MB of cryptography, and an
agent that runs for months touches few of them again. They are clean pages of files: unmapped,
they are the first that a small Pi takes for something better, and one that is needed after all
comes back from the file. Pages that were ever written to are left alone.
"""

from __future__ import annotations

import ctypes
import gc
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from contract.clock import Clock

SETTLED_S = 30.0
"""Past imports, the first connection and the first card."""
MADV_DONTNEED = 4
SMAPS = Path("/proc/self/smaps")

_log = logging.getLogger(__name__)


class Mapping(NamedTuple):
    """A range of addresses."""

    start: int
    end: int


def unwritten_mappings(smaps: Iterable[str]) -> Iterator[Mapping]:
    """File mappings of a process that cannot be written to and never were (proc(5), smaps)."""
    candidate: Mapping | None = None
    for line in smaps:
        words = line.split()
        if words and "-" in words[0] and not words[0].endswith(":"):
            start, _, end = words[0].partition("-")
            is_file = len(words) >= 6 and words[5].startswith("/")
            is_clean = is_file and words[1] in {"r-xp", "r--p"}
            candidate = Mapping(int(start, 16), int(end, 16)) if is_clean else None
        elif words[:1] == ["Anonymous:"]:
            # Relocations and breakpoints make private copies: dropping those would lose them.
            if candidate is not None and words[1] == "0":
                yield candidate
            candidate = None


async def grow_lean(clock: Clock) -> None:
    """Once, SETTLED_S after the start of a process."""
    await clock.sleep(SETTLED_S)
    give_back()


def give_back(smaps: Path = SMAPS) -> None:
    """Free what is free, and unmap clean pages of files until they are needed again."""
    gc.collect()
    # What is here now stays: later collections need not walk it again, ten thousand rights least.
    gc.freeze()
    try:
        library = ctypes.CDLL(None, use_errno=True)
        library.malloc_trim(0)
        with smaps.open(encoding="utf-8", errors="replace") as lines:
            found = list(unwritten_mappings(lines))
        for mapping in found:
            address, length = ctypes.c_void_p(mapping.start), mapping.end - mapping.start
            library.madvise(address, ctypes.c_size_t(length), MADV_DONTNEED)
    except (OSError, AttributeError) as error:
        _log.info("memory=kept why=%s", error)
