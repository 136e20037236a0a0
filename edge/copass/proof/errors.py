"""How a card fails to prove what it says it is."""

from __future__ import annotations

from typing import Literal

Why = Literal[
    "no_application",
    "no_key",
    "no_file",
    "key_refused",
    "wrong_answer",
    "wrong_mac",
    "cut_short",
    "not_permitted",
    "unexpected",
    "not_a_copass",
]
"""One word for logs and journals; the sentence of the error says the same to people."""

_SENTENCES: dict[Why, str] = {
    "no_application": "it has no co-pass application: issue it a co-pass",
    "no_key": "it has no key in this slot: it was personalised for fewer key generations",
    "no_file": "it has no file in this slot: personalise it anew",
    "key_refused": "it holds another key: another territory's card, or a copied UID",
    "wrong_answer": "it answered the challenge wrongly: a copied UID or a replayed session",
    "wrong_mac": "its answer was not made by the holder of the key",
    "cut_short": "its answer has the wrong length",
    "not_permitted": "it does not let this key do this",
    "unexpected": "it answered with a status that does not belong here",
    "not_a_copass": "its file is no co-pass of this territory",
}


class ProofError(Exception):
    """Base of everything this package raises."""


class NotAuthentic(ProofError, ValueError):
    """A card that is in the field and is not what it says; `reason` is one of `Why`."""

    def __init__(self, reason: Why, detail: str = "") -> None:
        self.reason: Why = reason
        super().__init__(
            f"the card is not authentic: {_SENTENCES[reason]}" + (f" ({detail})" if detail else "")
        )


class PersonalisingRefused(ProofError, ValueError):
    """A card that cannot be made or changed as asked; says what to do."""

    def __init__(self, why: str) -> None:
        super().__init__(f"this card cannot be personalised: {why}")
