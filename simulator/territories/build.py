"""Write `lozere.json` and `lozere-radio.json` from the facts beside this file.

    python -m simulator.territories.build [--check]

The same facts always give the same files, byte for byte; `--check` writes nothing and fails
where the files differ.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from contract.territory_file import (
    Cancellation,
    Commune,
    Market,
    Space,
    Stop,
    Territory,
    Vehicle,
)
from simulator.geometry import moved
from simulator.radio import Shadow
from simulator.territories import gazetteer, lines, rounds
from simulator.territories.map_lines import map_lines
from simulator.territories.network import Network
from simulator.territories.timetable import TimetableBuilder, minutes

HERE = Path(__file__).parent
LINE_LENGTH = 160
LICENCE = (
    "Communes: IGN Admin Express 2018 (Licence Ouverte) via gregoiredavid/france-geojson; "
    "populations: INSEE via etalab/decoupage-administratif (MIT). Roads, rivers and outline are "
    "schematic. Lines, timetables, vehicles and markets are invented. See SOURCES.md."
)


def build() -> tuple[Territory, tuple[Shadow, ...]]:
    """The territory and its radio shadows."""
    communes = read_communes(HERE / "communes_48.csv")
    stops = _stops(communes)
    network = Network(stops)
    timetable = TimetableBuilder(network, {s.stop_id: s.name for s in stops})
    for line in lines.LINES:
        timetable.add_line(line)
    for run in lines.RUNS:
        timetable.add_run(run)
    for truck in rounds.TRUCKS:
        for weekday in range(1, 8):
            timetable.add_round(truck, weekday, rounds.ROUNDS.get((truck.unit, weekday), ()))
    timetable.check_vehicles()
    territory = Territory(
        territory="lozere",
        name="Lozère",
        timezone="Europe/Paris",
        phone="04 65 71 00 12",
        licence=LICENCE,
        communes=communes,
        stops=stops,
        routes=timetable.routes(),
        trips=timetable.trips(),
        vehicles=_vehicles(),
        spaces=_spaces(stops),
        markets=_markets(),
        cancellations=_cancellations(timetable),
        map=map_lines(communes, network),
    )
    return territory, tuple(Shadow(shown(n), a, o, r) for n, a, o, r in rounds.SHADOWS)


def read_communes(path: Path) -> tuple[Commune, ...]:
    """The communes of the table, with the articles the sources drop."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            Commune(
                insee=row["insee"],
                name=shown(f"{gazetteer.ARTICLES.get(row['nom'], '')} {row['nom']}".strip()),
                latitude=float(row["lat"]),
                longitude=float(row["lon"]),
                population=int(row["population_municipale"]),
            )
            for row in csv.DictReader(file)
        )


def shown(text: str) -> str:
    """French text with its typographic apostrophe."""
    return text.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")


def _stops(communes: tuple[Commune, ...]) -> tuple[Stop, ...]:
    centres = {c.insee: (c.latitude, c.longitude) for c in communes}
    stops = []
    for village in gazetteer.VILLAGES:
        latitude, longitude = village.at or centres[village.insee]
        stops.append(
            Stop(
                stop_id=village.stop_id,
                name=shown(village.name),
                detail=shown(village.detail),
                insee=village.insee,
                latitude=latitude,
                longitude=longitude,
            )
        )
    return tuple(stops)


def _vehicles() -> tuple[Vehicle, ...]:
    buses = [
        Vehicle(unit=f"bus/b{n}", name=f"B{n}", seats=19 if n % 2 else 22, wheelchair_places=1)
        for n in range(1, 7)
    ]
    trucks = [Vehicle(unit=t.unit, name=t.name, service=t.service) for t in rounds.TRUCKS]
    return (*buses, *trucks)


def _spaces(stops: tuple[Stop, ...]) -> tuple[Space, ...]:
    by_id = {s.stop_id: s for s in stops}
    spaces = []
    for row in rounds.SPACES:
        stop = by_id[row.village]
        place = moved((stop.latitude, stop.longitude), row.north_m, row.east_m)
        spaces.append(
            Space(
                unit=row.unit,
                name=row.name,
                insee=stop.insee,
                latitude=round(place[0], 5),
                longitude=round(place[1], 5),
                opens_min=minutes(row.opens),
                closes_min=minutes(row.closes),
                weekdays=rounds.SPACE_WEEKDAYS,
            )
        )
    return tuple(spaces)


def _markets() -> tuple[Market, ...]:
    return tuple(
        Market(
            stop_id=row.stop,
            place=row.place,
            weekdays=row.weekdays,
            opens_min=minutes(row.opens),
            closes_min=minutes(row.closes),
            services=row.services,
        )
        for row in rounds.MARKETS
    )


def _cancellations(timetable: TimetableBuilder) -> tuple[Cancellation, ...]:
    return tuple(
        Cancellation(
            trip_id=timetable.trip_id(route, leaves), date=date, reason=reason, place=place
        )
        for route, leaves, date, reason, place in lines.CANCELLED
    )


def as_bytes(value: object) -> bytes:
    """JSON that people can read in a diff: a stop, a trip's minutes, a way on one line."""
    return _laid_out(msgspec.to_builtins(value), 0).encode() + b"\n"


def _laid_out(value: Any, depth: int) -> str:
    flat = json.dumps(value, ensure_ascii=False)
    is_way = isinstance(value, list | tuple) and value and isinstance(value[0], list | tuple)
    if is_way or len(flat) <= LINE_LENGTH or not isinstance(value, dict | list | tuple):
        return flat
    margin = " " * (depth + 1)
    if isinstance(value, dict):
        rows = [f"{json.dumps(k)}: {_laid_out(v, depth + 1)}" for k, v in value.items()]
        opening, closing = "{", "}"
    else:
        rows = [_laid_out(v, depth + 1) for v in value]
        opening, closing = "[", "]"
    return f"{opening}\n{margin}" + f",\n{margin}".join(rows) + f"\n{' ' * depth}{closing}"


def main(argv: list[str] | None = None) -> int:
    """Write or check the two files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    arguments = parser.parse_args(argv)
    territory, shadows = build()
    stale = []
    for name, value in (("lozere.json", territory), ("lozere-radio.json", shadows)):
        path = HERE / name
        content = as_bytes(value)
        if path.exists() and path.read_bytes() == content:
            continue
        stale.append(name)
        if not arguments.check:
            path.write_bytes(content)
    for name in stale:
        sys.stderr.write(
            f"{name} {'is not what the facts give' if arguments.check else 'written'}\n"
        )
    return 1 if stale and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
