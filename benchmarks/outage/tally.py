"""The kills done so far, on disk, so that a run goes on where the last one ended.

One JSON line a death, appended when it happened; the sum is always computed from the lines.
Deaths of the agents are also the verdict's excuse for fixes that never had a number.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

AGENT = "agent"
BROKER = "broker"
INGEST = "ingest"
INFLUXD = "influxd"
LINK = "link"
TARGETS = (AGENT, INGEST, BROKER, INFLUXD, LINK)
KILLED = (AGENT, INGEST, BROKER, INFLUXD)
"""The targets that are programs and die by SIGKILL."""


@dataclass(frozen=True, slots=True)
class Death:
    """One kill or one cut of a link."""

    at_ms: int
    target: str
    name: str
    """Which one: the unit of an agent or link, else the target again."""
    seed: int
    group: int
    """Deaths of one moment share this number."""
    point: str | None
    """The named crash point at which the program killed itself, or None."""
    in_flight: int
    """Messages numbered and not yet confirmed at that moment, over all agents."""


@dataclass(frozen=True, slots=True)
class Listening:
    """An agent's new life holds its port open."""

    at_ms: int
    name: str


@dataclass(frozen=True, slots=True)
class Interruption:
    """The bench itself began or was stopped here: its agent did not live, and nobody killed it."""

    at_ms: int
    name: str


Entry = Death | Listening | Interruption
_KINDS: dict[str, type[Entry]] = {
    "death": Death,
    "listening": Listening,
    "interruption": Interruption,
}


class Tally:
    """All deaths of one data directory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.deaths: list[Death] = []
        self.listening: list[Listening] = []
        self.interruptions: list[Interruption] = []
        self.checks: list[dict[str, object]] = []
        for line in _lines(path):
            self._take(json.loads(line))

    def add(self, entry: Entry) -> None:
        """Note it, on disk at once."""
        kind = next(kind for kind, type_ in _KINDS.items() if isinstance(entry, type_))
        self._append({"kind": kind, **asdict(entry)})

    def add_check(self, check: dict[str, object]) -> None:
        """Note the outcome of one comparison of journals and store."""
        self._append({"kind": "check", **check})

    def _append(self, row: dict[str, object]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        self._take(dict(row))

    def _take(self, row: dict[str, Any]) -> None:
        kind = row.pop("kind")
        if kind == "check":
            self.checks.append(row)
            return
        entry = _KINDS[kind](**row)
        if isinstance(entry, Death):
            self.deaths.append(entry)
        elif isinstance(entry, Listening):
            self.listening.append(entry)
        else:
            self.interruptions.append(entry)

    def count(self, target: str | None = None) -> int:
        """Deaths of one target, or of all."""
        return sum(death.target == target or target is None for death in self.deaths)

    @property
    def kills(self) -> int:
        """Programs killed; cut links are not among them."""
        return sum(death.target in KILLED for death in self.deaths)

    def silences(self, name: str) -> list[tuple[int, int | None]]:
        """Per death of this agent: when it died and when a later life listened (None: not yet)."""
        listened = sorted(entry.at_ms for entry in self.listening if entry.name == name)
        killed = [d.at_ms for d in self.deaths if d.target == AGENT and d.name == name]
        died = sorted(killed + [i.at_ms for i in self.interruptions if i.name == name])
        return [(at_ms, next((m for m in listened if m >= at_ms), None)) for at_ms in died]

    def summary(self) -> dict[str, object]:
        """The sum over every run on this data directory."""
        return summary_of(self.deaths)


def summary_of(deaths: Sequence[Death]) -> dict[str, object]:
    """Figures of the acceptance line: how many, of what, where, in flight, together."""
    total = len(deaths) or 1
    by_target = Counter(death.target for death in deaths)
    points = Counter(death.point for death in deaths if death.point)
    groups = Counter(Counter((d.seed, d.group) for d in deaths).values())
    return {
        "kills": sum(by_target[target] for target in KILLED),
        "link_cuts": by_target[LINK],
        **{f"{target}_share": round(by_target[target] / total, 4) for target in TARGETS},
        "at_crash_point_share": round(sum(points.values()) / total, 4),
        "crash_points": dict(sorted(points.items())),
        "in_flight_share": round(sum(d.in_flight > 0 for d in deaths) / total, 4),
        "together": {str(size): count for size, count in sorted(groups.items())},
        "seeds": sorted({death.seed for death in deaths}),
    }


def _lines(path: Path) -> Iterator[str]:
    """Whole lines; a last one that a kill of the bench cut off is left out."""
    if not path.exists():
        return
    text = path.read_text(encoding="utf-8")
    whole, newline, _ = text.rpartition("\n")
    if newline and len(whole) + 1 < len(text):
        path.write_text(whole + "\n", encoding="utf-8")
    yield from filter(None, whole.split("\n"))
