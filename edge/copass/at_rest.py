"""Files that open on this board only: the card out of it, alone, tells nothing.

The key is made of a secret of the board and a file drawn once. A board without a burnt secret
has only its serial number, which can be guessed; it is therefore stretched (scrypt), so that
trying all serial numbers takes years.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from edge.copass.durable_files import Files
from edge.copass.errors import DamagedFile, NoHardwareSecret

KEY_BYTES = 32
NONCE_BYTES = 12
_MAGIC = b"SPAR1"
_STRETCH_N, _STRETCH_R = 2**13, 8
"""8 MiB and about 30 ms of this machine, 150 ms of a Pi, once at each start."""

RandomBytes = Callable[[int], bytes]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Provider:
    """One place where a board may keep something of its own."""

    name: str
    pattern: str
    """Below the root of the file system."""
    is_secret: bool
    """Not to be read off the board or guessed."""
    is_on_card: bool = False
    """Lies on the card itself: a copy of the card opens everything."""


PROVIDERS = (
    Provider("OTP private key", "sys/bus/nvmem/devices/rpi_otp_private*/nvmem", is_secret=True),
    Provider("board serial", "sys/firmware/devicetree/base/serial-number", is_secret=False),
    Provider("machine UUID", "sys/class/dmi/id/product_uuid", is_secret=False),
    Provider("machine id", "etc/machine-id", is_secret=False, is_on_card=True),
)


@dataclass(frozen=True, slots=True)
class BoardSecret:
    """What a copied card does not have."""

    name: str
    value: bytes = field(repr=False)
    is_secret: bool = False


def board_secret(
    root: Path = Path("/"),
    providers: tuple[Provider, ...] = PROVIDERS,
    configured: str | None = None,
) -> BoardSecret:
    """The best secret of this board, at last `configured`. Raises NoHardwareSecret."""
    for provider in providers:
        for path in sorted(root.glob(provider.pattern)):
            value = _value(path)
            if value is None:
                continue
            if provider.is_on_card:
                _warn()
            return BoardSecret(provider.name, value, provider.is_secret)
    if configured is None:
        raise NoHardwareSecret(tuple(provider.name for provider in providers))
    _warn()
    return BoardSecret("configuration", configured.encode())


def _value(path: Path) -> bytes | None:
    """What the file says, unless it is unreadable or was never burnt."""
    try:
        value = path.read_bytes().strip(b"\0\n ")
    except OSError as error:
        _log.warning(
            "at_rest=passed_over path=%s why=%s; a weaker secret stands in: let this user read it",
            path,
            error.strerror,
        )
        return None
    return value if value.strip(b"0\0-") else None


def _warn() -> None:
    _log.warning(
        "at_rest=weak why=the only secret of this machine lies on its own disk; "
        "who copies the disk can read its rights; use a board with a serial number"
    )


def at_rest_key(
    board: BoardSecret, secret_file: Path, files: Files, random_bytes: RandomBytes
) -> bytes:
    """The key of this board and this installation; draws the secret file where there is none.

    Raises OSError where that file can be neither read nor written.
    """
    try:
        drawn = secret_file.read_bytes()
    except FileNotFoundError:
        drawn = b""
    if len(drawn) != KEY_BYTES:
        drawn = random_bytes(KEY_BYTES)
        files.replace(secret_file, drawn)
    value = board.value
    if not board.is_secret:
        value = hashlib.scrypt(value, salt=drawn, n=_STRETCH_N, r=_STRETCH_R, p=1, dklen=KEY_BYTES)
    return HKDF(SHA256(), KEY_BYTES, salt=drawn, info=b"softplace-at-rest-1").derive(value)


class SealedFile:
    """One small file, encrypted and bound to its purpose, replaced as a whole."""

    def __init__(
        self, path: Path, key: bytes, purpose: str, files: Files, random_bytes: RandomBytes
    ) -> None:
        self.path = path
        self._cipher = ChaCha20Poly1305(key)
        self._bound = _MAGIC + purpose.encode()
        self._files = files
        self._random_bytes = random_bytes

    def read(self) -> bytes | None:
        """What was last written, or None where nothing is. Raises DamagedFile."""
        try:
            stored = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DamagedFile(self.path, f"unreadable ({error.strerror})") from error
        head, nonce, sealed = _parted(stored)
        if head != _MAGIC:
            raise DamagedFile(self.path, "not written by this program")
        try:
            return self._cipher.decrypt(nonce, sealed, self._bound)
        except (InvalidTag, ValueError) as error:
            raise DamagedFile(self.path, "garbled, or from another board") from error

    def write(self, data: bytes) -> None:
        """Durable on return. Raises OSError."""
        nonce = self._random_bytes(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, data, self._bound)
        self._files.replace(self.path, _MAGIC + nonce + sealed)


def _parted(stored: bytes) -> tuple[bytes, bytes, bytes]:
    at = len(_MAGIC)
    return stored[:at], stored[at : at + NONCE_BYTES], stored[at + NONCE_BYTES :]
