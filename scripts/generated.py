"""Files made from code: write them all, or fail where a committed one differs (`--check`)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from contract import asyncapi
from dashboards.build import fleet_json
from simulator.territories.build import as_bytes, build

ROOT = Path(__file__).parent.parent

GENERATED: tuple[tuple[str, Callable[[], str]], ...] = (
    ("docs/asyncapi.json", asyncapi.text),
    ("dashboards/generated/fleet.json", fleet_json),
    ("simulator/territories/lozere.json", lambda: as_bytes(build()[0]).decode()),
    ("simulator/territories/lozere-radio.json", lambda: as_bytes(build()[1]).decode()),
)


def main(arguments: list[str]) -> int:
    """0 when every file is as its code makes it (after writing, unless `--check`)."""
    stale = []
    for name, make in GENERATED:
        path = ROOT / name
        text = make()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"written: {name}\n")
    if stale and "--check" in arguments:
        sys.stderr.write(
            f"not as the code makes them: {', '.join(stale)}; run python -m scripts.generated\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
