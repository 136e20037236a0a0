"""A small territory of four stops on a straight road, for tests.

The road runs east along one parallel; Mende is its west end. 0.1 degrees of longitude are
7,932 m there. Thursday 2026-11-26 is its interesting day.
"""

from __future__ import annotations

from contract.territory_file import (
    Cancellation,
    Commune,
    MapLine,
    Market,
    Route,
    Space,
    Stop,
    StopTime,
    Territory,
    Trip,
    Vehicle,
)

LATITUDE = 44.5
WEEK = (1, 2, 3, 4, 5)
DEGREE_M = 79_309.0
"""Metres of one degree of longitude at `LATITUDE`, near enough for tests."""

_PLACES = (
    ("mende", "Mende", "Gare routière", 3.5),
    ("badaroux", "Badaroux", "Mairie", 3.6),
    ("le-bleymard", "Le Bleymard", "Mairie", 3.7),
    ("villefort", "Villefort", "Place du Bosquet", 3.8),
)
LONGITUDE = {stop_id: longitude for stop_id, _, _, longitude in _PLACES}


def _trip(
    trip_id: str,
    route_id: str,
    headsign: str,
    times: dict[str, int],
    vehicle: str | None,
    *,
    backwards: bool = False,
    via: str = "",
) -> Trip:
    return Trip(
        trip_id=trip_id,
        route_id=route_id,
        headsign=headsign,
        via=via,
        vehicle=vehicle,
        weekdays=WEEK,
        reversed=backwards,
        stop_times=tuple(
            StopTime(stop_id=stop_id, arrival_min=minute, departure_min=minute)
            for stop_id, minute in times.items()
        ),
    )


def _at(hour: int, minute: int) -> int:
    return hour * 60 + minute


_WAY = tuple(LONGITUDE)
_SHAPE = tuple((LATITUDE, 3.5 + 0.01 * n) for n in range(31))

SAMPLE = Territory(
    territory="sample",
    name="Lozère",
    timezone="Europe/Paris",
    phone="04 65 71 00 12",
    licence="Invented for tests.",
    communes=tuple(
        Commune(insee=f"4800{n}", name=name, latitude=LATITUDE, longitude=lon, population=500)
        for n, (_, name, _, lon) in enumerate(_PLACES)
    ),
    stops=tuple(
        Stop(
            stop_id=stop_id,
            name=name,
            detail=detail,
            insee=f"4800{n}",
            latitude=LATITUDE,
            longitude=lon,
        )
        for n, (stop_id, name, detail, lon) in enumerate(_PLACES)
    ),
    routes=(
        Route(
            route_id="b1",
            short_name="B1",
            name="Mende – Villefort",
            mode="bus",
            stop_ids=_WAY,
            shape=_SHAPE,
        ),
        Route(
            route_id="b4",
            short_name="B4",
            name="Mende – Villefort",
            mode="bus",
            stop_ids=_WAY,
            shape=_SHAPE,
        ),
        Route(
            route_id="b7",
            short_name="B7",
            name="Le Bleymard – Florac",
            mode="bus",
            stop_ids=_WAY[2:],
            shape=_SHAPE[20:],
        ),
        Route(
            route_id="sante",
            short_name="Santé",
            name="Camion santé",
            mode="truck",
            stop_ids=("mende", "le-bleymard"),
            shape=_SHAPE[:21],
        ),
    ),
    trips=(
        _trip(
            "b1-0800",
            "b1",
            "Mende",
            {
                "villefort": _at(8, 0),
                "le-bleymard": _at(8, 16),
                "badaroux": _at(8, 32),
                "mende": _at(8, 48),
            },
            "bus/b1",
            backwards=True,
            via="Bagnols-les-Bains, Badaroux",
        ),
        _trip(
            "b1-0900",
            "b1",
            "Villefort",
            {
                "mende": _at(9, 0),
                "badaroux": _at(9, 16),
                "le-bleymard": _at(9, 32),
                "villefort": _at(9, 48),
            },
            "bus/b1",
        ),
        _trip(
            "b4-0805",
            "b4",
            "Villefort",
            {
                "mende": _at(7, 51),
                "badaroux": _at(8, 7),
                "le-bleymard": _at(8, 23),
                "villefort": _at(8, 39),
            },
            "bus/b4",
        ),
        _trip(
            "b3-0830",
            "b4",
            "Villefort",
            {"mende": _at(8, 8), "le-bleymard": _at(8, 40), "villefort": _at(8, 56)},
            "bus/b3",
        ),
        _trip(
            "b7-0905",
            "b7",
            "Florac Trois Rivières",
            {"le-bleymard": _at(9, 5), "villefort": _at(9, 30)},
            None,
        ),
        _trip(
            "sante-out",
            "sante",
            "Camion santé",
            {"mende": _at(8, 20), "le-bleymard": _at(9, 0)},
            "truck/sante",
        ),
        _trip(
            "sante-home",
            "sante",
            "Camion santé",
            {"le-bleymard": _at(12, 40), "mende": _at(13, 20)},
            "truck/sante",
            backwards=True,
        ),
    ),
    vehicles=(
        Vehicle(unit="bus/b1", name="B1", seats=19),
        Vehicle(unit="bus/b3", name="B3", seats=19),
        Vehicle(unit="bus/b4", name="B4", seats=22),
        Vehicle(unit="truck/sante", name="Camion santé", service="health"),
    ),
    spaces=(
        Space(
            unit="space/mende",
            name="Coworking de Mende",
            insee="48000",
            latitude=LATITUDE,
            longitude=3.5,
            opens_min=_at(8, 0),
            closes_min=_at(19, 0),
            weekdays=WEEK,
        ),
    ),
    markets=(
        Market(
            stop_id="le-bleymard",
            place="halle du Bleymard (à 80 m)",
            weekdays=(4,),
            opens_min=_at(9, 30),
            closes_min=_at(12, 30),
            services=("Papiers et démarches", "Santé", "Emploi", "Coworking"),
        ),
        Market(
            stop_id="villefort",
            place="place du Bosquet",
            weekdays=(5,),
            opens_min=_at(9, 30),
            closes_min=_at(12, 30),
            services=("Santé",),
        ),
    ),
    cancellations=(
        Cancellation(trip_id="b7-0905", date="2026-11-26", reason="snow_pass", place="Finiels"),
    ),
    map=(
        MapLine(
            kind="outline", points=((44.3, 3.4), (44.7, 3.4), (44.7, 3.9), (44.3, 3.9), (44.3, 3.4))
        ),
        MapLine(kind="main_road", points=((LATITUDE, 3.45), (LATITUDE, 3.85))),
    ),
)
