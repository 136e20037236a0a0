"""A directory of wheels that a territory vouches for: what is signed, and by which files.

`SHA256SUMS` is in the form of sha256sum(1), so that a person can check it by hand; its signature
names the key and covers the whole list, and every wheel of the directory must stand in it.
"""

from __future__ import annotations

import re

LIST = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.sig"
"""One line: key id, a space, the Ed25519 signature in hex."""
PROGRAM = "softplace"
"""The wheel whose version is the version of the update."""
_DOMAIN = b"softplace-wheels-1\n"
_LINE = re.compile(r"([0-9a-f]{64}) [ *]([A-Za-z0-9][A-Za-z0-9._+-]*\.whl)")


def signed_bytes(listed: bytes) -> bytes:
    """What the signature of a list covers."""
    return _DOMAIN + listed


def read_list(text: str) -> dict[str, str]:
    """SHA-256 in hex by file name. Raises ValueError with the line that is none."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        matched = _LINE.fullmatch(line)
        if matched is None:
            raise ValueError(f"{line!r} is no line of sha256sum about a wheel")
        found[matched[2]] = matched[1]
    return found


def version_in(names: list[str]) -> str | None:
    """The version of the program's own wheel, None where there is not exactly one."""
    own = [name for name in names if name.startswith(f"{PROGRAM}-")]
    return own[0].split("-")[1] if len(own) == 1 else None
