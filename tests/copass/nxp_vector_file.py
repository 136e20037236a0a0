"""Reads the files of published card vectors: sections of `name=value`, arrows and remarks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_HEAD = re.compile(r"^\[(?P<name>[^\]]+)\]\s*(?P<rest>.*)$")
_REMARK = re.compile(r"(?:^|\s)#.*$")
_ASIDE = re.compile(r"\s\([^()]*\)")
_PAIR = re.compile(r"(?P<name>[A-Za-z][^\s=]*)\s*=\s*(?P<value>[^\s;,]+)")
_ARROW = re.compile(r"(?P<left>[^\s;]+)\s*->\s*(?P<right>[0-9A-Fa-f]+)")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_ALL_ZERO = "00..00"


@dataclass(slots=True)
class Section:
    """One section; its fields by `plain_name`: "RndA||RndB'_enc" is rndarndbrotatedenc."""

    name: str
    text: str = ""
    fields: dict[str, bytes] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    """Every field as written, also those that are not hexadecimal."""
    arrows: list[tuple[str, bytes]] = field(default_factory=list)
    negatives: list[str] = field(default_factory=list)

    def first(self, *names: str) -> bytes | None:
        """The first of these fields that the section has."""
        return next((self.fields[name] for name in names if name in self.fields), None)


def sections_of(path: Path) -> list[Section]:
    """Every section of the file, in order."""
    found: list[Section] = []
    for line in _lines(path):
        head = _HEAD.match(line)
        if head:
            found.append(Section(head["name"]))
            line = head["rest"]  # noqa: PLW2901 - the rest of the head line is its first line
        if found and line.strip():
            _read(line.strip(), found[-1])
    return found


def as_hex(text: str) -> bytes | None:
    """The bytes of a value, or None where it is a word."""
    if text == '""':
        return b""
    if text == _ALL_ZERO:
        return bytes(16)
    return bytes.fromhex(text) if _HEX.fullmatch(text) else None


def plain_name(text: str) -> str:
    """Letters and digits, lower case; a challenge marked ' is one that was rotated."""
    return re.sub(r"[^a-z0-9]", "", text.lower().replace("'", "rotated"))


def _lines(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield _REMARK.sub("", line)


def _read(line: str, section: Section) -> None:
    if line.startswith("negative:"):
        section.negatives.append(line)
        return
    line = _ASIDE.sub("", line)
    section.text += line + "\n"
    for pair in _PAIR.finditer(line):
        name, value = plain_name(pair["name"]), pair["value"].rstrip(":")
        section.words[name] = value
        data = as_hex(value)
        if data is not None:
            section.fields[name] = data
    for arrow in _ARROW.finditer(line):
        section.arrows.append((arrow["left"], bytes.fromhex(arrow["right"])))
