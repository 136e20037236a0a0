"""The territory: communes, stops, routes, trips, vehicles, spaces, markets, the map.

Revision ID: 0002
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of a territory file."""
    op.create_table(
        "territory",
        sa.Column("territory", sa.String(40), nullable=False),
        *_texts("name", "timezone", "phone", "licence"),
        sa.PrimaryKeyConstraint("territory", name="pk_territory"),
    )
    _ground()
    _timetable()
    _units()
    _part("map_line", _text("kind", 20), _json("points"))


def downgrade() -> None:
    """Forget every territory; the files still have them."""
    for name in (
        *("map_line", "cancellation", "market", "space", "vehicle"),
        *("stop_time", "trip", "route", "stop", "commune", "territory"),
    ):
        op.drop_table(name)


def _ground() -> None:
    _part(
        "commune",
        _text("insee", 5),
        *_texts("name"),
        *_numbers("latitude", "longitude"),
        *_integers("population"),
    )
    _part(
        "stop",
        _text("stop_id", 40),
        *_texts("name", "detail"),
        _text("insee", 5),
        *_numbers("latitude", "longitude"),
    )
    _part(
        "route",
        _text("route_id", 40),
        *_texts("short_name", "name"),
        _text("mode", 10),
        _json("stop_ids"),
        _json("shape"),
    )


def _timetable() -> None:
    _part(
        "trip",
        _text("trip_id", 40),
        _text("route_id", 40),
        *_texts("headsign", "via"),
        sa.Column("vehicle", sa.String(50), nullable=True),
        _json("weekdays"),
        sa.Column("school", sa.Boolean(), nullable=False),
        sa.Column("reversed", sa.Boolean(), nullable=False),
    )
    _part(
        "stop_time",
        _text("trip_id", 40),
        _text("stop_id", 40),
        *_integers("arrival_min", "departure_min"),
    )
    _part(
        "cancellation",
        _text("trip_id", 40),
        _text("date", 10),
        _text("reason", 40),
        *_texts("place"),
    )


def _units() -> None:
    _part(
        "vehicle",
        _text("unit", 50),
        *_texts("name"),
        _text("service", 20),
        *_integers("seats", "wheelchair_places"),
    )
    _part(
        "space",
        _text("unit", 50),
        *_texts("name"),
        _text("insee", 5),
        *_numbers("latitude", "longitude"),
        *_integers("opens_min", "closes_min"),
        _json("weekdays"),
    )
    _part(
        "market",
        _text("stop_id", 40),
        *_texts("place"),
        _json("weekdays"),
        *_integers("opens_min", "closes_min"),
        _json("services"),
    )


def _part(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        name,
        sa.Column("territory", sa.String(40), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("territory", "position", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(
            ["territory"],
            ["territory.territory"],
            name=f"fk_{name}_territory_territory",
            ondelete="CASCADE",
        ),
    )


def _text(name: str, length: int) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=False)


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Float(), nullable=False) for name in names]


def _integers(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _json(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(), nullable=False)
