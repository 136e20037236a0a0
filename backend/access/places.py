"""What of a territory its doors have to know."""

from __future__ import annotations

from backend.access.holidays import is_alsace_moselle
from backend.access.press import Place
from contract.territory_file import Territory


def place_of(territory: Territory) -> Place:
    """The territory's name, time zone and law of holidays."""
    codes = [commune.insee for commune in territory.communes]
    return Place(territory.territory, territory.timezone, is_alsace_moselle(codes))
