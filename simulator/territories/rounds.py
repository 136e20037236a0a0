"""The rounds of the service trucks, the markets they make, and the coworking spaces: invented."""

from __future__ import annotations

from typing import Literal, NamedTuple

Service = Literal["health", "paperwork", "work", "care"]


class Truck(NamedTuple):
    """A service truck and the village where it sleeps."""

    unit: str
    name: str
    short_name: str
    service: Service
    base: str


class Halt(NamedTuple):
    """A drive to `stop`, leaving the place before at `leaves`."""

    stop: str
    leaves: str
    tracked: bool = True


TRUCKS = (
    Truck("truck/sante", "Camion santé", "Santé", "health", "mende"),
    Truck("truck/demarches", "Camion démarches", "Démarches", "paperwork", "saint-chely-d-apcher"),
    Truck("truck/emploi", "Camion emploi", "Emploi", "work", "marvejols"),
    Truck("truck/soins", "Camion soins", "Soins", "care", "florac"),
)

ROUNDS: dict[tuple[str, int], tuple[Halt, ...]] = {
    ("truck/sante", 1): (
        Halt("villefort", "07:50"),
        Halt("mende", "12:45"),
        Halt("chanac", "14:10"),
        Halt("mende", "17:40"),
    ),
    ("truck/sante", 2): (Halt("langogne", "08:15"), Halt("mende", "17:10")),
    ("truck/sante", 3): (Halt("nasbinals", "07:45"), Halt("mende", "17:00")),
    # On Thursday mornings the box of the truck is away for maintenance.
    ("truck/sante", 4): (
        Halt("le-bleymard", "08:10", tracked=False),
        Halt("mende", "12:40", tracked=False),
        Halt("chanac", "14:10"),
        Halt("mende", "17:40"),
    ),
    ("truck/sante", 5): (Halt("chateauneuf-de-randon", "08:30"), Halt("mende", "12:45")),
    ("truck/demarches", 1): (
        Halt("grandrieu", "08:10"),
        Halt("saint-chely-d-apcher", "12:40"),
    ),
    ("truck/demarches", 2): (
        Halt("langogne", "07:50"),
        Halt("saint-chely-d-apcher", "17:15"),
    ),
    ("truck/demarches", 3): (
        Halt("nasbinals", "08:15"),
        Halt("peyre-en-aubrac", "13:30"),
        Halt("saint-chely-d-apcher", "17:30"),
    ),
    ("truck/demarches", 4): (
        Halt("marvejols", "08:00"),
        Halt("chanac", "13:20"),
        Halt("saint-chely-d-apcher", "17:40"),
    ),
    ("truck/demarches", 5): (
        Halt("chateauneuf-de-randon", "07:40"),
        Halt("saint-chely-d-apcher", "13:00"),
    ),
    ("truck/emploi", 1): (
        Halt("mende", "08:20"),
        Halt("villefort", "09:30"),
        Halt("marvejols", "16:00"),
    ),
    ("truck/emploi", 2): (Halt("sainte-enimie", "08:20"), Halt("marvejols", "13:00")),
    ("truck/emploi", 3): (Halt("florac", "08:00"), Halt("marvejols", "17:10")),
    ("truck/emploi", 4): (Halt("le-bleymard", "07:50"), Halt("marvejols", "13:15")),
    ("truck/emploi", 5): (
        Halt("la-canourgue", "08:30"),
        Halt("chanac", "13:30"),
        Halt("marvejols", "17:00"),
    ),
    ("truck/emploi", 6): (Halt("mende", "08:10"), Halt("marvejols", "13:00")),
    ("truck/soins", 1): (Halt("barre-des-cevennes", "08:30"), Halt("florac", "16:00")),
    ("truck/soins", 2): (Halt("sainte-enimie", "08:30"), Halt("florac", "13:00")),
    ("truck/soins", 3): (Halt("meyrueis", "08:10"), Halt("florac", "16:30")),
    ("truck/soins", 4): (
        Halt("sainte-enimie", "08:00"),
        Halt("meyrueis", "12:15"),
        Halt("florac", "16:30"),
    ),
    ("truck/soins", 5): (Halt("le-pont-de-montvert", "13:15"), Halt("florac", "17:20")),
}
"""By truck and ISO weekday; each round ends at the truck's base."""


class MarketRow(NamedTuple):
    """A market of services; `place` is where on the village's square."""

    stop: str
    place: str
    weekdays: tuple[int, ...]
    opens: str
    closes: str
    services: tuple[str, ...]


PAPERS = "Papiers et démarches"
HEALTH = "Santé"
WORK = "Emploi"
CARE = "Soins"
COWORKING = "Coworking"

MARKETS = (
    MarketRow("villefort", "place du Bosquet", (1,), "09:30", "12:30", (HEALTH, WORK)),
    MarketRow("grandrieu", "place du village", (1,), "09:30", "12:30", (PAPERS, COWORKING)),
    MarketRow("langogne", "halle de Langogne", (2,), "09:30", "16:30", (HEALTH, PAPERS)),
    MarketRow("sainte-enimie", "halle au blé", (2,), "09:30", "12:30", (WORK, CARE)),
    MarketRow("nasbinals", "foirail", (3,), "09:30", "13:00", (HEALTH, PAPERS)),
    MarketRow("florac", "esplanade", (3,), "09:30", "16:30", (WORK, COWORKING)),
    MarketRow("meyrueis", "place Sully", (3,), "10:00", "16:00", (CARE,)),
    MarketRow(
        "le-bleymard",
        "halle du Bleymard (à 80 m)",
        (4,),
        "09:30",
        "12:30",
        (PAPERS, HEALTH, WORK, COWORKING),
    ),
    MarketRow("marvejols", "place du Soubeyran", (4,), "09:00", "13:00", (PAPERS, COWORKING)),
    MarketRow("sainte-enimie", "halle au blé", (4,), "09:00", "12:00", (CARE,)),
    MarketRow("chanac", "place de la Bascule", (4,), "14:45", "17:30", (HEALTH, PAPERS)),
    MarketRow(
        "chateauneuf-de-randon", "place Du Guesclin", (5,), "09:30", "12:30", (HEALTH, PAPERS)
    ),
    MarketRow("le-pont-de-montvert", "quai du Tarn", (5,), "14:15", "17:00", (CARE,)),
    MarketRow("mende", "place Urbain V", (6,), "09:00", "12:30", (WORK, PAPERS)),
)


class SpaceRow(NamedTuple):
    """A coworking space beside the village's stop, some metres north and east of it."""

    unit: str
    name: str
    village: str
    north_m: float
    east_m: float
    opens: str
    closes: str


SPACES = (
    SpaceRow("space/mende", "Coworking de Mende", "mende", 260, 310, "08:00", "19:00"),
    SpaceRow("space/langogne", "Coworking de Langogne", "langogne", -140, -260, "08:30", "18:30"),
    SpaceRow("space/florac", "Coworking de Florac", "florac", 180, 90, "08:30", "18:30"),
    SpaceRow(
        "space/saint-chely",
        "Coworking de Saint-Chély",
        "saint-chely-d-apcher",
        -120,
        210,
        "08:30",
        "18:30",
    ),
    SpaceRow(
        "space/le-bleymard", "Coworking du Bleymard", "le-bleymard", 60, -80, "09:00", "17:30"
    ),
)
SPACE_WEEKDAYS = (1, 2, 3, 4, 5)

SHADOWS = (
    # (name, latitude, longitude, radius in metres): where a vehicle has no network.
    ("vallée de l'Altier", 44.472, 3.835, 4_300.0),
    ("col de Montmirat", 44.413, 3.549, 2_200.0),
    ("vallée Longue", 44.281, 3.780, 3_200.0),
    ("Margeride", 44.666, 3.437, 3_200.0),
    ("forêt de Mercoire", 44.573, 3.868, 1_800.0),
    ("gorges du Tarn", 44.335, 3.365, 4_500.0),
    ("causse Méjean", 44.262, 3.420, 3_500.0),
)
