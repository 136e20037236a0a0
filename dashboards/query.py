"""A question of a panel: InfluxQL with Grafana's macros, and the database it is put to.

Rules of this file: pure. `substitute` does what Grafana does before it sends a query, so that
tests can put every question of every dashboard to a real server.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from contract.retention import RetentionClass

_SPECIAL = re.compile(r"[\\^$*+?.()|\[\]{}/]")
"""What Grafana's InfluxDB data source escapes in the value of a variable."""

_TIME_FROM = re.compile(r"(\d+)([smhd])")
_MILLISECONDS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


@dataclass(frozen=True, slots=True)
class Query:
    """InfluxQL as it stands in the dashboard."""

    name: str
    retention: RetentionClass
    influxql: str
    form: Literal["time_series", "table", "variable"] = "time_series"
    alias: str = "$tag_kind/$tag_unit"
    time_from: str | None = None
    """The panel looks back this far from the end of the range, whatever its start."""

    @property
    def data_source(self) -> str:
        """Uid of the Grafana data source: one per database, as InfluxQL binds them."""
        return data_source_uid(self.retention)


def data_source_uid(retention: RetentionClass) -> str:
    """For example softplace-2-months."""
    return retention.database.replace("_", "-")


def substitute(
    query: Query,
    from_ms: int,
    to_ms: int,
    interval: str = "1m",
    variables: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """The InfluxQL that Grafana sends for the range [from_ms, to_ms].

    Variables that are not given stand for all their values, as a dashboard opens.
    """
    if query.time_from is not None:
        from_ms = to_ms - _duration_ms(query.time_from)
    text = query.influxql.replace("$timeFilter", f"time >= {from_ms}ms and time <= {to_ms}ms")
    text = text.replace("$__interval_ms", str(_duration_ms(interval)))
    text = text.replace("$__interval", interval)
    given = {"kind": (), "unit": ()} | dict(variables or {})
    for name, values in given.items():
        text = text.replace(f"${name}", _as_pattern(values))
    return text


def _as_pattern(values: Sequence[str]) -> str:
    """How a variable of several values reads inside a regular expression."""
    if not values:
        return ".*"
    escaped = [_SPECIAL.sub(r"\\\g<0>", value) for value in values]
    return escaped[0] if len(escaped) == 1 else "(" + "|".join(escaped) + ")"


def _duration_ms(text: str) -> int:
    found = _TIME_FROM.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a duration like 5m")
    return int(found.group(1)) * _MILLISECONDS[found.group(2)]
