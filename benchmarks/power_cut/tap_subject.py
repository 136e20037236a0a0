"""Taps under power cuts: journal, outbox and rights together, as a door keeps them.

What was journalled before the cut is, after it, on its way exactly once: in the outbox, or still
to be handed over. Rights that were kept are there as they were, or newer.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from benchmarks.power_cut.recorded_files import RecordedFiles
from benchmarks.power_cut.runner import Findings
from benchmarks.power_cut.vfs import Connect, Recorder
from contract.clock import ManualClock
from edge.copass.at_rest import SealedFile
from edge.copass.durable_files import Files, RealFiles
from edge.copass.errors import DamagedFile
from edge.copass.hand_over import HandOver
from edge.copass.journal import Journal
from edge.copass.journal_entry import Entry
from edge.link.anchors import AnchorBook
from edge.link.dating import Present
from edge.link.errors import StorageFailed
from edge.link.intake import new_row
from edge.link.notes import mark_note
from edge.link.outbox import Outbox
from edge.link.reading import Reading
from edge.link.rows import Row

_MACHINE = "0000000a"
_KEY = bytes(32)
_SEGMENT_BYTES = 2_000
"""Small, so that files follow each other within one recording."""

TapKey = tuple[str, int]
"""Journal and number of the tap in it."""


class Trying(NamedTuple):
    """This tap is about to be journalled."""

    mark: str


class Journalled(NamedTuple):
    """This tap is on the disk: a door may have opened for it."""

    mark: str


class RightsKept(NamedTuple):
    """Rights of this version are on the disk."""

    version: int


class Door:
    """The files of a door, open."""

    def __init__(
        self, directory: Path, files: Files, random: Random, connect: Connect | None
    ) -> None:
        boot = f"{random.getrandbits(32):08x}-{random.getrandbits(32):08x}"
        path = directory / "outbox.sqlite"
        extra = () if connect is None else (connect,)
        self.outbox = Outbox(path, "power-cut-machine", boot, *extra)
        self.journal = Journal(
            directory,
            files,
            lambda: f"{random.getrandbits(64):016x}",
            self.mark,
            _SEGMENT_BYTES,
        )
        self.hand_over = HandOver(self.journal, self, ManualClock(), _MACHINE)
        self.rights = SealedFile(
            directory / "rights.sealed", _KEY, "rights", files, random.randbytes
        )

    def put(self, reading: Reading) -> None:
        """Into the outbox, as the link does for what is urgent."""
        present = Present(_MACHINE, 1, 1_790_000_000_000)
        self.outbox.append([new_row(reading, AnchorBook(()), present)])

    def mark(self, source: str) -> int:
        """How far a journal has been handed over."""
        return self.outbox.notes.get(mark_note(source), 0)

    def close(self) -> None:
        """Close the files."""
        self.journal.close()
        self.outbox.close()


class TapSubject:
    """Taps are journalled and handed over; rights come; the program restarts now and then."""

    name = "taps"
    steps = 24

    def work(
        self, directory: Path, connect: Connect, recorder: Recorder, steps: int, random: Random
    ) -> None:
        """One boot of a door."""
        files = RecordedFiles(recorder)
        door = Door(directory, files, random, connect)
        version = _rights(door)
        for _ in range(steps):
            move = random.random()
            if move < 0.08:
                door.close()
                door = Door(directory, files, random, connect)
            elif move < 0.18:
                version += 1
                door.rights.write(version.to_bytes(8, "big") * random.choice((1, 100)))
                recorder.say(RightsKept(version))
            elif move < 0.45:
                door.hand_over.push()
            else:
                _tap(door, recorder, random)
        door.close()

    def inspect(self, directory: Path, said: Sequence[object]) -> Findings:
        """Open with the real code and the real disk, hand over what waits, and account for all."""
        try:
            door = Door(directory, RealFiles(), Random(0), None)  # noqa: S311 - names a boot
        except StorageFailed as error:
            return Findings(corrupt=1, notes=[str(error)])
        with closing(door):
            door.hand_over.push()
            return _account(door, said)


def _tap(door: Door, recorder: Recorder, random: Random) -> None:
    mark = f"{random.getrandbits(64):016x}"
    body = {
        "decision": "granted",
        "reason": "granted",
        "place": "door",
        "pseudonym": mark,
        "warning": "x" * random.choice((0, 40)),
    }
    entry = Entry(
        kind="tap",
        boot=_MACHINE,
        boot_ms=random.randint(0, 10**9),
        at_ms=1_790_000_000_000,
        clock="gnss",
        stream="tap",
        body=body,
    )
    recorder.say(Trying(mark))
    door.journal.append(entry)
    recorder.say(Journalled(mark))


def _account(door: Door, said: Sequence[object]) -> Findings:
    findings = Findings(corrupt=len(door.journal.breaks), notes=list(door.journal.breaks))
    tried = {what.mark for what in said if isinstance(what, Trying)}
    promised = {what.mark for what in said if isinstance(what, Journalled)}
    sent: Counter[str] = Counter()
    keys: Counter[TapKey] = Counter()
    for body in _taps(door.outbox):
        sent[str(body["pseudonym"])] += 1
        keys[str(body["journal"]), int(body["entry"])] += 1
    lost = promised - sent.keys()
    findings.lost += len(lost) + len(door.journal.waiting)
    findings.doubled += sum(n > 1 for n in sent.values()) + sum(n > 1 for n in keys.values())
    findings.corrupt += len(sent.keys() - tried)
    if lost:
        findings.notes.append(f"{len(lost)} taps are nowhere")
    versions = [what.version for what in said if isinstance(what, RightsKept)]
    try:
        if versions and _rights(door) < versions[-1]:
            findings.lost += 1
            findings.notes.append("kept rights are gone")
    except DamagedFile as error:
        findings.corrupt += 1
        findings.notes.append(str(error))
    return findings


def _taps(outbox: Outbox) -> list[dict[str, Any]]:
    rows = (
        row
        for book in outbox.books.values()
        for row in outbox.read(book, 1, book.next, 1_000_000)
        if isinstance(row, Row) and book.stream.name == "tap"
    )
    return [json.loads(row.body) for row in rows]


def _rights(door: Door) -> int:
    kept = door.rights.read()
    return int.from_bytes(kept[:8], "big") if kept else -1
