"""Every question of every dashboard is answered with rows by a real InfluxDB."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract.retention import RETENTION_CLASSES
from dashboards.queries import Query, all_queries, substitute, units, vehicles_heard
from dashboards.query import data_source_uid
from tests.dashboards.conftest import MINUTES
from tests.peers.influxd import Influxd

Fleet = tuple[Influxd, int]


def ask(fleet: Fleet, query: Query, **choices: Any) -> list[dict[str, Any]]:
    influxd, now_ms = fleet
    text = substitute(query, now_ms - MINUTES * 60_000, now_ms, "2m", choices)
    assert "$" not in text.replace("$/", ""), f"a macro is left in {text}"
    return influxd.query(text, query.retention.database)


@pytest.mark.parametrize("query", all_queries(), ids=lambda query: query.name)
def test_every_query_returns_rows(fleet: Fleet, query: Query) -> None:
    rows = ask(fleet, query)
    assert rows
    values = [value for row in rows for name, value in row.items() if name != "time"]
    assert any(value not in {None, 0} for value in values)


@pytest.mark.parametrize("query", all_queries(), ids=lambda query: query.name)
def test_every_query_keeps_to_the_chosen_units(fleet: Fleet, query: Query) -> None:
    rows = ask(fleet, query, kind=["bus"], unit=["b1", "b2"])
    assert rows
    assert "dentist" not in json.dumps(rows)


def test_the_count_of_vehicles_is_right(fleet: Fleet) -> None:
    assert [row["count"] for row in ask(fleet, vehicles_heard())] == [3]
    assert [row["count"] for row in ask(fleet, vehicles_heard(), unit=["b1"])] == [1]


def test_the_units_to_choose_from_are_those_that_spoke(fleet: Fleet) -> None:
    assert [row["value"] for row in ask(fleet, units(), kind=["bus"])] == ["b1", "b2"]


def test_queries_have_names_of_their_own_and_known_databases() -> None:
    names = [query.name for query in all_queries()]
    assert len(set(names)) == len(names)
    known = {data_source_uid(retention) for retention in RETENTION_CLASSES}
    assert {query.data_source for query in all_queries()} <= known


def test_variables_are_escaped_as_grafana_escapes_them() -> None:
    text = substitute(units(), 0, 1, variables={"kind": ["a.b/c"], "unit": ["x", "y"]})
    assert text.endswith(r"/^a\.b\/c$/")


def test_a_panel_of_its_own_range_looks_back_from_the_end() -> None:
    text = substitute(vehicles_heard(), 0, 10_000_000)
    assert "time >= 9700000ms and time <= 10000000ms" in text
