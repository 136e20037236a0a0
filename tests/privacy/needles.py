"""A UID or MAC address in every form in which it could slip into a message or a file."""

from __future__ import annotations

import base64
import itertools
import json
import zlib
from collections.abc import Iterator
from pathlib import Path

SEPARATORS = ("", ":", "-", " ", ".", ",", ", ", "\\x", " 0x", ", 0x")
LEAST_BASE64 = 6
"""Fewer characters than this are found everywhere by chance."""


def forms_of(secret: bytes) -> frozenset[bytes]:
    """The secret as bytes, as hex and numbers of several habits, and inside base64."""
    forms: set[bytes] = set()
    for order in (secret, secret[::-1]):
        forms.add(order)
        for separator in SEPARATORS:
            text = separator.join(f"{byte:02x}" for byte in order)
            forms |= {text.encode(), text.upper().encode()}
        forms |= {separator.join(map(str, order)).encode() for separator in (", ", ",", " ")}
        # As Python and JSON print bytes; the quotes that stand around them are left out.
        forms |= {repr(order)[2:-1].encode(), json.dumps(order.decode("latin-1"))[1:-1].encode()}
        forms |= set(_inside_base64(order))
        forms.add(str(int.from_bytes(order, "big")).encode())
    return frozenset(forms)


def _inside_base64(secret: bytes) -> Iterator[bytes]:
    """What base64 shows of the secret whatever stands before and after it."""
    for before, encode in itertools.product(range(3), (base64.b64encode, base64.urlsafe_b64encode)):
        encoded = encode(bytes(before) + secret).rstrip(b"=")
        first = -(-before * 8 // 6)
        whole = (before + len(secret)) * 8 // 6
        shown = encoded[first:whole]
        if len(shown) >= LEAST_BASE64:
            yield shown


def found_in(haystack: bytes, secrets: dict[str, bytes]) -> list[str]:
    """Names of the secrets that stand in `haystack` in any form."""
    return [
        name
        for name, secret in secrets.items()
        if any(form in haystack for form in forms_of(secret))
    ]


def found_under(directory: Path, secrets: dict[str, bytes]) -> list[str]:
    """ "file: name" for each secret in any file under `directory`, compressed parts included."""
    found = []
    for path in sorted(directory.rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes()
        for part in (data, *_inflated(data)):
            found += [f"{path.relative_to(directory)}: {name}" for name in found_in(part, secrets)]
    return sorted(set(found))


def _inflated(data: bytes) -> Iterator[bytes]:
    """Whatever zlib can unpack from anywhere in `data`: rights travel compressed."""
    at = -1
    while (at := data.find(b"\x78", at + 1)) >= 0:
        if data[at + 1 : at + 2] not in {b"\x01", b"\x5e", b"\x9c", b"\xda"}:
            continue
        try:
            yield zlib.decompressobj().decompress(data[at:], 8_000_000)
        except zlib.error:
            continue
