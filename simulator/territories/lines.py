"""Bus lines and their runs: invented, on real roads between real villages.

Rules of this file: facts of the invention only. A run says when it leaves; the build finds the
minutes at each stop and refuses a bus that would have to be in two places.
"""

from __future__ import annotations

from typing import NamedTuple

WEEKDAYS = (1, 2, 3, 4, 5)
SATURDAY = (6,)


class Line(NamedTuple):
    """A line; `stops` in the direction called "out"."""

    route_id: str
    short_name: str
    stops: tuple[str, ...]


class Run(NamedTuple):
    """One journey of a line. `back` runs the stops the other way; no vehicle: not tracked."""

    route_id: str
    leaves: str
    back: bool = False
    vehicle: str | None = None
    weekdays: tuple[int, ...] = WEEKDAYS
    school: bool = False


LINES = (
    Line(
        "b1",
        "B1",
        (
            "cubieres",
            "le-bleymard",
            "saint-julien-du-tournel",
            "bagnols-les-bains",
            "badaroux",
            "mende",
        ),
    ),
    Line("b2", "B2", ("florac", "ispagnac", "balsieges", "mende")),
    Line(
        "b3",
        "B3",
        (
            "villefort",
            "altier",
            "le-bleymard",
            "belvezet",
            "chasserades",
            "la-bastide-puylaurent",
            "luc",
            "langogne",
        ),
    ),
    Line(
        "b4",
        "B4",
        ("mende", "badaroux", "bagnols-les-bains", "le-bleymard", "altier", "villefort"),
    ),
    Line("b5", "B5", ("le-collet-de-deze", "saint-privat-de-vallongue", "cassagnas", "florac")),
    Line(
        "b6",
        "B6",
        (
            "saint-chely-d-apcher",
            "saint-alban-sur-limagnole",
            "serverette",
            "rieutort-de-randon",
            "mende",
        ),
    ),
    Line("b7", "B7", ("le-bleymard", "le-pont-de-montvert", "florac")),
)

RUNS = (
    # B1 goes to and fro between Mende and the upper Lot all day.
    Run("b1", "07:05", back=True, vehicle="bus/b1"),
    Run("b1", "08:08", vehicle="bus/b1"),
    Run("b1", "09:10", back=True, vehicle="bus/b1"),
    Run("b1", "10:10", vehicle="bus/b1"),
    Run("b1", "11:20", back=True, vehicle="bus/b1"),
    Run("b1", "12:30", vehicle="bus/b1"),
    Run("b1", "13:40", back=True, vehicle="bus/b1"),
    Run("b1", "14:40", vehicle="bus/b1"),
    Run("b1", "16:00", back=True, vehicle="bus/b1"),
    Run("b1", "17:00", vehicle="bus/b1"),
    Run("b1", "18:00", back=True, vehicle="bus/b1"),
    Run("b1", "18:50", vehicle="bus/b1"),
    Run("b1", "08:30", back=True, vehicle="bus/b1", weekdays=SATURDAY),
    Run("b1", "09:30", vehicle="bus/b1", weekdays=SATURDAY),
    Run("b1", "12:10", back=True, vehicle="bus/b1", weekdays=SATURDAY),
    Run("b1", "13:10", vehicle="bus/b1", weekdays=SATURDAY),
    # B2 brings pupils from Florac to Mende and home again.
    Run("b2", "06:45", vehicle="bus/b2", school=True),
    Run("b2", "08:00", back=True, vehicle="bus/b2"),
    Run("b2", "09:15", vehicle="bus/b2"),
    Run("b2", "10:45", back=True, vehicle="bus/b2"),
    Run("b2", "12:00", vehicle="bus/b2"),
    Run("b2", "13:30", back=True, vehicle="bus/b2"),
    Run("b2", "14:45", vehicle="bus/b2"),
    Run("b2", "17:10", back=True, vehicle="bus/b2", school=True),
    Run("b2", "08:40", vehicle="bus/b2", weekdays=SATURDAY),
    Run("b2", "12:20", back=True, vehicle="bus/b2", weekdays=SATURDAY),
    # B3 crosses the department from Langogne to Villefort by Le Bleymard.
    Run("b3", "05:55", back=True, vehicle="bus/b3"),
    Run("b3", "08:05", vehicle="bus/b3"),
    Run("b3", "10:15", back=True, vehicle="bus/b3"),
    Run("b3", "12:45", vehicle="bus/b3"),
    Run("b3", "14:45", back=True, vehicle="bus/b3"),
    Run("b3", "16:45", vehicle="bus/b3", school=True),
    # B4 brings pupils from Villefort to Mende, then goes round the markets.
    Run("b4", "06:15", back=True, vehicle="bus/b4", school=True),
    Run("b4", "07:45", vehicle="bus/b4"),
    Run("b4", "09:20", back=True, vehicle="bus/b4"),
    Run("b4", "11:00", vehicle="bus/b4"),
    Run("b4", "13:00", back=True, vehicle="bus/b4"),
    Run("b4", "14:45", vehicle="bus/b4"),
    Run("b4", "16:10", back=True, vehicle="bus/b4"),
    Run("b4", "17:35", vehicle="bus/b4", school=True),
    # B5 serves the Vallée Longue from Le Collet-de-Dèze to Florac.
    Run("b5", "06:50", vehicle="bus/b5", school=True),
    Run("b5", "08:15", back=True, vehicle="bus/b5"),
    Run("b5", "09:40", vehicle="bus/b5"),
    Run("b5", "11:15", back=True, vehicle="bus/b5"),
    Run("b5", "13:00", vehicle="bus/b5"),
    Run("b5", "14:20", back=True, vehicle="bus/b5"),
    Run("b5", "15:40", vehicle="bus/b5"),
    Run("b5", "17:05", back=True, vehicle="bus/b5", school=True),
    # B6 crosses the Margeride.
    Run("b6", "06:30", vehicle="bus/b6", school=True),
    Run("b6", "08:15", back=True, vehicle="bus/b6"),
    Run("b6", "10:00", vehicle="bus/b6"),
    Run("b6", "11:45", back=True, vehicle="bus/b6"),
    Run("b6", "13:30", vehicle="bus/b6"),
    Run("b6", "15:15", back=True, vehicle="bus/b6"),
    Run("b6", "16:55", vehicle="bus/b6"),
    Run("b6", "18:25", back=True, vehicle="bus/b6", school=True),
    # B7 is a hired taxi-bus without a box of ours: boards know its timetable and nothing more.
    Run("b7", "09:05"),
    Run("b7", "17:30", back=True),
)

CANCELLED = (("b7", "09:05", "2026-11-26", "works", "au col de Finiels"),)
"""(route, leaves, date, reason key, place). The demonstration repeats it on each of its days."""

VIA = {
    # What the board says under the destination, by (route, back).
    ("b1", False): "Bagnols-les-Bains, Badaroux",
    ("b1", True): "Bagnols-les-Bains, Le Bleymard",
    ("b2", False): "Ispagnac, Balsièges",
    ("b2", True): "Balsièges, Ispagnac",
    ("b3", False): "Belvezet, La Bastide",
    ("b3", True): "La Bastide, Le Bleymard",
    ("b4", False): "Le Bleymard, Altier",
    ("b4", True): "Le Bleymard, Bagnols-les-Bains",
    ("b5", False): "Cassagnas",
    ("b5", True): "Cassagnas, Saint-Privat",
    ("b6", False): "Serverette, Rieutort",
    ("b6", True): "Serverette, Saint-Alban",
    ("b7", False): "Le Pont-de-Montvert",
    ("b7", True): "Le Pont-de-Montvert",
}
