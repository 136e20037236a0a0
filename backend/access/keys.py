"""The keys of an installation: files that only their owner reads, drawn at the first start.

They never enter the records store: a copy of the database opens no door and names no card.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path

from backend.access.errors import TermUnusable, VaultUnusable
from backend.access.vault import KEY_BYTES, Vault
from backend.devices.key_files import OWNER_ONLY, key_file
from backend.devices.sealing import Signer
from backend.devices.signing_key import KEYS_DIRECTORY, open_signer


@dataclass(frozen=True, slots=True)
class AccessKeys:
    """What only the territory has."""

    signer: Signer
    vault: Vault = field(repr=False)
    term_path: Path

    def highest_term(self) -> int:
        """The highest term this machine ever published under; 0 before the first."""
        try:
            return int(self.term_path.read_text(encoding="ascii"))
        except FileNotFoundError:
            return 0
        except (OSError, ValueError) as error:
            raise TermUnusable(self.term_path) from error

    def keep_term(self, term: int) -> None:
        """Remember a term outside the records, so that a restored backup of them is noticed."""
        beside = self.term_path.with_name(self.term_path.name + ".new")
        beside.touch(mode=OWNER_ONLY)
        beside.write_text(f"{term}\n", encoding="ascii")
        beside.replace(self.term_path)


def open_keys(data: Path) -> AccessKeys:
    """The keys of the installation whose data lie in `data`, made where there are none.

    Raises KeyUnusable and VaultUnusable.
    """
    return AccessKeys(open_signer(data), open_vault(data), data / KEYS_DIRECTORY / "term")


def open_vault(data: Path) -> Vault:
    """The vault alone. Raises KeyUnusable and VaultUnusable."""
    path = data / KEYS_DIRECTORY / "vault.key"
    key = key_file(path, lambda: secrets.token_bytes(KEY_BYTES))
    if len(key) != KEY_BYTES:
        raise VaultUnusable(path, len(key))
    return Vault(key)
