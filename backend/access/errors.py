"""The errors of the access room."""

from __future__ import annotations

from pathlib import Path


class AccessError(Exception):
    """Base of everything this package raises."""


class VaultUnusable(AccessError, ValueError):
    """The vault key's file holds something else. Drawing another would void every card."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        super().__init__(
            f"{path} holds {size} bytes and is no vault key: put its backup back; without it no "
            "sealed record can be read"
        )


class TermUnusable(AccessError, ValueError):
    """The file that remembers the highest term does not hold a number."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"{path} is no number of a term: write into it the highest `term` that "
            "`softplace card status` shows, plus one"
        )


class VaultSealed(AccessError, ValueError):
    """A record that this vault key does not open."""

    def __init__(self, label: str) -> None:
        self.label = label
        super().__init__(
            f"the sealed record {label} was not made with the vault key of this installation: "
            "put the vault.key of the same backup as the records back"
        )


class UnknownCard(AccessError, LookupError):
    """No such card was ever issued here."""

    def __init__(self, card_id: str) -> None:
        self.card_id = card_id
        super().__init__(f"no card {card_id} was issued here; `softplace card list` shows all")


class CardEnded(AccessError, ValueError):
    """A card that opens nothing any more."""

    def __init__(self, card_id: str, state: str) -> None:
        self.card_id = card_id
        super().__init__(f"card {card_id} is {state}; issue another one")


class CardKnown(AccessError, ValueError):
    """A card that was issued before."""

    def __init__(self, card_id: str) -> None:
        self.card_id = card_id
        super().__init__(
            f"this card was issued already, as {card_id}; revoke that one first, or grant to it"
        )


class InvalidGrant(AccessError, ValueError):
    """A permission that no door could hold within bounds."""

    def __init__(self, why: str) -> None:
        super().__init__(f"this right cannot be granted: {why}")


class UnknownSchedule(AccessError, LookupError):
    """A schedule by a name that nobody gave."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"no schedule is named {name!r}; `softplace card schedule {name} ...` makes it"
        )


class Superseded(AccessError, RuntimeError):
    """Another dispatcher has taken a higher term; this one may publish nothing more."""

    def __init__(self, mine: int, now: int) -> None:
        super().__init__(
            f"another dispatcher took over (term {now}, ours was {mine}): run one per territory"
        )


class KeySetKnown(AccessError, ValueError):
    """A set of master keys of that version was made before."""

    def __init__(self, version: int) -> None:
        self.version = version
        super().__init__(f"key set {version} was made before; make the next one")


class WrongKeySet(AccessError, ValueError):
    """Master keys that are not those of this territory."""

    def __init__(self, version: int, known: bool) -> None:
        self.version = version
        why = "has another fingerprint" if known else "was never made here"
        super().__init__(
            f"key set {version} {why}: take the parts of this territory's own ceremony"
        )
