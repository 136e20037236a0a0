"""Where the recordings are: ../shared/data of this checkout, or SOFTPLACE_SHARED."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("SOFTPLACE_SHARED") or REPOSITORY.parent / "shared")
NMEA = SHARED / "data" / "nmea"

needs_recordings = pytest.mark.skipif(
    not NMEA.is_dir(), reason=f"no recordings at {NMEA}; name their folder with SOFTPLACE_SHARED"
)


def recordings() -> list[Path]:
    """Every recording there is; a file that is added is tested, one that is lost is missed."""
    found = [path for path in NMEA.rglob("*") if path.suffix in {".log", ".txt", ".nmea"}]
    return sorted(found, key=lambda path: path.name)
