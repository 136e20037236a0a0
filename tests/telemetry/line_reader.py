"""A second reader of line protocol, written from its grammar for the tests alone.

It goes through the text once, character by character, and shares nothing with the writer.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class ReadPoint(NamedTuple):
    measurement: str
    tags: dict[str, str]
    fields: dict[str, Any]
    time_ns: int


class BadLine(ValueError):
    """Not a line of the protocol."""


def read_points(text: str) -> list[ReadPoint]:
    """All points of a body; line breaks inside quoted text belong to the text."""
    points = []
    position = 0
    while position < len(text):
        point, position = _point(text, position)
        points.append(point)
    return points


def _point(text: str, at: int) -> tuple[ReadPoint, int]:
    measurement, at = _plain(text, at, ", ", ", ")
    tags: dict[str, str] = {}
    while text[at] == ",":
        key, at = _plain(text, at + 1, "=", ",= ")
        value, at = _plain(text, at + 1, ", ", ",= ")
        if not value or key in tags:
            raise BadLine(f"tag {key!r}")
        tags[key] = value
    fields: dict[str, Any] = {}
    while not fields or text[at] == ",":
        key, at = _plain(text, at + 1, "=", ",= ")
        value, at = _field(text, at + 1)
        if key in fields or key in tags:
            raise BadLine(f"field {key!r} twice")
        fields[key] = value
    if text[at] != " ":
        raise BadLine(f"no space before the time at {at}")
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    return ReadPoint(measurement, tags, fields, int(text[at + 1 : end])), end + 1


def _plain(text: str, at: int, ends: str, escaped: str) -> tuple[str, int]:
    found = ""
    while text[at] not in ends:
        if text[at] == "\n":
            raise BadLine("line break outside quoted text")
        if text[at] == "\\" and text[at + 1] in escaped:
            at += 1
        found += text[at]
        at += 1
    return found, at


def _field(text: str, at: int) -> tuple[Any, int]:
    if text[at] == '"':
        return _quoted(text, at + 1)
    found, at = _plain(text, at, ", ", "")
    if found in {"t", "T", "true", "True", "TRUE", "f", "F", "false", "False", "FALSE"}:
        return found[0] in "tT", at
    if found.endswith("i"):
        return int(found[:-1]), at
    return float(found), at


def _quoted(text: str, at: int) -> tuple[str, int]:
    found = ""
    while text[at] != '"':
        if text[at] == "\\" and text[at + 1] in '"\\':
            at += 1
        found += text[at]
        at += 1
    return found, at + 1
