"""A publication as messages for the broker: sealed, signed, each on its topic."""

from __future__ import annotations

from typing import NamedTuple

from backend.access.press import Publication
from backend.devices.sealing import Signer, seal
from contract.codec import encode
from contract.topics import downlink_topic, parse_unit, rights_topic


class Frame(NamedTuple):
    """One message; an empty retained one clears its topic."""

    topic: str
    payload: bytes
    retain: bool


def frames_of(publication: Publication, territory: str, signer: Signer) -> list[Frame]:
    """What to send, in order: the rights, then what must no longer lie at the broker."""
    unit = parse_unit(publication.unit)
    cleared = [Frame(rights_topic(territory, unit, n), b"", True) for n in publication.clear]
    to = publication.to
    if to is None:
        return cleared
    name = "rights" if publication.form == "snapshot" else "rights_delta"
    frames = []
    for chunk, part in enumerate(publication.parts):
        sealed = seal(
            signer,
            to,
            name,
            part,
            term=publication.term,
            version=publication.version,
            chunk=chunk,
            chunks=len(publication.parts),
        )
        whole = publication.form == "snapshot"
        topic = (
            rights_topic(territory, unit, chunk) if whole else downlink_topic(territory, unit, name)
        )
        frames.append(Frame(topic, encode(sealed), whole))
    return frames + cleared
