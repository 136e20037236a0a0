"""Which road joins which places of Lozère, and which river passes where.

Rules of this file: facts only; the bends between two places are drawn by the build and are
schematic.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

RoadKind = Literal["main_road", "road"]


class Road(NamedTuple):
    """A road through the named places, in order."""

    number: str
    kind: RoadKind
    places: tuple[str, ...]


ROADS = (
    Road(
        "A75",
        "main_road",
        (
            "a75-north",
            "saint-chely-d-apcher",
            "peyre-en-aubrac",
            "a75-marvejols",
            "banassac",
            "a75-south",
        ),
    ),
    Road(
        "N88",
        "main_road",
        (
            "langogne",
            "l-habitarelle",
            "laubert",
            "badaroux",
            "mende",
            "balsieges",
            "chanac",
            "banassac",
        ),
    ),
    Road(
        "N106",
        "main_road",
        (
            "balsieges",
            "col-de-montmirat",
            "ispagnac",
            "florac",
            "cassagnas",
            "saint-privat-de-vallongue",
            "le-collet-de-deze",
            "n106-east",
        ),
    ),
    Road("D42", "road", ("balsieges", "barjac", "marvejols", "a75-marvejols")),
    Road("D998", "road", ("banassac", "la-canourgue")),
    Road(
        "D901",
        "road",
        (
            "badaroux",
            "bagnols-les-bains",
            "saint-julien-du-tournel",
            "le-bleymard",
            "col-des-tribes",
            "cubieres",
            "altier",
            "villefort",
        ),
    ),
    Road("D906", "road", ("villefort", "la-bastide-puylaurent", "luc", "langogne")),
    Road("D6", "road", ("le-bleymard", "belvezet", "chasserades", "la-bastide-puylaurent")),
    Road("D20", "road", ("le-bleymard", "col-de-finiels", "le-pont-de-montvert")),
    Road("D998e", "road", ("florac", "le-pont-de-montvert")),
    Road("D907b", "road", ("ispagnac", "sainte-enimie", "la-malene", "le-rozier")),
    Road("D986", "road", ("balsieges", "sainte-enimie", "meyrueis")),
    Road("D907", "road", ("florac", "vebron", "meyrueis", "le-rozier")),
    Road("D983", "road", ("florac", "barre-des-cevennes", "cassagnas")),
    Road(
        "D806",
        "road",
        ("mende", "rieutort-de-randon", "serverette", "saint-alban-sur-limagnole"),
    ),
    Road("D987", "road", ("saint-alban-sur-limagnole", "saint-chely-d-apcher", "le-malzieu")),
    Road("D987w", "road", ("peyre-en-aubrac", "nasbinals")),
    Road("D26", "road", ("langogne", "auroux", "grandrieu", "saint-alban-sur-limagnole")),
    Road("D988", "road", ("auroux", "l-habitarelle")),
    Road("D34", "road", ("l-habitarelle", "chateauneuf-de-randon")),
    Road("D809", "road", ("marvejols", "peyre-en-aubrac")),
)

RIVERS: dict[str, tuple[tuple[float, float], ...]] = {
    "Lot": (
        (44.501, 3.790),
        (44.486, 3.733),
        (44.498, 3.688),
        (44.507, 3.668),
        (44.531, 3.560),
        (44.523, 3.497),
        (44.480, 3.455),
        (44.465, 3.341),
        (44.437, 3.197),
        (44.478, 3.095),
    ),
    "Tarn": (
        (44.418, 3.830),
        (44.364, 3.746),
        (44.349, 3.625),
        (44.369, 3.536),
        (44.366, 3.412),
        (44.301, 3.318),
        (44.193, 3.208),
    ),
    "Allier": (
        (44.571, 3.810),
        (44.589, 3.906),
        (44.649, 3.888),
        (44.727, 3.862),
        (44.812, 3.792),
    ),
    "Truyère": (
        (44.672, 3.560),
        (44.700, 3.391),
        (44.782, 3.372),
        (44.857, 3.331),
        (44.917, 3.262),
    ),
    "Chassezac": ((44.562, 3.801), (44.520, 3.921), (44.480, 3.985)),
    "Altier": ((44.440, 3.775), (44.473, 3.862), (44.462, 3.925), (44.480, 3.985)),
    "Tarnon": ((44.160, 3.570), (44.246, 3.531), (44.322, 3.598), (44.350, 3.585)),
}
