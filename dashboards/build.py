"""The JSON of every dashboard: deterministic, committed, and checked to be what the code says."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards.fleet import fleet

GENERATED = Path(__file__).parent / "generated"
DASHBOARDS: dict[str, Callable[[], Any]] = {"fleet": fleet}


def texts() -> dict[str, str]:
    """File name and content of each dashboard."""
    return {
        f"{name}.json": json.dumps(
            make(), cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False
        )
        + "\n"
        for name, make in DASHBOARDS.items()
    }


def fleet_json() -> str:
    """Content of `generated/fleet.json`."""
    return texts()["fleet.json"]


def write(directory: Path = GENERATED) -> list[Path]:
    """Write every file; returns their paths. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in texts().items():
        path = directory / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def differences(directory: Path = GENERATED) -> list[str]:
    """Lines of the difference between the files and the code; none where all is well."""
    found: list[str] = []
    for name, text in texts().items():
        path = directory / name
        there = path.read_text(encoding="utf-8") if path.exists() else ""
        found.extend(
            difflib.unified_diff(
                there.splitlines(), text.splitlines(), f"{name} (file)", f"{name} (code)", "", "", 1
            )
        )
    strays = {path.name for path in directory.glob("*.json")} - set(texts())
    found.extend(f"{name}: no code makes this file" for name in sorted(strays))
    return found
