"""The store asked over HTTP in InfluxQL, with nothing of SoftPlace in between."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Store:
    """An InfluxDB 1.x server on the loopback."""

    port: int

    def alive(self) -> bool:
        """Whether it answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ping", timeout=1):
                return True
        except (OSError, urllib.error.URLError):
            return False

    def query(self, database: str, statement: str) -> list[dict[str, Any]]:
        """Rows of one statement, time in nanoseconds. Raises OSError where it cannot answer."""
        answer = json.loads(self._get(database, statement, "application/json", 30.0))
        rows: list[dict[str, Any]] = []
        for result in answer.get("results", ()):
            if "error" in result:
                raise OSError(f"{statement}: {result['error']}")
            for series in result.get("series", ()):
                columns = series["columns"]
                rows.extend(
                    {**series.get("tags", {}), **dict(zip(columns, values, strict=True))}
                    for values in series["values"]
                )
        return rows

    def columns(
        self, database: str, statement: str, wanted: Sequence[str]
    ) -> list[tuple[str, ...]]:
        """The wanted columns of many rows, as text: the lean way for whole streams."""
        text = self._get(database, statement, "application/csv", 300.0).decode()
        reader = csv.reader(io.StringIO(text))
        header = next(reader, None)
        if header is None:
            return []
        places = [header.index(name) for name in wanted]
        return [tuple(row[place] for place in places) for row in reader if row and row != header]

    def _get(self, database: str, statement: str, accept: str, timeout_s: float) -> bytes:
        query = urllib.parse.urlencode({"db": database, "q": statement, "epoch": "ns"})
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/query?{query}", headers={"Accept": accept}
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as response:
                return bytes(response.read())
        except urllib.error.HTTPError as error:
            raise OSError(f"{statement}: {error.code} {error.read()[:200]!r}") from error

    async def asked(self, database: str, statement: str) -> list[dict[str, Any]]:
        """`query` without holding up the event loop."""
        return await asyncio.to_thread(self.query, database, statement)
