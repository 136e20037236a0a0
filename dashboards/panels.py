"""Panels of the kinds our dashboards use, from a title, an explanation and a question.

Titles are for the people who watch, in French; descriptions say in English what is asked and
what to do. Colours and units are given where a value has a good and a bad side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grafana_foundation_sdk.builders import (
    common,
    dashboard,
    geomap,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    FrameGeometrySourceMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    DynamicConfigValue,
    Threshold,
    ThresholdsMode,
)

from dashboards.query import Query

GOOD, WARN, BAD = "green", "orange", "red"
Step = tuple[float | None, str]
"""From this value on, this colour; None is minus infinity."""


class InfluxQl(Dataquery):
    """A target of Grafana's InfluxDB data source in InfluxQL; the SDK has none of its own."""

    def __init__(self, query: Query) -> None:
        self._query = query

    def to_json(self) -> dict[str, object]:
        """What Grafana keeps of a target."""
        return {
            "refId": "A",
            "datasource": source_of(self._query),
            "query": self._query.influxql,
            "rawQuery": True,
            "resultFormat": self._query.form,
            "alias": self._query.alias,
        }


class _Target(Builder[Dataquery]):
    def __init__(self, query: Query) -> None:
        self._query = query

    def build(self) -> Dataquery:
        return InfluxQl(self._query)


def source_of(query: Query) -> DataSourceRef:
    """The data source a query is put to."""
    return DataSourceRef(type_val="influxdb", uid=query.data_source)


def number(title: str, description: str, query: Query, steps: Sequence[Step]) -> Any:
    """One large figure, coloured."""
    panel = (
        stat.Panel()
        .graph_mode(BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.BACKGROUND)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(_thresholds(steps))
        .no_value("0")
    )
    return _common(panel, title, description, query).span(8).height(4)


def curves(
    title: str,
    description: str,
    query: Query,
    unit: str = "short",
    steps: Sequence[Step] = (),
) -> Any:
    """A line per unit over time."""
    panel = timeseries.Panel().unit(unit).min(0).span_nulls(300_000.0)
    if unit in {"dBm", "celsius"}:
        panel = timeseries.Panel().unit(unit).span_nulls(300_000.0)
    if steps:
        panel = panel.thresholds(_thresholds(steps))
    return _common(panel, title, description, query).span(12).height(8)


def rows(title: str, description: str, query: Query, units: dict[str, str] | None = None) -> Any:
    """A table; `units` by column name."""
    panel = table.Panel()
    for column, unit in (units or {}).items():
        panel = panel.override_by_name(column, [DynamicConfigValue("unit", unit)])
    return _common(panel, title, description, query).span(12).height(8)


def bands(title: str, description: str, query: Query) -> Any:
    """A coloured band per unit, one colour a state."""
    return _common(statetimeline.Panel(), title, description, query).span(12).height(8)


def positions(title: str, description: str, query: Query) -> Any:
    """A map of columns latitude and longitude, drawn to fit."""
    marker = {
        "style": {"size": {"fixed": 7}, "color": {"fixed": "blue"}, "text": _label()},
        "showLegend": False,
    }
    layer = (
        common.MapLayerOptions()
        .type("markers")
        .name("Véhicules")
        .config(marker)
        .location(
            common.FrameGeometrySource()
            .mode(FrameGeometrySourceMode.COORDS)
            .latitude("latitude")
            .longitude("longitude")
        )
        .tooltip(True)
    )
    panel = (
        geomap.Panel()
        .view(geomap.MapViewConfig().id("fit").all_layers(True))
        .basemap(common.MapLayerOptions().type("default").name("Fond"))
        .layers([layer])
    )
    return _common(panel, title, description, query).span(24).height(14)


def _label() -> dict[str, str]:
    return {"mode": "field", "field": "unit", "fixed": ""}


def _common(panel: Any, title: str, description: str, query: Query) -> Any:
    panel = (
        panel.title(title)
        .description(description)
        .datasource(source_of(query))
        .with_target(_Target(query))
    )
    return panel.time_from(query.time_from) if query.time_from else panel


def _thresholds(steps: Sequence[Step]) -> dashboard.ThresholdsConfig:
    return (
        dashboard.ThresholdsConfig()
        .mode(ThresholdsMode.ABSOLUTE)
        .steps([Threshold(value=value, color=color) for value, color in steps])
    )
