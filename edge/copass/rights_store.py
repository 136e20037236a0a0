"""The rights of this unit: taken from the territory only, never older than before, kept sealed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

import msgspec

from contract.errors import MalformedMessage
from contract.rights import (
    Snapshot,
    WrongBase,
    apply_delta,
    decode_delta,
    decode_snapshot,
    encode_rights,
)
from edge.copass.at_rest import SealedFile
from edge.copass.errors import DamagedFile, UnusableRights
from edge.copass.rights_assembly import Edition, RightsAssembly, edition_of
from edge.copass.rights_table import RightsTable
from edge.drivers.waiting import Trouble
from edge.link.sealed import Opened, SealOpener, SealRefused

NOTHING = Edition(0, 0)

_log = logging.getLogger(__name__)
T = TypeVar("T")
_edition_decoder = msgspec.msgpack.Decoder(tuple[int, int])
_kept_decoder = msgspec.msgpack.Decoder(tuple[int, bytes])


@dataclass(frozen=True, slots=True)
class Answer:
    """What the backend is to hear of a frame; `is_alarming`: it was not the backend's."""

    answer: Literal["accepted", "refused", "failed"]
    version: int
    reason: str | None = None
    is_alarming: bool = False

    def body(self) -> dict[str, object]:
        """As an `ack`."""
        body: dict[str, object] = {
            "subject": "rights",
            "reference": str(self.version),
            "answer": self.answer,
        }
        return body if self.reason is None else body | {"reason": self.reason}


class RightsStore:
    """Holds `table`, from which everything here is decided.

    Args:
        kept: the rights at rest.
        floor: beside them, apart, the highest edition ever accepted.
        opener: proves origin and opens seals; None takes nothing.
        least: the highest edition that the journal knows of.
    """

    def __init__(
        self,
        kept: SealedFile,
        floor: SealedFile,
        opener: SealOpener | None,
        least: Edition = NOTHING,
    ) -> None:
        self.table = RightsTable()
        self.edition = NOTHING
        self.fault: str | None = None
        """Why the kept rights were not taken at start: `damaged` or `rolled_back`."""
        self._kept = kept
        self._floor_file = floor
        self._opener = opener
        self._floor = max(least, self._read_floor())
        self._assembly = RightsAssembly()
        self._is_unkept = False
        self._trouble = Trouble(_log, "disk", "rights")
        self._load()

    @property
    def floor(self) -> Edition:
        """The highest edition ever accepted; nothing lower is, ever."""
        return self._floor

    def take(self, name: Literal["rights", "rights_delta"], payload: bytes) -> Answer | None:
        """A frame of `down/<name>`; None where there is nothing to say (yet)."""
        if self._opener is None:
            return None
        try:
            opened = self._opener.open(name, payload)
        except SealRefused as refused:
            return Answer("refused", self.edition.version, refused.reason, is_alarming=True)
        take = self._take_chunk if name == "rights" else self._take_delta
        try:
            return take(opened)
        except (MalformedMessage, UnusableRights) as error:
            return Answer("refused", opened.version, str(error)[:280])

    def gap(self) -> Answer:
        """Asks the backend for a whole snapshot."""
        return Answer("refused", self.edition.version, "gap")

    def _take_chunk(self, opened: Opened) -> Answer | None:
        edition = edition_of(opened)
        if edition < self._floor:
            return Answer("refused", edition.version, "rolled_back", is_alarming=True)
        if edition <= self.edition:
            return None
        body = self._assembly.take(opened)
        if body is None:
            return None
        return self._accept(edition, decode_snapshot(body))

    def _take_delta(self, opened: Opened) -> Answer | None:
        edition, delta = edition_of(opened), decode_delta(opened.body)
        if edition <= self.edition:
            return None
        snapshot = self.table.snapshot
        if snapshot is None or edition.term != self.edition.term:
            return self.gap()
        try:
            return self._accept(edition, apply_delta(snapshot, delta))
        except WrongBase:
            return self.gap()

    def _accept(self, edition: Edition, snapshot: Snapshot) -> Answer:
        if snapshot.version != edition.version:
            return Answer("refused", edition.version, "its version is not the one signed for")
        self.table = RightsTable(snapshot)
        self.edition = edition
        self._floor = max(self._floor, edition)
        self.fault = None
        self._is_unkept = True
        if not self.keep():
            return Answer("failed", edition.version, "in force, but the disk did not keep them")
        return Answer("accepted", edition.version)

    def keep(self) -> bool:
        """Write the rights in force where the disk has not yet taken them; True where it has."""
        snapshot = self.table.snapshot if self._is_unkept else None
        if snapshot is None:
            return True
        # The rights first: rights above their floor are taken, rights below it are not.
        try:
            self._kept.write(msgspec.msgpack.encode((self.edition.term, encode_rights(snapshot))))
            self._floor_file.write(msgspec.msgpack.encode(self.edition))
        except OSError as error:
            self._trouble.say(
                "disk", f"in force, and the disk does not keep them ({error.strerror})"
            )
            return False
        self._is_unkept = False
        self._trouble.healed()
        return True

    def _load(self) -> None:
        self.fault = self._load_kept()
        if self.fault is not None:
            _log.warning("rights=%s: nothing opens until the backend sends them anew", self.fault)

    def _load_kept(self) -> str | None:
        held = _read(self._kept, _kept_of)
        if held is None:
            return "damaged" if self._kept.path.exists() else None
        edition, snapshot = held
        if edition < self._floor:
            return "rolled_back"
        try:
            self.table = RightsTable(snapshot)
        except UnusableRights as error:
            _log.warning("rights=unusable: %s", error)
            return "damaged"
        self.edition = self._floor = edition
        return None

    def _read_floor(self) -> Edition:
        floor = _read(self._floor_file, lambda data: Edition(*_edition_decoder.decode(data)))
        return floor or NOTHING


def _kept_of(data: bytes) -> tuple[Edition, Snapshot]:
    term, body = _kept_decoder.decode(data)
    snapshot = decode_snapshot(body)
    return Edition(term, snapshot.version), snapshot


def _read(file: SealedFile, decode: Callable[[bytes], T]) -> T | None:
    """What the file says, or None; a damaged one is said in the log."""
    try:
        data = file.read()
        return None if data is None else decode(data)
    except (DamagedFile, MalformedMessage, msgspec.DecodeError) as error:
        _log.warning("at_rest=refused path=%s why=%s", file.path, error)
        return None
