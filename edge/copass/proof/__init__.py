"""Cards prove what they are: pure cryptography of DESFire cards, reading and personalising."""

from edge.copass.proof.errors import NotAuthentic, PersonalisingRefused, ProofError
from edge.copass.proof.reading import read_card

__all__ = ["NotAuthentic", "PersonalisingRefused", "ProofError", "read_card"]
