"""Places of Lozère: villages with a stop, passes and junctions of its roads.

Rules of this file: facts only. Coordinates are of the village (its square or town hall, to about
100 m to 300 m), not of the commune's area; `None` where only the centre of the area is known.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Village:
    """A village with a stop; `insee` is the commune it lies in today."""

    stop_id: str
    name: str
    detail: str
    insee: str
    at: tuple[float, float] | None = None


VILLAGES = (
    Village("mende", "Mende", "Gare routière", "48095", (44.518, 3.501)),
    Village("badaroux", "Badaroux", "Mairie", "48013", (44.537, 3.545)),
    Village("bagnols-les-bains", "Bagnols-les-Bains", "Thermes", "48027", (44.505, 3.669)),
    Village("saint-julien-du-tournel", "Saint-Julien-du-Tournel", "Pont", "48027", (44.497, 3.686)),
    Village("le-bleymard", "Le Bleymard", "Mairie", "48027", (44.484, 3.731)),
    Village("cubieres", "Cubières", "Église", "48053", (44.474, 3.772)),
    Village("altier", "Altier", "Mairie", "48004", (44.474, 3.862)),
    Village("villefort", "Villefort", "Place du Bosquet", "48198", (44.440, 3.931)),
    Village("belvezet", "Belvezet", "Place", "48027", (44.556, 3.744)),
    Village("chasserades", "Chasseradès", "Gare", "48027", (44.555, 3.829)),
    Village("la-bastide-puylaurent", "La Bastide-Puylaurent", "Gare", "48021", (44.590, 3.905)),
    Village("luc", "Luc", "Mairie", "48086", (44.650, 3.886)),
    Village("langogne", "Langogne", "Gare", "48080", (44.727, 3.854)),
    Village(
        "le-pont-de-montvert", "Le Pont-de-Montvert", "Tour de l'Horloge", "48116", (44.364, 3.744)
    ),
    Village("florac", "Florac Trois Rivières", "Ancienne gare", "48061", (44.324, 3.594)),
    Village("ispagnac", "Ispagnac", "Place Jules Laget", "48075", (44.372, 3.537)),
    Village("sainte-enimie", "Sainte-Énimie", "Pont", "48146", (44.366, 3.411)),
    Village("balsieges", "Balsièges", "Pont", "48016", (44.480, 3.457)),
    Village("barjac", "Barjac", "Gare", "48018", (44.503, 3.404)),
    Village("chanac", "Chanac", "Place de la Bascule", "48039", (44.466, 3.343)),
    Village("la-canourgue", "La Canourgue", "Place du Pré Commun", "48034", (44.430, 3.214)),
    Village("marvejols", "Marvejols", "Place du Soubeyran", "48092", (44.554, 3.291)),
    Village("peyre-en-aubrac", "Peyre en Aubrac", "Aumont, gare", "48009", (44.721, 3.284)),
    Village("saint-chely-d-apcher", "Saint-Chély-d'Apcher", "Gare", "48140", (44.801, 3.277)),
    Village("nasbinals", "Nasbinals", "Foirail", "48104", (44.662, 3.046)),
    Village(
        "saint-alban-sur-limagnole",
        "Saint-Alban-sur-Limagnole",
        "Château",
        "48132",
        (44.781, 3.390),
    ),
    Village("serverette", "Serverette", "Place", "48188"),
    Village("rieutort-de-randon", "Rieutort-de-Randon", "Mairie", "48127", (44.631, 3.483)),
    Village("chateauneuf-de-randon", "Châteauneuf-de-Randon", "Place", "48043", (44.640, 3.675)),
    Village("grandrieu", "Grandrieu", "Place", "48070", (44.784, 3.635)),
    Village("auroux", "Auroux", "Mairie", "48010"),
    Village("meyrueis", "Meyrueis", "Place Sully", "48096", (44.178, 3.430)),
    Village("barre-des-cevennes", "Barre-des-Cévennes", "Grand-Rue", "48019", (44.244, 3.653)),
    Village("cassagnas", "Cassagnas", "Espace Stevenson", "48036"),
    Village("saint-privat-de-vallongue", "Saint-Privat-de-Vallongue", "Mairie", "48178"),
    Village("le-collet-de-deze", "Le Collet-de-Dèze", "Mairie", "48051"),
)

JUNCTIONS: dict[str, tuple[float, float]] = {
    # Passes and crossings where roads meet or turn; nobody boards there.
    "col-de-finiels": (44.426, 3.762),
    "col-de-montmirat": (44.413, 3.549),
    "col-des-tribes": (44.482, 3.752),
    "l-habitarelle": (44.624, 3.660),
    "laubert": (44.583, 3.633),
    "banassac": (44.436, 3.200),
    "a75-north": (44.905, 3.248),
    "a75-south": (44.384, 3.128),
    "a75-marvejols": (44.553, 3.235),
    "n106-east": (44.240, 3.985),
    "le-rozier": (44.192, 3.209),
    "la-malene": (44.302, 3.319),
    "vebron": (44.245, 3.530),
    "le-malzieu": (44.856, 3.333),
}

ARTICLES = {
    # What the sources drop from the communes' names.
    "Bastide-Puylaurent": "La",
    "Bessons": "Les",
    "Bondons": "Les",
    "Born": "Le",
    "Buisson": "Le",
    "Canourgue": "La",
    "Chastel-Nouvel": "Le",
    "Collet-de-Dèze": "Le",
    "Fage-Montivernoux": "La",
    "Fage-Saint-Julien": "La",
    "Hermaux": "Les",
    "Laubies": "Les",
    "Malzieu-Forain": "Le",
    "Malzieu-Ville": "Le",
    "Malène": "La",
    "Monts-Verts": "Les",
    "Panouse": "La",
    "Pompidou": "Le",
    "Rozier": "Le",
    "Salces": "Les",
    "Tieule": "La",
}
